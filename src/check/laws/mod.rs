//! What must hold of every primitive, whatever it is: the laws.
//!
//! Each law is checked for every operand at once, by a derivative along a random direction: reverse mode to third
//! order, forward mode and forward over reverse against dual numbers, which share no code with the derivative rules; dual
//! numbers against the complex step and differences; single precision against double. And at points of every kind, where
//! values and slopes may be 0, infinite or NaN, the two modes are held against each other: see [`anywhere`]. A new
//! primitive gets all of it by being in [`Prim::all`].

mod anywhere;
mod case;
mod examine;
#[cfg(test)]
mod faults;
mod recording;
mod replayed;

use crate::array::Shape;
use crate::check::oracle::sweep::{Library, Rules};
use crate::check::{Layout, Verdict};
use crate::prim::Family;
use crate::tape::joint_shape;
use crate::{Broadcasting, Prim};
pub(in crate::check) use anywhere::{alike, modes, replay, special};
use case::{Case, Points};
pub(in crate::check) use examine::examine as law;
use indexmap::IndexMap;
pub(in crate::check) use recording::{ORDERS, Recording, leaves};
use std::fmt;

/// What examining primitives found.
///
/// ```
/// use wengert::{Prim, check};
/// let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
/// let tally = check::laws(&tanh);
/// assert!(tally.failures().is_empty());
/// println!("{tally}");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By law: how often it was found to hold, and how often nothing could be said.
    laws: IndexMap<&'static str, [usize; 2]>,
    failures: Vec<String>,
    cases: usize,
    pairs: usize,
}

impl Tally {
    fn add(&mut self, law: &'static str, describe: impl Fn() -> String, verdict: &Verdict) {
        let [held, open] = self.laws.entry(law).or_default();
        match verdict {
            Verdict::Pass(_) => *held += 1,
            Verdict::Inconclusive(_) | Verdict::Kink { .. } => *open += 1,
            Verdict::Fail(_) => self.failures.push(format!("{}: {law}: {verdict}", describe())),
        }
    }

    pub(in crate::check) fn add_case(&mut self) {
        self.cases += 1;
    }

    /// What did not hold, in words: primitive, shapes, layout, law, and by how much.
    ///
    /// ```
    /// # use wengert::{Prim, check};
    /// # let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
    /// assert_eq!(check::laws(&tanh).failures(), [""; 0]);
    /// ```
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// How many cases were examined: shapes, layouts and precisions.
    ///
    /// ```
    /// # use wengert::{Prim, check};
    /// # let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
    /// assert_eq!(check::laws(&tanh).cases(), 40 * 4 * 2); // one operand: 40 shapes
    /// ```
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// How many pairs of shapes that broadcast were examined.
    ///
    /// ```
    /// # use wengert::{Prim, check};
    /// # let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
    /// assert_eq!(check::laws(&tanh).pairs(), 0); // it takes one operand
    /// ```
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// How often a law was found to hold, by its name.
    ///
    /// ```
    /// # use wengert::{Prim, check};
    /// # let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
    /// for (law, held) in check::laws(&tanh).held() {
    ///     println!("{held:6} {law}");
    /// }
    /// ```
    pub fn held(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.laws.iter().map(|(law, [held, _])| (*law, *held))
    }

    /// Adds another tally to this one.
    ///
    /// ```
    /// # use wengert::{Prim, check};
    /// let mut all = check::Tally::default();
    /// for prim in Prim::all().iter().take(4) {
    ///     all.merge(check::laws(prim));
    /// }
    /// ```
    pub fn merge(&mut self, other: Self) {
        for (law, [held, open]) in other.laws {
            let mine = self.laws.entry(law).or_default();
            mine[0] += held;
            mine[1] += open;
        }
        self.failures.extend(other.failures);
        self.cases += other.cases;
        self.pairs += other.pairs;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} cases, {} pairs of shapes, {} failures",
            self.cases,
            self.pairs,
            self.failures.len()
        )?;
        self.laws.iter().try_for_each(|(law, [held, open])| {
            let open = if *open > 0 { format!(", {open} inconclusive") } else { String::new() };
            writeln!(f, "{held:9} {law}{open}")
        })?;
        self.failures.iter().take(20).try_for_each(|failure| writeln!(f, "  FAIL {failure}"))
    }
}

/// Examines a primitive (by its name: with all the parameters that suit) under all laws: on every shape of rank up to 3
/// with sizes 0, 1 and 2, or where it takes two operands on every ordered pair of such shapes that broadcast, 940 of
/// them; in four memory layouts, of the pairs each in one of them in turn, and in both precisions.
///
/// ```
/// use wengert::{Prim, check};
/// let prod = Prim::all().into_iter().find(|prim| prim.name() == "prod").unwrap();
/// assert!(check::laws(&prod).failures().is_empty());
/// ```
pub fn laws(prim: &Prim) -> Tally {
    laws_sampled(prim, 1)
}

