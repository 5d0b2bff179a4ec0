//! Laws of graphs, of tapes of many kinds.

use super::Graph;
use super::layout::{What, layout};
use super::model::{Form, Model};
use super::words::is_followed;
use crate::show::text::name_of;
use crate::tape::Mode;
use crate::{Broadcasting, Tape, Var};
use ndarray::Array2;
use std::collections::HashSet;

/// Markup, quotes, what Mermaid and Graphviz obey, a new line.
const NASTY: &str = "a\\\"]; b<script>\\ -->|x| {{#35;}}\n]]&amp;%%";

fn network() -> Tape<f64> {
    let tape = Tape::new();
    let x = tape.leaf("X", Array2::ones((5, 4)));
    let [w, b] = [tape.leaf("W", Array2::ones((3, 4))), tape.leaf("b", Array2::zeros((1, 3)))];
    let z = x.linear(w, b).named("Z");
    let p = z.relu().softmax(1);
    let loss = (p - 1.0).square().mean().named("loss");
    let slope = loss.backward()[w];
    (slope * slope).sum().named("size").backward();
    z.jvp([(w, Array2::ones((3, 4)))]);
    tape
}

/// Two heads of attention without names but of leaves, two rows of one name, a step of training, and a slope of the slope.
fn attention() -> Tape<f64> {
    let tape = Tape::new();
    let array = |rows: usize, shift: f64| {
        let line = ndarray::Array::linspace(shift, shift + 9.0, rows * 4).sin();
        line.into_shape_with_order((rows, 4)).unwrap()
    };
    let x = tape.leaf("x", array(3, 0.0));
    let w = ["Wq", "Wk", "Wv"].map(|name| tape.leaf(name, array(4, 1.0)));
    let mut h = x;
    for _ in 0..2 {
        let [q, k, v] = w.map(|w| h.matmul(w));
        h = ((q.matmul(k.t()) * 0.5).softmax(1).matmul(v) + x).named("h");
    }
    let loss = h.square().mean().named("loss");
    let grads = loss.backward();
    let next = (w[0] - 0.1 * grads[w[0]]).named("Wq");
    (next * grads[w[1]]).sum().backward();
    tape
}

/// Leaves whose gradients are one row, and names that were given to rows inside of a call and of what its rules recorded.
fn named() -> Tape<f64> {
    let tape = Tape::new();
    let [x, b] = ["x", "b"].map(|name| tape.leaf(name, [1.0, -2.0, 0.5]));
    let z = (x + b).named("Z");
    let p = z.softmax(0);
    p.square().sum().named("loss").backward();
    let is_inner = |row: Var<'_, f64>| (z.row() + 1..p.row()).contains(&row.row());
    let of_rules = tape.vars().find(|row| row.origin().is_some_and(is_inner));
    of_rules.unwrap().named("slope");
    tape.var(p.row() - 1).named("inner");
    tape
}

fn nasty() -> Tape<f64> {
    let tape = Tape::with_broadcasting(Broadcasting::NumPy);
    let x = tape.leaf(NASTY, [[1.0, 2.0]]);
    let w = tape.leaf("", [[1.0, 2.0]]);
    (x.matmul(w.t()) * 2.0).tanh().sum().named("損失").backward();
    tape
}

fn chain(rows: usize) -> Tape<f64> {
    let tape = Tape::new();
    let [x, h] = ["x", "h"].map(|name| tape.leaf(name, 0.5));
    let mut y = x;
    while tape.len() < rows {
        y *= h;
        y -= x; // two lines in turn
    }
    y.named("loss").backward();
    tape
}

/// Tapes, by name.
fn tapes() -> Vec<(&'static str, Tape<f64>)> {
    let one = Tape::new();
    one.leaf("x", 1.0);
    vec![
        ("empty", Tape::new()),
        ("one", one),
        ("network", network()),
        ("attention", attention()),
        ("named", named()),
        ("nasty", nasty()),
        ("chain", chain(60)),
        ("long", chain(10_000)),
    ]
}

