//! Numbers that are infinite, planted in random programs: the first that reaches a result is found.

use crate::strategies::{Seed, config, seeds};
use ndarray::ArrayD;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeSet;
use wengert::check::{self, programs};
use wengert::{Kind, Tape, Var};

/// An element of a row of a program, to which −∞ is added.
#[derive(Clone, Debug)]
struct Plant {
    row: usize,
    element: usize,
}

/// Plants in rows that are no leaves' and have an element, in order; fewer if there are none.
fn plants(from: &Tape<f64>, seed: &mut Seed, count: usize) -> Vec<Plant> {
    let rows: Vec<Var<'_, f64>> =
        from.vars().filter(|row| row.kind() == Kind::Real && row.varies() && !row.is_empty()).collect();
    let mut chosen: Vec<Plant> = Vec::new();
    for _ in 0..count {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let mut below = |n: usize| (seed.numbers(&[1])[0].abs() * 1e6) as usize % n.max(1);
        if let Some(row) = rows.get(below(rows.len())) {
            chosen.push(Plant { row: row.row(), element: below(row.len()) });
        }
    }
    chosen.sort_by_key(|plant| plant.row);
    chosen.dedup_by_key(|plant| plant.row);
    chosen
}

/// Records the program again with `log 0` added to an element of some rows: the rows of these logarithms; nothing if
/// that is no longer possible, as where an index would be −∞.
fn planted<'t>(
    from: &Tape<f64>,
    plants: &[Plant],
    tape: &'t Tape<f64>,
) -> Option<(Vec<usize>, Var<'t, f64>)> {
    let (mut rows, mut logs): (Vec<Var<'t, f64>>, Vec<usize>) = (Vec::new(), Vec::new());
    for var in from.vars() {
        let operands: Vec<Var<'t, f64>> = var.operands().iter().map(|operand| rows[operand.row()]).collect();
        let mut row = match (var.kind(), operands.is_empty()) {
            (Kind::Index, true) => {
                #[allow(clippy::cast_possible_truncation)] // They are whole, and few.
                tape.indices("i", var.value().mapv(|x| x as i64))
            }
            (_, true) => tape.leaf("x", var.value().into_owned()),
            _ => tape.try_apply(&var.prim(), &operands).ok()?,
        };
        if let Some(plant) = plants.iter().find(|plant| plant.row == var.row()) {
            let mut ones = ArrayD::ones(var.shape());
            ones.as_slice_mut()?[plant.element] = 0.0;
            let log = tape.leaf("ones", ones).log();
            logs.push(log.row());
            row += log;
        }
        rows.push(row);
    }
    Some((logs, rows.pop()?))
}

fn is_finite(row: Var<'_, f64>) -> bool {
    row.value().iter().all(|x| x.is_finite())
}

/// Whether every row that no other uses is finite.
fn has_finite_results(tape: &Tape<f64>) -> bool {
    let used: BTreeSet<usize> =
        tape.vars().flat_map(|row| row.operands().into_iter().map(Var::row).collect::<Vec<_>>()).collect();
    tape.vars().filter(|row| !used.contains(&row.row()) && !row.operands().is_empty()).all(is_finite)
}

/// Rows that are infinite or NaN, though all operands are finite.
fn births(tape: &Tape<f64>) -> Vec<usize> {
    let is_birth = |row: &Var<'_, f64>| {
        !row.operands().is_empty() && !is_finite(*row) && row.operands().into_iter().all(is_finite)
    };
    tape.vars().filter(is_birth).map(Var::row).collect()
}

/// Whether there is a NaN of infinities, as of two plants that meet: ∞ − ∞.
fn infinities_meet(tape: &Tape<f64>) -> bool {
    let has_nan = |row: Var<'_, f64>| row.value().iter().any(|x| x.is_nan());
    tape.vars().any(|row| has_nan(row) && !row.operands().into_iter().any(has_nan))
}

#[test]
fn the_first_that_reaches_a_result_is_found() {
    let seen = Cell::new([0_usize; 3]);
    let count = |i: usize| {
        let mut all = seen.get();
        all[i] += 1;
        seen.set(all);
    };
    let runner = |program: check::Program, mut seed: Seed, backward: bool| {
        let original = Tape::new();
        program.record(&original);
        prop_assert!(original.first_non_finite().is_none(), "{program}");
        let plants = plants(&original, &mut seed, 2);
        let tape = Tape::new();
        let Some((logs, out)) = planted(&original, &plants, &tape) else { return Ok(()) };
        if backward {
            out.sum().backward();
        }
        let found = tape.first_non_finite();
        // Of gradients, those of leaves are results; others that are used no further may be anything.
        if !backward || found.is_some() {
            prop_assert_eq!(
                found.is_none(),
                has_finite_results(&tape),
                "{}\n{:?}\n{:#}",
                program,
                found,
                tape
            );
        }
        let Some(found) = found else {
            count(0);
            return Ok(());
        };
        let row = tape.try_var(found.row()).unwrap();
        let place = found.element().iter().zip(row.shape()).fold(0, |place, (i, n)| place * n + i);
        prop_assert!(!row.value().iter().nth(place).unwrap().is_finite());
        // Where a finite number that −∞ became gives birth to others, or a branch turns, reaching is more than being seen.
        let others = births(&tape).iter().any(|birth| !logs.contains(birth));
        if others || backward || plants.len() > 1 && infinities_meet(&tape) {
            count(1);
            return Ok(());
        }
        // Which of the plants reaches a result: that which alone makes one infinite or NaN.
        for (plant, log) in plants.iter().zip(&logs) {
            let alone = Tape::new();
            let Some((own, _)) = planted(&original, std::slice::from_ref(plant), &alone) else {
                return Ok(());
            };
            // exp(−∞) is 0, of which others are born.
            if births(&alone) != own {
                count(1);
                return Ok(());
            }
            if !has_finite_results(&alone) {
                prop_assert_eq!(found.row(), *log, "{}\n{:?}\n{}\n{:#}", program, plants, found, tape);
                prop_assert_eq!(place, plant.element);
                break;
            }
        }
        count(2);
        Ok(())
    };
    let strategy = (programs(), seeds(), any::<bool>());
    let config = ProptestConfig { source_file: Some(file!()), ..config(1) };
    let result =
        TestRunner::new(config).run(&strategy, |(program, seed, backward)| runner(program, seed, backward));
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let [finite, more, judged] = seen.get();
    println!("{finite} remain finite, {more} with further births, {judged} judged exactly");
    assert!(judged >= 30 && finite >= 5, "{finite} {more} {judged}");
}
