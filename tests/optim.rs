//! The optimisers: against PyTorch's numbers, against loops written by hand, and what makes them more than
//! loops: that a step is made of rows.

use approx::{abs_diff_eq, assert_abs_diff_eq};
use ndarray::{ArcArray, Array2, ArrayD, IxDyn, arr0, arr1, arr2};
use wengert::optim::{self, Adam, AdamStep, Moments, Step};
use wengert::{Tape, Var};

/// Weights, two arrays that an optimiser remembers, and the number of steps done.
type State<'t> = [Var<'t, f64>; 4];

/// What goes on in a step, with the gradient at its weights.
type Stepping = for<'t> fn(State<'t>, Var<'t, f64>) -> State<'t>;

/// Steps from these weights, each on a tape of its own that the values before are taken over to; the
/// weights after each.
fn train(
    steps: usize,
    w: ArrayD<f64>,
    gradient: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>,
    step: Stepping,
) -> Vec<ArcArray<f64, IxDyn>> {
    let zeros = ArrayD::zeros(w.raw_dim());
    let mut state = [w, zeros.clone(), zeros, arr0(0.0).into_dyn()].map(ArrayD::into_shared);
    let mut path = Vec::new();
    for _ in 0..steps {
        let tape = Tape::new();
        let rows = state.map(|array| tape.leaf("state", array));
        state = step(rows, gradient(rows[0])).map(Var::value);
        path.push(state[0].clone());
    }
    path
}

fn sgd<'t>([w, v, m, t]: State<'t>, g: Var<'t, f64>) -> State<'t> {
    [optim::sgd(w, g, 0.3), v, m, t]
}

fn momentum<'t>([w, v, m, t]: State<'t>, g: Var<'t, f64>) -> State<'t> {
    let Step { w, v } = optim::momentum(w, g, v, 0.3, 0.9);
    [w, v, m, t]
}

fn nesterov<'t>([w, v, m, t]: State<'t>, g: Var<'t, f64>) -> State<'t> {
    let Step { w, v } = optim::nesterov(w, g, v, 0.3, 0.9);
    [w, v, m, t]
}

fn adam<'t>([w, v, m, t]: State<'t>, g: Var<'t, f64>) -> State<'t> {
    let AdamStep { w, moments, t } = optim::adam(w, g, Moments { m, v }, t, 0.1, Adam::default());
    [w, moments.v, moments.m, t]
}

fn adamw<'t>([w, v, m, t]: State<'t>, g: Var<'t, f64>) -> State<'t> {
    let constants = Adam { decay: 0.05, ..Adam::default() };
    let AdamStep { w, moments, t } = optim::adam(w, g, Moments { m, v }, t, 0.1, constants);
    [w, moments.v, moments.m, t]
}

