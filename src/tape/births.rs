//! Where a number that is infinite or NaN was born: the search for it.
//!
//! From what was asked for the search goes backwards, from element to element, as long as an element that is infinite or
//! NaN was computed from such elements. One that was computed from finite numbers was born there. An infinity that was
//! put on the tape, as a mask fills in −∞, is none; but a NaN that comes of such infinities alone is.

use super::sweeps::Mode;
use super::{RowId, Tape, Var};
use crate::Float;
use crate::array::Kind;
use crate::error::{Error, ErrorKind, Problem, counted};
use crate::prim::{Birth, Cause, Elements, Prim, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::Location;

#[cfg(test)]
mod tests;

/// Where a number that is infinite or NaN was born, and why: see [`Tape::first_non_finite`].
///
/// Its text is that of the error with which a tape [with anomaly detection](Tape::with_anomaly_detection) fails there,
/// and what became of it since.
#[derive(Clone)]
pub struct NonFinite {
    error: Error,
    row: usize,
    element: Vec<usize>,
    cause: Cause,
    reached: String,
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
    /// let _ = (tape.leaf("x", 0.0).log() + 1.0).exp().recip().sin();
    /// assert_eq!(tape.first_non_finite().unwrap().victims(), 1); // log 0 + 1; exp(−∞) is 0, and 1/0 is born anew
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
        fmt::Display::fmt(self, f)
    }
}

/// # Where a NaN was born
impl<T: Float> Tape<T> {
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

