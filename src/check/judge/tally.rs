//! What was judged: counted element by element, gradient by gradient.

use super::standing::{Reason, Standing};
use crate::check::Measured;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// How many elements of gradients were judged, and with what result.
///
/// ```
/// use wengert::check;
/// let check = check::backward(|[x]| x * 2.0).against(|dy: &ndarray::Array1<f64>| dy * 2.0).shapes(["x: n"]);
/// let counts = check.try_run().unwrap().counts();
/// assert_eq!(counts.agreed, counts.judged);
/// assert_eq!(counts.unjudged + counts.outside, 0); // it has a slope everywhere
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Compared with what they should be.
    pub judged: usize,
    /// … and within the tolerance of it; or, if that was asked for, one of the slopes at a kink.
    pub agreed: usize,
    /// Not compared, though the function has a finite slope there: rounding may put a right gradient anywhere.
    pub unjudged: usize,
    /// Not compared, since the function has no finite value or slope there: nothing is right or wrong.
    pub outside: usize,
}

impl Counts {
    /// The share of the elements inside the domain that were judged; 1 if there are none.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x + 1.0).against(|dy: &ndarray::Array1<f32>| dy.clone()).shapes(["x: n"]);
    /// assert_eq!(check.try_run().unwrap().counts().share(), 1.0);
    /// ```
    #[allow(clippy::cast_precision_loss)] // A share.
    pub fn share(&self) -> f64 {
        let inside = self.judged + self.unjudged;
        if inside == 0 { 1.0 } else { self.judged as f64 / inside as f64 }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.judged += other.judged;
        self.agreed += other.agreed;
        self.unjudged += other.unjudged;
        self.outside += other.outside;
    }
}

/// `4031 judged, 4031 agree, 12 not judged, 0 outside the domain`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { judged, agreed, unjudged, outside } = self;
        write!(f, "{judged} judged, {agreed} agree, {unjudged} not judged, {outside} outside the domain")
    }
}

/// What was seen of all gradients: of one call, or of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::check) struct Tally {
    pub gradients: Vec<Seen>,
    /// Of the hand-written function itself, if it is examined.
    pub forward: Seen,
}

/// What was seen of one gradient.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::check) struct Seen {
    pub counts: Counts,
    /// Those of cases with ordinary numbers alone: of very large ones rounding may leave nothing, whatever the function is.
    pub ordinary: Counts,
    /// Of those judged, how many a gradient of 0 would fail on.
    pub telling: usize,
    /// Of those that agree, how many do only by the convention at a kink.
    pub kinks: usize,
    /// The largest error as a part of its tolerance.
    pub worst: f64,
    /// How many decimal digits were lost that the library keeps, at most.
    pub lost_digits: f64,
    /// Why elements were not judged, and how many; and whether these are outside the domain.
    pub why: BTreeMap<(bool, Reason), usize>,
    /// Calls that gave it.
    pub calls: usize,
}

impl Tally {
    /// Counts what it has as that of an ordinary case.
    pub fn count_as_ordinary(&mut self) {
        for seen in self.gradients.iter_mut().chain([&mut self.forward]) {
            seen.ordinary = seen.counts;
        }
    }

    /// The largest error of a gradient as a part of its tolerance.
    pub fn heat(&self) -> f64 {
        self.gradients.iter().map(|seen| seen.worst).fold(0.0, f64::max)
    }
}

impl Seen {
    /// The share of the elements inside the domain that were judged: of all, or of those of ordinary cases if that is more.
    pub fn share(&self) -> f64 {
        let ordinary = if self.ordinary.judged > 0 { self.ordinary.share() } else { 0.0 };
        self.counts.share().max(ordinary)
    }

    /// Counts an element by how it stands; what should have been given and how far off it is, if that is wrong.
    pub fn element(&mut self, standing: Standing<'_>, given: f64) -> Option<(f64, Measured)> {
        let (expected, tolerance) = match standing {
            Standing::Judged { expected, tolerance } => (expected, tolerance),
            Standing::Outside(why) => {
                self.counts.outside += 1;
                self.because(true, why);
                return None;
            }
            Standing::Unjudged(why) => {
                self.counts.unjudged += 1;
                self.because(false, why);
                return None;
            }
        };
        self.counts.judged += 1;
        self.telling += usize::from(expected.abs() > tolerance);
        let measured = Measured { error: (given - expected).abs(), tolerance, because: String::new() };
        if !measured.is_within() {
            return Some((expected, measured));
        }
        self.counts.agreed += 1;
        if tolerance > 0.0 {
            self.worst = self.worst.max(measured.excess());
        }
        None
    }

    /// As many that differ are within the convention at a kink.
    pub fn at_kinks(&mut self, elements: usize) {
        self.counts.agreed += elements;
        self.kinks += elements;
    }

    /// As many that differ from the tape's are what differences find: branches meet smoothly.
    pub fn by_differences(&mut self, elements: usize) {
        self.counts.agreed += elements;
    }

    fn because(&mut self, outside: bool, why: &Reason) {
        // Looked for without a copy: it is one of few, and they are many.
        match self.why.iter_mut().find(|((of, reason), _)| *of == outside && reason == why) {
            Some((_, count)) => *count += 1,
            None => drop(self.why.insert((outside, why.clone()), 1)),
        }
    }
}

impl AddAssign<&Self> for Seen {
    fn add_assign(&mut self, other: &Self) {
        self.counts += other.counts;
        self.ordinary += other.ordinary;
        self.telling += other.telling;
        self.kinks += other.kinks;
        self.worst = self.worst.max(other.worst);
        self.lost_digits = self.lost_digits.max(other.lost_digits);
        self.calls += other.calls;
        for (why, count) in &other.why {
            *self.why.entry(why.clone()).or_default() += count;
        }
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        if self.gradients.len() < other.gradients.len() {
            self.gradients.resize_with(other.gradients.len(), Seen::default);
        }
        for (seen, other) in self.gradients.iter_mut().zip(&other.gradients) {
            *seen += other;
        }
        self.forward += &other.forward;
    }
}
