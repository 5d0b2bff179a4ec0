//! The laws themselves, for anything that can be recorded.

use super::recording::{ORDERS, Recording, leaves};
use super::{Tally, replayed};
use crate::array::Kind;
use crate::check::cases::values::{self, Palette, Values, mix};
use crate::check::oracle::difference::{difference, smallest_step};
use crate::check::oracle::evaluate::{evaluate, paired};
use crate::check::oracle::number::{Bound, Complex, Dual, Rounding};
use crate::check::oracle::sweep::{Rules, backwards, forwards};
use crate::check::{Layout, Measured, Verdict};
use crate::{Float, Tape, Var};
use ndarray::ArrayD;

/// What the complex step may lose to underflow, 10⁻³⁰⁸ by its step of 10⁻¹⁰⁰, with room for what multiplies it later.
const UNDERFLOW: f64 = 1e-190;

const REVERSE: [&str; ORDERS] = [
    "reverse mode against dual numbers",
    "reverse mode over itself against dual numbers, second order",
    "reverse mode over itself against dual numbers, third order",
];

/// Examines it in the precision of `T`, which is single or not.
pub(in crate::check) fn examine<T: Float, const SINGLE: bool>(
    what: &impl Recording,
    rules: &impl Rules,
    tally: &mut Tally,
) {
    let tape = Tape::<T>::new();
    let inputs = what.inputs();
    let vars = leaves(what, &tape, &inputs);
    let out = what.record(&tape, &vars);
    let direction = |order: usize| -> Vec<ArrayD<T>> {
        let each = inputs.iter().enumerate();
        each.map(|(i, x)| match what.kind(i) {
            Kind::Real => plain(x.shape(), mix(mix(what.seed(), 200 + order), i)).mapv(T::from_f64),
            Kind::Index | Kind::Mask => ArrayD::from_elem(x.shape(), T::zero()), // They rest.
        })
        .collect()
    };
    let recorded = Recorded {
        what,
        u: plain(&out.shape(), mix(what.seed(), 100)).mapv(T::from_f64),
        directions: std::array::from_fn(direction),
        vars,
        out,
    };
    recorded.examine::<SINGLE>(rules, tally);
}

/// A function as it was recorded, with a cotangent and directions for its derivatives.
struct Recorded<'a, 't, T: Float, R> {
    what: &'a R,
    vars: Vec<Var<'t, T>>,
    out: Var<'t, T>,
    u: ArrayD<T>,
    directions: [Vec<ArrayD<T>>; ORDERS],
}

