//! Three ways to a Jacobian that must agree: forward mode, reverse mode, difference quotients.

use ndarray::{Array2, ArrayD, ArrayView2, Zip};
use proptest::prelude::*;
use wengert::{Float, Tape, Var};

/// The distance from 1 to the next f64: twice the unit roundoff.
pub const EPS: f64 = f64::EPSILON;

/// Rows in, a row out.
pub trait Function<T: Float>: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T> {}
impl<T: Float, F: for<'t> Fn(&'t Tape<T>, &[Var<'t, T>]) -> Var<'t, T>> Function<T> for F {}

/// Makes a variable of each array.
pub fn leaves<'t, T: Float>(tape: &'t Tape<T>, xs: &[ArrayD<T>]) -> Vec<Var<'t, T>> {
    xs.iter().map(|x| tape.leaf("x", x.clone())).collect()
}

/// The same numbers in another type.
pub fn cast<T: Float, U: Float>(x: &ArrayD<T>) -> ArrayD<U> {
    x.mapv(|x| U::from_f64(x.to_f64()))
}

/// ⟨u, f⟩ differentiated with respect to all of `xs`, in one row after the other.
pub fn gradient<'t, T: Float>(y: Var<'t, T>, u: &ArrayD<T>, xs: &[Var<'t, T>]) -> Var<'t, T> {
    let grads = y.backward_with(u);
    let flat: Vec<_> = xs.iter().map(|&x| grads[x].reshape([x.len()])).collect();
    y.tape().concat(0, &flat)
}

/// A number of elements, as a number.
#[allow(clippy::cast_precision_loss)] // A few hundred.
pub fn count(n: usize) -> f64 {
    n as f64
}

/// Every array of this shape that is 1 at one place and else 0.
fn units<T: Float>(shape: Vec<usize>) -> impl Iterator<Item = ArrayD<T>> {
    let n = shape.iter().product();
    (0..n).map(move |i| {
        let flat = (0..n).map(|j| if i == j { T::one() } else { T::zero() }).collect();
        ArrayD::from_shape_vec(shape.as_slice(), flat).expect("as many as the shape has")
    })
}

fn elements<T: Float>(x: impl IntoIterator<Item = T>) -> impl Iterator<Item = f64> {
    x.into_iter().map(T::to_f64)
}

/// Column by column: how the result moves with each single input.
pub fn forward<T: Float>(f: &impl Function<T>, xs: &[ArrayD<T>]) -> Array2<f64> {
    let tape = Tape::new();
    let vars = leaves(&tape, xs);
    let y = f(&tape, &vars);
    let columns = vars.iter().flat_map(|&x| units::<T>(x.shape()).map(move |e| y.jvp([(x, e)])));
    let flat: Vec<f64> = columns.flat_map(|column| elements(column.value())).collect();
    let inputs = xs.iter().map(ArrayD::len).sum();
    ArrayView2::from_shape((inputs, y.len()), &flat).expect("one tangent an input").t().to_owned()
}

/// Row by row: what each single output owes to the inputs.
pub fn reverse<T: Float>(f: &impl Function<T>, xs: &[ArrayD<T>]) -> Array2<f64> {
    let tape = Tape::new();
    let vars = leaves(&tape, xs);
    let y = f(&tape, &vars);
    let rows = units(y.shape()).map(|e| gradient(y, &e, &vars));
    let flat: Vec<f64> = rows.flat_map(|row| elements(row.value())).collect();
    let inputs = xs.iter().map(ArrayD::len).sum();
    Array2::from_shape_vec((y.len(), inputs), flat).expect("one cotangent an output")
}

/// Column by column: central difference quotients with h = 6e-6·max(1, |x|), near the cube root of ε at
/// which truncation and rounding balance, or `times` that; divided by the step that was really taken.
pub fn differences(f: &impl Function<f64>, xs: &[ArrayD<f64>], times: f64) -> Array2<f64> {
    let value = |xs: &[ArrayD<f64>]| {
        let tape = Tape::new();
        f(&tape, &leaves(&tape, xs)).value()
    };
    let mut moved = xs.to_vec();
    let mut flat = Vec::new();
    for (operand, x) in xs.iter().enumerate() {
        for (i, &here) in x.iter().enumerate() {
            let h = times * 6e-6 * here.abs().max(1.0);
            let [(high, above), (low, below)] = [here + h, here - h].map(|there| {
                *moved[operand].iter_mut().nth(i).expect("an element") = there;
                (there, value(&moved))
            });
            flat.extend((&above - &below).iter().map(|difference| difference / (high - low)));
            *moved[operand].iter_mut().nth(i).expect("an element") = here;
        }
    }
    let inputs = xs.iter().map(ArrayD::len).sum();
    let outputs = value(xs).len();
    ArrayView2::from_shape((inputs, outputs), &flat).expect("one quotient an input").t().to_owned()
}

/// Error bounds for one function on inputs of magnitude at most 2.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// How many roundings, each relative to the entry of the Jacobian or, if that is smaller, to `floor`.
    pub roundings: f64,
    pub floor: f64,
    /// Largest third derivative: a quotient's truncation error is h²/6 of it.
    pub third: f64,
    /// Largest value or intermediate sum: its rounding is divided by the step.
    pub value: f64,
}

/// All three agree; gives the Jacobian.
pub fn check(
    what: &str,
    f: &impl Function<f64>,
    xs: &[ArrayD<f64>],
    bounds: Bounds,
) -> Result<Array2<f64>, TestCaseError> {
    let (ahead, back) = (forward(f, xs), reverse(f, xs));
    near(&format!("{what}, forward and reverse mode"), &ahead, &back, |j| {
        bounds.roundings * EPS * j.abs().max(bounds.floor)
    })?;
    // For |x| ≤ 2 steps are between 6e-6 and 1.2e-5; both values round a few times.
    let truncation = 1.2e-5 * 1.2e-5 / 6.0 * bounds.third;
    let rounding = 8.0 * EPS * bounds.value / 6e-6;
    near(&format!("{what}, reverse mode and differences"), &back, &differences(f, xs, 1.0), |_| {
        truncation + rounding
    })?;
    Ok(back)
}

/// Shapes are equal, and so are all elements to the tolerance that goes with the left one; NaN equals NaN.
pub fn near<D: ndarray::Dimension>(
    what: &str,
    left: &ndarray::Array<f64, D>,
    right: &ndarray::Array<f64, D>,
    tolerance: impl Fn(f64) -> f64,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.shape(), right.shape(), "{}", what);
    let excess = |&l: &f64, &r: &f64| {
        let equal = l == r || l.is_nan() && r.is_nan() || (l - r).abs() <= tolerance(l);
        if equal { None } else { Some((l, r, (l - r).abs(), tolerance(l))) }
    };
    let worst = Zip::from(left).and(right).fold(None, |worst, l, r| worst.or_else(|| excess(l, r)));
    prop_assert!(worst.is_none(), "{what} (left, right, difference, tolerance): {worst:?}");
    Ok(())
}

/// The same bits, NaN included.
pub fn same<T: Float>(what: &str, left: &Var<'_, T>, right: &Var<'_, T>) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.shape(), right.shape(), "{}", what);
    let bits = |var: &Var<'_, T>| elements(var.value()).map(f64::to_bits).collect::<Vec<_>>();
    prop_assert_eq!(bits(left), bits(right), "{}: {} and {}", what, left.value(), right.value());
    Ok(())
}
