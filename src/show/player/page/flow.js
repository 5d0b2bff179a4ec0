// The arithmetic of a step as figures: operands and result, or what arrives, what it meets, and what leaves.

/// A sign between figures.
function sign(text, label = "") {
  return make("span", "op", text, label ? make("small", "", label) : null);
}

/// Axes along which a shape was repeated: those that are new, and those that had size 1.
function repeatedAxes(from, to) {
  const added = to.s.length - from.s.length;
  return to.s.map((_, axis) => axis).filter((axis) => axis < added || from.s[axis - added] !== to.s[axis]);
}

/// An arrow along the axes that are summed or repeated: the last runs to the right, others down.
function axisArrow(shape, axes, word) {
  const isLast = (axis) => axis === shape.length - 1;
  const [right, down] = [axes.some(isLast), axes.some((axis) => !isLast(axis))];
  const size = (those) =>
    Math.max(
      36,
      lengthOf(
        those.reduce((n, axis) => n * shape[axis], 1),
        0.7,
      ),
    );
  const width = right ? size(axes.filter(isLast)) : 16;
  const height = down ? size(axes.filter((axis) => !isLast(axis))) : 16;
  const lines =
    right && down
      ? `M3 3 L${width - 3} ${height - 3} M${width - 12} ${height - 4} l9 1 l-1 -9`
      : down
        ? `M8 2 V${height - 2} M3 ${height - 8} L8 ${height - 2} L13 ${height - 8}`
        : `M2 8 H${width - 2} M${width - 8} 3 L${width - 2} 8 L${width - 8} 13`;
  const picture = draw("svg", { class: "along", width, height, "aria-hidden": "true" }, draw("path", { d: lines }));
  const named = say(axes.length === 1 ? "flow.axis" : "flow.axes", { axes: axes.join(", ") });
  return make("span", "op arrow", make("small", "", word), picture, make("small", "", named));
}

function sumArrow(from, to) {
  return axisArrow(from.s, to.axes ?? [], say("flow.sum"));
}

function repeatArrow(from, to) {
  return axisArrow(to.s, repeatedAxes(from, to), say("flow.repeat"));
}

/// A plain arrow with a function's name on it.
function through(word) {
  const picture = draw(
    "svg",
    { class: "along", width: 44, height: 16, "aria-hidden": "true" },
    draw("path", { d: "M2 8 H41 M35 3 L41 8 L35 13" }),
  );
  return make("span", "op arrow", make("small", "", word), picture);
}

const SIGNS = { add: "+", sub: "−", mul: "⊙", azmul: "⊙", div: "÷", azdiv: "÷", matmul: "·" };

/// ⊙ multiplies element by element; where one is a number it is a plain product.
function signOf(prim, a, b) {
  const isPlain = a.s.length === 0 || b.s.length === 0 || a.v.all !== undefined || b.v.all !== undefined;
  return prim === "mul" || prim === "azmul" ? (isPlain ? "·" : "⊙") : SIGNS[prim];
}

/// A row of the list as a figure.
function known(row, role, options) {
  return heat(row, typeset(row), role, options);
}

/// A row that the sweep recorded on the way: by its formula.
function local(row, options) {
  if (row.by === undefined || placeOf.has(row.r)) return known(row, say("role.local"), options);
  const inner = row.o?.length === 1 ? rows.get(row.o[0]) : null;
  const isTurned = row.p === "permute" && inner && row.s.length === 2;
  const markup = isTurned ? `<msup>${typeset(inner)}<mo>⊤</mo></msup>` : null;
  const figure = heat(row, markup, say("role.local"), options);
  if (!markup)
    figure.querySelector("figcaption").append(make("span", "formula", row.v.all === undefined ? row.f : ""));
  return figure;
}

/// How a row of the step came of what arrived: figures and signs, or nothing if it did not.
function chain(at, step, options, depth = 0) {
  if (at === step.d) return [heat(at, differential(step.row), say("role.arriving"), options)];
  if (!at || at.by !== step.row.r || depth > 6) return null;
  const operands = (at.o ?? []).map((r) => rows.get(r));
  for (const [k, operand] of operands.entries()) {
    const before = operand && chain(operand, step, options, depth + 1);
    if (!before) continue;
    const other = operands.length === 2 ? operands[1 - k] : null;
    switch (at.p) {
      case "mul":
      case "azmul":
        return other && [...before, sign(signOf(at.p, operand, other)), local(other, options)];
      case "div":
      case "azdiv":
        return (
          other &&
          (k === 0 ? [...before, sign("÷"), local(other, options)] : [local(other, options), sign("÷"), ...before])
        );
      case "matmul":
        return (
          other &&
          (k === 0 ? [...before, sign("·"), local(other, options)] : [local(other, options), sign("·"), ...before])
        );
      case "neg":
        return [sign("−"), ...before];
      case "sum":
        return [...before, sumArrow(operand, at)];
      case "broadcast":
        return [...before, repeatArrow(operand, at)];
      case "reshape":
        return before;
      case "permute":
        return [...before, through(say("flow.turn"))];
      case "select":
        return [...before, sign("·", say(k === 1 ? "flow.where" : "flow.wherenot")), local(operands[0], options)];
      default:
        return [...before, through(at.p)];
    }
  }
  return null;
}

/// What a step gives one operand: arriving × local = leaving, and the sum if it had something before.
function contribution(step, given, room) {
  const options = { room, beside: [step.d, given.term] };
  const leaving = heat(
    given.term,
    differential(given.row),
    given.sum ? say("role.term") : say("role.leaving"),
    options,
  );
  const parts = chain(given.term, step, options) ?? [
    heat(step.d, differential(step.row), say("role.arriving"), options),
    through(step.group?.call ?? say("flow.rule")),
  ];
  const equals = parts.length > 1 && !parts.at(-1).classList.contains("arrow") ? [sign("=")] : [];
  const handed = given.term === step.d ? [through(say("flow.same"))] : equals;
  const flows = [make("div", "flow", ...parts, ...handed, leaving)];
  if (given.sum) {
    const before = rows.get(given.sum.o[0]);
    flows.push(
      make(
        "div",
        "flow adds",
        heat(before, differential(given.row), say("role.before"), options),
        sign("+"),
        heat(given.term, differential(given.row), say("role.term"), options),
        sign("="),
        heat(given.sum, differential(given.row), say("role.sum"), options),
      ),
    );
  }
  return flows;
}

/// What a row was computed from, and the result.
function forwardFlow(row, room, group = null) {
  const operands = (group?.inputs ?? (row.o ?? []).map((r) => rows.get(r))).slice(0, 4).filter(Boolean);
  const options = { room, beside: [...operands, row] };
  const result = known(row, operands.length ? say("role.result") : null, options);
  const figures = operands.map((operand) => known(operand, say("role.operand"), options));
  if (!operands.length) return make("div", "flow", result);
  if (!group && operands.length === 2 && SIGNS[row.p]) {
    return make("div", "flow", figures[0], sign(signOf(row.p, ...operands)), figures[1], sign("="), result);
  }
  const arrow = group
    ? through(group.call ?? "")
    : row.p === "sum"
      ? sumArrow(operands[0], row)
      : row.p === "broadcast"
        ? repeatArrow(operands[0], row)
        : through(row.p);
  const spaced = figures.flatMap((figure, k) => (k ? [sign(","), figure] : [figure]));
  const more = (group?.inputs ?? row.o).length > operands.length ? [sign("…")] : [];
  return make("div", "flow", ...spaced, ...more, arrow, result);
}
