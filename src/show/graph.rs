//! The list as a graph in the languages of Graphviz and Mermaid: forward rows and those of gradients in clusters.

use super::derivative::derivative;
use super::table::{equation, hidden, number};
use super::text::name_of;
use crate::error::Dims;
use crate::{Float, Tape, Var};
use std::fmt::Write as _;

/// # As a graph
impl<T: Float> Tape<T> {
    /// The list as a graph in the language of [Graphviz](https://graphviz.org): `dot -Tsvg`. A box for each row, with its
    /// formula and shape, and an arrow from each operand to its result; rows that a sweep recorded stand in a cluster of
    /// their own, and say whose derivative they are.
    ///
    /// Of a long tape the middle is left out.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// x.sin().sum().named("loss").backward();
    /// let dot = tape.to_dot();
    /// assert!(dot.starts_with("digraph tape {") && dot.contains("r0 -> r1"));
    /// ```
    #[doc(alias = "graphviz")]
    #[doc(alias = "torchviz")]
    pub fn to_dot(&self) -> String {
        let mut out = String::from(
            "digraph tape {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=monospace];\n",
        );
        for (name, of) in self.clusters() {
            if of.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  subgraph \"cluster_{name}\" {{\n    label=\"{name}\";");
            for row in of {
                let label =
                    lines(row).map(|line| line.replace('\\', "\\\\").replace('"', "\\\"")).join("\\n");
                let filled = if row.operands().is_empty() {
                    ", style=\"rounded,filled\", fillcolor=\"#e8eef7\""
                } else {
                    ""
                };
                let _ = writeln!(out, "    r{} [label=\"{label}\"{filled}];", row.row());
            }
            out += "  }\n";
        }
        for (from, to) in self.arrows() {
            let _ = writeln!(out, "  r{from} -> r{to};");
        }
        out + "}\n"
    }

    /// The same in the language of [Mermaid](https://mermaid.js.org), which GitHub and many notebooks show as it stands, in
    /// a block that begins with `` ```mermaid ``.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// x.sin().sum().named("loss").backward();
    /// let mermaid = tape.to_mermaid();
    /// assert!(mermaid.starts_with("flowchart TB\n") && mermaid.contains("r0 --> r1"));
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut out = String::from("flowchart TB\n");
        for (name, of) in self.clusters() {
            if of.is_empty() {
                continue;
            }
            let _ = writeln!(out, "  subgraph {name}");
            for row in of {
                let label = lines(row).map(|line| entities(&line)).join("<br>");
                let (open, close) = if row.operands().is_empty() { ("([\"", "\"])") } else { ("[\"", "\"]") };
                let _ = writeln!(out, "    r{}{open}{label}{close}", row.row());
            }
            out += "  end\n";
        }
        for (from, to) in self.arrows() {
            let _ = writeln!(out, "  r{from} --> r{to}");
        }
        out
    }

    /// The rows that are shown.
    fn shown(&self) -> Vec<Var<'_, T>> {
        self.log_print_of_all();
        let hidden = hidden(self.len(), false);
        (0..hidden.start).chain(hidden.end..self.len()).filter_map(|row| self.try_var(row).ok()).collect()
    }

    fn clusters(&self) -> [(&'static str, Vec<Var<'_, T>>); 2] {
        let (forward, gradient) = self.shown().into_iter().partition(|row| row.origin().is_none());
        [("forward", forward), ("gradient", gradient)]
    }

    /// From operands to results, both of which are shown.
    fn arrows(&self) -> Vec<(usize, usize)> {
        let hidden = hidden(self.len(), false);
        let mut arrows = Vec::new();
        for row in self.shown() {
            for operand in row.operands() {
                if !hidden.contains(&operand.row()) {
                    arrows.push((operand.row(), row.row()));
                }
            }
        }
        arrows
    }
}

/// What stands in a row's box.
fn lines<T: Float>(row: Var<'_, T>) -> [String; 2] {
    let name = row.name().map_or_else(|| format!("%{}", row.row()), |name| name_of(&name));
    let of = row.tape().derivation(row.id()).map_or(String::new(), |derivation| derivative(&derivation));
    let of = if of.is_empty() { of } else { format!("  {of}") };
    let what = match (row.operands().is_empty(), row.constant_number()) {
        (true, Some(x)) => number(x),
        _ => equation(row),
    };
    [format!("{name} = {what}"), format!("{}{of}", Dims(&row.shape()))]
}

/// What Mermaid or the browser behind it would obey.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " .,=+-/·∂Σ√()[]|:…".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::Tape;

    #[test]
    fn names_stay_text_and_every_row_is_there() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("a\"]; b<script>\\", [[1.0, 2.0]]);
        let w = tape.leaf("W", [[1.0, 2.0]]);
        (x.matmul(w.t()) * 2.0).tanh().sum().named("loss").backward();
        let (dot, mermaid) = (tape.to_dot(), tape.to_mermaid());
        // Quotes are balanced, and markup is none.
        for line in dot.lines() {
            assert_eq!(line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
        }
        assert!(
            !mermaid.contains("<script") && mermaid.lines().all(|line| line.matches('"').count() % 2 == 0)
        );
        let uses: usize = tape.vars().map(|row| row.operands().len()).sum();
        for (text, arrow) in [(&dot, " -> "), (&mermaid, " --> ")] {
            assert_eq!(text.matches(arrow).count(), uses, "{text}");
            assert!(tape.vars().all(|row| text.contains(&format!("    r{}", row.row()))), "{text}");
            assert!(text.contains("∂loss/∂W"), "{text}");
        }
        assert_eq!(dot.matches('{').count(), dot.matches('}').count());
        assert_eq!((dot.matches("subgraph").count(), mermaid.matches("subgraph").count()), (2, 2));

        let long = Tape::<f64>::new();
        let mut y = long.leaf("x", 1.0);
        for _ in 0..500 {
            y = -y;
        }
        assert_eq!(long.to_dot().matches("->").count(), 98);
        assert!(!long.to_mermaid().contains("subgraph gradient"));
    }
}
