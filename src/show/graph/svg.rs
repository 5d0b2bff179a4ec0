//! The graph as a picture, in SVG: light and dark by what the reader prefers, without a font or a script of its own.

use super::layout::{AROUND, HEAD, Layout, Placed, Size, What, layout};
use super::model::{Cluster, Form, Model, Node};
use crate::show::text::{elided, plain, width};
use std::fmt::Write;

/// Around the whole.
const MARGIN: f64 = 24.0;
/// Below the title and the line under it.
const TOP: f64 = 76.0;
/// What the forms mean, below all.
const LEGEND: f64 = 52.0;
/// Columns of a name, beside a shape.
const NAME: usize = 26;
/// Between a number and a name.
const APART: f64 = 7.0;
/// What a column takes of text of 15, 12 and 11 pixels.
const NAMED: f64 = 8.4;
const MONO: f64 = 7.3;
const SMALL: f64 = 6.7;

/// Paper, raised paper, ink, soft ink, hairline, blue and its wash, orange and its wash: light, and dark, as on the pages.
const LIGHT: [&str; 9] =
    ["#fbfaf6", "#ffffff", "#1c2127", "#5a626c", "#c9c4b8", "#1d4f9f", "#e8eef8", "#a8430b", "#fbeee2"];
const DARK: [&str; 9] =
    ["#0f141b", "#161d26", "#e4e7ea", "#9aa5b1", "#3a4653", "#8db6f5", "#16253c", "#f0a366", "#33210f"];

pub(super) fn text(model: &Model, title: &str) -> String {
    let sizes: Vec<Size> = model.nodes.iter().map(size).collect();
    let references: Vec<Size> =
        model.nodes.iter().map(|node| [SMALL * real(width(&reference(node))) + 18.0, 20.0]).collect();
    let all = layout(model, &sizes, &references);
    let summary = model.summary();
    let legend = legend(model, &all);
    let legend_width: f64 = legend.iter().map(|(_, words)| SMALL * real(width(words)) + 58.0).sum();
    let wide = [all.size[0], legend_width, MONO * real(width(&summary)), 11.0 * real(width(title)), 320.0];
    let wide = wide.into_iter().fold(0.0, f64::max) + 2.0 * MARGIN;
    let high = TOP + all.size[1] + LEGEND + MARGIN / 2.0;

    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.0} {high:.0}\" width=\"{wide:.0}\" height=\"{high:.0}\" role=\"img\"><title>{}</title><desc>{}</desc>",
        plain(title),
        plain(&summary)
    );
    let _ = writeln!(
        out,
        "<style>{}@media(prefers-color-scheme:dark){{{}}}{STYLE}</style>",
        colours(LIGHT),
        colours(DARK)
    );
    out += ARROW;
    let _ = writeln!(out, "<rect class=\"paper\" width=\"{wide:.0}\" height=\"{high:.0}\"/>");
    let _ = writeln!(out, "<text class=\"title\" x=\"{MARGIN}\" y=\"36\">{}</text>", plain(title));
    let _ = writeln!(out, "<text class=\"soft\" x=\"{MARGIN}\" y=\"56\">{}</text>", plain(&summary));
    let left = (wide - all.size[0]) / 2.0;
    let _ = writeln!(out, "<g transform=\"translate({left:.1} {TOP})\">");
    for frame in &all.frames {
        let cluster = &model.clusters[frame.cluster];
        let label =
            if frame.is_continued { format!("{}, continued", cluster.label) } else { cluster.label.clone() };
        let [x, y] = frame.at;
        let _ = writeln!(
            out,
            "<g class=\"{}\"><rect class=\"frame\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\"/><text class=\"head\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            way(cluster),
            frame.size[0],
            frame.size[1],
            x + AROUND,
            y + HEAD - 9.0,
            plain(&label)
        );
    }
    for arrow in &all.arrows {
        let to = all.boxes[arrow.way[arrow.way.len() - 1]].what;
        let swept = if let What::Node(to) = to { way(&model.clusters[model.nodes[to].cluster]) } else { "" };
        let dashed = if matches!(all.boxes[arrow.way[0]].what, What::Reference(_)) { " far" } else { "" };
        let _ = writeln!(out, "<path class=\"arrow {swept}{dashed}\" d=\"{}\"/>", curve(&all, &arrow.way));
        if arrow.uses > 1 {
            let end = &all.boxes[arrow.way[arrow.way.len() - 1]];
            let [x, y] =
                [all.boxes[arrow.way[arrow.way.len() - 2]].x * 0.2 + end.x * 0.8 + 5.0, end.y - 11.0];
            let _ = writeln!(
                out,
                "<text class=\"small\" x=\"{x:.1}\" y=\"{y:.1}\">{n}×<title>It is taken {n} times.</title></text>",
                n = arrow.uses
            );
        }
    }
    for placed in &all.boxes {
        match placed.what {
            What::Node(node) => {
                draw(&mut out, &model.nodes[node], way(&model.clusters[model.nodes[node].cluster]), placed);
            }
            What::Reference(node) => refer(&mut out, &model.nodes[node], placed),
            What::Bend => {}
        }
    }
    out += "</g>\n";
    let mut x = MARGIN.max((wide - legend_width) / 2.0);
    for (form, words) in &legend {
        sample(&mut out, form, [x, high - LEGEND + 14.0]);
        let _ = writeln!(
            out,
            "<text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">{words}</text>",
            x + 32.0,
            high - LEGEND + 25.0
        );
        x += SMALL * real(width(words)) + 58.0;
    }
    out + "</svg>\n"
}

