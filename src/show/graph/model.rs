//! The list as nodes and arrows, whatever they are drawn in: which rows are one node, and in which cluster it stands.
//!
//! A node is rows that follow each other on the tape. So arrows between nodes run from earlier to later ones as those
//! between rows do, whatever is folded, and there is no way round in a circle.

use super::Graph;
use super::fold::{By, Piece, pieces};
use super::words::{heading, whole};
use crate::show::derivative::derivative;
use crate::show::page::Sources;
use crate::tape::{Derivation, Made, Mode, RowId};
use crate::{Float, Var};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::ops::Range;

/// What a node is, which is told by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A leaf of which a gradient can be asked.
    Input,
    /// A leaf that keeps its value.
    Constant,
    /// One row that is computed.
    Operation,
    /// The rows of one call.
    Folded,
    /// Rows for which there is no room.
    LeftOut,
}

#[derive(Debug)]
pub(super) struct Node {
    pub rows: Range<usize>,
    pub cluster: usize,
    pub form: Form,
    /// Nothing takes it, or a sweep started from it.
    pub is_result: bool,
    /// The name, unless the row has none; what it computes; and its shape with what else there is to say in short.
    pub name: Option<String>,
    pub formula: String,
    pub shape: String,
    /// All that there is to say.
    pub whole: String,
}

/// From operands to what is computed from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// How many rows take how many operands from there.
    pub uses: usize,
}

#[derive(Debug)]
pub(super) struct Cluster {
    pub label: String,
    /// Whether a sweep recorded its rows.
    pub is_swept: bool,
}

/// The whole graph; nodes in order of their rows.
#[derive(Debug)]
pub(super) struct Model {
    pub clusters: Vec<Cluster>,
    pub nodes: Vec<Node>,
    /// In order of `to`, then of `from`.
    pub edges: Vec<Edge>,
    /// Rows that nodes of [`Form::LeftOut`] stand for.
    pub left_out: usize,
}

impl Model {
    /// Of so many nodes at most.
    pub fn of<T: Float>(graph: &Graph<'_, T>, most: usize) -> Self {
        let tape = graph.tape;
        tape.log_print_of_all();
        let sweeps = tape.sweep_ranges();
        let end = if graph.is_forward { first_swept(tape) } else { tape.len() };
        let pieces = pieces(graph, &sweeps, end, most);
        let used = used(tape, end);
        let mut sources = Sources::new(graph.sources.as_deref());
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut places: HashMap<By, usize> = HashMap::new();
        let mut nodes = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let cluster = *places.entry(piece.by).or_insert_with(|| {
                let label = match piece.by {
                    By::Forward => "forward".into(),
                    By::Both => "between".into(),
                    By::Sweep(sweep) => label(&sweeps[sweep].1, &sweeps[sweep].2),
                };
                clusters.push(Cluster { label, is_swept: matches!(piece.by, By::Sweep(_)) });
                clusters.len() - 1
            });
            let last = tape.try_var(piece.rows.end - 1).expect("a row of this tape");
            let is_root = sweeps.iter().any(|(_, root, _)| piece.rows.contains(&root.row()));
            let is_result = is_root || !used[piece.rows.end - 1];
            nodes.push(node(piece, cluster, is_result, last, &mut sources));
        }
        let edges = edges(graph, &nodes, end);
        let left_out =
            nodes.iter().filter(|node| node.form == Form::LeftOut).map(|node| node.rows.len()).sum();
        Self { clusters, nodes, edges, left_out }
    }

    /// What the picture shows, in a sentence.
    pub fn summary(&self) -> String {
        let rows: usize = self.nodes.iter().map(|node| node.rows.len()).sum();
        let swept = self.nodes.iter().filter(|node| self.clusters[node.cluster].is_swept);
        let swept: usize = swept.map(|node| node.rows.len()).sum();
        let folded = self.nodes.iter().filter(|node| node.form == Form::Folded).count();
        let mut said = match rows {
            0 => return "The tape is empty.".into(),
            1 => "1 row".into(),
            _ => format!("{rows} rows"),
        };
        if swept > 0 {
            let _ = write!(said, ", {swept} of them recorded by sweeps");
        }
        if folded > 0 {
            let nodes = crate::error::counted(folded, "box stands", "boxes stand");
            let _ = write!(said, "; {nodes} for several rows, of one call");
        }
        if self.left_out > 0 {
            let _ = write!(
                said,
                "; {} in the middle left out",
                crate::error::counted(self.left_out, "row", "rows")
            );
        }
        said + "."
    }
}

