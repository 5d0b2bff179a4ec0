//! One of each mistake, short enough to be read. The names of the functions are those of the mistakes.

#![allow(clippy::unreadable_literal)] // Constants as their authors write them.

// Few digits and small sizes are the point.
#![allow(clippy::approx_constant, clippy::cast_precision_loss, clippy::excessive_precision)]

use ndarray::{Array1, Array2, Axis, Zip, s};
use std::cell::RefCell;
use wengert::check::{self, Check, Mistake, Values};

type A1 = Array1<f64>;
type A2 = Array2<f64>;

/// The example of this mistake.
pub fn check(mistake: Mistake) -> Check<'static, f64> {
    match mistake {
        Mistake::Transposed => transposed(),
        Mistake::WrongShape => wrong_shape(),
        Mistake::ByBroadcasting => by_broadcasting(),
        Mistake::OffByOne => off_by_one(),
        Mistake::OrderReversed => order_reversed(),
        Mistake::LayoutAssumed => layout_assumed(),
        Mistake::SumMissing => sum_missing(),
        Mistake::WrongAxis => wrong_axis(),
        Mistake::MeanForSum => mean_for_sum(),
        Mistake::FirstOnly => first_only(),
        Mistake::Sign => sign(),
        Mistake::Factor => factor(),
        Mistake::FewDigits => few_digits(),
        Mistake::Epsilon => epsilon(),
        Mistake::Clipped => clipped(),
        Mistake::Imprecise => imprecise(),
        Mistake::MaskMissing => mask_missing(),
        Mistake::MaskInverted => mask_inverted(),
        Mistake::MaskFromWrongArray => mask_from_wrong_array(),
        Mistake::MaskAtTies => mask_at_ties(),
        Mistake::BranchLost => branch_lost(),
        Mistake::FactorMissing => factor_missing(),
        Mistake::WrongPoint => wrong_point(),
        Mistake::WrongOperand => wrong_operand(),
        Mistake::OperandsSwapped => operands_swapped(),
        Mistake::SymmetryAssumed => symmetry_assumed(),
        Mistake::PathLost => path_lost(),
        Mistake::PathTwice => path_twice(),
        Mistake::HeldConstant => held_constant(),
        Mistake::DiagonalOnly => diagonal_only(),
        Mistake::ScatterOverwrites => scatter_overwrites(),
        Mistake::ScatterDivides => scatter_divides(),
        Mistake::OverlapLost => overlap_lost(),
        Mistake::Zeros => zeros(),
        Mistake::CotangentIgnored => cotangent_ignored(),
        Mistake::GradientCopied => gradient_copied(),
        Mistake::Stale => stale(),
        other => panic!("{other:?} has no example"),
    }
}

pub fn transposed() -> Check<'static, f64> {
    check::backward(|[a, w]| a.matmul(w.t()))
        .against(|dz: &A2, a: &A2, w: &A2| (dz.dot(w), a.t().dot(dz)))
        .shapes(["A: n d", "W: h d"])
}

pub fn wrong_shape() -> Check<'static, f64> {
    check::backward(|[x]| x * 2.0)
        .against(|dy: &A2| dy.iter().map(|d| d * 2.0).collect::<A1>()) // a list of numbers
        .shapes(["x: n d"])
}

pub fn by_broadcasting() -> Check<'static, f64> {
    check::backward(|[x, b]| x + b)
        .against(|dy: &A2| (dy.clone(), dy.sum_axis(Axis(0)))) // db has shape (d,), b has (1, d)
        .shapes(["x: n d", "b: 1 d"])
}

pub fn off_by_one() -> Check<'static, f64> {
    check::backward(|[x]| x.square())
        .against(|dy: &A1, x: &A1| {
            let mut dx = A1::zeros(x.len());
            for i in 1..x.len() {
                dx[i] = 2.0 * x[i] * dy[i];
            }
            dx
        })
        .shapes(["x: n"])
}

pub fn order_reversed() -> Check<'static, f64> {
    check::backward(|[x]| x.cumsum(0))
        .against(|dy: &A1| {
            let mut sum = 0.0;
            dy.mapv(|d| {
                sum += d; // from the front
                sum
            })
        })
        .shapes(["x: n"])
}

pub fn layout_assumed() -> Check<'static, f64> {
    check::backward(|[x]| x * 3.0)
        .against(|dy: &A2| {
            // The memory of a transposed array has its elements in another order.
            let memory = dy.as_slice_memory_order().map(<[f64]>::to_vec);
            let memory = memory.unwrap_or_else(|| dy.iter().copied().collect());
            A2::from_shape_vec(dy.raw_dim(), memory).unwrap() * 3.0
        })
        .shapes(["x: n d"])
}

pub fn sum_missing() -> Check<'static, f64> {
    check::backward(|[x, b]| x + b).against(|dy: &A2| (dy.clone(), dy.clone())).shapes(["x: n d", "b: 1 d"])
}

