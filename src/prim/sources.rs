//! Which elements of its operands an element of a result was computed from, as far as they are infinite or NaN.

use super::{Family, Fold, FoldOp, Index, Pick, Prim, View, Zip};
use crate::array::{Room, Shape, Value, size_of};

/// A row's operands and result, written out in row-major order.
pub(crate) struct Elements {
    pub shapes: Vec<Vec<usize>>,
    pub operands: Vec<Vec<f64>>,
    pub shape: Vec<usize>,
    pub result: Vec<f64>,
}

impl Prim {
    /// Calls with each operand, element of it that is infinite or NaN (or `every` one), and element of the result into
    /// which that went: not where it was not chosen.
    pub(crate) fn sources(&self, of: &Elements, every: bool, visit: &mut dyn FnMut(usize, usize, usize)) {
        let mut visit = |operand: usize, from: usize, to: usize| {
            if every || !of.operands[operand][from].is_finite() {
                visit(operand, from, to);
            }
        };
        match &self.0 {
            // Of their numbers none is infinite.
            Family::Leaf(_) | Family::Order(_) => {}
            Family::Map(_) | Family::Zip(_) | Family::Weighted(_) | Family::Pick(_) => {
                for at in 0..of.result.len() {
                    let goes_in = |operand: &usize| {
                        self.goes_into(of, *operand, at) && (every || self.counts(of, *operand, at))
                    };
                    (0..of.operands.len()).filter(goes_in).for_each(|operand| visit(operand, at, at));
                }
            }
            Family::View(view) => of_view(view, of, &mut visit),
            Family::Index(index) => of_index(**index, of, &mut visit),
            Family::Fold(fold) => of_fold(*fold, of, every, &mut visit),
            Family::Dot(_) => of_dot(of, every, &mut visit),
        }
    }

    /// Whether an operand that is infinite or NaN would make the result so by itself, were the others finite: the divisor
    /// of ∞ / ∞ would not, nor the base of (−∞)⁰. If none would by itself, all count.
    fn counts(&self, of: &Elements, operand: usize, at: usize) -> bool {
        let odd = |operand: usize| !of.operands[operand][at].is_finite();
        let others = (0..of.operands.len()).filter(|&other| odd(other)).count();
        let Some(kernel) = self.kernel::<f64>().filter(|_| others > 1) else { return true };
        let alone = |operand: usize| {
            let mut numbers = [0.0; 3];
            for (other, number) in numbers.iter_mut().enumerate().take(of.operands.len()) {
                *number = if other != operand && odd(other) { 0.5 } else { of.operands[other][at] };
            }
            let [a, b, c] = numbers;
            !(kernel.scalar)(a, b, c).is_finite()
        };
        alone(operand) || (0..of.operands.len()).filter(|&other| odd(other)).all(|other| !alone(other))
    }

    /// Of an elementwise primitive.
    fn goes_into(&self, of: &Elements, operand: usize, at: usize) -> bool {
        match self.0 {
            Family::Pick(Pick::Select) => operand == if of.operands[0][at] == 0.0 { 2 } else { 1 },
            Family::Zip(Zip::Max | Zip::Min) => {
                let (own, result) = (of.operands[operand][at], of.result[at]);
                own.is_nan() == result.is_nan() && (own.is_nan() || own.to_bits() == result.to_bits())
            }
            _ => true,
        }
    }
}

/// The place of each element among its like, as numbers that a primitive which rearranges can be run on; `shifted` by ½.
#[allow(clippy::cast_precision_loss)] // No array has 2⁵² elements.
fn numbered(shape: &[usize], first: usize, shift: f64) -> Value<f64> {
    let numbers = (0..size_of(shape)).map(|i| (first + i) as f64 + shift).collect();
    Value::from_vec(shape, numbers)
}