fn model_of(graph: &Graph<'_, f64>) -> Model {
    Model::of(graph, graph.room())
}

/// All ways to look at each tape.
fn models(mut look: impl FnMut(&str, &Tape<f64>, &Model)) {
    for (name, tape) in tapes() {
        for (way, graph) in [
            ("folded", tape.graph()),
            ("opened", tape.graph().opened()),
            ("forward", tape.graph().forward_only()),
            ("short", tape.graph().most(12)),
        ] {
            look(&format!("{name}, {way}"), &tape, &Model::of(&graph, graph.room()));
        }
    }
}

#[test]
fn each_row_is_in_one_node_and_each_operand_has_an_arrow() {
    models(|name, tape, model| {
        let end = model.nodes.last().map_or(0, |node| node.rows.end);
        assert!(end == tape.len() || name.ends_with("forward"), "{name}: {end} of {}", tape.len());
        let rows: Vec<usize> = model.nodes.iter().flat_map(|node| node.rows.clone()).collect();
        assert!(rows.iter().copied().eq(0..end), "{name}");
        let of = |row: usize| model.nodes.partition_point(|node| node.rows.end <= row);
        let (mut within, mut uses) = (0, 0);
        for row in tape.vars().take(end) {
            for operand in row.operands() {
                let [from, to] = [operand.row(), row.row()].map(of);
                uses += 1;
                within += usize::from(from == to);
                assert!(
                    from == to || model.edges.iter().any(|edge| (edge.from, edge.to) == (from, to)),
                    "{name}"
                );
            }
        }
        // And there are no others.
        assert_eq!(model.edges.iter().map(|edge| edge.uses).sum::<usize>(), uses - within, "{name}");
        assert!(model.edges.iter().all(|edge| edge.from < edge.to), "{name}");
    });
}

#[test]
fn clusters_are_of_one_sweep_and_what_is_left_out_is_told() {
    models(|name, tape, model| {
        for node in &model.nodes {
            let swept =
                node.rows.clone().filter(|row| tape.try_var(*row).unwrap().origin().is_some()).count();
            let cluster = &model.clusters[node.cluster];
            if cluster.label == "between" {
                assert_eq!(node.form, Form::LeftOut, "{name}");
                continue;
            }
            let all = if cluster.is_swept { node.rows.len() } else { 0 };
            assert_eq!(swept, all, "{name}: {node:?}");
            assert_eq!(node.form == Form::LeftOut, node.formula.contains("left out"), "{name}");
        }
        let out = model.nodes.iter().filter(|node| node.form == Form::LeftOut).map(|node| node.rows.len());
        assert_eq!(out.sum::<usize>(), model.left_out, "{name}");
        assert_eq!(model.left_out > 0, model.summary().contains("left out"), "{name}: {}", model.summary());
        assert!(model.nodes.len() <= 300 && (!name.ends_with("short") || model.nodes.len() <= 12), "{name}");
        if name.ends_with("opened") && tape.len() < 300 {
            assert!(model.nodes.iter().all(|node| node.rows.len() == 1), "{name}");
        }
    });
    let labels = |tape: &Tape<f64>| -> Vec<String> {
        model_of(&tape.graph()).clusters.into_iter().map(|cluster| cluster.label).collect()
    };
    assert_eq!(labels(&network()), ["forward", "gradient of loss", "gradient of size", "tangent of Z"]);
}

