//! Empty arrays, zero-size axes, numbers, NaN, infinities, memory layouts: all are legal input, with
//! the results that NumPy and ndarray give.

use ndarray::{ArcArray, Array1, Array2, ArrayD, IxDyn, Slice, SliceInfoElem, arr0, arr1, arr2};
use wengert::{Tape, Var};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

fn array(shape: &[usize], elements: &[f64]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(IxDyn(shape), elements.to_vec()).unwrap()
}

/// Shape and elements are these; NaN counts as NaN.
#[track_caller]
#[allow(clippy::float_cmp)] // Infinities are equal or not.
fn is(var: Var<'_, f64>, shape: &[usize], elements: &[f64]) {
    assert_eq!(var.shape(), shape);
    let value = var.value();
    assert_eq!(value.shape(), shape);
    let same = |a: &f64, b: &f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-15 * b.abs() || a == b;
    let all = value.len() == elements.len() && value.iter().zip(elements).all(|(a, b)| same(a, b));
    assert!(all, "{value:?} is not {elements:?}");
}

/// The gradient of the sum of `f(x)` has these elements, and the shape of x; the forward sweep agrees.
#[track_caller]
fn gradient_is(x: ArrayD<f64>, f: impl for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>, elements: &[f64]) {
    let tape = Tape::new();
    let shape = x.shape().to_vec();
    let x = tape.leaf("x", x);
    let y = f(x).sum();
    is(y.backward()[x], &shape, elements);
    is(y.jvp([(x, ArrayD::ones(shape))]), &[], &[elements.iter().sum()]);
    tape.verify().unwrap();
}

#[test]
fn reductions_of_nothing() {
    let tape = Tape::new();
    let none = tape.leaf("none", array(&[0], &[]));
    is(none.sum(), &[], &[0.0]);
    is(none.prod(), &[], &[1.0]);
    is(none.mean(), &[], &[NAN]);
    is(none.var(0.0), &[], &[NAN]);
    is(none.std(1.0), &[], &[NAN]);
    is(none.norm(), &[], &[0.0]);
    is(none.logsumexp(0), &[], &[-INF]);
    is(none.cumsum(0), &[0], &[]);
    is(none.softmax(0), &[0], &[]);
    is(none.log_softmax(0), &[0], &[]);
    is(none.mse(arr1(&[])), &[], &[NAN]);

    let flat = tape.leaf("flat", array(&[0, 3], &[]));
    is(flat.sum_axis(0), &[3], &[0.0; 3]);
    is(flat.sum_axis(1), &[0], &[]);
    is(flat.prod_axis(0), &[3], &[1.0; 3]);
    is(flat.mean_axis(0), &[3], &[NAN; 3]);
    is(flat.var_axis(0, 0.0), &[3], &[NAN; 3]);
    is(flat.amax(1), &[0], &[]);
    is(flat.amin(1), &[0], &[]);
    is(flat.logsumexp(0), &[3], &[-INF; 3]);
    is(flat.logsumexp(1), &[0], &[]);
    is(flat.softmax(0), &[0, 3], &[]);
    is(flat.cumsum([0, 1]), &[0, 3], &[]);
    is(flat.cross_entropy([0_usize; 0]), &[], &[NAN]);
    is(flat.t().max_or_none(), &[3, 0], &[]);
}

/// So that a method can stand in a list of expressions.
trait MaxOrNone {
    fn max_or_none(self) -> Self;
}

impl MaxOrNone for Var<'_, f64> {
    fn max_or_none(self) -> Self {
        assert!(self.try_max().is_err());
        self
    }
}

