//! The graph in the language of Mermaid.

use super::model::{Form, Model, Node};
use std::fmt::Write;

/// Each node in its subgraph, with a form that says what it is: inputs are round at their ends, constants hexagons, folded
/// calls have double sides, results a thick line, and what is left out a broken one.
pub(super) fn text(model: &Model, title: &str) -> String {
    let mut out = format!("---\ntitle: \"{}\"\n---\nflowchart TB\n", entities(title));
    for (place, cluster) in model.clusters.iter().enumerate() {
        let _ = writeln!(out, "  subgraph c{place}[\"{}\"]", entities(&cluster.label));
        for node in model.nodes.iter().filter(|node| node.cluster == place) {
            let label = [&node.equation(), &node.shape].map(|line| entities(line)).join("<br>");
            let (open, close) = match node.form {
                Form::Input => ("([\"", "\"])"),
                Form::Constant => ("{{\"", "\"}}"),
                Form::Operation | Form::LeftOut => ("[\"", "\"]"),
                Form::Folded => ("[[\"", "\"]]"),
            };
            let class = match (node.form, node.is_result) {
                (Form::LeftOut, _) => ":::out",
                (_, true) => ":::result",
                _ => "",
            };
            let _ = writeln!(out, "    {}{open}{label}{close}{class}", id(node));
        }
        out += "  end\n";
    }
    for edge in &model.edges {
        let [from, to] = [edge.from, edge.to].map(|node| id(&model.nodes[node]));
        let uses = if edge.uses > 1 { format!("|\"{}×\"|", edge.uses) } else { String::new() };
        let _ = writeln!(out, "  {from} -->{uses} {to}");
    }
    out + "  classDef result stroke-width:3px\n  classDef out stroke-dasharray:5 4\n"
}

/// Whether Mermaid shows it as it is set from the start, `maxEdges` and `maxTextSize`.
pub(super) fn is_accepted(model: &Model, text: &str) -> bool {
    model.edges.len() < 500 && text.chars().count() < 50_000
}

/// A node goes by its last row.
fn id(node: &Node) -> String {
    format!("r{}", node.rows.end - 1)
}

/// What Mermaid or the browser behind it would obey.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " .,=+-/·∂Σ√()[]|:…×".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
