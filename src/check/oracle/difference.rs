//! Difference quotients that know how good they are.
//!
//! One step size is a guess: too large and the curve bends, too small and digits cancel. Here the step is swept, halved
//! ten times, and quotients of successive steps are extrapolated to step 0; the estimate that changes least from its
//! neighbours is taken, and that change is its uncertainty (C. J. F. Ridders, "Accurate computation of F'(x) and
//! F'(x)F''(x)", Advances in Engineering Software 4, 1982).

/// A derivative found by differences, with what it may be off by.
///
/// ```
/// let swept = wengert::check::difference(f64::sin, 1.0);
/// assert!((swept.slope - 1.0_f64.cos()).abs() <= swept.uncertainty && swept.uncertainty < 1e-9);
/// assert!(!swept.is_kink());
/// let kink = wengert::check::difference(f64::abs, 0.0);
/// assert!(kink.is_kink() && kink.left < -0.9 && kink.right > 0.9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Swept {
    /// From central differences.
    pub slope: f64,
    /// How far off that may be: the change between the two best estimates, and rounding.
    pub uncertainty: f64,
    /// The slope from below.
    pub left: f64,
    /// The slope from above.
    pub right: f64,
    /// How far off the two one-sided slopes may be.
    pub one_sided_uncertainty: f64,
}

impl Swept {
    /// Whether the slopes from below and from above differ by more than their uncertainty: there is no derivative.
    ///
    /// ```
    /// assert!(wengert::check::difference(|x| x.max(2.0), 2.0).is_kink());
    /// ```
    pub fn is_kink(&self) -> bool {
        let scale = self.left.abs().max(self.right.abs());
        (self.left - self.right).abs() > 4.0 * self.one_sided_uncertainty + 1e-6 * scale
    }
}

/// How many steps are tried, each half of the one before.
const STEPS: i32 = 10;

/// The largest step, for |x| ≤ 1.
pub(in crate::check) const LARGEST: f64 = 1.0 / 128.0;

/// The smallest: what rounds in a function is divided by at least this.
pub(in crate::check) fn smallest_step() -> f64 {
    LARGEST / 2_f64.powi(STEPS - 1)
}

/// The derivative of a function of one number.
///
/// The function is evaluated 21 times, at most a hundredth of max(1, |x|) away from x.
///
/// ```
/// let swept = wengert::check::difference(f64::exp, 0.0);
/// println!("{} ± {:.0e}", swept.slope, swept.uncertainty);
/// ```
pub fn difference(f: impl Fn(f64) -> f64, x: f64) -> Swept {
    let here = f(x);
    let mut h = x.abs().max(1.0) * LARGEST;
    let [mut central, mut below, mut above] = [(); 3].map(|()| Vec::new());
    for _ in 0..STEPS {
        let (high, low) = (x + h, x - h);
        let (up, down) = (f(high), f(low));
        let rounding = f64::EPSILON * up.abs().max(down.abs()).max(here.abs()) / h;
        // Divided by the step that was really taken.
        central.push(((up - down) / (high - low), rounding));
        below.push(((here - down) / (x - low), rounding));
        above.push(((up - here) / (high - x), rounding));
        h /= 2.0;
    }
    let (slope, uncertainty) = extrapolate(&central, 4.0);
    let [(left, of_left), (right, of_right)] = [extrapolate(&below, 2.0), extrapolate(&above, 2.0)];
    Swept { slope, uncertainty, left, right, one_sided_uncertainty: of_left.max(of_right) }
}

/// The limit of quotients whose error shrinks by this factor, and its powers, from one to the next.
fn extrapolate(quotients: &[(f64, f64)], factor: f64) -> (f64, f64) {
    let mut best = (quotients[0].0, f64::INFINITY);
    let mut before: Vec<f64> = Vec::new();
    for &(quotient, rounding) in quotients {
        let mut row = vec![quotient];
        let mut power = factor;
        for j in 0..before.len() {
            let finer = row[j] + (row[j] - before[j]) / (power - 1.0);
            let change = (finer - row[j]).abs().max((finer - before[j]).abs()) + rounding;
            if change <= best.1 {
                best = (finer, change);
            }
            row.push(finer);
            power *= factor;
        }
        before = row;
    }
    best
}