#[test]
fn calls_fold_with_their_rules() {
    let tape = network();
    let model = model_of(&tape.graph());
    let folded: Vec<&str> = model
        .nodes
        .iter()
        .filter(|node| node.form == Form::Folded && !model.clusters[node.cluster].is_swept)
        .map(|node| node.formula.as_str())
        .collect();
    assert!(folded.contains(&"X·Wᵀ + b"), "{folded:?}");
    assert!(folded.iter().any(|formula| formula.contains("max")), "{folded:?}");
    // What the rules of Z give each of its leaves is a box of its own.
    let rules = model.nodes.iter().filter(|node| node.formula == "rules of Z");
    let leaving: Vec<&str> = rules.filter_map(|node| node.name.as_deref()).collect();
    let expected = ["∂loss/∂b", "∂loss/∂X", "∂loss/∂W", "∂size/∂b", "∂size/∂X", "∂size/∂W"];
    assert_eq!(leaving[..6], expected, "{leaving:?}");
    assert!(leaving.len() == 7 && leaving[6].starts_with("tangent of Z"), "{leaving:?}");
    // What rules recorded for nobody, as for what is detached, is no result.
    let still = Tape::<f64>::new();
    let x = still.leaf("x", [1.0, 2.0, 3.0]);
    (x * (x.detach() * 2.0).softmax(0)).sum().backward();
    let model = model_of(&still.graph());
    let unused: Vec<_> = model.nodes.iter().filter(|node| node.formula.ends_with("not used")).collect();
    assert!(!unused.is_empty() && unused.iter().all(|node| !node.is_result), "{unused:?}");
    // With the source at hand, calls go by their names.
    let named = tape.graph().sources(env!("CARGO_MANIFEST_DIR"));
    assert!(model_of(&named).nodes.iter().any(|node| node.formula.starts_with("softmax(")));
}

/// Whatever a box or an arrow's reference calls by its number has a box of that number, and what has a name has a box of that.
#[test]
fn names_can_be_followed() {
    models(|name, tape, model| {
        let standing: HashSet<usize> = model.nodes.iter().filter_map(|node| node.number).collect();
        let left_out: Vec<_> = model.nodes.iter().filter(|node| node.form == Form::LeftOut).collect();
        let stands = |row| standing.contains(&row) || left_out.iter().any(|node| node.rows.contains(&row));
        let clusters = model.clusters.iter().map(|cluster| cluster.label.as_str());
        let texts = model.nodes.iter().flat_map(|node| [Some(node.formula.as_str()), node.name.as_deref()]);
        for text in texts.flatten().chain(clusters) {
            assert!(is_followed(text, &stands), "{name}: {text}");
        }
        for node in model.nodes.iter().filter(|node| node.form != Form::LeftOut) {
            for row in node.rows.clone().rev().skip(1) {
                assert_eq!(tape.try_var(row).unwrap().name(), None, "{name}: %{row} is inside of a box");
            }
            let last = tape.try_var(node.rows.end - 1).unwrap();
            let called = last.name().map(|called| name_of(&called));
            assert!(called.is_none() || called == node.name, "{name}: {node:?}");
            assert!(called.is_some() || node.number == Some(last.row()), "{name}: {node:?}");
        }
    });
}

#[test]
fn numbers_are_found_in_texts() {
    let stands = |row| row == 3 || row == 12;
    for (text, is_followed_by) in [
        ("", true),
        ("%3 + %12", true),
        ("%3·%1", false),
        ("%123", false),
        ("exp(%4)", false),
        ("5 % of", true),
    ] {
        assert_eq!(is_followed(text, &stands), is_followed_by, "{text}");
    }
}

/// Of each sweep the gradient of each leaf stands on a box by its name, unless there is no room.
#[test]
fn what_was_asked_for_is_seen() {
    models(|name, tape, model| {
        for (rows, root, mode) in tape.sweep_ranges() {
            if !matches!(mode, Mode::Reverse) || rows.start >= model.nodes.last().unwrap().rows.end {
                continue;
            }
            for leaf in tape.vars().filter(|row| row.varies() && row.operands().is_empty()) {
                let gradients = tape.derivatives_of(leaf.id());
                let Some((.., gradient)) = gradients.into_iter().find(|(of, ..)| of.row() == root.row())
                else {
                    continue;
                };
                let node = model.nodes.iter().find(|node| node.rows.contains(&gradient.row())).unwrap();
                let said = format!("/∂{}", name_of(&leaf.name().unwrap()));
                let is_said = node.rows.end - 1 == gradient.row()
                    && (gradient.name().is_some()
                        || node.name.as_ref().is_some_and(|name| name.contains(&said)));
                assert!(is_said || node.form == Form::LeftOut, "{name}: {said} in {node:?}");
                if !name.ends_with("short") {
                    assert!(is_said, "{name}: {said} is left out");
                }
            }
        }
    });
}

