// The step at hand: what happens in words, the rule with its shapes, the arithmetic, and the line that wrote it.

const card = document.getElementById("card");

function eyebrow(step) {
  const way = step.kind === "start" ? "" : step.kind === "forward" ? say("way.forward") : say("way.reverse");
  return make(
    "p",
    `eyebrow ${step.kind === "forward" || step.kind === "start" ? "forward" : "reverse"}`,
    say("step.of", { n: now, m: steps.length - 1 }),
    way ? ` · ${way}` : "",
  );
}

/// `Z1 = %3 + %4`, set.
function headOf(row) {
  const rule = ruleOf(row);
  if (!rule) return math(`<mrow>${typeset(row)}</mrow>`);
  const [left, right] = rule.head.math;
  return math(`<mrow>${ruleMath(row, left)}<mo>=</mo>${ruleMath(row, right)}</mrow>`);
}

/// What a folded call computes.
function callHead(group) {
  const whole = wholeOf(group);
  if (whole) return math(`<mrow>${whole.head.math[0]}<mo>=</mo>${whole.head.math[1]}</mrow>`);
  if (!group.call) return headOf(group.result);
  const inputs = group.inputs.map(typeset).join("<mo>,</mo>");
  const name = make("span", "callname", group.call);
  return make(
    "span",
    "",
    math(`<mrow>${typeset(group.result)}<mo>=</mo></mrow>`),
    " ",
    name,
    math(`<mrow><mo>(</mo>${inputs}<mo>)</mo></mrow>`),
  );
}

/// The rule's lines, each side under the other's.
function ruleLines(row, lines) {
  if (!lines?.length) return null;
  const table = make("div", "rule");
  table.setAttribute("role", "group");
  table.setAttribute("aria-label", say("rule.label"));
  for (const line of lines) {
    table.append(
      math(ruleMath(row, line.math[0]), "left"),
      math(`<mrow><mo>=</mo>${ruleMath(row, line.math[1])}</mrow>`, "right"),
      line.shapes ? math(`<mrow>${line.shapes}</mrow>`, "shapes") : make("span", "shapes"),
    );
  }
  return table;
}

function sourceOf(row) {
  const [file, line, text] = data.places[row.at];
  // A line that would mislead is not told.
  if (file === undefined) return null;
  return make(
    "div",
    "source",
    make("span", "place", `${file}:${line}`),
    text === undefined ? null : make("code", "", text),
  );
}

/// What else there is to say of a row.
function remarks(row, step) {
  const notes = [];
  if (row.two) {
    const [a, b] = row.o.map((r) => rows.get(r));
    const [before, other] = [a, b].map((operand) => (operand?.o ? rows.get(operand.o[0]) : null));
    const most = Math.max(...[before, other].map((one) => (one ? gridOf(one).count : 1)));
    notes.push(
      make(
        "p",
        "warn",
        say("two.why", {
          a: shapeText(before?.s ?? []),
          b: shapeText(other?.s ?? []),
          shape: shapeText(row.s),
          n: gridOf(row).count,
          m: most,
        }),
      ),
    );
  }
  if (row.p === "broadcast" && step.kind === "forward") {
    const from = rows.get(row.o[0]);
    notes.push(make("p", "remark", say("stretched.why", { from: shapeText(from?.s ?? []), to: shapeText(row.s) })));
  }
  if (row.p === "broadcast" && step.kind === "reverse")
    notes.push(make("p", "remark", say("unbroadcast.why", { name: nameOf(rows.get(row.o[0])) })));
  const kinks = ruleOf(row)?.kinks;
  if (kinks && step.kind === "reverse") notes.push(make("p", "soft", say("kinks", { convention: kinks })));
  if (rowOfBirth() === row && (step.kind === "reverse" || data.birth.row === row.r)) notes.push(birthNote());
  return notes;
}

/// The row where a number became infinite or NaN: by itself, or by its rule in the sweep.
function rowOfBirth() {
  const born = rows.get(data.birth?.row);
  return born?.by === undefined ? born : rows.get(born.by);
}

/// What was born there, in the reader's language, and as the program says it.
function birthNote() {
  const { element, cause, victims, text } = data.birth;
  const values = {
    at: `[${element.join(", ")}]`,
    why: say(`birth.why.${cause}`),
    victims: say(victims === 0 ? "birth.alone" : victims === 1 ? "birth.victims.one" : "birth.victims", { n: victims }),
  };
  return make(
    "div",
    "birth",
    make("p", "", say(element.length ? "birth.element" : "birth.number", values)),
    make("p", "soft", say("birth.words")),
    make("pre", "", text),
  );
}

