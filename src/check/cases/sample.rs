//! One case of an examination: sizes, layouts and numbers.
//!
//! Numbers are a function of the seed and of where they stood when the case was drawn, so that dropping a row leaves
//! the others as they were. How cases are drawn is in `draw.rs`, how a failing one becomes simpler in `shrink.rs`.

use super::plan::Plan;
use super::shapes::Signature;
use super::values::{Mood, Palette, Values, mix};
use crate::check::Layout;
use crate::check::ask::parameter::Argument;
use crate::{Float, Kind};
use ndarray::ArrayD;
use std::rc::Rc;

/// A number that takes the place of a drawn one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) struct Edit {
    pub input: usize,
    pub element: usize,
    pub value: f64,
}

/// Everything that a case is made from.
#[derive(Clone, Debug)]
pub(in crate::check) struct Sample {
    pub(in crate::check) plan: Rc<Plan>,
    /// The size of each named axis.
    pub sizes: Vec<usize>,
    /// Of each named axis, which places are left of those that were drawn, in order; unless said, all of them.
    pub(in crate::check) kept: Vec<Option<Vec<usize>>>,
    /// One an input, and one a cotangent.
    pub(in crate::check) layouts: Vec<Layout>,
    /// The array along some of whose axes all elements are the same.
    pub(in crate::check) repeated: Option<Repeated>,
    /// The second of these inputs has the numbers of the first.
    pub(in crate::check) twins: Option<[usize; 2]>,
    pub(in crate::check) cotangents: Cotangents,
    pub(in crate::check) palette: Palette,
    pub(in crate::check) seed: u64,
    /// Whether [`Values::Extended`] is finite here.
    pub(in crate::check) finite: bool,
    /// Numbers that shrinking or climbing has replaced.
    pub(in crate::check) edits: Vec<Edit>,
}

/// Elements that are the same along one axis of an array, or along all: a view of it has stride 0 there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) struct Repeated {
    /// The number of the input, or behind them of the cotangent.
    pub array: usize,
    pub axis: Option<usize>,
    /// Whether a view has stride 0 there; else the same numbers have places of their own.
    pub viewed: bool,
}

/// What the cotangents are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::check) enum Cotangents {
    Drawn,
    Ones,
    Zeros,
}

impl Sample {
    pub fn signature(&self) -> &Signature {
        &self.plan.signature
    }

    /// The input arrays, in their layouts.
    pub fn inputs<T: Float>(&self) -> Vec<ArrayD<T>> {
        self.numbers()
            .iter()
            .zip(&self.layouts)
            .map(|(x, layout)| layout.place(&x.mapv(T::from_f64)))
            .collect()
    }

    /// A cotangent of this shape, in its layout; those of several results, in one row, if these are the parts.
    pub fn cotangent<T: Float>(&self, shape: &[usize], parts: &[Vec<usize>]) -> ArrayD<T> {
        let inputs = self.plan.values.len();
        if parts.is_empty() {
            return self.layouts[inputs].place(&self.drawn_cotangent(0, shape).mapv(T::from_f64));
        }
        let parts = parts.iter().enumerate().flat_map(|(part, shape)| self.drawn_cotangent(part, shape));
        ArrayD::from_shape_vec(shape, parts.map(T::from_f64).collect()).expect("the parts are all of it")
    }

    fn drawn_cotangent(&self, part: usize, shape: &[usize]) -> ArrayD<f64> {
        let array = self.plan.values.len() + part;
        let numbers = match self.cotangents {
            Cotangents::Drawn => {
                let axes = self.likely_axes(shape);
                let place = |axis: usize, i: usize| self.place(array, axes[axis], axis, i);
                Values::Any.draw_at(shape, &place, &self.mood(), self.seed_of(array))
            }
            Cotangents::Ones => ArrayD::ones(shape),
            Cotangents::Zeros => ArrayD::zeros(shape),
        };
        self.edited(array, numbers)
    }

