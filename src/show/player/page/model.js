// The tape, and what is known of it at each step.
//
// Step 0 is the empty list. Then each row is computed, in order; then the sweep starts from the result, whose cotangent
// is its seed, and goes from row to row backwards.

const rows = new Map(data.rows.map((row) => [row.r, row]));
/// The rows of the list, and the place of each in it.
const list = data.rows.filter((row) => row.r < data.forward);
const placeOf = new Map(list.map((row, place) => [row.r, place]));

/// Numbers that were written in a formula are no steps of their own: they are there with the row that uses them.
const isPlain = (row) => row.c && row.n === undefined;
const steps = [{ kind: "start" }];
/// The step after which the row at a place of the list is there.
const computedAt = [];
for (const row of list) {
  computedAt.push(steps.length);
  if (!isPlain(row)) steps.push({ kind: "forward", row });
}
if (list.length && isPlain(list[list.length - 1])) steps.push({ kind: "forward", row: list[list.length - 1] });
/// Where the sweep starts, or beyond the end if none was recorded.
const turn = steps.length;
/// What each row is given, in order: at which step, which row shows it, and whether something was there before.
const received = new Map();
/// The step that goes backwards through a row.
const backwards = new Map();

function receive(row, step, shows, adds) {
  if (!received.has(row)) received.set(row, []);
  received.get(row).push({ step, shows, adds });
}

if (data.steps) {
  receive(data.root, steps.length, data.seed, false);
  steps.push({ kind: "seed", row: rows.get(data.root), d: rows.get(data.seed), to: [] });
  for (const { r, d, to } of data.steps) {
    const given = to
      .map(([operand, term, sum]) => ({
        row: rows.get(operand),
        term: rows.get(term),
        sum: sum === undefined ? null : rows.get(sum),
      }))
      .filter((given) => given.row && given.term);
    for (const { row, term, sum } of given) receive(row.r, steps.length, (sum ?? term).r, sum !== null);
    backwards.set(r, steps.length);
    steps.push({ kind: "reverse", row: rows.get(r), d: rows.get(d), to: given });
  }
}

/// What a row has received up to a step: the last of it.
function receivedAt(row, step) {
  const all = received.get(row.r) ?? [];
  let last = null;
  for (const one of all) {
    if (one.step > step) break;
    last = one;
  }
  return last;
}

/// A row's name, or its number.
function nameOf(row) {
  return row.n === undefined ? `%${row.r}` : row.n === "" ? '""' : row.n;
}

/// A row's name as a formula.
function typeset(row) {
  return row.m ?? `<mi>%${row.r}</mi>`;
}

/// The cotangent of a row as the rules write it.
function differential(row) {
  return `<mrow><mi mathvariant="normal">d</mi>${typeset(row)}</mrow>`;
}

/// A rule has signs where rows with other names differ: the row itself, then its operands.
function signed(row, sign) {
  const place = sign.charCodeAt(0) - 0xe000;
  return place === 0 ? row : (rows.get(row.o[place - 1]) ?? { r: row.o[place - 1] });
}

function ruleMath(row, markup) {
  return markup.replace(/<mi>([\ue000-\uf8ff])<\/mi>/g, (_, sign) => typeset(signed(row, sign)));
}

function ruleOf(row) {
  return row.rule === undefined ? null : data.rules[row.rule];
}

/// The numbers of a row as a grid: all of them, or those that were picked.
function gridOf(row) {
  if (row.grid) return row.grid;
  const columns = row.s.length ? row.s[row.s.length - 1] : 1;
  const lines = row.s.slice(0, -1).reduce((n, size) => n * size, 1);
  const [drawnLines, drawnColumns] =
    row.v.picked ?? (row.v.all === undefined ? [lines, columns] : [Math.min(lines, 64), Math.min(columns, 64)]);
  const x = row.v.all === undefined ? Float64Array.from(row.v.x, Number) : null;
  const all = Number(row.v.all);
  const at = (i, j) => (x ? x[i * drawnColumns + j] : all);
  let most = 0;
  if (x) {
    for (const number of [row.v.low, row.v.high].map(Number)) most = Math.max(most, Math.abs(number) || 0);
    if (x.length === 1 && Number.isFinite(x[0])) most = Math.abs(x[0]);
  } else if (Number.isFinite(all)) {
    most = Math.abs(all);
  }
  row.grid = {
    lines,
    columns,
    drawnLines,
    drawnColumns,
    at,
    most,
    count: lines * columns,
    isSampled: row.v.picked !== undefined,
    bad:
      row.v.all === undefined
        ? (row.v.nans ?? 0) + (row.v.infinite ?? 0) + (x.length === 1 && !Number.isFinite(x[0]) ? 1 : 0)
        : Number.isFinite(all)
          ? 0
          : lines * columns,
  };
  return row.grid;
}

/// The index of a drawn element in the whole array.
function indexOf(row, i, j) {
  const grid = gridOf(row);
  let line = Math.floor((i * grid.lines) / grid.drawnLines);
  const index = row.s.length ? [Math.floor((j * grid.columns) / grid.drawnColumns)] : [];
  for (let axis = row.s.length - 2; axis >= 0; axis -= 1) {
    index.unshift(line % row.s[axis]);
    line = Math.floor(line / row.s[axis]);
  }
  return index;
}

/// Statistics in a line.
function statistics(row) {
  const grid = gridOf(row);
  const parts = [];
  if (row.v.all !== undefined) parts.push(say("stat.all", { x: number(Number(row.v.all)) }));
  else if (grid.count === 1) parts.push(number(grid.at(0, 0)));
  else if (row.v.low !== undefined) {
    parts.push(say("stat.range", { low: number(row.v.low), high: number(row.v.high) }));
    parts.push(say("stat.mean", { x: number(row.v.mean) }));
  }
  if (row.v.nans) parts.push(say("stat.nans", { n: row.v.nans }));
  if (row.v.infinite) parts.push(say("stat.infinite", { n: row.v.infinite }));
  if (grid.count === 0) parts.push(say("stat.empty"));
  return parts.join(" · ");
}
