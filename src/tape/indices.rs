//! Rows that are no real numbers: indices and masks, and what may stand for them.

use super::element::{Whole, counted_in};
use super::{Tape, Var};
use crate::Float;
use crate::array::{Kind, Room, Value, place, uncountable};
use crate::error::{Error, ErrorKind, Problem, must};
use crate::prim::Leaf;
use ndarray::{
    ArcArray, Array, ArrayBase, ArrayD, ArrayView, ArrayView1, ArrayViewD, Data, Dimension, aview0, aview2,
};

/// The elements as numbers of the tape's.
fn indices_of<T: Float, I: Whole>(array: &ArrayViewD<'_, I>, room: &Room<T>) -> Result<Value<T>, Problem> {
    let mut elements = room.empty(array.shape())?;
    for number in array {
        elements.push(counted_in(*number).ok_or_else(|| uncountable::<T>(number, array.shape()))?);
    }
    Ok(Value::from_vec(array.shape(), elements))
}

fn mask_of<T: Float>(array: &ArrayViewD<'_, bool>, room: &Room<T>) -> Result<Value<T>, Problem> {
    let numbers = array.iter().map(|&holds| if holds { T::one() } else { T::zero() });
    Ok(Value::from_vec(array.shape(), room.collected(array.shape(), numbers)?))
}

/// Whole numbers that a tape can hold as indices: an integer, or an ndarray, `Vec`, slice or array of them, of any of
/// Rust's types from `i8` to `u64`; or a range of `usize`.
///
/// ```
/// # let tape = wengert::Tape::<f32>::new();
/// tape.indices("an ndarray", &ndarray::arr1(&[3_usize, 1, 4]));
/// tape.indices("a vector", vec![3_i32, 1, 4]);
/// tape.indices("a batch of two", [[3_u8, 1], [4, 1]]);
/// tape.indices("a range", 0..100);
/// tape.indices("one", 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array of whole numbers",
    label = "neither an integer nor an array of integers",
    note = "indices are of an integer type: `[1, 2]`, `vec![1_usize]`, `&array`; real numbers become indices by `x.to_indices()`"
)]
pub trait IntoPlaces: sealed::Places {}

impl<P: sealed::Places> IntoPlaces for P {}

/// What says places: a row of indices, or [whole numbers](IntoPlaces), which are put on the tape as a constant.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [10.0, 20.0, 30.0]);
/// let which = tape.indices("which", [2, 0]);
/// assert_eq!(x.take(0, which).value(), x.take(0, [2, 0]).value());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say places",
    label = "neither a row of indices nor an array of integers",
    note = "indices are of an integer type: `[1, 2]`, `vec![1_usize]`, `&array`; or a row, from `tape.indices` or `argmax` and its kin"
)]
pub trait IntoIndices<'t, T: Float> {
    #[doc(hidden)]
    #[track_caller]
    fn into_indices(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error>;
}

impl<'t, T: Float> IntoIndices<'t, T> for Var<'t, T> {
    fn into_indices(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(self)
    }
}

impl<'t, T: Float> IntoIndices<'t, T> for &Var<'t, T> {
    fn into_indices(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(*self)
    }
}

impl<'t, T: Float, P: IntoPlaces> IntoIndices<'t, T> for P {
    fn into_indices(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        tape.put(Leaf::Indices, "indices", |room| self.places(room))
    }
}

/// What says where something holds: a row, where it is not 0; or a `bool`, or an ndarray, `Vec`, slice or array of them,
/// which is put on the tape as a constant.
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
/// assert_eq!(x.masked_fill([true, false, true], 0.0).sum().item(), 2.0);
/// assert_eq!(x.masked_fill(x.gt(1.5), 0.0).sum().item(), 1.0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no mask",
    label = "neither a row nor an array of `bool`s",
    note = "a mask is an array of `bool`s, a row of `tape.mask`, or a comparison as in `x.gt(0.0)`"
)]
pub trait IntoMask<'t, T: Float>: sealed::Mask<'t, T> {}

impl<'t, T: Float, M: sealed::Mask<'t, T>> IntoMask<'t, T> for M {}

mod sealed {
    use super::{Error, Float, Problem, Room, Tape, Value, Var};

    pub trait Places {
        fn places<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem>;
    }

    pub trait Truths {
        fn truths<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem>;
    }

    pub trait Mask<'t, T: Float> {
        #[track_caller]
        fn mask(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error>;
    }
}

impl<'t, T: Float> sealed::Mask<'t, T> for Var<'t, T> {
    fn mask(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(self)
    }
}