    /// As [`first_non_finite`](Self::first_non_finite), on the way to this row alone.
    pub(crate) fn first_non_finite_of(&self, row: RowId) -> Option<NonFinite> {
        Search::from(self, &[row]).result(self)
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
        prim.sources(&elements, &mut |operand, from, to| {
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
        let what = format!("{element} is {}, {from}: {}, {why}", shown(result), birth.numbers);
        let problem = Problem::new(ErrorKind::NonFinite, what, birth.mend);
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

/// What is known of a row on the way back.
#[derive(Default)]
struct Reaching {
    /// Elements that reach a result, and are infinite or NaN.
    elements: BTreeSet<usize>,
    /// A result that it reaches.
    result: Option<RowId>,
}

/// Rows with elements that reach a result, and those that were born there.
struct Search {
    /// By row: the first element that was born there.
    born: BTreeMap<RowId, usize>,
    /// Leaves whose elements were given so.
    given: BTreeMap<RowId, usize>,
    /// Which result a row reaches.
    reaches: BTreeMap<RowId, RowId>,
    /// Rows that the first birth made infinite or NaN.
    victims: usize,
}

impl Search {
    fn from<T: Float>(tape: &Tape<T>, results: &[RowId]) -> Self {
        let mut waiting: BTreeMap<RowId, Reaching> = BTreeMap::new();
        for &row in results {
            let elements: BTreeSet<usize> = tape.with_rows(|rows| {
                let value = rows[row.index()].value.view();
                value.iter().enumerate().filter(|(_, x)| !x.to_f64().is_finite()).map(|(at, _)| at).collect()
            });
            if !elements.is_empty() {
                waiting.insert(row, Reaching { elements, result: Some(row) });
            }
        }
        let mut search =
            Self { born: BTreeMap::new(), given: BTreeMap::new(), reaches: BTreeMap::new(), victims: 0 };
        let mut visited: BTreeMap<RowId, BTreeSet<usize>> = BTreeMap::new();
        while let Some((row, Reaching { elements, result })) = waiting.pop_last() {
            let (prim, operands, of) = tape.elements(row);
            let followed = followed(&prim, &of, &elements, &mut |operand, from| {
                let next = waiting.entry(operands[operand]).or_default();
                next.elements.insert(from);
                next.result = next.result.or(result);
            });
            if let Some(result) = result {
                search.reaches.insert(row, result);
            }
            if let Some(at) = elements.iter().find(|at| !followed.contains(at)) {
                let place = if prim.bears() { &mut search.born } else { &mut search.given };
                place.insert(row, *at);
            }
            visited.insert(row, elements);
        }
        search.forwards(tape, &visited);
        search
    }

    /// Which elements have a birth before them; a NaN that has none, of infinities that were given, is one.
    fn forwards<T: Float>(&mut self, tape: &Tape<T>, visited: &BTreeMap<RowId, BTreeSet<usize>>) {
        let mut tainted: BTreeSet<(RowId, usize)> = BTreeSet::new();
        let mut by_first: BTreeSet<RowId> = BTreeSet::new();
        for (&row, elements) in visited {
            let (prim, operands, of) = tape.elements(row);
            let mut own: BTreeSet<usize> = BTreeSet::new();
            let mut from_nan: BTreeSet<usize> = BTreeSet::new();
            let mut descends = false;
            let mut followed: BTreeSet<usize> = BTreeSet::new();
            each_followed(&prim, &of, elements, &mut |operand, from, to| {
                followed.insert(to);
                descends |= by_first.contains(&operands[operand]);
                if tainted.contains(&(operands[operand], from)) {
                    own.insert(to);
                }
                if of.operands[operand][from].is_nan() {
                    from_nan.insert(to);
                }
            });
            for &at in elements {
                let is_born = prim.bears()
                    && (!followed.contains(&at)
                        || of.result[at].is_nan() && !from_nan.contains(&at) && !own.contains(&at));
                if is_born {
                    let first = self.born.entry(row).or_insert(at);
                    *first = at.min(*first);
                    own.insert(at);
                }
            }
            if self.born.keys().next() == Some(&row) {
                by_first.insert(row);
            } else if descends {
                by_first.insert(row);
                self.victims += 1;
            }
            tainted.extend(own.into_iter().map(|at| (row, at)));
        }
    }

    fn result<T: Float>(self, tape: &Tape<T>) -> Option<NonFinite> {
        let reached = |row: RowId| match self.reaches.get(&row) {
            Some(result) => tape.result_in_words(*result),
            None => "the result".into(),
        };
        if let Some((&row, &at)) = self.born.first_key_value() {
            let (prim, _, elements) = tape.elements(row);
            let birth = prim.birth(&elements, at);
            return Some(NonFinite {
                error: tape.born(row, at, &birth, elements.result[at]),
                row: row.index(),
                element: unravelled(&elements.shape, at),
                cause: birth.cause,
                reached: reached(row),
                victims: self.victims,
                births: self.born.len(),
            });
        }
        // Infinities that nobody feeds were meant so.
        let (&row, &at) = self.given.iter().find(|(row, at)| {
            let var = Var::new(tape, **row);
            let x = tape.elements(**row).2.result[**at];
            var.kind() == Kind::Real && (x.is_nan() || var.varies() && var.operands().is_empty())
        })?;
        let (prim, _, elements) = tape.elements(row);
        let element = unravelled(&elements.shape, at);
        let what =
            format!("element {element:?} was {} when it was put on the tape", shown(elements.result[at]));
        let problem = Problem::new(
            ErrorKind::NonFinite,
            what,
            "Look where the data comes from: a quotient by 0, a missing number, an overflow before.",
        );
        let var = Var::new(tape, row);
        Some(NonFinite {
            error: Var::error(prim.name(), problem, &[var]).at(var.location()),
            row: row.index(),
            element,
            cause: Cause::Given,
            reached: reached(row),
            victims: self.reaches.len().saturating_sub(1),
            births: 1,
        })
    }
}

/// Calls with the elements that go into those of a result.
fn each_followed(
    prim: &Prim,
    of: &Elements,
    elements: &BTreeSet<usize>,
    visit: &mut dyn FnMut(usize, usize, usize),
) {
    prim.sources(of, &mut |operand, from, to| {
        if elements.contains(&to) {
            visit(operand, from, to);
        }
    });
}

fn followed(
    prim: &Prim,
    of: &Elements,
    elements: &BTreeSet<usize>,
    visit: &mut dyn FnMut(usize, usize),
) -> BTreeSet<usize> {
    let mut followed = BTreeSet::new();
    each_followed(prim, of, elements, &mut |operand, from, to| {
        followed.insert(to);
        visit(operand, from);
    });
    followed
}
