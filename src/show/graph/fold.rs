//! Which rows are one node: those that one call recorded, as `softmax` does, and what the sweep recorded for them.
//!
//! They are known as the [player](crate::Player) knows them, by their place in the source, which they share. A loop that
//! comes to the same place again repeats itself: each round is a call of its own.
//!
//! **One row leaves a node**, its last: no other is used elsewhere, has a name, or was asked for, as the gradient of a leaf
//! is. So a node goes by that row, and whatever is called by its name or number stands on a node. (The rule of a call's row
//! may look into the call; words are then chosen that do not.)

use super::{Graph, LEAST};
use crate::tape::{Mode, RowId};
use crate::{Float, Tape, Var};
use std::collections::HashSet;
use std::ops::Range;

/// Rows that become one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub rows: Range<usize>,
    pub by: By,
    /// If these are what the rules of a folded call recorded: the last row of that.
    pub rules_of: Option<usize>,
    pub is_left_out: bool,
}

impl Piece {
    /// The row that leaves it.
    pub fn last(&self) -> usize {
        self.rows.end - 1
    }

    /// Whether this row is told of, and not inside of it.
    fn shows(&self, row: usize) -> bool {
        self.rows.contains(&row) && (self.is_left_out || row == self.last())
    }
}

/// Whether this row stands on one of the pieces.
pub(super) fn stands(pieces: &[Piece], row: usize) -> bool {
    pieces.get(pieces.partition_point(|piece| piece.rows.end <= row)).is_some_and(|piece| piece.shows(row))
}

/// What recorded rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum By {
    Forward,
    Sweep(usize),
    /// The one and the other, of which so many are left out that they are not told apart.
    Both,
}

type Sweeps<'t, T> = [(Range<usize>, Var<'t, T>, Mode)];

/// The tape's rows before `end` in pieces, in order: folded, and of more than there is room for the middles left out.
pub(super) fn pieces<T: Float>(
    graph: &Graph<'_, T>,
    sweeps: &Sweeps<'_, T>,
    end: usize,
    most: usize,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut calls = Calls::new(graph.tape, sweeps, end);
    let mut from = 0;
    while from < end {
        let sweep = sweep_of(sweeps, from);
        let stop = match sweep {
            Some(sweep) => sweeps[sweep].0.end.min(end),
            None => sweeps.get(next_sweep(sweeps, from)).map_or(end, |(rows, ..)| rows.start.min(end)),
        };
        let mut at = from;
        while at < stop {
            let to = if graph.is_opened { at + 1 } else { calls.end_of(at, stop, sweep.is_some()) };
            pieces.push(Piece {
                rows: at..to,
                by: sweep.map_or(By::Forward, By::Sweep),
                rules_of: calls.call_behind(at),
                is_left_out: false,
            });
            at = to;
        }
        from = stop;
    }
    shortened(pieces, most.max(LEAST), &|piece| calls.is_wanted(piece.last()))
}

/// The first sweep that ends after this row.
fn next_sweep<T: Float>(sweeps: &Sweeps<'_, T>, row: usize) -> usize {
    sweeps.partition_point(|(rows, ..)| rows.end <= row)
}

/// The sweep that recorded a row.
fn sweep_of<T: Float>(sweeps: &Sweeps<'_, T>, row: usize) -> Option<usize> {
    let place = next_sweep(sweeps, row);
    sweeps.get(place).filter(|(rows, ..)| rows.contains(&row)).map(|_| place)
}

/// The calls found so far.
struct Calls<'t, T: Float> {
    tape: &'t Tape<T>,
    /// For each row the last that takes it, of those computed forwards and of its own sweep.
    last_use: Vec<usize>,
    roots: HashSet<usize>,
    /// For each row before, the last of its piece if that has several rows.
    folded: Vec<Option<usize>>,
}

impl<'t, T: Float> Calls<'t, T> {
    fn new(tape: &'t Tape<T>, sweeps: &Sweeps<'_, T>, end: usize) -> Self {
        let mut last_use = vec![0; end];
        tape.with_rows(|rows| {
            for (at, row) in rows[..end].iter().enumerate() {
                let sweep = sweep_of(sweeps, at);
                for operand in row.operands.iter().map(|operand| operand.index()) {
                    if row.origin.is_none() || sweep == sweep_of(sweeps, operand) {
                        last_use[operand] = at;
                    }
                }
            }
        });
        let roots = sweeps.iter().map(|(_, root, _)| root.row()).collect();
        Self { tape, last_use, roots, folded: vec![None; end] }
    }

