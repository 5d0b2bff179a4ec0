//! What an examination can be told: shapes, numbers, how many cases, which conventions.

use crate::Float;
use crate::check::cases::shapes::Signature;
use crate::check::{Check, Values};
use crate::error::counted;
use std::panic::Location;

impl<T: Float> Check<'_, T> {
    /// The shape of each input: axes with spaces between them, each a name or a size; axes of the same name have the
    /// same size. A name for the input may stand in front: `"W: h d"`. A number is `""`.
    ///
    /// # Panics
    /// If there are not as many shapes as inputs, or one cannot be read.
    ///
    /// ```
    /// # use wengert::check;
    /// check::backward(|[x, w]| (x * w).sum_axis(1))
    ///     .against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array2<f64>, w: &ndarray::Array1<f64>| {
    ///         let dx = dy.view().insert_axis(ndarray::Axis(1)).to_owned() * w;
    ///         (dx, x.t().dot(dy))
    ///     })
    ///     .shapes(["x: n 3", "w: 3"])
    ///     .run();
    /// ```
    #[track_caller]
    #[must_use]
    pub fn shapes<const N: usize>(mut self, shapes: [&str; N]) -> Self {
        assert!(
            N == self.inputs,
            "check: {} given, and the formula has {}: give each input one",
            counted(N, "shape was", "shapes were"),
            counted(self.inputs, "input", "inputs")
        );
        match Signature::parse(&shapes) {
            Ok(signature) => self.signature = Some(signature),
            Err(why) => panic!("check: {why}"),
        }
        self.at = Location::caller();
        self
    }

    /// What numbers an input holds, by its name in [`shapes`](Self::shapes) or, where it has none there, `"input0"`,
    /// `"input1"` and so on. Unless said, any.
    ///
    /// ```
    /// # use wengert::check::{self, Values};
    /// check::backward(|[x]| x.sqrt())
    ///     .against(|dy: &ndarray::Array1<f64>, x: &ndarray::Array1<f64>| dy / &(2.0 * x.sqrt()))
    ///     .shapes(["x: n"])
    ///     .values("x", Values::Positive)
    ///     .run();
    /// ```
    #[must_use]
    pub fn values(mut self, input: &str, values: Values) -> Self {
        self.values.push((input.into(), values));
        self
    }

    /// How many cases to try; unless said, as many as proptest does: 256, or what `PROPTEST_CASES` says.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| -x).against(|dy: &ndarray::Array1<f64>| -dy).shapes(["n"]);
    /// assert!(check.cases(10).try_run().unwrap().cases() >= 10);
    /// ```
    #[must_use]
    pub fn cases(mut self, cases: u32) -> Self {
        self.cases = Some(cases);
        self
    }

    /// Accepts, where the function has a kink, any subgradient: the gradients beside the kink and all between them. Unless
    /// this is said, the convention at the kink must be the library's, as in relu'(0) = 0. What is given is judged as a
    /// whole: where the largest of two equal numbers was taken, one of them may have all of the cotangent, or
    /// both their parts of it, and not both all of it.
    ///
    /// ```
    /// use ndarray::{Array1, Zip};
    /// # use wengert::check;
    /// check::backward(|[z]| z.relu())
    ///     .against(|da: &Array1<f64>, z: &Array1<f64>| {
    ///         Zip::from(da).and(z).map_collect(|&da, &z| if z >= 0.0 { da } else { 0.0 }) // relu'(0) = 1
    ///     })
    ///     .shapes(["n"])
    ///     .any_subgradient()
    ///     .run();
    /// ```
    #[must_use]
    pub fn any_subgradient(mut self) -> Self {
        self.subject.any_subgradient = true;
        self
    }

    /// Fails if the hand-written function gives no gradient for one of the inputs. Unless this is said, it may give those
    /// of the first ones alone, and the summary says which were [not examined](crate::check::Summary::not_examined).
    ///
    /// ```
    /// use ndarray::Array1;
    /// # use wengert::check;
    /// let half = check::backward(|[a, b]| a * b)
    ///     .against(|dy: &Array1<f64>, _: &Array1<f64>, b: &Array1<f64>| dy * b)
    ///     .shapes(["a: n", "b: n"])
    ///     .without_persistence();
    /// assert_eq!(half.try_run().unwrap().not_examined(), ["b"]);
    /// assert!(half.all_gradients().try_run().is_err());
    /// ```
    #[must_use]
    pub fn all_gradients(mut self) -> Self {
        self.all_gradients = true;
        self
    }

    /// The least share of the elements inside the domain that must be judged, of each gradient, over all cases: if it is
    /// less, the run is [inconclusive](crate::check::FailureKind::Inconclusive). Unless this is said, a half, over all cases or
    /// over those whose numbers are neither tiny nor large. So it is if nearly all elements are outside the domain, and of all
    /// that there are not one in twenty was judged; unless the share is 0.
    ///
    /// # Panics
    /// If it is not between 0 and 1.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| x * 2.0).against(|dy: &ndarray::Array1<f64>| dy * 2.0).shapes(["x: n"]);
    /// check.judged_at_least(1.0).run();
    /// ```
    #[track_caller]
    #[must_use]
    pub fn judged_at_least(mut self, share: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&share),
            "check: a share of {share} is to be judged, and a share is between 0 and 1: as in `.judged_at_least(0.9)`"
        );
        self.judged_at_least = Some(share);
        self
    }

    /// Draws the same cases in every run: those of this seed.
    ///
    /// ```
    /// # use wengert::check;
    /// let check = check::backward(|[x]| -x).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["n"]);
    /// let check = check.seed(7).without_persistence();
    /// let [first, second] = [(), ()].map(|()| check.try_run().unwrap_err().to_string());
    /// assert_eq!(first, second);
    /// ```
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Does not keep failing cases beside the source file.
    ///
    /// ```
    /// # use wengert::check;
    /// let wrong = check::backward(|[x]| -x).against(|dy: &ndarray::Array1<f64>| dy.clone()).shapes(["n"]);
    /// assert!(wrong.without_persistence().try_run().is_err()); // and no file is written
    /// ```
    #[must_use]
    pub fn without_persistence(mut self) -> Self {
        self.persists = false;
        self
    }
}
