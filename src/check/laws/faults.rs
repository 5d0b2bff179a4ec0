//! Faults, put into the rules on purpose: the laws must notice every one.

use super::{Extent, Layout, Tally, examine};
use crate::check::cases::values;
use crate::check::judge::quiet;
use crate::check::oracle::sweep::Rules;
use crate::{Float, Prim, Var};
use std::cell::Cell;

/// The library's rules with a fault in one.
struct Faulty<'a> {
    prim: &'static str,
    fault: Fault,
    /// Set once the fault has changed a term.
    differs: &'a Cell<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Of the rule for the cotangent of this operand.
    Vjp(usize, Change),
    /// Of the rule for tangents.
    Jvp(Change),
    /// Of the rule for tangents: the tangent of this operand is forgotten.
    TangentLost(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Nudged,
    Negated,
    Doubled,
    Dropped,
    /// The cotangent or tangent that arrives is taken to be 1.
    Ignored,
    /// It arrives backwards along all its axes.
    Backwards,
    /// Operands in the wrong order.
    Swapped,
    /// The rule of another operand.
    OfAnother,
    /// The result in the place of the first operand.
    ResultForOperand,
    /// The first operand in the place of the result.
    OperandForResult,
    /// Transposed, where that has the same shape.
    Transposed,
    /// A row too far along the first axis.
    Rolled,
    /// Only where the array has several elements along its first axis: those after the first are lost.
    FirstOnly,
    /// The mean over the cotangent's elements for each operand element instead of their sum.
    Averaged,
    /// The product of what arrives with the slope is IEEE's, in which 0 · ∞ is NaN, where it should be absolute.
    Plain,
}

const CHANGES: [Change; 15] = [
    Change::Nudged,
    Change::Negated,
    Change::Doubled,
    Change::Dropped,
    Change::Ignored,
    Change::Backwards,
    Change::Swapped,
    Change::OfAnother,
    Change::ResultForOperand,
    Change::OperandForResult,
    Change::Transposed,
    Change::Rolled,
    Change::FirstOnly,
    Change::Averaged,
    Change::Plain,
];

const JVP_CHANGES: [Change; 8] = [
    Change::Nudged,
    Change::Negated,
    Change::Doubled,
    Change::Dropped,
    Change::Transposed,
    Change::Rolled,
    Change::FirstOnly,
    Change::Plain,
];

/// What is done to a term after the rule has made it.
fn after<T: Float>(change: Change, term: Var<'_, T>, from: usize) -> Option<Var<'_, T>> {
    let shape = term.shape();
    let rows = shape.first().copied().unwrap_or(0);
    Some(match change {
        Change::Nudged => term * term.lift(1.0 + 1e-6),
        Change::Negated => -term,
        Change::Doubled => term + term,
        Change::Dropped => return None,
        Change::Transposed if shape.len() > 1 && shape.iter().all(|&n| n == shape[0]) => {
            let order: Vec<usize> = (0..shape.len()).rev().collect();
            term.permute(order.as_slice())
        }
        Change::Rolled if rows > 1 => {
            let order: Vec<usize> = (0..rows).map(|row| (row + 1) % rows).collect();
            term.take(0, &order)
        }
        Change::FirstOnly if rows > 1 => {
            let keep = term.narrow(0, 0, 1);
            let rest = term.narrow(0, 1, rows - 1);
            term.tape().concat(0, [keep, rest * rest.lift(0.0)])
        }
        // As many cotangent elements as there are to one of the operand's.
        Change::Averaged if !term.is_empty() && from > term.len() => {
            term / term.lift(values::count(from / term.len()))
        }
        Change::Transposed
        | Change::Rolled
        | Change::FirstOnly
        | Change::Averaged
        | Change::Ignored
        | Change::Backwards
        | Change::Swapped
        | Change::OfAnother
        | Change::ResultForOperand
        | Change::OperandForResult
        | Change::Plain => term,
    })
}

/// Ones of its shape.
fn ones<T: Float>(like: Var<'_, T>) -> Var<'_, T> {
    like.tape().constant(ndarray::ArrayD::from_elem(like.shape(), T::one()))
}

impl Faulty<'_> {
    fn note<T: Float>(&self, right: Option<Var<'_, T>>, wrong: Option<Var<'_, T>>) {
        let values = |term: Option<Var<'_, T>>| -> (Vec<usize>, Vec<f64>) {
            term.map_or((Vec::new(), Vec::new()), |term| {
                (term.shape(), term.peek().iter().map(|x| x.to_f64()).collect())
            })
        };
        let ((_, right), (_, wrong)) = (values(right), values(wrong));
        // More than rounding: where operands stand alike, another order of them rounds otherwise.
        let near = 0.1 * T::EPSILON.to_f64().sqrt();
        let far =
            |(a, b): (&f64, &f64)| a.is_nan() != b.is_nan() || (a - b).abs() > near * (a.abs() + b.abs());
        let nonzero = |x: &[f64]| x.iter().any(|x| *x != 0.0);
        let differs = if right.len() == wrong.len() {
            right.iter().zip(&wrong).any(far)
        } else {
            nonzero(&right) || nonzero(&wrong)
        };
        self.differs.set(self.differs.get() || differs);
    }
}

