//! Running sums and products, and what is made of them.

use super::corpus::{A1, A2, Exam, Found, Function, Real, function, size};
use crate::by_hand;
use ndarray::{Axis, NdFloat};
use wengert::check::Mistake::*;
use wengert::check::Values;

/// Running sums along an axis.
pub fn running<T: NdFloat>(x: &A2<T>, axis: usize, backwards: bool) -> A2<T> {
    let mut y = x.clone();
    for mut lane in y.lanes_mut(Axis(axis)) {
        let mut sum = T::zero();
        let n = lane.len();
        for step in 0..n {
            let i = if backwards { n - 1 - step } else { step };
            sum += lane[i];
            lane[i] = sum;
        }
    }
    y
}

fn cumsum_by_hand<T: NdFloat>(version: &str, dy: &A2<T>) -> A2<T> {
    let n = dy.ncols();
    match version {
        "total less what came before" => {
            let totals = dy.sum_axis(Axis(1)).insert_axis(Axis(1));
            &totals - &running(dy, 1, false) + dy
        }
        // What is rounded off is carried along (W. Kahan, 1965).
        "carried" => {
            let mut dx = dy.clone();
            for mut lane in dx.rows_mut() {
                let (mut sum, mut lost) = (T::zero(), T::zero());
                for d in lane.iter_mut().rev() {
                    let y = *d - lost;
                    let next = sum + y;
                    lost = (next - sum) - y;
                    sum = next;
                    *d = sum;
                }
            }
            dx
        }
        // In log₂ n steps (W. D. Hillis and G. L. Steele, 1986).
        "by doubling" => {
            let (mut dx, mut step) = (dy.clone(), 1);
            while step < n {
                let before = dx.clone();
                let mut to = dx.slice_mut(ndarray::s![.., ..n - step]);
                to += &before.slice(ndarray::s![.., step..]);
                step *= 2;
            }
            dx
        }
        "in double precision" => {
            let wide = dy.mapv(|d| d.to_f64().expect("a number"));
            running(&wide, 1, true).mapv(|d| T::from(d).expect("every number has a nearest one"))
        }
        "by a triangle" => {
            let ones = A2::from_shape_fn((n, n), |(i, j)| if i >= j { T::one() } else { T::zero() });
            dy.dot(&ones)
        }
        "forwards" => running(dy, 1, false),
        "over the rows" => running(dy, 0, true),
        "not summed" => dy.clone(),
        "exclusive" => running(dy, 1, true) - dy,
        "only the total" => {
            let totals = dy.sum_axis(Axis(1)).insert_axis(Axis(1));
            A2::zeros(dy.raw_dim()) + totals
        }
        "reversed twice in the wrong place" => {
            let mut dx = running(dy, 1, true);
            dx.invert_axis(Axis(1));
            dx
        }
        "a mean" => running(dy, 1, true) / size::<T>(n.max(1)),
        _ => running(dy, 1, true),
    }
}

fn cumsum<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(|[x]| x.cumsum(1), move |dy: &A2<T>| cumsum_by_hand(version, dy), ["x: n d"], &[])
}

fn products<T: NdFloat>(x: &A1<T>) -> A1<T> {
    let mut product = T::one();
    let mut times = |x: &T| {
        product *= *x;
        product
    };
    x.iter().map(&mut times).collect()
}

