//! A language model of given names: which letter comes next, after those before it?
//!
//! `cargo run --release -p names`

mod plot;
mod text;

use ndarray::{Array1, Array2, Axis, s};
use text::{CONTEXT, LETTERS, Text};
use wengert::optim::{Optimiser, Params, State};
use wengert::random::Draws;
use wengert::{Call, Error, Replayed, Tape, Var};

const STEPS: usize = 10_000;
const BATCH: usize = 64;

/// Logits of the next letter, (n, 27), for the three letters before it, which are indices, (n, 3).
type Model = for<'t> fn(&Params<'t, f32>, Var<'t, f32>) -> Var<'t, f32>;

/// Looks at one letter. Its weights are a table of logits: what follows an `a`, what follows a `b`.
fn bigram<'t>(weights: &Params<'t, f32>, context: Var<'t, f32>) -> Var<'t, f32> {
    weights["table"].embedding(context.slice(s![.., -1]))
}

/// Looks at all three: each letter is a point in ten dimensions, and their coordinates go through a hidden layer.
fn network<'t>(weights: &Params<'t, f32>, context: Var<'t, f32>) -> Var<'t, f32> {
    let points = weights["points"].embedding(context); // (n, 3, 10)
    let points = points.reshape((points.shape()[0], 3 * 10));
    let hidden = points.linear(weights["w1"], weights["b1"]).tanh();
    hidden.linear(weights["w2"], weights["b2"])
}

/// Gradient descent on batches drawn from a text: the weights after it, and the loss at each step.
fn train(model: Model, start: &State<f32>, text: &Text) -> Result<(State<f32>, Vec<f32>), Error> {
    let mut step = Replayed::new(|call: Call<'_, f32>| {
        let [context, next, rate] = call.inputs(); // indices, indices, and a number
        let weights = start.carried(call, Optimiser::Sgd);
        let loss = model(&weights, context).cross_entropy(next);
        call.carry(weights.step(Optimiser::Sgd, &loss.backward(), rate));
        vec![loss]
    });
    let (mut draws, mut losses) = (Draws::new(1), Vec::new());
    for i in 0..STEPS {
        let batch = draws.below(text.next.len(), BATCH).to_vec();
        let (context, next) = (text.context.select(Axis(0), &batch), text.next.select(Axis(0), &batch));
        let rate = if i < STEPS / 2 { 0.5 } else { 0.05 };
        losses.push(step.call_one((&context, &next, rate))?[[]]);
    }
    for path in step.paths() {
        println!("   its step: recorded {} times, replayed {}", path.recordings(), path.replays());
    }
    Ok((step.states().collect(), losses))
}

/// The loss on a whole text, recorded once.
fn loss(model: Model, weights: &State<f32>, text: &Text) -> f32 {
    let tape = Tape::new();
    let context = tape.indices("context", &text.context);
    model(&weights.leaves(&tape), context).cross_entropy(&text.next).item()
}

/// New names, written side by side: each gets another letter, drawn as the model says, and again.
fn invent(model: Model, weights: &State<f32>) -> Vec<String> {
    let (tape, mut draws) = (Tape::new(), Draws::new(2));
    let weights = weights.leaves(&tape);
    let mut names = tape.indices("names", Array2::<usize>::zeros((20, CONTEXT)));
    for _ in 0..12 {
        let logits = model(&weights, names.slice(s![.., -3..]));
        // Of logits less ln(-ln u), each with a uniform u of its own, the largest is at a letter as often as softmax says.
        let u = tape.constant(draws.uniform::<f32, _>((20, LETTERS)));
        let next = (logits - (-u.log()).log()).argmax(1); // indices again
        names = tape.concat(1, [names, next.unsqueeze(1)]);
    }
    names.places().outer_iter().map(|name| text::spelled(name.iter().skip(CONTEXT))).collect()
}

fn main() -> Result<(), Error> {
    let [known, held_out] = text::names();
    let [text, unseen] = [&known, &held_out].map(|names| Text::new(names));
    println!("1. The text: {} given names, and {} that are held out", known.len(), held_out.len());
    let questions = [&text, &unseen].map(|text| text.next.len());
    println!(
        "   {} letters, and {}, each to be predicted from the three before it:",
        questions[0], questions[1]
    );
    println!("   {}\n", Text::new(&["emma"]));

    let mut draws = Draws::new(0);
    let mut some = |rows, columns| draws.uniform::<f32, _>((rows, columns)) * 0.4 - 0.2;
    let table = State::new().with("table", Array2::zeros((LETTERS, LETTERS)));
    let layers = State::new()
        .with("points", some(LETTERS, 10))
        .with("w1", some(64, 3 * 10))
        .with("b1", Array1::zeros(64))
        .with("w2", some(LETTERS, 64))
        .with("b2", Array1::zeros(LETTERS));
    let models =
        [("bigram", "a table", bigram as Model, table), ("network", "a hidden layer", network, layers)];

    let mut curves = Vec::new();
    for (number, (name, what, model, start)) in (2..).zip(models) {
        let size: usize = start.iter().map(|(_, weight)| weight.len()).sum();
        println!("{number}. The {name}: {what}, {size} weights");
        let (weights, losses) = train(model, &start, &text)?;
        let [before, after] = [&start, &weights].map(|weights| loss(model, weights, &unseen));
        println!("   loss on held-out names: {before:.4} before, {after:.4} after {STEPS} steps");
        println!("   loss on those it learnt from: {:.4}", loss(model, &weights, &text));
        let mut new = invent(model, &weights);
        new.retain(|name| !known.contains(&name.as_str()));
        new.truncate(10);
        println!("   it invents {}\n", new.join(", "));
        curves.push((name, losses));
    }
    println!("4. The losses in nats: of a batch of {BATCH} letters, and to the right the mean of many");
    print!("{}", plot::curves(&curves));
    Ok(())
}
