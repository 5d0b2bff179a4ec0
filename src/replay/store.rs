//! The state of a function, which its programs share: between calls it is here, and lent to the program that runs.

use super::machine::{Aligned, Place, Source};
use super::workspace::Workspace;
use crate::Float;
use crate::array::Value;
use indexmap::IndexMap;
use ndarray::{ArrayView, ArrayViewD, IxDyn};

/// State by name, in the order in which it was first declared.
#[derive(Clone, Debug)]
pub(super) struct Store<T: Float>(IndexMap<String, Slot<T>>);

#[derive(Clone, Debug)]
struct Slot<T: Copy> {
    shape: Vec<usize>,
    /// What it starts from; none if it was put in before it was declared.
    initial: Option<Value<T>>,
    /// In row-major order.
    now: Aligned<T>,
}

impl<T: Float> Default for Store<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

fn elements<T: Float>(value: &Value<T>) -> Aligned<T> {
    Aligned::of(value.view().iter().copied(), T::zero())
}

impl<T: Float> Store<T> {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn place(&self, name: &str) -> Option<usize> {
        self.0.get_index_of(name)
    }

    pub fn view(&self, name: &str) -> Option<ArrayViewD<'_, T>> {
        let slot = self.0.get(name)?;
        Some(
            ArrayView::from_shape(IxDyn(&slot.shape), &slot.now).expect("as many elements as its shape says"),
        )
    }

    pub fn value(&self, name: &str) -> Option<Value<T>> {
        self.view(name).map(|view| Value::new(view.to_owned().into_shared()))
    }

    /// Puts a value in, which for state that is new is the one that it starts from if it was declared so.
    pub fn put(&mut self, name: &str, initial: Option<&Value<T>>, value: &Value<T>) {
        let slot = self.0.entry(name.to_owned()).or_insert_with(|| Slot {
            shape: value.shape().to_vec(),
            initial: None,
            now: Aligned::default(),
        });
        if slot.initial.is_none() {
            slot.initial = initial.cloned();
        }
        slot.now = elements(value);
    }

    /// Puts all state back to what it started from.
    pub fn reset(&mut self) {
        for slot in self.0.values_mut() {
            if let Some(initial) = &slot.initial {
                slot.now = elements(initial);
            }
        }
    }

    /// Exchanges state with the places that a program has for it: before its run, and after. Nothing is copied but
    /// numbers.
    fn exchange(&mut self, workspace: &mut Workspace<T>, slots: &[usize]) {
        for (Place { source, .. }, &slot) in workspace.program.state_places.iter().zip(slots) {
            let now = &mut self.0[slot].now;
            match *source {
                Source::Buffer(buffer) => std::mem::swap(&mut workspace.memory.buffers[buffer], now),
                Source::Bank(place) => std::mem::swap(&mut workspace.memory.bank[place], &mut now[0]),
                Source::Input(_) | Source::Constant(_) => unreachable!("state is in memory of its own"),
            }
        }
    }

    /// Lends state to a workspace, until what this gives is dropped, by a panic as well.
    pub fn lend<'a>(&'a mut self, workspace: &'a mut Workspace<T>, slots: &'a [usize]) -> Lent<'a, T> {
        self.exchange(workspace, slots);
        Lent { store: self, workspace, slots }
    }
}

/// A workspace that has the state in it.
pub(super) struct Lent<'a, T: Float> {
    store: &'a mut Store<T>,
    pub workspace: &'a mut Workspace<T>,
    slots: &'a [usize],
}

impl<T: Float> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        self.store.exchange(self.workspace, self.slots);
    }
}
