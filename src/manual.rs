//! The notebook's hand-written functions: a small network forward, and backward by formulas derived on paper.
//!
//! This is the other witness. It knows nothing of the tape, only [`ndarray`], so when its gradients agree with the
//! tape's, two independent derivations agree. Owned arrays and views both pass as parameters.
//!
//! Letters: `m` rows (samples), `d` inputs, `h` hidden units, `k` outputs; `dZ` is ∂loss/∂Z, and has the shape of Z.
//!
//! No function panics on a bad shape: each returns a [`ShapeMismatch`]. Zero-size axes are legal, and the mean over an
//! empty batch (m = 0) is 0/0 = NaN.

use std::fmt;

use ndarray::{Array, Array1, Array2, ArrayD, ArrayRef, ArrayRef1, ArrayRef2, ArrayViewD};
use ndarray::{Axis, Dimension, Ix2, NdFloat, Zip};

/// The guard ε of [`softmax_cross_entropy`].
const EPSILON: f64 = 1e-10;

/// Two operands whose shapes do not fit; it prints as one sentence that ends with the likely mend.
///
/// ```
/// use ndarray::Array2;
/// use wengert::manual::linear_comb;
/// let (a, w, b) = (Array2::<f32>::ones((5, 3)), Array2::ones((2, 4)), Array2::ones((1, 2)));
/// assert_eq!(
///     linear_comb(&a, &w, &b).unwrap_err().to_string(),
///     "linear_comb: A (5, 3) does not fit W (2, 4), expected A (m, d) and W (h, d): \
///      W holds a row for each output, pass it untransposed"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// The function that was called.
    pub operation: &'static str,
    /// The name and the shape of both operands.
    pub operands: [(&'static str, Vec<usize>); 2],
    /// What would have fitted, and the likely mend.
    pub expected: &'static str,
}

impl fmt::Display for ShapeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [left, right] = self.operands.each_ref().map(|(name, shape)| match shape.as_slice() {
            [n] => format!("{name} ({n},)"),
            sizes => format!("{name} {sizes:?}").replace('[', "(").replace(']', ")"),
        });
        write!(f, "{}: {left} does not fit {right}, expected {}", self.operation, self.expected)
    }
}

impl std::error::Error for ShapeMismatch {}

