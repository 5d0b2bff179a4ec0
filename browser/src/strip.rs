//! README's moving picture: a list that is recorded downwards, swept upwards, and a derivation that is examined. Its numbers are
//! a tape's, and its verdict is the examiner's.

use std::fmt::Write;
use wengert::{Tape, Var, check};

/// Seconds until it begins again.
const LOOP: f64 = 14.0;

const SIZE: [u32; 2] = [880, 380];

/// Where columns begin: the program's line, the row's number, what it computes, its value, and what the loss feels of it.
const COLUMNS: [u32; 5] = [28, 316, 362, 556, 674];

/// The first row's baseline, and the distance of rows.
const TOP: u32 = 104;
const STEP: u32 = 34;

const STYLE: &str = "\
svg{--paper:#fbfaf6;--ink:#1c2127;--soft:#5a626c;--line:#dcd8ce;--blue:#1d4f9f;--bluewash:#e8eef8;--orange:#a8430b;--orangewash:#fbeee2;--bad:#c2187f;\
font:16px system-ui,-apple-system,'Segoe UI','Liberation Sans',sans-serif}\
@media(prefers-color-scheme:dark){svg{--paper:#0f141b;--ink:#e4e7ea;--soft:#9aa5b1;--line:#2a3440;--blue:#8db6f5;--bluewash:#16253c;--orange:#f0a366;--orangewash:#33210f;--bad:#e054a8}}\
text{fill:var(--ink)}.m{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:15px}.s{fill:var(--soft)}.h{fill:var(--soft);font-size:13px}\
.v{fill:var(--blue);font-weight:600}.d{fill:var(--orange);font-weight:600}.v,.d,.e{text-anchor:end}.t{fill:var(--orange);font-size:13px}.x{fill:var(--bad);font-weight:600}\
.f{fill:var(--bluewash)}.b{fill:var(--orangewash)}.l{stroke:var(--line)}.o{opacity:0}\
@media(prefers-reduced-motion:reduce){*{animation:none!important}}";

/// What comes and goes: from a second to a second.
struct Show {
    style: String,
    /// What lies below everything else.
    bands: String,
    body: String,
    times: usize,
}

impl Show {
    /// Something that is seen from then on, and remains where nothing moves.
    fn from(&mut self, start: f64, body: &str) {
        self.between([start, LOOP - 0.4], "", body);
    }

