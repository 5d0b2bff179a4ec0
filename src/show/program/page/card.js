// Beside the view: what is chosen, with all that there is to know of it; and if nothing is, the program as a whole.

let chosen = null;

const card = document.getElementById("card");

/// A button that leads to a row or instruction.
function link(to, ...children) {
  const one = make("button", "link", ...children);
  one.type = "button";
  one.addEventListener("click", () => lead(to));
  return one;
}

const toRow = (r) => (rows.has(r) ? link({ kind: "row", r }, nameAt(r)) : make("span", "", nameAt(r)));
const toGroup = (k) => (instructionAt(k) ? link({ kind: "group", k }, say("instruction", { k })) : make("span", "", say("instruction", { k })));

function facts(pairs) {
  const list = make("dl", "facts");
  for (const [name, ...what] of pairs.filter(Boolean)) list.append(make("dt", "", name), make("dd", "", ...what));
  return list;
}

function drawCard() {
  card.setAttribute("aria-label", say("card.label"));
  const parts = { row: rowCard, group: groupCard, value: valueCard }[chosen?.kind]?.(chosen) ?? overview();
  card.replaceChildren(...(chosen ? [button("text back", say("card.whole"), () => choose(null))] : []), ...parts);
  card.scrollTop = 0;
}

function sourceOf(row) {
  if (row.at === undefined) return null;
  const [file, line, text] = data.places[row.at];
  // A line that would mislead is not told.
  if (file === undefined) return null;
  return make("figure", "source", make("span", "at", `${file}:${line}`), text ? make("code", "", text) : null);
}

function rowCard({ r }) {
  const row = rows.get(r);
  const of = row.of === undefined ? "" : nameAt(row.of);
  const why = say(`why.${row.w}`, { of });
  const memory = row.m && say(`memory.in.${row.m}`, { n: row.mb ?? "" });
  return [
    make("p", "eyebrow", `%${row.r}`),
    make("h2", "", row.n ?? formulaOf(row)),
    row.n !== undefined ? make("p", "formula", formulaOf(row)) : null,
    make("p", "lead", sign(row.w), make("span", "", why)),
    facts([
      row.i && [say("fact.run"), ...row.i.flatMap((k, at) => [at ? ", " : "", toGroup(k)])],
      row.of !== undefined && [say(row.w === "view" ? "fact.view" : "fact.of"), toRow(row.of)],
      [say("fact.pass"), say(`by.${row.w}`)],
      memory && [say("fact.memory"), memory],
      row.in !== undefined && [say("fact.place"), (row.w === "state" ? data.states : data.inputs)[row.in] ?? String(row.in)],
      row.out !== undefined && [say("fact.output"), data.outputs[row.out] ?? String(row.out)],
      [say("fact.shape"), shapeText(row.s)],
      [say("fact.bytes"), bytes(row.b)],
      row.k && [say("fact.kind"), say(`of.${row.k}`)],
      row.by !== undefined && [say("fact.by"), toRow(row.by)],
      ...(row.i ?? []).slice(0, 1).map((k) => timeFact(instructionAt(k))),
    ]),
    sourceOf(row),
  ].filter(Boolean);
}

function timeFact(one) {
  if (!one || one.t === undefined) return null;
  return [say("fact.time"), one.c > 1 ? say("time.group", { time: time(one.t), n: one.c, each: time(one.t / one.c) }) : time(one.t)];
}

/// Rows of a card: so many, and how many more there are.
const LISTED = 60;

function groupCard({ k }) {
  const one = instructionAt(k);
  const { size, isNumbers, work } = wordsOf(one);
  const members = make("ol", "members");
  for (const r of one.r.slice(0, LISTED)) {
    const row = rows.get(r);
    const item = make("li", "", make("span", "c-row", `%${r}`), toRow(r));
    if (row) item.append(make("span", "formula", formulaOf(row)), make("span", "c-shape", row.s.length ? row.s.join("×") : ""));
    if (row?.m === "passing") item.append(make("span", "tag", say("passing")));
    members.append(item);
  }
  return [
    make("p", "eyebrow", say("instruction.of", { k, n: data.instructions.all })),
    make("h2", "", work),
    make("p", "lead", sign(one.c > 1 ? "fused" : "alone"), make("span", "", say(one.c > 1 ? (isNumbers ? "group.numbers" : "group.fused") : "group.alone"))),
    facts([
      [say("fact.rows"), one.c.toLocaleString(language)],
      size !== null && [say("fact.elements"), size.toLocaleString(language)],
      [say("fact.operations"), amount(one.o, "")],
      [say("fact.moved"), bytes(one.b)],
      one.t !== undefined && [say("fact.time"), `${time(one.t)}, ${share(one.t, measured.all)}`],
      one.t > 0 && [say("fact.rate"), rates(one)],
    ]),
    one.r.length ? make("h3", "", say("group.rows")) : null,
    members,
    one.c > Math.min(LISTED, one.r.length) ? make("p", "note", say("more", { n: (one.c - Math.min(LISTED, one.r.length)).toLocaleString(language) })) : null,
  ].filter(Boolean);
}