/// Weights in ten steps from (1/2, −3/4) on the mean logistic loss of four points, from torch 2.15.0 in double
/// precision: `torch.nn.functional.softplus(X @ w, threshold=1e9) - y * (X @ w)`.
mod torch {
    pub type Weights = [[f64; 2]; 10];
    /// `SGD(lr=0.3)`
    pub const SGD: Weights = [
        [0.634_841_512_969_828_5, -0.563_761_261_676_622_2],
        [0.743_714_285_810_201_7, -0.403_831_358_899_906_9],
        [0.832_038_855_195_074_6, -0.267_145_289_323_239_2],
        [0.904_765_208_670_856_4, -0.149_639_118_187_953_64],
        [0.965_786_279_326_217_6, -0.047_457_151_971_339_984],
        [1.017_974_283_927_283_8, 0.042_580_494_622_492_61],
        [1.063_404_185_450_011_1, 0.122_942_796_279_743_4],
        [1.103_576_038_174_609, 0.195_506_608_860_698_23],
        [1.139_586_342_813_677_4, 0.261_696_294_977_665_33],
        [1.172_249_034_726_605_5, 0.322_601_197_817_947_05],
    ];
    /// `SGD(lr=0.3, momentum=0.9)`
    pub const MOMENTUM: Weights = [
        [0.634_841_512_969_828_5, -0.563_761_261_676_622_2],
        [0.865_071_647_483_047_4, -0.236_216_494_408_866_83],
        [1.140_524_426_615_178_4, 0.171_303_318_299_856_54],
        [1.422_791_578_530_751_4, 0.605_222_694_346_215_9],
        [1.693_790_283_274_457_6, 1.035_779_092_335_047_4],
        [1.947_716_780_852_649, 1.449_547_459_389_367_1],
        [2.183_620_091_132_812_3, 1.840_439_163_063_470_7],
        [2.402_162_367_201_780_7, 2.205_699_005_034_888_6],
        [2.604_462_806_797_535_7, 2.544_366_141_674_420_8],
        [2.791_709_745_157_085_4, 2.856_572_050_890_941],
    ];
    /// `SGD(lr=0.3, momentum=0.9, nesterov=True)`
    pub const NESTEROV: Weights = [
        [0.756_198_874_642_674_2, -0.396_146_397_185_582_2],
        [1.030_011_215_560_209_7, 0.011_581_863_584_096_682],
        [1.284_985_721_055_492, 0.413_890_110_741_072_35],
        [1.518_041_421_220_449_8, 0.796_324_295_056_344_6],
        [1.732_979_987_718_658_2, 1.157_990_288_488_746],
        [1.932_579_696_797_480_9, 1.498_388_308_288_952],
        [2.118_588_652_989_415, 1.816_872_273_856_915_4],
        [2.292_241_537_276_097_6, 2.113_181_081_067_453],
        [2.454_514_292_948_396, 2.387_557_121_303_721],
        [2.606_233_868_918_196, 2.640_660_879_161_788_3],
    ];
    /// `Adam(lr=0.1)`
    pub const ADAM: Weights = [
        [0.599_999_997_775_165_9, -0.650_000_001_610_835_6],
        [0.699_412_354_433_867_1, -0.550_315_768_456_287_6],
        [0.797_732_901_175_495_4, -0.451_228_387_911_263_8],
        [0.894_402_460_594_012_3, -0.353_060_314_029_441_5],
        [0.988_844_195_431_674_9, -0.256_155_907_534_040_94],
        [1.080_505_783_919_077_7, -0.160_856_376_367_808_03],
        [1.168_898_239_985_600_3, -0.067_474_464_311_295_67],
        [1.253_624_243_379_081_8, 0.023_725_588_270_837_83],
        [1.334_392_441_380_508_6, 0.112_539_480_355_873_62],
        [1.411_018_367_199_594_8, 0.198_825_418_467_157_9],
    ];
    /// `AdamW(lr=0.1, weight_decay=0.05)`
    pub const ADAMW: Weights = [
        [0.597_499_997_775_165_9, -0.646_250_001_610_835_6],
        [0.693_929_355_028_888_5, -0.543_341_527_705_213_3],
        [0.788_797_939_532_247_9, -0.441_556_323_627_724_3],
        [0.881_568_632_256_275_7, -0.341_214_947_194_115_9],
        [0.971_694_895_802_133_9, -0.242_656_089_253_867_2],
        [1.058_661_780_582_055_5, -0.146_210_940_978_336_92],
        [1.142_022_326_554_811_3, -0.052_178_236_729_585_87],
        [1.221_422_843_896_573, 0.039_194_665_882_639_62],
        [1.296_614_342_821_71, 0.127_721_809_704_911_93],
        [1.367_451_358_633_753_1, 0.213_279_966_677_185_46],
    ];
}

