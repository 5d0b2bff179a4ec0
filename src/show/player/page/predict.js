// Before a step backwards is shown the viewer says what comes: a shape, the rows that are given something, a derivation,
// or a number. What is wrong is told by its name, with the reason; then the step is shown.

let predicting = false;
const tally = { right: 0, asked: 0 };
/// The question that is open, and the step that it is about.
let question = null;
const judged = new Set();

const sameShape = (a, b) => a.length === b.length && a.every((size, axis) => size === b[axis]);

/// An order that is another at each step, and the same each time.
function shuffled(items, seed) {
  const keyed = items.map((item, k) => [
    ((seed + 1) * 7919 + (k + 1) * 104729 + (seed + k) * (k + 3) * 31) % 997,
    item,
  ]);
  return keyed.sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

/// Which shape has what goes to an operand?
function askShape(step, seed) {
  const given = step.to[seed % step.to.length];
  const right = given.row.s;
  const candidates = [
    [step.row.s, "why.shape.result"],
    [[...right].reverse(), "why.shape.turned"],
    [[], "why.shape.number"],
    [right.slice(1), "why.shape.less"],
    [[...right, 1], "why.shape.more"],
    [[1, ...right], "why.shape.more"],
    [right.map((size) => size + 1), "why.shape.size"],
  ];
  const choices = [{ shape: right }];
  for (const [shape, why] of candidates) {
    if (choices.length < 4 && !choices.some((other) => sameShape(other.shape, shape))) choices.push({ shape, why });
  }
  if (step.row.s.length === 0 && right.length === 0) return null;
  return {
    kind: "shape",
    text: say("ask.shape", { name: nameOf(given.row) }),
    right: (choice) => choice.why === undefined,
    reason: (choice) =>
      say(choice.why, { shape: shapeText(right), name: nameOf(given.row), of: shapeText(step.row.s) }),
    choices: shuffled(choices, seed).map((choice) => ({
      ...choice,
      show: () => make("span", "chip", shapeText(choice.shape)),
    })),
  };
}

/// Which rows are given something? Some of those that are near are not.
function askRows(step, seed) {
  const right = new Set(step.to.map((given) => given.row.r));
  const place = placeOf.get(step.row.r);
  const near = list
    .slice(Math.max(0, place - 6), place + 1)
    .concat((step.row.o ?? []).map((r) => rows.get(r)).filter(Boolean));
  const candidates = new Map([...right].map((r) => [r, rows.get(r)]));
  for (const row of near.reverse()) if (candidates.size < Math.max(5, right.size)) candidates.set(row.r, row);
  if (candidates.size <= right.size) return null;
  return {
    kind: "rows",
    text: say("ask.rows", { name: nameOf(step.row) }),
    chosen: new Set(),
    right: null,
    rows: right,
    choices: [...candidates.values()]
      .sort((a, b) => a.r - b.r)
      .map((row) => ({ row, show: () => math(typeset(row)) })),
    judge(chosen) {
      for (const r of chosen) {
        if (right.has(r)) continue;
        const row = rows.get(r);
        if (r === step.row.r) return say("why.rows.self", { name: nameOf(row) });
        if (row.c) return say("why.rows.constant", { name: nameOf(row) });
        return say((step.row.o ?? []).includes(r) ? "why.rows.rule" : "why.rows.far", {
          name: nameOf(row),
          row: nameOf(step.row),
        });
      }
      const missed = [...right].find((r) => !chosen.has(r));
      return missed === undefined
        ? null
        : say("why.rows.missed", { name: nameOf(rows.get(missed)), row: nameOf(step.row) });
    },
  };
}

/// Which of four derivations is right? The wrong ones came with the page.
function askDerivation(step, seed) {
  if (step.group) return null;
  const lines = (ruleOf(step.row)?.lines ?? []).filter(
    (line) => line.wrong?.length >= 3 && step.to.some((given) => given.row.r === step.row.o?.[line.of]),
  );
  if (!lines.length) return null;
  const line = lines[seed % lines.length];
  const left = ruleMath(step.row, line.math[0]);
  const wrong = shuffled(line.wrong, seed + 5).slice(0, 3);
  const choices = [{ math: line.math[1] }, ...wrong];
  return {
    kind: "derivation",
    text: say("ask.derivation", { name: nameOf(rows.get(step.row.o[line.of])) }),
    right: (choice) => choice.mistake === undefined,
    reason: (choice) => `${say(`mistake.${choice.mistake}`)} ${say(`why.${choice.mistake}`)}`,
    choices: shuffled(choices, seed).map((choice) => ({
      ...choice,
      show: () => math(`<mrow>${left}<mo>=</mo>${ruleMath(step.row, choice.math)}</mrow>`),
    })),
  };
}

/// Which number is it? For arrays small enough to compute by head.
function askNumber(step, seed) {
  const given = step.to.find(
    (one) => gridOf(one.term).count <= 24 && gridOf(one.term).count > 0 && gridOf(step.d).count <= 24,
  );
  if (!given) return null;
  const [term, arriving] = [gridOf(given.term), gridOf(step.d)];
  const k = seed % term.count;
  const [i, j] = [Math.floor(k / term.columns), k % term.columns];
  const right = term.at(i, j);
  if (!Number.isFinite(right)) return null;
  const place = given.term.s.length ? `[${indexOf(given.term, i, j).join(", ")}]` : "";
  return {
    kind: "number",
    place,
    right,
    text: say(given.sum ? "ask.number.term" : "ask.number", { name: `${nameOf(given.row)}${place}` }),
    judge(text) {
      const typed = Number(text.trim().replace(/−/g, "-").replace(",", "."));
      if (text.trim() === "" || Number.isNaN(typed)) return say("why.number.none");
      const near = (x) => Math.abs(typed - x) <= Math.max(0.01 * Math.abs(x), 1e-12);
      if (near(right)) return null;
      const answer = { x: number(right) };
      if (near(-right)) return say("why.number.sign", answer);
      if (sameShape(step.d.s, given.term.s) && near(arriving.at(i, j))) return say("why.number.factor", answer);
      if (given.sum && near(gridOf(given.sum).at(i, j))) return say("why.number.sum", answer);
      return say("why.number", answer);
    },
  };
}

const KINDS = [askDerivation, askShape, askRows, askNumber];

/// The question before a step, if there is one to ask.
function questionBefore(at) {
  const step = at < steps.length ? stepAt(at) : null;
  if (!predicting || step?.kind !== "reverse" || !step.to.length || judged.has(at)) return null;
  for (let k = 0; k < KINDS.length; k += 1) {
    const asked = KINDS[(at + k) % KINDS.length](step, at);
    if (asked) return { ...asked, at };
  }
  return null;
}

function drawQuestion() {
  const step = stepAt(question.at);
  const answer = make("div", "answers");
  const verdict = make("div", "verdict");
  verdict.setAttribute("role", "status");
  const keyed = (k, ...children) => [make("kbd", "", String(k + 1)), ...children];
  if (question.kind === "number") {
    const field = make("input", "field");
    field.setAttribute("inputmode", "decimal");
    field.setAttribute("aria-label", question.text);
    const form = make(
      "form",
      "numberform",
      field,
      button("judge", say("judge"), () => {}),
    );
    form.lastChild.type = "submit";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      settle(question.judge(field.value), [form]);
    });
    answer.append(form);
  } else {
    answer.classList.add(question.kind);
    question.choices.forEach((choice, k) => {
      const chip = button("choice", say("choose", { n: k + 1 }), () => choose(k), ...keyed(k, choice.show()));
      chip.removeAttribute("title");
      chip.removeAttribute("aria-label");
      if (question.kind === "rows") chip.setAttribute("aria-pressed", "false");
      answer.append(chip);
    });
    if (question.kind === "rows") answer.append(button("judge", say("judge"), judgeRows));
  }
  card.replaceChildren(
    make("p", "eyebrow reverse", say("ask.title", { n: question.at, m: steps.length - 1 })),
    make(
      "h2",
      "",
      make("span", "quiet", say("back.through")),
      " ",
      step.group ? callHead(step.group) : headOf(step.row),
    ),
    make("p", "lead", question.text),
    answer,
    verdict,
    make("p", "tally soft", say("tally", { right: tally.right, asked: tally.asked })),
  );
  card.scrollTop = 0;
  announce(`${nameOf(step.row)}: ${question.text}`);
  (card.querySelector("input") ?? card.querySelector(".choice"))?.focus({ preventScroll: true });
}