#[test]
fn gradients_of_nothing() {
    let none = || array(&[0, 3], &[]);
    gradient_is(none(), |x| x.sum_axis(0), &[]);
    gradient_is(none(), |x| x.prod(), &[]);
    gradient_is(none(), |x| x.prod_axis(0), &[]);
    gradient_is(none(), |x| x.prod_axis(1), &[]);
    gradient_is(none(), |x| x.amax(1), &[]);
    gradient_is(none(), |x| x.cumsum(0), &[]);
    gradient_is(none(), |x| x.softmax(1), &[]);
    gradient_is(none(), |x| x.logsumexp(0), &[]);
    gradient_is(none(), |x| x.var_axis(1, 0.0), &[]);
    gradient_is(none(), |x| x.norm(), &[]);
    gradient_is(none(), |x| x.matmul(x.t()), &[]);
    gradient_is(none(), |x| x.t().matmul(x), &[]);
    gradient_is(none(), |x| x.flip([0, 1]).permute([1, 0]), &[]);
    gradient_is(none(), |x| x.reshape((3, 0, 2)), &[]);
    gradient_is(none(), |x| x.take(1, [2, 2]), &[]);
    gradient_is(none(), |x| x.take(0, [0_usize; 0]), &[]);
    gradient_is(none(), |x| x.scatter_add(0, [0_usize; 0], 2), &[]);
    gradient_is(none(), |x| x.pad_with([(1, 2), (0, 1)], 7.0), &[]);
    gradient_is(none(), |x| x.tape().concat(0, [x, x]), &[]);
    gradient_is(none(), |x| x.tape().stack(1, [x, x]), &[]);
    gradient_is(none(), |x| x.outer(x), &[]);
    gradient_is(none(), |x| x.unsqueeze(0).broadcast_to((4, 0, 3)), &[]);
    gradient_is(none(), |x| x.relu() * x.sin() + x.abs().sqrt(), &[]);
    gradient_is(array(&[1], &[5.0]), |x| x.broadcast_to(0), &[0.0]);
    gradient_is(array(&[2], &[5.0, 6.0]), |x| x.narrow(0, 1, 0), &[0.0, 0.0]);
    gradient_is(array(&[2], &[5.0, 6.0]), |x| x.take(0, [0_usize; 0]), &[0.0, 0.0]);
}

#[test]
fn numbers_have_no_axes() {
    let none: [isize; 0] = [];
    let number = || array(&[], &[3.0]);
    let tape = Tape::new();
    let x = tape.leaf("x", number());
    is(x.sum_axis(none), &[], &[3.0]);
    is(x.amax(none), &[], &[3.0]);
    is(x.cumsum(none), &[], &[3.0]);
    is(x.permute(none), &[], &[3.0]);
    is(x.flip(none), &[], &[3.0]);
    is(x.squeeze(none), &[], &[3.0]);
    is(x.unsqueeze(none), &[], &[3.0]);
    is(x.t(), &[], &[3.0]);
    is(x.softmax(none), &[], &[1.0]);
    is(x.logsumexp(none), &[], &[3.0]);
    is(x.slice([]), &[], &[3.0]);
    is(x.slice([SliceInfoElem::NewAxis]), &[1], &[3.0]);
    is(x.pad_with([], 0.0), &[], &[3.0]);
    is(x.outer(x), &[], &[9.0]);
    is(tape.stack(0, [x, x]), &[2], &[3.0, 3.0]);
    is(x.reshape((1, 1)), &[1, 1], &[3.0]);
    is(x.var(0.0), &[], &[0.0]);
    is(x.var(1.0), &[], &[NAN]);
    is(x.std(0.0), &[], &[0.0]);
    is(x.norm(), &[], &[3.0]);
    is(x.max(), &[], &[3.0]);
    is(x.prod(), &[], &[3.0]);
    gradient_is(number(), |x| x.prod(), &[1.0]);
    gradient_is(number(), |x| x.max(), &[1.0]);
    gradient_is(number(), |x| x.cumsum([0_isize; 0]), &[1.0]);
    gradient_is(number(), |x| x.flip([0_isize; 0]), &[1.0]);
    gradient_is(number(), |x| x.pad_with([], 0.0), &[1.0]);
    gradient_is(number(), |x| x.std(0.0), &[0.0]);
    gradient_is(number(), |x| x.outer(x), &[6.0]);
}

#[test]
fn over_no_axes_every_element_is_its_own_result() {
    let none: [isize; 0] = [];
    let tape = Tape::new();
    let x = tape.leaf("x", arr1(&[1.0, -2.0]));
    for y in [x.sum_axis(none), x.prod_axis(none), x.amax(none), x.amin(none), x.cumsum(none), x.flip(none)] {
        is(y, &[2], &[1.0, -2.0]);
        is(y.sum().backward()[x], &[2], &[1.0, 1.0]);
    }
    is(x.mean_axis(none), &[2], &[1.0, -2.0]);
    is(x.var_axis(none, 0.0), &[2], &[0.0, 0.0]);
    is(x.norm_axis(none), &[2], &[1.0, 2.0]);
    is(x.softmax(none), &[2], &[1.0, 1.0]);
}

