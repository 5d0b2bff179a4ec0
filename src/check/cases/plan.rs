//! What all cases of an examination have in common, and what the formula itself says about good cases.

use super::layout::Layout;
use super::sample::{Cotangents, Sample};
use super::shapes::Signature;
use super::size::Size;
use super::values::{Palette, Values};
use crate::check::ask::subject::Subject;
use crate::check::judge::quiet;
use crate::{Float, Kind, Tape, Var};
use std::rc::Rc;

/// What all cases of an examination have in common.
#[derive(Clone, Debug)]
pub(in crate::check) struct Plan {
    pub signature: Signature,
    /// The kind of numbers of each input.
    pub values: Vec<Values>,
    /// Above the indices that an input holds, if it holds any whose limit is the size of an axis.
    pub limits: Vec<Option<Size>>,
    /// How many of the inputs, the last, are directions in which others move.
    pub directions: usize,
    /// The numbers at which the formula's choices change.
    pub thresholds: Vec<f64>,
    /// The relative distance of neighbouring numbers in the examined precision.
    pub epsilon: f64,
}

impl Plan {
    /// From what was said of inputs by name; a direction for each real input may follow the inputs.
    pub fn new<T: Float>(
        mut signature: Signature,
        said: &[(String, Values)],
        with_directions: bool,
    ) -> Result<Self, String> {
        let inputs = signature.inputs.len();
        let (mut values, mut limits) = (vec![Values::Any; inputs], vec![None; inputs]);
        for (name, kind) in said {
            let Some(input) = signature.inputs.iter().position(|pattern| pattern.name == *name) else {
                let names: Vec<&str> = signature.inputs.iter().map(|pattern| pattern.name.as_str()).collect();
                return Err(format!("values for `{name}`, but the inputs are {}", names.join(", ")));
            };
            if let Values::Index(axis) = kind {
                let limit = signature.limit(axis);
                let limit =
                    limit.map_err(|why| format!("`{name}` is to hold places along `{axis}`, but {why}"))?;
                limits[input] = Some(limit);
            }
            values[input] = kind.clone();
        }
        if with_directions {
            for input in (0..inputs).filter(|&input| values[input].kind() == Kind::Real).collect::<Vec<_>>() {
                signature.add_direction(input);
                values.push(Values::Any);
                limits.push(None);
            }
        }
        let directions = values.len() - inputs;
        Ok(Self {
            signature,
            values,
            limits,
            directions,
            thresholds: Vec::new(),
            epsilon: T::EPSILON.to_f64(),
        })
    }

    /// With the numbers at which the formula's choices change, found by recording it once.
    pub fn with_thresholds<T: Float>(mut self, subject: &Subject<'_, T>) -> Self {
        let plan = Rc::new(self.clone());
        let found = plan.signature.nearest(&vec![2; plan.signature.axes.len()]).and_then(|sizes| {
            let sample = Sample {
                kept: vec![None; sizes.len()],
                sizes,
                layouts: vec![Layout::contiguous(); plan.values.len() + 1],
                plan,
                repeated: None,
                twins: None,
                cotangents: Cotangents::Drawn,
                palette: Palette::Plain,
                seed: 0,
                finite: false,
                edits: Vec::new(),
            };
            // A formula that cannot be recorded is reported where cases are run.
            quiet::catch(|| {
                let tape = Tape::new();
                let out = subject.record(&sample, &tape, &sample.inputs()).out;
                tape.vars().take(out.row() + 1).flat_map(thresholds).collect::<Vec<f64>>()
            })
            .ok()
        });
        for threshold in found.unwrap_or_default() {
            let threshold = threshold.abs();
            let known = self.thresholds.iter().any(|other| (other - threshold).abs() <= 1e-9 * threshold);
            // 0 is drawn anyway.
            if !known && (1e-6..1e6).contains(&threshold) && self.thresholds.len() < MOST {
                self.thresholds.push(threshold);
            }
        }
        self
    }
}

/// As many thresholds are drawn at.
const MOST: usize = 8;

/// The numbers with which a row compares what comes from the inputs: as they stand there, and as they are for the row
/// in which simple steps to the comparison begin.
fn thresholds<T: Float>(row: Var<'_, T>) -> Vec<f64> {
    if !matches!(row.prim().name(), "lt" | "le" | "gt" | "ge" | "eq" | "ne" | "maximum" | "minimum") {
        return Vec::new();
    }
    let operands = row.operands();
    let sides = [[operands[0], operands[1]], [operands[1], operands[0]]];
    sides
        .into_iter()
        .filter_map(|[side, other]| Some((side, constant(other)?)))
        .flat_map(|(side, number)| before(side, number))
        .collect()
}

fn constant<T: Float>(row: Var<'_, T>) -> Option<f64> {
    row.constant_number().map(T::to_f64)
}

/// What a row and those before it are where the row is this number, as far as that is easily said.
fn before<T: Float>(mut row: Var<'_, T>, mut number: f64) -> Vec<f64> {
    let mut found = vec![number];
    for _ in 0..6 {
        let operands = row.operands();
        let constants: Vec<Option<f64>> = operands.iter().map(|operand| constant(*operand)).collect();
        let square = operands.len() == 2 && operands[0].row() == operands[1].row();
        let (next, value) = match (row.prim().name(), constants.as_slice()) {
            ("abs" | "broadcast" | "reshape" | "permute", [None]) => (0, number),
            ("neg", [None]) => (0, -number),
            ("sqrt", [None]) => (0, number * number),
            ("exp", [None]) => (0, number.ln()),
            ("log", [None]) => (0, number.exp()),
            ("select", [_, Some(_), None]) => (2, number),
            ("select", [_, None, Some(_)]) => (1, number),
            ("mul", [None, None]) if square => (0, number.sqrt()),
            ("mul", [None, Some(by)]) => (0, number / by),
            ("mul", [Some(by), None]) => (1, number / by),
            ("div", [None, Some(by)]) => (0, number * by),
            ("add", [None, Some(other)]) => (0, number - other),
            ("add", [Some(other), None]) => (1, number - other),
            ("sub", [None, Some(other)]) => (0, number + other),
            ("sub", [Some(other), None]) => (1, other - number),
            _ => break,
        };
        (row, number) = (operands[next], value);
        found.push(number);
    }
    found.retain(|number| number.is_finite());
    found
}

#[cfg(test)]
mod tests {
    use super::thresholds;
    use crate::{Tape, Var};

    fn of(formula: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>) -> Vec<f64> {
        let tape = Tape::new();
        let out = formula(tape.leaf("x", [1.0, 2.0]));
        let found = tape.vars().take(out.row() + 1).flat_map(thresholds);
        let mut found: Vec<f64> = found.map(f64::abs).collect();
        found.sort_by(f64::total_cmp);
        found.dedup();
        found
    }

    #[test]
    fn the_numbers_at_which_choices_change() {
        assert!(of(|x| x.clamp(0.0, 6.0)).contains(&6.0));
        assert!(of(|x| (x / 6.0 + 0.5).clamp(0.0, 1.0)).contains(&3.0));
        assert!(of(|x| x.abs().le(1.35).select(x.square(), x.abs())).contains(&1.35));
        assert!(of(|x| (x * 2.0 - 1.0).gt(4.0).select(x, 0.0)).contains(&2.5));
        assert!(of(|x| x.square().lt(9.0).select(x, 0.0)).contains(&3.0));
        assert_eq!(of(|x| x.relu()), [0.0]);
        assert_eq!(of(|x| x.tanh()), [0.0; 0]);
    }
}