/// Bytes and operations a second; what only moves numbers has no rate of operations.
function rates(one) {
  const rate = (n, unit) => (n > 0 ? [amount((1e9 * n) / one.t, unit)] : []);
  return [...rate(one.b, "B/s"), ...rate(one.o, "op/s")].join(", ") || "–";
}

function valueCard({ at }) {
  const value = data.memory.values[at];
  return [
    make("p", "eyebrow", say("buffer", { n: value.b })),
    make("h2", "", value.r === undefined ? say("buffer", { n: value.b }) : nameAt(value.r)),
    make("p", "lead", make("span", "", valueText(value))),
    facts([
      value.r !== undefined && [say("fact.row"), toRow(value.r)],
      [say("fact.bytes"), bytes(value.n)],
      [say("fact.buffer"), bytes(new Map(data.memory.buffers).get(value.b) ?? 0)],
      [say("fact.from"), value.state ? say("value.before") : toGroup(value.from)],
      [say("fact.to"), value.stays ? say("value.after") : toGroup(value.to)],
    ]),
  ];
}

/// The program as a whole: fates, passes, amounts.
function overview() {
  const all = FATES.reduce((sum, fate) => sum + (data.fates[fate] ?? 0), 0);
  const fates = make("div", "fates");
  for (const fate of FATES.filter((one) => data.fates[one])) {
    const strip = make("span", "strip");
    strip.style.setProperty("--part", data.fates[fate] / all);
    const one = make("button", "fate", sign(fate), make("span", "words", say(`kind.${fate}`)), strip, make("b", "", data.fates[fate].toLocaleString(language)));
    one.type = "button";
    one.title = say(`why.${fate}`, { of: say("another") });
    one.addEventListener("click", () => {
      wantedFate = fate;
      go("rows");
    });
    fates.append(one);
  }
  const report = ["operations", "bytes_moved", "buffer_bytes", "workspace_bytes", "scratch_bytes", "program_bytes", "allocations"];
  return [
    all ? make("h3", "", say("whole.fates")) : null,
    fates,
    make("h3", "", say("whole.passes")),
    passesTable(),
    make("h3", "", say("whole.amounts")),
    facts(report.map((name) => [say(`amount.${name}`), name.includes("bytes") ? bytes(data.report[name]) : amount(data.report[name], "")])),
    ...["inputs", "states", "outputs"].filter((name) => data[name].length).flatMap((name) => [make("h3", "", say(`whole.${name}`)), portList(data[name])]),
  ].filter(Boolean);
}

function portList(ports) {
  const list = make("ul", "ports", ...ports.slice(0, LISTED).map((port) => make("li", "", port)));
  if (ports.length > LISTED) list.append(make("li", "soft", say("more", { n: ports.length - LISTED })));
  return list;
}

/// Which pass did away with how many rows, and how long it took; and what else making it took.
function passesTable() {
  const took = new Map(data.times);
  const table = make("table", "passes");
  const line = (tag, ...cells) => make("tr", "", ...cells.map((cell, at) => make(at ? tag : "th", "", cell)));
  table.append(make("thead", "", line("th", say("pass"), say("pass.rows"), say("pass.gone"), say("pass.time"))));
  const body = make("tbody");
  data.passes.forEach(([name, left], at) => {
    const before = at ? data.passes[at - 1][1] : left;
    const gone = at && before !== left ? (before - left).toLocaleString(language) : at ? "–" : "";
    const spent = name === "Dead" ? took.get("listing") : took.get(name);
    const row = line("td", say(`pass.${name}`), left.toLocaleString(language), gone, spent === undefined ? "" : time(spent));
    row.title = say(`does.${name}`);
    body.append(row);
  });
  const rest = took.get("lowering");
  if (rest !== undefined) body.append(line("td", say("pass.lowering"), "", "", time(rest)));
  table.append(body);
  return table;
}