#[test]
fn the_gradient_of_a_product() {
    let grad = |x: &[f64], dx: &[f64]| gradient_is(arr1(x).into_dyn(), |x| x.prod(), dx);
    grad(&[], &[]);
    grad(&[0.0], &[1.0]);
    grad(&[3.0], &[1.0]);
    grad(&[0.0, 3.0], &[3.0, 0.0]);
    grad(&[0.0, 0.0], &[0.0, 0.0]);
    grad(&[2.0, 0.0, 3.0], &[0.0, 6.0, 0.0]);
    grad(&[0.0, 0.0, 3.0], &[0.0, 0.0, 0.0]);
    grad(&[2.0, 3.0, 5.0], &[15.0, 10.0, 6.0]);
    grad(&[NAN, 2.0], &[2.0, NAN]);
    gradient_is(array(&[2, 1, 2], &[1.0, 2.0, 0.0, 4.0]), |x| x.prod_axis([0, 2]), &[0.0, 0.0, 8.0, 0.0]);
}

#[test]
fn nan_passes_through() {
    let tape = Tape::new();
    let x = tape.leaf("x", arr1(&[1.0, NAN, 3.0]));
    is(x.max(), &[], &[NAN]);
    is(x.min(), &[], &[NAN]);
    is(x.sum(), &[], &[NAN]);
    is(x.relu(), &[3], &[1.0, NAN, 3.0]);
    is(x.clamp(0.0, 2.0), &[3], &[1.0, NAN, 2.0]);
    is(x.maximum(2.0), &[3], &[2.0, NAN, 3.0]);
    is(x.minimum(2.0), &[3], &[1.0, NAN, 2.0]);
    is(x.sign(), &[3], &[1.0, NAN, 1.0]);
    is(x.abs(), &[3], &[1.0, NAN, 3.0]);
    is(x.ne(x), &[3], &[0.0, 1.0, 0.0]);
    is(x.cumsum(0), &[3], &[1.0, NAN, NAN]);
    is(x.softmax(0), &[3], &[NAN; 3]);
    is(x.logsumexp(0), &[], &[NAN]);
    is(x.gt(0.0).select(x, 0.0), &[3], &[1.0, 0.0, 3.0]);
    is(x.pad_with([(1, 0)], NAN), &[4], &[NAN, 1.0, NAN, 3.0]);
    is(x.max().backward()[x], &[3], &[0.0, 1.0, 0.0]);
    // What a mask does not pick has no influence, nor has its slope.
    is(x.gt(0.0).select(x, 0.0).sum().backward()[x], &[3], &[1.0, 0.0, 1.0]);
    is(tape.leaf("NaN first", arr1(&[NAN, 1.0])).max(), &[], &[NAN]);
    is(tape.leaf("all", arr1(&[NAN, NAN])).min(), &[], &[NAN]);
}

#[test]
fn infinities_in_exponentials() {
    let tape = Tape::new();
    let low = tape.leaf("low", arr1(&[-INF, -INF]));
    is(low.softmax(0), &[2], &[0.0, 0.0]); // nothing to share: not 0 / 0, which SciPy and PyTorch give
    is(low.log_softmax(0), &[2], &[-INF, -INF]);
    is(low.softmax(0).sum().backward()[low], &[2], &[0.0, 0.0]);
    is(low.logsumexp(0).backward()[low], &[2], &[0.0, 0.0]);
    is(low.logsumexp(0), &[], &[-INF]);
    let high = tape.leaf("high", arr1(&[INF, 0.0]));
    is(high.logsumexp(0), &[], &[INF]);
    is(high.softmax(0), &[2], &[1.0, 0.0]);
    let masked = tape.leaf("masked", arr1(&[-INF, 0.0, 0.0]));
    is(masked.softmax(0), &[3], &[0.0, 0.5, 0.5]);
    is(masked.logsumexp(0), &[], &[2.0_f64.ln()]);
    is(masked.log_softmax(0), &[3], &[-INF, -(2.0_f64.ln()), -(2.0_f64.ln())]);
    is(masked.logsumexp(0).backward()[masked], &[3], &[0.0, 0.5, 0.5]);
    is(masked.softmax(0).narrow(0, 1, 1).sum().backward()[masked], &[3], &[0.0, 0.25, -0.25]);
    is(low.logistic(), &[2], &[0.0, 0.0]);
    is(high.softplus(), &[2], &[INF, 2.0_f64.ln()]);
    is(low.softplus(), &[2], &[0.0, 0.0]);
    is(tape.leaf("both", arr1(&[INF, -INF])).relu(), &[2], &[INF, 0.0]);
    is(low.max(), &[], &[-INF]);
    is(low.max().backward()[low], &[2], &[0.5, 0.5]);
}

