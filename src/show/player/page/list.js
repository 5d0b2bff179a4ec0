// The list: two columns of numbers, what each row is (filled downwards) and what the result feels of it (filled
// upwards).
//
// Only the rows that are seen are in the document, and of them a step touches those that it changes.

const scroll = document.getElementById("scroll");
const space = document.getElementById("space");
const seen = new Map();
let rowHeight = 44;
let marginWidth = 64;

function measure() {
  const style = getComputedStyle(document.documentElement);
  rowHeight = parseFloat(style.getPropertyValue("--row")) || 44;
  marginWidth = parseFloat(style.getPropertyValue("--margin")) || 0;
  space.style.height = `${shown.length * rowHeight}px`;
}

/// The heads of the columns.
function drawHeads() {
  const felt = data.root === undefined ? "" : `∂${nameOf(rows.get(data.root))}/∂`;
  document
    .getElementById("heads")
    .replaceChildren(
      make("span"),
      make("span", "no", say("head.row")),
      make("span", "what", say("head.what")),
      make("span", "shape", say("head.shape")),
      make("span", "value", say("head.value")),
      make("span", "felt", felt),
    );
  scroll.setAttribute("aria-label", say("list.label", { n: list.length }));
  scroll.setAttribute("aria-rowcount", list.length);
}

/// What an operand is called in a formula: a plain number by itself.
function calledIn(row) {
  return row === undefined
    ? "…"
    : row.n === undefined && row.c && row.v.x?.length === 1
      ? number(Number(row.v.x[0]))
      : nameOf(row);
}

/// A row with nothing in its two cells yet.
function rowElement(place) {
  const row = list[place];
  // A long name is text, which can be cut where there is no room.
  const name = row.n === undefined ? null : make("b", "name", row.n.length > 12 ? row.n : math(typeset(row)));
  const what =
    row.p === "input" && row.n !== undefined
      ? say("prim.input")
      : row.p === "constant" && row.f === "constant"
        ? say("prim.constant")
        : row.p === "broadcast"
          ? calledIn(rows.get(row.o[0]))
          : isPlain(row) && row.v.x?.length === 1
            ? calledIn(row)
            : row.f;
  const notes = [];
  if (row.p === "broadcast")
    notes.push(make("span", "note", say("row.stretched", { shape: shapeText(rows.get(row.o[0])?.s ?? []) })));
  if (row.two) notes.push(make("span", "note warn", say("row.two")));
  const folded = foldOf(row);
  if (folded)
    notes.push(
      make(
        "span",
        "note",
        say(folded.call && wholeOf(folded) ? "fold.call" : "fold.rows", {
          n: folded.rows.length,
          call: folded.call,
        }),
      ),
    );
  const element = make(
    "div",
    "row",
    make("span", "no", `%${row.r}`),
    make("span", "what", name, make("span", "formula", folded ? callText(folded) : what), notes),
    make("span", "shape", shapeText(row.s)),
    make("span", "value"),
    make("span", "felt"),
  );
  element.setAttribute("role", "row");
  element.setAttribute("aria-rowindex", place + 1);
  for (const cell of element.children) cell.setAttribute("role", "cell");
  element.style.transform = `translateY(${slotOf.get(row.r) * rowHeight}px)`;
  const group = groupOf.get(row.r);
  if (group?.result === row) element.children[0].prepend(foldButton(group));
  else if (group) element.classList.add("inner");
  const [file, line] = data.places[row.at];
  const told = [`${nameOf(row)} = ${row.f}`, `${say("shape")}: ${shapeText(row.s)}`, statistics(row)];
  if (file !== undefined) told.push(`${file}:${line}`);
  element.title = told.join("\n");
  if (row.p === "broadcast") element.classList.add("stretched");
  if (isPlain(row)) element.classList.add("plain");
  element.addEventListener("click", () => pickRow(row));
  return element;
}

/// Opens or folds the call that a row is the result of.
function foldButton(group) {
  const label = say(group.isFolded ? "fold.open" : "fold.close", { n: group.rows.length });
  const picture = draw(
    "svg",
    { viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" },
    draw("path", { d: group.isFolded ? "M3 1 L7.5 5 L3 9" : "M1 3 L5 7.5 L9 3" }),
  );
  const toggle = button(
    "fold",
    label,
    (event) => {
      event.stopPropagation();
      toggleGroup(group);
    },
    picture,
  );
  toggle.setAttribute("aria-expanded", String(!group.isFolded));
  return toggle;
}

/// What changes of a row from step to step, and draws it if it did.
function renewRow(element, place) {
  const row = list[place];
  const step = stepAt(now);
  const isComputed = now >= computedAt[place];
  const last = receivedAt(row, now);
  const receives = last !== null && last.step >= step.first && step.kind !== "start";
  const isActive = step.row === row;
  const state = [isComputed, last?.shows, isActive, receives, step.kind === "forward"].join();
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  element.classList.toggle("later", !isComputed);
  element.classList.toggle("active", isActive);
  element.classList.toggle("forwards", isActive && step.kind === "forward");
  element.classList.toggle("receives", receives);
  if (isActive) element.setAttribute("aria-current", "step");
  else element.removeAttribute("aria-current");
  const [value, felt] = [element.children[3], element.children[4]];
  if (isComputed !== (value.dataset.shows === "1")) {
    value.dataset.shows = isComputed ? "1" : "0";
    value.replaceChildren(...[isComputed ? thumbnail(row) : []].flat());
  }
  const feltShows = last === null ? "" : `${last.shows}${receives ? "+" : ""}`;
  if (felt.dataset.shows !== feltShows) {
    felt.dataset.shows = feltShows;
    if (last !== null) {
      const sign = receives ? make("span", "sign", last.adds ? "+=" : "=") : null;
      felt.replaceChildren(...[sign ?? [], thumbnail(rows.get(last.shows))].flat());
    } else {
      felt.replaceChildren(...(row.c && data.steps ? [make("span", "none", say("row.constant"))] : []));
    }
  }
}

/// Brings what is seen up to date.
function renewList(everything = false) {
  const from = Math.max(0, Math.floor(scroll.scrollTop / rowHeight) - 6);
  const to = Math.min(shown.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / rowHeight) + 6);
  for (const [place, element] of seen) {
    const slot = slotOf.get(list[place].r) ?? -1;
    if (everything || slot < from || slot >= to) {
      element.remove();
      seen.delete(place);
    }
  }
  for (const place of shown.slice(from, to)) {
    let element = seen.get(place);
    if (!element) {
      element = rowElement(place);
      seen.set(place, element);
      space.append(element);
    }
    renewRow(element, place);
  }
  drawArcs(from, to);
}

/// Scrolls so that a row can be seen with its neighbours.
function reveal(row) {
  const slot = slotOf.get(row?.r);
  if (slot === undefined) {
    if (now === 0) scroll.scrollTop = 0;
    return;
  }
  const top = slot * rowHeight;
  const room = scroll.clientHeight;
  const edge = Math.min(room / 4, 3 * rowHeight);
  if (top < scroll.scrollTop + edge || top + rowHeight > scroll.scrollTop + room - edge) {
    scroll.scrollTop = top - (room - rowHeight) / 2;
  }
}

/// A click on a row goes to the step in which it is computed or, on the way back, passed.
function pickRow(row) {
  if (predictPick(row)) return;
  const back = backwards.get(row.r);
  if (now >= turn && back !== undefined) go(back);
  else if (now >= turn && received.has(row.r)) go(received.get(row.r).at(-1).step);
  else go(computedAt[placeOf.get(row.r)]);
}