impl<'t, T: Float> sealed::Mask<'t, T> for &Var<'t, T> {
    fn mask(self, _: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        Ok(*self)
    }
}

impl<'t, T: Float, B: sealed::Truths> sealed::Mask<'t, T> for B {
    fn mask(self, tape: &'t Tape<T>) -> Result<Var<'t, T>, Error> {
        tape.put(Leaf::Mask, "a mask", |room| self.truths(room))
    }
}

/// All that holds whole numbers, and all that holds `bool`s.
macro_rules! held {
    ($($element:ident: [$($generics:tt)*] $type:ty, |$it:ident| $view:expr);+ $(;)?) => {
        $(held!(@ $element [$($generics)*] $type, |$it| $view);)+
    };
    (@ I [$($generics:tt)*] $type:ty, |$it:ident| $view:expr) => {
        impl<I: Whole, $($generics)*> sealed::Places for $type {
            fn places<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem> {
                let $it = self;
                indices_of(&$view.into_dyn(), room)
            }
        }
    };
    (@ bool [$($generics:tt)*] $type:ty, |$it:ident| $view:expr) => {
        impl<$($generics)*> sealed::Truths for $type {
            fn truths<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem> {
                let $it = self;
                mask_of(&$view.into_dyn(), room)
            }
        }
    };
}

held! {
    I: [D: Dimension, S: Data<Elem = I>] &ArrayBase<S, D, I>, |it| it.view();
    I: [D: Dimension] Array<I, D>, |it| it.view();
    I: [D: Dimension] ArcArray<I, D>, |it| it.view();
    I: [D: Dimension] ArrayView<'_, I, D>, |it| it;
    I: [] Vec<I>, |it| ArrayView1::from(&it);
    I: [] &Vec<I>, |it| ArrayView1::from(it);
    I: [] &[I], |it| ArrayView1::from(it);
    I: [const N: usize] [I; N], |it| ArrayView1::from(&it);
    I: [const N: usize] &[I; N], |it| ArrayView1::from(it);
    I: [const M: usize, const N: usize] [[I; N]; M], |it| aview2(&it);
    I: [const M: usize, const N: usize] &[[I; N]; M], |it| aview2(it);
    bool: [D: Dimension, S: Data<Elem = bool>] &ArrayBase<S, D, bool>, |it| it.view();
    bool: [D: Dimension] Array<bool, D>, |it| it.view();
    bool: [D: Dimension] ArcArray<bool, D>, |it| it.view();
    bool: [D: Dimension] ArrayView<'_, bool, D>, |it| it;
    bool: [] Vec<bool>, |it| ArrayView1::from(&it);
    bool: [] &Vec<bool>, |it| ArrayView1::from(it);
    bool: [] &[bool], |it| ArrayView1::from(it);
    bool: [const N: usize] [bool; N], |it| ArrayView1::from(&it);
    bool: [const N: usize] &[bool; N], |it| ArrayView1::from(it);
    bool: [const M: usize, const N: usize] [[bool; N]; M], |it| aview2(&it);
    bool: [const M: usize, const N: usize] &[[bool; N]; M], |it| aview2(it);
    bool: [] bool, |it| aview0(&it);
}

macro_rules! number {
    ($($type:ident)+) => {
        $(impl sealed::Places for $type {
            fn places<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem> {
                indices_of(&aview0(&self).into_dyn(), room)
            }
        })+
    };
}

number!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl sealed::Places for std::ops::Range<usize> {
    fn places<T: Float>(self, room: &Room<T>) -> Result<Value<T>, Problem> {
        let shape = [self.len()];
        let mut elements = room.empty(&shape)?;
        for number in self {
            elements.push(counted_in(number).ok_or_else(|| uncountable::<T>(number, &shape))?);
        }
        Ok(Value::from_vec(&shape, elements))
    }
}

/// # Indices and masks
impl<T: Float> Tape<T> {
    /// Puts whole numbers on the tape that say places: indices, labels, tokens. They have no gradient; they can be
    /// sliced, reshaped, concatenated and compared as other rows are, looked up [with](Var::take), and be an input of a
    /// [program](Tape::program), which is then fed with integers.
    ///
    /// They are kept as whole numbers of the tape's type, so that `f32` counts to 2²⁴ − 1 and `f64` to 2⁵³ − 1. A negative
    /// number is no place, but can be compared with: a label that is to be ignored, say.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let table = tape.leaf("table", [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
    /// let tokens = tape.indices("tokens", &ndarray::arr1(&[2_usize, 0]));
    /// let program = tape.program([table, tokens], table.take(0, tokens))?; // the tokens are fed
    /// let rows = program.replay_one((&ndarray::arr2(&[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), &[1, 1]))?;
    /// assert_eq!(rows, ndarray::arr2(&[[2.0, 3.0], [2.0, 3.0]]).into_dyn());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "labels")]
    #[doc(alias = "LongTensor")]
    #[doc(alias = "int64")]
    #[track_caller]
    pub fn indices(&self, name: &str, places: impl IntoPlaces) -> Var<'_, T> {
        must(self.try_indices(name, places))
    }

