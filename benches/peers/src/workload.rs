//! What is to be done, and what must come out.

use crate::by_hand;
use crate::clock::median_nanoseconds;
use crate::data::Network;

/// One piece of work that peers are measured at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Workload {
    /// Loss Σ(pred − y)²/m of a network in `f32`, and the gradients of all its weights and biases.
    Step(&'static str, usize, &'static [usize]),
    /// [`Workload::LONG`] operations on one `f64`, recorded before the clock starts: replayed forward and in reverse.
    Chain,
    /// The chain recorded, and swept in reverse once; of a length that the peer chooses, at least 10⁴.
    Record,
}

/// Where the chain starts, and what it adds and multiplies by: s = a; then s = s·a, s = s + a, and again. It goes to 1,
/// and ds/da to 4.
pub const A: f64 = 0.5;

/// What a peer found: the loss, and for each parameter in order its gradient, row by row.
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

    /// Of `f32`s, as steps give them.
    pub fn of_step(loss: f32, gradients: impl IntoIterator<Item = impl IntoIterator<Item = f32>>) -> Self {
        let widened = gradients.into_iter().map(|gradient| gradient.into_iter().map(f64::from).collect());
        Self { loss: loss.into(), gradients: widened.collect() }
    }

    /// Σ|g| over all gradients: what peers print, for the runner to compare.
    pub fn size(&self) -> f64 {
        self.gradients.iter().flatten().map(|g| g.abs()).sum()
    }
}

impl Workload {
    /// Operations of [`Workload::Chain`].
    pub const LONG: usize = 1_000_000;
    /// Operations of [`Workload::Record`], for peers that can.
    pub const SHORT: usize = 100_000;
    /// Operations of [`Workload::Record`], for peers that are slow or walk the graph by recursion.
    pub const SHORTER: usize = 10_000;

    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Step("notebook", 1437, &[64, 30, 1]),
        Self::Step("mini", 32, &[64, 30, 1]),
        Self::Step("wide", 256, &[784, 512, 256, 10]),
        Self::Chain,
        Self::Record,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(name, ..) => name,
            Self::Chain => "chain",
            Self::Record => "record",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// A step's inputs.
    ///
    /// # Panics
    /// If it is a chain.
    pub fn network(self) -> Network {
        let Self::Step(_, m, widths) = self else { panic!("a chain is no network") };
        Network::new(m, widths)
    }

    /// How far an answer may be from the one by hand, which is computed in `f64`, relative to the largest element: unit
    /// roundoff times the longest sum on the way to a gradient (all samples, and the widths of all layers).
    pub fn tolerance(self) -> f64 {
        match self {
            Self::Step(_, m, widths) => {
                f64::from(f32::EPSILON) / 2.0 * (m + widths.iter().sum::<usize>()) as f64
            }
            // ds/da is a sum that is multiplied by a at each step: errors decay with it.
            Self::Chain | Self::Record => 16.0 * f64::EPSILON,
        }
    }

    /// Runs `work` once, checks what `read` makes of it, then measures `work` and prints the line.
    ///
    /// `operations` is 1 for a step, and for a chain its length.
    ///
    /// # Panics
    /// If the answer is wrong.
    pub fn measure<R>(self, operations: usize, mut work: impl FnMut() -> R, read: impl FnOnce(R) -> Answer) {
        let answer = read(work());
        self.check(&answer, operations);
        let nanoseconds = median_nanoseconds(work) / operations as f64;
        println!("{nanoseconds:.3} {:.9e} {:.9e}", answer.loss, answer.size());
    }

    fn check(self, answer: &Answer, operations: usize) {
        let expected = match self {
            Self::Step(..) => by_hand::step(&self.network()),
            Self::Chain | Self::Record => by_hand::chain(A, operations),
        };
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