/// The first row that a sweep recorded, or the tape's end.
fn first_swept<T: Float>(tape: &crate::Tape<T>) -> usize {
    tape.with_rows(|rows| rows.iter().position(|row| row.origin.is_some()).unwrap_or(rows.len()))
}

/// For each row, whether another takes it.
fn used<T: Float>(tape: &crate::Tape<T>, end: usize) -> Vec<bool> {
    let mut used = vec![false; end];
    tape.with_rows(|rows| {
        rows[..end]
            .iter()
            .flat_map(|row| row.operands.iter())
            .for_each(|operand| used[operand.index()] = true);
    });
    used
}

fn label<T: Float>(root: &Var<'_, T>, mode: &Mode) -> String {
    let root = heading(*root);
    match mode {
        Mode::Reverse => format!("gradient of {root}"),
        Mode::Seeded(_) => format!("gradient of {root}, weighted"),
        Mode::Forward(_) => format!("tangent of {root}"),
    }
}

fn node<T: Float>(
    piece: &Piece,
    cluster: usize,
    is_result: bool,
    last: Var<'_, T>,
    sources: &mut Sources,
) -> Node {
    let rows = piece.rows.clone();
    let mut node = Node {
        rows: rows.clone(),
        cluster,
        form: Form::LeftOut,
        is_result: false,
        name: None,
        formula: format!("… {} left out …", crate::error::counted(rows.len(), "row", "rows")),
        shape: format!("%{} to %{}", rows.start, rows.end - 1),
        whole: format!("Rows %{} to %{} are left out here.", rows.start, rows.end - 1),
    };
    if piece.is_left_out {
        return node;
    }
    node.form = match (rows.len(), last.operands().is_empty(), last.varies()) {
        (1, true, true) => Form::Input,
        (1, true, false) => Form::Constant,
        (1, false, _) => Form::Operation,
        _ => Form::Folded,
    };
    node.is_result = is_result && matches!(node.form, Form::Operation | Form::Folded);
    let of = last.tape().derivation(last.id()).filter(|derivation| !derivation.of.is_empty());
    // A step on the way is known by its number, and a derivative by the first row whose derivative it is.
    let name = of.as_ref().filter(|_| last.name().is_none()).map(|of| {
        let mut rows = of.of.clone();
        rows.sort_by_key(|row| (row.name().is_none(), row.row()));
        let first = Derivation { root: of.root, mode: of.mode.clone(), of: vec![rows[0]], made: Made::Seed };
        derivative(&first) + if rows.len() > 1 { " …" } else { "" }
    });
    let [formula, detail] = whole(piece, last, sources);
    node.name = Some(name.unwrap_or_else(|| heading(last)));
    node.formula = formula;
    node.shape = crate::error::Dims(&last.shape()).to_string();
    if rows.len() > 1 {
        let _ = write!(node.shape, "  {} rows", rows.len());
    }
    node.whole = of.map_or(detail.clone(), |of| format!("{}\n{detail}", derivative(&of)));
    node
}

/// Each operand of each row, between the nodes that they are in.
fn edges<T: Float>(graph: &Graph<'_, T>, nodes: &[Node], end: usize) -> Vec<Edge> {
    let mut of = vec![0; end];
    for (place, node) in nodes.iter().enumerate() {
        of[node.rows.clone()].fill(place);
    }
    graph.tape.with_rows(|rows| {
        let mut uses: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (at, row) in rows[..end].iter().enumerate() {
            for operand in row.operands.iter().copied().map(RowId::index) {
                if of[operand] != of[at] {
                    *uses.entry((of[at], of[operand])).or_default() += 1;
                }
            }
        }
        uses.into_iter().map(|((to, from), uses)| Edge { from, to, uses }).collect()
    })
}
