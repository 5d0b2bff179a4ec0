//! The reverse sweep with a change in it.

use super::arrange::only;
use super::change::{Change, How, Mask, Other, Scatter, Tie, Windows};
use super::recorded::{Place, Recorded, Step};
use super::{blocks, normed, points, valued};
use crate::check::cases::values::count;
use crate::check::oracle::sweep::{backwards, backwards_from};
use crate::prim::Family;
use crate::{Float, Var};
use ndarray::{ArrayD, Axis};

/// There is no such change in this case.
pub(super) struct Inapplicable;

/// What a step gives.
type Term<'t, T> = Result<Option<Var<'t, T>>, Inapplicable>;

/// The gradient of each input, derived with this change; `None` in it for what gets nothing, and instead of it where there
/// is no such change in this case.
pub(super) fn changed<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    change: &Change,
) -> Option<Vec<Option<Var<'t, T>>>> {
    if let Change::Softmax(place, block) = change {
        return blocks::derived(recorded, cotangent, *place, *block).ok();
    }
    if let Change::Normed(place, piece) = change {
        return normed::derived(recorded, cotangent, *place, *piece).ok();
    }
    if let Change::Valued(value) = change {
        return valued::gradients(recorded, cotangent, *value).ok();
    }
    let mut seed = recorded.tape.constant(cotangent);
    if let Change::Only { at: None, axis, last } = change {
        seed = only(seed, *axis, *last).ok()?;
    }
    let mut applies = true;
    let cotangents = backwards(recorded.out, seed, |row, wrt, operands, d| {
        let term = term(recorded, change, row, wrt, d).unwrap_or_else(|Inapplicable| {
            applies = false;
            None
        });
        term.filter(|term| term.dims() == operands[wrt].dims())
    });
    applies.then(|| recorded.inputs.iter().map(|x| cotangents[x.row()]).collect())
}

/// The gradients if nothing passes at these steps.
pub(super) fn cut<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    steps: &[Step],
) -> Option<Vec<Option<Var<'t, T>>>> {
    steps.iter().all(|step| recorded.find(step.place).is_some()).then_some(())?;
    let seed = recorded.tape.constant(cotangent);
    let cotangents = backwards(recorded.out, seed, |row, wrt, operands, d| {
        let here = Step { place: recorded.place(row), wrt };
        if steps.contains(&here) { None } else { row.prim().vjp(wrt, operands, row, d) }
    });
    Some(recorded.inputs.iter().map(|x| cotangents[x.row()]).collect())
}

/// The gradients if all that comes back from one row to another does so as one piece, which `derive` makes of what comes back
/// to the first.
pub(super) fn as_one<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    cotangent: &ArrayD<T>,
    [result, of]: [Var<'t, T>; 2],
    derive: impl FnOnce(Var<'t, T>) -> Result<Var<'t, T>, Inapplicable>,
) -> Result<Vec<Option<Var<'t, T>>>, Inapplicable> {
    let seed = recorded.tape.constant(cotangent);
    let rule = |row: Var<'t, T>, wrt: usize, operands: &[Var<'t, T>], d: Var<'t, T>| {
        row.prim().vjp(wrt, operands, row, d)
    };
    let d = backwards(recorded.out, seed, rule)[result.row()].ok_or(Inapplicable)?;
    let seeds = [(recorded.out, seed), (of, derive(d)?)];
    // Nothing else comes back by the rows between: they are the piece.
    let cotangents = backwards_from(recorded.out, &seeds, |row, wrt, operands, d| {
        if row.row() == result.row() { None } else { rule(row, wrt, operands, d) }
    });
    Ok(recorded.inputs.iter().map(|x| cotangents[x.row()]).collect())
}

