//! Programs whose pages are tested and looked at.

use crate::tapes::{attention, long, names, notebook, scalars};
use ndarray::ArrayD;
use wengert::{Profile, Program, Tape, Var, optim};

/// A program's name, and how it is made.
pub type Example = (&'static str, fn() -> Program<f64>);

/// All of them.
pub const EXAMPLES: [Example; 8] = [
    ("step", step),
    ("attention", attending),
    ("scalars", numbers),
    ("little", little),
    ("names", named),
    ("again", again),
    ("long", pendulum),
    ("arrays", arrays),
];

/// The row of this name.
pub fn row<'t>(tape: &'t Tape<f64>, name: &str) -> Var<'t, f64> {
    tape.vars().find(|row| row.name().as_deref() == Some(name)).expect("a row of this name")
}

/// The notebook's step of training, weights carried.
pub fn step() -> Program<f64> {
    let tape = notebook();
    let loss = row(&tape, "loss");
    let grads = loss.backward();
    let state = ["W1", "b1", "W2", "b2"].map(|name| row(&tape, name));
    let next = state.map(|w| (w, optim::sgd(w, grads[w], 0.1)));
    tape.program_builder([row(&tape, "X")], [loss]).carry(next).build().expect("a program")
}

/// Attention with the gradients of its weights.
pub fn attending() -> Program<f64> {
    let tape = attention();
    let loss = row(&tape, "loss");
    let grads = loss.backward();
    let weights = ["Wq", "Wk", "Wv"].map(|name| row(&tape, name));
    let inputs = [row(&tape, "x"), weights[0], weights[1], weights[2]];
    let outputs = [row(&tape, "out"), loss, grads[weights[0]], grads[weights[1]], grads[weights[2]]];
    tape.program(inputs, outputs).expect("a program")
}

/// Micrograd's first example: numbers alone.
pub fn numbers() -> Program<f64> {
    let tape = scalars();
    let g = row(&tape, "g");
    let [a, b] = ["a", "b"].map(|name| row(&tape, name));
    let grads = g.backward();
    tape.program([a, b], [g, grads[a], grads[b]]).expect("a program")
}

/// What goes in comes out.
pub fn little() -> Program<f64> {
    let tape = Tape::new();
    let x = tape.leaf("x", 1.0);
    tape.program([x], [x]).expect("a program")
}

/// Names that are markup, long, empty, or in another script.
pub fn named() -> Program<f64> {
    let tape = names();
    let leaves: Vec<Var<'_, f64>> = tape.vars().take(5).collect();
    tape.program(leaves, [row(&tape, "損失 <i>")]).expect("a program")
}

/// Each fate that there is: rows that are computed again, shared, folded, handed on, and needed by nobody.
pub fn again() -> Program<f64> {
    let tape = Tape::new();
    let x = tape.leaf("x", ndarray::Array1::linspace(0.0, 1.0, 1000));
    let unused = (x * 3.0).named("unused");
    let _ = unused.exp();
    let start = ((x * 1.0).sin() + (x * 1.0).sin()).named("start");
    let rate = (tape.constant(2.0) * 0.25).exp().named("rate");
    let y = (0..40).fold(start * rate, |y: Var<'_, f64>, _| y.sin().cumsum(0) * 0.01);
    let loss = y.sum().named("loss");
    let grads = loss.backward();
    let builder = tape.program_builder([x], [loss, grads[x]]);
    builder.memory(200_000).build().expect("a program of so many bytes")
}

/// Ten thousand rows of numbers, and as many of their gradients.
pub fn pendulum() -> Program<f64> {
    let tape = long();
    let loss = row(&tape, "loss");
    let [angle, speed, h] = ["angle", "speed", "h"].map(|name| row(&tape, name));
    let slope = loss.backward()[angle];
    tape.program_builder([angle, speed, h], [loss, slope]).explained().build().expect("a program")
}

/// Ten thousand rows of arrays, each an instruction.
pub fn arrays() -> Program<f64> {
    let tape = Tape::new();
    let x = tape.leaf("x", ndarray::Array1::linspace(0.0, 1.0, 64));
    let y = (0..10_000).fold(x, |y: Var<'_, f64>, _| y.cumsum(0));
    tape.program([x], [y.named("end")]).expect("a program")
}

/// A run of it, measured.
pub fn profiled(program: &Program<f64>) -> Profile {
    let inputs: Vec<ArrayD<f64>> =
        program.inputs().iter().map(|port| ArrayD::from_elem(port.shape.clone(), 0.5)).collect();
    program.profile(&mut program.workspace(), &inputs, 20).expect("a run")
}