fn cumprod_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A1<T>) -> A1<T> {
    let (n, y) = (x.len(), products(x));
    let mut product = T::one();
    // `mapv` goes as the memory lies, backwards in a reversed array.
    let y = if version == "running by mapv" {
        x.mapv(|x| {
            product *= x;
            product
        })
    } else {
        y
    };
    let back = |z: A1<T>| running(&z.insert_axis(Axis(0)), 1, true).remove_axis(Axis(0));
    match version {
        // ∂yₛ/∂xₜ is the product without xₜ: no quotient, which PyTorch avoids at zeros too.
        "product without" => A1::from_shape_fn(n, |t| {
            (t..n).fold(T::zero(), |sum, s| {
                let others = (0..=s).filter(|&i| i != t).fold(T::one(), |p, i| p * x[i]);
                sum + dy[s] * others
            })
        }),
        // From the right: dxₜ = yₜ₋₁ · (dyₜ + xₜ₊₁ · (dyₜ₊₁ + …)).
        "Horner" => {
            let mut dx = A1::zeros(n);
            let mut carry = T::zero();
            for t in (0..n).rev() {
                carry = dy[t] + if t + 1 < n { x[t + 1] * carry } else { T::zero() };
                dx[t] = carry * if t > 0 { y[t - 1] } else { T::one() };
            }
            dx
        }
        "not divided" => back(dy * &y),
        "of the result only" => dy * &y / x,
        "run forwards" => running(&(dy * &y).insert_axis(Axis(0)), 1, false).remove_axis(Axis(0)) / x,
        "the cotangent forgotten" => back(y) / x,
        "divided by y" => back(dy * x) / y,
        "of cumsum" => back(dy.clone()),
        "divided before" => back(dy * &y / x),
        "a sign" => -(back(dy * &y) / x),
        _ => back(dy * &y) / x,
    }
}

/// Away from 0, where the quotient form is right too; few factors, so that nothing overflows.
fn cumprod<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| {
            let mut y = vec![x.narrow(0, 0, 1)];
            for t in 1..5 {
                y.push(y[t - 1] * x.narrow(0, t, 1));
            }
            x.tape().concat(0, y)
        },
        move |dy: &A1<T>, x: &A1<T>| cumprod_by_hand(version, dy, x),
        ["x: 5"],
        &[("x", Values::Between(0.5, 2.0))],
    )
}

fn prod_by_hand<T: NdFloat>(version: &str, dy: &A1<T>, x: &A2<T>) -> A2<T> {
    let mut dx = A2::zeros(x.raw_dim());
    for ((x, &dy), mut dx) in x.rows().into_iter().zip(dy).zip(dx.rows_mut()) {
        let n = x.len();
        let product = |from: usize, to: usize| (from..to).fold(T::one(), |p, i| p * x[i]);
        for i in 0..n {
            dx[i] = dy
                * match version {
                    "prefix times suffix" => product(0, i) * product(i + 1, n),
                    "the product itself" => product(0, n),
                    "divided, 0 at zeros" => {
                        if x[i] == T::zero() {
                            T::zero()
                        } else {
                            product(0, n) / x[i]
                        }
                    }
                    "divided" => product(0, n) / x[i],
                    "only those before" => product(0, i),
                    "only those after" => product(i + 1, n),
                    "divided twice" => product(0, n) / (x[i] * x[i]),
                    "of the sum" => T::one(),
                    _ => (0..n).filter(|&j| j != i).fold(T::one(), |p, j| p * x[j]),
                };
        }
    }
    if version == "the cotangent forgotten" {
        let ones = dy.mapv(|_| T::one());
        return prod_by_hand("", &ones, x);
    }
    dx
}

/// With zeros among the numbers: there a quotient is 0/0.
fn prod<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.prod_axis(1),
        move |dy: &A1<T>, x: &A2<T>| prod_by_hand(version, dy, x),
        ["x: n 4"],
        &[("x", Values::Whole(-2, 4))],
    )
}

/// Where x is not 0 the usual quotient is right as well.
fn prod_away_from_zero<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.backward(
        |[x]| x.prod_axis(1),
        move |dy: &A1<T>, x: &A2<T>| prod_by_hand(version, dy, x),
        ["x: n 4"],
        &[("x", Values::Between(0.25, 3.0))],
    )
}

/// log Σ over all alignments of "blank a blank b blank" of the product of probabilities: CTC (A. Graves et al., 2006) for
/// two different labels a = 1, b = 2 and blank = 0, over the log-probabilities (T, 3).
const LABELS: [usize; 5] = [0, 1, 0, 2, 0];

