// The page: its four views, what is chosen in them, and what it hears.

const VIEWS = { rows: rowsView, groups: groupsView, memory: buffersView, times: timesView };
let shown = "rows";

const view = document.getElementById("view");
const tabs = document.getElementById("tabs");
const helper = document.getElementById("help");
const live = document.getElementById("live");

function announce(text) {
  live.textContent = text;
}

function showView() {
  view.className = `view-${shown}`;
  view.setAttribute("aria-labelledby", `tab-${shown}`);
  for (const tab of tabs.children) {
    const is = tab.id === `tab-${shown}`;
    tab.setAttribute("aria-selected", String(is));
    tab.tabIndex = is ? 0 : -1;
  }
  VIEWS[shown]();
}

function remember() {
  const place = chosen?.kind === "row" ? `/${chosen.r}` : chosen?.kind === "group" ? `/${chosen.k}` : chosen?.kind === "value" ? `/${chosen.at}` : "";
  try {
    history.replaceState(null, "", `#${shown}${place}`);
  } catch {
    // A page inside another may not change its address; it shows all the same.
  }
}

/// Goes to a view.
function go(name) {
  shown = name;
  showView();
  remember();
}

/// Chooses something, or nothing, and says so.
function choose(what) {
  chosen = what;
  drawCard();
  remember();
  if (what?.kind === "row") announce(`${nameAt(what.r)}: ${fateText(rows.get(what.r))}`);
  else if (what?.kind === "group") announce(`${say("instruction", { k: what.k })}: ${instructionAt(what.k).w}`);
  else if (what?.kind === "value") announce(valueText(data.memory.values[what.at]));
  else showView();
}

/// Goes to where something is, and chooses it.
function lead(what) {
  chosen = what;
  if (what.kind === "row") [shown, wantedFate, wantedText] = ["rows", null, ""];
  else if (shown !== "times") shown = "groups";
  showView();
  choose(what);
}

function drawTop() {
  document.documentElement.lang = language;
  document.title = data.title || say("title");
  document.getElementById("title").textContent = data.title || say("title");
  const all = FATES.reduce((sum, fate) => sum + (data.fates[fate] ?? 0), 0);
  document.getElementById("summary").textContent = [
    data.listed ? plural(data.kept ? "summary.recorded" : "summary.rows", all) : "",
    plural("summary.instructions", data.instructions.all),
    plural("summary.buffers", data.report.buffers),
    data.numbers,
  ]
    .filter(Boolean)
    .join(" · ");
  document.getElementById("tools").replaceChildren(
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
  tabs.setAttribute("aria-label", say("tabs"));
  tabs.replaceChildren(
    ...Object.keys(VIEWS).map((name) => {
      const tab = button("tab", say(`tab.${name}`), () => go(name));
      tab.id = `tab-${name}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "view");
      return tab;
    }),
  );
}

function speak(other) {
  language = other;
  renew();
}

function renew() {
  drawTop();
  showView();
  drawCard();
}

function openFind() {
  if (shown !== "rows") go("rows");
  document.getElementById("find")?.focus();
}

function openHelp() {
  const keys = [["1", "4"], ["←", "→"], ["↑", "↓"], ["Esc"], ["/"], ["L"], ["?"]];
  const lists = keys.map((key, k) => [
    make("dt", "", ...key.flatMap((one, n) => [n ? " " : "", make("kbd", "", one)])),
    make("dd", "", say(`key.${k}`)),
  ]);
  const signs = FATES.filter((fate) => data.fates[fate]).flatMap((fate) => [
    make("dt", "", sign(fate)),
    make("dd", "", make("b", "", say(`kind.${fate}`)), " ", say(`why.${fate}`, { of: "" })),
  ]);
  helper.replaceChildren(
    make("h2", "", say("help")),
    make("p", "", say("help.text")),
    make("dl", "keys", ...signs.flat()),
    make("dl", "keys", ...lists.flat()),
    button("close", say("close"), () => helper.close()),
  );
  helper.showModal();
}

helper.addEventListener("click", (event) => {
  if (event.target === helper) helper.close();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || helper.open) return;
  if (event.target.matches("input")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const names = Object.keys(VIEWS);
  const beside = (by) => () => {
    go(names[(names.indexOf(shown) + by + names.length) % names.length]);
    tabs.querySelector('[aria-selected="true"]').focus();
  };
  const isTab = event.target.matches?.(".tab");
  const actions = {
    Escape: () => chosen && choose(null),
    l: () => speak(languages[(languages.indexOf(language) + 1) % languages.length]),
    "/": openFind,
    "?": openHelp,
    ArrowRight: isTab && beside(1),
    ArrowLeft: isTab && beside(-1),
  };
  const action = names[Number(event.key) - 1] ? () => go(names[Number(event.key) - 1]) : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

window.addEventListener("resize", () => requestAnimationFrame(showView));
window.addEventListener("hashchange", fromAddress);

/// Where the address says one is.
function fromAddress() {
  const [, name, at] = /^#(\w+)(?:\/(\d+))?$/.exec(location.hash) ?? [];
  if (!VIEWS[name]) return;
  shown = name;
  const n = Number(at);
  const isThere = at !== undefined;
  chosen = null;
  if (isThere && name === "rows" && rows.has(n)) chosen = { kind: "row", r: n };
  else if (isThere && (name === "groups" || name === "times") && instructionAt(n)) chosen = { kind: "group", k: n };
  else if (isThere && name === "memory" && data.memory.values[n]) chosen = { kind: "value", at: n };
  showView();
  drawCard();
}

renew();
fromAddress();
