//! Losses that came last: their mistakes were written down before a look at what would be said of them.

use super::corpus::{A1, A2, Exam, Found, Function, Real, c, function, size};
use ndarray::{Axis, NdFloat, Zip};
use wengert::check::Mistake::*;
use wengert::check::Values;

const QUANTILE: f64 = 0.75;

/// The mean of max(q·d, (q − 1)·d) with d = y − z.
fn quantile_by_hand<T: NdFloat>(version: &str, z: &A1<T>, y: &A1<T>) -> (A1<T>, A1<T>) {
    let (q, one, zero, n) = (c::<T>(QUANTILE), T::one(), T::zero(), size::<T>(z.len()));
    let choose = |above: T, below: T, at: T| {
        Zip::from(z).and(y).map_collect(|&z, &y| {
            let d = y - z;
            (if d > zero {
                above
            } else if d < zero {
                below
            } else {
                at
            }) / n
        })
    };
    let dz = match version {
        "a mask" => Zip::from(z).and(y).map_collect(|&z, &y| {
            let share = if y > z {
                one
            } else if y < z {
                zero
            } else {
                c(0.5)
            };
            (one - q - share) / n
        }),
        "the sides exchanged" => choose(one - q, -q, (one - q - q) / c(2.0)),
        "the lower side forgotten" => choose(-q, zero, -q / c(2.0)),
        "the upper side at a tie" => choose(-q, one - q, -q),
        "n forgotten" => choose(-q * n, (one - q) * n, (one - q - q) / c(2.0) * n),
        "a sign" => choose(q, q - one, (q + q - one) / c(2.0)),
        _ => choose(-q, one - q, (one - q - q) / c(2.0)),
    };
    let dy = if version == "dy like dz" { dz.clone() } else { -dz.clone() };
    (dz, dy)
}

fn quantile<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, y]| {
            let d = y - z;
            (d * T::from_f64(QUANTILE)).maximum(d * T::from_f64(QUANTILE - 1.0)).mean()
        },
        move |z: &A1<T>, y: &A1<T>| quantile_by_hand(version, z, y),
        ["z: n", "y: n"],
        &[],
    )
}

/// The mean of exp(z) − y·z.
fn poisson_by_hand<T: NdFloat>(version: &str, z: &A1<T>, y: &A1<T>) -> (A1<T>, A1<T>) {
    let n = size::<T>(z.len());
    let rate = z.mapv(T::exp);
    let dz = match version {
        "the rate's slope forgotten" => y.mapv(|y| T::one() - y) / n,
        "the target forgotten" => &rate / n,
        "z for its rate" => (z - y) / n,
        "a sign" => (y - &rate) / n,
        "summed" => &rate - y,
        "a sign of y" => (&rate + y) / n,
        _ => (&rate - y) / n,
    };
    let dy = match version {
        "dy by the rate" => &rate / -n,
        "dy zero" => z * T::zero(),
        _ => z / -n,
    };
    (dz, dy)
}

fn poisson<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, y]| (z.exp() - y * z).mean(),
        move |z: &A1<T>, y: &A1<T>| poisson_by_hand(version, z, y),
        ["z: n", "y: n"],
        &[("z", Values::Between(-2.0, 2.0)), ("y", Values::Whole(0, 4))],
    )
}

/// The sum of log cosh(z − y).
fn log_cosh_by_hand<T: NdFloat>(version: &str, z: &A1<T>, y: &A1<T>) -> (A1<T>, A1<T>) {
    let d = z - y;
    let dz = match version {
        "d for its tanh" => d.clone(),
        "sinh" => d.mapv(T::sinh),
        "1 by cosh" => d.mapv(|d| T::one() / d.cosh()),
        "clipped" => d.mapv(|d| d.tanh().max(c(-0.5)).min(c(0.5))),
        _ => d.mapv(T::tanh),
    };
    let dy = if version == "dy positive" { dz.clone() } else { -dz.clone() };
    (dz, dy)
}

fn log_cosh<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[z, y]| {
            let d = z - y;
            ((d.exp() + (-d).exp()) * T::from_f64(0.5)).log().sum()
        },
        move |z: &A1<T>, y: &A1<T>| log_cosh_by_hand(version, z, y),
        ["z: n", "y: n"],
        &[("z", Values::Between(-2.0, 2.0)), ("y", Values::Between(-2.0, 2.0))],
    )
}

