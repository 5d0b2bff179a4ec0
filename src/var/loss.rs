//! A layer and its losses.

use crate::error::{Error, ErrorKind, Problem, counted, must};
use crate::tape::{IntoVar, joint_shape};
use crate::{Float, Var};

impl<'t, T: Float> Var<'t, T> {
    /// x · Wᵀ + b: for `self` (…, d), `w` (h, d) and `b` (h,) or (1, h), the result is (…, h).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// use ndarray::{arr1, arr2};
    /// let x = tape.leaf("x", arr2(&[[1.0, 2.0]]));
    /// let w = tape.leaf("w", arr2(&[[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]));
    /// assert_eq!(x.linear(w, arr1(&[0.0, 0.0, 1.0])).value(), arr2(&[[11.0, 17.0, 24.0]]).into_dyn());
    /// ```
    #[doc(alias = "Linear")]
    #[doc(alias = "dense")]
    #[doc(alias = "addmm")]
    #[doc(alias = "affine")]
    #[track_caller]
    pub fn linear(self, w: impl IntoVar<'t, T>, b: impl IntoVar<'t, T>) -> Self {
        must(self.try_linear(w, b))
    }

    /// As [`linear`](Self::linear), without the panic.
    ///
    /// # Errors
    /// If the features differ, the weights are no matrix, the bias does not broadcast, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_linear(x.t(), 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_linear(self, w: impl IntoVar<'t, T>, b: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let w = w.into_var(self.tape())?;
        if !self.shares_tape(w) {
            return Err(self.other_tape("linear", w));
        }
        let (x_shape, w_shape) = (self.dims(), w.dims());
        if let ([.., features], [_, width]) = (&x_shape[..], &w_shape[..])
            && features == width
        {
            let z = self.matmul(w.t());
            return z.try_add(b).map_err(|error| error.within("linear"));
        }
        let problem = Problem::new(
            ErrorKind::Shape,
            "inputs of shape (…, d) take weights of shape (h, d), a row for each output",
            "If the weights stand the other way round, transpose them with `t()`.",
        );
        Err(Self::error("linear", problem, &[self, w]))
    }

    /// The mean squared error: the mean of (a − target)² over all elements.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// use ndarray::arr1;
    /// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
    /// assert_eq!(x.mse(arr1(&[0.0, 0.0])).item(), 2.5);
    /// ```
    #[doc(alias = "mse_loss")]
    #[doc(alias = "MSELoss")]
    #[doc(alias = "squared_error")]
    #[doc(alias = "l2_loss")]
    #[track_caller]
    pub fn mse(self, target: impl IntoVar<'t, T>) -> Self {
        must(self.try_mse(target))
    }

    /// As [`mse`](Self::mse), without the panic.
    ///
    /// # Errors
    /// If the shapes do not broadcast or would both grow, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_mse(ndarray::Array1::zeros(2)).is_err());
    /// ```
    #[track_caller]
    pub fn try_mse(self, target: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let deviation = self.try_sub(target).map_err(|error| error.within("mse"))?;
        Ok(deviation.square().mean())
    }

    /// The mean over the rows of an (n, c) array of logits of −log softmax at the row's label, in nats.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let logits = tape.leaf("logits", ndarray::arr2(&[[0.0, 0.0], [0.0, 0.0]]));
    /// assert_eq!(logits.cross_entropy([0, 1]).item(), 2.0_f64.ln());
    /// ```
    #[doc(alias = "CrossEntropyLoss")]
    #[doc(alias = "nll_loss")]
    #[doc(alias = "NLLLoss")]
    #[doc(alias = "softmax_cross_entropy")]
    #[track_caller]
    pub fn cross_entropy(self, labels: impl AsRef<[usize]>) -> Self {
        must(self.try_cross_entropy(labels))
    }

    /// As [`cross_entropy`](Self::cross_entropy), without the panic.
    ///
    /// # Errors
    /// If this is no matrix, there is not one label a row, or a label is not below c.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_cross_entropy([0, 3]).is_err());
    /// ```
    #[track_caller]
    pub fn try_cross_entropy(self, labels: impl AsRef<[usize]>) -> Result<Self, Error> {
        let places = places(&self.dims(), labels.as_ref());
        let places = Self::judge("cross_entropy", places, &[self])?;
        Ok(-self.log_softmax(-1).reshape([self.len()]).take(0, places).mean())
    }

    /// The cross-entropy with targets that are themselves distributions over the last axis, such as one-hot
    /// rows: the mean over all rows of −Σ p · log softmax, in nats.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// use ndarray::arr2;
    /// let logits = tape.leaf("logits", arr2(&[[0.0, 0.0]]));
    /// assert_eq!(logits.cross_entropy_with(arr2(&[[0.5, 0.5]])).item(), 2.0_f64.ln());
    /// ```
    #[doc(alias = "categorical_crossentropy")]
    #[doc(alias = "soft_target_cross_entropy")]
    #[track_caller]
    pub fn cross_entropy_with(self, probabilities: impl IntoVar<'t, T>) -> Self {
        must(self.try_cross_entropy_with(probabilities))
    }

    /// As [`cross_entropy_with`](Self::cross_entropy_with), without the panic.
    ///
    /// # Errors
    /// If the last axes differ, the others do not broadcast or would both grow, or the operands are of
    /// different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_cross_entropy_with(ndarray::Array1::zeros(2)).is_err());
    /// ```
    #[track_caller]
    pub fn try_cross_entropy_with(self, probabilities: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let name = "cross_entropy_with";
        let p = probabilities.into_var(self.tape())?;
        let axis = self.axis_list(name, -1)?;
        let (classes, given) = (self.dims()[axis[0]], p.dims().last().copied());
        if given != Some(classes) {
            let what = format!(
                "each target is a distribution over the last axis, which has {}, and these have {}",
                counted(classes, "class", "classes"),
                given.map_or("no axes".into(), |n| format!("{n} there"))
            );
            let mend =
                "Labels that are class numbers go to `cross_entropy`; make them one-hot rows otherwise.";
            return Err(Self::error(name, Problem::new(ErrorKind::Shape, what, mend), &[self, p]));
        }
        if !self.shares_tape(p) {
            return Err(self.other_tape(name, p));
        }
        let joint = joint_shape(self.tape().broadcasting(), &[&self.dims(), &p.dims()]);
        Self::judge(name, joint, &[self, p])?;
        Ok(-self.log_softmax(-1).try_mul(p)?.sum_axis(-1).mean())
    }
}

/// Where the labels' logits stand among all of them, in row-major order.
fn places(shape: &[usize], labels: &[usize]) -> Result<Vec<usize>, Problem> {
    let refuse = |kind, what: String, mend: &str| Err(Problem::new(kind, what, mend));
    let [rows, classes] = *shape else {
        let axes = counted(shape.len(), "axis", "axes");
        let what = format!("logits have two axes, rows and classes, and this has {axes}");
        return refuse(ErrorKind::Shape, what, "Bring it to shape (rows, classes) with `reshape`.");
    };
    if labels.len() != rows {
        let [labels, rows] = [counted(labels.len(), "label", "labels"), counted(rows, "row", "rows")];
        return refuse(
            ErrorKind::Shape,
            format!("{labels} cannot go with {rows}"),
            "Give one label for each row.",
        );
    }
    if let Some(label) = labels.iter().find(|&&label| label >= classes) {
        let what = format!("label {label} is not one of {}", counted(classes, "class", "classes"));
        return refuse(ErrorKind::Index, what, "Labels count from 0.");
    }
    Ok(labels.iter().enumerate().map(|(row, label)| row * classes + label).collect())
}
