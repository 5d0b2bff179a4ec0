// The transport, and the windows of find and help.

const PACES = [1600, 800, 300];
let pace = 1;
let playing = 0;

/// Pictures of the buttons: shapes, since not every font has them.
const ICONS = {
  first: "M3 3h2v10H3z M13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 3l9 5-9 5z",
  pause: "M4 3h3v10H4z M9 3h3v10H9z",
  next: "M5 3v10l7-5z",
  last: "M11 3h2v10h-2z M3 3v10l7-5z",
};

function icon(name) {
  return draw(
    "svg",
    { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    draw("path", { d: ICONS[name] }),
  );
}

const transport = document.getElementById("transport");
let slider = null;
let counter = null;
let playButton = null;
let predictButton = null;

function drawTransport() {
  slider = make("input");
  Object.assign(slider, { type: "range", min: 0, max: steps.length - 1, value: now, id: "slider" });
  slider.setAttribute("aria-label", say("slider"));
  slider.addEventListener("input", () => go(Number(slider.value), { jumps: true }));
  const ticks = draw("svg", {
    class: "ticks",
    preserveAspectRatio: "none",
    viewBox: "0 0 1000 8",
    "aria-hidden": "true",
  });
  const named = steps
    .map((step, k) => [step, k])
    .filter(([step]) => step.row?.n !== undefined && step.kind !== "seed");
  if (named.length <= 80) {
    for (const [step, k] of named) {
      const x = (1000 * k) / Math.max(1, steps.length - 1);
      ticks.append(draw("line", { x1: x, x2: x, y1: 0, y2: 8, class: step.kind }));
    }
  }
  const share = steps.length > 1 ? (100 * Math.min(turn - 0.5, steps.length - 1)) / (steps.length - 1) : 100;
  const track = make(
    "div",
    "track",
    slider,
    ticks,
    make(
      "div",
      "sections",
      make("span", "forward", say("way.forward")),
      data.steps ? make("span", "reverse", say("way.reverse")) : null,
    ),
  );
  track.style.setProperty("--share", `${share}%`);
  counter = make("span", "counter");
  playButton = button("play", say("play"), () => (playing ? stop() : play()), icon("play"));
  const speed = make("div", "speed");
  speed.setAttribute("role", "radiogroup");
  speed.setAttribute("aria-label", say("speed"));
  ["½×", "1×", "3×"].forEach((text, k) => {
    const one = button(
      "",
      text,
      () => {
        pace = k;
        drawTransport();
      },
      text,
    );
    one.setAttribute("role", "radio");
    one.setAttribute("aria-checked", String(pace === k));
    one.title = say("speed");
    speed.append(one);
  });
  predictButton = button("predict", say("predict"), togglePredict);
  predictButton.setAttribute("aria-pressed", String(predicting));
  predictButton.disabled = !data.steps;
  transport.replaceChildren(
    make(
      "div",
      "buttons",
      button("", say("first"), () => go(0), icon("first")),
      button("", say("back"), backOne, icon("back")),
      playButton,
      button("", say("next"), forwardOne, icon("next")),
      button("", say("last"), () => go(steps.length - 1), icon("last")),
    ),
    track,
    counter,
    speed,
    predictButton,
  );
  renewTransport();
}

function renewTransport() {
  slider.value = now;
  slider.setAttribute("aria-valuetext", say("step.of", { n: now, m: steps.length - 1 }));
  slider.style.setProperty("--at", `${(100 * now) / Math.max(1, steps.length - 1)}%`);
  slider.classList.toggle("reverse", now >= turn);
  counter.textContent = `${now} / ${steps.length - 1}`;
  playButton.replaceChildren(icon(playing ? "pause" : "play"));
  playButton.setAttribute("aria-label", say(playing ? "pause" : "play"));
  playButton.title = say(playing ? "pause" : "play");
}

/// The next step, with a question before it in predict mode.
function forwardOne() {
  if (question && !question.settled) return;
  if (question) {
    go(question.at);
    return;
  }
  if (now >= steps.length - 1) {
    stop();
    return;
  }
  const ahead = nextStop(now + 1);
  question = questionBefore(ahead);
  if (question) {
    stop();
    drawQuestion();
  } else {
    go(ahead);
  }
}

function backOne() {
  go(stopBefore(now));
}

function play() {
  if (now >= steps.length - 1) go(0);
  const ahead = () => {
    forwardOne();
    if (playing && now >= steps.length - 1) stop();
    else if (playing) playing = setTimeout(ahead, PACES[pace]);
  };
  playing = setTimeout(ahead, PACES[pace] / 2);
  renewTransport();
}

function stop() {
  clearTimeout(playing);
  playing = 0;
  renewTransport();
}

function togglePredict() {
  if (!data.steps) return;
  predicting = !predicting;
  predictButton.setAttribute("aria-pressed", String(predicting));
  announce(say(predicting ? "predict.on" : "predict.off"));
  if (predicting && now < turn) go(turn, { jumps: true });
  else if (!predicting && question) go(now);
}

/// Finds rows by number, name, formula or line.
const finder = document.getElementById("find");

function openFind() {
  const field = make("input", "field");
  field.type = "search";
  field.setAttribute("aria-label", say("find"));
  field.placeholder = say("find.hint");
  const found = make("div", "found");
  let first = null;
  const choose = (row) => {
    finder.close();
    const hides = foldOf(row);
    if (hides && hides.result !== row) toggleGroup(hides);
    pickRow(row);
  };
  const search = () => {
    const asked = field.value.trim().toLowerCase();
    const words = (row) =>
      `%${row.r} ${row.n ?? ""} ${row.f} ${data.places[row.at].slice(0, 2).join(":")}`.toLowerCase();
    const strange = data.birth ? rowOfBirth() : list.find((row) => gridOf(row).bad > 0);
    const isStrange = strange && "nan ∞ inf".split(" ").some((word) => asked && word.startsWith(asked));
    const hits = asked ? list.filter((row) => words(row).includes(asked)) : [];
    const exact = (row) => nameOf(row).toLowerCase() === asked || String(row.r) === asked;
    hits.sort((a, b) => exact(b) - exact(a));
    const shown = [...(isStrange ? [strange] : []), ...hits].filter(Boolean).slice(0, 12);
    [first] = shown;
    found.replaceChildren(
      ...shown.map((row, k) =>
        button(
          "hit",
          nameOf(row),
          () => choose(row),
          make("span", "no", `%${row.r}`),
          make("b", "", row.n ?? ""),
          make("span", "formula", isStrange && k === 0 ? say("find.nan") : row.f),
        ),
      ),
    );
    if (asked && !shown.length) found.append(make("p", "soft", say("find.none")));
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && first) {
      event.preventDefault();
      choose(first);
    }
  });
  finder.replaceChildren(make("h2", "", say("find")), field, found);
  finder.showModal();
  field.focus();
}

closable(finder);

function openHelp() {
  const keys = [
    ["←", "→"],
    ["Home", "End"],
    ["Space"],
    ["P"],
    ["1", "4"],
    ["/"],
    ["Shift", "↑↓←→"],
    ["C"],
    ["F"],
    ["L"],
    ["?"],
  ];
  showHelp(
    keys,
    make("div", "legend", make("span", "", "−"), make("span", "strip"), make("span", "", "+")),
    make("p", "soft", say("help.colours")),
  );
}
