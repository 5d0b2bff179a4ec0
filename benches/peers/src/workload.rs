//! What is to be done, and what must come out.

use crate::by_hand;
use crate::clock::time;
use crate::data::Network;

/// One piece of work that peers are measured at; the first field is its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Workload {
    /// Loss Σ(pred − y)²/m of a network in `f32`, and the gradients of all its weights and biases: samples, widths.
    Step(&'static str, usize, &'static [usize]),
    /// The log likelihood of a Gaussian mixture of [`Workload::POINTS`] points in `f64`: dimension, parts.
    Mixture(&'static str, usize, usize),
    /// The mean cross entropy of a small language model in `f32`: tokens, width, layers.
    Gpt(&'static str, usize, usize, usize),
    /// The mean square of what a recurrent layer with gates gives in the end, in `f32`: steps, batch, width, state.
    Lstm(&'static str, [usize; 4]),
    /// One function of many inputs at once.
    Map(&'static str, Mapped),
    /// [`Workload::LONG`] operations on one `f64`, recorded before the clock starts: replayed forward and in reverse.
    Chain,
    /// The chain recorded, and swept in reverse once; of a length that the peer chooses, at least 10⁴.
    Record,
    /// Of the chain and its gradient, recorded before the clock starts, a program is made.
    Make,
}

/// What [`Workload::Map`] maps: `../common/lanes.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Mapped {
    Alternating,
    Mixed,
    Samples,
    Ensemble,
    Softmax,
}

use Mapped::{Alternating, Ensemble, Mixed, Samples, Softmax};

/// Where the chain starts, and what it adds and multiplies by: s = a; then s = s·a, s = s + a, and again. It goes to 1,
/// and ds/da to 4.
pub const A: f64 = 0.5;

/// (√5 − 1)/2, whose multiples are spread evenly between whole numbers.
const PHI: f64 = 0.618_033_988_749_894_9;

/// What a peer found: the loss, and for each parameter in order its gradient, row by row. Of many inputs at once, the
/// sum of all losses.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Answer {
    pub loss: f64,
    pub gradients: Vec<Vec<f64>>,
}

impl Answer {
    /// That of a chain: s, and ds/da.
    pub fn of_chain(s: f64, gradient: f64) -> Self {
        Self { loss: s, gradients: vec![vec![gradient]] }
    }

    /// Of `f32`s, or `f64`s.
    pub fn new<T: Into<f64>>(
        loss: T,
        gradients: impl IntoIterator<Item = impl IntoIterator<Item = T>>,
    ) -> Self {
        let widened = gradients.into_iter().map(|gradient| gradient.into_iter().map(T::into).collect());
        Self { loss: loss.into(), gradients: widened.collect() }
    }

    /// What peers print for the runner to compare: the loss, and of each gradient a sum of positive terms, Σ wᵢ max(gᵢ,
    /// −2gᵢ) with wᵢ = 1 + frac(i φ), which is another one if a sign or a place is wrong.
    pub fn sums(&self) -> Vec<f64> {
        let term = |(i, &g): (usize, &f64)| g.max(-2.0 * g) * (1.0 + (i as f64 * PHI).fract());
        let of = |gradient: &Vec<f64>| gradient.iter().enumerate().map(term).sum();
        std::iter::once(self.loss).chain(self.gradients.iter().map(of)).collect()
    }
}

impl Workload {
    /// Operations of [`Workload::Chain`].
    pub const LONG: usize = 1_000_000;
    /// Operations of [`Workload::Record`] and of [`Workload::Make`], for peers that can.
    pub const SHORT: usize = 100_000;
    /// Operations of [`Workload::Record`], for peers that are slow or walk the graph by recursion.
    pub const SHORTER: usize = 10_000;
    /// Operations of chains that are mapped.
    pub const MAPPED: usize = 1_000;
    /// Points of a [`Workload::Mixture`].
    pub const POINTS: usize = 1_000;

    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Step("notebook", 1437, &[64, 30, 1]),
        Self::Step("mini", 32, &[64, 30, 1]),
        Self::Step("wide", 256, &[784, 512, 256, 10]),
        Self::Step("eager", 1437, &[64, 30, 1]),
        Self::Mixture("mixture-2", 2, 5),
        Self::Mixture("mixture-10", 10, 25),
        Self::Mixture("mixture-20", 20, 50),
        Self::Gpt("gpt-32", 32, 32, 1),
        Self::Gpt("gpt-128", 128, 64, 2),
        Self::Gpt("gpt-256", 256, 128, 2),
        Self::Lstm("lstm-8", [32, 8, 32, 64]),
        Self::Lstm("lstm-64", [32, 64, 32, 64]),
        Self::Chain,
        Self::Record,
        Self::Make,
        Self::Map("map-alternating", Alternating),
        Self::Map("map-mixed", Mixed),
        Self::Map("map-samples", Samples),
        Self::Map("map-ensemble", Ensemble),
        Self::Map("map-softmax", Softmax),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(name, ..)
            | Self::Mixture(name, ..)
            | Self::Gpt(name, ..)
            | Self::Lstm(name, _)
            | Self::Map(name, _) => name,
            Self::Chain => "chain",
            Self::Record => "record",
            Self::Make => "make",
        }
    }

    /// Those that a word names: one by its name, or all whose names start with the word and a hyphen.
    pub fn named(word: &str) -> Vec<Self> {
        let fits = |workload: &Self| {
            let rest = workload.name().strip_prefix(word);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        Self::ALL.into_iter().filter(fits).collect()
    }

    /// Whether it is a chain of numbers, whose time is that of an operation: a matter of one thread.
    pub fn is_chain(self) -> bool {
        matches!(self, Self::Chain | Self::Record | Self::Make)
    }

    /// A step's inputs.
    ///
    /// # Panics
    /// If it is no step.
    pub fn network(self) -> Network {
        let Self::Step(_, m, widths) = self else { panic!("{} is no step", self.name()) };
        Network::new(m, widths)
    }

    /// The answer by hand, of works that have one; what others find is compared with each other.
    pub fn by_hand(self, operations: usize) -> Option<Answer> {
        match self {
            Self::Step(..) => Some(by_hand::step(&self.network())),
            Self::Chain | Self::Record => Some(by_hand::chain(A, operations)),
            Self::Mixture(..) | Self::Gpt(..) | Self::Lstm(..) | Self::Map(..) | Self::Make => None,
        }
    }

    /// How far an answer may be from another one, relative to the largest element of a gradient, or to a sum of positive
    /// terms: unit roundoff times the longest sum on the way to a gradient.
    pub fn tolerance(self) -> f64 {
        let (single, double) = (f64::from(f32::EPSILON) / 2.0, f64::EPSILON / 2.0);
        match self {
            // All samples, and the widths of all layers.
            Self::Step(_, m, widths) => single * (m + widths.iter().sum::<usize>()) as f64,
            // All points, dimensions and parts; and exp(s − max s) has s's error times s, which is below 10³ here.
            Self::Mixture(_, d, k) => 1e3 * double * (Self::POINTS + d + k) as f64,
            // Of each layer two norms, the queries, the scores and what they weigh, the joining, the layers between.
            Self::Gpt(_, n, width, layers) => single * (layers * (2 * n + 9 * width) + width) as f64,
            // Of each step a sum over its width and its state, forward and back, and of all over the batch.
            Self::Lstm(_, [steps, batch, width, hidden]) => {
                single * (steps * (2 * (width + hidden) + batch)) as f64
            }
            Self::Map(_, Samples) => single * (64 + 30 + 1024) as f64, // the loss is added up over 1024 lanes
            Self::Map(_, Ensemble) => single * (64 + 30 + 32 + 64) as f64,
            Self::Map(_, Softmax) => single * (32 + 16 * 32 + 256) as f64,
            // The slope of all rounds is some 10⁶ to 10⁷, and an error of the first is multiplied by it; of ten functions.
            Self::Map(_, Mixed) => 1e7 * 10.0 * double,
            // ds/da is a sum that is multiplied by a at each step: errors decay with it.
            Self::Map(_, Alternating) | Self::Chain | Self::Record | Self::Make => 32.0 * double,
        }
    }

    /// Runs `work` once, checks what `read` makes of it, then measures `work` and prints the line.
    ///
    /// `operations` is of a chain its length, and otherwise 1.
    ///
    /// # Panics
    /// If the answer is wrong.
    pub fn measure<R>(self, operations: usize, mut work: impl FnMut() -> R, read: impl FnOnce(R) -> Answer) {
        let answer = read(work());
        if let Some(expected) = self.by_hand(operations) {
            self.check(&answer, &expected);
        }
        let time = time(work);
        let scale = 1.0 / operations as f64;
        print!("{:.3} {:.3}", time.median * scale, time.fastest * scale);
        answer.sums().iter().for_each(|sum| print!(" {sum:.12e}"));
        println!();
    }

    fn check(self, answer: &Answer, expected: &Answer) {
        let tolerance = self.tolerance();
        let close = |name: String, given: &[f64], expected: &[f64]| {
            assert_eq!(given.len(), expected.len(), "{name} has another size than by hand");
            let largest = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
            let off = given.iter().zip(expected).fold(0.0, |most: f64, (g, e)| most.max((g - e).abs()));
            // NaN fails too, which `max` above would pass over.
            let fits = given.iter().all(|g| g.is_finite()) && off <= tolerance * largest;
            assert!(
                fits,
                "{name} is off by {:e} of its largest element, tolerated {tolerance:e}",
                off / largest
            );
        };
        close("the loss".into(), &[answer.loss], &[expected.loss]);
        assert_eq!(answer.gradients.len(), expected.gradients.len(), "as many gradients as parameters");
        for (i, (given, expected)) in answer.gradients.iter().zip(&expected.gradients).enumerate() {
            close(format!("gradient {i}"), given, expected);
        }
    }
}