fn term<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    change: &Change,
    row: Var<'t, T>,
    wrt: usize,
    d: Var<'t, T>,
) -> Term<'t, T> {
    let place = recorded.place(row);
    let (prim, operands) = (row.prim(), row.operands());
    let right = || prim.vjp(wrt, &operands, row, d);
    Ok(match change {
        Change::Select(at, mask) if *at == place => return select(recorded, *mask, row, wrt, d),
        // An index gets nothing.
        Change::Tie(at, _) if *at == place && place.prim == "take_along" && wrt > 0 => None,
        Change::Tie(at, tie) if *at == place => return at_tie(*tie, row, wrt, d),
        Change::Exchanged(at) if *at == place => prim.vjp(1 - wrt, &operands, row, d),
        Change::Rule(steps, how) if steps.contains(&Step { place, wrt }) => {
            // Of two uses by one row, what passes as it came passes once.
            let first = steps.iter().find(|step| step.place == place).is_none_or(|step| step.wrt == wrt);
            let repeated = operands.len() == 2 && operands[0].row() == operands[1].row();
            return if *how == How::Passed && repeated && !first {
                Ok(None)
            } else {
                rule(recorded, *how, row, wrt, d)
            };
        }
        Change::Doubled { lost, .. } if lost.contains(&Step { place, wrt }) => None,
        Change::Doubled { kept, .. } if kept.contains(&Step { place, wrt }) => {
            right().map(|term| term + term)
        }
        Change::Only { at: Some(at), axis, last } if *at == place => {
            right().map(|term| only(term, *axis, *last)).transpose()?
        }
        Change::OnlyTerm { of, axis, last } if *of == (Step { place, wrt }) => {
            prim.vjp(wrt, &operands, row, only(d, *axis, *last)?)
        }
        Change::Arranged(of, how) if *of == (Step { place, wrt }) => {
            prim.vjp(wrt, &operands, row, how.of(d)?)
        }
        Change::Undone(at, by) if *at == place => {
            let by = operands[*by];
            prim.vjp(wrt, &operands, row, if place.prim == "div" { d * by } else { d / by })
        }
        Change::Forwards(at) if *at == place => {
            Some(recorded.tape.try_apply(&prim, &[d]).map_err(|_| Inapplicable)?)
        }
        Change::Scatter(at, how) if *at == place && wrt == 0 => return scatter(*how, row, d),
        Change::Windows(places, how) if places.contains(&place) => {
            return window(recorded, places, *how, row, d);
        }
        _ => right(),
    })
}

fn select<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    mask: Mask,
    row: Var<'t, T>,
    wrt: usize,
    d: Var<'t, T>,
) -> Term<'t, T> {
    let (tape, prim, operands) = (row.tape(), row.prim(), row.operands());
    let masked = |mask: Var<'t, T>| prim.vjp(wrt, &[mask, operands[1], operands[2]], row, d);
    Ok(match mask {
        Mask::Missing(branch) if branch == wrt => Some(d),
        Mask::Missing(_) => masked(operands[0]),
        Mask::Always(branch) => (branch == wrt).then_some(d),
        Mask::Both => Some(d),
        Mask::Inverted => masked(operands[0].eq(operands[0].lift(0.0))),
        Mask::AtTies => {
            let (mask, pair) = (operands[0], operands[0].operands());
            masked(match mask.prim().name() {
                "le" => pair[0].lt(pair[1]),
                "lt" => pair[0].le(pair[1]),
                "ge" => pair[0].gt(pair[1]),
                "gt" => pair[0].ge(pair[1]),
                _ => return Err(Inapplicable),
            })
        }
        Mask::Of(other) => {
            let other = match other {
                Other::Row(place) => recorded.find(place).ok_or(Inapplicable)?,
                Other::Cotangent => d,
            };
            let (mask, pair) = (operands[0], operands[0].operands());
            let [first, second] = pair.as_slice() else { return Err(Inapplicable) };
            if other.dims() != first.dims() || other.row() == first.row() {
                return Err(Inapplicable);
            }
            masked(tape.try_apply(&mask.prim(), &[other, *second]).map_err(|_| Inapplicable)?)
        }
    })
}

fn at_tie<'t, T: Float>(tie: Tie, row: Var<'t, T>, wrt: usize, d: Var<'t, T>) -> Term<'t, T> {
    let (operands, zero) = (row.operands(), d.lift(0.0));
    let pick = |mask: Var<'t, T>| Some(mask.select(d, zero));
    Ok(match (row.prim().name(), operands.as_slice()) {
        ("abs", [x]) => match tie {
            Tie::First => Some(Var::ge(*x, zero).select(d, -d)),
            _ => Some(Var::gt(*x, zero).select(d, -d)),
        },
        (name @ ("maximum" | "minimum"), [a, b]) => {
            let (mine, other) = if wrt == 0 { (*a, *b) } else { (*b, *a) };
            let [more, equal] = if name == "maximum" {
                [mine.gt(other), mine.ge(other)]
            } else {
                [mine.lt(other), mine.le(other)]
            };
            match (tie, wrt) {
                (Tie::Each, _) | (Tie::First, 0) | (Tie::Last, 1) => pick(equal),
                _ => pick(more),
            }
        }
        ("max", [x]) => {
            // The axes that were reduced are those that the rule's own sum goes over: the cotangent's shape, spread.
            let share = row.prim().vjp(0, &operands, row, d).ok_or(Inapplicable)?;
            let winners = row
                .prim()
                .vjp(0, &operands, row, row.lift(1.0).broadcast_to(row.shape()))
                .ok_or(Inapplicable)?;
            let weights = one_of_each(tie, &x.shape(), &winners.value().into_owned(), row.len())?;
            Some(share * row.tape().constant(weights))
        }
        ("take_along", [x, _]) if wrt == 0 => {
            let (axis, smallest) = by_place(row).ok_or(Inapplicable)?;
            let values = x.peek().mapv(|x| if smallest { -x.to_f64() } else { x.to_f64() });
            let weights = winners(&values.into_owned(), axis, tie);
            Some(d.broadcast_to(x.shape()) * row.tape().constant(weights.mapv(T::from_f64)))
        }
        _ => return Err(Inapplicable),
    })
}