#[test]
fn spreads_of_one() {
    let tape = Tape::new();
    let one = tape.leaf("one", arr1(&[7.0]));
    is(one.std(0.0), &[], &[0.0]);
    is(one.std(1.0), &[], &[NAN]); // 0 / 0, as NumPy's
    is(one.std(2.0), &[], &[NAN]);
    is(one.std(0.0).backward()[one], &[1], &[0.0]);
    let zeros = tape.leaf("zeros", arr1(&[0.0, 0.0]));
    is(zeros.norm(), &[], &[0.0]);
    is(zeros.norm().backward()[zeros], &[2], &[0.0, 0.0]);
    is(zeros.norm_axis(0).backward()[zeros], &[2], &[0.0, 0.0]);
}

#[test]
fn products_with_nothing_inside() {
    let tape = Tape::new();
    let zeros = |shape: &[usize]| tape.leaf("x", ArrayD::zeros(IxDyn(shape)));
    is(zeros(&[2, 0]).matmul(zeros(&[0, 3])), &[2, 3], &[0.0; 6]);
    is(zeros(&[0, 2]).matmul(zeros(&[2, 3])), &[0, 3], &[]);
    is(zeros(&[0]).matmul(zeros(&[0])), &[], &[0.0]);
    is(zeros(&[0]).matmul(zeros(&[0, 2])), &[2], &[0.0; 2]);
    is(zeros(&[2, 0]).matmul(zeros(&[0])), &[2], &[0.0; 2]);
    is(zeros(&[0, 2, 3]).matmul(zeros(&[0, 3, 4])), &[0, 2, 4], &[]);
    is(zeros(&[0, 2, 3]).matmul(zeros(&[3, 4])), &[0, 2, 4], &[]);
    is(zeros(&[2, 3]).matmul(zeros(&[0, 3, 4])), &[0, 2, 4], &[]);
    is(zeros(&[5, 2, 0]).matmul(zeros(&[0, 2])), &[5, 2, 2], &[0.0; 20]);
    is(zeros(&[5, 2, 0]).matmul(zeros(&[5, 0, 2])), &[5, 2, 2], &[0.0; 20]);
    is(zeros(&[3]).matmul(zeros(&[4, 3, 2])), &[4, 2], &[0.0; 8]);
    is(zeros(&[4, 2, 3]).matmul(zeros(&[3])), &[4, 2], &[0.0; 8]);
    let v = tape.leaf("v", arr1(&[1.0, 2.0]));
    is(v.matmul(v), &[], &[5.0]);
    is(v.matmul(v).backward()[v], &[2], &[2.0, 4.0]);
    gradient_is(array(&[2, 0], &[]), |x| x.matmul(ArrayD::zeros(IxDyn(&[0, 3]))), &[]);
    // A product of one's own broadcast view, whose strides are 0.
    let one = tape.leaf("one", 2.0);
    is(one.broadcast_to((2, 3)).matmul(one.broadcast_to((3, 2))), &[2, 2], &[12.0; 4]);
}

#[test]
fn slices() {
    let tape = Tape::new();
    let x = tape.leaf("x", arr1(&[0.0, 1.0, 2.0, 3.0, 4.0]));
    let slice = |start, end, step| x.slice([SliceInfoElem::from(Slice::new(start, end, step))]);
    is(slice(0, None, 100), &[1], &[0.0]);
    is(slice(1, None, 100), &[1], &[1.0]);
    is(slice(1, None, isize::MAX), &[1], &[1.0]);
    is(slice(1, None, isize::MIN), &[1], &[4.0]);
    is(slice(0, None, -1), &[5], &[4.0, 3.0, 2.0, 1.0, 0.0]);
    is(slice(0, None, -2), &[3], &[4.0, 2.0, 0.0]);
    is(slice(1, Some(4), -2), &[2], &[3.0, 1.0]);
    is(slice(5, None, -1), &[0], &[]);
    is(slice(4, Some(2), 1), &[0], &[]);
    is(slice(-2, None, 1), &[2], &[3.0, 4.0]);
    is(slice(0, Some(-1), 3), &[2], &[0.0, 3.0]);
    for (step, gradient) in [
        (3, [1.0, 0.0, 0.0, 1.0, 0.0]),
        (-3, [0.0, 1.0, 0.0, 0.0, 1.0]),
        (7, [1.0, 0.0, 0.0, 0.0, 0.0]),
        (isize::MIN, [0.0, 0.0, 0.0, 0.0, 1.0]),
    ] {
        is(slice(0, None, step).sum().backward()[x], &[5], &gradient);
    }
    is(slice(4, Some(2), -1).sum().backward()[x], &[5], &[0.0; 5]);
    is(x.narrow(0, 5, 0), &[0], &[]);
    let view = x.slice([SliceInfoElem::NewAxis, Slice::new(0, None, -2).into(), SliceInfoElem::NewAxis]);
    is(view, &[1, 3, 1], &[4.0, 2.0, 0.0]);
    // The same of a value that was broadcast, where there is nothing to step over.
    let wide = x.unsqueeze(0).broadcast_to((3, 5));
    is(wide.slice([Slice::new(0, None, -2).into(), SliceInfoElem::from(4)]), &[2], &[4.0, 4.0]);
    is(wide.narrow(0, 3, 0), &[0, 5], &[]);
    is(wide.narrow(0, 1, 2).sum().backward()[x], &[5], &[2.0; 5]);
}

