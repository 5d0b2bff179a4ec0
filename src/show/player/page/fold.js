// Calls that recorded several rows, as `softmax` does: in the list one box each, which opens. They are known by their
// place in the source, which their rows share, if none but the last of these is used elsewhere or has a name.

/// Longer lists start with their calls folded.
const LONG = 60;

let lastUse = null;
const groupOf = new Map();
const groups = [];
for (let from = 0, to; from < list.length; from = to) {
  to = from + 1;
  while (to < list.length && list[to].at === list[from].at && list[to].r === list[to - 1].r + 1) to += 1;
  if (to - from >= 3) addGroup(from, to);
}

function addGroup(from, to) {
  const rowsOf = list.slice(from, to);
  const own = new Set(rowsOf.map((row) => row.r));
  const result = rowsOf.at(-1);
  // A row of which another call takes something is the result of its own.
  if (rowsOf.slice(0, -1).some((row) => row.n !== undefined || row.r === data.root || usedBeyond(row.r, to)))
    return;
  const inputs = new Set(rowsOf.flatMap((row) => row.o ?? []).filter((r) => !own.has(r)));
  const group = {
    rows: rowsOf,
    result,
    isFolded: list.length > LONG,
    call: data.places[result.at][3],
    inputs: [...inputs]
      .sort((a, b) => a - b)
      .map((r) => rows.get(r))
      .filter((row) => row && !isPlain(row)),
  };
  groups.push(group);
  for (const row of rowsOf) groupOf.set(row.r, group);
}

/// Whether a row is an operand of one from this place on.
function usedBeyond(r, place) {
  lastUse ??= new Map(list.flatMap((row, at) => (row.o ?? []).map((operand) => [operand, at])));
  return (lastUse.get(r) ?? -1) >= place;
}

/// The group that hides a row, or of which it is the face.
function foldOf(row) {
  const group = row && groupOf.get(row.r);
  return group?.isFolded ? group : null;
}

/// The places of the list that are shown, and where each stands.
let shown = [];
let slotOf = new Map();

function fold() {
  shown = list
    .map((_, place) => place)
    .filter((place) => {
      const group = foldOf(list[place]);
      return !group || group.result === list[place];
    });
  slotOf = new Map(shown.map((place, slot) => [list[place].r, slot]));
}

/// What a folded call computes, in words of the source; of an operator its formula, with the numbers that are in it.
function callText(group) {
  const whole = wholeOf(group);
  if (whole) return whole.text;
  if (group.call) return `${group.call}(${group.inputs.map(nameOf).join(", ")})`;
  return group.result.f.replace(/%(\d+)/g, (name, r) => {
    const operand = rows.get(Number(r));
    return operand && groupOf.get(operand.r) === group && operand.p === "broadcast"
      ? calledIn(rows.get(operand.o[0]))
      : name;
  });
}

/// The rule of a folded call as it was written, if that sees through all of its rows.
function wholeOf(group) {
  const { whole } = group.result;
  return whole?.of.every((r) => groupOf.get(r) !== group) ? whole : null;
}

/// Whether one can stand at a step: of a folded call at its last one, forwards and backwards.
function isStop(at) {
  const group = foldOf(steps[at].row);
  if (!group || steps[at].kind === "seed") return true;
  if (steps[at].kind === "forward") return steps[at].row === group.result;
  return foldOf(steps[at + 1]?.row) !== group;
}

function nextStop(at) {
  let stop = Math.min(at, steps.length - 1);
  while (stop < steps.length - 1 && !isStop(stop)) stop += 1;
  return stop;
}

function stopBefore(at) {
  let stop = Math.max(0, at - 1);
  while (stop > 0 && !isStop(stop)) stop -= 1;
  return stop;
}

/// A step as it is shown: of a folded call all its steps at once.
function stepAt(at) {
  const step = steps[at];
  const group = foldOf(step.row);
  if (!group || step.kind === "start" || step.kind === "seed") return { ...step, first: at };
  if (step.kind === "forward") return { ...step, row: group.result, group, first: at };
  let first = at;
  while (steps[first - 1].kind === "reverse" && foldOf(steps[first - 1].row) === group) first -= 1;
  const to = steps
    .slice(first, at + 1)
    .flatMap((one) => one.to)
    .filter((given) => groupOf.get(given.row.r) !== group);
  return { kind: "reverse", row: group.result, d: steps[first].d, to, group, first };
}

function toggleGroup(group) {
  group.isFolded = !group.isFolded;
  fold();
  renew();
  go(now, { quiet: true, jumps: true });
}

function toggleAll() {
  const isFolded = !groups.some((group) => group.isFolded);
  for (const group of groups) group.isFolded = isFolded;
  fold();
  renew();
  go(now, { quiet: true, jumps: true });
}
