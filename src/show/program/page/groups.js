// The instructions, in the order in which they run, with the rows that each computes.

/// The first rows of an instruction, those with names first.
function membersText(one, most) {
  const known = one.r.map((r) => [rows.get(r)?.n === undefined, r]);
  known.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const names = known.slice(0, most).map(([, r]) => nameAt(r));
  return one.c > names.length ? [...names, say("more", { n: (one.c - names.length).toLocaleString(language) })].join(", ") : names.join(", ");
}

/// `12 elements: exp mul sum` as its parts.
function wordsOf(one) {
  const [, size, rest] = /^(?:(\d+) elements|numbers): (.*)$/.exec(one.w) ?? [null, null, one.w];
  const isNumbers = one.w.startsWith("numbers: ");
  return { size: size === null || size === undefined ? null : Number(size), isNumbers, work: rest };
}

function groupsView() {
  const list = scrolling({
    label: say("groups.label", { n: told.length }),
    count: told.length,
    height: 60,
    fill: (item, at) => {
      const k = told[at];
      const one = instructionAt(k);
      const { size, isNumbers, work } = wordsOf(one);
      item.classList.add("group");
      item.append(
        make("span", "c-row", String(k)),
        sign(one.c > 1 ? "fused" : "alone"),
        make("div", "c-what", make("span", "work", work), make("span", "members", membersText(one, 8))),
        make(
          "div",
          "c-size",
          make("span", "", one.c ? plural("rows", one.c) : ""),
          make("span", "soft", size !== null ? plural("elements", size) : isNumbers ? say("numbers") : ""),
        ),
      );
    },
    pick: (at) => choose({ kind: "group", k: told[at] }),
    chosen: chosen?.kind === "group" ? told.indexOf(chosen.k) : -1,
  });
  view.replaceChildren(make("p", "note", say("groups.note")), ...leftOut(), make("div", "listed", list.box));
  list.renew();
  if (chosen?.kind === "group") list.choose(told.indexOf(chosen.k), true);
}

/// That instructions are left out, if any are.
function leftOut() {
  const [from, to] = data.instructions.hidden;
  return to > from ? [make("p", "note", say("groups.hidden", { n: (to - from).toLocaleString(language) }))] : [];
}