impl Rules for Faulty<'_> {
    fn vjp<'t, T: Float>(
        &self,
        prim: &Prim,
        wrt: usize,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        cotangent: Var<'t, T>,
    ) -> Option<Var<'t, T>> {
        let right = prim.vjp(wrt, operands, out, cotangent);
        let Fault::Vjp(at, change) = self.fault else { return right };
        if prim.name() != self.prim || at != wrt {
            return right;
        }
        let last = operands.len() - 1;
        let alike = operands.iter().all(|operand| operand.shape() == out.shape());
        let mut others = operands.to_vec();
        let term = match change {
            Change::Ignored => prim.vjp(wrt, operands, out, cotangent.lift(1.0)),
            Change::Backwards if cotangent.ndim() > 0 => {
                let axes: Vec<isize> =
                    (0..cotangent.ndim()).map(|axis| isize::try_from(axis).expect("few axes")).collect();
                prim.vjp(wrt, operands, out, cotangent.flip(axes.as_slice()))
            }
            Change::Swapped if last > 0 && alike => {
                others.swap(last - 1, last);
                prim.vjp(wrt, &others, out, cotangent)
            }
            Change::OfAnother if last > 0 && alike => {
                prim.vjp(if wrt == last { last - 1 } else { last }, operands, out, cotangent)
            }
            Change::ResultForOperand if alike => {
                others[0] = out;
                prim.vjp(wrt, &others, out, cotangent)
            }
            Change::OperandForResult if alike => prim.vjp(wrt, operands, operands[0], cotangent),
            Change::Plain if prim.kernel::<T>().is_some() => {
                prim.vjp(wrt, operands, out, ones(cotangent)).map(|slope| cotangent * slope)
            }
            _ => right,
        };
        let wrong = term.and_then(|term| after(change, term, cotangent.len()));
        self.note(right, wrong);
        wrong
    }

    fn jvp<'t, T: Float>(
        &self,
        prim: &Prim,
        operands: &[Var<'t, T>],
        out: Var<'t, T>,
        tangents: &[Option<Var<'t, T>>],
    ) -> Option<Var<'t, T>> {
        let right = prim.jvp(operands, out, tangents);
        if prim.name() != self.prim {
            return right;
        }
        let wrong = match self.fault {
            Fault::Vjp(..) => return right,
            Fault::Jvp(Change::Plain) if prim.kernel::<T>().is_some() => {
                let each = tangents.iter().enumerate().filter_map(|(operand, tangent)| {
                    let mut alone = vec![None; tangents.len()];
                    alone[operand] = Some(ones((*tangent)?));
                    Some((*tangent)? * prim.jvp(operands, out, &alone)?)
                });
                each.reduce(|a, b| a + b)
            }
            Fault::Jvp(change) => right.and_then(|term| after(change, term, term.len())),
            Fault::TangentLost(operand) => {
                let mut tangents = tangents.to_vec();
                *tangents.get_mut(operand)? = None;
                if tangents.iter().all(Option::is_none) { None } else { prim.jvp(operands, out, &tangents) }
            }
        };
        self.note(right, wrong);
        wrong
    }

    fn known(&self) -> bool {
        !self.differs.get()
    }
}

/// Whether the laws notice it, or there is nothing to notice: no term was changed anywhere.
fn fate(prim: &Prim, fault: Fault) -> Fate {
    let differs = Cell::new(false);
    let faulty = Faulty { prim: prim.name(), fault, differs: &differs };
    // A rule that gives another shape than the operand's panics where cotangents are added up, or is not equal.
    // A plain product shows only where something is 0 and another infinite; all others show at smooth points.
    let anywhere = matches!(fault, Fault::Vjp(_, Change::Plain) | Fault::Jvp(Change::Plain));
    let layouts = &[Layout::contiguous()];
    let extent = Extent { layouts, pairs_one_in: 7, layouts_one_in: 1, up_to_a_failure: true, anywhere };
    let tally = quiet::catch(|| examine(&faulty, prim, extent));
    match tally {
        Err(_) => Fate::Caught,
        Ok(Tally { failures, .. }) if !failures.is_empty() => Fate::Caught,
        Ok(_) if differs.get() => Fate::Missed,
        Ok(_) => Fate::None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Caught,
    Missed,
    /// Not a fault: every term stays as it was, as with the operands of a sum in the wrong order.
    None,
}

fn faults(prim: &Prim) -> Vec<Fault> {
    let operands = prim.arity().unwrap_or(2);
    let vjps = (0..operands).flat_map(|wrt| CHANGES.map(|change| Fault::Vjp(wrt, change)));
    let lost = (0..operands).filter(|_| operands > 1).map(Fault::TangentLost);
    vjps.chain(JVP_CHANGES.map(Fault::Jvp)).chain(lost).collect()
}

#[test]
fn every_fault_is_noticed() {
    notice(0);
}

#[test]
fn every_other_fault_is_noticed() {
    notice(1);
}

/// The faults of every second primitive: two tests, for two threads.
fn notice(first: usize) {
    let mut prims = Prim::all();
    prims.dedup_by_key(|prim| prim.name());
    let prims: Vec<Prim> = prims.into_iter().skip(first).step_by(2).collect();
    // Every second fault, unless there is time.
    let every = if std::env::var_os("WENGERT_THOROUGH").is_some() { 1 } else { 2 };
    let mut counts = [0; 2];
    let mut missed = Vec::new();
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for prim in prims.iter().filter(|prim| prim.arity() != Some(0)) {
        for fault in faults(prim).into_iter().skip(first % every).step_by(every) {
            match fate(prim, fault) {
                Fate::Caught => {
                    counts[0] += 1;
                    *kinds.entry(format!("{fault:?}")).or_default() += 1;
                }
                Fate::None => counts[1] += 1,
                Fate::Missed => missed.push(format!("{}: {fault:?}", prim.name())),
            }
        }
    }
    println!("{} faults noticed; {} changes that change no term, and are none", counts[0], counts[1]);
    for (kind, count) in &kinds {
        println!("{count:4} {kind}");
    }
    assert!(missed.is_empty(), "not noticed: {missed:#?}");
    assert!(counts[0] >= 200 / every, "{}", counts[0]);
}