/// What stands elsewhere is referred to once for all that take it nearby.
#[test]
fn references_are_few() {
    models(|name, _, model| {
        let count = model.nodes.len();
        let all = layout(model, &vec![[60.0, 30.0]; count], &vec![[40.0, 20.0]; count]);
        let mut seen: HashSet<(usize, i64)> = HashSet::new();
        for placed in &all.boxes {
            if let What::Reference(node) = placed.what {
                #[allow(clippy::cast_possible_truncation)]
                let foot = (placed.y + placed.size[1]) as i64;
                assert!(seen.insert((node, foot)), "{name}: {} twice in a layer", model.nodes[node].title());
            }
        }
    });
}

/// Boxes have room between them, arrows go down, and nothing is outside of the picture.
#[test]
fn layouts_keep_their_distance() {
    models(|name, _, model| {
        let sizes: Vec<[f64; 2]> = (0..model.nodes.len())
            .map(|i| [[60.0, 94.0, 77.0, 180.0, 111.0][i % 5], [30.0, 50.0][i % 2]])
            .collect();
        let all = layout(model, &sizes, &vec![[40.0, 20.0]; model.nodes.len()]);
        let side = |at: usize, side: f64| all.boxes[at].x + side * all.boxes[at].size[0] / 2.0;
        let drawn: Vec<usize> = (0..all.boxes.len()).filter(|at| all.boxes[*at].what != What::Bend).collect();
        let of = |at: usize| match all.boxes[at].what {
            What::Node(node) | What::Reference(node) => node,
            What::Bend => usize::MAX,
        };
        for (i, &a) in drawn.iter().enumerate() {
            for &b in &drawn[i + 1..] {
                let apart = side(a, 1.0) < side(b, -1.0) || side(b, 1.0) < side(a, -1.0);
                let [top, foot] = [a, b].map(|at| [all.boxes[at].y, all.boxes[at].y + all.boxes[at].size[1]]);
                assert!(
                    apart || top[1] < foot[0] || foot[1] < top[0],
                    "{name}: {:?} on {:?}",
                    all.boxes[a],
                    all.boxes[b]
                );
            }
            assert!(
                side(a, -1.0) >= 0.0 && side(a, 1.0) <= all.size[0],
                "{name}: {:?} of {:?}",
                all.boxes[a],
                all.size
            );
            let frames: Vec<_> = all
                .frames
                .iter()
                .filter(|frame| {
                    frame.at[1] < all.boxes[a].y
                        && all.boxes[a].y + all.boxes[a].size[1] < frame.at[1] + frame.size[1]
                })
                .collect();
            assert_eq!(frames.len(), 1, "{name}");
            if let What::Node(node) = all.boxes[a].what {
                assert_eq!(frames[0].cluster, model.nodes[node].cluster, "{name}");
            }
        }
        let nodes = drawn.iter().filter(|at| matches!(all.boxes[**at].what, What::Node(_))).count();
        assert_eq!(nodes, model.nodes.len(), "{name}");
        let mut drawn: Vec<[usize; 3]> = Vec::new();
        for arrow in &all.arrows {
            for step in arrow.way.windows(2) {
                let [from, to] = [&all.boxes[step[0]], &all.boxes[step[1]]];
                assert!(from.y + from.size[1] < to.y, "{name}: {from:?} to {to:?}");
            }
            assert!(
                arrow.way[1..arrow.way.len() - 1].iter().all(|at| all.boxes[*at].what == What::Bend),
                "{name}"
            );
            drawn.push([of(arrow.way[arrow.way.len() - 1]), of(arrow.way[0]), arrow.uses]);
        }
        drawn.sort_unstable();
        let meant: Vec<[usize; 3]> = model.edges.iter().map(|edge| [edge.to, edge.from, edge.uses]).collect();
        assert_eq!(drawn, meant, "{name}");
    });
}

