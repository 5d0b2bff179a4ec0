//! A layer and its losses.

use crate::array::size_of;
use crate::error::{Dims, Error, ErrorKind, Problem, counted, must};
use crate::tape::{Broadcasting, IntoVar, joint_shape, likely_mend};
use crate::{Float, Var};

/// # Layers and losses
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
    /// If the features differ, the weights are no matrix, the bias is neither a number nor one row with a number for
    /// each output, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_linear(x.t(), 0.0).is_err());
    /// ```
    #[track_caller]
    pub fn try_linear(self, w: impl IntoVar<'t, T>, b: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let called = |error: Error| error.called("linear");
        let w = w.into_var(self.tape()).map_err(called)?;
        let b = b.into_var(self.tape()).map_err(called)?;
        if let Some(stranger) = [w, b].into_iter().find(|row| !self.shares_tape(*row)) {
            return Err(self.other_tape("linear", stranger));
        }
        Self::judge("linear", layer(&self.dims(), &w.dims()), &[self, w])?;
        Self::judge("linear", bias(self.ndim(), &w.dims(), &b.dims()), &[self, w, b])?;
        let z = self.try_matmul(w.t()).map_err(|error| error.within("linear"))?;
        z.try_add(b).map_err(|error| error.within("linear"))
    }

    /// The mean squared error: the mean of (a − target)² over all elements. The target has the same shape, or is a
    /// number.
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
    /// If the target is neither of the same shape nor a number, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_mse(ndarray::Array1::zeros(2)).is_err());
    /// ```
    #[track_caller]
    pub fn try_mse(self, target: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let target = target.into_var(self.tape()).map_err(|error| error.called("mse"))?;
        if self.shares_tape(target) && target.ndim() > 0 {
            let alike = same_shapes(&self.dims(), &target.dims());
            Self::judge("mse", alike, &[self, target])?;
        }
        let attempt = self.attempt();
        let deviation = self.try_sub(target).map_err(|error| error.within("mse"))?;
        attempt.end("mse", deviation.square().mean())
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
        let attempt = self.attempt();
        let chosen = self.log_softmax(-1).reshape([self.len()]).take(0, places);
        attempt.end("cross_entropy", -chosen.mean())
    }

    /// The cross-entropy with targets that are themselves distributions over the last axis, such as one-hot
    /// rows: the mean over all rows of −Σ p · log softmax, in nats. Where p is 0 so is the product, also with a logit of −∞. Both
    /// have one shape.
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
    /// If the shapes differ, there is no axis, or the operands are of different tapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array2::zeros((2, 3)));
    /// assert!(x.try_cross_entropy_with(ndarray::Array1::zeros(2)).is_err());
    /// ```
    #[track_caller]
    pub fn try_cross_entropy_with(self, probabilities: impl IntoVar<'t, T>) -> Result<Self, Error> {
        let name = "cross_entropy_with";
        let p = probabilities.into_var(self.tape()).map_err(|error| error.called(name))?;
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
        Self::judge(name, same_shapes(&self.dims(), &p.dims()), &[self, p])?;
        let attempt = self.attempt();
        // A class that cannot be costs nothing, even if the logits say so too: 0 · log 0 is 0.
        attempt.end(name, -p.azmul(self.log_softmax(-1)).sum_axis(-1).mean())
    }
}

/// Whether weights fit a layer's input.
fn layer(x: &[usize], w: &[usize]) -> Result<(), Problem> {
    let mend = match (x, w) {
        ([.., features], [_, width]) if features == width => return Ok(()),
        ([.., features], [height, _]) if features == height => {
            "If the weights stand the other way round, transpose them with `t()`."
        }
        ([], _) => "The input is a number, and a layer takes rows of features.",
        (_, [_, _]) => "d, the number of features, must be the same in both.",
        _ => "Weights are a matrix: a stack of them goes to `matmul`.",
    };
    let what = "inputs of shape (…, d) take weights of shape (h, d), a row for each output";
    Err(Problem::new(ErrorKind::Shape, what, mend))
}

/// Whether a bias is a number, or a row of one for each output. What merely broadcasts is none: a column would give each
/// sample its own.
fn bias(ndim: usize, w: &[usize], b: &[usize]) -> Result<(), Problem> {
    let outputs = w[0];
    let row = |b: &[usize]| matches!(b, [ones @ .., n] if *n == outputs && ones.iter().all(|&n| n == 1));
    if b.is_empty() || row(b) && b.len() <= ndim {
        return Ok(());
    }
    let elements = size_of(b);
    let mend = if elements == outputs {
        format!("If these are they, bring the bias to that shape with `reshape(({outputs},))`.")
    } else {
        "Each row of the weights is an output, with a bias of its own.".into()
    };
    let what = format!(
        "a bias is a row of shape ({outputs},) or (1, {outputs}), a number for each of {}, or one number for all",
        counted(outputs, "output", "outputs")
    );
    Err(Problem::new(ErrorKind::Shape, what, mend))
}

/// Whether a target has the shape of what it is compared with. If not, broadcasting would compare elements that do not
/// belong together, or count some of them more than once; what it would not allow says so in its own words.
fn same_shapes(x: &[usize], target: &[usize]) -> Result<(), Problem> {
    if x == target {
        return Ok(());
    }
    let long = |shape: &[usize]| shape.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
    let mend = match likely_mend(&[x, target]) {
        Some(mend) => format!("Most likely {mend}."),
        None if long(x) == long(target) => {
            format!("If only axes differ, bring the target to that shape with `reshape({})`.", Dims(x))
        }
        None => "A loss compares element with element: the target needs the same shape.".into(),
    };
    let Err(refused) = joint_shape(Broadcasting::OneSided, &[x, target]) else {
        let what = if size_of(x) == size_of(target) {
            "the target has another shape"
        } else {
            "the target has another shape, and elements would be compared with more than one"
        };
        return Err(Problem::new(ErrorKind::Shape, what, mend));
    };
    Err(Problem { mend, ..refused })
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