    /// Something that is seen for a while only, and not where nothing moves.
    fn between(&mut self, [start, end]: [f64; 2], class: &str, body: &str) {
        let n = self.times;
        self.times += 1;
        let [a, b, c, d] =
            [start, start + 0.25, end, end + 0.3].map(|at| (at / LOOP * 1000.0).round() / 10.0);
        let _ = write!(
            self.style,
            "@keyframes k{n}{{0%,{a}%{{opacity:0}}{b}%,{c}%{{opacity:1}}{d}%,100%{{opacity:0}}}}"
        );
        let class = if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
        let layer = if body.starts_with("<rect") { &mut self.bands } else { &mut self.body };
        let _ = write!(layer, r#"<g{class} style="animation:k{n} {LOOP}s infinite">{body}</g>"#);
    }
}

/// A text in a column, on a line.
fn text(x: u32, y: u32, class: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(r#"<text x="{x}" y="{y}" class="{class}">{words}</text>"#)
}

fn band(y: u32, class: &str) -> String {
    format!(r#"<rect x="14" y="{}" width="{}" height="30" rx="4" class="{class}"/>"#, y - 21, SIZE[0] - 28)
}

/// A number as people write it.
fn number(x: f64) -> String {
    format!("{x}").replace('-', "−")
}

/// What a step of the sweep sends: to the row at this place, its sum then, and how that came about.
type Sent = (usize, f64, String);

/// A line of the program, and its row.
struct Line<'t> {
    code: &'static str,
    row: Var<'t, f64>,
    computes: &'static str,
}

/// The picture.
///
/// # Panics
/// If the tape or the examiner says something that the picture was not made for.
#[must_use]
pub fn strip() -> String {
    let tape = Tape::<f64>::new();
    let w = tape.leaf("w", 0.5);
    let x = tape.leaf("x", 3.0);
    let z = (w * x).named("z");
    let p = (z + w).named("p");
    let r = (p - 1.0).named("r");
    let loss = r.square().named("loss");
    let grads = loss.backward();
    let lines = [
        Line { code: "let w = tape.leaf(\"w\", 0.5);", row: w, computes: "w" },
        Line { code: "let x = tape.leaf(\"x\", 3.0);", row: x, computes: "x" },
        Line { code: "let z = w * x;", row: z, computes: "z = w · x" },
        Line { code: "let p = z + w;", row: p, computes: "p = z + w" },
        Line { code: "let r = p - 1.0;", row: r, computes: "r = p − 1" },
        Line { code: "let loss = r.square();", row: loss, computes: "loss = r · r" },
    ];
    let [of_w, of_x, of_z, of_p, of_r, of_loss] = [w, x, z, p, r, loss].map(|row| grads[row].item());
    let at = |place: usize| TOP + STEP * u32::try_from(place).expect("few rows");

    let mut show = Show { style: String::new(), bands: String::new(), body: String::new(), times: 0 };
    for (x, words) in COLUMNS.into_iter().zip(["your program", "the list", "", "value", "∂loss"]) {
        show.body.push_str(&text(x, 62, if x > 500 { "h e" } else { "h" }, words));
    }
    let _ = write!(
        show.body,
        r#"<path d="M14 74H{}M14 {}H{}" class="l"/>"#,
        SIZE[0] - 14,
        at(5) + 22,
        SIZE[0] - 14
    );

    // Down the list: each line becomes a row, with its value.
    let mut now = 0.5;
    for (place, line) in lines.iter().enumerate() {
        let y = at(place);
        show.between([now, now + 0.6], "o", &band(y, "f"));
        let row = text(COLUMNS[0], y, "m", line.code)
            + &text(COLUMNS[1], y, "m s", &format!("%{}", line.row.row()))
            + &text(COLUMNS[2], y, "m", line.computes)
            + &text(COLUMNS[3], y, "m v", &number(line.row.item()));
        show.from(now, &row);
        now += 0.6;
    }

    // And up again: what arrives at a row goes to its operands.
    now += 0.4;
    let local = 2.0 * r.item();
    let sweep: [(usize, Vec<Sent>); 5] = [
        (5, vec![(5, of_loss, "it begins with 1".into())]),
        (5, vec![(4, of_r, format!("{} · 2r", number(of_loss)))]),
        (4, vec![(3, of_p, "as it is".into())]),
        (3, vec![(2, of_z, "as it is".into()), (0, of_p, "as it is".into())]),
        (
            2,
            vec![
                (1, of_x, format!("{} · w", number(of_z))),
                (0, of_w, format!("{} + {} · x", number(of_p), number(of_z))),
            ],
        ),
    ];
    assert_eq!((of_r, of_w), (local * of_loss, of_p + of_z * x.item()), "the sweep that is told");
    for (active, sent) in sweep {
        show.between([now, now + 0.8], "o", &band(at(active), "b"));
        for (place, sum, how) in sent {
            let number = text(COLUMNS[4], at(place), "m d", &number(sum))
                + &text(COLUMNS[4] + 14, at(place), "t", &how);
            // The first of two contributions makes room for their sum.
            if place == 0 && active == 3 {
                show.between([now + 0.15, now + 0.8], "o", &number);
            } else {
                show.from(now + 0.15, &number);
            }
        }
        now += 0.85;
    }

    // By hand, and examined.
    now += 0.5;
    let y = at(5) + 52;
    let by_hand = text(COLUMNS[0], y, "m", "dw = 2r · x")
        + &text(COLUMNS[1], y, "s", "you derived by hand, and the examiner says:");
    show.from(now, &by_hand);
    show.from(now + 0.9, &text(COLUMNS[0], y + 28, "x", &verdict()));

    let [width, height] = SIZE;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"><title>Each line of a program becomes a row of a list with its value; gradients come back up the list, and add up where a value was used twice; a derivative derived by hand is examined, and its mistake named.</title><style>{STYLE}{style}</style><rect width="{width}" height="{height}" rx="8" fill="var(--paper)"/>{bands}{title}{body}</svg>
"#,
        style = show.style,
        title = text(
            COLUMNS[0],
            36,
            "",
            "Recorded downwards, swept upwards, and there to check your own derivation against"
        ),
        bands = show.bands,
        body = show.body,
    )
}

/// What the examiner says of a gradient in which one of two uses of `w` was forgotten.
fn verdict() -> String {
    let failure = check::gradient(|[w, x]| (w * x + w - 1.0).square().sum())
        .against(|w: f64, x: f64| {
            let r = w * x + w - 1.0;
            (2.0 * r * x, 2.0 * r * w)
        })
        .shapes(["w: ", "x: "])
        .try_run()
        .expect_err("a path is missing");
    let report = failure.to_string();
    let why = report.split("\n  why\n").nth(1).expect("it says why").split("\n\n").next().unwrap_or_default();
    let why: Vec<&str> = why.split_whitespace().collect();
    let why = why.join(" ");
    let (what, _) = why.split_once(" (").expect("the row, and which it is");
    format!("✗ {}", what.replace('`', ""))
}
