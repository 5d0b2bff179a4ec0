//! Two small language models, fed with integers: as one program, recorded each time, and by PyTorch.

use crate::common::{Real, Reference, assert_close};
use ndarray::{ArrayD, Axis, s};
use wengert::optim::{Optimiser, Params, State};
use wengert::{Call, Float, Replayed, Tape, Var};

const STEPS: usize = 5;
const RATE: f64 = 0.5;

/// Logits of the next letter, for indices (n, 3) of those before it.
type Model<T> = for<'t> fn(&Params<'t, T>, Var<'t, T>) -> Var<'t, T>;

fn bigram<'t, T: Float>(weights: &Params<'t, T>, context: Var<'t, T>) -> Var<'t, T> {
    weights["table"].embedding(context.slice(s![.., -1]))
}

fn network<'t, T: Float>(weights: &Params<'t, T>, context: Var<'t, T>) -> Var<'t, T> {
    let points = weights["points"].embedding(context);
    let points = points.reshape((points.shape()[0], points.len() / points.shape()[0]));
    points.linear(weights["w1"], weights["b1"]).tanh().linear(weights["w2"], weights["b2"])
}

/// The losses before each step, and the weights after the last.
type Trained<T> = (Vec<T>, Vec<ArrayD<T>>);

/// One program: batches go in as integers, weights are carried.
fn replayed<T: Float>(model: Model<T>, start: &State<T>, batches: &[[ArrayD<i64>; 2]]) -> Trained<T> {
    let mut step = Replayed::new(|call: Call<'_, T>| {
        let [context, next] = call.inputs();
        let weights = start.carried(call, Optimiser::Sgd);
        let loss = model(&weights, context).cross_entropy(next);
        call.carry(weights.step(Optimiser::Sgd, &loss.backward(), T::from_f64(RATE)));
        vec![loss]
    });
    let losses = batches.iter().map(|[context, next]| {
        let loss = step.call_one((context, next)).unwrap();
        *loss.first().unwrap()
    });
    let losses = losses.collect();
    assert_eq!((step.len(), step.paths().next().unwrap().replays()), (1, STEPS - 2));
    let weights = start.iter().map(|(name, _)| step.state(name).to_owned());
    (losses, weights.collect())
}

/// The loop that records each step.
fn eager<T: Float>(model: Model<T>, start: &State<T>, batches: &[[ArrayD<i64>; 2]]) -> Trained<T> {
    let (mut tape, mut state, mut losses) = (Tape::<T>::new(), start.clone(), Vec::new());
    for [context, next] in batches {
        tape.clear();
        let weights = state.leaves(&tape);
        let loss = model(&weights, tape.indices("context", context)).cross_entropy(next);
        losses.push(loss.item());
        state = weights.step(Optimiser::Sgd, &loss.backward(), T::from_f64(RATE)).state();
    }
    (losses, state.iter().map(|(_, value)| value.to_owned()).collect())
}

fn is_pytorchs<T: Float + Real>(name: &str, model: Model<T>, weights: &[&str]) {
    let mut reference = Reference::language();
    let start = weights.iter().fold(State::new(), |state, weight| {
        state.with(*weight, reference.array::<f32>(weight).mapv(|x| T::of(x.into())))
    });
    let (contexts, next) = (reference.array::<i64>("context"), reference.array::<i64>("next"));
    let batch = |step: usize| [&contexts, &next].map(|all| all.index_axis(Axis(0), step).to_owned());
    let batches: Vec<[ArrayD<i64>; 2]> = (0..STEPS).map(batch).collect();

    let (losses, after) = replayed(model, &start, &batches);
    assert_eq!(eager(model, &start, &batches), (losses.clone(), after.clone())); // to the bit
    // On the longest way forward some 60 numbers are added up (a layer of 12 and one of 12, 27 powers, 16 labels), and
    // as many on the way back; five steps follow each other, and both sides round.
    let roundings = 2.0 * 2.0 * 60.0 * 5.0 * T::U;
    let expected = reference.array::<T>(&format!("{name}_{}", T::NAME));
    assert_close("losses", &ArrayD::from_shape_vec(vec![STEPS], losses).unwrap(), &expected, roundings);
    for (weight, value) in weights.iter().zip(after) {
        let expected = reference.array::<T>(&format!("{weight}_after_{}", T::NAME));
        assert_close(weight, &value, &expected, roundings);
    }
}

#[test]
fn a_bigram_model_trains_as_pytorchs() {
    is_pytorchs::<f32>("bigram", bigram, &["table"]);
    is_pytorchs::<f64>("bigram", bigram, &["table"]);
}

#[test]
fn a_network_trains_as_pytorchs() {
    const WEIGHTS: [&str; 5] = ["points", "w1", "b1", "w2", "b2"];
    is_pytorchs::<f32>("network", network, &WEIGHTS);
    is_pytorchs::<f64>("network", network, &WEIGHTS);
}

/// Letters before and after are one sequence, of which a program can be fed two views.
#[test]
fn a_text_is_fed_where_it_lies() {
    let text = [0_u8, 1, 2, 0, 1, 2, 0, 1, 2];
    let mut loss = Replayed::new(|call: Call<'_, f64>| {
        let [letters, next] = call.inputs();
        let table = call.state("table", ndarray::Array2::zeros((3, 3)));
        let loss = table.embedding(letters).cross_entropy(next);
        call.carry([(table, table - loss.backward()[table])]);
        vec![loss]
    });
    let losses: Vec<f64> = (0..60).map(|_| loss.call_one((&text[..8], &text[1..])).unwrap()[[]]).collect();
    assert!((losses[0] - 3.0_f64.ln()).abs() <= 8.0 * f64::EPSILON); // a mean of eight
    assert!(losses.is_sorted_by(|before, after| before > after) && losses[59] < 0.1);
}
