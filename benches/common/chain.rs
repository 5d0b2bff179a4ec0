//! A chain of operations, as in `peers/`.

use wengert::Var;

/// Where it starts.
pub const A: f64 = 0.5;

/// s = a; then s = s·a and s = s + a in turn. From a = ½ it goes to 1, and ds/da to 4: nothing overflows.
pub fn chain(a: Var<f64>, operations: usize) -> Var<f64> {
    (0..operations / 2).fold(a, |s, _| s * a + a)
}
