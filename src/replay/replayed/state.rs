//! The state that the programs of a replayed function share.

use super::Replayed;
use crate::Float;
use crate::array::Value;
use crate::error::{Dims, Error, ErrorKind, Operand, Problem, must};
use crate::replay::feed::Input;
use ndarray::ArrayViewD;

impl<T: Float, F> Replayed<T, F> {
    /// The state of this name: what the last call left.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| {
    ///     let w = call.state("w", 8.0);
    ///     call.carry([(w, w * 0.5)]);
    ///     vec![w]
    /// });
    /// f.call_one(())?;
    /// assert_eq!(f.state("w")[[]], 4.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn state(&self, name: &str) -> ArrayViewD<'_, T> {
        must(self.try_state(name))
    }

    /// As [`state`](Self::state), without the panic.
    ///
    /// # Errors
    /// If no call has declared such a state, nor was it put in.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0)]);
    /// assert!(f.try_state("w").is_err()); // before the first call
    /// ```
    #[track_caller]
    pub fn try_state(&self, name: &str) -> Result<ArrayViewD<'_, T>, Error> {
        let Some(view) = self.store.view(name) else {
            return Err(self.no_state(name));
        };
        Ok(view)
    }

    /// All state, by name, in the order in which it was declared.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0) * call.state("b", 1.0)]);
    /// f.call_one(())?;
    /// assert_eq!(f.states().map(|(name, _)| name).collect::<Vec<_>>(), ["w", "b"]);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn states(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, T>)> {
        self.store.names().filter_map(|name| Some((name, self.store.view(name)?)))
    }

    /// Puts a value where state is carried, before the first call as well: saved weights, say.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0) * call.input(0)]);
    /// f.set_state("w", 3.0);
    /// assert_eq!(f.call_one(2.0)?[[]], 6.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn set_state<'a>(&mut self, name: &str, value: impl Into<Input<'a, T>>) {
        must(self.try_set_state(name, value));
    }

    /// As [`set_state`](Self::set_state), without the panic.
    ///
    /// # Errors
    /// If the state has another shape.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.state("w", 8.0)]);
    /// f.call_one(())?;
    /// assert!(f.try_set_state("w", vec![1.0, 2.0]).is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn try_set_state<'a>(&mut self, name: &str, value: impl Into<Input<'a, T>>) -> Result<(), Error> {
        let value = value.into();
        if let Some(now) = self.store.view(name).filter(|now| now.shape() != value.dims()) {
            let what = format!("state `{name}` has shape {}", Dims(now.shape()));
            let operand = Operand { label: "an array".into(), shape: value.dims().to_vec() };
            let problem =
                Problem::new(ErrorKind::Signature, what, "State keeps the shape that it was declared with.");
            return Err(Error::new("state", problem, vec![operand]));
        }
        if !self.paths.is_empty() && self.store.place(name).is_none() {
            return Err(self.no_state(name));
        }
        let value = value.to_array().map_err(|problem| Error::new("state", problem, Vec::new()))?;
        self.store.put(name, None, &Value::new(value.into_shared()));
        Ok(())
    }

    /// Puts all state back to the initial values that the function declared it with.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| {
    ///     let w = call.state("w", 8.0);
    ///     call.carry([(w, w * 0.5)]);
    ///     vec![w]
    /// });
    /// f.call_one(())?;
    /// f.reset();
    /// assert_eq!(f.call_one(())?[[]], 8.0);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn reset(&mut self) {
        self.store.reset();
    }

    #[track_caller]
    fn no_state(&self, name: &str) -> Error {
        let names: Vec<String> = self.store.names().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "none yet".into() } else { names.join(", ") };
        let what = format!("there is no state `{name}`: the function has declared {names}");
        let mend = "`call.state(\"w\", initial)` in the function declares state, from its first call on.";
        Error::new("state", Problem::new(ErrorKind::Signature, what, mend), Vec::new())
    }
}
