// Pictures of numbers: blue below zero, orange above, zero neutral, NaN hatched, infinities as triangles.

/// Colours of −1 to 1, in 255 steps, of the present scheme; zero is the one in the middle.
let scale = null;
let commonScale = false;

function colours() {
  if (scale) return scale;
  const style = getComputedStyle(document.documentElement);
  const read = (name) => {
    const hex = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };
  const [cold, zero, warm, bad, ink] = ["--cold", "--zero", "--warm", "--bad", "--ink"].map(read);
  const mixed = (to, t) => zero.map((from, k) => Math.round(from + (to[k] - from) * t ** 0.75));
  const steps = [];
  for (let k = -127; k <= 127; k += 1) steps.push(mixed(k < 0 ? cold : warm, Math.abs(k) / 127));
  scale = {
    steps,
    bad,
    ink,
    of: (x, most) => steps[127 + Math.round(127 * Math.max(-1, Math.min(1, most ? x / most : 0)))],
  };
  return scale;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  scale = null;
  renew();
});

/// What a scale reaches to: the largest of this array, or of all that are shown beside it.
function mostOf(row, beside = []) {
  return commonScale ? Math.max(...[row, ...beside].map((other) => gridOf(other).most)) : gridOf(row).most;
}

/// Paints a row's numbers on a canvas of this size.
function paint(canvas, row, width, height, most) {
  const dots = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.max(1, Math.round(width * dots));
  canvas.height = Math.max(1, Math.round(height * dots));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const grid = gridOf(row);
  const { drawnLines: lines, drawnColumns: columns } = grid;
  const pen = canvas.getContext("2d");
  if (!lines || !columns) return;
  const { of, bad, ink } = colours();
  const picture = new ImageData(columns, lines);
  const strange = [];
  for (let i = 0; i < lines; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      const x = grid.at(i, j);
      const colour = Number.isNaN(x)
        ? bad
        : of(Number.isFinite(x) ? x : Math.sign(x), Number.isFinite(x) ? most : 1);
      picture.data.set([...colour, 255], 4 * (i * columns + j));
      if (!Number.isFinite(x)) strange.push([i, j, x]);
    }
  }
  const small = document.createElement("canvas");
  [small.width, small.height] = [columns, lines];
  small.getContext("2d").putImageData(picture, 0, 0);
  // Fewer dots than numbers are means of them; more are squares.
  pen.imageSmoothingEnabled = columns > canvas.width || lines > canvas.height;
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
  const [w, h] = [canvas.width / columns, canvas.height / lines];
  for (const [i, j, x] of strange.slice(0, 400))
    mark(pen, j * w, i * h, Math.max(w, 5), Math.max(h, 5), x, bad, ink);
}

/// A number that is none: stripes of NaN, a triangle that points to an infinity.
function mark(pen, left, top, width, height, x, bad, ink) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  if (Number.isNaN(x)) {
    pen.fillStyle = `rgb(${bad})`;
    pen.fillRect(left, top, width, height);
    pen.strokeStyle = "rgba(255,255,255,.65)";
    pen.lineWidth = 1.5;
    for (let at = -height; at < width; at += 6) {
      pen.beginPath();
      pen.moveTo(left + at, top + height);
      pen.lineTo(left + at + height, top);
      pen.stroke();
    }
  } else {
    const size = Math.min(width, height, 16) * 0.38;
    const [x0, y0, up] = [left + width / 2, top + height / 2, x > 0 ? -1 : 1];
    pen.fillStyle = `rgb(${ink})`;
    pen.beginPath();
    pen.moveTo(x0, y0 + up * size);
    pen.lineTo(x0 - size, y0 - up * size);
    pen.lineTo(x0 + size, y0 - up * size);
    pen.fill();
  }
  pen.restore();
}

/// What stands in a cell of the list: a number, or a small picture with the size of its largest.
function thumbnail(row) {
  const grid = gridOf(row);
  if (grid.count === 1) return make("span", `figure${grid.bad ? " strange" : ""}`, number(grid.at(0, 0)));
  if (grid.count === 0) return make("span", "figure soft", say("stat.empty"));
  const canvas = make("canvas");
  paint(canvas, row, 68, 26, grid.most);
  const most = grid.bad
    ? make(
        "span",
        "most strange",
        row.v.nans || (row.v.all !== undefined && Number.isNaN(Number(row.v.all))) ? "NaN" : "∞",
      )
    : make(
        "span",
        "most",
        row.v.all === undefined ? `±${number(grid.most, 3)}` : `= ${number(Number(row.v.all), 3)}`,
      );
  return [canvas, most];
}

