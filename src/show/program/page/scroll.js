// A list of any length, of which only what is seen is in the document. The arrow keys move in it, Enter chooses.

/// A list in `holder`: `count` items of `height` pixels, each filled by `fill(element, at)`; `pick(at)` is called for the
/// one that is chosen.
function scrolling({ label, count, height, fill, pick, chosen = -1 }) {
  const space = make("div", "space");
  const box = make("div", "scroll", space);
  box.tabIndex = 0;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", label);
  space.setAttribute("role", "presentation");
  space.style.height = `${count * height}px`;
  const there = new Map();
  let at = chosen;

  function renew() {
    const first = Math.max(0, Math.floor(box.scrollTop / height) - 4);
    const last = Math.min(count, Math.ceil((box.scrollTop + (box.clientHeight || 900)) / height) + 4);
    for (const [k, item] of there) {
      if (k < first || k >= last) {
        item.remove();
        there.delete(k);
      }
    }
    for (let k = first; k < last; k += 1) {
      if (there.has(k)) continue;
      const item = make("div", "item");
      item.id = `item-${k}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-setsize", count);
      item.setAttribute("aria-posinset", k + 1);
      item.style.transform = `translateY(${k * height}px)`;
      item.style.height = `${height}px`;
      item.addEventListener("click", () => choose(k));
      fill(item, k);
      mark(item, k);
      space.append(item);
      there.set(k, item);
    }
  }

  function mark(item, k) {
    item.setAttribute("aria-selected", String(k === at));
  }

  /// Brings an item into sight.
  function show(k) {
    const top = k * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
  }

  function choose(k, quiet = false) {
    at = Math.max(0, Math.min(count - 1, k));
    show(at);
    renew();
    for (const [other, item] of there) mark(item, other);
    box.setAttribute("aria-activedescendant", `item-${at}`);
    if (!quiet) pick(at);
  }

  box.addEventListener("scroll", () => requestAnimationFrame(renew), { passive: true });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !count) return;
    const page = Math.max(1, Math.floor(box.clientHeight / height) - 1);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
      Enter: at,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
  return { box, renew, choose };
}
