//! Einstein summation: every operand's axes carry labels, operands are multiplied where labels meet,
//! and labels that the result does not carry are summed over.

use std::collections::BTreeSet;
use wengert::{Error, Var};

/// A label: a letter's code, or, for an axis under an ellipsis, minus its place counted from the right.
type Label = i64;

/// Which labels the axes of the operands and of the result carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    inputs: Vec<Vec<Label>>,
    output: Vec<Label>,
}

/// The axes that an ellipsis stands for: the last of them is -1.
fn ellipsis(axes: usize) -> impl Iterator<Item = Label> {
    (1..=Label::try_from(axes).unwrap_or(0)).rev().map(|place| -place)
}

impl Equation {
    /// Reads `ij,jk->ik`, for operands of these numbers of axes. Without an arrow, the result carries the
    /// axes under ellipses and then, in alphabetical order, the labels that occur once.
    ///
    /// # Errors
    /// If the labels do not fit the operands.
    pub fn parse(text: &str, ranks: &[usize]) -> Result<Self, String> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) =
            text.split_once("->").map_or((text.as_str(), None), |(left, right)| (left, Some(right)));
        let terms: Vec<&str> = left.split(',').collect();
        if terms.len() != ranks.len() {
            return Err(format!(
                "einsum `{text}` has {} operands, and {} were given",
                terms.len(),
                ranks.len()
            ));
        }
        let inputs = terms.iter().zip(ranks).map(|(term, &rank)| labels(term, rank));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        // Axes under an ellipsis that the result does not have are summed over, as PyTorch does.
        let hidden = inputs.iter().flatten().filter(|&&label| label < 0).collect::<BTreeSet<_>>().len();
        let output = match right {
            Some(term) if term.contains("...") => labels(term, letters(term) + hidden)?,
            Some(term) => labels(term, letters(term))?,
            None => implicit(&inputs),
        };
        Self { inputs, output }.checked()
    }

    /// The equation in the form with one list of numbers for each operand and, if there is one more, for
    /// the result.
    ///
    /// # Errors
    /// If the labels do not fit the operands.
    pub fn from_lists(lists: &[Vec<isize>], ranks: &[usize]) -> Result<Self, String> {
        let named: Vec<Vec<Label>> =
            lists.iter().map(|list| list.iter().map(|&label| label as Label).collect()).collect();
        if named.iter().flatten().any(|&label| label < 0) || named.len() < ranks.len() {
            return Err("einsum takes a list of labels for each operand, counted from 0".into());
        }
        let (inputs, output) = named.split_at(ranks.len());
        if inputs.iter().zip(ranks).any(|(labels, &rank)| labels.len() != rank) {
            return Err("einsum takes a label for each axis".into());
        }
        let output = output.first().cloned().unwrap_or_else(|| implicit(inputs));
        Self { inputs: inputs.to_vec(), output }.checked()
    }

    fn checked(self) -> Result<Self, String> {
        let known: BTreeSet<_> = self.inputs.iter().flatten().collect();
        let distinct: BTreeSet<_> = self.output.iter().collect();
        if distinct.len() == self.output.len() && distinct.is_subset(&known) {
            Ok(self)
        } else {
            Err("einsum's result names a label twice, or one that no operand has".into())
        }
    }

    /// The value: operands brought to common axes, multiplied, and summed over what is not in the result.
    ///
    /// # Errors
    /// If sizes that meet are neither equal nor 1.
    pub fn evaluate<'t>(&self, operands: &[Var<'t, f64>]) -> Result<Var<'t, f64>, Error> {
        let mut all = self.output.clone();
        let summed: BTreeSet<Label> =
            self.inputs.iter().flatten().copied().filter(|label| !all.contains(label)).collect();
        all.extend(&summed);
        let mut product: Option<Var<'t, f64>> = None;
        for (operand, labels) in operands.iter().zip(&self.inputs) {
            let aligned = align(*operand, labels, &all)?;
            product = Some(product.map_or(Ok(aligned), |product| product.try_mul(aligned))?);
        }
        let product = product.expect("an equation has operands");
        let axes: Vec<usize> = (self.output.len()..all.len()).collect();
        product.try_sum_axis(axes.as_slice())
    }
}

/// The labels of a term, where an ellipsis stands for the axes that are left of `rank`.
fn labels(term: &str, rank: usize) -> Result<Vec<Label>, String> {
    let misfit = || format!("einsum: the labels `{term}` do not fit the number of axes");
    let hidden = rank.checked_sub(letters(term)).ok_or_else(misfit)?;
    let (before, after) = match term.split_once("...") {
        Some((before, after)) => (before, Some(after)),
        None => (term, None),
    };
    if after.is_none() && hidden > 0 {
        return Err(misfit());
    }
    let mut out = codes(before)?;
    if let Some(after) = after {
        out.extend(ellipsis(hidden));
        out.extend(codes(after)?);
    }
    Ok(out)
}

fn letters(term: &str) -> usize {
    term.chars().filter(char::is_ascii_alphabetic).count()
}

fn codes(letters: &str) -> Result<Vec<Label>, String> {
    let code = |c: char| match c {
        c if c.is_ascii_alphabetic() => Ok(Label::from(u32::from(c))),
        c => Err(format!("einsum: `{c}` is not a label")),
    };
    letters.chars().map(code).collect()
}

/// Hidden axes, which are negative, and labels that occur once, in order.
fn implicit(inputs: &[Vec<Label>]) -> Vec<Label> {
    let all: Vec<Label> = inputs.iter().flatten().copied().collect();
    let once = |label: &Label| all.iter().filter(|other| *other == label).count() == 1;
    let kept: BTreeSet<Label> = all.iter().copied().filter(|label| *label < 0 || once(label)).collect();
    kept.into_iter().collect()
}

