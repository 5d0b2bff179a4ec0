// Memory over time: from left to right the instructions, from top to bottom the buffers, a bar for each value from where it
// is computed to where it is read last. Above them, how much of it is in use.

const BAR = 22;
const CURVE = 84;

/// Values that are written over their operand, or over which another is: they share an instruction, half each.
let halves = new Map();

function findHalves(values) {
  halves = new Map();
  const last = new Map();
  for (const value of [...values].sort((a, b) => a.b - b.b || a.from - b.from)) {
    const before = last.get(value.b);
    if (before && !before.state && before.to === value.from && value.from > before.from) {
      halves.set(before, { ...halves.get(before), to: true });
      halves.set(value, { ...halves.get(value), from: true });
    }
    last.set(value.b, value);
  }
}

function buffersView() {
  const { values, all, buffers, copies, peak } = data.memory;
  if (!values.length) {
    view.replaceChildren(make("div", "listed", make("p", "note", say("memory.none"))));
    return;
  }
  const notes = [say("memory.note", { bytes: bytes(data.report.buffer_bytes), n: buffers.length })];
  if (peak) notes[0] += ` ${say("memory.peak", { bytes: bytes(peak[1]), k: peak[0] })}`;
  if (values.length < all) notes.push(say("memory.sampled", { n: values.length, of: all.toLocaleString(language) }));
  if (copies) notes.push(plural("memory.copies", copies));
  const holder = make("div", "chart");
  view.replaceChildren(...notes.map((note) => make("p", "note", note)), holder);
  holder.append(chart(Math.max(300, holder.clientWidth - 20)));
}

function chart(wide) {
  const { values, buffers, peak } = data.memory;
  findHalves(values);
  const count = data.instructions.all;
  const left = wide < 560 ? 76 : 132;
  const right = 16;
  const top = CURVE + 34;
  const high = top + buffers.length * (BAR + 6) + 34;
  const x = (k) => left + ((wide - left - right) * k) / Math.max(1, count);
  const line = new Map(buffers.map(([buffer], at) => [buffer, at]));
  const svg = draw("svg", { width: wide, height: high, viewBox: `0 0 ${wide} ${high}`, role: "group" });
  svg.setAttribute("aria-label", say("memory.label"));
  svg.append(curve(x, left, wide - right, count));
  for (const [buffer, at] of line) {
    const y = top + at * (BAR + 6);
    const size = buffers[at][1];
    svg.append(
      draw("line", { class: "lane", x1: left, x2: wide - right, y1: y + BAR + 3, y2: y + BAR + 3 }),
      write("lane-name", left - 10, y + 10, say("buffer.short", { n: buffer }), "end"),
      write("lane-size", left - 10, y + 21, bytes(size), "end"),
    );
  }
  ticks(svg, x, count, high - 22, wide);
  if (peak) {
    const at = x(peak[0] + 0.5);
    svg.append(draw("line", { class: "peak", x1: at, x2: at, y1: 18, y2: high - 34 }));
  }
  values.forEach((value, at) => svg.append(bar(value, at, x, top + line.get(value.b) * (BAR + 6))));
  svg.addEventListener("keydown", (event) => moveAmong(svg, event));
  svg.querySelector(".value")?.setAttribute("tabindex", "0");
  return svg;
}