function choose(k) {
  const choice = question?.choices?.[k];
  if (!choice || question.settled) return;
  const chip = card.querySelectorAll(".choice")[k];
  if (question.kind === "rows") {
    const isOn = !question.chosen.has(choice.row.r);
    if (isOn) question.chosen.add(choice.row.r);
    else question.chosen.delete(choice.row.r);
    chip.setAttribute("aria-pressed", String(isOn));
    return;
  }
  const chips = [...card.querySelectorAll(".choice")];
  chips.forEach((other, n) => other.classList.toggle("right", question.right(question.choices[n])));
  if (!question.right(choice)) chip.classList.add("wrong");
  settle(question.right(choice) ? null : question.reason(choice), chips);
}

function judgeRows() {
  if (!question || question.settled) return;
  const chips = [...card.querySelectorAll(".choice")];
  question.choices.forEach((choice, k) => {
    if (question.rows.has(choice.row.r)) chips[k].classList.add("right");
    else if (question.chosen.has(choice.row.r)) chips[k].classList.add("wrong");
  });
  settle(question.judge(question.chosen), chips);
}

/// A click on a row of the list answers as well.
function predictPick(row) {
  if (question?.kind !== "rows" || question.settled) return false;
  const k = question.choices.findIndex((choice) => choice.row === row);
  if (k >= 0) choose(k);
  return k >= 0;
}

/// Says whether it was right, and why if not; the step is shown next.
function settle(reason, controls) {
  question.settled = true;
  judged.add(question.at);
  tally.asked += 1;
  if (reason === null) tally.right += 1;
  for (const control of controls)
    for (const part of [control, ...control.querySelectorAll("input, button")]) part.disabled = true;
  const text = reason === null ? say("right") : `${say("wrong")} ${reason}`;
  const verdict = card.querySelector(".verdict");
  const next = button("judge next", say("show.step"), () => go(question.at));
  verdict.replaceChildren(make("p", reason === null ? "yes" : "no", text), next);
  card.querySelector(".tally").textContent = say("tally", { right: tally.right, asked: tally.asked });
  announce(text);
  next.focus({ preventScroll: true });
  verdict.scrollIntoView({ block: "nearest" });
}
