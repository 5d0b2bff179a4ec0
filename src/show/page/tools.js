// What each page has at hand: find, the other languages, help, its keys, and its place in the address. A page brings
// `openFind`, `openHelp`, and `renew`, which draws all of it anew.

const live = document.getElementById("live");
const helper = document.getElementById("help");

function announce(text) {
  live.textContent = text;
}

/// Writes where one is into the address, so that it can be linked to.
function setPlace(place) {
  try {
    history.replaceState(null, "", place);
  } catch {
    // A page inside another may not change its address; it shows all the same.
  }
}

/// The line at the top: what this is, and its tools; those of the page's own come first.
function drawHead(summary, ...own) {
  document.documentElement.lang = language;
  document.title = data.title || say("title");
  document.getElementById("title").textContent = document.title;
  document.getElementById("summary").textContent = summary;
  document.getElementById("tools").replaceChildren(
    ...own,
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

/// A window that is closed by a click beside it.
function closable(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

/// Opens help: what the page is about, what else there is to say, and what each key does.
function showHelp(keys, ...parts) {
  const lists = keys.map((key, k) => [
    make("dt", "", ...key.flatMap((one, n) => [n ? " " : "", make("kbd", "", one)])),
    make("dd", "", say(`key.${k}`)),
  ]);
  helper.replaceChildren(
    make("h2", "", say("help")),
    make("p", "", say("help.text")),
    ...parts,
    make("dl", "keys", ...lists.flat()),
    button("close", say("close"), () => helper.close()),
  );
  helper.showModal();
}

closable(helper);

/// Hears keys where no field or window does: those of each page, and what `actions` says of an event, by key.
function hearKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.("input:not([type=range]), textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const all = {
      l: () => speak(languages[(languages.indexOf(language) + 1) % languages.length]),
      "/": openFind,
      "?": openHelp,
      ...actions(event),
    };
    const action = all[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
