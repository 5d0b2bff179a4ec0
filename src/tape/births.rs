//! Where a number that is infinite or NaN was born: the search for it.
//!
//! From what was asked for the search goes backwards, from element to element, as long as an element that is infinite or
//! NaN was computed from such elements. One that was computed from finite numbers was born there. An infinity that was
//! put on the tape, as a mask fills in −∞, is none; but a NaN that comes of such infinities alone is.

use super::memory::Mark;
use super::row::Operands;
use super::sweeps::Mode;
use super::{Depends, RowId, Tape, Var};
use crate::Float;
use crate::array::{Kind, Value};
use crate::error::{Error, ErrorKind, Problem, counted, listed};
use crate::place::Exactly;
use crate::prim::{Birth, Cause, Elements, Family, Leaf, Prim, Spot, advice, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::Location;

#[cfg(test)]
mod advised;
mod past;
mod search;
#[cfg(test)]
mod tests;

use past::Rows;
use search::Search;

/// Where a number that is infinite or NaN was born, and why: see [`Tape::first_non_finite`].
///
/// Printed with `{}` it is the text of the error with which a tape [with anomaly detection](Tape::with_anomaly_detection)
/// fails there, and what became of it since: what was born where, of which numbers, and one thing to do about it. That depends
/// on where these numbers came from, and on what is made of the row.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let scores = tape.leaf("scores", [0.0, -800.0]);
/// scores.softmax(0).log().sum().named("loss");
/// let found = tape.first_non_finite().unwrap();
/// assert!(found.to_string().contains("that 0 is exp(−800 - 0), which underflows"), "{found}");
/// assert!(found.to_string().contains("Take `x.log_softmax(axis)`"), "{found}");
/// assert!(format!("{found:?}").starts_with("NonFinite { operation: \"log\", row: "), "{found:?}");
/// ```
#[derive(Clone)]
pub struct NonFinite {
    error: Error,
    row: usize,
    element: Vec<usize>,
    cause: Cause,
    reached: String,
    /// What of the leaves it was computed from.
    fed_by: String,
    victims: usize,
    births: usize,
}

impl NonFinite {
    pub(super) fn into_error(self) -> Error {
        self.error
    }

    /// The row in which it was born.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let p = tape.leaf("p", [0.5, 0.0]);
    /// let log = p.log();
    /// log.sum().named("loss");
    /// let found = tape.first_non_finite().unwrap();
    /// assert_eq!((found.row(), found.element()), (log.row(), &[1][..]));
    /// ```
    pub fn row(&self) -> usize {
        self.row
    }

    /// Which element of the row it is: an index for each axis.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", [[1.0, -1.0]]).sqrt();
    /// assert_eq!(tape.first_non_finite().unwrap().element(), [0, 1]);
    /// ```
    pub fn element(&self) -> &[usize] {
        &self.element
    }

    /// Why it was born.
    ///
    /// ```
    /// # use wengert::Cause;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let _ = 1.0 / tape.leaf("x", 0.0);
    /// assert_eq!(tape.first_non_finite().unwrap().cause(), Cause::DivisionByZero);
    /// ```
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// How many later rows are infinite or NaN on its account.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let _ = (tape.leaf("x", 0.0).log() + 1.0).sin(); // log 0 is −∞, and so is the sum; its sine is NaN
    /// assert_eq!(tape.first_non_finite().unwrap().victims(), 2);
    /// ```
    pub fn victims(&self) -> usize {
        self.victims
    }

    /// The line of source that recorded the row.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 0.0).log();
    /// assert_eq!(tape.first_non_finite().unwrap().location().file(), file!());
    /// ```
    pub fn location(&self) -> &'static Location<'static> {
        self.error.location()
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.error)?;
        if !self.fed_by.is_empty() {
            write!(f, "It was computed from {}. ", self.fed_by)?;
        }
        match self.victims {
            0 => write!(f, "No other row is infinite or NaN on its account.")?,
            n => write!(
                f,
                "It reaches {}: {} only on its account.",
                self.reached,
                counted(n, "later row is infinite or NaN", "later rows are infinite or NaN")
            )?,
        }
        if self.births > 1 {
            write!(f, " Others are born in {} later.", counted(self.births - 1, "row", "rows"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.location();
        f.debug_struct("NonFinite")
            .field("operation", &self.error.operation())
            .field("row", &self.row)
            .field("element", &self.element)
            .field("cause", &self.cause)
            .field("victims", &self.victims)
            .field("location", &format_args!("{}", Exactly("", at, "")))
            .finish_non_exhaustive()
    }
}

/// Leaves of which no more elements than this fed a birth are shown with their numbers.
const FEW: usize = 3;

/// A row of another tape, to be recorded again.
pub(crate) struct Retraced<'a, T: Float> {
    pub row: RowId,
    /// None of what is fed.
    pub prim: Option<&'a Prim>,
    pub operands: &'a [RowId],
    pub value: Option<Value<T>>,
    pub kind: Kind,
    pub name: Option<&'a str>,
    pub at: &'static Location<'static>,
    pub origin: Option<RowId>,
}

/// # Where a NaN was born
impl<T: Float> Tape<T> {
    /// An empty tape that fails at once where a number is born that is infinite or NaN: at the line that recorded the row,
    /// or whose derivative it is, with the text of [`first_non_finite`](Self::first_non_finite). An operation panics, and
    /// its `try_` twin returns the error.
    ///
    /// It acts at once and cannot know what will be chosen later: a `log` of 0 is an error here, also if a mask takes it out
    /// afterwards. Choose before the operation, `mask.select(x, 1.0).log()`; or compute on a plain tape, and ask it:
    /// [`first_non_finite`](Self::first_non_finite) passes over what was not chosen. In a sweep it
    /// looks at what each rule gives an operand, so that the absolute zero of the chain rule holds. What is put on the tape,
    /// as the −∞ of a mask, is taken as it is.
    ///
    /// Each row is looked at as a whole, which takes about as long as reading it.
    ///
    /// ```
    /// use wengert::{ErrorKind, Tape};
    /// let tape = Tape::<f64>::with_anomaly_detection();
    /// let x = tape.leaf("x", [1.0, 0.0]);
    /// let error = x.try_div(x).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::NonFinite);
    /// assert!(error.to_string().starts_with("div: element [1] is NaN, born of finite numbers: 0 / 0"), "{error}");
    ///
    /// let loss = x.sqrt().sum(); // finite; its gradient is not
    /// assert!(loss.try_backward().is_err());
    /// ```
    #[doc(alias = "detect_anomaly")]
    #[doc(alias = "debug_nans")]
    pub fn with_anomaly_detection() -> Self {
        Self { anomalies: true, ..Self::new() }
    }

    /// The first row in which a number was born that is infinite or NaN, of those that reach a result: of finite numbers,
    /// or as a NaN of infinities that were given. `None` if all results are finite, or infinite by intention.
    ///
    /// Results are the rows that no other row uses, so the loss, and gradients of leaves once they are there. What was not chosen,
    /// or multiplied by an absolute zero, does not reach them; the −∞ that a mask fills in was not born.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [4.0, 0.0]);
    /// let norm = x.sqrt().sum().named("loss"); // finite
    /// assert!(tape.first_non_finite().is_none());
    ///
    /// norm.backward(); // 1/(2√x) is not
    /// let found = tape.first_non_finite().unwrap();
    /// assert!(found.to_string().contains("element [1] of the derivative of row %1 (sqrt of `x`)"), "{found}");
    /// assert!(found.to_string().contains("reaches the gradient of `loss` with respect to `x`"));
    /// println!("{found}");
    /// ```
    ///
    /// It goes through the elements of the rows that are infinite or NaN, and takes about as long as computing them did.
    pub fn first_non_finite(&self) -> Option<NonFinite> {
        let used: BTreeSet<RowId> =
            self.with_rows(|rows| rows.iter().flat_map(|row| row.operands.iter().copied()).collect());
        // Of a sweep, what it gives leaves, or forwards its root: what a mask is given, nobody asks for.
        let is_asked_for = |row: Var<'_, T>| {
            row.origin().is_none()
                || self.derivation(row.id()).is_none_or(|derivation| {
                    let forward = matches!(derivation.mode, Mode::Forward(_));
                    derivation.of.iter().any(|of| forward || of.operands().is_empty())
                })
        };
        let is_result =
            |row: &Var<'_, T>| !row.operands().is_empty() && !used.contains(&row.id()) && is_asked_for(*row);
        let results: Vec<RowId> = self.vars().filter(is_result).map(Var::id).collect();
        Search::from(self, &results).result(self)
    }

    /// That something was born in a row that was just recorded, which takes it off the tape again; in a composite that
    /// goes on, its end says so.
    #[inline(never)]
    pub(super) fn look_out(&self, row: Var<'_, T>, before: Mark) -> Result<(), Error> {
        let Some(error) = self.birth_in(row.id()) else { return Ok(()) };
        if self.attempting.get() {
            self.refused.borrow_mut().get_or_insert(error);
            return Ok(());
        }
        self.go_back(before);
        Err(error)
    }

    /// The same of what a rule gives an operand, in a sweep.
    pub(super) fn look_out_for(&self, term: Var<'_, T>) {
        if self.anomalies
            && let Some(found) = self.first_non_finite_of(&[term.id()])
        {
            self.refused.borrow_mut().get_or_insert(found.into_error());
        }
    }

    /// As [`first_non_finite`](Self::first_non_finite), on the way to this row alone.
    pub(crate) fn first_non_finite_of(&self, rows: &[RowId]) -> Option<NonFinite> {
        Search::from(self, rows).result(self)
    }

    /// Records a row of another tape under the number that it had there.
    pub(crate) fn retrace(&self, of: Retraced<'_, T>) -> Result<(), Error> {
        while self.len() < of.row.index() {
            self.constant(T::zero());
        }
        let row = if let Some(value) = of.value {
            let leaf = match of.kind {
                Kind::Real => Leaf::Input,
                Kind::Index => Leaf::Indices,
                Kind::Mask => Leaf::Mask,
            };
            let prim = of.prim.cloned().unwrap_or(Prim(Family::Leaf(leaf)));
            let depends = Depends::of(&prim);
            self.push(self.rows.borrow_mut(), prim, Operands::None, value, of.kind, depends)?
        } else {
            let operands: Vec<Var<'_, T>> = of.operands.iter().map(|row| Var::new(self, *row)).collect();
            let prim = of.prim.cloned().unwrap_or(Prim(Family::Leaf(Leaf::Input)));
            self.record(prim, &operands).map_err(|error| error.at(of.at))?
        };
        if let Some(name) = of.name {
            let _ = row.named(name);
        }
        let mut rows = self.rows.borrow_mut();
        let row = &mut rows[of.row.index()];
        (row.at, row.origin) = (of.at, of.origin);
        Ok(())
    }

    /// The elements of leaves that an element was computed from.
    fn fed_by(&self, row: RowId, at: usize) -> Vec<(RowId, BTreeSet<usize>)> {
        let mut waiting = BTreeMap::from([(row, BTreeSet::from([at]))]);
        let mut leaves = Vec::new();
        while let Some((row, elements)) = waiting.pop_last() {
            let var = Var::new(self, row);
            if var.operands().is_empty() {
                if var.varies() {
                    leaves.push((row, elements));
                }
                continue;
            }
            let (prim, operands, of) = self.elements(row);
            prim.sources(&of, true, &mut |operand, from, to| {
                if elements.contains(&to) && Var::new(self, operands[operand]).depends() != Depends::Constant
                {
                    waiting.entry(operands[operand]).or_default().insert(from);
                }
            });
        }
        leaves.reverse();
        leaves
    }

    /// The same in words: `` `x`[1] = 0 ``.
    fn fed_by_in_words(&self, row: RowId, at: usize) -> String {
        let leaves = self.fed_by(row, at);
        let words = leaves.iter().map(|(leaf, elements)| {
            let var = Var::new(self, *leaf);
            let label = self.short_label(*leaf);
            match (var.ndim(), elements.len()) {
                (0, _) => format!("{label} = {}", shown(var.first(1)[0].to_f64())),
                (_, n) if n <= FEW => {
                    let value = self.elements(*leaf).2.result;
                    let each = elements.iter().map(|&at| {
                        format!("{label}{:?} = {}", unravelled(&var.shape(), at), shown(value[at]))
                    });
                    each.collect::<Vec<_>>().join(", ")
                }
                (_, n) if n == var.len() => format!("all of {label}"),
                (_, n) => format!("{n} elements of {label}"),
            }
        });
        listed(leaves.len(), words)
    }

    /// A row and its operands, written out.
    fn elements(&self, row: RowId) -> (Prim, Vec<RowId>, Elements) {
        self.with_rows(|rows| {
            let written = |row: RowId| -> Vec<f64> {
                rows[row.index()].value.view().iter().map(|x| x.to_f64()).collect()
            };
            let shape = |row: RowId| rows[row.index()].value.shape().to_vec();
            let of = &rows[row.index()];
            let operands: Vec<RowId> = of.operands.to_vec();
            let elements = Elements {
                shapes: operands.iter().map(|row| shape(*row)).collect(),
                operands: operands.iter().map(|row| written(*row)).collect(),
                shape: shape(row),
                result: written(row),
            };
            (of.prim.clone(), operands, elements)
        })
    }

    /// A result, by its name or as the derivative that it is.
    fn result_in_words(&self, row: RowId) -> String {
        let named = self.names.borrow().contains_key(&row);
        match self.derivation(row).filter(|_| !named) {
            Some(derivation) if !derivation.of.is_empty() => {
                let of = derivation.of.iter().find(|of| of.name().is_some()).unwrap_or(&derivation.of[0]);
                let (root, of) = (self.describe(derivation.root.id()).label, self.describe(of.id()).label);
                match derivation.mode {
                    Mode::Forward(_) => format!("the tangent of {of}"),
                    Mode::Reverse | Mode::Seeded(_) => format!("the gradient of {root} with respect to {of}"),
                }
            }
            _ => self.describe(row).label,
        }
    }

    fn is_finite(&self, row: RowId) -> bool {
        self.with_rows(|rows| rows[row.index()].value.view().iter().all(|x| x.to_f64().is_finite()))
    }

    /// That something was born in a row that was just recorded, if it was.
    pub(super) fn birth_in(&self, row: RowId) -> Option<Error> {
        if self.is_finite(row) {
            return None;
        }
        let (prim, _, elements) = self.elements(row);
        if elements.operands.is_empty() || !prim.bears() {
            return None;
        }
        let mut fed = vec![false; elements.result.len()];
        prim.sources(&elements, false, &mut |operand, from, to| {
            // An infinity makes no NaN by itself.
            fed[to] |= elements.operands[operand][from].is_nan() || !elements.result[to].is_nan();
        });
        let at = (0..fed.len()).find(|&at| !elements.result[at].is_finite() && !fed[at])?;
        Some(self.born(row, at, &prim.birth(&elements, at), elements.result[at]))
    }

    /// The error of a birth.
    fn born(&self, row: RowId, at: usize, birth: &Birth, result: f64) -> Error {
        let var = Var::new(self, row);
        let element = format!("{:?}", unravelled(&var.shape(), at));
        let of = match var.origin() {
            Some(origin) => {
                let of = self.describe(origin.id()).label;
                format!(" of the derivative of {of}")
            }
            None => {
                var.name().map_or(String::new(), |name| format!(" of `{}`", crate::error::escaped(&name)))
            }
        };
        let element =
            if var.ndim() == 0 { format!("the number{of}") } else { format!("element {element}{of}") };
        // The condition on the operands, by their names.
        let needs = || {
            let operands = var.operands();
            let text = var.prim().domain().text;
            let words = text.split_inclusive(|c: char| !c.is_alphanumeric()).map(|word| {
                let stem = word.trim_end_matches(|c: char| !c.is_alphanumeric());
                let operand = ["a", "b", "c"].iter().position(|letter| *letter == stem);
                match operand.and_then(|i| operands.get(i)) {
                    Some(operand) => format!("{}{}", self.short_label(operand.id()), &word[stem.len()..]),
                    None => word.to_owned(),
                }
            });
            words.collect::<String>()
        };
        let why = match birth.cause {
            Cause::Overflow => "which overflows".to_owned(),
            Cause::DivisionByZero => "a division by 0".into(),
            Cause::Domain => format!("outside of the domain, {}", needs()),
            Cause::ZeroTimesInfinity => "in which 0 meets ∞".into(),
            Cause::InfinityMinusInfinity => "in which ∞ meets −∞".into(),
            Cause::Indeterminate | Cause::Given => "which has no value".into(),
        };
        let from = match birth.cause {
            Cause::Overflow | Cause::DivisionByZero | Cause::Domain => "born of finite numbers",
            _ => "and none of what it is computed from is NaN",
        };
        let advice = advice(&Rows(self), Spot { row: row.index(), at }, birth.cause);
        let source = advice.source.map_or(String::new(), |source| format!("; {source}"));
        let what = format!("{element} is {}, {from}: {}, {why}{source}", shown(result), birth.numbers);
        let problem = Problem::new(ErrorKind::NonFinite, what, advice.mend);
        let operands: Vec<Var<'_, T>> = var.operands().into_iter().collect();
        Var::error(var.prim().name(), problem, &operands).at(var.location())
    }
}

/// The index of each axis of an element.
fn unravelled(shape: &[usize], mut at: usize) -> Vec<usize> {
    let mut index = shape.to_vec();
    for (place, n) in index.iter_mut().zip(shape).rev() {
        *place = at % n;
        at /= n;
    }
    index
}
