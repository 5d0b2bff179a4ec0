//! The formula, recorded for a case, and how its rows are found again in another.

use super::super::evidence::Evidence;
use crate::check::ask::subject;
use crate::check::judge::examine::Scene;
use crate::{Float, Kind, Tape, Var};
use std::collections::HashMap;

/// A row, by the name of its primitive and how many of that name come before it. Numbers of rows will not do: broadcast
/// rows come and go with the shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub prim: &'static str,
    pub nth: usize,
}

/// One operand of one row, on the way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub place: Place,
    pub wrt: usize,
}

/// The formula on a tape.
pub(super) struct Recorded<'t, T: Float> {
    pub tape: &'t Tape<T>,
    pub inputs: Vec<Var<'t, T>>,
    pub out: Var<'t, T>,
    /// The rows up to the result.
    pub rows: Vec<Var<'t, T>>,
    places: Vec<Place>,
    found: HashMap<Place, usize>,
    /// How often each row is an operand.
    uses: Vec<usize>,
    /// Whether a derivative comes back through each row to an input.
    moves: Vec<bool>,
}

impl<'t, T: Float> Recorded<'t, T> {
    pub fn new(evidence: &Evidence<'_, '_, T>, scene: &Scene<T>, tape: &'t Tape<T>) -> Self {
        let subject::Recorded { inputs, out, .. } =
            evidence.subject.record(&scene.sample, tape, &scene.inputs);
        let rows: Vec<Var<'t, T>> = tape.vars().take(out.row() + 1).collect();
        let mut places: Vec<Place> = Vec::with_capacity(rows.len());
        let mut uses = vec![0; rows.len()];
        let mut moves: Vec<bool> = Vec::with_capacity(rows.len());
        let mut found = HashMap::new();
        let mut counts: HashMap<&'static str, usize> = HashMap::new();
        for row in &rows {
            let prim = row.prim().name();
            let count = counts.entry(prim).or_default();
            let place = Place { prim, nth: *count };
            *count += 1;
            found.insert(place, row.row());
            places.push(place);
            row.operands().iter().for_each(|operand| uses[operand.row()] += 1);
            moves.push(if row.operands().is_empty() {
                row.varies() && row.kind() == Kind::Real
            } else {
                carried(*row).iter().any(|operand| moves[operand.row()])
            });
        }
        Self { tape, inputs, out, rows, places, found, uses, moves }
    }

    pub fn place(&self, row: Var<'_, T>) -> Place {
        self.places[row.row()]
    }

