//! What a failed examination prints.

use super::Diagnosis;
use super::examine::{Finding, Scene, Subject};
use crate::Float;
use std::fmt;
use std::panic::Location;

/// Why a hand-written derivative is wrong, as a page to read: print it.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x.exp()).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["x: n"]);
/// println!("{}", check.try_run().unwrap_err());
/// ```
#[derive(Debug)]
pub struct Failure {
    text: String,
    diagnoses: Vec<Diagnosis>,
}

impl Failure {
    pub(super) fn new<T: Float>(
        _subject: &Subject<'_, T>,
        scene: &Scene<T>,
        findings: Vec<Finding>,
        at: &'static Location<'static>,
    ) -> Self {
        Self {
            text: format!("{at}\n{}\n{findings:#?}\nfactor", scene.describe_shapes()),
            diagnoses: Vec::new(),
        }
    }

    /// The mistakes that explain the failure; none if no simple one does.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x * 1.0).against(|dy: &ndarray::Array1<f64>| dy * 0.0).shapes(["x: n"]);
    /// println!("{}", check.try_run().unwrap_err().diagnoses()[0].explanation);
    /// ```
    pub fn diagnoses(&self) -> &[Diagnosis] {
        &self.diagnoses
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}
