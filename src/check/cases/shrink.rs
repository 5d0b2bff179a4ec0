//! How a failing case becomes simpler: sizes, layouts, what is special, then the numbers.
//!
//! Of an axis any part can be dropped, not only its end: an element that fails alone comes to the front.

use super::greedy::Simpler;
use super::sample::{Cotangents, Repeated, Sample};
use crate::check::Layout;

impl Simpler for Sample {
    fn simpler(&self) -> Vec<Self> {
        let mut simpler: Vec<Self> = (0..self.sizes.len()).flat_map(|axis| self.shorter(axis)).collect();
        if self.cotangents == Cotangents::Drawn {
            simpler.push(Self { cotangents: Cotangents::Ones, ..self.clone() });
        }
        if let Some(repeated) = self.repeated {
            simpler.push(Self { repeated: None, ..self.clone() });
            if repeated.viewed {
                let copied = Some(Repeated { viewed: false, ..repeated });
                simpler.push(Self { repeated: copied, ..self.clone() });
            }
        }
        if self.twins.is_some() {
            simpler.push(Self { twins: None, ..self.clone() });
        }
        for (array, layout) in self.layouts.iter().enumerate() {
            if *layout != Layout::contiguous() {
                simpler.push(self.contiguous(array));
            }
        }
        simpler.extend(self.palette.simpler().map(|palette| Self { palette, ..self.clone() }));
        if self.edits.len() < 200 {
            simpler.extend(self.simpler_numbers());
        }
        simpler
    }
}

impl Sample {
    /// Cases in which an axis is shorter, the shortest first.
    fn shorter(&self, axis: usize) -> Vec<Self> {
        let n = self.sizes[axis];
        // An empty case says little to a reader: 1 is simpler than 0.
        if n == 0 {
            return [1, 2].into_iter().filter_map(|size| self.with_size(axis, size, None)).collect();
        }
        let places: Vec<usize> = self.kept[axis].clone().unwrap_or_else(|| (0..n).collect());
        let mut choices: Vec<Vec<usize>> = Vec::new();
        if n > 1 {
            choices.extend([vec![places[0]], vec![places[n - 1]]]);
        }
        // All but one part, of two, of four, …
        for parts in [2, 4, 8, n] {
            if parts <= n && parts <= 16 {
                for part in (0..parts).rev() {
                    let [from, to] = [part, part + 1].map(|part| part * n / parts);
                    choices.push([&places[..from], &places[to..]].concat());
                }
            }
        }
        // Where a formula needs a least size, what is left may be too little.
        choices.retain(|choice| !choice.is_empty() && choice.len() < n);
        choices.sort_by_key(Vec::len);
        choices.dedup();
        choices.into_iter().filter_map(|choice| self.with_size(axis, choice.len(), Some(choice))).collect()
    }

    fn with_size(&self, axis: usize, size: usize, kept: Option<Vec<usize>>) -> Option<Self> {
        let mut shorter = Self { edits: Vec::new(), ..self.clone() };
        shorter.sizes[axis] = size;
        shorter.kept[axis] = kept;
        self.signature().admits(&shorter.sizes).then_some(shorter)
    }

    /// One number replaced by a simpler one.
    fn simpler_numbers(&self) -> Vec<Self> {
        let numbers = self.numbers();
        let mut simpler = Vec::new();
        let repeats = |array: usize| self.repeated.is_some_and(|repeated| repeated.array == array);
        let free = |input: &usize| {
            self.plan.values[*input].is_free() && !repeats(*input) && self.source(*input) == *input
        };
        for (input, x) in numbers.iter().enumerate().filter(|(input, _)| free(input)) {
            for (element, &value) in x.iter().enumerate().take(30) {
                let round = value.round();
                for candidate in [1.0, 2.0, round] {
                    // A number outside of what was asked for would be another failure, or none of the function's.
                    let allowed = self.plan.values[input].within(candidate) == Some(candidate);
                    if allowed && complexity(candidate) < complexity(value) {
                        simpler.push(self.edit(input, element, candidate));
                    }
                }
            }
        }
        // The cotangent's shape is not known here: its first elements, if it has as many.
        let cotangent = numbers.len();
        if self.cotangents == Cotangents::Drawn && !repeats(cotangent) {
            for element in 0..8 {
                if !self.edits.iter().any(|edit| (edit.input, edit.element) == (cotangent, element)) {
                    simpler.push(self.edit(cotangent, element, 1.0));
                }
            }
        }
        simpler
    }
}

/// How hard a number is to read.
fn complexity(value: f64) -> u32 {
    match value.abs() {
        1.0 => 0,
        2.0 => 1,
        0.0 => 2,
        x if !x.is_finite() => 6,
        x if x.fract() == 0.0 && x < 10.0 => 3,
        x if x.fract() == 0.0 && x < 1000.0 => 4,
        _ => 5,
    }
}
