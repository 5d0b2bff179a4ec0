// The page: where it is, how it gets elsewhere, and what it hears.

let now = 0;

const live = document.getElementById("live");

function announce(text) {
  live.textContent = text;
}

/// Goes to a step and shows it.
function go(to, { jumps = false, quiet = false } = {}) {
  const before = now;
  now = nextStop(Math.max(0, to));
  question = null;
  const step = stepAt(now);
  document.body.classList.toggle("back", now >= turn);
  reveal(step.row);
  renewList();
  drawCard();
  renewTransport();
  if (!jumps && before + 1 === step.first) travel();
  if (!quiet) announce(sentence());
  try {
    history.replaceState(null, "", `#step=${now}`);
  } catch {
    // A page inside another may not change its address; it plays all the same.
  }
}

function drawTop() {
  document.documentElement.lang = language;
  document.body.classList.toggle("nothing", !list.length);
  document.title = data.title || say("title");
  document.getElementById("title").textContent = data.title || say("title");
  const adjoints = data.rows.length - list.length;
  const summary = data.steps
    ? say("summary", { n: list.length, m: adjoints, numbers: data.numbers })
    : say("summary.forward", { n: list.length, numbers: data.numbers });
  const hidden = data.hidden[1] - data.hidden[0];
  document.getElementById("summary").textContent = hidden ? `${summary} ${say("hidden", { n: hidden })}` : summary;
  const scaleButton = button(
    "text wide",
    say("scale.title"),
    toggleScale,
    say(commonScale ? "scale.common" : "scale.own"),
  );
  document.getElementById("tools").replaceChildren(
    ...(groups.length
      ? [
          button(
            "text wide",
            say("fold.title"),
            toggleAll,
            say(groups.some((group) => group.isFolded) ? "fold.all.open" : "fold.all.close"),
          ),
        ]
      : []),
    scaleButton,
    button("text", say("find"), openFind, make("kbd", "", "/"), say("find.short")),
    ...languages
      .filter((other) => other !== language)
      .map((other) => {
        const one = button("text", texts[other].language, () => speak(other), texts[other].language);
        one.lang = other;
        return one;
      }),
    button("text", say("help"), openHelp, make("kbd", "", "?"), say("help.short")),
  );
}

function speak(other) {
  language = other;
  renew();
}

function toggleScale() {
  commonScale = !commonScale;
  renew();
}

/// Draws all of it anew, as in another language or another width.
function renew() {
  measure();
  drawTop();
  drawHeads();
  drawTransport();
  renewList(true);
  if (question && !question.settled) {
    question = { ...questionBefore(question.at) };
    drawQuestion();
  } else drawCard();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || finder.open || helper.open) return;
  const isField = event.target.matches("input:not([type=range]), textarea");
  if (isField) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const isButton = event.target.matches("button");
  const actions = {
    ArrowRight: forwardOne,
    ArrowLeft: backOne,
    Home: () => go(0),
    End: () => go(steps.length - 1),
    " ": isButton ? null : () => (playing ? stop() : play()),
    Enter: isButton
      ? null
      : () => (question?.kind === "rows" && !question.settled ? judgeRows() : question?.settled && go(question.at)),
    p: togglePredict,
    c: toggleScale,
    f: toggleAll,
    l: () => speak(languages[(languages.indexOf(language) + 1) % languages.length]),
    "/": openFind,
    "?": openHelp,
  };
  if (question && /^[1-9]$/.test(event.key)) {
    event.preventDefault();
    choose(Number(event.key) - 1);
    return;
  }
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || (event.shiftKey && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  action();
});

scroll.addEventListener("scroll", () => requestAnimationFrame(() => renewList()), { passive: true });
window.addEventListener("resize", () => requestAnimationFrame(renew));
window.addEventListener("hashchange", () => {
  const step = stepOfAddress();
  if (step !== null && step !== now) go(step);
});

/// A finger that moves sideways over the card steps.
let touched = null;
card.addEventListener("pointerdown", (event) => {
  touched = event.pointerType === "touch" ? [event.clientX, event.clientY] : null;
});
card.addEventListener("pointerup", (event) => {
  if (!touched) return;
  const [x, y] = [event.clientX - touched[0], event.clientY - touched[1]];
  if (Math.abs(x) > 56 && Math.abs(x) > 2 * Math.abs(y)) {
    if (x < 0) forwardOne();
    else backOne();
  }
});

function stepOfAddress() {
  const said = /^#step=(\d+)$/.exec(location.hash);
  return said ? Number(said[1]) : null;
}

space.append(arcs);
fold();
renew();
go(stepOfAddress() ?? 0, { quiet: true, jumps: true });