const STYLE: &str = "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\
.title{font:20px ui-serif,'Iowan Old Style',Palatino,Georgia,serif}.soft,.head{font:13px system-ui,-apple-system,'Segoe UI',sans-serif}\
.name{font:15px ui-serif,'Iowan Old Style',Palatino,Georgia,serif}.number,.shape,.small,.reference{font-size:11px}.shape{text-anchor:end}\
.frame{fill:none;stroke-width:1}.box{stroke-width:1.2}.thin{fill:none;stroke-width:1}.out{stroke-dasharray:5 4}\
.arrow{fill:none;stroke-width:1.2;marker-end:url(#tip)}.far,.near{stroke-dasharray:2 3}";

/// The head of an arrow, in the colour of its line where that is known.
const ARROW: &str = "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 .8 7.5 4 0 7.2z\"/></marker></defs>\n";

fn colours([paper, raised, ink, soft, line, blue, blue_wash, orange, orange_wash]: [&str; 9]) -> String {
    format!(
        ".paper{{fill:{paper}}}text{{fill:{ink}}}.soft,.shape,.small,.number,.reference{{fill:{soft}}}.frame{{stroke:{line}}}\
         .forward .head{{fill:{blue}}}.swept .head{{fill:{orange}}}.box{{fill:{raised};stroke:{blue}}}.swept .box{{stroke:{orange}}}\
         .thin{{stroke:{blue}}}.swept .thin{{stroke:{orange}}}.input .box{{fill:{blue_wash}}}.swept.input .box{{fill:{orange_wash}}}\
         .arrow,.near{{stroke:{soft}}}.near{{fill:{paper}}}.tip{{fill:{soft}}}.legend .box,.legend .thin{{stroke:{soft};fill:none}}"
    )
}

fn way(cluster: &Cluster) -> &'static str {
    if cluster.is_swept { "swept" } else { "forward" }
}

/// The first line of a box: the number that others call it by, and its name.
fn head(node: &Node) -> [String; 2] {
    let number = node.number.map(|number| format!("%{number}")).unwrap_or_default();
    [number, elided(node.name.clone().unwrap_or_default(), NAME)]
}

/// Whether title and shape say all, so that there is no second line.
fn is_single(node: &Node) -> bool {
    matches!(node.form, Form::Input | Form::Constant | Form::LeftOut)
}