fn log_add<T: NdFloat>(a: T, b: T) -> T {
    let (most, least) = if a > b { (a, b) } else { (b, a) };
    if most == T::neg_infinity() { most } else { most + (least - most).exp().ln_1p() }
}

/// Whether state s may be reached from s − 2.
fn skips(s: usize) -> bool {
    s >= 2 && LABELS[s] != 0 && LABELS[s] != LABELS[s - 2]
}

fn alphas<T: NdFloat>(p: &A2<T>) -> A2<T> {
    let mut a = A2::from_elem((p.nrows(), 5), T::neg_infinity());
    for t in 0..p.nrows() {
        for s in 0..5 {
            let arrive = if t > 0 {
                let mut sum = a[[t - 1, s]];
                if s > 0 {
                    sum = log_add(sum, a[[t - 1, s - 1]]);
                }
                if skips(s) {
                    sum = log_add(sum, a[[t - 1, s - 2]]);
                }
                sum
            } else if s < 2 {
                T::zero()
            } else {
                T::neg_infinity()
            };
            a[[t, s]] = arrive + p[[t, LABELS[s]]];
        }
    }
    a
}

/// Log-probability of what comes after t, from state s.
fn betas<T: NdFloat>(p: &A2<T>, skipping: bool) -> A2<T> {
    let last = p.nrows() - 1;
    let mut b = A2::from_elem((p.nrows(), 5), T::neg_infinity());
    b[[last, 4]] = T::zero();
    b[[last, 3]] = T::zero();
    for t in (0..last).rev() {
        for s in 0..5 {
            let mut sum = b[[t + 1, s]] + p[[t + 1, LABELS[s]]];
            if s + 1 < 5 {
                sum = log_add(sum, b[[t + 1, s + 1]] + p[[t + 1, LABELS[s + 1]]]);
            }
            if skipping && s + 2 < 5 && skips(s + 2) {
                sum = log_add(sum, b[[t + 1, s + 2]] + p[[t + 1, LABELS[s + 2]]]);
            }
            b[[t, s]] = sum;
        }
    }
    b
}

fn ctc_by_hand<T: NdFloat>(version: &str, p: &A2<T>) -> A2<T> {
    if version == "as published" {
        return by_hand::sequences::ctc_gradient(p);
    }
    let (a, b) = (alphas(p), betas(p, version != "no skips on the way back"));
    let last = p.nrows() - 1;
    let total = match version {
        "the last blank only" => a[[last, 4]],
        _ => log_add(a[[last, 3]], a[[last, 4]]),
    };
    let mut dp = A2::zeros(p.raw_dim());
    for t in 0..p.nrows() {
        for s in 0..5 {
            let share = (a[[t, s]] + b[[t, s]] - total).exp();
            match version {
                "= for +=" => dp[[t, LABELS[s]]] = -share,
                "a sign" => dp[[t, LABELS[s]]] += share,
                "alpha only" => dp[[t, LABELS[s]]] -= (a[[t, s]] - total).exp(),
                "beta counts the step twice" => {
                    dp[[t, LABELS[s]]] -= (a[[t, s]] + b[[t, s]] + p[[t, LABELS[s]]] - total).exp();
                }
                "not normalised" => dp[[t, LABELS[s]]] -= (a[[t, s]] + b[[t, s]]).exp(),
                // Of the softmax before it, which this function has not.
                "of the logits" => {
                    dp[[t, LABELS[s]]] -= share;
                    if s == 4 {
                        (0..3).for_each(|k| dp[[t, k]] += p[[t, k]].exp());
                    }
                }
                "blanks forgotten" => {
                    if LABELS[s] != 0 {
                        dp[[t, LABELS[s]]] -= share;
                    }
                }
                _ => dp[[t, LABELS[s]]] -= share,
            }
        }
    }
    if version == "by the tape's own way" {
        return backwards_through(p, &a, total);
    }
    dp
}