impl<'t, T: Float, R: Recording> Recorded<'_, 't, T, R> {
    fn examine<const SINGLE: bool>(&self, rules: &impl Rules, tally: &mut Tally) {
        let (out, tape) = (self.out, self.out.tape());
        let rows: Vec<Vec<Var<'t, T>>> =
            self.directions.iter().map(|each| each.iter().map(|v| tape.constant(v)).collect()).collect();

        // Derivatives of rising order along the directions, each by a sweep over the one before.
        let seed = tape.constant(&self.u);
        let mut derivatives: Vec<Option<Var<'t, T>>> = Vec::new();
        let (mut root, mut cotangent) = (Some(out), Some(seed));
        for direction in rows.iter().take(self.what.orders()) {
            let next = root.and_then(|root| along(rules, root, cotangent, &self.vars, direction));
            derivatives.push(next);
            (root, cotangent) = (next, next.map(|next| next.lift(1.0)));
        }
        let seeds =
            |order: usize| self.vars.iter().copied().zip(rows[order].iter().copied()).collect::<Vec<_>>();
        let ahead = forwards(rules, out, &seeds(0)).map(|tangent| (tangent * seed).sum());
        let mixed = derivatives[0].and_then(|first| forwards(rules, first, &seeds(1)));
        if rules.known() {
            return;
        }

        self.evaluated_again(tally);
        self.replayed(tally);
        let oracle = self.duals();
        for (order, derivative) in derivatives.iter().enumerate() {
            self.compare::<SINGLE>(tally, REVERSE[order], *derivative, oracle[order]);
        }
        let adjoint = "forward mode against dual numbers (the adjoint test)";
        self.compare::<SINGLE>(tally, adjoint, ahead, oracle[0]);
        self.compare::<SINGLE>(tally, "forward over reverse mode against dual numbers", mixed, oracle[1]);
        self.modes::<SINGLE>(tally, "forward equals reverse", ahead, derivatives[0]);
        if self.what.orders() > 1 {
            let second = "forward over reverse equals reverse over reverse";
            self.modes::<SINGLE>(tally, second, mixed, derivatives[1]);
            let backwards =
                ahead.and_then(|ahead| along(rules, ahead, Some(ahead.lift(1.0)), &self.vars, &rows[1]));
            self.modes::<SINGLE>(
                tally,
                "reverse over forward equals reverse over reverse",
                backwards,
                derivatives[1],
            );
            let twice = ahead.and_then(|ahead| forwards(rules, ahead, &seeds(1)));
            self.modes::<SINGLE>(
                tally,
                "forward over forward equals reverse over reverse",
                twice,
                derivatives[1],
            );
        }
        if !SINGLE {
            self.complex_step(tally, oracle[0]);
            if *self.what.layout() == Layout::contiguous() {
                self.differences(tally, oracle[0]);
            }
        }
    }

    /// The recorded rows, evaluated a second time in the same arithmetic, have the same bits.
    fn evaluated_again(&self, tally: &mut Tally) {
        let again: Vec<ArrayD<T>> = evaluate(self.out.tape(), &[], &[self.out]);
        let value = self.out.peek();
        let bits = |x: &T| x.to_f64().to_bits();
        let differ = value.iter().zip(&again[0]).filter(|(a, b)| bits(a) != bits(b)).count();
        let measured = Measured {
            error: values::count(differ),
            tolerance: 0.0,
            because: "elements of which a bit differs".into(),
        };
        self.add(tally, "evaluated again, bit for bit", measured);
    }

    /// A replay on other inputs has the bits of recording afresh, whatever passes the program went through.
    fn replayed(&self, tally: &mut Tally) {
        let differ = replayed::bits_that_differ(self.what, &self.vars, self.out, &self.u);
        let measured = Measured {
            error: values::count(differ),
            tolerance: 0.0,
            because: "elements of which a bit differs".into(),
        };
        self.add(tally, "replayed against recorded afresh, bit for bit", measured);
    }

    fn add(&self, tally: &mut Tally, law: &'static str, measured: Measured) {
        tally.add(law, || self.what.describe(), &Verdict::of(measured));
    }

    /// The same, unless rounding may put what is known of it anywhere: as where the slopes of two operands overflow, of which
    /// only the difference is a number.
    fn add_if_known(&self, tally: &mut Tally, law: &'static str, measured: Measured, known: &[Bound]) {
        if known.iter().all(|bound| bound.value.is_finite() && bound.error.is_finite()) {
            return self.add(tally, law, measured);
        }
        let verdict = Verdict::Inconclusive("there is no bound at this point".into());
        tally.add(law, || self.what.describe(), &verdict);
    }

    /// The values of the inputs and their first direction, in double precision, to be moved along.
    fn moves(&self) -> impl Iterator<Item = (Var<'t, T>, ArrayD<f64>, ArrayD<f64>)> {
        let moves = self.vars.iter().zip(&self.directions[0]);
        moves.map(|(var, v)| (*var, var.peek().mapv(T::to_f64).into_owned(), v.mapv(T::to_f64)))
    }

    /// ⟨u, Dᵏf⟩ along the first k directions, for k = 1, 2, 3, by dual numbers over dual numbers over dual numbers over
    /// numbers that bound their own rounding.
    fn duals(&self) -> [Bound; ORDERS] {
        type Third = Dual<Dual<Dual<Bound>>>;
        let number = |x: T| Bound::constant(x.to_f64());
        let given: Vec<(Var<'_, T>, ArrayD<Third>)> = self
            .vars
            .iter()
            .enumerate()
            .map(|(i, var)| {
                let [v, w, z] = self.directions.each_ref().map(|direction| &direction[i]);
                let x = var.peek();
                let mut elements = x.iter().zip(v).zip(w).zip(z).map(|(((x, v), w), z)| {
                    let zero = number(T::zero());
                    let value = Dual {
                        value: Dual { value: number(*x), slope: number(*v) },
                        slope: Dual { value: number(*w), slope: zero },
                    };
                    let slope = Dual {
                        value: Dual { value: number(*z), slope: zero },
                        slope: Dual { value: zero, slope: zero },
                    };
                    Dual { value, slope }
                });
                let shape = x.raw_dim();
                (*var, ArrayD::from_shape_simple_fn(shape, || elements.next().expect("as many as x has")))
            })
            .collect();
        let results: Vec<ArrayD<Third>> = evaluate(self.out.tape(), &given, &[self.out]);
        let mut sums = [number(T::zero()); ORDERS];
        for (y, u) in results[0].iter().zip(&self.u) {
            let u = number(*u);
            let [first, second, third] = &mut sums;
            *first += u * y.value.value.slope;
            *second += u * y.value.slope.slope;
            *third += u * y.slope.slope.slope;
        }
        sums
    }

    /// A row that was recorded, in single precision against itself in double, and in double against the oracle.
    fn compare<const SINGLE: bool>(
        &self,
        tally: &mut Tally,
        law: &'static str,
        found: Option<Var<'_, T>>,
        oracle: Bound,
    ) {
        let Some(found) = found else {
            let measured = Measured {
                error: oracle.value.abs(),
                tolerance: oracle.error,
                because: "no derivative".into(),
            };
            return self.add_if_known(tally, law, measured, &[oracle]);
        };
        let own: Vec<ArrayD<Bound>> =
            Rounding::recorded(SINGLE).count(|| evaluate(found.tape(), &[], &[found]));
        let own = own[0].iter().copied().next().expect("a number");
        // To first order; as much again for what is of second.
        let recorded = Measured {
            error: (found.peek_item().expect("a number").to_f64() - own.value).abs(),
            tolerance: 2.0 * own.error,
            because: "a running bound for the rounding of the recorded rows".into(),
        };
        let precision = if SINGLE { "single precision against double" } else { "recorded against evaluated" };
        self.add_if_known(tally, precision, recorded, &[oracle]);
        // In single precision this allows for the constants in the rules, which are rounded to it.
        let measured = Measured {
            error: (own.value - oracle.value).abs(),
            tolerance: 2.0 * (own.error + oracle.error),
            because: "running bounds for the rounding of both".into(),
        };
        self.add_if_known(tally, law, measured, &[oracle]);
    }

    /// The same derivative in two modes, which differ by no more than what each may round.
    fn modes<const SINGLE: bool>(
        &self,
        tally: &mut Tally,
        law: &'static str,
        one: Option<Var<'_, T>>,
        other: Option<Var<'_, T>>,
    ) {
        let bound = |row: Option<Var<'_, T>>| -> (f64, Bound) {
            let Some(row) = row else { return (0.0, Bound::constant(0.0)) };
            let own: Vec<ArrayD<Bound>> =
                Rounding::recorded(SINGLE).count(|| evaluate(row.tape(), &[], &[row]));
            (row.peek_item().expect("a number").to_f64(), *own[0].first().expect("a number"))
        };
        let [(one, of_one), (other, of_other)] = [one, other].map(bound);
        let measured = Measured {
            error: (one - other).abs(),
            tolerance: 2.0 * (of_one.error + of_other.error),
            because: "running bounds for the rounding of both".into(),
        };
        self.add_if_known(tally, law, measured, &[of_one, of_other]);
    }

    /// Im f(x + ihv) / h, which subtracts nothing, so that h can be 10⁻¹⁰⁰ (W. Squire and G. Trapp, SIAM Review 40, 1998).
    fn complex_step(&self, tally: &mut Tally, oracle: Bound) {
        let given: Vec<(Var<'_, T>, ArrayD<Complex>)> = self
            .moves()
            .map(|(var, x, v)| {
                let mut elements = x.iter().zip(&v).map(|(x, v)| Complex { re: *x, im: v * Complex::STEP });
                (
                    var,
                    ArrayD::from_shape_simple_fn(x.raw_dim(), || elements.next().expect("as many as x has")),
                )
            })
            .collect();
        let results: Vec<ArrayD<Complex>> = evaluate(self.out.tape(), &given, &[self.out]);
        let slope: f64 =
            results[0].iter().zip(&self.u).map(|(y, u)| u.to_f64() * (y.im / Complex::STEP)).sum();
        let measured = Measured {
            error: (slope - oracle.value).abs(),
            // Complex functions round a few times where real ones round once; and what underflows at 10⁻³⁰⁸ is
            // divided by the step.
            tolerance: 16.0 * oracle.error + UNDERFLOW,
            because: "8 times the bound for dual numbers, twice".into(),
        };
        self.add_if_known(tally, "complex step against dual numbers", measured, &[oracle]);
    }

    /// Along the first direction, with a swept step.
    fn differences(&self, tally: &mut Tally, oracle: Bound) {
        let Some(moving) = self.what.moving() else { return };
        let moves: Vec<_> = self.moves().skip(moving.start).take(moving.len()).collect();
        let u = self.u.mapv(T::to_f64);
        let swept = difference(
            |t| {
                let moved: Vec<_> = moves.iter().map(|(var, x, v)| (*var, x + &(v * t))).collect();
                paired(&moved, self.out, &u)
            },
            0.0,
        );
        // What the sum's terms lose to rounding does not show in a sum that nearly cancels.
        let terms: f64 = self.out.peek().iter().zip(&u).map(|(y, u)| (y.to_f64() * u).abs()).sum();
        let verdict = if swept.is_kink() || swept.uncertainty > 1e-5 * (1.0 + swept.slope.abs()) {
            Verdict::Inconclusive("a kink is within the step".into())
        } else {
            Verdict::of(Measured {
                error: (swept.slope - oracle.value).abs(),
                tolerance: 16.0 * swept.uncertainty + oracle.error + 8.0 * f64::EPSILON * terms / smallest_step(),
                because: "16 times what differences say of themselves, and 16 roundings of the terms by the smallest \
                          step"
                    .into(),
            })
        };
        tally.add("differences against dual numbers", || self.what.describe(), &verdict);
    }
}

/// ⟨gradient of ⟨cotangent, root⟩, direction⟩ as a row; `None` if nothing flows.
pub(super) fn along<'t, T: Float>(
    rules: &impl Rules,
    root: Var<'t, T>,
    cotangent: Option<Var<'t, T>>,
    vars: &[Var<'t, T>],
    direction: &[Var<'t, T>],
) -> Option<Var<'t, T>> {
    let cotangents =
        backwards(root, cotangent?, |out, wrt, operands, d| rules.vjp(&out.prim(), wrt, operands, out, d));
    let terms = vars.iter().zip(direction).filter_map(|(var, v)| Some((cotangents[var.row()]? * *v).sum()));
    terms.reduce(|a, b| a + b)
}

pub(super) fn plain(shape: &[usize], seed: u64) -> ArrayD<f64> {
    Values::Any.draw(shape, Palette::Plain, seed)
}