    /// Where the piece ends that begins with this row.
    fn end_of(&mut self, from: usize, stop: usize, is_swept: bool) -> usize {
        let to = if is_swept { self.end_of_adjoint(from, stop) } else { self.end_of_call(from, stop) };
        if to - from > 1 {
            self.folded[from..to].fill(Some(to - 1));
        }
        to
    }

    fn end_of_call(&self, from: usize, stop: usize) -> usize {
        let to = self.tape.with_rows(|rows| {
            let at = rows[from].at;
            let alike = rows[from..stop].iter().take_while(|row| row.at == at).count();
            from + round(alike, |i, j| {
                let (one, other) = (&rows[from + i], &rows[from + j]);
                one.prim.name() == other.prim.name() && one.operands.len() == other.operands.len()
            })
        });
        if (from..to - 1).all(|row| self.is_inner(row, to)) { to } else { from + 1 }
    }

    /// Whether nobody behind this end has to do with the row.
    fn is_inner(&self, row: usize, end: usize) -> bool {
        self.last_use[row] < end && !self.is_wanted(row)
    }

    /// The rows that the rules of one folded call recorded, up to the first that leaves them.
    fn end_of_adjoint(&self, from: usize, stop: usize) -> usize {
        let Some(call) = self.call_behind(from) else { return from + 1 };
        let of_the_call = (from..stop).take_while(|row| self.call_behind(*row) == Some(call));
        let mut to = from + of_the_call.count();
        // Where it ends earlier, more may leave it.
        while let Some(leaving) = (from..to - 1).find(|row| !self.is_inner(*row, to)) {
            to = leaving + 1;
        }
        to
    }

    /// The folded call of which a rule recorded this row, by its last row.
    fn call_behind(&self, row: usize) -> Option<usize> {
        let origin = self.tape.with_rows(|rows| rows[row].origin.map(RowId::index))?;
        self.folded.get(origin).copied().flatten()
    }

    /// Whether somebody asked for this row: it has a name, a sweep started from it, or it is what sweeps are made for, the
    /// gradient of a leaf, and forwards the tangent of the root.
    fn is_wanted(&self, row: usize) -> bool {
        let Ok(row) = self.tape.try_var(row) else { return false };
        row.name().is_some() || self.roots.contains(&row.row()) || is_asked_for(row)
    }
}

/// Whether a row is the gradient of a leaf, or the tangent of what was differentiated forwards.
pub(super) fn is_asked_for<T: Float>(row: Var<'_, T>) -> bool {
    row.tape().derivation(row.id()).is_some_and(|derivation| {
        let is_forward = matches!(derivation.mode, Mode::Forward(_));
        let root = derivation.root.row();
        let mut of = derivation.of.iter();
        of.any(|of| if is_forward { of.row() == root } else { of.operands().is_empty() })
    })
}

/// After how many of so many rows they repeat themselves; all of them, if they do not.
fn round(rows: usize, is_same: impl Fn(usize, usize) -> bool) -> usize {
    // A call of more rows than these that is repeated is rather a loop in itself.
    let longest = (rows / 2).min(64);
    let found = (1..=longest)
        .find(|period| rows.is_multiple_of(*period) && (0..rows - period).all(|i| is_same(i, i + period)));
    found.unwrap_or(rows)
}