/// The room that figures have: a card that is narrow has smaller ones.
function roomOf() {
  return card.clientWidth > 560 ? 1 : card.clientWidth > 420 ? 0.8 : 0.62;
}

function drawStart() {
  const text = !list.length ? say("start.empty") : say("start.text", { n: list.length });
  const more = list.length && !data.steps ? make("p", "soft", say("start.nogradient")) : null;
  return [
    make("h2", "", say(list.length ? "start.title" : "start.none")),
    make("p", "lead", text),
    more,
    list.length ? make("p", "soft", say("start.keys")) : null,
  ];
}

function drawForward(row, group) {
  if (group) {
    return [
      make("h2", "", callHead(group)),
      make("p", "lead", say("fold.what", { n: group.rows.length })),
      forwardFlow(row, roomOf(), group),
      make("p", "stats", statistics(row)),
    ];
  }
  const title = row.o ? headOf(row) : make("span", "", math(typeset(row)), " ", say(`leaf.${row.p}`, {}));
  const what = canSay(`what.${row.p}`) ? make("p", "lead", say(`what.${row.p}`)) : null;
  return [make("h2", "", title), what, forwardFlow(row, roomOf()), make("p", "stats", statistics(row))];
}

/// What the sweep starts with: that the result changes as much as itself, or weights that were given.
function seedText(step) {
  const grid = gridOf(step.d);
  const isOne = grid.count === 1 && grid.at(0, 0) === 1;
  return say(isOne ? "seed.text" : "seed.given", { name: nameOf(step.row) });
}

function drawSeed(step) {
  return [
    make("h2", "", say("seed.title")),
    make("p", "lead", seedText(step)),
    make("div", "flow", heat(step.d, differential(step.row), say("role.seed"))),
  ];
}

function drawReverse(step) {
  const { row, to, group } = step;
  const parts = [
    make("h2", "", make("span", "quiet", say("back.through")), " ", group ? callHead(group) : headOf(row)),
  ];
  const lines = group
    ? wholeOf(group)?.lines
    : ruleOf(row)?.lines.filter((line) => line.of === undefined || to.some((one) => one.row.r === row.o[line.of]));
  parts.push(ruleLines(row, lines));
  if (group) parts.push(make("p", "lead", say("fold.back", { n: group.rows.length })));
  if (!to.length) parts.push(make("p", "lead", say("back.nothing")));
  for (const given of to) {
    const head = make("h3", "", say("back.to"), " ", math(typeset(given.row)));
    if (given.sum) head.append(make("span", "plus", "+="), make("span", "soft", say("back.again")));
    parts.push(make("section", "given", head, ...contribution(step, given, roomOf())));
  }
  return parts;
}

/// Shows a step.
function drawCard() {
  const step = stepAt(now);
  const row = step.row;
  const parts =
    step.kind === "start"
      ? drawStart()
      : step.kind === "forward"
        ? drawForward(row, step.group)
        : step.kind === "seed"
          ? drawSeed(step)
          : drawReverse(step);
  const notes = row ? remarks(row, step) : [];
  if (row && step.kind === "forward" && now === turn - 1 && !data.steps)
    notes.push(make("p", "soft", say("start.nogradient")));
  if (data.steps && now === steps.length - 1)
    notes.push(make("p", "lead", say("end.text", { name: nameOf(rows.get(data.root)) })));
  if (now === turn - 1 && data.later) notes.push(make("p", "soft", say("later", { n: data.later })));
  card.replaceChildren(...[eyebrow(step), ...parts, ...notes, row ? sourceOf(row) : null].filter(Boolean));
  card.setAttribute("aria-label", say("card.label"));
  card.scrollTop = 0;
}

/// The step in a sentence, for those who hear it.
function sentence() {
  const step = stepAt(now);
  const spoken = (shape) => (shape.length ? shape.join(say("by")) : say("number"));
  if (step.kind === "start") return list.length ? say("start.text", { n: list.length }) : say("start.empty");
  const { row } = step;
  if (step.kind === "forward")
    return say("say.forward", { name: nameOf(row), formula: row.f, shape: spoken(row.s) });
  if (step.kind === "seed") return seedText(step);
  const to = step.to.map((given) => nameOf(given.row)).join(", ");
  return say(to ? "say.reverse" : "say.stops", { name: nameOf(row), formula: row.f, shape: spoken(row.s), to });
}
