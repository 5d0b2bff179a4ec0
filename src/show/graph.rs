//! The list as a graph: in the languages of Graphviz and Mermaid, and as a picture.
//!
//! | file | what it knows |
//! |---|---|
//! | `graph/model.rs` | nodes, arrows, clusters, whatever they are drawn in |
//! | `graph/fold.rs` | which rows are one node |
//! | `graph/words.rs` | what is written in it |
//! | `graph/dot.rs`, `graph/mermaid.rs` | the two languages |
//! | `graph/layout.rs`, `graph/svg.rs` | where everything stands in a picture, and how it is drawn |

mod dot;
mod fold;
mod layout;
mod mermaid;
mod model;
mod svg;
#[cfg(test)]
mod tests;
mod words;

use super::page::to_file;
use crate::{Float, Tape};
use model::Model;
use std::io;
use std::path::{Path, PathBuf};

/// Nodes of a graph, if nothing else is said.
const MOST: usize = 300;

/// Fewer would say nothing.
const LEAST: usize = 8;

/// A tape as a graph: see [`Tape::graph`].
#[derive(Debug)]
#[must_use = "a graph is to be written"]
pub struct Graph<'t, T: Float> {
    tape: &'t Tape<T>,
    title: Option<String>,
    is_opened: bool,
    is_forward: bool,
    most: Option<usize>,
    sources: Option<PathBuf>,
}

impl<T: Float> Graph<'_, T> {
    /// With this title.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.graph().title("One step").to_svg().contains("<title>One step</title>"));
    /// ```
    pub fn title(self, title: &str) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// With a node for each row. Otherwise the rows that one call recorded, as `softmax` or `linear` does, are one node, and
    /// so is what their rules recorded.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", [1.0, 2.0]).softmax(0);
    /// let nodes = |dot: String| dot.matches("tooltip=").count();
    /// assert_eq!(nodes(tape.graph().to_dot()), 2);
    /// assert_eq!(nodes(tape.graph().opened().to_dot()), tape.len());
    /// ```
    pub fn opened(self) -> Self {
        Self { is_opened: true, ..self }
    }

    /// Without what sweeps recorded, and what was recorded after the first of them.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().named("loss").backward();
    /// assert!(tape.graph().to_mermaid().contains("gradient of loss"));
    /// assert!(!tape.graph().forward_only().to_mermaid().contains("gradient"));
    /// ```
    pub fn forward_only(self) -> Self {
        Self { is_forward: true, ..self }
    }

    /// With so many nodes at most, eight at least; 300 if nothing is said. Of more, the middle of each cluster is left out:
    /// a node in its place says how many rows that are.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 0.5);
    /// (0..1000).fold(x, |y, _| y.sin());
    /// assert!(tape.graph().most(20).to_svg().contains("982 rows left out"));
    /// assert!(!tape.graph().most(2000).to_svg().contains("left out"));
    /// ```
    pub fn most(self, nodes: usize) -> Self {
        Self { most: Some(nodes), ..self }
    }

    /// With the names of calls, as `softmax(scores)`, read from the files of source below this directory: see
    /// [`Player::sources`](crate::Player::sources).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", [1.0, 2.0]).softmax(0);
    /// let dot = tape.graph().sources(env!("CARGO_MANIFEST_DIR")).to_dot();
    /// ```
    pub fn sources(self, directory: impl AsRef<Path>) -> Self {
        Self { sources: Some(directory.as_ref().into()), ..self }
    }

    /// In the language of [Graphviz](https://graphviz.org): `dot -Tsvg`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin();
    /// assert!(tape.graph().to_dot().contains("r0 -> r1"));
    /// ```
    #[doc(alias = "graphviz")]
    pub fn to_dot(&self) -> String {
        dot::text(&Model::of(self, self.room()), self.called())
    }

    /// In the language of [Mermaid](https://mermaid.js.org), which GitHub and many notebooks show as it stands, in a block
    /// that begins with `` ```mermaid ``. It refuses graphs of 500 arrows or 50,000 characters: where [`most`](Self::most)
    /// says nothing else, so much is left out that it does not.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin();
    /// assert!(tape.graph().to_mermaid().contains("r0 --> r1"));
    /// ```
    pub fn to_mermaid(&self) -> String {
        let mut most = self.room();
        loop {
            let model = Model::of(self, most);
            let text = mermaid::text(&model, self.called());
            if self.most.is_some() || mermaid::is_accepted(&model, &text) || most < LEAST {
                return text;
            }
            most = most * 3 / 4;
        }
    }

    /// As a picture, in SVG: it needs no other program, is light or dark as the reader prefers, and says of each node all
    /// that there is to say where a mouse rests on it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin();
    /// assert!(tape.graph().to_svg().starts_with("<svg xmlns="));
    /// ```
    pub fn to_svg(&self) -> String {
        svg::text(&Model::of(self, self.room()), self.called())
    }

    /// Writes the picture of [`to_svg`](Self::to_svg) to a file.
    ///
    /// # Errors
    /// If that cannot be written; the error names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// let file = std::env::temp_dir().join("wengert-graph.svg");
    /// tape.graph().title("A sine").write_svg(&file)?;
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        to_file(path.as_ref(), "picture", &self.to_svg())
    }

    fn room(&self) -> usize {
        self.most.unwrap_or(MOST)
    }

    fn called(&self) -> &str {
        self.title.as_deref().unwrap_or("A tape")
    }
}

/// # As a graph
impl<T: Float> Tape<T> {
    /// The list as a graph, to be written in one of three ways: rows computed forwards and those of each sweep in clusters,
    /// an arrow from each operand to what takes it, and a form for what a node is. The rows of one call are one node, called by what it computes or by its primitives; by the
    /// call's own name, `softmax`, where the lines of the program [can be read](Graph::sources).
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// x.softmax(0).log().sum().named("loss").backward();
    ///
    /// let picture = tape.graph().to_svg();
    /// let all_rows = tape.graph().opened().to_dot();
    /// let shared = tape.graph().forward_only().to_mermaid();
    /// ```
    #[doc(alias = "torchviz")]
    pub fn graph(&self) -> Graph<'_, T> {
        Graph { tape: self, title: None, is_opened: false, is_forward: false, most: None, sources: None }
    }

    /// The graph of [`graph`](Self::graph) in the language of [Graphviz](https://graphviz.org).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// x.sin().sum().named("loss").backward();
    /// let dot = tape.to_dot();
    /// assert!(dot.starts_with("digraph tape {") && dot.contains("r0 -> r1"));
    /// ```
    pub fn to_dot(&self) -> String {
        self.graph().to_dot()
    }

    /// The graph of [`graph`](Self::graph) in the language of [Mermaid](https://mermaid.js.org).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// x.sin().sum().named("loss").backward();
    /// let mermaid = tape.to_mermaid();
    /// assert!(mermaid.contains("flowchart TB\n") && mermaid.contains("r0 --> r1"));
    /// ```
    pub fn to_mermaid(&self) -> String {
        self.graph().to_mermaid()
    }

    /// The graph of [`graph`](Self::graph) as a picture, in SVG.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", [1.0, 2.0]).sin().sum().named("loss").backward();
    /// assert!(tape.to_svg().contains("gradient of loss"));
    /// ```
    pub fn to_svg(&self) -> String {
        self.graph().to_svg()
    }

    /// Writes the picture of [`to_svg`](Self::to_svg) to a file.
    ///
    /// # Errors
    /// If that cannot be written; the error names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.write_svg("no/such/directory/tape.svg").is_err());
    /// ```
    pub fn write_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.graph().write_svg(path)
    }
}
