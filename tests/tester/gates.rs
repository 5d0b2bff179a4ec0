//! Pieces and gates: functions that choose, and layers of which one half opens the other.

use super::activations::logistic;
use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use crate::by_hand;
use ndarray::{NdFloat, Zip};
use wengert::check::Mistake::*;

const SLOPE: f64 = 0.125;

fn leaky_relu_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>) -> A1<T> {
    let (a, one, zero): (T, T, T) = (c(SLOPE), T::one(), T::zero());
    let choose = |of: &A1<T>, yes: T, no: T| {
        Zip::from(dy).and(of).map_collect(|&dy, &x| dy * if x > zero { yes } else { no })
    };
    match version {
        "by masks" => {
            let mask = x.mapv(|x| if x > zero { one } else { zero });
            dy * &mask + dy * &mask.mapv(|m| a * (one - m))
        }
        // The slope is positive, so that the result has the operand's sign.
        "from the result" => choose(&x.mapv(|x| if x > zero { x } else { a * x }), one, a),
        "relu's" => choose(x, one, zero),
        "inverted" => choose(x, a, one),
        "mask of the cotangent" => choose(dy, one, a),
        "no mask" => dy.clone(),
        "everywhere the small slope" => dy.mapv(|dy| dy * a),
        "the small slope negative" => choose(x, one, -a),
        "the small slope added" => choose(x, one + a, a),
        "another small slope" => choose(x, one, c(0.01)),
        "the other side's slope at 0" => {
            Zip::from(dy).and(x).map_collect(|&dy, &x| if x >= zero { dy } else { a * dy })
        }
        "the cotangent forgotten" => x.mapv(|x| if x > zero { one } else { a }),
        _ => choose(x, one, a),
    }
}

fn leaky_relu<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.gt(T::zero()).select(x, x * T::from_f64(SLOPE)),
        move |dy: &A1<T>, x: &A1<T>| leaky_relu_by_hand(version, dy, x),
        ["x: n"],
        &[],
    )
}

fn leaky_relu_of_any_slope<T: Real>(exam: &Exam, version: &'static str) -> Found {
    leaky_relu::<T>(&exam.of_any_subgradient(), version)
}

fn relu6_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    let (six, zero): (T, T) = (c(6.0), T::zero());
    let only = |of: &A2<T>, within: &dyn Fn(T) -> bool| {
        Zip::from(dy).and(of).map_collect(|&dy, &x| if within(x) { dy } else { zero })
    };
    match version {
        "two masks" => {
            let mut dx = dy.clone();
            Zip::from(&mut dx).and(x).for_each(|dx, &x| {
                if x <= zero {
                    *dx = zero;
                }
            });
            Zip::from(&mut dx).and(x).for_each(|dx, &x| {
                if x > six {
                    *dx = zero;
                }
            });
            dx
        }
        "no mask" => dy.clone(),
        "the upper bound forgotten" => only(x, &|x| x > zero),
        "the lower bound forgotten" => only(x, &|x| x <= six),
        "inverted" => only(x, &|x| x <= zero || x > six),
        "mask of the cotangent" => only(dy, &|x| x > zero && x <= six),
        "a slope at 0" => only(x, &|x| x >= zero && x <= six),
        "no slope at 6" => only(x, &|x| x > zero && x < six),
        "divided by 6" => only(x, &|x| x > zero && x <= six) / six,
        "the function itself" => dy * &x.mapv(|x| x.max(zero).min(six)),
        _ => only(x, &|x| x > zero && x <= six),
    }
}

fn relu6<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| {
            let raised = x.relu();
            raised.gt(T::from_f64(6.0)).select(T::from_f64(6.0), raised)
        },
        move |dy: &A2<T>, x: &A2<T>| relu6_by_hand(version, dy, x),
        ["x: n d"],
        &[],
    )
}