/// The layouts that ndarray has: every method must see the same elements in each.
fn layouts() -> Vec<(&'static str, ArcArray<f64, IxDyn>)> {
    let plain = arr2(&[[0.5, -1.5, 2.5], [-3.5, 4.5, 0.25]]).into_dyn();
    let mut columns = Array2::zeros(ndarray::ShapeBuilder::f((2, 3))).into_dyn();
    columns.assign(&plain);
    let mut reversed = plain.clone();
    let mut spaced = ArrayD::from_elem(IxDyn(&[4, 6]), NAN);
    for axis in [0, 1] {
        reversed.invert_axis(ndarray::Axis(axis));
    }
    let mut backwards = reversed.as_standard_layout().into_owned();
    for axis in [0, 1] {
        backwards.invert_axis(ndarray::Axis(axis));
        spaced.slice_axis_inplace(ndarray::Axis(axis), Slice::new(1, None, 2));
    }
    spaced.assign(&plain);
    vec![
        ("plain", plain.into_shared()),
        ("column-major", columns.into_shared()),
        ("negative strides", backwards.into_shared()),
        ("every other", spaced.into_shared()),
    ]
}

#[test]
fn memory_layouts() {
    type Method = for<'t> fn(Var<'t, f64>) -> Var<'t, f64>;
    let methods: [(&str, Method); 30] = [
        ("exp", |x| x.exp()),
        ("self", |x| x * x.t().t() + x),
        ("relu", |x| x.relu()),
        ("clamp", |x| x.clamp(-1.0, x.abs())),
        ("sum", |x| x.sum()),
        ("sum 0", |x| x.sum_axis(0)),
        ("sum 1", |x| x.sum_axis(1)),
        ("prod", |x| x.prod_axis(1)),
        ("amax", |x| x.amax(0)),
        ("cumsum", |x| x.cumsum([0, 1])),
        ("cumsum of t", |x| x.t().cumsum(1)),
        ("var", |x| x.var_axis(0, 1.0)),
        ("softmax", |x| x.softmax(1)),
        ("logsumexp", |x| x.logsumexp(0)),
        ("matmul", |x| x.matmul(x.t())),
        ("t matmul", |x| x.t().matmul(x)),
        ("vector", |x| x.matmul(arr1(&[1.0, 2.0, 3.0]))),
        ("stack of matrices", |x| x.unsqueeze(0).broadcast_to((2, 2, 3)).matmul(x.t())),
        ("reshape", |x| x.reshape((3, 2))),
        ("reshape of t", |x| x.t().reshape(6)),
        ("reshape of a broadcast", |x| x.unsqueeze(1).broadcast_to((2, 2, 3)).reshape((4, 3))),
        ("reshape to units", |x| x.unsqueeze(1).broadcast_to((2, 4, 3)).unsqueeze(5 - 2).squeeze(3)),
        ("flip", |x| x.flip([0, 1])),
        ("slice", |x| x.slice([Slice::new(0, None, -1).into(), SliceInfoElem::from(-1)])),
        ("pad", |x| x.pad_with([(1, 0), (0, 2)], 3.0)),
        ("concat", |x| x.tape().concat(1, [x, x.flip(1)])),
        ("stack", |x| x.tape().stack(-1, [x, x * 2.0])),
        ("take", |x| x.take(1, [2, 0, 2])),
        ("scatter_add", |x| x.scatter_add(1, [1, 0, 1], 2)),
        ("outer", |x| x.outer(x)),
    ];
    for (name, method) in methods {
        let mut expected = None;
        for (layout, x) in layouts() {
            let tape = Tape::new();
            let x = tape.leaf("x", x);
            let y = method(x);
            let result = (y.value().to_owned(), y.square().sum().backward()[x].value().to_owned());
            tape.verify().unwrap();
            assert_eq!(expected.get_or_insert_with(|| result.clone()), &result, "{name}, {layout}");
        }
    }
}