/// At most so many pieces: of each stretch of one cluster the middle is left out, as much of each as of the others, but not
/// what is wanted there, as far as there is room; of more stretches than can be told apart, the middle of all.
fn shortened(pieces: Vec<Piece>, most: usize, is_wanted: &dyn Fn(&Piece) -> bool) -> Vec<Piece> {
    if pieces.len() <= most {
        return pieces;
    }
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        match stretches.last_mut() {
            Some(stretch) if pieces[stretch.start].by == piece.by => stretch.end = place + 1,
            _ => stretches.push(place..place + 1),
        }
    }
    if stretches.len() * 4 > most {
        stretches = std::iter::once(0..pieces.len()).collect();
    }
    let spare = most - 3 * stretches.len();
    let mut kept = Vec::with_capacity(most);
    for stretch in stretches {
        let share = 3 + spare * stretch.len() / pieces.len();
        if stretch.len() <= share {
            kept.extend_from_slice(&pieces[stretch]);
            continue;
        }
        let middle = |share: usize| stretch.start + share / 2..stretch.end - (share - share / 2 - 1);
        let wanted = |share| middle(share).filter(|at| is_wanted(&pieces[*at]));
        // What is kept in the middle takes two, itself and the rest behind it: of half of the room so much.
        let some = wanted(share - 2 * (share / 4)).take(share / 4).count();
        let share = share - 2 * some;
        let Range { start: head, end: tail } = middle(share);
        kept.extend_from_slice(&pieces[stretch.start..head]);
        let mut from = head;
        for at in wanted(share).take(some).chain([tail]) {
            kept.extend(left_out(&pieces[from..at]));
            kept.extend((at < tail).then(|| pieces[at].clone()));
            from = at + 1;
        }
        kept.extend_from_slice(&pieces[tail..stretch.end]);
    }
    kept
}

/// A piece in the place of these; one stands for itself.
fn left_out(pieces: &[Piece]) -> Option<Piece> {
    let (first, rest) = pieces.split_first()?;
    let Some(last) = rest.last() else { return Some(first.clone()) };
    let by = if rest.iter().all(|piece| piece.by == first.by) { first.by } else { By::Both };
    Some(Piece { rows: first.rows.start..last.rows.end, by, rules_of: None, is_left_out: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_repeats_itself_and_a_call_does_not() {
        let repeats = |rows: &str| {
            let rows: Vec<char> = rows.chars().collect();
            round(rows.len(), |i, j| rows[i] == rows[j])
        };
        assert_eq!((repeats("aaaa"), repeats("ababab"), repeats("mbsesbd"), repeats("abc")), (1, 2, 7, 3));
        assert_eq!((repeats("a"), repeats("aba"), repeats("ababa")), (1, 3, 5));
    }

    #[test]
    fn what_is_left_out_is_one_piece_of_each_stretch() {
        let piece = |row: usize, sweep: Option<usize>| Piece {
            rows: row..row + 1,
            by: sweep.map_or(By::Forward, By::Sweep),
            rules_of: None,
            is_left_out: false,
        };
        let all = |long: usize| -> Vec<Piece> {
            (0..long).map(|row| piece(row, (row >= long / 3).then_some(0))).collect()
        };
        for (long, most) in [(9, 8), (100, 20), (10_000, 300), (1_000, 8)] {
            let kept = shortened(all(long), most, &|_| false);
            assert!(kept.len() <= most, "{} of {long}, {most}", kept.len());
            assert!(kept.len() + 6 >= most.min(long), "{} of {long}, {most}", kept.len());
            // They follow each other without a gap.
            assert!(kept.windows(2).all(|two| two[0].rows.end == two[1].rows.start));
            assert_eq!((kept[0].rows.start, kept[kept.len() - 1].rows.end), (0, long));
            assert!(kept.iter().all(|piece| piece.is_left_out || piece.rows.len() == 1));
        }
        // What is wanted stays, as far as there is room.
        for (long, most) in [(100, 20), (10_000, 300)] {
            let is_wanted = |piece: &Piece| piece.last() % (long / 4) == long / 8;
            let kept = shortened(all(long), most, &is_wanted);
            assert!(kept.len() <= most, "{} of {long}, {most}", kept.len());
            assert!(kept.windows(2).all(|two| two[0].rows.end == two[1].rows.start));
            assert_eq!(kept.iter().filter(|piece| !piece.is_left_out && is_wanted(piece)).count(), 4);
        }
        // Ten thousand sweeps of one row each.
        let many: Vec<Piece> = (0..20_000).map(|row| piece(row, (row % 2 == 1).then_some(row / 2))).collect();
        assert!(shortened(many, 100, &|_| true).len() <= 100);
    }
}
