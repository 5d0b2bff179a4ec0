//! Tapes whose pages are tested and looked at.

use ndarray::{Array1, Array2, Axis};
use ndarray_npy::NpzReader;
use std::fs::File;
use wengert::random::Draws;
use wengert::{Broadcasting, Tape};

/// A tape's name, and how it is recorded.
pub type Example = (&'static str, fn() -> Tape<f64>);

/// All of them.
pub const EXAMPLES: [Example; 9] = [
    ("notebook", notebook),
    ("scalars", scalars),
    ("attention", attention),
    ("nan", nan),
    ("two_sided", two_sided),
    ("long", long),
    ("empty", Tape::new),
    ("names", names),
    ("forward", forward),
];

/// What stands in the place of markup in [`names`].
pub const MARKUP: &str = "<img src=x onerror=alert(1)>&amp;</script>";

/// A file of the repository's `data/`.
fn stored(name: &str) -> NpzReader<File> {
    let path = format!("{}/../data/{name}.npz", env!("CARGO_MANIFEST_DIR"));
    NpzReader::new(File::open(path).expect("the repository has this file")).expect("an npz file")
}

/// The notebook's first step: digits, one hidden layer, the mean of squares.
pub fn notebook() -> Tape<f64> {
    let (mut digits, mut weights) = (stored("digits"), stored("reference_weights"));
    let pixels: Array2<u8> = digits.by_name("x").expect("pixels");
    let labels: Array1<u8> = digits.by_name("y").expect("labels");
    let train: Array1<i64> = digits.by_name("train").expect("row numbers");
    let train: Vec<usize> = train.iter().map(|row| usize::try_from(*row).expect("from 0")).collect();
    let pixels = pixels.select(Axis(0), &train).mapv(f64::from);
    let (mean, deviation) = (pixels.mean().unwrap_or_default(), pixels.std(1.0));
    let labels = labels.select(Axis(0), &train).mapv(f64::from).insert_axis(Axis(1));

    let tape = Tape::new();
    let x = tape.leaf("X", (pixels - mean) / deviation);
    let [w1, b1, w2, b2] =
        [("W1", "W_1"), ("b1", "B_1"), ("W2", "W_2"), ("b2", "B_2")].map(|(name, stored)| {
            let weight: Array2<f32> = weights.by_name(stored).expect("a matrix");
            tape.leaf(name, weight.mapv(f64::from))
        });
    let z1 = x.linear(w1, b1).named("Z1");
    let a1 = z1.relu().named("A1");
    let z2 = a1.linear(w2, b2).named("Z2");
    let loss = (z2 - tape.constant(labels).named("y")).square().mean().named("loss");
    loss.backward();
    tape
}

/// Micrograd's first example.
pub fn scalars() -> Tape<f64> {
    let tape = Tape::new();
    let [a, b] = [("a", -4.0), ("b", 2.0)].map(|(name, x)| tape.leaf(name, x));
    let c = (a + b).named("c");
    let d = (a * b + b.pow(3.0)).named("d");
    let c = (c + c + 1.0).named("c'");
    let c = (c + 1.0 + c - a).named("c''");
    let d = (d + d * 2.0 + (b + a).relu()).named("d'");
    let d = (d + 3.0 * d + (b - a).relu()).named("d''");
    let e = (c - d).named("e");
    let f = e.square().named("f");
    let g = (f / 2.0 + 10.0 / f).named("g");
    g.backward();
    tape
}

/// One head of attention over six tokens, masked.
pub fn attention() -> Tape<f64> {
    let (tape, mut draws) = (Tape::new(), Draws::new(7));
    let mut array = |shape: (usize, usize)| draws.uniform::<f64, _>(shape) * 2.0 - 1.0;
    let x = tape.leaf("x", array((6, 8)));
    let [wq, wk, wv] = ["Wq", "Wk", "Wv"].map(|name| tape.leaf(name, array((8, 4)) * 0.5));
    let [q, k, v] = [("q", wq), ("k", wk), ("v", wv)].map(|(name, w)| x.matmul(w).named(name));
    let scores = (q.matmul(k.t()) * 0.5).named("scores");
    let later = Array2::from_shape_fn((6, 6), |(i, j)| if j > i { f64::NEG_INFINITY } else { 0.0 });
    let weights = (scores + later).softmax(1).named("weights");
    let out = weights.matmul(v).named("out");
    out.square().mean().named("loss").backward();
    tape
}

/// An entropy with 0·log 0.
pub fn nan() -> Tape<f64> {
    let tape = Tape::new();
    let p = tape.leaf("p", [[0.5, 0.25, 0.25, 0.0], [0.1, 0.2, 0.3, 0.4]]);
    let entropy = (p * p.log().named("log p")).sum().named("entropy");
    (-entropy).named("loss").backward();
    tape
}

/// The trap: a column less a flat array.
pub fn two_sided() -> Tape<f64> {
    let tape = Tape::with_broadcasting(Broadcasting::NumPy);
    let predicted = tape.leaf("predicted", [[0.5], [1.0], [-0.5], [2.0]]);
    let labels = tape.leaf("labels", [1.0, 0.0, -1.0, 2.0]);
    (predicted - labels).named("difference").square().mean().named("loss").backward();
    tape
}

/// Ten thousand rows of scalars: a pendulum, by Euler's steps.
pub fn long() -> Tape<f64> {
    let tape = Tape::new();
    let [angle, speed, h] =
        [("angle", 0.5), ("speed", 0.0), ("h", 0.004)].map(|(name, x)| tape.leaf(name, x));
    let (mut x, mut v) = (angle, speed);
    while tape.len() < 9_997 {
        v -= x.sin() * h;
        x += v * h;
    }
    x.square().named("loss").backward();
    tape
}

/// Names that are long, empty, markup, in another script, or the same.
pub fn names() -> Tape<f64> {
    let tape = Tape::new();
    let long = "the_weight_of_the_third_hidden_layer_before_it_was_clipped_and_then_rescaled_by_the_schedule";
    let [a, b, c, d, e] = [MARKUP, "", long, "重み", "x"].map(|name| tape.leaf(name, [0.5, -1.5, 2.0]));
    let product = (a * b + c * d).named("<b>bold</b>");
    let again = (product * e).named("x");
    again.sum().named("損失 <i>").backward();
    tape
}

/// No gradient was asked for.
pub fn forward() -> Tape<f64> {
    let tape = Tape::new();
    let x = tape.leaf("x", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let _ = (x.tanh() * 2.0).named("y").sum().named("loss");
    tape
}