/// How long an axis of so many elements is drawn: the same everywhere, so that factors of a product fit their result.
function lengthOf(size, room) {
  return Math.round(Math.min(1, room) * Math.min(132, 20 + 18 * Math.log2(Math.max(size, 1))));
}

/// A row as a figure of the card: its name, its numbers or their picture, and what the pointer is on.
function heat(row, markup, role, options = {}) {
  const grid = gridOf(row);
  const most = mostOf(row, options.beside);
  const caption = make("figcaption", "", role ? make("span", "role", role) : null, markup ? math(markup) : null);
  const read = make("span", "read");
  const rest = () => {
    const all = row.v.all === undefined ? null : `= ${number(Number(row.v.all))}`;
    read.textContent = grid.count === 1 ? "" : (all ?? `±${number(grid.most, 4)}`);
    read.classList.remove("on");
  };
  rest();
  const point = (i, j) => {
    read.textContent = `[${indexOf(row, i, j).join(", ")}] ${number(grid.at(i, j))}`;
    read.classList.add("on");
  };
  const body =
    (grid.count > 0 && grid.count <= 24 && row.v.all === undefined) || grid.count === 1
      ? numbers(row, most, point, rest)
      : picture(row, most, point, rest, options.room ?? 1);
  const sampled = grid.isSampled
    ? make(
        "span",
        "sampled",
        say("sampled", { n: grid.drawnLines * grid.drawnColumns, of: grid.count.toLocaleString("en") }),
      )
    : null;
  const under =
    grid.count === 1 && !row.s.length
      ? null
      : make("span", "under", row.s.length ? make("span", "size", shapeText(row.s)) : null, read);
  const figure = make("figure", "heat", caption, body, under, sampled);
  figure.dataset.row = row.r;
  body.title = statistics(row);
  return figure;
}

/// Black or white, whichever has the more contrast: 4.58 at least.
function readableOn(colour) {
  const [r, g, b] = colour.map((part) => (part <= 10 ? part / 3295 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/// Few numbers, written out.
function numbers(row, most, point, rest) {
  const grid = gridOf(row);
  const columns = grid.columns <= 6 ? grid.columns : Math.ceil(grid.columns / Math.ceil(grid.columns / 6));
  const table = make("span", `numbers${grid.count === 1 ? " single" : ""}`);
  table.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  table.setAttribute("role", "img");
  const texts = Array.from({ length: grid.count }, (_, k) =>
    number(grid.at(Math.floor(k / grid.columns), k % grid.columns)),
  );
  table.setAttribute("aria-label", `${shapeText(row.s)}: ${texts.join(", ")}`);
  for (let i = 0; i < grid.drawnLines; i += 1) {
    for (let j = 0; j < grid.drawnColumns; j += 1) {
      const x = grid.at(i, j);
      const cell = make("span", Number.isFinite(x) ? "" : "strange", number(x));
      if (Number.isFinite(x) && grid.count > 1) {
        const [r, g, b] = colours().of(x, most);
        cell.style.background = `rgb(${r},${g},${b})`;
        cell.style.color = readableOn([r, g, b]);
      }
      cell.addEventListener("pointerenter", () => point(i, j));
      table.append(cell);
    }
  }
  table.addEventListener("pointerleave", rest);
  return table;
}

/// Many numbers, as a picture that says what the pointer, or with arrow keys the cursor, is on.
function picture(row, most, point, rest, room) {
  const grid = gridOf(row);
  const canvas = make("canvas", "picture");
  const [width, height] = [lengthOf(grid.columns, room), lengthOf(grid.lines, room)];
  paint(canvas, row, width, height, most);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${shapeText(row.s)}: ${statistics(row)}`);
  if (!grid.drawnLines || !grid.drawnColumns) return canvas;
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const at = (place, size, count) => Math.max(0, Math.min(count - 1, Math.floor((place / size) * count)));
    point(
      at(event.clientY - box.top, box.height, grid.drawnLines),
      at(event.clientX - box.left, box.width, grid.drawnColumns),
    );
  });
  canvas.addEventListener("pointerleave", rest);
  canvas.addEventListener("blur", rest);
  let [i, j] = [0, 0];
  canvas.addEventListener("focus", () => point(i, j));
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (!move || !event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    i = Math.max(0, Math.min(grid.drawnLines - 1, i + move[0]));
    j = Math.max(0, Math.min(grid.drawnColumns - 1, j + move[1]));
    point(i, j);
  });
  return canvas;
}
