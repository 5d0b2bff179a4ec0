// Bytes and time of each instruction, and of each of its rows on average.

let order = null;

/// What can be looked at: an amount of an instruction, and how it is said.
const AMOUNTS = {
  time: [(one) => one.t ?? 0, time],
  bytes: [(one) => one.b, bytes],
  operations: [(one) => one.o, (n) => amount(n, "")],
};

function timesView() {
  const sorts = ["order", ...(measured ? ["time"] : []), "bytes", "operations"];
  order ??= measured ? "time" : "bytes";
  const shown = AMOUNTS[order] ? order : measured ? "time" : "bytes";
  const [of, words] = AMOUNTS[shown];
  const sorted = order === "order" ? told : [...told].sort((a, b) => of(instructionAt(b)) - of(instructionAt(a)) || a - b);
  const all = told.map((k) => of(instructionAt(k)));
  const most = all.reduce((a, b) => Math.max(a, b), 0);
  const total = shown === "time" ? measured.all : shown === "bytes" ? data.report.bytes_moved : data.report.operations;
  const bar = make("div", "sorts");
  bar.setAttribute("role", "radiogroup");
  bar.setAttribute("aria-label", say("times.sort"));
  for (const name of sorts) {
    const one = button("", say(`sort.${name}`), () => {
      order = name;
      showView();
      view.querySelector('[aria-checked="true"]')?.focus();
    });
    one.setAttribute("role", "radio");
    one.setAttribute("aria-checked", String(order === name));
    bar.append(one);
  }
  const list = scrolling({
    label: say("times.label", { n: told.length }),
    count: sorted.length,
    height: 48,
    fill: (item, at) => {
      const k = sorted[at];
      const one = instructionAt(k);
      const strip = make("span", "strip");
      strip.style.setProperty("--part", most > 0 ? of(one) / most : 0);
      item.classList.add("timed");
      item.append(
        make("span", "c-row", String(k)),
        make("div", "c-what", make("span", "work", wordsOf(one).work), strip),
        make("div", "c-amount", make("span", "", words(of(one))), make("span", "soft", share(of(one), total))),
        make("div", "c-each", ...eachText(one)),
      );
    },
    pick: (at) => choose({ kind: "group", k: sorted[at] }),
    chosen: chosen?.kind === "group" ? sorted.indexOf(chosen.k) : -1,
  });
  const heads = make(
    "div",
    "heads timed",
    make("span", "c-row", say("head.instruction")),
    make("span", "c-what", ""),
    make("span", "c-amount", say(`sort.${shown}`)),
    make("span", "c-each", say("head.each")),
  );
  heads.setAttribute("aria-hidden", "true");
  view.replaceChildren(measuredNote(), bar, ...leftOut(), heads, make("div", "listed", list.box));
  list.renew();
  if (chosen?.kind === "group") list.choose(sorted.indexOf(chosen.k), true);
}

/// Of each row of an instruction, on average, its time and bytes: the rows of a group run together, so that no clock can
/// tell them apart.
function eachText(one) {
  const n = Math.max(1, one.c);
  const parts = one.t === undefined ? [bytes(one.b / n)] : [time(one.t / n), bytes(one.b / n)];
  return parts.map((part, at) => make("span", at ? "soft" : "", part));
}

/// What was measured, or how to.
function measuredNote() {
  if (measured) {
    return make("p", "note", say("times.measured", { n: measured.runs, time: time(measured.all) }));
  }
  const how = make(
    "pre",
    "",
    "let profile = program.profile(&mut program.workspace(), inputs, 100)?;\nprogram.page().measured(&profile).write_html(\"program.html\")?;",
  );
  return make("div", "note", make("p", "", say(data.profile === "other" ? "times.other" : "times.none")), how);
}
