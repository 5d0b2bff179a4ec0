//! A step that carries state, by replay and by recording it afresh each time.

use super::{assert_bits, without};
use ndarray::ArrayD;
use wengert::{Pass, Tape, Var};

/// What a step gives: outputs, and for each array of the state the one that replaces it.
pub type Rows<'t> = (Vec<Var<'t, f64>>, Vec<Var<'t, f64>>);

fn leaves<'t>(tape: &'t Tape<f64>, arrays: &[ArrayD<f64>]) -> Vec<Var<'t, f64>> {
    arrays.iter().map(|x| tape.leaf("x", x)).collect()
}

/// Runs the step so many times, recorded once and replayed, and recorded afresh each time, with whatever inputs
/// each time has: the outputs and the state must have the same bits after each.
pub fn assert_same(
    times: usize,
    start: &[ArrayD<f64>],
    inputs: impl Fn(usize) -> Vec<ArrayD<f64>>,
    step: impl for<'t> Fn(&[Var<'t, f64>], &[Var<'t, f64>]) -> Rows<'t>,
) {
    for passes in [&[][..], &[Pass::Reuse], &[Pass::Fusion], &Pass::ALL] {
        let tape = Tape::new();
        let (state, given) = (leaves(&tape, start), leaves(&tape, &inputs(0)));
        let (outputs, next) = step(&state, &given);
        let builder = tape.program_builder(&given, &outputs).carry(state.into_iter().zip(next));
        let program = without(builder, passes).build().unwrap();
        let mut workspace = program.workspace();

        let mut now = start.to_vec();
        for time in 0..times {
            let tape = Tape::new();
            let given = inputs(time);
            let (outputs, next) = step(&leaves(&tape, &now), &leaves(&tape, &given));
            program.run(&mut workspace, &given).unwrap();
            now = next.iter().map(|next| next.value().into_owned()).collect();
            for (i, output) in outputs.iter().enumerate() {
                assert_bits(&workspace.output(i).to_owned(), &output.value().into_owned());
            }
            for (i, now) in now.iter().enumerate() {
                assert_bits(&workspace.state(i).to_owned(), now);
            }
        }
        workspace.reset();
        assert!(workspace.try_output(0).is_err());
        start.iter().enumerate().for_each(|(i, start)| assert_bits(&workspace.state(i).to_owned(), start));
    }
}
