//! One primitive on one set of operands, under all laws.

use super::Tally;
use crate::check::difference::{difference, smallest_step};
use crate::check::evaluate::evaluate;
use crate::check::number::{Bound, Complex, Dual};
use crate::check::sweep::{Rules, backwards, forwards};
use crate::check::values::{Palette, Values, mix};
use crate::check::{Layout, Measured, Verdict};
use crate::{Float, Prim, Tape, Var};
use ndarray::ArrayD;

/// A primitive, and the shapes of the inputs that are broadcast to its operands.
pub(super) struct Case<'a> {
    pub prim: &'a Prim,
    pub inputs: &'a [Vec<usize>],
    /// The operands' shapes, to which inputs are broadcast.
    pub operands: &'a [Vec<usize>],
    pub layout: &'a Layout,
    pub seed: u64,
}

/// Directions for three derivatives.
const ORDERS: usize = 3;

impl Case<'_> {
    /// Examines it in the precision of `T`.
    pub fn examine<T: Float, const SINGLE: bool>(&self, rules: &impl Rules, tally: &mut Tally) {
        let inputs = self.numbers();
        let tape = Tape::<T>::new();
        let vars: Vec<Var<'_, T>> =
            inputs.iter().map(|x| tape.leaf("x", self.layout.place(&x.mapv(T::from_f64)))).collect();
        let out = self.record(&tape, &vars);
        let shapes: Vec<&[usize]> = self.inputs.iter().map(Vec::as_slice).collect();
        let draw = |salt: usize, shapes: &[&[usize]]| -> Vec<ArrayD<T>> {
            let each = shapes.iter().enumerate();
            each.map(|(i, shape)| plain(shape, mix(mix(self.seed, salt), i)).mapv(T::from_f64)).collect()
        };
        let u = draw(100, &[&out.shape()]).remove(0);
        let directions: [Vec<ArrayD<T>>; ORDERS] = std::array::from_fn(|order| draw(200 + order, &shapes));
        let rows: Vec<Vec<Var<'_, T>>> =
            directions.iter().map(|direction| direction.iter().map(|v| tape.constant(v)).collect()).collect();

        // Derivatives of rising order along the directions, each by a sweep over the one before.
        let seed = tape.constant(&u);
        let mut derivatives: Vec<Option<Var<'_, T>>> = Vec::new();
        let (mut root, mut cotangent) = (Some(out), Some(seed));
        for direction in &rows {
            let next = root.and_then(|root| along(rules, root, cotangent, &vars, direction));
            derivatives.push(next);
            (root, cotangent) = (next, next.map(|next| next.lift(1.0)));
        }
        let seeds = |order: usize| vars.iter().copied().zip(rows[order].iter().copied()).collect::<Vec<_>>();
        let ahead = forwards(rules, out, &seeds(0)).map(|tangent| (tangent * seed).sum());
        let mixed = derivatives[0].and_then(|first| forwards(rules, first, &seeds(1)));

        // What they should be.
        let oracle = self.duals::<T, SINGLE>(&tape, &vars, out, &u, &directions);
        for (order, (derivative, oracle)) in derivatives.iter().zip(oracle).enumerate() {
            self.compare::<T, SINGLE>(tally, REVERSE[order], *derivative, oracle);
        }
        self.compare::<T, SINGLE>(
            tally,
            "forward mode against dual numbers (the adjoint test)",
            ahead,
            oracle[0],
        );
        self.compare::<T, SINGLE>(tally, "forward over reverse mode against dual numbers", mixed, oracle[1]);
        if !SINGLE {
            let values: Vec<ArrayD<f64>> =
                vars.iter().map(|var| var.value().mapv(T::to_f64).into_owned()).collect();
            let [u, v] = [&[u], directions[0].as_slice()].map(|arrays| to_f64(arrays));
            self.complex_step(tally, &tape, &vars, out, &values, &u[0], &v, oracle[0]);
            if *self.layout == Layout::contiguous() {
                self.differences(tally, &tape, &vars, out, &values, &u[0], &v, oracle[0]);
            }
        }
    }

    /// Plain numbers, in the domain.
    fn numbers(&self) -> Vec<ArrayD<f64>> {
        let mut inputs: Vec<ArrayD<f64>> =
            self.inputs.iter().enumerate().map(|(i, shape)| plain(shape, mix(self.seed, i))).collect();
        if self.prim.name() == "select" {
            // A mask of which some elements are 0.
            inputs[0].mapv_inplace(|x| x.max(0.0));
        }
        let spread: Vec<ArrayD<f64>> = inputs
            .iter()
            .zip(self.operands)
            .map(|(x, shape)| x.broadcast(shape.as_slice()).expect("shapes that broadcast").to_owned())
            .collect();
        let same = self.operands.iter().all(|shape| *shape == self.operands[0]);
        let domain = self.prim.domain();
        let inside = |i: usize| {
            let point: Vec<f64> = spread.iter().filter_map(|x| x.iter().nth(i).copied()).collect();
            domain.contains(&point)
        };
        if same && !(0..spread[0].len()).all(inside) {
            inputs.iter_mut().for_each(|x| x.mapv_inplace(f64::abs));
        }
        inputs
    }

    /// Inputs broadcast by explicit rows, then the primitive.
    fn record<'t, T: Float>(&self, tape: &'t Tape<T>, vars: &[Var<'t, T>]) -> Var<'t, T> {
        let operands: Vec<Var<'t, T>> =
            vars.iter().zip(self.operands).map(|(var, shape)| var.broadcast_to(shape.as_slice())).collect();
        tape.apply(self.prim, &operands)
    }

    /// ⟨u, DᵏF⟩ along the first k directions, for k = 1, 2, 3, by dual numbers over dual numbers over dual numbers over
    /// numbers that bound their own rounding.
    fn duals<T: Float, const SINGLE: bool>(
        &self,
        tape: &Tape<T>,
        vars: &[Var<'_, T>],
        out: Var<'_, T>,
        u: &ArrayD<T>,
        directions: &[Vec<ArrayD<T>>; ORDERS],
    ) -> [Bound<false>; ORDERS] {
        type Third = Dual<Dual<Dual<Bound<false>>>>;
        let number = |x: T| Bound::<false> { value: x.to_f64(), error: 0.0 };
        let given: Vec<(Var<'_, T>, ArrayD<Third>)> = vars
            .iter()
            .enumerate()
            .map(|(i, var)| {
                let [v, w, z] = directions.each_ref().map(|direction| &direction[i]);
                let x = var.value();
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
        let results: Vec<ArrayD<Third>> = evaluate(tape, &given, &[out]);
        let mut sums = [number(T::zero()); ORDERS];
        for (y, u) in results[0].iter().zip(u) {
            let u = number(*u);
            let [first, second, third] = &mut sums;
            *first += u * y.value.value.slope;
            *second += u * y.value.slope.slope;
            *third += u * y.slope.slope.slope;
        }
        sums
    }

    /// A row that was recorded, in single precision against itself in double, and in double against the oracle.
    fn compare<T: Float, const SINGLE: bool>(
        &self,
        tally: &mut Tally,
        law: &'static str,
        found: Option<Var<'_, T>>,
        oracle: Bound<false>,
    ) {
        let Some(found) = found else {
            let measured = Measured {
                error: oracle.value.abs(),
                tolerance: oracle.error,
                because: "no derivative".into(),
            };
            return tally.add(law, self, Verdict::of(measured));
        };
        let own: Vec<ArrayD<Bound<SINGLE>>> = evaluate(found.tape(), &[], &[found]);
        let own = own[0].iter().copied().next().expect("a number");
        // To first order; as much again for what is of second.
        let recorded = Measured {
            error: (found.item().to_f64() - own.value).abs(),
            tolerance: 2.0 * own.error,
            because: "a running bound for the rounding of the recorded rows".into(),
        };
        tally.add(
            if SINGLE { "single precision against double" } else { "recorded against evaluated" },
            self,
            Verdict::of(recorded),
        );
        // In single precision this allows for the constants in the rules, which are rounded to it.
        let measured = Measured {
            error: (own.value - oracle.value).abs(),
            tolerance: 2.0 * (own.error + oracle.error),
            because: "running bounds for the rounding of both".into(),
        };
        tally.add(law, self, Verdict::of(measured));
    }

    /// Im f(x + ihv) / h, which subtracts nothing, so that h can be 10⁻¹⁰⁰ (W. Squire and G. Trapp, SIAM Review 40, 1998).
    #[allow(clippy::too_many_arguments)]
    fn complex_step<T: Float>(
        &self,
        tally: &mut Tally,
        tape: &Tape<T>,
        vars: &[Var<'_, T>],
        out: Var<'_, T>,
        values: &[ArrayD<f64>],
        u: &ArrayD<f64>,
        v: &[ArrayD<f64>],
        oracle: Bound<false>,
    ) {
        let given: Vec<(Var<'_, T>, ArrayD<Complex>)> = vars
            .iter()
            .zip(values.iter().zip(v))
            .map(|(var, (x, v))| {
                let mut elements = x.iter().zip(v).map(|(x, v)| Complex { re: *x, im: v * Complex::STEP });
                (
                    *var,
                    ArrayD::from_shape_simple_fn(x.raw_dim(), || elements.next().expect("as many as x has")),
                )
            })
            .collect();
        let results: Vec<ArrayD<Complex>> = evaluate(tape, &given, &[out]);
        let slope: f64 = results[0].iter().zip(u).map(|(y, u)| u * (y.im / Complex::STEP)).sum();
        let measured = Measured {
            error: (slope - oracle.value).abs(),
            // Complex functions round a few times where real ones round once.
            tolerance: 16.0 * oracle.error,
            because: "8 times the bound for dual numbers, twice".into(),
        };
        tally.add("complex step against dual numbers", self, Verdict::of(measured));
    }

    /// Along the first direction, with a swept step.
    #[allow(clippy::too_many_arguments)]
    fn differences<T: Float>(
        &self,
        tally: &mut Tally,
        tape: &Tape<T>,
        vars: &[Var<'_, T>],
        out: Var<'_, T>,
        values: &[ArrayD<f64>],
        u: &ArrayD<f64>,
        v: &[ArrayD<f64>],
        oracle: Bound<false>,
    ) {
        if self.prim.name() == "detach" {
            return; // Its value moves, and its derivative is 0 by definition.
        }
        let swept = difference(
            |t| {
                // A mask jumps where it leaves 0, and has no derivative: it rests.
                let moved =
                    vars.iter().zip(values.iter().zip(v)).skip(usize::from(self.prim.name() == "select"));
                let moved = moved.map(|(var, (x, v))| (*var, x + &(v * t)));
                let y: Vec<ArrayD<f64>> = evaluate(tape, &moved.collect::<Vec<_>>(), &[out]);
                (&y[0] * u).sum()
            },
            0.0,
        );
        // What the sum's terms lose to rounding does not show in a sum that nearly cancels.
        let terms: f64 = out.value().iter().zip(u).map(|(y, u)| (y.to_f64() * u).abs()).sum();
        let verdict = if swept.is_kink() || swept.uncertainty > 1e-5 * (1.0 + swept.slope.abs()) {
            Verdict::Inconclusive("a kink is within the step".into())
        } else {
            Verdict::of(Measured {
                error: (swept.slope - oracle.value).abs(),
                tolerance: 16.0 * swept.uncertainty + oracle.error + 8.0 * f64::EPSILON * terms / smallest_step(),
                because: "16 times what differences say of themselves, and 16 roundings of the terms by the smallest step"
                    .into(),
            })
        };
        tally.add("differences against dual numbers", self, verdict);
    }
}

const REVERSE: [&str; ORDERS] = [
    "reverse mode against dual numbers",
    "reverse mode over itself against dual numbers, second order",
    "reverse mode over itself against dual numbers, third order",
];

/// ⟨gradient of ⟨cotangent, root⟩, direction⟩ as a row; `None` if nothing flows.
fn along<'t, T: Float>(
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

fn plain(shape: &[usize], seed: u64) -> ArrayD<f64> {
    Values::Any.draw(shape, Palette::Plain, seed)
}

fn to_f64<T: Float>(arrays: &[ArrayD<T>]) -> Vec<ArrayD<f64>> {
    arrays.iter().map(|array| array.mapv(T::to_f64)).collect()
}
