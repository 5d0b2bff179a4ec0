//! The optimisers: against PyTorch's numbers, against loops written by hand, and what makes them more than
//! loops: that a step is made of rows.

use ndarray::{Array2, ArrayD, ArrayView2, Zip, arr1, arr2};
use wengert::optim::{self, Adam, AdamStep, Moments, Step};
use wengert::{Tape, Var};

/// Weights in ten steps from (1/2, −3/4) on the mean logistic loss of four points, from torch 2.15.0 in double
/// precision: `torch.nn.functional.softplus(X @ w, threshold=1e9) - y * (X @ w)`.
mod torch {
    type Weights = [[f64; 2]; 10];
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

fn logistic_gradient(w: Var<'_, f64>) -> Var<'_, f64> {
    let tape = w.tape();
    let x = tape.constant(arr2(&[[1.0, 2.0], [-1.5, 0.5], [0.25, -1.0], [2.0, 1.0]]));
    let y = tape.constant(arr1(&[1.0, 0.0, 0.0, 1.0]));
    let z = x.matmul(w);
    (z.softplus() - y * z).mean().backward()[w]
}

/// Ten steps, each from its weights and two more arrays of their shape and a number to the same, each on a
/// tape of its own, and PyTorch's.
fn compare_with_torch(
    expected: [[f64; 2]; 10],
    step: impl for<'t> Fn([Var<'t, f64>; 4], Var<'t, f64>) -> [Var<'t, f64>; 4],
) {
    let zeros = || ArrayD::zeros(vec![2]).into_shared();
    let mut state = [arr1(&[0.5, -0.75]).into_dyn().into_shared(), zeros(), zeros(), zeros().sum().into_array()];
    for (t, expected) in expected.iter().enumerate() {
        let tape = Tape::new();
        let rows = state.map(|array| tape.leaf("state", array));
        state = step(rows, logistic_gradient(rows[0])).map(Var::value);
        for (w, expected) in state[0].iter().zip(expected) {
            // Each step rounds some 30 operations on numbers below 4, in another order than PyTorch does; the
            // problem is convex and its steps, Adam's first one aside, do not spread errors: 10 × 30 × 4 × 2⁻⁵³
            // is 1.3e-13. Adam divides by √v: where a gradient g has an error of 2⁻⁵³, a step is off by η/g of it, and
            // no g here is below 1e-2.
            assert!((w - expected).abs() < 1e-12, "step {t}: {w:?} for {expected:?}");
        }
    }
}

/// A number as an array without axes.
trait IntoArray {
    fn into_array(self) -> ndarray::ArcArray<f64, ndarray::IxDyn>;
}

impl IntoArray for f64 {
    fn into_array(self) -> ndarray::ArcArray<f64, ndarray::IxDyn> {
        ndarray::arr0(self).into_dyn().into_shared()
    }
}

#[test]
fn as_in_pytorch() {
    compare_with_torch(torch::SGD, |[w, v, m, t], g| [optim::sgd(w, g, 0.3), v, m, t]);
    compare_with_torch(torch::MOMENTUM, |[w, v, m, t], g| {
        let step = optim::momentum(w, g, v, 0.3, 0.9);
        [step.w, step.v, m, t]
    });
    compare_with_torch(torch::NESTEROV, |[w, v, m, t], g| {
        let step = optim::nesterov(w, g, v, 0.3, 0.9);
        [step.w, step.v, m, t]
    });
    for (expected, decay) in [(torch::ADAM, 0.0), (torch::ADAMW, 0.05)] {
        compare_with_torch(expected, |[w, v, m, t], g| {
            let step = optim::adam(w, g, Moments { m, v }, t, 0.1, Adam { decay, ..Adam::default() });
            [step.w, step.moments.v, step.moments.m, step.t]
        });
    }
}