/// The operand with one axis for each of the labels `all`, of size 1 where it has none.
fn align<'t>(operand: Var<'t, f64>, labels: &[Label], all: &[Label]) -> Result<Var<'t, f64>, Error> {
    let (mut var, mut labels) = (operand, labels.to_vec());
    while let Some((first, second)) = repeated(&labels) {
        var = diagonal(var, first, second)?;
        let label = labels.remove(second);
        labels.remove(first);
        labels.push(label);
    }
    let present = all.iter().filter_map(|label| labels.iter().position(|own| own == label));
    let order: Vec<usize> = present.collect();
    let shape = var.shape();
    let sizes =
        all.iter().map(|label| labels.iter().position(|own| own == label).map_or(1, |axis| shape[axis]));
    var.try_permute(order.as_slice())?.try_reshape(sizes.collect::<Vec<_>>())
}

fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len())
        .find_map(|first| (first + 1..labels.len()).find(|&i| labels[i] == labels[first]).map(|i| (first, i)))
}

/// The elements whose indices along two axes agree; their common axis comes last.
fn diagonal(var: Var<'_, f64>, first: usize, second: usize) -> Result<Var<'_, f64>, Error> {
    let shape = var.shape();
    let rest: Vec<usize> = (0..shape.len()).filter(|&axis| axis != first && axis != second).collect();
    let order = [&rest[..], &[first, second]].concat();
    let n = shape[first].min(shape[second]);
    let places: Vec<usize> = (0..n).map(|i| i * shape[second] + i).collect();
    let mut sizes: Vec<usize> = rest.iter().map(|&axis| shape[axis]).collect();
    sizes.push(shape[first] * shape[second]);
    var.try_permute(order.as_slice())?.try_reshape(sizes)?.try_take(-1, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, ArrayD, IxDyn};
    use wengert::{Broadcasting, Tape};

    /// Numbers 1, 2, 3 … at a shape.
    #[allow(clippy::cast_precision_loss)]
    fn count(shape: &[usize]) -> ArrayD<f64> {
        Array::from_shape_fn(IxDyn(shape), |_| 0.0)
            .into_iter()
            .enumerate()
            .map(|(i, _)| i as f64 + 1.0)
            .collect::<Array<_, _>>()
            .into_shape_with_order(IxDyn(shape))
            .unwrap()
    }

    fn einsum(text: &str, shapes: &[&[usize]]) -> ArrayD<f64> {
        let tape = Tape::with_broadcasting(Broadcasting::NumPy);
        let operands: Vec<_> = shapes.iter().map(|shape| tape.leaf("x", count(shape))).collect();
        let ranks: Vec<usize> = shapes.iter().map(|shape| shape.len()).collect();
        let value = Equation::parse(text, &ranks).unwrap().evaluate(&operands).unwrap().value();
        value.to_owned()
    }

    #[test]
    fn a_matrix_product_in_every_notation() {
        let expected = ndarray::arr2(&[[22.0, 28.0], [49.0, 64.0]]).into_dyn();
        for text in ["ij,jk->ik", "ij,jk", " i j , j k -> i k ", "Ab,bC->AC", "...j,jk->...k"] {
            assert_eq!(einsum(text, &[&[2, 3], &[3, 2]]), expected, "{text}");
        }
        assert_eq!(einsum("ij,jk->ki", &[&[2, 3], &[3, 2]]), expected.t());
    }

    #[test]
    fn repeated_labels_are_diagonals() {
        assert_eq!(einsum("ii->i", &[&[3, 3]]), ndarray::arr1(&[1.0, 5.0, 9.0]).into_dyn());
        assert_eq!(einsum("ii", &[&[3, 3]]), ndarray::arr0(15.0).into_dyn());
        assert_eq!(einsum("iii->i", &[&[2, 2, 2]]), ndarray::arr1(&[1.0, 8.0]).into_dyn());
        assert_eq!(einsum("iji->j", &[&[2, 3, 2]]), ndarray::arr1(&[9.0, 13.0, 17.0]).into_dyn());
    }

    #[test]
    fn ellipses_align_at_the_right_and_come_first() {
        assert_eq!(einsum("i...,...", &[&[2, 4, 3], &[3]]).shape(), [4, 3, 2]);
        assert_eq!(einsum("...ij->...ji", &[&[5, 4, 2, 3]]).shape(), [5, 4, 3, 2]);
        assert_eq!(einsum("b...,b...->b...", &[&[2, 1, 3], &[2, 4, 3]]).shape(), [2, 4, 3]);
        assert_eq!(einsum("...->", &[&[2, 2]]), ndarray::arr0(10.0).into_dyn());
    }

    #[test]
    fn capitals_come_before_small_letters() {
        assert_eq!(einsum("aB", &[&[2, 3]]).shape(), [3, 2]);
    }

    #[test]
    fn lists_of_numbers_are_labels() {
        let by_list = Equation::from_lists(&[vec![0, 7], vec![7, 2], vec![2, 0]], &[2, 2]).unwrap();
        assert_eq!(by_list.inputs, [[0, 7], [7, 2]]);
        assert_eq!(by_list.output, [2, 0]);
        assert_eq!(Equation::from_lists(&[vec![1, 0]], &[2]).unwrap().output, [0, 1]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, ranks) in
            [("ij", &[1][..]), ("i", &[2]), ("i,j", &[1]), ("i->ii", &[1]), ("i->j", &[1]), ("i1->i", &[2])]
        {
            assert!(Equation::parse(text, ranks).is_err(), "{text}");
        }
    }
}