pub fn wrong_axis() -> Check<'static, f64> {
    check::backward(|[x]| x.softmax(1))
        .against(|dy: &A2, x: &A2| {
            let e = x.mapv(f64::exp);
            let p = &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1));
            (dy - &(dy * &p).sum_axis(Axis(0))) * &p
        })
        .shapes(["x: n d"])
        .values("x", Values::Between(-2.0, 2.0))
}

pub fn mean_for_sum() -> Check<'static, f64> {
    check::backward(|[x, b]| x + b)
        .against(|dy: &A2| {
            let n = dy.nrows().max(1) as f64;
            (dy.clone(), dy.sum_axis(Axis(0)).insert_axis(Axis(0)) / n)
        })
        .shapes(["x: n d", "b: 1 d"])
}

pub fn first_only() -> Check<'static, f64> {
    check::backward(|[x]| x.exp())
        .against(|dy: &A2, x: &A2| {
            let mut dx = A2::zeros(x.raw_dim());
            if x.nrows() > 0 {
                dx.row_mut(0).assign(&(&dy.row(0) * &x.row(0).mapv(f64::exp)));
            }
            dx
        })
        .shapes(["x: batch d"])
}

pub fn sign() -> Check<'static, f64> {
    check::backward(|[x]| x.cos()).against(|dy: &A1, x: &A1| dy * &x.mapv(f64::sin)).shapes(["x: n"])
}

pub fn factor() -> Check<'static, f64> {
    check::gradient::<f64, 2>(|[z, y]| (z - y).square().sum() / z.shape()[0] as f64)
        .against(|z: &A2, y: &A2| (z - y) * 2.0)
        .shapes(["z: n k", "y: n k"])
}

pub fn few_digits() -> Check<'static, f64> {
    check::backward(|[r]| r * r * std::f64::consts::PI)
        .against(|da: &A1, r: &A1| da * r * 2.0 * 3.14159265)
        .shapes(["r: n"])
}

pub fn epsilon() -> Check<'static, f64> {
    check::backward(|[x]| (x * x + 1e-3).sqrt())
        .against(|dy: &A1, x: &A1| dy * &x.mapv(f64::signum))
        .shapes(["x: n"])
}

pub fn clipped() -> Check<'static, f64> {
    check::backward(|[x]| x * 3.0).against(|dy: &A1| (dy * 3.0).mapv(|d| d.clamp(-1.0, 1.0))).shapes(["x: n"])
}

pub fn imprecise() -> Check<'static, f64> {
    check::backward(|[x]| x.expm1() * x)
        .against(|dy: &A1, x: &A1| dy * &x.mapv(|x| (x.exp() - 1.0) + x.exp() * x))
        .shapes(["x: n"])
        .values("x", Values::Between(-1e-6, 1e-6))
        .accurate()
}

pub fn mask_missing() -> Check<'static, f64> {
    check::backward(|[x, w]| x.matmul(w).relu())
        .against(|dy: &A2, x: &A2, w: &A2| (dy.dot(&w.t()), x.t().dot(dy)))
        .shapes(["x: n d", "w: d h"])
}

pub fn mask_inverted() -> Check<'static, f64> {
    check::backward(|[x]| x.relu())
        .against(|dy: &A1, x: &A1| Zip::from(dy).and(x).map_collect(|&d, &x| if x > 0.0 { 0.0 } else { d }))
        .shapes(["x: n"])
}

pub fn mask_from_wrong_array() -> Check<'static, f64> {
    check::backward(|[x]| x.relu())
        .against(|dy: &A1, _: &A1| dy.mapv(|d| if d > 0.0 { d } else { 0.0 }))
        .shapes(["x: n"])
}

pub fn mask_at_ties() -> Check<'static, f64> {
    check::backward(|[x]| x.relu())
        .against(|dy: &A1, x: &A1| Zip::from(dy).and(x).map_collect(|&d, &x| if x >= 0.0 { d } else { 0.0 }))
        .shapes(["x: n"])
}

pub fn branch_lost() -> Check<'static, f64> {
    check::backward(|[x]| x.gt(0.0).select(x, x * 0.1)) // a leaky ReLU
        .against(|dy: &A1, x: &A1| Zip::from(dy).and(x).map_collect(|&d, &x| if x > 0.0 { d } else { 0.0 }))
        .shapes(["x: n"])
}

pub fn factor_missing() -> Check<'static, f64> {
    check::backward(|[x, w]| (x * w).tanh())
        .against(|dy: &A1, x: &A1, w: &A1| (dy * w, dy * x))
        .shapes(["x: n", "w: n"])
}

pub fn wrong_point() -> Check<'static, f64> {
    check::backward(|[x]| x.tanh())
        .against(|dy: &A1, x: &A1| dy * &x.mapv(|x| 1.0 - x * x)) // x should be tanh(x)
        .shapes(["x: n"])
}

