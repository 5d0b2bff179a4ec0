//! Second derivatives by hand: Hessian-vector products, and backward functions of backward functions.
//!
//! Neither needs a judge of its own. A gradient is rows on the tape like any other, so that ⟨∇f, v⟩ is a loss whose
//! gradient is H·v, and a backward function is a function of the cotangent and the inputs with several results.

use super::backward::Formulated;
use super::subject::Formula;
use crate::{Float, Kind, Var};

/// Examines a hand-written product of a loss's Hessian with a vector. The hand-written function gets the inputs and then a
/// direction for each real input, of its shape, and gives the derivative of the gradient along these directions: H·v.
/// [`shapes`](crate::check::Check::shapes) and [`values`](crate::check::Check::values) are said of the inputs alone.
///
/// ```
/// use ndarray::{Array1, Array2};
/// use wengert::check;
/// // f = ½ |A·x|², so H·v = Aᵀ(A·v): the derivative with respect to x is linear in it.
/// check::second(|[x, a]| a.matmul(x).square().sum() * 0.5)
///     .against(|_: &Array1<f64>, a: &Array2<f64>, v: &Array1<f64>, _: &Array2<f64>| a.t().dot(&a.dot(v)))
///     .shapes(["x: n", "A: m n"]);
/// // f = Σ x³, so H·v = 6·x·v.
/// check::second(|[x]| (x * x * x).sum())
///     .against(|x: &Array1<f64>, v: &Array1<f64>| 6.0 * x * v)
///     .shapes(["x: n"])
///     .run();
/// ```
pub fn second<'f, T: Float, const N: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'f,
) -> Formulated<'f, T> {
    let along: Box<Formula<'f, T>> = Box::new(move |vars| {
        let loss = formula(std::array::from_fn(|i| vars[i]));
        let grads = loss.backward();
        let (inputs, directions) = vars.split_at(N);
        let real = inputs.iter().filter(|input| input.kind() == Kind::Real);
        let terms = real.zip(directions).map(|(&x, &v)| (grads[x] * v).sum());
        vec![terms.reduce(|sum, term| sum + term).unwrap_or_else(|| loss * T::zero())]
    });
    Formulated { formula: along, inputs: N, cotangents: 0, several: false, directions: N }
}

/// Examines a hand-written derivative of a backward function. The backward function takes the cotangent `dy` of the
/// formula's result and the inputs to their gradients; so its own gets a cotangent for each of those gradients, then `dy`,
/// then the inputs, and gives the gradients of `dy` and of the inputs.
/// [`shapes`](crate::check::Check::shapes) are said of `dy`, which has that of the formula's result, and of the inputs.
///
/// ```
/// use ndarray::Array1;
/// use wengert::check;
/// // Of y = x², dx = 2·x·dy; so ⟨u, dx⟩ has the gradients 2·x·u and 2·dy·u.
/// check::double_backward(|[x]| x.square())
///     .against(|u: &Array1<f64>, dy: &Array1<f64>, x: &Array1<f64>| (2.0 * x * u, 2.0 * dy * u))
///     .shapes(["dy: n", "x: n"])
///     .run();
/// ```
pub fn double_backward<'f, T: Float, const N: usize>(
    formula: impl for<'t> Fn([Var<'t, T>; N]) -> Var<'t, T> + 'f,
) -> Formulated<'f, T> {
    let backward: Box<Formula<'f, T>> = Box::new(move |vars| {
        let (dy, inputs) = (vars[0], &vars[1..]);
        let grads = formula(std::array::from_fn(|i| inputs[i])).backward_with(dy);
        inputs.iter().filter(|input| input.kind() == Kind::Real).map(|&x| grads[x]).collect()
    });
    Formulated { formula: backward, inputs: N + 1, cotangents: N, several: true, directions: 0 }
}