/// KL(N(m, exp s) ‖ N(0, 1)), summed over the dimensions, the mean over the batch: ½ Σ (m² + eˢ − 1 − s) / n.
fn gaussian_by_hand<T: NdFloat>(version: &str, m: &A2<T>, s: &A2<T>) -> (A2<T>, A2<T>) {
    let (half, one, n) = (c::<T>(0.5), T::one(), size::<T>(m.nrows()));
    let dm = match version {
        "the half of m forgotten" => m * c::<T>(2.0) / n,
        "dm over all" => m / (n * size::<T>(m.ncols())),
        _ => m / n,
    };
    let ds = match version {
        "the logarithm's term forgotten" => s.mapv(|s| half * s.exp()) / n,
        "the variance's term forgotten" => s.mapv(|_| -half) / n,
        "the half of s forgotten" => s.mapv(|s| s.exp() - one) / n,
        "s for the variance" => s.mapv(|s| half * (s - one)) / n,
        "a sign in s" => s.mapv(|s| half * (s.exp() + one)) / n,
        "of the deviation" => s.mapv(|s| s.exp() - one / s) / n,
        _ => s.mapv(|s| half * (s.exp() - one)) / n,
    };
    (dm, ds)
}

fn gaussian<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[m, s]| {
            let n = size::<T>(m.shape()[0]);
            (m.square() + s.exp() - T::one() - s).sum() * T::from_f64(0.5) / n
        },
        move |m: &A2<T>, s: &A2<T>| gaussian_by_hand(version, m, s),
        ["m: n d", "s: n d"],
        &[("s", Values::Between(-2.0, 2.0))],
    )
}

const L1: f64 = 0.3;
const L2: f64 = 0.2;

/// |Xw − y|² / 2n + 0.3·Σ|w| + 0.2·Σw².
fn elastic_by_hand<T: NdFloat>(version: &str, x: &A2<T>, w: &A1<T>, y: &A1<T>) -> (A2<T>, A1<T>, A1<T>) {
    let (n, l1, l2, two) = (size::<T>(x.nrows()), c::<T>(L1), c::<T>(L2), c::<T>(2.0));
    let r = (x.dot(w) - y) / n;
    let sign = w.mapv(|w| {
        if w > T::zero() {
            T::one()
        } else if w < T::zero() {
            -T::one()
        } else {
            T::zero()
        }
    });
    let dw = x.t().dot(&r)
        + match version {
            "no absolute part" => w * (l2 * two),
            "no squared part" => &sign * l1,
            "2 of the squared part forgotten" => &sign * l1 + w * l2,
            "the signs forgotten" => sign.mapv(|_| l1) + w * (l2 * two),
            "sign of 0 is 1" => w.mapv(|w| if w >= T::zero() { l1 } else { -l1 }) + w * (l2 * two),
            "penalties exchanged" => &sign * l2 + w * (l1 * two),
            "penalties by n" => (&sign * l1 + w * (l2 * two)) / n,
            _ => &sign * l1 + w * (l2 * two),
        };
    let column = r.view().insert_axis(Axis(1));
    (column.dot(&w.view().insert_axis(Axis(0))), dw, -r.clone())
}

fn elastic<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[x, w, y]| {
            let n = size::<T>(x.shape()[0]);
            let fit = (x.matmul(w) - y).square().sum() / (n * T::from_f64(2.0));
            fit + w.abs().sum() * T::from_f64(L1) + w.square().sum() * T::from_f64(L2)
        },
        move |x: &A2<T>, w: &A1<T>, y: &A1<T>| elastic_by_hand(version, x, w, y),
        ["X: n>=1 d", "w: d", "y: n"],
        &[],
    )
}

pub const TABLE: &[Function] = &[
    function!("quantile loss", quantile, right: ["", "a mask"], wrong: [
        "the sides exchanged" [MaskInverted, OperandsSwapped],
        "the lower side forgotten" [BranchLost],
        far "the upper side at a tie" [MaskAtTies],
        "n forgotten" [Factor],
        "a sign" [Sign],
        "dy like dz" [GradientCopied, Sign],
    ]),
    function!("Poisson loss", poisson, right: [""], wrong: [
        "the rate's slope forgotten" [FactorMissing],
        "the target forgotten" [PathLost],
        "z for its rate" [WrongOperand, WrongPoint],
        "a sign" [Sign],
        "summed" [Factor],
        "a sign of y" [Sign],
        "dy by the rate" [WrongOperand],
        "dy zero" [Zeros],
    ]),
    function!("log cosh", log_cosh, right: [""], wrong: [
        "d for its tanh" [],
        "sinh" [FactorMissing],
        "1 by cosh" [],
        "clipped" [Clipped],
        "dy positive" [Sign, GradientCopied],
    ]),
    function!("KL of a Gaussian", gaussian, right: [""], wrong: [
        "the half of m forgotten" [Factor],
        "dm over all" [Factor],
        "the logarithm's term forgotten" [PathLost],
        "the variance's term forgotten" [PathLost],
        "the half of s forgotten" [Factor],
        "s for the variance" [WrongOperand, WrongPoint],
        "a sign in s" [Sign],
        "of the deviation" [],
    ]),
    function!("elastic net", elastic, right: [""], wrong: [
        "no absolute part" [PathLost],
        "no squared part" [PathLost],
        "2 of the squared part forgotten" [Factor],
        "the signs forgotten" [FactorMissing],
        far "sign of 0 is 1" [MaskAtTies],
        "penalties exchanged" [],
        "penalties by n" [Factor],
    ]),
];
