//! The graph in the language of Graphviz.

use super::model::{Form, Model, Node};
use std::fmt::Write;

/// Each node a box in its cluster, whose form says what it is: inputs are round at their ends, constants have a corner
/// turned down, folded calls stand in depth, results have a double line, and what is left out a broken one.
pub(super) fn text(model: &Model, title: &str) -> String {
    let mut out = String::from("digraph tape {\n");
    let _ = writeln!(out, "  label={};\n  labelloc=t;", quoted(title));
    out += "  rankdir=TB;\n  fontname=\"sans-serif\";\n  node [shape=box, fontname=\"monospace\", fontsize=11, margin=\"0.14,0.07\"];\n  edge [arrowsize=0.6, color=\"#5a626c\", fontname=\"sans-serif\", fontsize=10];\n";
    for (place, cluster) in model.clusters.iter().enumerate() {
        let colour = if cluster.is_swept { "#a8430b" } else { "#1d4f9f" };
        let _ = writeln!(out, "  subgraph cluster_{place} {{\n    label={};", quoted(&cluster.label));
        let _ = writeln!(out, "    labeljust=l;\n    color=\"{colour}\";\n    fontcolor=\"{colour}\";");
        for node in model.nodes.iter().filter(|node| node.cluster == place) {
            let _ = writeln!(
                out,
                "    {} [label={}, tooltip={}{}];",
                id(node),
                quoted(&label(node)),
                quoted(&node.whole),
                form(node)
            );
        }
        out += "  }\n";
    }
    for edge in &model.edges {
        let [from, to] = [edge.from, edge.to].map(|node| id(&model.nodes[node]));
        let uses = if edge.uses > 1 { format!(" [label=\"{}×\"]", edge.uses) } else { String::new() };
        let _ = writeln!(out, "  {from} -> {to}{uses};");
    }
    out + "}\n"
}

/// A node goes by its last row.
fn id(node: &Node) -> String {
    format!("r{}", node.rows.end - 1)
}

fn label(node: &Node) -> String {
    format!("{}\n{}", node.equation(), node.shape)
}

fn form(node: &Node) -> String {
    let form = match node.form {
        Form::Input => ", style=\"rounded,filled\", fillcolor=\"#e8eef8\"",
        Form::Constant => ", shape=note",
        Form::Operation => "",
        Form::Folded => ", shape=box3d",
        Form::LeftOut => ", style=dashed",
    };
    format!("{form}{}", if node.is_result { ", peripheries=2" } else { "" })
}

/// In quotes, in which a backslash and a quote are escaped, and a new line is written as one.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
