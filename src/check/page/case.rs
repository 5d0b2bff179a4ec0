//! The failing case as a report shows it: sizes, arrays, what of them matters, and the rows that an explanation speaks of.

use super::Page;
use crate::check::ask::subject::{Recorded, Subject, split};
use crate::check::cases::sample::{Repeated, Sample};
use crate::check::diagnose::Diagnosis;
use crate::check::judge::examine::Scene;
use crate::{Float, Kind, Tape};
use ndarray::ArrayD;
use std::fmt;

/// Above so many numbers, they are not tried one by one.
const MOST: usize = 48;

/// The smallest failing case.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Case {
    /// As in `n = 1, d = 2`.
    sizes: String,
    /// By name, the inputs and then the cotangents.
    arrays: Vec<(String, ArrayD<f64>)>,
    /// What else there is to say of it.
    notes: Vec<String>,
    /// The rows that an explanation names, and those that these are made of.
    rows: Vec<(String, String)>,
}

impl Case {
    pub fn of<T: Float>(subject: &Subject<'_, T>, scene: &Scene<T>) -> Self {
        let signature = scene.sample.signature();
        let names = signature.inputs.iter().map(|pattern| pattern.name.clone());
        let inputs = names.zip(scene.inputs.iter().map(|array| array.mapv(T::to_f64)));
        let mut arrays: Vec<(String, ArrayD<f64>)> = inputs.collect();
        let cotangent = scene.cotangent.mapv(T::to_f64);
        if subject.takes_cotangent {
            if scene.parts.is_empty() {
                arrays.push(("cotangent".into(), cotangent));
            } else {
                let parts = split(&cotangent, &scene.parts).into_iter().enumerate();
                arrays.extend(parts.map(|(part, array)| (format!("cotangent of result {part}"), array)));
            }
        }
        Self { sizes: signature.describe(&scene.sample.sizes), arrays, ..Self::default() }
    }

    /// Finds out, by trying, what of the case matters. `fails` says whether another case fails as well.
    pub fn probe(&mut self, sample: &Sample, fails: &dyn Fn(&Sample) -> bool) {
        // What fails only now and then would say anything.
        if !(0..2).all(|_| fails(sample)) {
            return;
        }
        for (array, (name, _)) in self.arrays.iter().enumerate() {
            let Some(layout) = sample.describe_layout(array) else { continue };
            let mut copied = sample.contiguous(array);
            copied.repeated = copied.repeated.map(|repeated| {
                if repeated.array == array { Repeated { viewed: false, ..repeated } } else { repeated }
            });
            if !fails(&copied) {
                self.notes.push(format!("{name} is {layout}: with a contiguous {name} it passes"));
            }
        }
        self.notes.extend(self.what_matters(sample, fails));
    }

    fn what_matters(&self, sample: &Sample, fails: &dyn Fn(&Sample) -> bool) -> Option<String> {
        let (mut matters, mut indifferent) = (Vec::new(), false);
        let elements: usize = self.arrays.iter().map(|(_, array)| array.len()).sum();
        if elements > MOST {
            return None;
        }
        for (array, (name, numbers)) in self.arrays.iter().enumerate() {
            let mut mattering = Vec::new();
            for (element, (at, x)) in numbers.indexed_iter().enumerate() {
                let others = sample.others(array, *x);
                if others.is_empty() {
                    continue;
                }
                if others.iter().all(|&other| fails(&sample.edit(array, element, other))) {
                    indifferent = true;
                } else {
                    mattering.push(format!("{name}{}", crate::check::judge::standing::place(&at)));
                }
            }
            match mattering.len() {
                0 => {}
                n if n == numbers.len() && n > 1 => matters.push(format!("all of {name}")),
                1..6 => matters.append(&mut mattering),
                n => matters.push(format!("{n} elements of {name}")),
            }
        }
        match (matters.is_empty(), indifferent) {
            (_, false) => None,
            (true, true) => Some("any other numbers fail as well".into()),
            (false, true) => Some(format!(
                "what matters is {}: any other number elsewhere fails as well",
                matters.join(", ")
            )),
        }
    }

    /// The rows of the formula that these explanations name.
    pub fn list_rows<T: Float>(
        &mut self,
        subject: &Subject<'_, T>,
        scene: &Scene<T>,
        diagnoses: &[Diagnosis],
    ) {
        let tape = Tape::new();
        let Recorded { out, .. } = subject.record(&scene.sample, &tape, &scene.inputs);
        let said = |label: &str| diagnoses.iter().any(|diagnosis| diagnosis.explanation.contains(label));
        let mut listed = vec![false; out.row() + 1];
        for row in
            tape.vars().take(out.row() + 1).filter(|row| !row.operands().is_empty() && said(&row.label()))
        {
            listed[row.row()] = true;
            // What these are made of, two steps back.
            let operands = row.operands();
            let before = operands.iter().flat_map(|operand| operand.operands());
            for operand in operands.iter().copied().chain(before.collect::<Vec<_>>()) {
                listed[operand.row()] = !operand.operands().is_empty();
            }
        }
        let rows = tape.vars().take(out.row() + 1).filter(|row| listed[row.row()]);
        self.rows = rows.map(|row| (format!("%{}", row.row()), crate::show::equation(row))).collect();
    }

    pub fn print(&self, page: &mut Page<'_, '_>) -> fmt::Result {
        if !self.rows.is_empty() {
            page.head("the rows it speaks of")?;
            self.rows.iter().try_for_each(|(row, equation)| page.pair(row, &format!("= {equation}")))?;
        }
        let sizes = if self.sizes.is_empty() { String::new() } else { format!(": {}", self.sizes) };
        page.head(&format!("the smallest failing case{sizes}"))?;
        self.arrays.iter().try_for_each(|(name, array)| page.array(name, array))?;
        self.notes.iter().try_for_each(|note| page.text(note))
    }
}

impl Sample {
    /// Other numbers that could stand in the place of this one; none if it is no number of its own.
    #[allow(clippy::float_cmp)] // Another number is any other.
    fn others(&self, array: usize, x: f64) -> Vec<f64> {
        let inputs = self.plan.values.len();
        let special = self.repeated.is_some_and(|repeated| repeated.array == array)
            || self.twins.is_some_and(|twins| twins.contains(&array));
        if special || array < inputs && self.kind(array) != Kind::Real {
            return Vec::new();
        }
        let others = [1.7, -0.6, 0.3, -2.3].into_iter().filter(|other| *other != x);
        let within =
            |other: f64| if array < inputs { self.plan.values[array].within(other) } else { Some(other) };
        others.filter_map(within).take(3).collect()
    }
}
