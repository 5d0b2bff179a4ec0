//! Losses of margins and similarities.

use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use super::losses::softmax;
use crate::by_hand;
use ndarray::{Axis, NdFloat, Zip};
use wengert::check::Mistake::*;
use wengert::check::Values;

fn sums<T: NdFloat>(x: &A2<T>) -> A2<T> {
    x.sum_axis(Axis(1)).insert_axis(Axis(1))
}

fn step<T: NdFloat>(x: T) -> T {
    if x > T::zero() { T::one() } else { T::zero() }
}

/// Σ over wrong classes of max(0, s − `s_label` + 1), as `CS231n`'s first assignment has it.
fn hinge_by_hand<T: NdFloat>(version: &str, s: &A2<T>, y: &A2<T>) -> A2<T> {
    let (n, one) = (size::<T>(s.nrows()), T::one());
    let right = sums(&(s * y));
    let others = y.mapv(|y| one - y);
    let margin = s - &right + one;
    let mask = match version {
        // Its margin of 1 is counted, and taken off again.
        "the right class too" => margin.mapv(step),
        "no margin" => (s - &right).mapv(step) * &others,
        "mask inverted" => margin.mapv(|m| one - step(m)) * &others,
        "no mask" => others.clone(),
        "margins themselves" => margin.mapv(|m| m.max(T::zero())) * &others,
        ">= 0" => margin.mapv(|m| if m >= T::zero() { one } else { T::zero() }) * &others,
        _ => margin.mapv(step) * &others,
    };
    let counts = match version {
        "one for the count" => mask.sum_axis(Axis(1)).insert_axis(Axis(1)).mapv(step),
        "counted over the batch" => sums(&mask).mapv(|_| mask.sum()),
        _ => sums(&mask),
    };
    match version {
        "a loop" => {
            let mut ds = A2::zeros(s.raw_dim());
            for i in 0..s.nrows() {
                let label = (0..s.ncols()).find(|&j| y[[i, j]] == one).expect("a label");
                for j in (0..s.ncols()).filter(|&j| j != label) {
                    if s[[i, j]] - s[[i, label]] + one > T::zero() {
                        ds[[i, j]] += one / n;
                        ds[[i, label]] -= one / n;
                    }
                }
            }
            ds
        }
        "the label's own forgotten" => mask / n,
        "only the label's" => -(y * &counts) / n,
        "a sign" => (y * &counts - &mask) / n,
        "1/n forgotten" => mask - y * &counts,
        _ => (mask - y * &counts) / n,
    }
}

fn hinge<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[s, y]| {
            let right = (s * y).sum_axis(1).unsqueeze(1);
            ((s - right + T::one()).relu() * (-y + T::one())).sum() / size::<T>(s.shape()[0])
        },
        move |s: &A2<T>, y: &A2<T>| hinge_by_hand(version, s, y),
        ["s: n 4", "y: n 4"],
        &[("y", Values::OneHot)],
    )
}

/// max(0, |a − p|² − |a − n|² + m), a row each.
fn triplet_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, a: &A2<T>, p: &A2<T>, n: &A2<T>) -> [A2<T>; 3] {
    if version == "as published" {
        return by_hand::metrics::triplet_backward(dy, a, p, n).into();
    }
    let two = c::<T>(2.0);
    let square = |x: A2<T>| x.mapv(|x| x * x).sum_axis(Axis(1));
    let loss = square(a - p) - square(a - n) + T::one();
    let open = match version {
        "no mask" => dy.clone(),
        "mask of the cotangent" => dy.mapv(|dy| dy.max(T::zero())),
        "no margin in the mask" => dy * &loss.mapv(|l| step(l - T::one())),
        _ => dy * &loss.mapv(step),
    };
    let open = &open.insert_axis(Axis(1));
    let da = match version {
        "by differences" => (a - p) * &(open * two) - (a - n) * &(open * two),
        "da by p - n" => (p - n) * &(open * two),
        "da by the positive only" => (a - p) * &(open * two),
        "2 forgotten" => (n - p) * open,
        _ => (n - p) * &(open * two),
    };
    let dp = match version {
        "dp by a - p" => (a - p) * &(open * two),
        "dp by a forgotten" => p * &(open * two),
        _ => (p - a) * &(open * two),
    };
    let dn = match version {
        "dn like dp" => dp.clone(),
        "dn zero" => n * T::zero(),
        _ => (a - n) * &(open * two),
    };
    if version == "dp and dn swapped" { [da, dn, dp] } else { [da, dp, dn] }
}

fn triplet<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, p, n]| {
            let near = (a - p).square().sum_axis(1);
            let far = (a - n).square().sum_axis(1);
            (near - far + T::one()).relu()
        },
        move |dy: &A1<T>, a: &A2<T>, p: &A2<T>, n: &A2<T>| triplet_by_hand(version, dy, a, p, n),
        ["a: b d", "p: b d", "n: b d"],
        &[],
    )
}

