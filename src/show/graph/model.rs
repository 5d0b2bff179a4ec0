//! The list as nodes and arrows, whatever they are drawn in: which rows are one node, and in which cluster it stands.
//!
//! A node is rows that follow each other on the tape. So arrows between nodes run from earlier to later ones as those
//! between rows do, whatever is folded, and there is no way round in a circle.

use super::Graph;
use super::fold::{By, Piece, is_asked_for, pieces, stands};
use super::words::{heading, is_followed, whole};
use crate::show::derivative::derivative;
use crate::show::page::Sources;
use crate::show::text::name_of;
use crate::tape::{Derivation, Made, Mode, RowId};
use crate::{Float, Var};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

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
    /// The number of the row that leaves it, where others call it by that; its name, or whose derivative it is.
    pub number: Option<usize>,
    pub name: Option<String>,
    /// What it computes; and its shape with what else there is to say in short.
    pub formula: String,
    pub shape: String,
    /// All that there is to say.
    pub whole: String,
}

impl Node {
    /// What it goes by, in a line: `%12 ∂loss/∂w`; nothing where rows are left out.
    pub fn title(&self) -> String {
        let number = self.number.map(|number| format!("%{number}"));
        number.into_iter().chain(self.name.clone()).collect::<Vec<_>>().join(" ")
    }

    /// The same and what it computes.
    pub fn equation(&self) -> String {
        let title = self.title();
        if title.is_empty() { self.formula.clone() } else { format!("{title} = {}", self.formula) }
    }
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
        let sweeps = tape.sweep_ranges();
        let end = if graph.is_forward { first_swept(tape) } else { tape.len() };
        let pieces = pieces(graph, &sweeps, end, most);
        let used = used(tape, end);
        let stands = |row: usize| stands(&pieces, row);
        let mut names: HashMap<Rc<str>, usize> = HashMap::new();
        tape.vars().take(end).filter_map(Var::name).for_each(|name| *names.entry(name).or_default() += 1);
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
            let last = tape.try_var(piece.last()).expect("a row of this tape");
            let is_root = sweeps.iter().any(|(_, root, _)| piece.rows.contains(&root.row()));
            // What a sweep recorded for nobody is none.
            let is_end = !used[piece.last()];
            let is_asked_for = last.origin().is_none() || last.name().is_some() || is_asked_for(last);
            let mut node =
                node(piece, cluster, is_root || is_end && is_asked_for, last, &mut sources, &stands);
            if is_end && !is_asked_for && node.form != Form::LeftOut {
                node.formula += ", not used";
            }
            let is_one_of_many = last.name().is_some_and(|name| names[&name] > 1);
            node.number = node.number.or_else(|| is_one_of_many.then(|| last.row()));
            nodes.push(node);
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
            let _ = write!(said, "; {nodes} for several rows, those of one call");
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
    stands: &dyn Fn(usize) -> bool,
) -> Node {
    let rows = piece.rows.clone();
    let mut node = Node {
        rows: rows.clone(),
        cluster,
        form: Form::LeftOut,
        is_result: false,
        number: None,
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
    node.name = last.name().map(|name| name_of(&name));
    if node.name.is_none() {
        node.number = Some(last.row());
        node.name = of.as_ref().and_then(|of| derivatives(of, stands));
    }
    let [formula, detail] = whole(piece, last, sources, stands);
    node.formula = formula;
    node.shape = crate::error::Dims(&last.shape()).to_string();
    if rows.len() > 1 {
        let _ = write!(node.shape, "  {} rows", rows.len());
    }
    node.whole = of.map_or(detail.clone(), |of| format!("{}\n{detail}", derivative(&of)));
    node
}

/// Whose derivative a row is: of the leaves that there are, which people ask for, two at most, or of one row of which they
/// can know.
fn derivatives<T: Float>(of: &Derivation<'_, T>, stands: &dyn Fn(usize) -> bool) -> Option<String> {
    let mut rows = of.of.clone();
    rows.sort_by_key(|row| (!row.operands().is_empty(), row.name().is_none(), row.row()));
    let each = rows.iter().map(|row| {
        let one = Derivation { root: of.root, mode: of.mode.clone(), of: vec![*row], made: Made::Seed };
        (derivative(&one), row.operands().is_empty())
    });
    let known: Vec<(String, bool)> = each.filter(|(text, _)| is_followed(text, stands)).collect();
    let leaves = known.iter().filter(|(_, is_leaf)| *is_leaf).count();
    let shown: Vec<&str> = known.iter().take(leaves.clamp(1, 2)).map(|(text, _)| text.as_str()).collect();
    let more = if rows.len() > shown.len() { " …" } else { "" };
    (!shown.is_empty()).then(|| shown.join(", ") + more)
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
