//! The trap: a target of rank 1, and what NumPy's rules make of it.

use ndarray::Array2;
use wengert::{Broadcasting, Tape, manual};

use crate::compare::shape;
use crate::{Real, count};

/// Shows what happens when `y` has lost its second axis.
///
/// # Errors
/// If the shapes do not fit even with the right `y`.
pub fn print<T: Real>(
    x: &Array2<T>,
    y: &Array2<T>,
    [w1, b1, w2, b2]: [&Array2<T>; 4],
) -> Result<(), manual::ShapeMismatch> {
    let right = manual::forward_and_backward(x, y, w1, b1, w2, b2)?;
    let flat = y.column(0);
    let rows: T = count(x.nrows());

    let numpy = Tape::<T>::with_broadcasting(Broadcasting::NumPy);
    let difference = numpy.leaf("A2", &right.a2) - numpy.leaf("y", flat);
    let wrong = (difference.square().sum() / rows).item();
    println!("   By NumPy's rules, with y of shape {}:", shape(flat.shape()));
    println!(
        "   A2 - y is {} - {} = {}",
        shape(right.a2.shape()),
        shape(flat.shape()),
        shape(&difference.shape())
    );
    println!(
        "   the loss is {wrong:.1} instead of {:.4}: {:.0} times too large, and nothing says so",
        right.loss,
        wrong / right.loss
    );
    match manual::forward_and_backward(x, &flat, w1, b1, w2, b2) {
        Ok(_) => println!("   with a single row, nothing goes wrong"),
        Err(error) => {
            println!(
                "   the hand-written backward fails one step later, far from the cause:\n{}",
                wrapped(&error.to_string())
            );
        }
    }

    let tape = Tape::<T>::new();
    let prediction = tape.leaf("A2", &right.a2);
    println!("   Here it is an error at once:");
    match prediction.try_sub(tape.leaf("y", flat)) {
        Ok(_) => println!("   with a single row, nothing goes wrong\n"),
        Err(error) => println!("{}\n", wrapped(&error.to_string())),
    }
    Ok(())
}

/// The text in lines of at most 100 characters, indented.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a last line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + word.len() < 100 {
            line.extend([" ", word]);
        } else {
            lines.push(word.into());
        }
    }
    lines.iter().map(|line| format!("     {line}")).collect::<Vec<_>>().join("\n")
}