/// Elements are closed in order, no text or attribute has what would end it, and names are texts.
#[test]
fn pictures_are_well_formed() {
    for (name, tape) in tapes() {
        for picture in [tape.to_svg(), tape.graph().opened().title(NASTY).to_svg()] {
            let mut open: Vec<&str> = Vec::new();
            let mut rest = picture.as_str();
            while let Some((text, after)) = rest.split_once('<') {
                assert!(!text.contains('>') || open.last() == Some(&"style"), "{name}: {text}");
                for part in text.split('&').skip(1) {
                    assert!(
                        ["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| part.starts_with(entity)),
                        "{name}: {text}"
                    );
                }
                let (tag, after) = after.split_once('>').unwrap();
                assert_eq!(tag.matches('"').count() % 2, 0, "{name}: {tag}");
                if let Some(closed) = tag.strip_prefix('/') {
                    assert_eq!(open.pop(), Some(closed), "{name}");
                } else if !tag.ends_with('/') {
                    open.push(tag.split(' ').next().unwrap());
                }
                rest = after;
            }
            assert!(
                open.is_empty() && rest.trim().is_empty() && !picture.contains("<script"),
                "{name}: {open:?}"
            );
            assert!(picture.chars().all(|c| c == '\n' || !c.is_control()), "{name}");
            assert!(picture.len() < 400_000, "{name}: {}", picture.len());
        }
    }
    assert!(nasty().to_svg().contains("b&lt;script&gt;"));
}

#[test]
fn names_stay_text_in_both_languages() {
    for (name, tape) in tapes() {
        // As many nodes as Mermaid takes in any case.
        let graph = || tape.graph().title(NASTY).most(100);
        let (dot, mermaid) = (graph().to_dot(), graph().to_mermaid());
        // Quotes are balanced, and markup is none.
        for line in dot.lines().chain(mermaid.lines()) {
            assert_eq!(
                line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2,
                0,
                "{name}: {line}"
            );
        }
        let bare: String = dot.replace("\\\\", "").replace("\\\"", "").split('"').step_by(2).collect();
        assert_eq!(bare.matches(['{', '[']).count(), bare.matches(['}', ']']).count(), "{name}: {bare}");
        let quoted = mermaid.split('"').skip(1).step_by(2);
        assert!(
            quoted
                .clone()
                .all(|text| text.replace("<br>", "").chars().all(|c| !"<>{}\"&;%\\".contains(c) || c == ';')),
            "{name}"
        );
        let model = model_of(&graph());
        for (text, arrow) in [(&dot, " -> "), (&mermaid, " -->")] {
            assert_eq!(text.matches(arrow).count(), model.edges.len(), "{name}: {text}");
            let nodes = model.nodes.iter().map(|node| format!("    r{}", node.rows.end - 1));
            for node in nodes {
                // Whatever its form opens with.
                let opened = [" [", "[", "(", "{"].map(|open| text.matches(&format!("{node}{open}")).count());
                assert_eq!(opened.iter().sum::<usize>(), 1, "{name}: {node}");
            }
            assert_eq!(text.matches("subgraph").count(), model.clusters.len());
        }
    }
}

/// Mermaid refuses what has 500 arrows or more, so that much is not written unless it is asked for.
#[test]
fn mermaid_takes_what_it_is_given() {
    let tape = chain(10_000);
    let arrows = |text: String| text.matches(" -->").count();
    assert!((300..500).contains(&arrows(tape.to_mermaid())));
    assert!(arrows(tape.graph().most(1000).to_mermaid()) > 1000);
}