/// The axis along which a row looks up the largest element of each line by its place, or the smallest.
pub(super) fn by_place<T: Float>(row: Var<'_, T>) -> Option<(usize, bool)> {
    let [x, index] = row.operands()[..] else { return None };
    let mut place = index;
    while matches!(place.prim().name(), "reshape" | "broadcast") {
        place = place.operands()[0];
    }
    let smallest = match place.prim().name() {
        "argmax" => false,
        "argmin" => true,
        _ => return None,
    };
    let Family::Order(order) = &place.prim().0 else { return None };
    (place.operands()[0].row() == x.row()).then_some(())?;
    Some((order.axis()?, smallest))
}

/// What each of the largest along an axis gets.
fn winners(x: &ArrayD<f64>, axis: usize, tie: Tie) -> ArrayD<f64> {
    let mut weights = ArrayD::zeros(x.raw_dim());
    for (x, mut weights) in x.lanes(Axis(axis)).into_iter().zip(weights.lanes_mut(Axis(axis))) {
        let top = x.fold(f64::NEG_INFINITY, |top, x| top.max(*x));
        let largest: Vec<usize> = (0..x.len()).filter(|&i| x[i] >= top).collect();
        let chosen = match tie {
            Tie::First => largest.first().into_iter().copied().collect(),
            Tie::Last => largest.last().into_iter().copied().collect(),
            Tie::Each | Tie::Shared => largest,
            Tie::Everyone => (0..x.len()).collect(),
            Tie::None => Vec::new(),
        };
        let share = if tie == Tie::Shared { 1.0 / count(chosen.len().max(1)) } else { 1.0 };
        for i in chosen {
            weights[i] = share;
        }
    }
    weights
}

/// What shares are to be multiplied by so that one of those that share gets all, or each does. The winners' shares are
/// 1/count each, along whatever axes.
fn one_of_each<T: Float>(
    tie: Tie,
    shape: &[usize],
    shares: &ArrayD<T>,
    results: usize,
) -> Result<ArrayD<T>, Inapplicable> {
    let mut weights = shares
        .as_standard_layout()
        .mapv(|share| if share == T::zero() { T::zero() } else { T::one() / share });
    if tie == Tie::Each {
        return Ok(weights);
    }
    // One axis, or all of them: which is told by the number of results.
    let n: usize = shape.iter().product();
    if results == 1 {
        let all = weights.as_slice_mut().ok_or(Inapplicable)?;
        keep_one(all.iter_mut(), tie);
        return Ok(weights);
    }
    let axis = (0..shape.len()).find(|&axis| {
        n / shape[axis].max(1) == results
            && shares
                .lanes(Axis(axis))
                .into_iter()
                .all(|lane| (lane.iter().map(|x| x.to_f64()).sum::<f64>() - 1.0).abs() < 1e-3)
    });
    for lane in weights.lanes_mut(Axis(axis.ok_or(Inapplicable)?)) {
        keep_one(lane.into_iter(), tie);
    }
    Ok(weights)
}

fn keep_one<'a, T: Float>(lane: impl DoubleEndedIterator<Item = &'a mut T>, tie: Tie) {
    let mut found = false;
    let mut visit = |weight: &mut T| {
        if *weight != T::zero() {
            if found {
                *weight = T::zero();
            }
            found = true;
        }
    };
    if tie == Tie::First { lane.for_each(&mut visit) } else { lane.rev().for_each(&mut visit) }
}

