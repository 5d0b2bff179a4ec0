//! How a replayed function is recorded, and what it keeps.

use super::{Path, Replayed};
use crate::replay::builder::Level;
use crate::{Broadcasting, Float};

impl<T: Float, F> Replayed<T, F> {
    /// How many programs are kept at most, 64 unless said otherwise. Beyond that, the one goes that was not used for
    /// the longest time; if its path comes up again, that is recorded anew. With 0, every call is recorded.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sum()]).keep(2);
    /// for n in 1..5 {
    ///     f.call_one(&ndarray::Array1::<f64>::ones(n))?;
    /// }
    /// assert_eq!(f.len(), 2);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn keep(mut self, programs: usize) -> Self {
        self.kept = programs;
        self.paths.truncate(programs);
        self
    }

    /// Refuses to record a function that reads values: see [`ProgramBuilder::strict`](crate::ProgramBuilder::strict).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0) * call.input(0).item()]).strict();
    /// assert!(f.call_one(3.0).is_err());
    /// ```
    pub fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// How closely programs keep to what was recorded: see [`ProgramBuilder::level`](crate::ProgramBuilder::level).
    ///
    /// ```
    /// # use wengert::{Call, Level, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).level(Level::Fast);
    /// ```
    pub fn level(mut self, level: Level) -> Self {
        self.options.level = level;
        self
    }

    /// How many threads a program may use: see [`ProgramBuilder::threads`](crate::ProgramBuilder::threads).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).threads(1);
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Holds the buffers of each program within so many bytes: see
    /// [`ProgramBuilder::memory`](crate::ProgramBuilder::memory).
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).memory(1 << 20);
    /// ```
    pub fn memory(mut self, bytes: usize) -> Self {
        self.options.budget = Some(bytes);
        self
    }

    /// Which shapes may meet in the function: see [`Tape::with_broadcasting`](crate::Tape::with_broadcasting).
    ///
    /// ```
    /// # use wengert::{Broadcasting, Call, Replayed};
    /// let f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).broadcasting(Broadcasting::NumPy);
    /// ```
    pub fn broadcasting(mut self, broadcasting: Broadcasting) -> Self {
        self.broadcasting = broadcasting;
        self
    }

    /// The programs, the one that was used last first. To print all of them, print the function itself.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// for path in f.paths() {
    ///     println!("{path}, {} bytes", path.program().report().workspace_bytes());
    /// }
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn paths(&self) -> impl Iterator<Item = &Path<T>> {
        self.paths.iter()
    }

    /// How many programs there are.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// assert_eq!(f.len(), 1);
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Whether nothing was recorded yet.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// assert!(Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Forgets all programs, and keeps the state. The next call records.
    ///
    /// ```
    /// # use wengert::{Call, Replayed};
    /// let mut f = Replayed::new(|call: Call<'_, f64>| vec![call.input(0).sin()]);
    /// f.call_one(1.0)?;
    /// f.clear();
    /// assert!(f.is_empty());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.paths.clear();
    }
}