#[test]
fn many_axes_and_large_views() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", ArrayD::from_elem(IxDyn(&[1; 64]), 2.0));
    is(x.sum(), &[], &[2.0]);
    is(x.prod().backward()[x], &[1; 64], &[1.0]);
    is(x.flip([0, 63]).squeeze(63), &[1; 63], &[2.0]);
    // A view of 2⁵⁹ elements costs nothing until it is written out.
    let view = tape.leaf("y", 3.0).broadcast_to((1 << 29, 1 << 30));
    assert_eq!(view.len(), 1 << 59);
    is(view.slice([SliceInfoElem::from(5), SliceInfoElem::from(0..2)]), &[2], &[3.0, 3.0]);
    is(view.narrow(0, 7, 1).narrow(1, 0, 1).t(), &[1, 1], &[3.0]);
    // No elements, and a size that only a view could have.
    let none = tape.leaf("none", Array2::zeros((0, 1))).broadcast_to((0, 1 << 59));
    assert_eq!(none.sum_axis(0).shape(), [1 << 59]);
    // Nor does printing them.
    assert!(tape.to_string().contains("[3, 3, 3, …]"));
    assert!(format!("{view:?}").contains("3.0"));
}

#[test]
fn index_lists() {
    let tape = Tape::new();
    let x = tape.leaf("x", arr2(&[[1.0, 2.0], [3.0, 4.0]]));
    is(x.take(0, [0_usize; 0]), &[0, 2], &[]);
    is(x.take(-1, [1, 1, 1]), &[2, 3], &[2.0, 2.0, 2.0, 4.0, 4.0, 4.0]);
    is(x.take(0, [0_usize; 0]).scatter_add(0, [0_usize; 0], 3), &[3, 2], &[0.0; 6]);
    is(x.scatter_add(1, [0, 0], 1), &[2, 1], &[3.0, 7.0]);
    let none = tape.leaf("none", Array2::zeros((2, 0)));
    is(none.take(1, [0_usize; 0]), &[2, 0], &[]);
    is(tape.concat(1, [none, x, none]), &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    is(tape.concat(0, [none, none]), &[4, 0], &[]);
    is(tape.stack(1, [none]), &[2, 1, 0], &[]);
    is(tape.concat(0, [x]), &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    is(none.broadcast_to((3, 2, 0)), &[3, 2, 0], &[]);
    is(none.pad_with([(0, 0), (1, 1)], 9.0), &[2, 2], &[9.0; 4]);
}

#[test]
fn what_can_stand_for_a_value() {
    let tape = Tape::new();
    is(tape.leaf("0-d", arr0(2.0)), &[], &[2.0]);
    is(tape.leaf("0-d view", arr0(2.0).view()), &[], &[2.0]);
    let array = Array1::from(vec![1.0, 2.0, 3.0]);
    is(tape.leaf("one of many", array.slice_axis(ndarray::Axis(0), Slice::new(1, Some(2), 1))), &[1], &[2.0]);
    let wide = array.broadcast((2, 3)).unwrap();
    is(tape.leaf("stride 0", wide), &[2, 3], &[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
    is(tape.leaf("shared", array.clone().into_shared().reversed_axes()), &[3], &[1.0, 2.0, 3.0]);
}

#[test]
fn broadcast_values_are_written_out_where_needed() {
    let tape = Tape::new();
    let x = tape.leaf("x", arr2(&[[1.0], [2.0]]));
    let wide = x.broadcast_to((2, 3));
    is(wide.reshape(6), &[6], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    is(wide.reshape((2, 1, 3, 1)).squeeze([1, 3]), &[2, 3], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    is(wide.t().reshape((2, 3)), &[2, 3], &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
    is(wide.cumsum(1), &[2, 3], &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0]);
    is(wide.amax(1), &[2], &[1.0, 2.0]);
    is(wide.prod_axis(1), &[2], &[1.0, 8.0]);
    is(wide.flip(1) * wide, &[2, 3], &[1.0, 1.0, 1.0, 4.0, 4.0, 4.0]);
    is((wide * wide).sum().backward()[x], &[2, 1], &[6.0, 12.0]);
}
