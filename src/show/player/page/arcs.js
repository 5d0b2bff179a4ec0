// Arcs in the margin, from operands to results; a cotangent travels along them the other way.

const arcs = draw("svg", { id: "arcs", "aria-hidden": "true" });

/// Where the middle of a row is in the list.
function middleOf(slot) {
  return slot * rowHeight + rowHeight / 2;
}

/// An arc from an operand's place to its result's: the farther, the wider.
function arcPath(from, to, width) {
  const [top, bottom] = [middleOf(from), middleOf(to)];
  const reach = Math.min(width - 6, 7 + 6.5 * Math.log2(Math.abs(to - from) + 1));
  const left = width - reach;
  const bend = Math.min(12, Math.abs(bottom - top) / 2, reach);
  return (
    `M${width} ${top} H${left + bend} Q${left} ${top} ${left} ${top + bend} V${bottom - bend} ` +
    `Q${left} ${bottom} ${left + bend} ${bottom} H${width}`
  );
}

/// The arcs of the rows that are seen, those of the present step above the others.
function drawArcs(from, to) {
  const width = marginWidth;
  if (width < 8) {
    arcs.replaceChildren();
    return;
  }
  const step = stepAt(now);
  const faint = [];
  const strong = [];
  for (let place = from; place < to; place += 1) {
    const row = list[shown[place]];
    for (const operand of new Set(foldOf(row)?.inputs.map((input) => input.r) ?? row.o ?? [])) {
      const other = slotOf.get(operand);
      if (other === undefined || now < computedAt[shown[place]]) continue;
      const isNow =
        step.row === row && (step.kind === "forward" || step.to?.some((given) => given.row.r === operand));
      const path = draw("path", { d: arcPath(other, place, width), class: isNow ? `now ${step.kind}` : "" });
      path.dataset.from = operand;
      (isNow ? strong : faint).push(path);
      if (isNow) {
        const tip = step.kind === "forward" ? middleOf(place) : middleOf(other);
        strong.push(
          draw("path", {
            class: `tip ${step.kind}`,
            d: `M${width - 6} ${tip - 4} L${width} ${tip} L${width - 6} ${tip + 4} Z`,
          }),
        );
      }
    }
  }
  arcs.setAttribute("width", width);
  arcs.setAttribute("height", shown.length * rowHeight);
  arcs.replaceChildren(...faint, ...strong);
}

/// A quarter of a second in which what the step moves can be seen moving.
function travel() {
  const step = stepAt(now);
  if (still.matches || !step.row || (step.kind !== "forward" && step.kind !== "reverse")) return;
  for (const path of arcs.querySelectorAll("path.now")) {
    const length = path.getTotalLength();
    const back = step.kind === "reverse";
    const dot = draw("circle", { r: 4.5, class: `dot ${step.kind}` });
    arcs.append(dot);
    const began = performance.now();
    const moved = (time) => {
      const t = Math.min(1, (time - began) / 250);
      const eased = 1 - (1 - t) ** 3;
      const at = path.getPointAtLength(length * (back ? 1 - eased : eased));
      dot.setAttribute("cx", at.x);
      dot.setAttribute("cy", at.y);
      if (t < 1 && dot.isConnected) requestAnimationFrame(moved);
      else dot.remove();
    };
    requestAnimationFrame(moved);
  }
}
