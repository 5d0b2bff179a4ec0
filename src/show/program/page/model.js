// What the page was told: rows with their fates, instructions, values in memory; and how amounts are said.

const rows = new Map(data.rows.map((row) => [row.r, row]));
const measured = typeof data.profile === "object" ? data.profile : null;

/// What can become of a row, in the order in which it is told.
const FATES = [
  "fused",
  "alone",
  "again",
  "view",
  "shared",
  "same",
  "folded",
  "constant",
  "input",
  "state",
  "dead",
  "unknown",
];

/// A sign for each, which is told by its form: in a group, alone, twice, seen otherwise, two in one, handed on, computed
/// before, held, fed, carried, nothing.
const SIGNS = {
  fused: "M2 3.5h12v9H2z M5 3.5v9 M8 3.5v9 M11 3.5v9",
  alone: "M2 3.5h12v9H2z",
  again: "M2 2.5h9v6H2z M5 8.5v5h9v-7h-3",
  view: "M2 8c3-5 9-5 12 0c-3 5-9 5-12 0z M8 6.5a1.5 1.5 0 1 0 .01 0z",
  shared: "M3 2.5v4c0 3 10 1 10 4v3 M13 2.5v4c0 3-10 1-10 4v3",
  same: "M2 6h12 M2 10h12",
  folded: "M2 13.5v-11h8l4 4v7z M10 2.5v4h4",
  constant: "M4 7.5h8v6H4z M5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
  input: "M8 2v9 M4.5 7.5L8 11l3.5-3.5 M2.5 13.5h11",
  state: "M13 8a5 5 0 1 1-1.8-3.8 M13.5 1.5v3.5H10",
  dead: "M3.5 3.5l9 9 M12.5 3.5l-9 9",
  unknown: "M8 12.5v.6 M5.5 5.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1 1-1.1 2",
};

function sign(fate) {
  return draw(
    "svg",
    { viewBox: "0 0 16 16", width: 16, height: 16, class: `sign ${fate}`, "aria-hidden": "true" },
    draw("path", { d: SIGNS[fate] }),
  );
}

function nameOf(row) {
  return row.n !== undefined ? row.n : `%${row.r}`;
}

/// A row by its number, whether or not it is told of.
function nameAt(r) {
  const row = rows.get(r);
  return row ? nameOf(row) : `%${r}`;
}

/// What it computes: as it was recorded, or the primitive's name.
function formulaOf(row) {
  return row.f ?? row.p;
}

/// The instruction of this number, unless it is left out.
function instructionAt(k) {
  const { list, hidden } = data.instructions;
  if (k >= hidden[0] && k < hidden[1]) return null;
  return list[k < hidden[0] ? k : k - (hidden[1] - hidden[0])] ?? null;
}

/// The numbers of instructions that are told.
const told = [...Array(data.instructions.all).keys()].filter(instructionAt);

const UNITS = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/// Three digits, with a unit's prefix.
function amount(n, unit) {
  const [size, prefix] = UNITS.find(([size]) => n >= size) ?? [1, ""];
  const text = number(n / size, 3);
  return unit || prefix ? `${text} ${prefix}${unit}` : text;
}

const bytes = (n) => amount(n, "B");

/// A time that was told in nanoseconds.
function time(ns) {
  if (ns >= 1e9) return `${number(ns / 1e9, 3)} s`;
  if (ns >= 1e6) return `${number(ns / 1e6, 3)} ms`;
  if (ns >= 1e3) return `${number(ns / 1e3, 3)} µs`;
  return `${number(ns, 3)} ns`;
}

function share(part, all) {
  return all > 0 ? `${number((100 * part) / all, 3)} %` : "";
}

function plural(name, n) {
  return say(n === 1 ? `${name}.one` : name, { n: n.toLocaleString(language) });
}