/// As [`laws`], on one in so many of the pairs of shapes, or of the shapes and layouts: for test suites that have seconds
/// where the whole grid takes minutes.
///
/// # Panics
/// If it is one in 0.
///
/// ```
/// use wengert::{Prim, check};
/// let tanh = Prim::all().into_iter().find(|prim| prim.name() == "tanh").unwrap();
/// assert_eq!(check::laws_sampled(&tanh, 4).cases(), 40 * 2); // each of 40 shapes in one of the four layouts
/// ```
pub fn laws_sampled(prim: &Prim, one_in: usize) -> Tally {
    assert!(one_in > 0, "check: one in 0 of the grid is none of it: say 1 for all of it");
    let extent = Extent {
        layouts: &layouts(),
        pairs_one_in: one_in,
        layouts_one_in: one_in,
        up_to_a_failure: false,
        anywhere: true,
    };
    examine(&Library, prim, extent)
}

fn layouts() -> [Layout; 4] {
    [Layout::contiguous(), Layout::transposed(), Layout::strided(2), Layout::strided(-1)]
}

/// The shapes of rank up to 3 with sizes 0, 1 and 2.
fn shapes() -> Vec<Vec<usize>> {
    let mut shapes = vec![Vec::new()];
    let mut longest = shapes.clone();
    for _ in 0..3 {
        longest =
            longest.iter().flat_map(|shape| [0, 1, 2].map(|n| [shape.as_slice(), &[n]].concat())).collect();
        shapes.extend(longest.iter().cloned());
    }
    shapes
}

/// The ordered pairs of these that broadcast by NumPy's rules, with what they broadcast to.
fn pairs() -> Vec<([Vec<usize>; 2], Shape)> {
    let shapes = shapes();
    let all = shapes.iter().flat_map(|a| shapes.iter().map(move |b| [a.clone(), b.clone()]));
    all.filter_map(|pair| {
        let joint = joint_shape(Broadcasting::NumPy, &[&pair[0], &pair[1]]).ok()?;
        Some((pair, joint))
    })
    .collect()
}

/// How much of the grid.
#[derive(Clone, Copy)]
struct Extent<'a> {
    layouts: &'a [Layout],
    /// One pair of shapes in so many.
    pairs_one_in: usize,
    /// Of the primitives that take other operands, each shape in one of so many layouts.
    layouts_one_in: usize,
    up_to_a_failure: bool,
    /// Whether the laws that hold at any point are examined as well.
    anywhere: bool,
}

/// The same with other rules, and maybe on less.
fn examine(rules: &impl Rules, prim: &Prim, extent: Extent<'_>) -> Tally {
    let mut tally = Tally::default();
    let two = match prim.arity() {
        Some(0) => return tally,
        Some(1) | None => false,
        // What looks up or searches suits the first operand rather than broadcasts with it.
        Some(_) => !matches!(prim.0, Family::Index(_) | Family::Order(_)),
    };
    let mut seed = 0;
    let mut run = |prim: &Prim,
                   inputs: &[Vec<usize>],
                   operands: &[Vec<usize>],
                   layouts: &[Layout],
                   tally: &mut Tally| {
        for layout in layouts {
            if extent.up_to_a_failure && !tally.failures.is_empty() {
                return;
            }
            seed += 1;
            let case = |points| Case { prim, inputs, operands, layout, seed, points };
            law::<f64, false>(&case(Points::Smooth), rules, tally);
            law::<f32, true>(&case(Points::Smooth), rules, tally);
            tally.cases += 2;
            // What holds anywhere is no matter of layout, and the shapes are many.
            if extent.anywhere && *layout == extent.layouts[0] {
                anywhere::examine::<f64>(&case(Points::Any), rules, tally);
                anywhere::examine::<f32>(&case(Points::Any), rules, tally);
            }
        }
    };
    if two {
        // The pairs are so many that each is examined in one layout, all of them in turn.
        let turns = extent.layouts.chunks(1).cycle();
        for ((pair, joint), layouts) in pairs().into_iter().step_by(extent.pairs_one_in).zip(turns) {
            tally.pairs += 1;
            let [a, b] = &pair;
            let joint = joint.to_vec();
            match prim.name() {
                "matmul" => {
                    let of = |stack: &[usize], matrix: [usize; 2]| [stack, &matrix].concat();
                    let inputs = [of(a, [1, 2]), of(b, [2, 1])];
                    let operands = [of(&joint, [1, 2]), of(&joint, [2, 1])];
                    run(prim, &inputs, &operands, layouts, &mut tally);
                }
                _ if prim.arity() == Some(3) => run(
                    prim,
                    &[joint.clone(), a.clone(), b.clone()],
                    &[joint.clone(), joint.clone(), joint],
                    layouts,
                    &mut tally,
                ),
                _ => run(prim, &pair, &[joint.clone(), joint], layouts, &mut tally),
            }
        }
    } else {
        for (turn, shape) in shapes().into_iter().enumerate() {
            let layouts: Vec<Layout> = (extent.layouts.iter().enumerate())
                .filter(|(i, _)| (turn + i).is_multiple_of(extent.layouts_one_in))
                .map(|(_, layout)| layout.clone())
                .collect();
            for fitting in Prim::fitting(&shape).into_iter().filter(|fitting| fitting.name() == prim.name()) {
                let mut operands = vec![shape.clone(); prim.arity().unwrap_or(2)];
                if let Some(places) = fitting.index_operand(&shape) {
                    operands[places.operand] = places.shape;
                }
                run(&fitting, &operands, &operands, &layouts, &mut tally);
            }
        }
    }
    tally
}