/// What a box of one line says: a constant that is a number is that.
fn single(node: &Node) -> [String; 2] {
    let [number, name] = head(node);
    match node.form {
        Form::Constant if node.formula != "constant" && name.is_empty() => {
            [String::new(), node.formula.clone()]
        }
        Form::Constant if node.formula != "constant" => [number, format!("{name} = {}", node.formula)],
        Form::LeftOut => [String::new(), node.formula.clone()],
        _ => [number, name],
    }
}

/// How wide a number and a name beside it are.
fn wide([number, name]: &[String; 2]) -> f64 {
    let between = if number.is_empty() || name.is_empty() { 0.0 } else { APART };
    SMALL * real(width(number)) + between + NAMED * real(width(name))
}

fn size(node: &Node) -> Size {
    let shape = SMALL * real(width(&node.shape));
    if is_single(node) {
        return [wide(&single(node)) + shape + 44.0, 30.0];
    }
    let first = wide(&head(node)) + shape + 18.0;
    let depth = if node.form == Form::Folded { 5.0 } else { 0.0 };
    [first.max(MONO * real(width(&node.formula))) + 26.0 + depth, 50.0 + depth]
}

fn reference(node: &Node) -> String {
    format!("↑ {}", elided(node.title(), NAME + 6))
}

/// A box with what is in it.
fn draw(out: &mut String, node: &Node, way: &str, placed: &Placed) {
    let [mut w, mut h] = placed.size;
    let (x, mut y) = (placed.x - w / 2.0, placed.y);
    let class = match node.form {
        Form::Input => " input",
        Form::LeftOut => " left",
        _ => "",
    };
    let _ = write!(out, "<g class=\"{way}{class}\"><title>{}</title>", plain(&node.whole));
    match node.form {
        Form::Input => box_at(out, "box", [x, y], [w, h], h / 2.0),
        Form::Constant => corner(out, [x, y], [w, h]),
        Form::Operation => box_at(out, "box", [x, y], [w, h], 3.0),
        Form::LeftOut => box_at(out, "box out", [x, y], [w, h], 3.0),
        Form::Folded => {
            // It stands before another.
            (w, h, y) = (w - 5.0, h - 5.0, y + 5.0);
            box_at(out, "box", [x + 5.0, y - 5.0], [w, h], 3.0);
            box_at(out, "box", [x, y], [w, h], 3.0);
        }
    }
    if node.is_result {
        box_at(out, "thin", [x + 3.0, y + 3.0], [w - 6.0, h - 6.0], 1.5);
    }
    let line = if is_single(node) { y + h / 2.0 + 5.0 } else { y + 20.0 };
    let (head, class) = match node.form {
        Form::Constant | Form::LeftOut => (single(node), ""),
        Form::Input => (single(node), "name"),
        _ => (head(node), "name"),
    };
    let inset = if is_single(node) { 15.0 } else { 12.0 };
    let mut at = x + inset;
    for (words, class) in head.iter().zip(["number", class]).filter(|(words, _)| !words.is_empty()) {
        let _ = write!(out, "<text class=\"{class}\" x=\"{at:.1}\" y=\"{line:.1}\">{}</text>", plain(words));
        at += SMALL * real(width(words)) + APART;
    }
    let _ = write!(
        out,
        "<text class=\"shape\" x=\"{:.1}\" y=\"{line:.1}\">{}</text>",
        x + w - inset,
        plain(&node.shape)
    );
    if !is_single(node) {
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x + 12.0,
            y + h - 12.0,
            plain(&node.formula)
        );
    }
    out.push_str("</g>\n");
}

/// Stands for a node far above.
fn refer(out: &mut String, node: &Node, placed: &Placed) {
    let [w, h] = placed.size;
    let (x, y) = (placed.x - w / 2.0, placed.y);
    let _ = write!(out, "<g><title>{}</title>", plain(&node.whole));
    box_at(out, "near", [x, y], [w, h], h / 2.0);
    let _ = writeln!(
        out,
        "<text class=\"reference\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
        x + 9.0,
        y + 14.0,
        plain(&reference(node))
    );
}

fn box_at(out: &mut String, class: &str, [x, y]: [f64; 2], [w, h]: Size, round: f64) {
    let _ = write!(
        out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{round}\"/>"
    );
}