fn of_view(view: &View, of: &Elements, visit: &mut dyn FnMut(usize, usize, usize)) {
    let firsts: Vec<usize> = of
        .operands
        .iter()
        .scan(0, |first, operand| {
            let own = *first;
            *first += operand.len();
            Some(own)
        })
        .collect();
    let moved = |shift: f64| -> Vec<f64> {
        let operands: Vec<Value<f64>> =
            of.shapes.iter().zip(&firsts).map(|(shape, first)| numbered(shape, *first, shift)).collect();
        let prim = Prim(Family::View(view.clone().into()));
        let moved = prim.eval(&operands.iter().collect::<Vec<_>>(), &Room::default());
        moved.map_or_else(|_| Vec::new(), |moved| moved.view().iter().copied().collect())
    };
    // What does not move with the numbers is what is put around them.
    for (to, (place, shifted)) in moved(0.0).into_iter().zip(moved(0.5)).enumerate() {
        if shifted > place {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is a place.
            let place = place as usize;
            let operand = firsts.partition_point(|first| *first <= place) - 1;
            visit(operand, place - firsts[operand], to);
        }
    }
}

fn of_index(index: Index, of: &Elements, visit: &mut dyn FnMut(usize, usize, usize)) {
    let places = Value::from_vec(&of.shapes[1], of.operands[1].clone());
    let run = |index: Index, numbers: Value<f64>| -> Vec<f64> {
        let found = Prim::index(index).eval(&[&numbers, &places], &Room::default());
        found.map_or_else(|_| Vec::new(), |found| found.view().iter().copied().collect())
    };
    let look_up = if index.is_adjoint() { index.adjoint(&of.shapes[0]) } else { index };
    let numbers =
        if index.is_adjoint() { numbered(&of.shape, 0, 0.0) } else { numbered(&of.shapes[0], 0, 0.0) };
    for (at, place) in run(look_up, numbers).into_iter().enumerate() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It is a place.
        let place = place as usize;
        if index.is_adjoint() { visit(0, at, place) } else { visit(0, place, at) }
    }
}

/// The index of each axis of an element.
fn unravelled(shape: &[usize], mut at: usize) -> Shape {
    let mut index: Shape = shape.into();
    for (place, n) in index.iter_mut().zip(shape).rev() {
        *place = at % n;
        at /= n;
    }
    index
}

fn of_fold(fold: Fold, of: &Elements, every: bool, visit: &mut dyn FnMut(usize, usize, usize)) {
    let shape = &of.shapes[0];
    let from: Vec<usize> =
        (0..of.operands[0].len()).filter(|&from| every || !of.operands[0][from].is_finite()).collect();
    for from in from {
        let index = unravelled(shape, from);
        if fold.op == FoldOp::Cumsum {
            for to in 0..of.result.len() {
                let other = unravelled(shape, to);
                let is_later = |axis: usize| {
                    if fold.axes.contains(axis) {
                        other[axis] >= index[axis]
                    } else {
                        other[axis] == index[axis]
                    }
                };
                if (0..shape.len()).all(is_later) {
                    visit(0, from, to);
                }
            }
            continue;
        }
        let kept = (0..shape.len()).filter(|axis| !fold.axes.contains(*axis));
        let to = kept.fold(0, |to, axis| to * shape[axis] + index[axis]);
        let (own, result) = (of.operands[0][from], of.result[to]);
        // Of a maximum, the largest.
        if fold.op != FoldOp::Max
            || own.is_nan() == result.is_nan() && (own.is_nan() || own.to_bits() == result.to_bits())
        {
            visit(0, from, to);
        }
    }
}

fn of_dot(of: &Elements, every: bool, visit: &mut dyn FnMut(usize, usize, usize)) {
    let ([.., m, k], [.., n]) = (of.shapes[0].as_slice(), of.shapes[1].as_slice()) else { return };
    let (m, k, n) = (*m, *k, *n);
    for (from, _) in of.operands[0].iter().enumerate().filter(|(_, x)| every || !x.is_finite()) {
        let row = from / k;
        (0..n).for_each(|j| visit(0, from, row * n + j));
    }
    for (from, _) in of.operands[1].iter().enumerate().filter(|(_, x)| every || !x.is_finite()) {
        let (stack, j) = (from / (k * n), from % n);
        (0..m).for_each(|i| visit(1, from, (stack * m + i) * n + j));
    }
}
