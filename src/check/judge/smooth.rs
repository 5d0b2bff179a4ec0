//! Where branches meet smoothly, the function is right and the conventions of its branches are not.
//!
//! max(x, 0) + ln(1 + e^−|x|) is softplus, with the slope ½ at 0; but there the derivatives of both terms are a matter of
//! convention, 0 and 0, and a tape adds up conventions. Differences know none: where they find one slope, and it is that which
//! was given, what was given is right.

use super::examine::Scene;
use crate::check::ask::subject::{Recorded, Subject};
use crate::check::cases::values::mix;
use crate::check::oracle::difference::{LARGEST, difference};
use crate::check::oracle::evaluate::{paired, value};
use crate::check::oracle::number::ORDERS;
use crate::{Float, Kind, Tape, Var, random};
use ndarray::{ArrayD, IxDyn, Zip};

/// How closely differences are trusted, as a part of the terms that add up to a slope; what the given ones rounded comes on top.
const TRUSTED: f64 = 1e-6;

/// Along so many random directions the slope must be that which was given: an element that is wrong shows in each of them.
const DIRECTIONS: usize = 2;

impl<T: Float> Scene<T> {
    /// Whether a choice is made between equals, or something has a kink where it is.
    pub fn has_ties(&self, subject: &Subject<'_, T>) -> bool {
        let tape = Tape::new();
        any_tied(subject.record(&self.sample, &tape, &self.inputs).out)
    }

    /// Whether a choice is tied here, and the elements of this gradient that differ from the tape's are the slope of the
    /// function nevertheless, as differences have it from either side.
    #[allow(clippy::float_cmp)] // What did not move is the same.
    pub fn is_smooth_at_a_tie(&self, subject: &Subject<'_, T>, input: usize) -> bool {
        let differing: Vec<(IxDyn, f64)> = self.differing(input).collect();
        if differing.iter().any(|(_, given)| !given.is_finite()) {
            return false;
        }
        let tape = Tape::new();
        let Recorded { inputs: vars, out, .. } = subject.record(&self.sample, &tape, &self.inputs);
        if !any_tied(out) {
            return false;
        }
        let x = self.inputs[input].mapv(T::to_f64);
        let epsilon: f64 = T::EPSILON.to_f64();
        let least = x.iter().map(|x| x.abs()).filter(|x| *x > 0.0).fold(f64::INFINITY, f64::min);
        let size = |x: f64| if x == 0.0 { least.min(1.0) } else { x.abs() };
        (0..DIRECTIONS).all(|turn| {
            let mut direction = ArrayD::zeros(x.raw_dim());
            let (mut says, mut scale) = (0.0, 0.0);
            for (i, (at, given)) in differing.iter().enumerate() {
                let bits = mix(mix(self.sample.seed(), 900 + turn), i);
                let part = 0.5 + random::part(bits, 53);
                direction[at] = size(x[at]) * if bits & 1 == 0 { part } else { -part };
                let term: f64 = given * direction[at];
                (says, scale) = (says + term, scale + term.abs());
            }
            let moved = |t: f64| vec![(vars[input], &x + &(&direction * t))];
            // Results that do not move would only hide, by what they round off, those that do.
            let [low, here, high] = [-LARGEST, 0.0, LARGEST].map(|t| value(&moved(t), out));
            let mut cotangent = self.cotangent.mapv(T::to_f64);
            Zip::from(&mut cotangent).and(&low).and(&here).and(&high).for_each(
                |cotangent, low, here, high| {
                    if low == here && high == here {
                        *cotangent = 0.0;
                    }
                },
            );
            let along = |t: f64| paired(&moved(t), out, &cotangent);
            // One quotient, before many.
            let h = 1.0 / 1024.0;
            let near = ((along(h) - along(-h)) / (2.0 * h) - says).abs() <= 0.01 * scale;
            near && {
                let swept = difference(along, 0.0);
                let room = (TRUSTED + ORDERS * epsilon) * scale;
                !swept.is_kink()
                    && swept.uncertainty <= room
                    && (swept.slope - says).abs() <= room
                    && [swept.left, swept.right]
                        .iter()
                        .all(|side| (side - says).abs() <= room + 4.0 * swept.one_sided_uncertainty)
            }
        })
    }
}

/// Whether one of the rows up to this one is.
fn any_tied<T: Float>(out: Var<'_, T>) -> bool {
    out.tape().vars().take(out.row() + 1).any(is_tied)
}

/// Whether a choice is made between equals in this row, or it has a kink where it is.
#[allow(clippy::float_cmp)] // Equal is what is asked.
fn is_tied<T: Float>(row: Var<'_, T>) -> bool {
    let operands: Vec<ArrayD<f64>> =
        row.operands().iter().map(|operand| operand.peek().mapv(T::to_f64).into_owned()).collect();
    let kinks = row.prim().domain().kinks;
    match operands.as_slice() {
        [a] => kinks.is_some_and(|kinks| a.iter().any(|a| kinks.contains(&[*a]))),
        [a, b] if a.shape() == b.shape() => a.iter().zip(b).any(|(a, b)| {
            kinks.is_some_and(|kinks| kinks.contains(&[*a, *b])) || row.kind() == Kind::Mask && a == b
        }),
        _ => false,
    }
}