pub fn wrong_operand() -> Check<'static, f64> {
    check::backward(|[x, w]| x.tanh().named("a").matmul(w))
        .against(|dz: &A2, x: &A2, w: &A2| {
            let a = x.mapv(f64::tanh);
            let da = dz.dot(&w.t());
            (da * &a.mapv(|a| 1.0 - a * a), x.t().dot(dz)) // x should be a
        })
        .shapes(["x: n d", "w: d h"])
        .values("x", Values::Between(-2.0, 2.0))
}

pub fn operands_swapped() -> Check<'static, f64> {
    check::backward(|[a, b]| a / b)
        .against(|dy: &A1, a: &A1, b: &A1| (dy / b, -(dy * b) / &(a * a)))
        .shapes(["a: n", "b: n"])
        .values("a", Values::Positive)
        .values("b", Values::Positive)
}

pub fn symmetry_assumed() -> Check<'static, f64> {
    check::gradient::<f64, 2>(|[x, a]| x.matmul(a).matmul(x))
        .against(|x: &A1, a: &A2| {
            let outer = A2::from_shape_fn(a.raw_dim(), |(i, j)| x[i] * x[j]);
            (a.dot(x) * 2.0, outer)
        })
        .shapes(["x: n", "A: n n"])
}

pub fn path_lost() -> Check<'static, f64> {
    check::backward(|[x]| x + x.tanh())
        .against(|dy: &A1, x: &A1| dy * &x.mapv(|x| 1.0 - x.tanh().powi(2)))
        .shapes(["x: n"])
        .values("x", Values::Between(-2.0, 2.0))
}

pub fn path_twice() -> Check<'static, f64> {
    check::backward(|[x]| x + x.sin())
        .against(|dy: &A1, x: &A1| dy * &x.mapv(|x| 2.0 + x.cos()))
        .shapes(["x: n"])
}

pub fn held_constant() -> Check<'static, f64> {
    check::backward(|[x]| x - x.mean_axis(1).unsqueeze(1)).against(|dy: &A2| dy.clone()).shapes(["x: n d"])
}

pub fn diagonal_only() -> Check<'static, f64> {
    check::backward(|[x]| x.softmax(1))
        .against(|dy: &A2, x: &A2| {
            let e = x.mapv(f64::exp);
            let p = &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1));
            dy * &p * &(1.0 - &p)
        })
        .shapes(["x: n d"])
        .values("x", Values::Between(-2.0, 2.0))
}

pub fn scatter_overwrites() -> Check<'static, f64> {
    check::backward(|[table]| table.take(0, [2, 0, 2]))
        .against(|dy: &A2, table: &A2| {
            let mut gradient = A2::zeros(table.raw_dim());
            for (row, place) in dy.rows().into_iter().zip([2, 0, 2]) {
                gradient.row_mut(place).assign(&row); // += is what it should do
            }
            gradient
        })
        .shapes(["table: 3 d"])
}

pub fn scatter_divides() -> Check<'static, f64> {
    check::backward(|[table]| table.take(0, [2, 0, 2]))
        .against(|dy: &A2, table: &A2| {
            let mut gradient = A2::zeros(table.raw_dim());
            for (row, place) in dy.rows().into_iter().zip([2, 0, 2]) {
                gradient.row_mut(place).scaled_add(if place == 2 { 0.5 } else { 1.0 }, &row);
            }
            gradient
        })
        .shapes(["table: 3 d"])
}

pub fn overlap_lost() -> Check<'static, f64> {
    check::backward(|[x]| x.narrow(0, 0, 4) + x.narrow(0, 1, 4) * 2.0)
        .against(|dy: &A1| {
            let mut dx = A1::zeros(5);
            dx.slice_mut(s![..4]).assign(dy);
            dx.slice_mut(s![1..]).assign(&(dy * 2.0)); // over the first
            dx
        })
        .shapes(["x: 5"])
}

pub fn zeros() -> Check<'static, f64> {
    check::backward(|[x, w]| x * w)
        .against(|dy: &A1, x: &A1, w: &A1| (dy * w, A1::zeros(x.len())))
        .shapes(["x: n", "w: n"])
}

pub fn cotangent_ignored() -> Check<'static, f64> {
    check::backward(|[x]| x.sin()).against(|_: &A1, x: &A1| x.mapv(f64::cos)).shapes(["x: n"])
}

pub fn gradient_copied() -> Check<'static, f64> {
    check::backward(|[a, b]| a * b)
        .against(|dy: &A1, _: &A1, b: &A1| (dy * b, dy * b))
        .shapes(["a: n", "b: n"])
}

pub fn stale() -> Check<'static, f64> {
    let kept: RefCell<Option<A1>> = RefCell::new(None);
    check::backward(|[x]| x * x)
        .against(move |dy: &A1, x: &A1| {
            let before = kept.replace(Some(x.clone())); // x of the last forward pass
            let x = before.filter(|before| before.len() == x.len()).unwrap_or_else(|| x.clone());
            dy * &x * 2.0
        })
        .shapes(["x: n"])
}
