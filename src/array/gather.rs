//! Elements in any layout, brought into row-major order, and put back to places in any layout.

use super::{Instructions, Layout};
use pulp::NullaryFnOnce;
use smallvec::SmallVec;
use std::ops::Range;

/// Numbers that a register has beyond its block, which [`gather`] may overwrite.
pub(crate) const SLACK: usize = 64;

/// As many axes of a collapsed layout have their positions on the stack.
pub(crate) const AXES: usize = 8;

/// The runs of a layout along its last axis, from the element `start` on: each one's first place and length.
struct Runs<'a> {
    layout: &'a Layout,
    index: SmallVec<[usize; AXES]>,
    place: usize,
    left: usize,
}

impl<'a> Runs<'a> {
    fn new(layout: &'a Layout, start: usize, len: usize) -> Self {
        let mut index: SmallVec<[usize; AXES]> = SmallVec::from_elem(0, layout.shape.len());
        let (mut rest, mut place) = (start, layout.offset);
        for axis in (0..layout.shape.len()).rev() {
            index[axis] = rest % layout.shape[axis];
            rest /= layout.shape[axis];
            place = place.wrapping_add_signed(layout.strides[axis] * index[axis].cast_signed());
        }
        Self { layout, index, place, left: len }
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        if self.left == 0 {
            return None;
        }
        let Some(last) = self.layout.shape.len().checked_sub(1) else {
            self.left = 0;
            return Some((self.place, 1));
        };
        let (shape, strides) = (&self.layout.shape, &self.layout.strides);
        let run = (self.place, (shape[last] - self.index[last]).min(self.left));
        self.left -= run.1;
        // On to the next run: like an odometer.
        self.place = self.place.wrapping_add_signed(-strides[last] * self.index[last].cast_signed());
        self.index[last] = 0;
        for axis in (0..last).rev() {
            self.index[axis] += 1;
            self.place = self.place.wrapping_add_signed(strides[axis]);
            if self.index[axis] < shape[axis] {
                break;
            }
            self.place = self.place.wrapping_add_signed(-strides[axis] * shape[axis].cast_signed());
            self.index[axis] = 0;
        }
        Some(run)
    }
}

/// The `len` elements of a collapsed layout from `start` on, in row-major order, to the start of `out`, which
/// is faster at narrow rows if it has room for [`SLACK`] more.
pub(crate) fn gather<T: Copy>(memory: &[T], layout: &Layout, start: usize, len: usize, out: &mut [T]) {
    if len == 0 {
        return;
    }
    let stride = layout.strides.last().copied().unwrap_or(0);
    if let ([_, width @ ..=SLACK], 0) = (&layout.shape[..], stride)
        && start.is_multiple_of(*width)
        && len.is_multiple_of(*width)
        && out.len() >= len + SLACK
    {
        let rows = start / width..(start + len) / width;
        let step = layout.strides[0];
        match width.div_ceil(16) {
            1 => repeat::<16, T>(memory, layout.offset, step, rows, *width, out),
            2 => repeat::<32, T>(memory, layout.offset, step, rows, *width, out),
            3 => repeat::<48, T>(memory, layout.offset, step, rows, *width, out),
            _ => repeat::<64, T>(memory, layout.offset, step, rows, *width, out),
        }
        return;
    }
    let mut out = &mut out[..len];
    if let ([.., times, width], [.., 0, 1]) = (&layout.shape[..], &layout.strides[..])
        && 2 * width <= len
    {
        return repeat_rows(memory, layout, [*times, *width], start, out);
    }
    for (place, run) in Runs::new(layout, start, len) {
        let (now, later) = out.split_at_mut(run);
        match stride {
            1 => now.copy_from_slice(&memory[place..place + run]),
            0 => now.fill(memory[place]),
            _ => {
                let mut place = place;
                for to in now {
                    *to = memory[place];
                    place = place.wrapping_add_signed(stride);
                }
            }
        }
        out = later;
    }
}

/// Rows each of which comes several times, one after the other: it is brought once, and copied on from there.
fn repeat_rows<T: Copy>(
    memory: &[T],
    layout: &Layout,
    [times, width]: [usize; 2],
    start: usize,
    mut out: &mut [T],
) {
    // All repetitions of a row as one run, which stays where it starts.
    let mut rows = layout.clone();
    rows.shape.truncate(layout.shape.len() - 1);
    rows.strides.truncate(layout.strides.len() - 1);
    *rows.shape.last_mut().expect("there are two axes at least") = times * width;
    let mut phase = start % width;
    for (place, run) in Runs::new(&rows, start, out.len()) {
        let row = &memory[place..place + width];
        let (now, later) = out.split_at_mut(run);
        let ahead = run.min(width - phase);
        now[..ahead].copy_from_slice(&row[phase..phase + ahead]);
        let mut done = ahead + (run - ahead).min(phase);
        now[ahead..done].copy_from_slice(&row[..done - ahead]);
        while done < run {
            let more = done.min(run - done);
            now.copy_within(..more, done);
            done += more;
        }
        (out, phase) = (later, 0);
    }
}