fn clamp_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>, low: T, high: T) -> (A1<T>, T, T) {
    let zero = T::zero();
    let only = |within: &dyn Fn(T) -> bool| {
        Zip::from(dy).and(x).map_collect(|&dy, &x| if within(x) { dy } else { zero })
    };
    let (inside, below, above) = (only(&|x| x >= low && x <= high), only(&|x| x < low), only(&|x| x > high));
    match version {
        "the bounds swapped" => (inside, above.sum(), below.sum()),
        "the bounds held constant" => (inside, zero, zero),
        "the bounds negative" => (inside, -below.sum(), -above.sum()),
        "counts for sums" => {
            let count = |within: &dyn Fn(T) -> bool| size(x.iter().filter(|&&x| within(x)).count());
            (inside, count(&|x| x < low), count(&|x| x > high))
        }
        "no mask" => (dy.clone(), below.sum(), above.sum()),
        "inverted" => (only(&|x| x < low || x > high), below.sum(), above.sum()),
        "a mean" => {
            (inside, below.sum() / size::<T>(x.len().max(1)), above.sum() / size::<T>(x.len().max(1)))
        }
        _ => (inside, below.sum(), above.sum()),
    }
}

/// Both bounds are inputs, and far enough from each other not to cross.
fn clamp<T: Real>(exam: &Exam, version: &'static str) -> Found {
    use wengert::check::Values::Between;
    exam.backward(
        |[x, low, high]| x.clamp(low, high),
        move |dy: &A1<T>, x: &A1<T>, low: &ndarray::Array0<T>, high: &ndarray::Array0<T>| {
            clamp_by_hand(version, dy, x, low[()], high[()])
        },
        ["x: n", "low:", "high:"],
        &[("x", Between(-2.0, 2.0)), ("low", Between(-1.5, -0.5)), ("high", Between(0.5, 1.5))],
    )
}

/// silu(X·W) ⊙ (X·V), N. Shazeer's GLU variants of 2020.
fn swiglu_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>, w: &A2<T>, v: &A2<T>) -> [A2<T>; 3] {
    if version == "as published" {
        return by_hand::attention::swiglu_backward(dy, x, w, v).into();
    }
    let one = T::one();
    let (gate, up) = (x.dot(w), x.dot(v));
    let open = gate.mapv(|g| g * logistic(g));
    let slope = gate.mapv(|g| {
        let s = logistic(g);
        match version {
            "slope in another form" => s * (one + g * (one - s)),
            "the slope of sigmoid" => s * (one - s),
            "the slope's first term only" => s,
            "the slope's second term only" => g * s * (one - s),
            _ => s + g * s * (one - s),
        }
    });
    let dgate = match version {
        "up forgotten" => dy * &slope,
        "the gate's slope forgotten" => dy * &up,
        "gate and up swapped" => dy * &open,
        _ => dy * &up * &slope,
    };
    let dup = match version {
        "gate and up swapped" => dy * &up * &slope,
        "the gate before its silu" => dy * &gate,
        "sigmoid for silu" => dy * &gate.mapv(logistic),
        _ => dy * &open,
    };
    let dx = match version {
        "X by the gate only" => dgate.dot(&w.t()),
        "X by up only" => dup.dot(&v.t()),
        "W and V swapped in dX" => dgate.dot(&v.t()) + dup.dot(&w.t()),
        "one product" => {
            let both = ndarray::concatenate![ndarray::Axis(1), dgate, dup];
            both.dot(&ndarray::concatenate![ndarray::Axis(1), *w, *v].t())
        }
        _ => dgate.dot(&w.t()) + dup.dot(&v.t()),
    };
    [dx, x.t().dot(&dgate), x.t().dot(&dup)]
}

fn swiglu<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x, w, v]| x.matmul(w).silu() * x.matmul(v),
        move |dy: &A2<T>, x: &A2<T>, w: &A2<T>, v: &A2<T>| swiglu_by_hand(version, dy, x, w, v),
        ["X: n d", "W: d h", "V: d h"],
        &[],
    )
}