function write(name, x, y, text, anchor = "start") {
  const element = draw("text", { class: name, x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

/// The bytes that are in use, and the most of them.
function curve(x, left, right, count) {
  const { live, wide, peak } = data.memory;
  const most = Math.max(1, ...live);
  const y = (n) => 20 + CURVE * (1 - n / most);
  let path = `M${left} ${y(0)}`;
  live.forEach((n, at) => {
    path += `V${y(n)}H${x(Math.min(count, (at + 1) * wide))}`;
  });
  const group = draw("g", {});
  group.append(
    draw("path", { class: "live", d: `${path}V${y(0)}Z` }),
    draw("line", { class: "axis", x1: left, x2: right, y1: y(0), y2: y(0) }),
    write("lane-name", left - 10, y(most) + 4, bytes(most), "end"),
    write("lane-size", left - 10, y(0) - 2, say("memory.used"), "end"),
  );
  if (peak) {
    const at = x(peak[0] + 0.5);
    const isRight = at > (left + right) / 2;
    group.append(
      write("peak-name", at + (isRight ? -6 : 6), 13, say("memory.peak.short", { bytes: bytes(peak[1]) }), isRight ? "end" : "start"),
    );
  }
  return group;
}

/// Numbers of instructions below.
function ticks(svg, x, count, y, wide) {
  const rough = (count * 56) / Math.max(1, wide);
  const size = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * size).find((n) => n >= rough) ?? 1);
  for (let k = 0; k < count; k += step) {
    svg.append(draw("line", { class: "tick", x1: x(k + 0.5), x2: x(k + 0.5), y1: y - 12, y2: y - 8 }));
    svg.append(write("tick-name", x(k + 0.5), y + 4, String(k), "middle"));
  }
  svg.append(write("tick-name", x(0), y + 18, say("memory.axis")));
}

function valueText(value) {
  const row = value.r === undefined ? null : rows.get(value.r);
  return say(value.state ? "value.state" : value.stays ? "value.stays" : "value.text", {
    name: value.r === undefined ? "" : nameAt(value.r),
    shape: row ? shapeText(row.s) : "",
    bytes: bytes(value.n),
    from: value.from,
    to: value.to,
    buffer: value.b,
  });
}

function bar(value, at, x, y) {
  const half = halves.get(value) ?? {};
  const [from, to] = [x(value.from + (half.from ? 0.5 : 0)) + 0.5, x(value.to + (half.to ? 0.5 : 1)) - 0.5];
  const wide = Math.max(2, to - from);
  const group = draw("g", { class: `value${value.state ? " state" : ""}${value.stays ? " stays" : ""}`, tabindex: "-1", role: "button" });
  group.dataset.at = at;
  group.setAttribute("aria-label", valueText(value));
  const title = draw("title");
  title.textContent = valueText(value);
  group.append(title, draw("rect", { x: from, y, width: wide, height: BAR, rx: 3 }));
  if (value.stays) group.append(draw("path", { class: "end", d: `M${from + wide - 5} ${y + 4}l4 ${BAR / 2 - 4}l-4 ${BAR / 2 - 4}` }));
  const name = value.r === undefined ? "" : nameAt(value.r);
  if (wide > 14 + 7.4 * name.length) group.append(write("value-name", from + 6, y + 15, name));
  if (chosen?.kind === "value" && chosen.at === at) group.classList.add("chosen");
  group.addEventListener("click", () => pickValue(at));
  return group;
}

function pickValue(at) {
  choose({ kind: "value", at });
  for (const other of view.querySelectorAll(".value")) {
    const is = Number(other.dataset.at) === at;
    other.classList.toggle("chosen", is);
    other.setAttribute("tabindex", is ? "0" : "-1");
    if (is) other.focus({ preventScroll: false });
  }
}

/// The arrow keys go from bar to bar: sideways in a buffer, up and down to the one that is nearest in time.
function moveAmong(svg, event) {
  const own = event.target.closest?.(".value");
  if (!own) return;
  const { values } = data.memory;
  const at = Number(own.dataset.at);
  const [value, lanes] = [values[at], data.memory.buffers.map(([buffer]) => buffer)];
  const inLane = (buffer) => values.map((one, k) => [one, k]).filter(([one]) => one.b === buffer);
  const nearest = (list) => list.sort((a, b) => Math.abs(a[0].from - value.from) - Math.abs(b[0].from - value.from))[0];
  const lane = lanes.indexOf(value.b);
  const to = {
    ArrowRight: () => inLane(value.b).filter(([one]) => one.from > value.from).sort((a, b) => a[0].from - b[0].from)[0],
    ArrowLeft: () => inLane(value.b).filter(([one]) => one.from < value.from).sort((a, b) => b[0].from - a[0].from)[0],
    ArrowDown: () => (lane + 1 < lanes.length ? nearest(inLane(lanes[lane + 1])) : null),
    ArrowUp: () => (lane > 0 ? nearest(inLane(lanes[lane - 1])) : null),
    Enter: () => [value, at],
    " ": () => [value, at],
  }[event.key];
  if (!to) return;
  event.preventDefault();
  const found = to();
  if (found) pickValue(found[1]);
}
