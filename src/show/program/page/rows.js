// The rows, each with what became of it: all, those of one fate, or those that are looked for.

let wantedFate = null;
let wantedText = "";
let rowList = null;
let rowsShown = [];

/// What became of a row, in a few words.
function fateText(row) {
  const of = row.of !== undefined ? nameAt(row.of) : "";
  const k = row.i ? row.i.join(", ") : "";
  return say(`fate.${row.w}`, { k, of, n: row.i?.length ?? 0 });
}

function isWanted(row) {
  if (wantedFate && row.w !== wantedFate) return false;
  if (!wantedText) return true;
  const place = row.at === undefined ? "" : data.places[row.at].slice(0, 2).join(":");
  const text = `%${row.r} ${row.n ?? ""} ${formulaOf(row)} ${row.p} ${place}`.toLowerCase();
  return text.includes(wantedText);
}

function chips() {
  const known = FATES.filter((fate) => data.fates[fate]);
  const bar = make("div", "chips");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", say("rows.filter"));
  for (const fate of known) {
    const one = make("button", "chip", sign(fate), say(`kind.${fate}`), make("b", "", data.fates[fate].toLocaleString(language)));
    one.type = "button";
    one.title = say(`why.${fate}`);
    one.setAttribute("aria-pressed", String(wantedFate === fate));
    one.addEventListener("click", () => {
      wantedFate = wantedFate === fate ? null : fate;
      showView();
      announce(plural("found", rowsShown.length));
      view.querySelector(`.chip[aria-pressed="true"]`)?.focus();
    });
    bar.append(one);
  }
  return bar;
}

function findField() {
  const field = make("input", "field");
  field.type = "search";
  field.id = "find";
  field.value = wantedText;
  field.placeholder = say("rows.find");
  field.setAttribute("aria-label", say("rows.find"));
  field.addEventListener("input", () => {
    wantedText = field.value.trim().toLowerCase();
    fillRows();
    announce(plural("found", rowsShown.length));
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && rowsShown.length) rowList.choose(0);
  });
  return field;
}

function rowsView() {
  const holder = make("div", "listed");
  const heads = make(
    "div",
    "heads row",
    ...["row", "what", "shape", "fate"].map((name) => make("span", `c-${name}`, say(`head.${name}`))),
  );
  heads.setAttribute("aria-hidden", "true");
  const notes = [];
  const hidden = data.hidden[1] - data.hidden[0];
  if (hidden) notes.push(say("rows.hidden", { n: hidden.toLocaleString(language) }));
  if (data.untold) notes.push(say("rows.untold", { n: data.untold.toLocaleString(language) }));
  if (!data.kept) notes.push(say(data.listed ? "rows.unkept" : "rows.unlisted"));
  view.replaceChildren(
    make("div", "over", chips(), data.rows.length ? findField() : null),
    ...notes.map((note) => make("p", "note", note)),
    heads,
    holder,
  );
  fillRows();
}

function fillRows() {
  rowsShown = data.rows.filter(isWanted);
  const at = chosen?.kind === "row" ? rowsShown.findIndex((row) => row.r === chosen.r) : -1;
  rowList = scrolling({
    label: say("rows.label", { n: rowsShown.length }),
    count: rowsShown.length,
    height: 36,
    fill: fillRow,
    pick: (k) => choose({ kind: "row", r: rowsShown[k].r }),
    chosen: at,
  });
  view.querySelector(".listed").replaceChildren(
    rowsShown.length ? rowList.box : make("p", "note", say(data.rows.length ? "rows.none" : "rows.nothing")),
  );
  if (rowsShown.length) {
    rowList.renew();
    if (at >= 0) rowList.choose(at, true);
  }
}

function fillRow(item, k) {
  const row = rowsShown[k];
  item.classList.add("row", row.w);
  item.append(
    make("span", "c-row", `%${row.r}`),
    make("span", "c-what", row.n !== undefined ? make("b", "", row.n) : null, make("span", "formula", formulaOf(row))),
    make("span", "c-shape", row.s.length ? row.s.join("×") : ""),
    make("span", "c-fate", sign(row.w), make("span", "words", fateText(row)), row.out !== undefined ? make("span", "tag", say("out")) : null),
  );
}