/// `Ok` if the two operands fit, else the error that says what would have.
fn require(
    fits: bool,
    operation: &'static str,
    operands: [(&'static str, &[usize]); 2],
    expected: &'static str,
) -> Result<(), ShapeMismatch> {
    let error =
        || ShapeMismatch { operation, operands: operands.map(|(name, s)| (name, s.to_vec())), expected };
    if fits { Ok(()) } else { Err(error()) }
}

/// A number as `T`, rounded to nearest.
fn float<T: NdFloat>(number: f64) -> T {
    T::from(number).expect("every f64 rounds to a float")
}

/// The row count m as `T`.
fn rows<T: NdFloat>(z: &ArrayRef2<T>) -> T {
    T::from(z.nrows()).expect("every usize rounds to a float")
}

/// A layer before its activation: Z = A·Wᵀ + B.
///
/// Shapes: A (m, d), W (h, d), B (1, h), result (m, h).
///
/// # Errors
/// [`ShapeMismatch`] if W has not A's d, or B is not (1, h).
///
/// ```
/// use ndarray::array;
/// use wengert::manual::linear_comb;
/// let z = linear_comb(&array![[1.0, 2.0]], &array![[3.0, 4.0], [5.0, 6.0]], &array![[0.5, 0.0]])?;
/// assert_eq!(z, array![[11.5, 17.0]]);
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn linear_comb<T: NdFloat>(
    a: &ArrayRef2<T>,
    w: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<Array2<T>, ShapeMismatch> {
    const W: &str = "A (m, d) and W (h, d): W holds a row for each output, pass it untransposed";
    const B: &str = "B (1, h) and W (h, d): B is one row, with a bias for each row of W";
    require(a.ncols() == w.ncols(), "linear_comb", [("A", a.shape()), ("W", w.shape())], W)?;
    require(b.dim() == (1, w.nrows()), "linear_comb", [("B", b.shape()), ("W", w.shape())], B)?;
    Ok(a.dot(&w.t()) + b)
}

/// The rectifier max(z, 0), for an array of any rank: relu(0) = 0, and NaN stays NaN.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::relu;
/// assert_eq!(relu(&array![-2.0, 0.0, 3.0]), array![0.0, 0.0, 3.0]);
/// assert!(relu(&array![f32::NAN])[0].is_nan());
/// ```
pub fn relu<T: NdFloat, D: Dimension>(z: &ArrayRef<T, D>) -> Array<T, D> {
    z.mapv(|z| if z <= T::zero() { T::zero() } else { z })
}

/// The gradients of a layer's three inputs, each in the shape of its input; see [`linear_backward`].
#[derive(Clone, Debug, PartialEq)]
pub struct LinearGrads<T> {
    /// ∂loss/∂A = dZ·W, (m, d).
    pub da: Array2<T>,
    /// ∂loss/∂W = dZᵀ·A, (h, d).
    pub dw: Array2<T>,
    /// ∂loss/∂B, dZ summed over its rows, (1, h).
    pub db: Array2<T>,
}

/// [`linear_comb`] backward: dA = dZ·W, dW = dZᵀ·A, dB = Σ over the rows of dZ.
///
/// Shapes: dZ (m, h), A (m, d), W (h, d).
///
/// # Errors
/// [`ShapeMismatch`] if any two of the three disagree about m, h or d.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::linear_backward;
/// let (dz, a, w) = (array![[1.0], [2.0]], array![[3.0, 4.0], [5.0, 6.0]], array![[7.0, 8.0]]);
/// let grads = linear_backward(&dz, &a, &w)?;
/// assert_eq!(grads.da, array![[7.0, 8.0], [14.0, 16.0]]);
/// assert_eq!(grads.dw, array![[13.0, 16.0]]);
/// assert_eq!(grads.db, array![[3.0]]);
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn linear_backward<T: NdFloat>(
    dz: &ArrayRef2<T>,
    a: &ArrayRef2<T>,
    w: &ArrayRef2<T>,
) -> Result<LinearGrads<T>, ShapeMismatch> {
    const H: &str = "dZ (m, h) and W (h, d): a dZ wider than its layer comes from a target Y (m,) \
        that broadcast against (m, 1), so reshape Y to (m, 1)";
    const M: &str = "dZ (m, h) and A (m, d): pass the A that went into this layer, a row for each row of dZ";
    const D: &str = "A (m, d) and W (h, d): pass the A and W of one and the same layer";
    let [dz_, a_, w_] = [("dZ", dz.shape()), ("A", a.shape()), ("W", w.shape())];
    require(dz.ncols() == w.nrows(), "linear_backward", [dz_, w_], H)?;
    require(dz.nrows() == a.nrows(), "linear_backward", [dz_, a_], M)?;
    require(a.ncols() == w.ncols(), "linear_backward", [a_, w_], D)?;
    Ok(LinearGrads { da: dz.dot(w), dw: dz.t().dot(a), db: dz.sum_axis(Axis(0)).insert_axis(Axis(0)) })
}

/// [`relu`] backward, for arrays of any rank: dA where z > 0, and 0 where z ≤ 0 (so relu′(0) = 0).
///
/// Where z is NaN, dA passes: there relu hands on its argument.
///
/// # Errors
/// [`ShapeMismatch`] unless dA and Z have one shape.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::relu_backward;
/// assert_eq!(relu_backward(&array![5.0, 6.0, 7.0], &array![-2.0, 0.0, 3.0])?, array![0.0, 0.0, 7.0]);
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn relu_backward<T: NdFloat, D: Dimension>(
    da: &ArrayRef<T, D>,
    z: &ArrayRef<T, D>,
) -> Result<Array<T, D>, ShapeMismatch> {
    const SAME: &str = "equal shapes: pass the Z from which relu made this A";
    require(da.shape() == z.shape(), "relu_backward", [("dA", da.shape()), ("Z", z.shape())], SAME)?;
    Ok(Zip::from(da).and(z).map_collect(|&da, &z| if z <= T::zero() { T::zero() } else { da }))
}

/// A loss and the row-wise probabilities it judged; see [`softmax_cross_entropy`].
#[derive(Clone, Debug, PartialEq)]
pub struct CrossEntropy<T> {
    /// The mean over the batch.
    pub loss: T,
    /// The probabilities P, (m, k).
    pub a: Array2<T>,
}

/// Softmax over each row, then cross-entropy, the mean over the batch.
///
/// With ε = 1e-10 and M the largest entry of the row:
///
/// * P = exp(z − M) / (Σ exp(z − M) + ε): the shift by M prevents overflow; this first guard is the notebook's, and
///   never needed after the shift, for the sum is at least 1 (or the row is empty);
/// * loss = −Σ y·ln(P + ε) / m: the second guard makes a probability of 0 cost 23.03, not ∞.
///
/// Shapes: Z (m, k); Y (m, k), whose rows are one-hot or any other weights. NaN or +∞ in a row makes it NaN, as does
/// a row of −∞ alone.
///
/// # Errors
/// [`ShapeMismatch`] unless Z and Y have one shape.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::softmax_cross_entropy;
/// let out = softmax_cross_entropy(&array![[1000.0, 1000.0]], &array![[1.0, 0.0]])?;
/// assert!((out.a[[0, 0]] - 0.5_f64).abs() < 1e-10);
/// assert!((out.loss - 2_f64.ln()).abs() < 1e-9);
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn softmax_cross_entropy<T: NdFloat>(
    z: &ArrayRef2<T>,
    y: &ArrayRef2<T>,
) -> Result<CrossEntropy<T>, ShapeMismatch> {
    require_one_hot("softmax_cross_entropy", z, y)?;
    let epsilon = float::<T>(EPSILON);
    let mut a = Array2::zeros(z.dim());
    for (mut p, z) in a.rows_mut().into_iter().zip(z.rows()) {
        p.assign(&softmax(&z).0);
    }
    let loss = -Zip::from(&a).and(y).fold(T::zero(), |sum, &p, &y| sum + y * (p + epsilon).ln()) / rows(z);
    Ok(CrossEntropy { loss, a })
}

/// [`softmax_cross_entropy`] backward: dZ (m, k), the exact derivative of what the forward computes, guards included.
///
/// With g = −y / (P + ε) / m, the gradient at P, and s = Σ g·P over the row: dZ = P·(g − s) − [z = M]·s·δ, where
/// δ = 1 − Σ P = ε / (Σ exp(z − M) + ε) is what the first guard takes from the row. It makes P depend on M a little,
/// so the last term falls to the largest entry, in equal shares if several tie. Without guards and with one-hot y,
/// this is the familiar (P − y) / m.
///
/// # Errors
/// [`ShapeMismatch`] unless Z and Y have one shape.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::softmax_cross_entropy_backward;
/// let dz = softmax_cross_entropy_backward(&array![[0.0, 0.0]], &array![[1.0, 0.0]])?;
/// approx::assert_abs_diff_eq!(dz, array![[-0.5, 0.5_f64]], epsilon = 1e-9);
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn softmax_cross_entropy_backward<T: NdFloat>(
    z: &ArrayRef2<T>,
    y: &ArrayRef2<T>,
) -> Result<Array2<T>, ShapeMismatch> {
    require_one_hot("softmax_cross_entropy_backward", z, y)?;
    let (epsilon, m) = (float::<T>(EPSILON), rows(z));
    let mut dz = Array2::zeros(z.dim());
    for ((mut dz, z), y) in dz.rows_mut().into_iter().zip(z.rows()).zip(y.rows()) {
        let (p, largest, total) = softmax(&z);
        let g = Zip::from(&p).and(y).map_collect(|&p, &y| -y / (p + epsilon) / m);
        let s = p.dot(&g);
        let ties = z.fold(T::zero(), |ties, &z| if z == largest { ties + T::one() } else { ties });
        let share = s * (epsilon / total) / ties;
        Zip::from(&mut dz).and(z).and(&p).and(&g).for_each(|dz, &z, &p, &g| {
            *dz = p * (g - s) - if z == largest { share } else { T::zero() };
        });
    }
    Ok(dz)
}

/// A row's probabilities P, its largest entry M, and its guarded total Σ exp(z − M) + ε.
fn softmax<T: NdFloat>(z: &ArrayRef1<T>) -> (Array1<T>, T, T) {
    let largest = z.fold(T::neg_infinity(), |largest, &z| largest.max(z));
    let e = z.mapv(|z| (z - largest).exp());
    let total = e.sum() + float(EPSILON);
    (e / total, largest, total)
}

/// Scores and targets agree in shape.
fn require_one_hot<T>(name: &'static str, z: &ArrayRef2<T>, y: &ArrayRef2<T>) -> Result<(), ShapeMismatch> {
    const SAME: &str = "Z (m, k) and Y (m, k): turn class numbers into rows with a single 1";
    require(z.shape() == y.shape(), name, [("Z", z.shape()), ("Y", y.shape())], SAME)
}

/// A squared error, its activation and its gradient; see [`mse_identity`].
#[derive(Clone, Debug, PartialEq)]
pub struct MseIdentity<T> {
    /// Σ (A − Y)² / m.
    pub loss: T,
    /// The identity activation A = Z, (m, k).
    pub a: Array2<T>,
    /// 2·(A − Y) / m, in the shape of the difference: that of Z, unless Y's broadcasting enlarged it.
    pub dz: ArrayD<T>,
}

/// The identity activation A = Z and its squared error, summed over the outputs and averaged over the m rows of Z:
/// loss = Σ (A − Y)² / m, dZ = 2·(A − Y) / m.
///
/// Shapes: Z (m, k); Y of any rank, broadcast against Z by NumPy's rules. So this is where the notebook's famous
/// mistake happens: a Y (m,) against a Z (m, 1) makes a difference (m, m), a loss about m times too large, and a dZ
/// that [`linear_backward`] must refuse. Here it is reproduced, not prevented.
///
/// # Errors
/// [`ShapeMismatch`] if the two shapes do not broadcast.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::mse_identity;
/// let z = array![[1.0], [2.0]];
/// let right = mse_identity(&z, &array![[0.0], [4.0]])?;
/// assert_eq!((right.loss, right.dz), (2.5, array![[1.0], [-2.0]].into_dyn()));
/// let wrong = mse_identity(&z, &array![0.0, 4.0])?;
/// assert_eq!((wrong.loss, wrong.dz.shape()), (9.0, &[2, 2][..]));
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn mse_identity<T: NdFloat, D: Dimension>(
    z: &ArrayRef2<T>,
    y: &ArrayRef<T, D>,
) -> Result<MseIdentity<T>, ShapeMismatch> {
    const FIT: &str = "two shapes that broadcast: give Y the shape of Z, a row for each sample";
    let pair = broadcast(z, y);
    require(pair.is_some(), "mse_identity", [("Z", z.shape()), ("Y", y.shape())], FIT)?;
    let (left, right) = pair.expect("required above");
    let (difference, m) = (&left - &right, rows(z));
    let loss = difference.fold(T::zero(), |sum, &d| sum + d * d) / m;
    Ok(MseIdentity { loss, a: z.to_owned(), dz: difference.mapv_into(|d| (d + d) / m) })
}

/// Both arrays seen in their common shape by NumPy's rules: align the shapes at their last axes; two sizes fit if they
/// are equal or one of them is 1, which then stretches; a missing axis counts as 1.
fn broadcast<'a, T, D: Dimension>(
    z: &'a ArrayRef2<T>,
    y: &'a ArrayRef<T, D>,
) -> Option<(ArrayViewD<'a, T>, ArrayViewD<'a, T>)> {
    let rank = z.ndim().max(y.ndim());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    let sizes = (0..rank).map(|axis| match (size(z.shape(), axis), size(y.shape(), axis)) {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    });
    let shape = sizes.collect::<Option<Vec<_>>>()?;
    Some((z.broadcast(shape.clone())?, y.broadcast(shape)?))
}

/// Every value and gradient of a network with one hidden layer; see [`forward_and_backward`].
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // `z1` is Z1, `dz1` is ∂loss/∂Z1: the table in `forward_and_backward` says it once for all.
pub struct ForwardAndBackward<T> {
    pub loss: T,
    pub z1: Array2<T>,
    pub a1: Array2<T>,
    pub z2: Array2<T>,
    pub a2: Array2<T>,
    pub dx: Array2<T>,
    pub dw1: Array2<T>,
    pub db1: Array2<T>,
    pub dw2: Array2<T>,
    pub db2: Array2<T>,
    pub dz1: Array2<T>,
    pub da1: Array2<T>,
    pub dz2: Array2<T>,
    pub da2: Array2<T>,
}

/// A network with one hidden layer: its loss, every value on the way, and the gradient of every one of them.
///
/// | forward | shape | backward |
/// |---|---|---|
/// | Z1 = X·W1ᵀ + B1 | (m, h) | dX, dW1, dB1 by [`linear_backward`] |
/// | A1 = relu(Z1) | (m, h) | dZ1 by [`relu_backward`] |
/// | Z2 = A1·W2ᵀ + B2 | (m, k) | dA1, dW2, dB2 by [`linear_backward`] |
/// | A2 = Z2, loss = Σ (A2 − Y)² / m | (m, k) | dA2 = dZ2 by [`mse_identity`] |
///
/// Shapes: X (m, d), Y (m, k), W1 (h, d), B1 (1, h), W2 (k, h), B2 (1, k). A gradient has the shape of its value.
///
/// # Errors
/// [`ShapeMismatch`] of the first step whose operands do not fit. A Y (m,) passes [`mse_identity`] and is refused by
/// [`linear_backward`], which is where the notebook broke.
///
/// ```
/// use ndarray::array;
/// use wengert::manual::forward_and_backward;
/// let (x, y) = (array![[1.0], [2.0]], array![[3.0], [5.0]]);
/// let (w1, b1, w2, b2) = (array![[1.0]], array![[0.0]], array![[2.0]], array![[0.0]]);
/// let pass = forward_and_backward(&x, &y, &w1, &b1, &w2, &b2)?;
/// assert_eq!((pass.a2, pass.loss), (array![[2.0], [4.0]], 1.0));
/// assert_eq!((pass.dw2, pass.db2), (array![[-3.0]], array![[-2.0]]));
/// // A target of rank 1 is refused, one step late:
/// let error = forward_and_backward(&x, &array![3.0, 5.0], &w1, &b1, &w2, &b2).unwrap_err();
/// assert!(error.to_string().starts_with("linear_backward: dZ (2, 2) does not fit W (1, 1)"));
/// # Ok::<(), wengert::manual::ShapeMismatch>(())
/// ```
pub fn forward_and_backward<T: NdFloat, D: Dimension>(
    x: &ArrayRef2<T>,
    y: &ArrayRef<T, D>,
    w1: &ArrayRef2<T>,
    b1: &ArrayRef2<T>,
    w2: &ArrayRef2<T>,
    b2: &ArrayRef2<T>,
) -> Result<ForwardAndBackward<T>, ShapeMismatch> {
    const RANK: &str = "dZ (m, k) and Z (m, k): give Y the shape of Z, a row for each sample";
    let z1 = linear_comb(x, w1, b1)?;
    let a1 = relu(&z1);
    let z2 = linear_comb(&a1, w2, b2)?;
    let MseIdentity { loss, a: a2, dz } = mse_identity(&z2, y)?;

    require(dz.ndim() == 2, "forward_and_backward", [("dZ", dz.shape()), ("Z", z2.shape())], RANK)?;
    let dz2 = dz.into_dimensionality::<Ix2>().expect("required above");
    let LinearGrads { da: da1, dw: dw2, db: db2 } = linear_backward(&dz2, &a1, w2)?;
    let dz1 = relu_backward(&da1, &z1)?;
    let LinearGrads { da: dx, dw: dw1, db: db1 } = linear_backward(&dz1, x, w1)?;
    let da2 = dz2.clone();
    Ok(ForwardAndBackward { loss, z1, a1, z2, a2, dx, dw1, db1, dw2, db2, dz1, da1, dz2, da2 })
}