    pub fn find(&self, place: Place) -> Option<Var<'t, T>> {
        Some(self.rows[*self.found.get(&place)?])
    }

    /// How often a row is an operand.
    pub fn uses(&self, row: Var<'_, T>) -> usize {
        self.uses[row.row()]
    }

    /// Whether a derivative comes back through a row to an input.
    pub fn moves(&self, row: Var<'_, T>) -> bool {
        self.moves[row.row()]
    }

    /// The operands by way of which it does.
    pub fn moving(&self, row: Var<'t, T>) -> Vec<Var<'t, T>> {
        carried(row).into_iter().filter(|operand| self.moves(*operand)).collect()
    }

    /// Whether any of these steps leads back to this input.
    pub fn leads_to(&self, steps: &[Step], input: usize) -> bool {
        let ends = steps.iter().filter_map(|step| Some(self.find(step.place)?.operands()[step.wrt]));
        let mut waiting: Vec<Var<'t, T>> = ends.collect();
        let mut seen = vec![false; self.rows.len()];
        while let Some(row) = waiting.pop() {
            if row.row() == self.inputs[input].row() {
                return true;
            }
            if !std::mem::replace(&mut seen[row.row()], true) {
                waiting.extend(self.moving(row));
            }
        }
        false
    }

    /// Every way back from a row to an operand, in the order of the rows.
    pub fn steps(&self) -> Vec<(Var<'t, T>, Step)> {
        let of = |row: &Var<'t, T>| {
            let (row, place) = (*row, self.place(*row));
            let carried: Vec<usize> = self.moving(row).iter().map(|operand| operand.row()).collect();
            let operands = row.operands().into_iter().enumerate();
            let operands = operands.filter(move |(_, operand)| carried.contains(&operand.row()));
            operands.map(move |(wrt, _)| (row, Step { place, wrt })).collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// Whether a row is a statistic: a reduction of something that varies, or what elementwise functions, constants and
    /// repetition have made of one.
    pub fn is_statistic(&self, row: Var<'t, T>) -> bool {
        let mut row = row;
        loop {
            let varying = self.moving(row);
            match (row.prim().name(), varying.as_slice()) {
                ("sum" | "max" | "prod", _) => return row.ndim() < row.operands()[0].ndim(),
                (_, []) => return false,
                (_, [first, rest @ ..]) if rest.iter().all(|other| other.row() == first.row()) => {
                    row = *first;
                }
                // Of a choice made as a precaution, and of sums of statistics, each must be one.
                (_, all) => return all.len() < 4 && all.iter().all(|x| self.is_statistic(*x)),
            }
        }
    }

    /// Whether a reader knows a row: it was given or named, or a line ends in it. What a composite computes on its way, nobody
    /// puts in another's place.
    pub fn is_visible(&self, row: Var<'t, T>) -> bool {
        let next = self.rows.get(row.row() + 1);
        row.operands().is_empty()
            || row.name().is_some()
            || next.is_none_or(|next| next.operands().is_empty() || next.location() != row.location())
    }

    /// The only row that uses this one, if there is only one.
    pub fn user(&self, row: Var<'t, T>) -> Option<Var<'t, T>> {
        let mut users =
            self.rows.iter().filter(|user| self.moving(**user).iter().any(|x| x.row() == row.row()));
        users.next().copied().filter(|_| users.next().is_none())
    }

    /// The statistic that a row goes into and nowhere else: a reduction that is spread again over what it reduced.
    pub fn statistic_of(&self, row: Var<'t, T>) -> Option<Var<'t, T>> {
        let mut row = row;
        loop {
            let user = self.user(row)?;
            if user.prim().name() == "broadcast" && self.is_statistic(row) {
                return Some(self.source(row));
            }
            row = user;
        }
    }

    /// The choice between two that vary that a row is a branch of, by way of rows that go nowhere else.
    pub fn choice_of(&self, row: Var<'t, T>) -> Option<Var<'t, T>> {
        let mut row = row;
        loop {
            let user = self.user(row)?;
            if self.is_choice(user) {
                return Some(user);
            }
            row = user;
        }
    }

    /// Whether a row chooses between two that vary.
    pub fn is_choice(&self, row: Var<'t, T>) -> bool {
        let operands = row.operands();
        match row.prim().name() {
            "select" => self.moves(operands[1]) && self.moves(operands[2]),
            "maximum" | "minimum" => operands.iter().all(|x| self.moves(*x)),
            _ => false,
        }
    }

    /// A row, and which operand; of one that only views another and has no name, the row that it is viewed for.
    pub fn onward(&self, row: Var<'t, T>, wrt: usize) -> (Var<'t, T>, usize) {
        let (mut row, mut wrt) = (row, wrt);
        while row.name().is_none()
            && matches!(row.prim().name(), "broadcast" | "reshape" | "permute")
            && let Some(user) = self.user(row)
            && let Some(place) = user.operands().iter().position(|operand| operand.row() == row.row())
        {
            (row, wrt) = (user, place);
        }
        (row, wrt)
    }

    /// The branch of a choice that a row goes into, and nowhere else.
    pub fn branch_of(&self, choice: Var<'t, T>, row: Var<'t, T>) -> Var<'t, T> {
        let mut branch = row;
        while let Some(user) = self.user(branch).filter(|user| user.row() != choice.row()) {
            branch = user;
        }
        branch
    }

    /// What a reader knows a row by: a repeated or reshaped row is what it was made of.
    pub fn called(&self, row: Var<'t, T>) -> String {
        self.source(row).label()
    }

    /// What a row repeats or reshapes.
    #[allow(clippy::unused_self)] // It is asked beside the others.
    pub fn source(&self, row: Var<'t, T>) -> Var<'t, T> {
        let mut row = row;
        while row.name().is_none() && matches!(row.prim().name(), "broadcast" | "reshape" | "detach") {
            row = row.operands()[0];
        }
        row
    }
}

/// The operands that a derivative may come back to: of a choice not its mask, of a comparison none.
fn carried<T: Float>(row: Var<'_, T>) -> Vec<Var<'_, T>> {
    let operands = row.operands();
    match row.prim().name() {
        "select" => operands[1..].to_vec(),
        "detach" | "sign" | "binade" => Vec::new(),
        _ if row.kind() != Kind::Real => Vec::new(),
        "take" | "take_along" | "scatter_add" | "scatter_add_along" => operands[..1].to_vec(),
        _ => operands.to_vec(),
    }
}
