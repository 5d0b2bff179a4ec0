// The page: its four views, what is chosen in them, and what it hears.

const VIEWS = { rows: rowsView, groups: groupsView, memory: buffersView, times: timesView };
let shown = "rows";

const view = document.getElementById("view");
const tabs = document.getElementById("tabs");

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
  setPlace(`#${shown}${place}`);
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
  const all = FATES.reduce((sum, fate) => sum + (data.fates[fate] ?? 0), 0);
  const summary = [
    data.listed ? plural(data.kept ? "summary.recorded" : "summary.rows", all) : "",
    plural("summary.instructions", data.instructions.all),
    plural("summary.buffers", data.report.buffers),
    data.numbers,
  ];
  drawHead(summary.filter(Boolean).join(" · "));
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
  const signs = FATES.filter((fate) => data.fates[fate]).flatMap((fate) => [
    make("dt", "", sign(fate)),
    make("dd", "", make("b", "", say(`kind.${fate}`)), " ", say(`why.${fate}`, { of: say("another") })),
  ]);
  showHelp([["1", "4"], ["←", "→"], ["↑", "↓"], ["Esc"], ["/"], ["L"], ["?"]], make("dl", "keys", ...signs));
}

hearKeys((event) => {
  const names = Object.keys(VIEWS);
  const beside = (by) => () => {
    go(names[(names.indexOf(shown) + by + names.length) % names.length]);
    tabs.querySelector('[aria-selected="true"]').focus();
  };
  const isTab = event.target.matches?.(".tab");
  return {
    Escape: chosen && (() => choose(null)),
    ArrowRight: isTab && beside(1),
    ArrowLeft: isTab && beside(-1),
    ...Object.fromEntries(names.map((name, at) => [String(at + 1), () => go(name)])),
  };
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