/// One number to each row of a narrow matrix, of at most `N` columns.
fn repeat<const N: usize, T: Copy>(
    memory: &[T],
    offset: usize,
    step: isize,
    rows: Range<usize>,
    width: usize,
    out: &mut [T],
) {
    Instructions::current().dispatch(Repeat::<N, T> { memory, offset, step, rows, width, out });
}

struct Repeat<'a, const N: usize, T> {
    memory: &'a [T],
    offset: usize,
    step: isize,
    rows: Range<usize>,
    width: usize,
    out: &'a mut [T],
}

impl<const N: usize, T: Copy> NullaryFnOnce for Repeat<'_, N, T> {
    type Output = ();

    /// Rows are written as whole vectors: each overwrites what the one before it wrote too much.
    #[inline(always)]
    fn call(self) {
        for (i, row) in self.rows.enumerate() {
            let number = self.memory[self.offset.wrapping_add_signed(self.step * row.cast_signed())];
            let to: &mut [T; N] = self.out[i * self.width..].first_chunk_mut().expect("out has slack");
            *to = [number; N];
        }
    }
}

/// Elements in row-major order, to their places in a layout: written there, or added to what is there.
pub(crate) fn scatter<T: Copy>(
    elements: &[T],
    layout: &Layout,
    start: usize,
    memory: &mut [T],
    put: impl Fn(&mut T, T),
) {
    if elements.is_empty() {
        return;
    }
    let stride = layout.strides.last().copied().unwrap_or(0);
    let mut elements = elements.iter();
    for (mut place, run) in Runs::new(layout, start, elements.len()) {
        for element in elements.by_ref().take(run) {
            put(&mut memory[place], *element);
            place = place.wrapping_add_signed(stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::AxisSet;

    /// Element by element, by its definition.
    fn element(layout: &Layout, index: usize) -> usize {
        let (mut rest, mut place) = (index, layout.offset.cast_signed());
        for (&n, &stride) in layout.shape.iter().zip(&layout.strides).rev() {
            place += (rest % n).cast_signed() * stride;
            rest /= n;
        }
        place.cast_unsigned()
    }

    #[test]
    fn every_element_comes_from_and_goes_to_its_place() {
        let memory: Vec<f32> = (0..120_u8).map(f32::from).collect();
        let x = Layout::row_major(&[2, 3, 4, 5]);
        let layouts = [
            x.clone(),
            x.permute(&[3, 1, 0, 2]),
            x.flip(AxisSet::all(4)),
            Layout::row_major(&[7, 1]).broadcast(&[7, 30]),
            Layout::row_major(&[7, 1]).broadcast(&[7, 64]),
            Layout::row_major(&[7, 1]).broadcast(&[7, 65]),
            Layout::row_major(&[7, 1]).flip(AxisSet::all(2)).broadcast(&[7, 3]),
            Layout::row_major(&[1, 5]).broadcast(&[9, 5]),
            Layout::row_major(&[]).broadcast(&[9, 5]),
            Layout::row_major(&[4, 1, 7]).broadcast(&[4, 9, 7]),
            Layout::row_major(&[4, 1, 30]).broadcast(&[4, 30, 30]).permute(&[0, 2, 1]),
            Layout::row_major(&[]),
        ];
        for layout in layouts.iter().map(Layout::collapsed) {
            for (start, len) in (0..layout.len()).flat_map(|start| [1, 2, 15, 60, 64].map(|len| (start, len)))
            {
                let len = len.min(layout.len() - start);
                let mut out = vec![-1.0; len + SLACK];
                gather(&memory, &layout, start, len, &mut out);
                let expected: Vec<f32> = (start..start + len).map(|i| memory[element(&layout, i)]).collect();
                assert_eq!(out[..len], expected, "{layout:?} from {start}");
            }
            let mut back = vec![0.0_f64; memory.len()];
            let ones = vec![1.0_f64; layout.len()];
            scatter(&ones, &layout, 0, &mut back, |there, x| *there += x);
            for (place, count) in back.iter().enumerate() {
                let times =
                    (0..layout.len()).filter(|&i| element(&layout, i) == place).fold(0.0_f64, |n, _| n + 1.0);
                assert_eq!(count.to_bits(), times.to_bits(), "{layout:?} at {place}");
            }
        }
    }
}
