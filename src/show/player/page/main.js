// The page: where it is, how it gets elsewhere, and what it hears.

let now = 0;

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
  setPlace(`#step=${now}`);
}

function drawTop() {
  document.body.classList.toggle("nothing", !list.length);
  const adjoints = data.rows.length - list.length;
  const summary = data.steps
    ? say("summary", { n: list.length, m: adjoints, numbers: data.numbers })
    : say("summary.forward", { n: list.length, numbers: data.numbers });
  const hidden = data.hidden[1] - data.hidden[0];
  const isFolded = groups.some((group) => group.isFolded);
  drawHead(
    hidden ? `${summary} ${say("hidden", { n: hidden })}` : summary,
    ...(groups.length
      ? [button("text wide", say("fold.title"), toggleAll, say(isFolded ? "fold.all.open" : "fold.all.close"))]
      : []),
    button("text wide", say("scale.title"), toggleScale, say(commonScale ? "scale.common" : "scale.own")),
  );
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

hearKeys((event) => {
  const isButton = event.target.matches?.("button");
  const isPlain = !event.shiftKey; // With Shift the arrow keys move in a picture.
  const digit = question && /^[1-9]$/.test(event.key) ? { [event.key]: () => choose(Number(event.key) - 1) } : {};
  return {
    ArrowRight: isPlain && forwardOne,
    ArrowLeft: isPlain && backOne,
    Home: () => go(0),
    End: () => go(steps.length - 1),
    " ": isButton ? null : () => (playing ? stop() : play()),
    Enter: isButton
      ? null
      : () => (question?.kind === "rows" && !question.settled ? judgeRows() : question?.settled && go(question.at)),
    p: togglePredict,
    c: toggleScale,
    f: toggleAll,
    ...digit,
  };
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