    /// As [`indices`](Self::indices), without the panic.
    ///
    /// # Errors
    /// If a number is beyond what the tape's type counts, or as of [`try_leaf`](Self::try_leaf).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f32>::new();
    /// assert!(tape.try_indices("far", [1 << 24]).is_err());
    /// ```
    #[track_caller]
    pub fn try_indices(&self, name: &str, places: impl IntoPlaces) -> Result<Var<'_, T>, Error> {
        self.put_named(Leaf::Indices, name, |room| places.places(room))
    }

    /// Puts a mask on the tape: `true` is 1 and `false` is 0. It has no gradient, and can be an input of a
    /// [program](Tape::program), which is then fed with `bool`s.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0, 3.0]);
    /// let keep = tape.mask("keep", [true, false, true]);
    /// let program = tape.program([x, keep], keep.select(x, 0.0).sum())?;
    /// assert_eq!(program.replay_one((&[1.0, 2.0, 3.0], &[false, true, true]))?[[]], 5.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "BoolTensor")]
    #[track_caller]
    pub fn mask(&self, name: &str, truths: impl sealed::Truths) -> Var<'_, T> {
        must(self.try_mask(name, truths))
    }

    /// As [`mask`](Self::mask), without the panic.
    ///
    /// # Errors
    /// As of [`try_leaf`](Self::try_leaf).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f32>::new();
    /// assert!(tape.try_mask("deep", ndarray::ArrayD::from_elem(vec![1; 65], true)).is_err());
    /// ```
    #[track_caller]
    pub fn try_mask(&self, name: &str, truths: impl sealed::Truths) -> Result<Var<'_, T>, Error> {
        self.put_named(Leaf::Mask, name, |room| truths.truths(room))
    }
}

impl<T: Float> Tape<T> {
    /// A named leaf of a kind.
    #[track_caller]
    pub(crate) fn try_fed(
        &self,
        name: &str,
        kind: Kind,
        value: impl FnOnce(&Room<T>) -> Result<Value<T>, Problem>,
    ) -> Result<Var<'_, T>, Error> {
        let leaf = match kind {
            Kind::Real => Leaf::Input,
            Kind::Index => Leaf::Indices,
            Kind::Mask => Leaf::Mask,
        };
        self.put_named(leaf, name, value)
    }
}

/// # Indices
impl<T: Float> Var<'_, T> {
    /// What its numbers are: real, indices, or a mask.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert_eq!(tape.indices("labels", [3, 1]).kind(), wengert::Kind::Index);
    /// ```
    #[doc(alias = "dtype")]
    pub fn kind(self) -> Kind {
        self.with_row(|row| row.kind)
    }

    /// Indices as an array of `usize`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[1.0, 5.0], [9.0, 7.0]]);
    /// assert_eq!(x.argmax(1).places(), ndarray::arr1(&[1, 0]).into_dyn());
    /// ```
    #[track_caller]
    pub fn places(self) -> ArrayD<usize> {
        must(self.try_places())
    }

    /// As [`places`](Self::places), without the panic.
    ///
    /// # Errors
    /// If a number is negative or not whole.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.indices("labels", [3, -100]).try_places().is_err());
    /// ```
    #[track_caller]
    pub fn try_places(self) -> Result<ArrayD<usize>, Error> {
        let shape = self.shape();
        let places: Result<Vec<usize>, f64> = self.with_row(|row| {
            let all = row.value.view();
            all.iter().map(|index| place(*index, usize::MAX).ok_or(index.to_f64())).collect()
        });
        let places = places.map_err(|index| {
            let what = format!("{index} is no place: those are whole numbers from 0 on");
            Self::error(
                "places",
                Problem::new(ErrorKind::Index, what, "Take the numbers as they are with `value()`."),
                &[self],
            )
        })?;
        self.tape().log_read(self.id());
        Ok(ArrayD::from_shape_vec(shape, places).expect("as many elements"))
    }
}