const TEMPERATURE: f64 = 0.5;

/// The mean of log Σⱼ exp(aᵢ·bⱼ/τ) − aᵢ·bᵢ/τ: `InfoNCE`.
fn info_nce_by_hand<T: NdFloat>(version: &str, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    if version == "as published" {
        return by_hand::metrics::info_nce_gradient(a, b);
    }
    let (n, tau) = (size::<T>(a.nrows()), c::<T>(TEMPERATURE));
    let logits = match version {
        "no temperature inside" => a.dot(&b.t()),
        _ => a.dot(&b.t()) / tau,
    };
    let p = match version {
        "softmax over the anchors" => softmax(&logits.t().to_owned()).reversed_axes(),
        _ => softmax(&logits),
    };
    let eye = A2::<T>::eye(a.nrows());
    let ds = match version {
        "no temperature outside" | "no temperature inside" => (&p - &eye) / n,
        "the positives forgotten" => &p / (n * tau),
        "only the positives" => -(&eye / (n * tau)),
        "1/n forgotten" => (&p - &eye) / tau,
        "a sign" => (&eye - &p) / (n * tau),
        "times the temperature" => (&p - &eye) * tau / n,
        _ => (&p - &eye) / (n * tau),
    };
    let da = match version {
        "row by row" => A2::from_shape_fn(a.raw_dim(), |(i, d)| {
            (0..b.nrows()).fold(T::zero(), |sum, j| sum + ds[[i, j]] * b[[j, d]])
        }),
        _ => ds.dot(b),
    };
    let db = match version {
        "not transposed" => ds.dot(a),
        "db zero: a queue of keys" => b * T::zero(),
        _ => ds.t().dot(a),
    };
    (da, db)
}

fn info_nce<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[a, b]| {
            let tau = T::from_f64(TEMPERATURE);
            let logits = a.matmul(b.t()) / tau;
            (logits.logsumexp(1) - (a * b).sum_axis(1) / tau).mean()
        },
        move |a: &A2<T>, b: &A2<T>| info_nce_by_hand(version, a, b),
        ["a: n d", "b: n d"],
        &[],
    )
}

/// a·b / (|a||b|), a row each.
fn cosine_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    if version == "as published" {
        return by_hand::metrics::cosine_backward(dy, a, b);
    }
    let norm = |x: &A2<T>| sums(&x.mapv(|x| x * x)).mapv(T::sqrt);
    let (na, nb) = (norm(a), norm(b));
    let (ua, ub) = (a / &na, b / &nb);
    let cos = sums(&(&ua * &ub));
    let dy = dy.view().insert_axis(Axis(1)).to_owned();
    let da = match version {
        "in a and b" => {
            let inner = sums(&(a * b));
            (b / &(&na * &nb) - a * &(&inner / &(na.mapv(|n| n * n * n) * &nb))) * &dy
        }
        "the norms held constant" => &ub / &na * &dy,
        "a sign" => (&ub + &ua * &cos) / &na * &dy,
        "of the dot product" => b * &dy,
        "the norm squared" => (&ub - &ua * &cos) / &(&na * &na) * &dy,
        "not divided" => (&ub - &ua * &cos) * &dy,
        "a not divided" => (&ub - a * &cos) / &na * &dy,
        "by the other norm" => (&ub - &ua * &cos) / &nb * &dy,
        _ => (&ub - &ua * &cos) / &na * &dy,
    };
    let db = match version {
        "db of a's part" => (&ua - &ua * &cos) / &nb * &dy,
        "the cotangent forgotten in db" => (&ua - &ub * &cos) / &nb,
        "the other's norm held constant" => &ua / &nb * &dy,
        _ => (&ua - &ub * &cos) / &nb * &dy,
    };
    if version == "swapped" { (db, da) } else { (da, db) }
}

fn cosine<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| {
            let norms = a.square().sum_axis(1).sqrt() * b.square().sum_axis(1).sqrt();
            (a * b).sum_axis(1) / norms
        },
        move |dy: &A1<T>, a: &A2<T>, b: &A2<T>| cosine_by_hand(version, dy, a, b),
        ["a: n d", "b: n d"],
        &[],
    )
}