/// The gradient of the mean logistic loss of four points.
fn logistic(w: Var<'_, f64>) -> Var<'_, f64> {
    let tape = w.tape();
    let x = tape.constant(arr2(&[[1.0, 2.0], [-1.5, 0.5], [0.25, -1.0], [2.0, 1.0]]));
    let y = tape.constant(arr1(&[1.0, 0.0, 0.0, 1.0]));
    let z = x.matmul(w);
    (z.softplus() - y * z).mean().backward()[w]
}

#[test]
fn as_in_pytorch() {
    // A step rounds some 40 operations on numbers below 4, and Adam divides a gradient by its size, which
    // stays above 0.08, and multiplies by η = 0.1. What is off in the weights does not grow (moving the start
    // by 1e-6 moves the path by no more), so that it adds up: 10 × 40 × 4 × 2⁻⁵³ × 0.1 / 0.08 is 2.2e-13.
    const TOLERANCE: f64 = 3e-13;
    let compare = |name: &str, expected: torch::Weights, step: Stepping| {
        let path = train(10, arr1(&[0.5, -0.75]).into_dyn(), logistic, step);
        for (t, (found, expected)) in (1..).zip(path.iter().zip(&expected)) {
            let expected = arr1(expected).into_dyn();
            assert!(found.abs_diff_eq(&expected, TOLERANCE), "{name}, step {t}: {found} for {expected}");
        }
        assert_eq!(path.len(), 10);
    };
    compare("sgd", torch::SGD, sgd);
    compare("momentum", torch::MOMENTUM, momentum);
    compare("nesterov", torch::NESTEROV, nesterov);
    compare("adam", torch::ADAM, adam);
    compare("adamw", torch::ADAMW, adamw);
}

/// The weight after step `t` from the one before, its gradient, and the two numbers that are remembered.
type ByHand = fn(t: i32, w: f64, g: f64, memory: &mut [f64; 2]) -> f64;

/// Adam's step over the rate.
fn adam_by_hand(t: i32, g: f64, [m, v]: &mut [f64; 2]) -> f64 {
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    let (m, v) = (*m / (1.0 - 0.9_f64.powi(t)), *v / (1.0 - 0.999_f64.powi(t)));
    m / (v.sqrt() + 1e-8)
}

/// Thirty steps on Σ c (w − a)² / 2, of which the gradient is c (w − a), with a loop over numbers.
#[test]
fn as_written_by_hand() {
    // Some 20 roundings a step of numbers below 16, which add up as above: the curvatures are at most 1. Adam's
    // gradients stay above 0.2.
    const TOLERANCE: f64 = 30.0 * 20.0 * 16.0 * f64::EPSILON;
    let curvature = arr2(&[[0.1, 0.3, 0.5], [0.7, 0.9, 1.0]]);
    let target = arr2(&[[6.0, -6.0, 7.0], [-7.0, 5.0, -5.0]]);
    let start = arr2(&[[0.5, 0.25, 1.0], [-0.5, 0.125, -1.0]]);
    let compare = |name: &str, step: Stepping, by_hand: ByHand| {
        let path = train(
            30,
            start.clone().into_dyn(),
            |w| {
                let (a, c) = (w.tape().constant(&target), w.tape().constant(&curvature));
                ((w - a).square() * c / 2.0).sum().backward()[w]
            },
            step,
        );
        for (((i, j), &w), (c, a)) in start.indexed_iter().zip(curvature.iter().zip(&target)) {
            let (mut w, mut memory) = (w, [0.0; 2]);
            for (t, found) in (1..).zip(&path) {
                w = by_hand(t, w, c * (w - a), &mut memory);
                let found = found[[i, j]];
                assert!(abs_diff_eq!(found, w, epsilon = TOLERANCE), "{name}, step {t}: {found} for {w}");
            }
        }
        assert_eq!(path.len(), 30);
    };
    compare("sgd", sgd, |_, w, g, _| w - 0.3 * g);
    compare("momentum", momentum, |_, w, g, [v, _]| {
        *v = 0.9 * *v + g;
        w - 0.3 * *v
    });
    compare("nesterov", nesterov, |_, w, g, [v, _]| {
        *v = 0.9 * *v + g;
        w - 0.3 * (g + 0.9 * *v)
    });
    compare("adam", adam, |t, w, g, memory| w - 0.1 * adam_by_hand(t, g, memory));
    compare("adamw", adamw, |t, w, g, memory| w - 0.1 * (adam_by_hand(t, g, memory) + 0.05 * w));
}

/// 1 − β and 1 − βᵗ are 1e-3 with the default β₂: taken in single precision they would be off by 1e-5 of themselves.
#[test]
fn single_precision_keeps_its_digits() {
    let tape = Tape::<f32>::new();
    let [w, g, zero] = [0.0, 0.75, 0.0].map(|x| tape.leaf("x", x));
    let step = optim::adam(w, g, Moments { m: zero, v: zero }, zero, 1.0, Adam::default());
    // The first step is −η g / (|g| + ε), in a dozen operations.
    assert_abs_diff_eq!(step.w.item(), -1.0, epsilon = 12.0 * f32::EPSILON);
}

fn square_sum(w: Var<'_, f64>) -> Var<'_, f64> {
    w.square().sum()
}

/// A step is made of rows: it goes where derivatives go.
#[test]
fn the_derivative_with_respect_to_the_rate() {
    let tape = Tape::<f64>::new();
    let (w, rate) = (tape.leaf("w", arr1(&[1.0, -2.0])), tape.leaf("rate", 0.25));
    // f(w − η 2w) = (1 − 2η)² Σ w²: with η = ¼ and Σ w² = 5, the derivative −4 (1 − 2η) Σ w² is −10.
    let after = square_sum(optim::sgd(w, square_sum(w).backward()[w], rate));
    assert_eq!(after.backward()[rate].value(), arr0(-10.0).into_dyn());
}

#[test]
fn rows_of_a_step_are_the_users() {
    let tape = Tape::<f64>::new();
    let w = tape.leaf("w", Array2::ones((2, 3)));
    let t = tape.leaf("t", 0.0);
    let before = tape.len();
    let constants = Adam { decay: 0.05, ..Adam::default() };
    let first = line!() + 1;
    optim::sgd(w, w, 0.1);
    optim::momentum(w, w, w, 0.1, 0.9);
    optim::nesterov(w, w, w, 0.1, 0.9);
    optim::adam(w, w, Moments { m: w, v: w }, t, 0.1, constants);
    let lines = first..line!();
    let own = |var: &Var<'_, f64>| var.location().file() == file!() && lines.contains(&var.location().line());
    assert!(tape.len() > before + 30 && tape.vars().skip(before).all(|var| own(&var)));
}
/// A list of parameters: the same bits as one weight at a time, and the same in a loop and in a program.
mod lists {
    use super::*;
    use indexmap::IndexMap;
    use wengert::optim::{Next, Optimiser, Params, State as Values};
    use wengert::{ErrorKind, Gradients};

    const ALL: [Optimiser; 5] = [
        Optimiser::Sgd,
        Optimiser::Momentum { mu: 0.9 },
        Optimiser::Nesterov { mu: 0.9 },
        Optimiser::Adam(Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 }),
        Optimiser::Adam(Adam { beta1: 0.8, beta2: 0.9, epsilon: 1e-6, decay: 0.05 }),
    ];

    fn start() -> Values<f64> {
        Values::new().with("W", [[0.5, -0.75], [1.5, 2.0]]).with("b", [0.25, -1.0]).with("scale", 1.5)
    }

    fn loss<'t>(params: &Params<'t, f64>) -> Var<'t, f64> {
        let z = params["W"].matmul([[1.0, 0.5, -2.0], [0.25, 3.0, 1.0]]) + params["b"].unsqueeze(1);
        (z.tanh() * params["scale"]).mse([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    }

    /// By the functions of one weight.
    fn one_at_a_time<'t>(
        optimiser: Optimiser,
        [w, m, v, t]: State<'t>,
        g: Var<'t, f64>,
        rate: f64,
    ) -> State<'t> {
        match optimiser {
            Optimiser::Sgd => [optim::sgd(w, g, rate), m, v, t],
            Optimiser::Momentum { mu } => {
                let Step { w, v: m } = optim::momentum(w, g, m, rate, mu);
                [w, m, v, t]
            }
            Optimiser::Nesterov { mu } => {
                let Step { w, v: m } = optim::nesterov(w, g, m, rate, mu);
                [w, m, v, t]
            }
            Optimiser::Adam(constants) => {
                let AdamStep { w, moments, t } = optim::adam(w, g, Moments { m, v }, t, rate, constants);
                [w, moments.m, moments.v, t]
            }
            _ => unreachable!("all there are"),
        }
    }

    #[test]
    fn as_one_weight_at_a_time_and_as_a_program() {
        for optimiser in ALL {
            let mut state = start();
            let mut single: Vec<[ArcArray<f64, IxDyn>; 4]> = start()
                .iter()
                .map(|(_, w)| {
                    let zeros = ArcArray::zeros(w.raw_dim());
                    [w.clone(), zeros.clone(), zeros, arr0(0.0).into_dyn().into_shared()]
                })
                .collect();

            let tape = Tape::new();
            let params = start().leaves(&tape);
            let recorded = loss(&params);
            let next = params.step(optimiser, &recorded.backward(), 0.1);
            let program = tape.program_builder(tape.none(), [recorded]).carry(&next).build().unwrap();
            let mut workspace = program.workspace();

            for step in 0..7 {
                let tape = Tape::new();
                let params = state.leaves(&tape);
                state = params.step(optimiser, &loss(&params).backward(), 0.1).state();

                let tape = Tape::new();
                let rows: Vec<State<'_>> =
                    single.iter().map(|own| own.clone().map(|a| tape.leaf("own", a))).collect();
                let names = ["W", "b", "scale"];
                let grads =
                    loss(&Params::new(names.into_iter().zip(rows.iter().map(|own| own[0])))).backward();
                single = rows
                    .iter()
                    .map(|own| one_at_a_time(optimiser, *own, grads[own[0]], 0.1).map(Var::value))
                    .collect();

                program.run(&mut workspace, ()).unwrap();
                for (i, (name, w)) in state.iter().enumerate() {
                    assert_eq!(w, single[i][0], "{optimiser:?}, {name}, step {step}");
                    assert_eq!(w.view(), workspace.state(i), "{optimiser:?}, {name}, step {step}");
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_goes_on_under_names() {
        let names = |next: &Next<'_, f64>| -> Vec<String> {
            next.pairs().iter().map(|(leaf, _)| leaf.name().unwrap().to_string()).collect()
        };
        let tape = Tape::new();
        let params = start().leaves(&tape);
        let grads = loss(&params).backward();
        assert_eq!(names(&params.step(Optimiser::Sgd, &grads, 0.1)), ["W", "b", "scale"]);
        let next = params.step(Optimiser::Momentum { mu: 0.5 }, &grads, 0.1);
        assert_eq!(names(&next), ["W", "b", "scale", "W.velocity", "b.velocity", "scale.velocity"]);
        let next = params.step(Adam::default(), &grads, 0.1);
        let expected = ["W", "b", "scale", "W.m", "b.m", "scale.m", "W.v", "b.v", "scale.v", "steps"];
        assert_eq!(names(&next), expected);
        assert!(next.pairs().iter().all(|(leaf, next)| leaf.shape() == next.shape()));

        // On the next tape they are the same again, and no zeros are put on it.
        let (state, tape) = (next.state(), Tape::new());
        let params = state.leaves(&tape);
        assert_eq!(tape.len(), 10);
        let next = params.step(Adam::default(), &loss(&params).backward(), 0.1);
        assert_eq!(names(&next), expected);
        assert_eq!(next.pairs()[9].1.item(), 2.0);

        // A weight that joins later starts from zeros.
        let (state, tape) = (next.state().with("late", [1.0, 2.0]), Tape::new());
        let params = state.leaves(&tape);
        let total = loss(&params) + params["late"].square().sum();
        let next = params.step(Adam::default(), &total.backward(), 0.1);
        assert_eq!((next.pairs().len(), next.pairs()[7].0.name().as_deref()), (13, Some("late.m")));
        assert_eq!(next.pairs()[7].0.value(), arr1(&[0.0, 0.0]).into_dyn());
        assert_eq!(next.pairs()[12].1.item(), 3.0);
    }

    #[test]
    fn made_of_whatever_lists_handles() {
        let tape = Tape::<f64>::new();
        let (w, b) = (tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5));
        let map = IndexMap::from([("w", w), ("b", b)]);
        let owned = std::collections::BTreeMap::from([("w".to_owned(), w), ("b".to_owned(), b)]);
        let list = vec![w, b];
        for params in [
            Params::new([w, b]),
            Params::new([w, b]),
            Params::new(&list),
            Params::new(list.clone()),
            Params::new([("w", w), ("b", b)]),
            Params::new(&map),
            Params::new(map.clone()),
            Params::new(&owned),
            map.iter().collect(),
            list.iter().copied().collect(),
        ] {
            assert_eq!((params.len(), params["w"].row(), params["b"].row()), (2, w.row(), b.row()));
            assert_eq!(params.iter().count(), 2);
        }
        let unnamed = w * 2.0;
        assert_eq!(Params::new([unnamed]).iter().next().unwrap().0, format!("%{}", unnamed.row()));
    }

    #[test]
    fn the_rate_may_be_a_row_and_the_gradients_a_list() {
        let tape = Tape::<f64>::new();
        let (w, rate) = (tape.leaf("w", [1.0, -2.0]), tape.leaf("rate", 0.25));
        let grads = w.square().sum().backward();
        let after = Params::new([w]).step(Optimiser::Sgd, &grads, rate).params();
        // As of one weight: f(w − η 2w) = (1 − 2η)² Σ w².
        assert_eq!(after["w"].square().sum().backward()[rate].item(), -10.0);
        let listed = [Params::new([w]).step(Optimiser::Sgd, [grads[w] * 2.0], rate), {
            let list = vec![grads[w] * 2.0];
            Params::new([w]).step(Optimiser::Sgd, &list, rate)
        }];
        assert!(listed.iter().all(|next| next.params()["w"].value() == arr1(&[0.0, 0.0]).into_dyn()));
    }

    #[test]
    fn rows_of_a_step_are_the_users() {
        let tape = Tape::new();
        let params = start().leaves(&tape);
        let grads: Gradients<'_, f64> = loss(&params).backward();
        for optimiser in ALL {
            let before = tape.len();
            let line = line!() + 1;
            let next = params.step(optimiser, &grads, 0.1);
            let at = |var: Var<'_, f64>| var.location();
            assert!(tape.vars().skip(before).all(|var| at(var).file() == file!() && at(var).line() == line));
            drop(next);
        }
        let before = tape.len();
        let line = line!() + 1;
        start().leaves(&tape);
        assert!(tape.vars().skip(before).all(|var| var.location().line() == line));
    }

    /// Of the error that such a step gives, at this line.
    fn kind<'t>(params: &Params<'t, f64>, optimiser: Optimiser, grads: &Gradients<'t, f64>) -> ErrorKind {
        let (error, line) = (params.try_step(optimiser, grads, 0.1).unwrap_err(), line!());
        assert_eq!(error.location().line(), line);
        error.kind()
    }

    #[test]
    fn errors() {
        let tape = Tape::<f64>::new();
        let elsewhere = Tape::new();
        let (w, b, one) = (tape.leaf("w", [1.0, 2.0]), tape.leaf("b", 0.5), tape.constant(1.0));
        let grads = (w.sum() * b).backward();
        let both = Params::new([w, b]);
        for optimiser in ALL {
            assert_eq!(kind(&Params::new([w, b, w]), optimiser, &grads), ErrorKind::Operands);
            assert_eq!(kind(&Params::new([w, one]), optimiser, &grads), ErrorKind::Constant);
            assert_eq!(
                kind(&Params::new([w, elsewhere.leaf("x", 1.0)]), optimiser, &grads),
                ErrorKind::OtherTape
            );
            assert_eq!(both.try_step(optimiser, &grads, arr1(&[0.1])).unwrap_err().kind(), ErrorKind::Shape);
            assert_eq!(both.try_step(optimiser, [grads[w]], 0.1).unwrap_err().kind(), ErrorKind::Operands);
            assert_eq!(
                both.try_step(optimiser, [grads[b], grads[w]], 0.1).unwrap_err().kind(),
                ErrorKind::Shape
            );
            assert!(
                Params::<f64>::new(Vec::<Var<'_, f64>>::new())
                    .step(optimiser, &grads, 0.1)
                    .pairs()
                    .is_empty()
            );
        }
        // Another optimiser on the way.
        let after = both.step(Adam::default(), &grads, 0.1).params();
        let again = (after["w"].sum() * after["b"]).backward();
        for optimiser in &ALL[..3] {
            let error = after.try_step(*optimiser, &again, 0.1).unwrap_err();
            assert!(error.kind() == ErrorKind::Operands && error.to_string().contains("forget()"), "{error}");
        }
        assert!(after.try_step(ALL[4], &again, 0.1).is_ok());
        // A weight that changed its shape on the way.
        let state = both.step(Adam::default(), &grads, 0.1).state().with("w", [1.0, 2.0, 3.0]);
        let params = state.leaves(&tape);
        let error = params.try_step(Adam::default(), &params["w"].sum().backward(), 0.1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
    }

    #[test]
    #[should_panic(expected = "no weight is called \"v\". These are: \"w\", \"b\". (at tests/optim.rs:")]
    fn a_name_that_there_is_not() {
        let tape = Tape::<f64>::new();
        let _ = Params::new([tape.leaf("w", 1.0), tape.leaf("b", 0.5)])["v"];
    }

    #[test]
    #[should_panic(expected = "several weights are called \"weight\"")]
    fn a_name_that_is_not_one_weights() {
        let tape = Tape::<f64>::new();
        let params = Params::new([tape.leaf("weight", 1.0), tape.leaf("weight", 0.5)]);
        assert_eq!((params[0].item(), params[1].item()), (1.0, 0.5));
        let _ = params["weight"];
    }
}

/// Weights with what an optimiser remembers of them: replayed, eager, and saved in between, to the bit.
#[test]
fn what_is_remembered_is_carried_and_saved() {
    use wengert::optim::{Optimiser, State};
    use wengert::{Call, Replayed};
    fn loss<'t>(w: Var<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
        ((x * w).sin() - 0.5).square().sum()
    }
    let optimisers: [Optimiser; 4] = [
        Optimiser::Sgd,
        Optimiser::Momentum { mu: 0.9 },
        Optimiser::Nesterov { mu: 0.5 },
        Adam::default().into(),
    ];
    let x = arr1(&[1.0, -2.0]);
    for optimiser in optimisers {
        let start = State::new().with("w", [0.3, 0.4]);
        let mut step = Replayed::new(|call: Call<'_, f64>| {
            let weights = start.carried(call, optimiser);
            let loss = loss(weights["w"], call.input(0));
            call.carry(weights.step(optimiser, &loss.backward(), 0.1));
            vec![loss]
        });
        let (mut tape, mut state) = (Tape::new(), start.clone());
        for i in 0..8 {
            tape.clear();
            let weights = state.leaves(&tape);
            let eager = loss(weights["w"], tape.constant(&x));
            assert_eq!(step.call_one(&x).unwrap()[[]], eager.item());
            state = weights.step(optimiser, &eager.backward(), 0.1).state();
            if i == 4 {
                // Saved, and put into a state that has just begun.
                let mut again = State::new().with("w", [0.0, 0.0]).remembering(optimiser);
                for (name, value) in state.entries() {
                    again.set(&name, value.clone());
                }
                state = again;
            }
            for (name, value) in state.entries() {
                assert_eq!(step.state(&name), value.view(), "{name} of {optimiser:?}");
            }
        }
    }
}

#[test]
fn a_velocity_keeps_a_share() {
    use wengert::optim::{Optimiser, Params};
    let tape = Tape::<f64>::new();
    let w = tape.leaf("w", 1.0);
    let grads = (w * w).backward();
    for mu in [1.0, -0.1, f64::NAN] {
        for optimiser in [Optimiser::Momentum { mu }, Optimiser::Nesterov { mu }] {
            let error = Params::new([w]).try_step(optimiser, &grads, 0.1).unwrap_err();
            assert_eq!(error.kind(), wengert::ErrorKind::Parameter);
        }
    }
}