    /// Which named axes a cotangent's may be, by their sizes: only for what shrinking dropped to be dropped there too.
    fn likely_axes(&self, shape: &[usize]) -> Vec<Option<usize>> {
        let mut free: Vec<usize> = (0..self.sizes.len()).filter(|&axis| self.kept[axis].is_some()).collect();
        let mut likely = |size: &usize| {
            let place = free.iter().position(|&axis| self.sizes[axis] == *size)?;
            Some(free.remove(place))
        };
        shape.iter().map(&mut likely).collect()
    }

    /// Where element `i` along an axis of an array stood when the case was drawn.
    fn place(&self, array: usize, named: Option<usize>, axis: usize, i: usize) -> usize {
        match self.repeated {
            Some(repeated) if repeated.array == array && repeated.axis.is_none_or(|other| other == axis) => 0,
            _ => named.and_then(|named| self.kept[named].as_ref()).map_or(i, |kept| kept[i]),
        }
    }

    fn mood(&self) -> Mood<'_> {
        Mood { palette: self.palette, thresholds: &self.plan.thresholds, epsilon: self.plan.epsilon }
    }

    /// An array as the hand-written function gets it; the cotangents follow the inputs.
    pub fn argument<T: Float>(&self, array: usize, elements: ArrayD<T>) -> Argument<T> {
        let layout = self.layouts[array.min(self.layouts.len() - 1)].clone();
        // Cotangents of several results come without a layout of their own.
        let lies = elements.is_standard_layout() && layout != Layout::contiguous();
        let placed = if lies { layout.place(&elements) } else { elements };
        let repeated = match self.repeated {
            Some(Repeated { array: other, axis, viewed: true }) if other == array => {
                (0..placed.ndim()).filter(|&mine| axis.is_none_or(|axis| axis == mine)).collect()
            }
            _ => Vec::new(),
        };
        Argument { array: placed, layout, repeated }
    }

    /// How many inputs come before the end of those that may have a gradient: all but directions, and indices and masks
    /// at the end.
    pub fn gradients(&self) -> usize {
        let last =
            (0..self.plan.values.len() - self.plan.directions).rfind(|&input| self.kind(input) == Kind::Real);
        last.map_or(0, |last| last + 1)
    }

    /// The same with finite numbers, if some could be others.
    pub fn finite(&self) -> Option<Self> {
        let extended = self.plan.values.iter().any(|values| matches!(values, Values::Extended));
        (extended && !self.finite).then(|| Self { finite: true, ..self.clone() })
    }

    /// What the numbers of an input are.
    pub fn kind(&self, input: usize) -> Kind {
        self.plan.values[input].kind()
    }

    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same sizes with other numbers.
    pub fn reseeded(&self, seed: u64) -> Self {
        Self { seed, edits: Vec::new(), ..self.clone() }
    }

    /// The same with numbers of this palette, and nothing else that is special.
    fn plainly(&self, palette: Palette) -> Self {
        Self {
            palette,
            repeated: None,
            twins: None,
            cotangents: Cotangents::Drawn,
            edits: Vec::new(),
            ..self.clone()
        }
    }

    /// The same with numbers near 1, none of them 0: away from most kinks.
    pub fn tame(&self) -> Self {
        self.plainly(Palette::Plain)
    }

    /// Whether its numbers are such.
    pub fn is_tame(&self) -> bool {
        self.palette == Palette::Plain
    }

    /// Whether they are neither tiny nor large.
    pub fn is_ordinary(&self) -> bool {
        !matches!(self.palette, Palette::Tiny | Palette::Large | Palette::Wide)
    }

    /// The same in standard order, but for one array, if any, that lies so.
    pub fn laid(&self, one: Option<(usize, Layout)>) -> Self {
        let mut layouts = vec![Layout::contiguous(); self.layouts.len()];
        if let Some((array, layout)) = one {
            let last = layouts.len() - 1;
            layouts[array.min(last)] = layout;
        }
        Self { layouts, repeated: None, ..self.clone() }
    }

    /// The same with small whole numbers: many zeros and ties.
    pub fn tied(&self) -> Self {
        self.plainly(Palette::Integers)
    }

    /// The same with tiny numbers, beside which a small constant shows.
    pub fn tiny(&self) -> Self {
        self.plainly(Palette::Tiny)
    }

    /// The same with numbers of all sizes, far from and beside those that the function compares with, if there are any.
    pub fn wide(&self) -> [Self; 2] {
        let compares = !self.plan.thresholds.is_empty();
        [Palette::Wide, if compares { Palette::Thresholds } else { Palette::Large }]
            .map(|palette| self.plainly(palette))
    }

    /// The same with these sizes, or with those near them that the shapes admit.
    pub fn resized(&self, sizes: &[usize]) -> Self {
        let sizes = self.signature().nearest(sizes).unwrap_or_else(|| self.sizes.clone());
        Self { kept: vec![None; sizes.len()], sizes, edits: Vec::new(), ..self.clone() }
    }

    pub(in crate::check) fn numbers(&self) -> Vec<ArrayD<f64>> {
        let shapes = self.plan.signature.shapes(&self.sizes);
        let draw = |(input, shape): (usize, &Vec<usize>)| {
            let source = self.source(input);
            let named = self.plan.signature.named(input);
            let place = |axis: usize, i: usize| self.place(source, named[axis], axis, i);
            let values = match &self.plan.limits[input] {
                Some(limit) => {
                    let limit = limit.of(&self.sizes).and_then(|limit| usize::try_from(limit).ok());
                    &Values::Below(limit.unwrap_or(0))
                }
                None if self.finite => self.plan.values[input].finite(),
                None => &self.plan.values[input],
            };
            self.edited(source, values.draw_at(shape, &place, &self.mood(), self.seed_of(source)))
        };
        shapes.iter().enumerate().map(draw).collect()
    }

    /// The input whose numbers an input has: mostly its own.
    pub(in crate::check) fn source(&self, input: usize) -> usize {
        match self.twins {
            Some([first, second]) if second == input => first,
            _ => input,
        }
    }

    fn seed_of(&self, input: usize) -> u64 {
        mix(self.seed, input)
    }

    fn edited(&self, input: usize, mut numbers: ArrayD<f64>) -> ArrayD<f64> {
        for edit in self.edits.iter().filter(|edit| edit.input == input) {
            if let Some(x) = numbers.iter_mut().nth(edit.element) {
                *x = edit.value;
            }
        }
        numbers
    }

    /// How its arrays lie, in words.
    pub fn kinds_of_layout(&self) -> impl Iterator<Item = &'static str> {
        self.layouts.iter().map(Layout::kind)
    }

    /// Which numbers are frequent, in words.
    pub fn kind_of_numbers(&self) -> &'static str {
        self.palette.name()
    }

    /// How many numbers its inputs hold.
    pub fn len(&self) -> usize {
        self.signature().shapes(&self.sizes).iter().map(|shape| shape.iter().product::<usize>()).sum()
    }

    /// The same with this number in the place of one of an input's.
    pub fn edit(&self, input: usize, element: usize, value: f64) -> Self {
        // One of repeated elements has no number of its own.
        if self.repeated.is_some_and(|repeated| repeated.array == input) {
            return self.clone();
        }
        let mut edits = self.edits.clone();
        edits.retain(|edit| (edit.input, edit.element) != (input, element));
        edits.push(Edit { input, element, value });
        Self { edits, ..self.clone() }
    }

    /// How an array lies in memory, in words, if that is special.
    pub fn describe_layout(&self, array: usize) -> Option<String> {
        if let Some(Repeated { array: other, axis, viewed: true }) = self.repeated
            && other == array
        {
            return Some(match axis {
                None => "one number, broadcast to a view of stride 0".into(),
                Some(axis) => format!("broadcast along axis {axis}, to a view of stride 0 there"),
            });
        }
        let layout = &self.layouts[array.min(self.layouts.len() - 1)];
        (*layout != Layout::contiguous()).then(|| layout.describe())
    }

    /// The same with this array contiguous in memory.
    pub fn contiguous(&self, array: usize) -> Self {
        let mut layouts = self.layouts.clone();
        let last = layouts.len() - 1;
        layouts[array.min(last)] = Layout::contiguous();
        Self { layouts, ..self.clone() }
    }
}
