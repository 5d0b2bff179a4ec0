//! The notebook's eight comparisons of hand-written gradients with automatic ones, and what they leave out.

use ndarray::{Array2, ArrayD, ArrayViewD};
use wengert::{Comparison, Tape, manual};

use crate::{Real, count};

/// `allclose`'s tolerances, NumPy's and PyTorch's alike: |a - b| ≤ 1e-8 + 1e-5·|b|.
const ABSOLUTE: f64 = 1e-8;
const RELATIVE: f64 = 1e-5;

/// Runs the network forward and backward, by hand and on a tape, and prints how they compare; the gradient of `W_1`, to be drawn.
///
/// # Errors
/// If the shapes do not fit.
pub fn print<T: Real>(
    x: &Array2<T>,
    y: &Array2<T>,
    [w1, b1, w2, b2]: [&Array2<T>; 4],
) -> Result<Comparison, manual::ShapeMismatch> {
    let hand = manual::forward_and_backward(x, y, w1, b1, w2, b2)?;

    let tape = Tape::<T>::new();
    let leaves = [("X", x), ("W_1", w1), ("B_1", b1), ("W_2", w2), ("B_2", b2)];
    let [tx, tw1, tb1, tw2, tb2] = leaves.map(|(name, array)| tape.leaf(name, array));
    let z1 = tx.linear(tw1, tb1).named("Z1");
    let a1 = z1.relu().named("A1");
    let z2 = a1.linear(tw2, tb2).named("Z2");
    let a2 = z2; // the identity activation hands back its argument
    let rows: T = count(x.nrows());
    let loss = ((a2 - tape.constant(y)).square().sum() / rows).named("loss");
    let forward = tape.len();
    let grads = loss.backward();
    let shapes = [("Z1", &hand.z1), ("A1", &hand.a1), ("Z2", &hand.z2), ("A2", &hand.a2)];
    println!("   {}", shapes.map(|(name, array)| format!("{name} {}", shape(array.shape()))).join("  "));
    println!("   loss by hand {:.6}, on the tape {:.6}", hand.loss, loss.item());
    println!("   the tape has {forward} rows forward and {} backward\n", tape.len() - forward);

    let by_tape = |var| grads[var].value().into_owned();
    println!("   The notebook's eight comparisons: each gradient by hand, and from the tape");
    println!("   {:10} {:>12} {:>14} {:>14}  allclose", "gradient", "shape", "largest |a-b|", "relative");
    print_line("W_1", &hand.dw1, &by_tape(tw1));
    print_line("B_1", &hand.db1, &by_tape(tb1));
    print_line("W_2", &hand.dw2, &by_tape(tw2));
    print_line("B_2", &hand.db2, &by_tape(tb2));
    print_line("Z1", &hand.dz1, &by_tape(z1));
    print_line("A1", &hand.da1, &by_tape(a1));
    print_line("Z2", &hand.dz2, &by_tape(z2));
    print_line("A2", &hand.da2, &by_tape(a2));

    println!("\n   What those eight lines miss");
    print_line("X", &hand.dx, &by_tape(tx));
    println!("              the input's gradient: the notebook derives it and never compares it");
    println!(
        "   A2         its line is vacuous: A2 and Z2 are one array, so it compares the pair of the line above"
    );
    let lost_an_axis = hand.db1.row(0).into_dyn();
    let kept = by_tape(tb1);
    println!(
        "   B_1        the notebook's `b.grad_` has shape {} and B_1 {}: allclose broadcasts and says {}",
        shape(lost_an_axis.shape()),
        shape(kept.shape()),
        python(broadcasts_and_is_close(&lost_an_axis, &kept)),
    );
    println!(
        "              here shapes are compared first, {} with {}: {}\n",
        shape(hand.db1.shape()),
        shape(kept.shape()),
        python(hand.db1.shape() == kept.shape())
    );
    Ok(Comparison::new("W_1's gradient", &hand.dw1, &by_tape(tw1)).axes(["hidden unit", "pixel"]))
}

fn print_line<T: Real>(name: &str, by_hand: &Array2<T>, by_tape: &ArrayD<T>) {
    let shapes_agree = by_hand.shape() == by_tape.shape();
    let pairs = || by_hand.iter().zip(by_tape).map(|(a, b)| ((*a).into(), (*b).into()));
    let largest = |of: fn((f64, f64)) -> f64| pairs().map(of).fold(0.0, f64::max);
    let absolute = largest(|(a, b)| (a - b).abs());
    let relative = absolute / largest(|(_, b)| b.abs());
    let close = shapes_agree && pairs().all(is_close);
    println!(
        "   {name:10} {:>12} {absolute:>14.2e} {relative:>14.2e}  {}",
        shape(by_tape.shape()),
        python(close)
    );
}

fn is_close((a, b): (f64, f64)) -> bool {
    (a - b).abs() <= ABSOLUTE + RELATIVE * b.abs()
}

/// What `allclose` does with two shapes that differ.
fn broadcasts_and_is_close<T: Real>(a: &ArrayViewD<T>, b: &ArrayD<T>) -> bool {
    a.broadcast(b.shape()).is_some_and(|a| a.iter().zip(b).all(|(a, b)| is_close(((*a).into(), (*b).into()))))
}

/// As Python prints a shape.
pub fn shape(sizes: &[usize]) -> String {
    match sizes {
        [n] => format!("({n},)"),
        sizes => format!("({})", sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// As Python prints a truth value.
fn python(holds: bool) -> &'static str {
    if holds { "True" } else { "False" }
}
