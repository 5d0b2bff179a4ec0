//! Gradients that are wrong against what they should be, to be looked at.

use super::evidence::sizes;
use crate::check::ask::subject::Subject;
use crate::check::judge::examine::{Finding, Scene};
use crate::{Comparison, Float};

/// Each gradient that is wrong in the failing case: on distinct sizes and ordinary numbers, if it is wrong there as well, and else in
/// that case, which is as small as can be.
pub(in crate::check) fn comparisons<T: Float>(
    subject: &Subject<'_, T>,
    failing: &Scene<T>,
    findings: &[Finding],
) -> Vec<Comparison> {
    let larger = failing.sample.resized(&sizes(&failing.sample, 0)).tame().reseeded(1);
    let larger = subject.scene(&larger).ok();
    let inputs = findings.iter().filter_map(Finding::input);
    let signature = failing.sample.signature();
    let compared = inputs.filter_map(|input| {
        let scene = larger.as_ref().filter(|scene| scene.gradient(input).is_some() && scene.is_wrong(input));
        let scene = scene.unwrap_or(failing);
        let name = format!("d{}", signature.inputs[input].name);
        let comparison = Comparison::new(name, scene.gradient(input)?, scene.expected(input));
        Some(comparison.labels(["given", "expected"]).axes(signature.symbols(input)))
    });
    compared.collect()
}
