//! The shape language: `"W: h d"` is an input W with an axis h and an axis d.
//!
//! Axes of the same name have the same size in every input. A number is an axis of that size; an input
//! without axes is a number. The name in front may be left out.

use crate::error::Dims;
use indexmap::IndexSet;

/// The shapes of a function's inputs, as patterns over named axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signature {
    pub inputs: Vec<Pattern>,
    /// The named axes, in order of appearance.
    pub axes: IndexSet<String>,
}

/// The name and axes of one input.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    pub name: String,
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Axis {
    /// The position of its name in [`Signature::axes`].
    Named(usize),
    Fixed(usize),
}

impl Signature {
    /// Reads one pattern an input; the error says what is wrong and what would do.
    pub fn parse(patterns: &[&str]) -> Result<Self, String> {
        let mut axes = IndexSet::new();
        let inputs: Vec<Pattern> = patterns
            .iter()
            .enumerate()
            .map(|(i, text)| Pattern::parse(i, text, &mut axes))
            .collect::<Result<_, _>>()?;
        if let Some((i, input)) = inputs
            .iter()
            .enumerate()
            .find(|(i, input)| inputs[..*i].iter().any(|other| other.name == input.name))
        {
            return Err(format!(
                "input {i} is called `{}`, as one before it: give each its own name",
                input.name
            ));
        }
        Ok(Self { inputs, axes })
    }

    /// The shape of each input, given the sizes of the named axes.
    pub fn shapes(&self, sizes: &[usize]) -> Vec<Vec<usize>> {
        let size = |axis: &Axis| match axis {
            Axis::Named(name) => sizes[*name],
            Axis::Fixed(size) => *size,
        };
        self.inputs.iter().map(|input| input.axes.iter().map(size).collect()).collect()
    }

    /// The axes of an input as a reader wants them: `n` where it has a name, else the size.
    pub fn symbols(&self, input: usize) -> Vec<String> {
        let symbol = |axis: &Axis| match axis {
            Axis::Named(name) => self.axes[*name].clone(),
            Axis::Fixed(size) => size.to_string(),
        };
        self.inputs[input].axes.iter().map(symbol).collect()
    }

    /// The sizes in words, as in `n = 3, d = 2`.
    pub fn describe(&self, sizes: &[usize]) -> String {
        let named: Vec<String> =
            self.axes.iter().zip(sizes).map(|(name, size)| format!("{name} = {size}")).collect();
        named.join(", ")
    }

    /// The shapes, as in `a (3, 2), W (4, 2)`.
    pub fn describe_shapes(&self, sizes: &[usize]) -> String {
        let shapes = self.shapes(sizes);
        let each =
            self.inputs.iter().zip(&shapes).map(|(input, shape)| format!("{} {}", input.name, Dims(shape)));
        each.collect::<Vec<_>>().join(", ")
    }
}

impl Pattern {
    fn parse(number: usize, text: &str, names: &mut IndexSet<String>) -> Result<Self, String> {
        let (name, axes) = match text.split_once(':') {
            Some((name, axes)) => (name.trim().to_owned(), axes),
            None => (format!("input{number}"), text),
        };
        let wrong = |what: &str| {
            Err(format!(
                "the shape {text:?} of input {number} {what}: write its axes with spaces between them, \
                 each a name or a size, as in \"n d\", \"W: h d\" or \"b: 1 h\"; \"\" is a number"
            ))
        };
        if !is_name(&name) {
            return wrong(&format!("has {name:?} where a name should be"));
        }
        let mut pattern = Self { name, axes: Vec::new() };
        for axis in axes.split_whitespace() {
            pattern.axes.push(if let Ok(size) = axis.parse() {
                Axis::Fixed(size)
            } else if is_name(axis) {
                Axis::Named(names.insert_full(axis.to_owned()).0)
            } else {
                return wrong(&format!("has an axis {axis:?}"));
            });
        }
        Ok(pattern)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '\'')
}

#[cfg(test)]
mod tests {
    use super::Signature;

    #[test]
    fn axes_of_one_name_have_one_size() {
        let signature = Signature::parse(&["a: n d", "W: h d", "1 h", ""]).unwrap();
        assert_eq!(signature.shapes(&[5, 3, 2]), [vec![5, 3], vec![2, 3], vec![1, 2], vec![]]);
        assert_eq!(signature.describe(&[5, 3, 2]), "n = 5, d = 3, h = 2");
        assert_eq!(signature.describe_shapes(&[5, 3, 2]), "a (5, 3), W (2, 3), input2 (1, 2), input3 ()");
    }

    #[test]
    fn what_is_no_shape_is_named() {
        for (text, complaint) in
            [("n, d", "an axis \"n,\""), ("2x: n", "\"2x\" where a name"), ("n -1", "\"-1\"")]
        {
            let error = Signature::parse(&[text]).unwrap_err();
            assert!(error.contains(complaint), "{error}");
        }
        assert!(Signature::parse(&["a: n", "a: n"]).unwrap_err().contains("called `a`"));
    }
}