/// |aᵢ − bⱼ|, with its slope 0 where the two are one.
fn distances_by_hand<T: NdFloat>(version: &str, dy: &A2<T>, a: &A2<T>, b: &A2<T>) -> (A2<T>, A2<T>) {
    let square = Zip::from(dy).map_collect(|_| T::zero());
    let square = A2::from_shape_fn(square.raw_dim(), |(i, j)| {
        a.row(i).iter().zip(b.row(j)).fold(T::one(), |sum, (&a, &b)| sum + (a - b) * (a - b))
    });
    // |a|² − 2a·b + |b|², as scikit-learn has it.
    let by_norms = || {
        let [na, nb] = [a, b].map(|x| x.mapv(|x| x * x).sum_axis(Axis(1)));
        A2::from_shape_fn(dy.raw_dim(), |(i, j)| {
            T::one() + (na[i] - c::<T>(2.0) * a.row(i).dot(&b.row(j)) + nb[j]).max(T::zero())
        })
    };
    let over = match version {
        "by squares of norms" => dy / &by_norms().mapv(T::sqrt),
        "of the squares" => dy * c::<T>(2.0),
        "the root's 2 twice" => dy / &square.mapv(|s| c::<T>(2.0) * s.sqrt()),
        "by the square" => dy / &square,
        _ => dy / &square.mapv(T::sqrt),
    };
    let (rows, columns) = (sums(&over), over.sum_axis(Axis(0)).insert_axis(Axis(1)));
    let da = match version {
        "a loop" | "by squares of norms" => A2::from_shape_fn(a.raw_dim(), |(i, d)| {
            (0..b.nrows()).fold(T::zero(), |sum, j| sum + over[[i, j]] * (a[[i, d]] - b[[j, d]]))
        }),
        "a sign" => over.dot(b) - a * &rows,
        "only a" => a * &rows,
        "only b" => -over.dot(b),
        "a not weighted" => a * size::<T>(b.nrows()) - over.dot(b),
        _ => a * &rows - over.dot(b),
    };
    let db = match version {
        "db like da's rows" => b * &columns - over.t().dot(a) + b - b * c::<T>(2.0),
        "db negative" => over.t().dot(a) - b * &columns,
        "db forgotten" => b * T::zero(),
        _ => b * &columns - over.t().dot(a),
    };
    (da, db)
}

/// √(1 + |aᵢ − bⱼ|²), which has no kink.
fn distances<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[a, b]| {
            let apart = a.unsqueeze(1).broadcast_to([a.shape()[0], b.shape()[0], 3]) - b;
            (apart.square().sum_axis(2) + T::one()).sqrt()
        },
        move |dy: &A2<T>, a: &A2<T>, b: &A2<T>| distances_by_hand(version, dy, a, b),
        ["a: n 3", "b: m 3"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("hinge", hinge, right: ["", "a loop", "the right class too"], wrong: [
        "no margin" [MaskFromWrongArray],
        "mask inverted" [MaskInverted],
        "no mask" [MaskMissing],
        "margins themselves" [OperandsSwapped],
        far ">= 0" [MaskAtTies],
        "one for the count" [],
        "counted over the batch" [],
        "the label's own forgotten" [PathLost, HeldConstant],
        "only the label's" [PathLost],
        "a sign" [Sign],
        "1/n forgotten" [Factor],
    ]),
    function!("triplet", triplet, right: ["", "by differences", "as published"], wrong: [
        "no mask" [MaskMissing],
        "mask of the cotangent" [MaskFromWrongArray],
        "no margin in the mask" [MaskFromWrongArray],
        "da by p - n" [Sign],
        "da by the positive only" [PathLost],
        "2 forgotten" [Factor],
        "dp by a - p" [Sign],
        "dp by a forgotten" [],
        "dn like dp" [GradientCopied],
        "dn zero" [Zeros],
        "dp and dn swapped" [OperandsSwapped],
    ]),
    function!("InfoNCE", info_nce, right: ["", "row by row", "as published"], wrong: [
        "no temperature inside" [],
        "no temperature outside" [Factor],
        "softmax over the anchors" [WrongAxis],
        "the positives forgotten" [PathLost],
        "only the positives" [PathLost],
        "1/n forgotten" [Factor],
        "a sign" [Sign],
        "times the temperature" [Factor],
        "not transposed" [Transposed],
        "db zero: a queue of keys" [Zeros],
    ]),
    function!("cosine similarity", cosine, right: ["", "in a and b", "as published"], wrong: [
        "the norms held constant" [PathLost, HeldConstant],
        "a sign" [Sign],
        "of the dot product" [],
        "the norm squared" [],
        "not divided" [FactorMissing],
        "a not divided" [WrongOperand],
        "by the other norm" [],
        "db of a's part" [WrongOperand],
        "the cotangent forgotten in db" [CotangentIgnored],
        "the other's norm held constant" [PathLost, HeldConstant],
        "swapped" [OperandsSwapped],
    ]),
    function!("pairwise distances", distances, right: ["", "a loop", "by squares of norms"], wrong: [
        "of the squares" [FactorMissing],
        "the root's 2 twice" [Factor],
        "by the square" [WrongPoint],
        "a sign" [Sign],
        "only a" [],
        "only b" [],
        "a not weighted" [],
        "db like da's rows" [],
        "db negative" [Sign],
        "db forgotten" [Zeros],
    ]),
];