/// The forward recursion, differentiated step by step.
fn backwards_through<T: NdFloat>(p: &A2<T>, a: &A2<T>, total: T) -> A2<T> {
    let last = p.nrows() - 1;
    let (mut dp, mut da) = (A2::zeros(p.raw_dim()), A2::zeros(a.raw_dim()));
    for s in 3..5 {
        da[[last, s]] = -(a[[last, s]] - total).exp();
    }
    for t in (0..=last).rev() {
        for s in 0..5 {
            let d: T = da[[t, s]];
            dp[[t, LABELS[s]]] += d;
            if t > 0 && d != T::zero() {
                let arrived = a[[t, s]] - p[[t, LABELS[s]]];
                for from in s.saturating_sub(2)..=s {
                    if from + 2 > s || skips(s) {
                        da[[t - 1, from]] += d * (a[[t - 1, from]] - arrived).exp();
                    }
                }
            }
        }
    }
    dp
}

fn ctc<T: Real>(exam: &Exam, version: &'static str) -> Found {
    exam.gradient(
        |[p]| {
            let tape = p.tape();
            let never = tape.constant(-T::INFINITY);
            let at = |t: usize, s: usize| p.narrow(0, t, 1).narrow(1, LABELS[s], 1).reshape(());
            let mut a: Vec<_> = (0..5).map(|s| if s < 2 { at(0, s) } else { never }).collect();
            for t in 1..4 {
                let arrive = |s: usize| {
                    let mut from = vec![a[s]];
                    from.extend((s > 0).then(|| a[s - 1]));
                    from.extend(skips(s).then(|| a[s - 2]));
                    tape.stack(0, from).logsumexp(0)
                };
                a = (0..5).map(|s| arrive(s) + at(t, s)).collect();
            }
            -tape.stack(0, [a[3], a[4]]).logsumexp(0)
        },
        move |p: &A2<T>| ctc_by_hand(version, p),
        ["p: 4 3"],
        &[("p", Values::Between(-3.0, -0.1))],
    )
}

pub const TABLE: &[Function] = &[
    function!("cumsum", cumsum, right: [
        "", "total less what came before", "by a triangle", "carried", "by doubling", "in double precision",
    ], wrong: [
        "forwards" [OrderReversed],
        "over the rows" [WrongAxis],
        "not summed" [SumMissing, FactorMissing, DiagonalOnly],
        "exclusive" [OffByOne],
        "only the total" [],
        "reversed twice in the wrong place" [OrderReversed],
        "a mean" [MeanForSum, Factor],
    ]),
    function!("cumprod", cumprod, right: ["", "product without", "Horner"], wrong: [
        "not divided" [],
        "of the result only" [DiagonalOnly, PathLost],
        "run forwards" [OrderReversed],
        "the cotangent forgotten" [CotangentIgnored],
        "divided by y" [],
        "of cumsum" [],
        "divided before" [],
        "a sign" [Sign],
        far "running by mapv" [LayoutAssumed],
    ]),
    function!("prod", prod, right: ["", "prefix times suffix"], wrong: [
        "the product itself" [],
        "divided" [],
        "divided, 0 at zeros" [],
        "only those before" [],
        "only those after" [],
        "of the sum" [],
        "the cotangent forgotten" [CotangentIgnored],
    ]),
    function!("prod away from 0", prod_away_from_zero, right: ["", "divided", "prefix times suffix"], wrong: [
        "the product itself" [],
        "divided twice" [],
    ]),
    function!("CTC", ctc, right: ["", "by the tape's own way", "as published"], wrong: [
        "no skips on the way back" [],
        "the last blank only" [],
        "= for +=" [],
        "a sign" [Sign],
        "alpha only" [],
        "beta counts the step twice" [],
        "not normalised" [],
        "of the logits" [],
        "blanks forgotten" [OffByOne],
    ]),
];