fn rule<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    how: How,
    row: Var<'t, T>,
    wrt: usize,
    d: Var<'t, T>,
) -> Term<'t, T> {
    let (tape, prim, operands) = (row.tape(), row.prim(), row.operands());
    let on = |operands: &[Var<'t, T>]| -> Term<'t, T> {
        let out = tape.try_apply(&prim, operands).map_err(|_| Inapplicable)?;
        Ok(prim.vjp(wrt, operands, out, d))
    };
    match how {
        How::Swapped => on(&operands.iter().rev().copied().collect::<Vec<_>>()),
        How::AtResult => on(&[row]),
        How::ByResult => {
            let slope = points::by_result(prim.name(), operands[0]).ok_or(Inapplicable)?;
            Ok(Some(d * slope))
        }
        How::Instead(operand, Other::Row(place)) => {
            let other = recorded.find(place).ok_or(Inapplicable)?;
            let mut operands = operands.to_vec();
            if other.dims() != operands[operand].dims() || other.row() == operands[operand].row() {
                return Err(Inapplicable);
            }
            operands[operand] = other;
            on(&operands)
        }
        How::Instead(operand, Other::Cotangent) => {
            let mut operands = operands.to_vec();
            operands[operand] = d;
            on(&operands)
        }
        How::Passed => Ok(Some(d)),
        How::Turned(operand) => {
            let mut operands = operands.to_vec();
            let shape = operands[operand].dims();
            if shape[shape.len() - 1] != shape[shape.len() - 2] {
                return Err(Inapplicable);
            }
            operands[operand] = operands[operand].swap_axes(-1, -2);
            Ok(prim.vjp(wrt, &operands, row, d))
        }
    }
}

/// Adjoints of look-up that do not add up.
fn scatter<'t, T: Float>(how: Scatter, row: Var<'t, T>, d: Var<'t, T>) -> Term<'t, T> {
    let (prim, operands) = (row.prim(), row.operands());
    let back = |d: Var<'t, T>| prim.vjp(0, &operands, row, d).ok_or(Inapplicable);
    match how {
        Scatter::Divides => {
            let uses = back(d.lift(1.0).broadcast_to(d.shape()))?;
            Ok(Some(back(d)?.azdiv(uses)))
        }
        Scatter::Overwrites => overwritten(row, d),
    }
}

/// What is left where each is written over what was there before.
fn overwritten<'t, T: Float>(row: Var<'t, T>, d: Var<'t, T>) -> Term<'t, T> {
    let (prim, operands) = (row.prim(), row.operands());
    let n = d.len();
    // Look the places up of a table of places: which element each came from.
    let table = ArrayD::from_shape_vec(
        operands[0].shape(),
        (0..operands[0].len()).map(|i| T::from_f64(count(i))).collect(),
    );
    let table = row.tape().constant(table.map_err(|_| Inapplicable)?);
    let from = row.tape().try_apply(&prim, &[table, operands[1]]).map_err(|_| Inapplicable)?.value();
    let from: Vec<f64> = from.iter().map(|x| x.to_f64()).collect();
    let kept: Vec<T> =
        (0..n).map(|i| if from[i + 1..].contains(&from[i]) { T::zero() } else { T::one() }).collect();
    let kept = ArrayD::from_shape_vec(d.shape(), kept).map_err(|_| Inapplicable)?;
    Ok(prim.vjp(0, &operands, row, d * row.tape().constant(kept)))
}

/// Of windows over one array, where each puts what comes back.
fn window<'t, T: Float>(
    recorded: &Recorded<'t, T>,
    places: &[Place],
    how: Windows,
    row: Var<'t, T>,
    d: Var<'t, T>,
) -> Term<'t, T> {
    let rows: Vec<Var<'t, T>> =
        places.iter().map(|place| recorded.find(*place)).collect::<Option<_>>().ok_or(Inapplicable)?;
    let mine = rows.iter().position(|other| other.row() == row.row()).ok_or(Inapplicable)?;
    let back = |window: Var<'t, T>, d: Var<'t, T>| {
        window.prim().vjp(0, &window.operands(), window, d).ok_or(Inapplicable)
    };
    let over: &[Var<'t, T>] = match how {
        Windows::Reversed => return Ok(Some(back(rows[rows.len() - 1 - mine], d)?)),
        Windows::LastWins => &rows[mine + 1..],
        Windows::FirstWins => &rows[..mine],
    };
    let mut term = back(row, d)?;
    for other in over {
        let ones = d.lift(1.0).broadcast_to(other.shape());
        term = back(*other, ones)?.eq(d.lift(0.0)).select(term, d.lift(0.0));
    }
    Ok(Some(term))
}