/// A sheet with a corner turned down.
fn corner(out: &mut String, [x, y]: [f64; 2], [w, h]: Size) {
    let fold = 9.0;
    let _ = write!(
        out,
        "<path class=\"box\" d=\"M{x:.1} {y:.1}h{:.1}l{fold} {fold}v{:.1}h-{w:.1}z\"/><path class=\"thin\" d=\"M{:.1} {y:.1}v{fold}h{fold}\"/>",
        w - fold,
        h - fold,
        x + w - fold
    );
}

/// From the foot of the first box to the head of the last, upright wherever it passes a layer.
fn curve(all: &Layout, way: &[usize]) -> String {
    let boxes: Vec<&Placed> = way.iter().map(|of| &all.boxes[*of]).collect();
    let mut from = [boxes[0].x, boxes[0].y + boxes[0].size[1]];
    let mut path = format!("M{:.1} {:.1}", from[0], from[1]);
    for (at, to) in boxes.iter().enumerate().skip(1) {
        // Where it is upright already, it goes on.
        if (to.x - from[0]).abs() < 0.1 && at + 1 < boxes.len() {
            from[1] = to.y + to.size[1];
            let _ = write!(path, "V{:.1}", from[1]);
            continue;
        }
        let middle = f64::midpoint(from[1], to.y);
        let _ = write!(path, "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}", from[0], to.x, to.x, to.y);
        if to.what == What::Bend && to.size[1] > 0.0 {
            let _ = write!(path, "v{:.1}", to.size[1]);
        }
        from = [to.x, to.y + to.size[1]];
    }
    path
}

/// The forms that there are, in words.
fn legend(model: &Model, all: &Layout) -> Vec<(&'static str, &'static str)> {
    let has = |form: Form| model.nodes.iter().any(|node| node.form == form);
    let is_referred = all.boxes.iter().any(|of| matches!(of.what, What::Reference(_)));
    let forms = [
        ("input", "input", has(Form::Input)),
        ("constant", "constant", has(Form::Constant)),
        ("operation", "operation", has(Form::Operation)),
        ("folded", "rows of one call", has(Form::Folded)),
        ("result", "result", model.nodes.iter().any(|node| node.is_result)),
        ("out", "left out", has(Form::LeftOut)),
        ("near", "a box further up", is_referred),
        ("uses", "taken twice", all.arrows.iter().any(|arrow| arrow.uses > 1)),
    ];
    forms.into_iter().filter(|(.., is_there)| *is_there).map(|(form, words, _)| (form, words)).collect()
}

fn sample(out: &mut String, form: &str, [x, y]: [f64; 2]) {
    out.push_str("<g class=\"legend\">");
    let (at, size) = ([x, y], [24.0, 15.0]);
    match form {
        "input" => box_at(out, "box", at, size, 7.5),
        "constant" => corner(out, at, size),
        "folded" => {
            box_at(out, "box", [x + 3.0, y - 3.0], size, 2.0);
            box_at(out, "box", at, size, 2.0);
        }
        "result" => {
            box_at(out, "box", at, size, 2.0);
            box_at(out, "thin", [x + 3.0, y + 3.0], [18.0, 9.0], 1.0);
        }
        "near" => {
            box_at(out, "near", at, size, 7.5);
            let _ =
                write!(out, "<text class=\"reference\" x=\"{:.1}\" y=\"{:.1}\">↑</text>", x + 8.5, y + 11.5);
        }
        "uses" => {
            let _ = write!(
                out,
                "<path class=\"arrow\" d=\"M{:.1} {:.1}v18\"/><text class=\"small\" x=\"{:.1}\" y=\"{:.1}\">2×</text>",
                x + 4.0,
                y - 2.0,
                x + 10.0,
                y + 11.0
            );
        }
        "out" => box_at(out, "box out", at, size, 2.0),
        _ => box_at(out, "box", at, size, 2.0),
    }
    out.push_str("</g>");
}

#[allow(clippy::cast_precision_loss)] // Columns are few.
fn real(n: usize) -> f64 {
    n as f64
}