/// tanh(a) ⊙ sigmoid(b), the gate of `WaveNet`, halves of one array.
fn gated_tanh_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, x: &A2<T>) -> A2<T> {
    let one = T::one();
    let half = x.ncols() / 2;
    let (a, b) = x.view().split_at(ndarray::Axis(1), half);
    let (t, s) = (a.mapv(T::tanh), b.mapv(logistic));
    let da = match version {
        "tanh's slope forgotten" => dy * &s,
        "the other factor forgotten" => dy * &t.mapv(|t| one - t * t),
        "tanh's slope at its operand" => dy * &s * &a.mapv(|a| one - a * a),
        "zeros for the first half" => dy * &s * T::zero(),
        _ => dy * &s * &t.mapv(|t| one - t * t),
    };
    let db = match version {
        "sigmoid's slope forgotten" => dy * &t,
        "the other factor forgotten" => dy * &s.mapv(|s| s * (one - s)),
        "sigmoid's slope at its operand" => dy * &t * &b.mapv(|b| b * (one - b)),
        "the operand for tanh" => dy * &a * &s.mapv(|s| s * (one - s)),
        "with the slope of the other" => dy * &t * &s.mapv(|s| one - s * s),
        _ => dy * &t * &s.mapv(|s| s * (one - s)),
    };
    match version {
        "the halves swapped" => ndarray::concatenate![ndarray::Axis(1), db, da],
        "written in place" => {
            let mut dx = A2::zeros(x.raw_dim());
            dx.slice_mut(ndarray::s![.., ..half]).assign(&da);
            dx.slice_mut(ndarray::s![.., half..]).assign(&db);
            dx
        }
        _ => ndarray::concatenate![ndarray::Axis(1), da, db],
    }
}

fn gated_tanh<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.narrow(1, 0, 3).tanh() * x.narrow(1, 3, 3).sigmoid(),
        move |dy: &A2<T>, x: &A2<T>| gated_tanh_by_hand(version, dy, x),
        ["x: n 6"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("leaky relu", leaky_relu, right: ["", "by masks", "from the result"], wrong: [
        "relu's" [BranchLost],
        "inverted" [MaskInverted],
        "mask of the cotangent" [MaskFromWrongArray],
        "no mask" [MaskMissing, FactorMissing, BranchLost, Factor],
        "everywhere the small slope" [BranchLost, Factor, FactorMissing],
        "the small slope negative" [Sign],
        "the small slope added" [MaskMissing],
        "another small slope" [Factor],
        far "the other side's slope at 0" [MaskAtTies],
        "the cotangent forgotten" [CotangentIgnored],
    ]),
    function!("leaky relu, any slope at 0", leaky_relu_of_any_slope,
        right: ["", "the other side's slope at 0"], wrong: []),
    function!("relu6", relu6, right: ["", "two masks"], wrong: [
        "no mask" [MaskMissing],
        far "the upper bound forgotten" [MaskMissing],
        "the lower bound forgotten" [MaskMissing],
        "inverted" [MaskInverted],
        "mask of the cotangent" [MaskFromWrongArray],
        far "a slope at 0" [MaskAtTies],
        far "no slope at 6" [MaskAtTies],
        "divided by 6" [Factor],
        "the function itself" [],
    ]),
    function!("clamp", clamp, right: [""], wrong: [
        "the bounds swapped" [OperandsSwapped],
        "the bounds held constant" [Zeros],
        "the bounds negative" [Sign],
        "counts for sums" [CotangentIgnored],
        "no mask" [MaskMissing, FactorMissing],
        "inverted" [MaskInverted],
        "a mean" [MeanForSum],
    ]),
    function!("SwiGLU", swiglu, right: ["", "slope in another form", "one product", "as published"], wrong: [
        "the slope of sigmoid" [],
        "the slope's first term only" [PathLost],
        "the slope's second term only" [PathLost],
        "up forgotten" [FactorMissing],
        "the gate's slope forgotten" [FactorMissing],
        "gate and up swapped" [OperandsSwapped],
        "the gate before its silu" [WrongPoint, WrongOperand],
        "sigmoid for silu" [],
        "X by the gate only" [PathLost],
        "X by up only" [PathLost],
        "W and V swapped in dX" [OperandsSwapped],
    ]),
    function!("gated tanh", gated_tanh, right: ["", "written in place"], wrong: [
        "tanh's slope forgotten" [FactorMissing],
        "sigmoid's slope forgotten" [FactorMissing],
        "the other factor forgotten" [FactorMissing],
        "tanh's slope at its operand" [WrongPoint],
        "sigmoid's slope at its operand" [WrongPoint],
        "zeros for the first half" [PathLost],
        "the operand for tanh" [WrongPoint, WrongOperand],
        "with the slope of the other" [],
        "the halves swapped" [OperandsSwapped, OrderReversed],
    ]),
];
