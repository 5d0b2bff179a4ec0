//! The functions of the map, and what they are exactly.
//!
//! The formulas are evaluated in double precision, for numbers of single precision: they need a handful of correct digits more
//! than single precision has, and lose none of them in the tails. They are other ones than the library's.

use super::map::Function;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// A function in both precisions. Constants are of the precision that the function is in.
macro_rules! function {
    ($name:literal, |$x:ident| $y:expr, |$at:ident| $exact:expr) => {
        function!($name, |$x| $y, |$at| $exact, false)
    };
    ($name:literal, |$x:ident| $y:expr, |$at:ident| $exact:expr, $cancels:literal) => {
        Function { name: $name, single: |$x| $y, double: |$x| $y, exact: |$at| $exact, cancels: $cancels }
    };
}

pub const FUNCTIONS: &[Function] = &[
    function!("neg", |x| -x, |x| [vec![-x], vec![-1.0], vec![0.0]]),
    function!("abs", |x| x.abs(), |x| [vec![x.abs()], vec![sign(x)], vec![0.0]]),
    function!("sign", |x| x.sign(), |x| [vec![sign(x)], vec![0.0], vec![0.0]]),
    function!("relu", |x| x.relu(), |x| [vec![x.max(0.0)], vec![sign(x).max(0.0)], vec![0.0]]),
    function!("square", |x| x.square(), |x| [vec![x * x], vec![2.0 * x], vec![2.0]]),
    function!("exp", |x| x.exp(), |x| [vec![x.exp()], vec![x.exp()], vec![x.exp()]]),
    function!("log", |x| x.log(), |x| [
        vec![x.ln()],
        vec![1.0 / positive(x)],
        vec![-1.0 / (positive(x) * x)]
    ]),
    function!("log1p", |x| x.log1p(), |x| {
        let whole = 1.0 + x;
        [vec![x.ln_1p()], vec![1.0 / positive(whole)], vec![-1.0 / (positive(whole) * whole)]]
    }),
    function!("expm1", |x| x.expm1(), |x| [vec![x.exp_m1()], vec![x.exp()], vec![x.exp()]]),
    function!("sin", |x| x.sin(), |x| [vec![x.sin()], vec![x.cos()], vec![-x.sin()]]),
    function!("cos", |x| x.cos(), |x| [vec![x.cos()], vec![-x.sin()], vec![-x.cos()]]),
    function!("tan", |x| x.tan(), |x| {
        let cos = x.cos();
        [vec![x.sin() / cos], vec![1.0 / (cos * cos)], vec![2.0 * x.sin() / (cos * cos * cos)]]
    }),
    function!("tanh", |x| x.tanh(), |x| {
        let slope = 1.0 / (x.cosh() * x.cosh());
        [
            vec![x.sinh().clamp(-1e300, 1e300) / x.cosh().min(1e300)],
            vec![slope],
            vec![-2.0 * x.tanh() * slope],
        ]
    }),
    function!("sqrt", |x| x.sqrt(), |x| {
        let y = x.sqrt();
        [vec![y], vec![0.5 / y], vec![-0.25 / (x * y)]]
    }),
    function!("rsqrt", |x| x.rsqrt(), |x| {
        let y = x.sqrt();
        [vec![1.0 / y], vec![-0.5 / (x * y)], vec![0.75 / (x * x * y)]]
    }),
    function!("logistic", |x| x.logistic(), |x| {
        let [y, slope, second] = logistic(x);
        [vec![y], vec![slope], vec![second]]
    }),
    function!("reciprocal", |x| x.reciprocal(), |x| [
        vec![1.0 / x],
        vec![-1.0 / (x * x)],
        vec![2.0 / (x * x * x)]
    ]),
    function!("3 / x", |x| x.tape().constant(3.0) / x, |x| {
        [vec![3.0 / x], vec![-3.0 / (x * x)], vec![6.0 / (x * x * x)]]
    }),
    function!("erf", |x| x.erf(), |x| {
        let slope = FRAC_2_SQRT_PI * (-x * x).exp();
        [vec![libm::erf(x)], vec![slope], vec![if slope == 0.0 { 0.0 } else { -2.0 * x * slope }]]
    }),
    function!("softplus", |x| x.softplus(), |x| {
        let [y, slope, _] = logistic(x);
        [vec![x.max(0.0) + (-x.abs()).exp().ln_1p()], vec![y], vec![slope]]
    }),
    function!(
        "silu",
        |x| x.silu(),
        |x| {
            let [y, slope, second] = logistic(x);
            [vec![weigh(x, y)], vec![y, weigh(x, slope)], vec![2.0 * slope, weigh(x, second)]]
        },
        true
    ),
    function!(
        "gelu",
        |x| x.gelu(),
        |x| {
            let y = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
            let slope = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (-0.5 * x * x).exp();
            [vec![weigh(x, y)], vec![y, weigh(x, slope)], vec![2.0 * slope, -weigh(x, weigh(x, slope))]]
        },
        true
    ),
    function!(
        "gelu_tanh",
        |x| x.gelu_tanh(),
        |x| {
            let scale = 2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
            let inner = scale * (x + 0.044_715 * x * x * x);
            let turn = scale * (1.0 + 3.0 * 0.044_715 * x * x);
            let [y, slope, second] = logistic(inner);
            let bend = scale * 6.0 * 0.044_715 * x;
            [
                vec![weigh(x, y)],
                vec![y, weigh(x * turn, slope)],
                vec![2.0 * weigh(turn, slope), weigh(x * turn * turn, second), weigh(x * bend, slope)],
            ]
        },
        true
    ),
    function!("atan2(x, 1)", |x| x.atan2(1.0), |x| {
        let square = 1.0 + x * x;
        [vec![x.atan()], vec![1.0 / square], vec![-2.0 * x / (square * square)]]
    }),
    function!("atan2(1, x)", |x| x.tape().constant(1.0).atan2(x), |x| {
        let square = 1.0 + x * x;
        [vec![1.0_f64.atan2(x)], vec![-1.0 / square], vec![2.0 * x / (square * square)]]
    }),
    function!("x ^ 0", |x| x.pow(0.0), |x| power(x, 0.0)),
    function!("x ^ 1", |x| x.pow(1.0), |x| power(x, 1.0)),
    function!("x ^ 2", |x| x.pow(2.0), |x| power(x, 2.0)),
    function!("x ^ 3", |x| x.pow(3.0), |x| power(x, 3.0)),
    function!("x ^ -1", |x| x.pow(-1.0), |x| power(x, -1.0)),
    function!("x ^ 0.5", |x| x.pow(0.5), |x| power(x, 0.5)),
    function!("x ^ -2.5", |x| x.pow(-2.5), |x| power(x, -2.5)),
    function!("x ^ 0.3", |x| x.pow(0.3), |x| power(x, f64::from(0.3_f32))),
    function!("x ^ 40.7", |x| x.pow(40.7), |x| power(x, f64::from(40.7_f32))),
];

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// x, where a logarithm has a derivative.
fn positive(x: f64) -> f64 {
    if x < 0.0 { f64::NAN } else { x }
}

/// By hyperbolic functions, and its first two derivatives.
fn logistic(x: f64) -> [f64; 3] {
    let slope = 0.25 / (0.5 * x).cosh().powi(2);
    [1.0 / (1.0 + (-x).exp()), slope, -slope * (0.5 * x).tanh()]
}

/// The product, 0 where the function vanished.
fn weigh(weight: f64, of: f64) -> f64 {
    if of == 0.0 { 0.0 } else { weight * of }
}

fn power(x: f64, c: f64) -> [Vec<f64>; 3] {
    [vec![x.powf(c)], vec![weigh(x.powf(c - 1.0), c)], vec![weigh(x.powf(c - 2.0), c * (c - 1.0))]]
}
