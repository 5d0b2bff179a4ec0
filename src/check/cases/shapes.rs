//! The shape language: `"W: h d"` is an input W with an axis h and an axis d.
//!
//! Axes of the same name have the same size in every input. A number is an axis of that size; an input
//! without axes is a number. The name in front may be left out. An axis may be made of others, `"n+k-1"`, and
//! anywhere may be said what must hold: `"x: n>=1 d"`, `"w: k<=n"`, or behind a bar, `"x: n d | n>=d, d>=2"`.

use super::size::{Condition, Item, Size, is_name};
use crate::error::Dims;
use indexmap::IndexSet;

/// The shapes of a function's inputs, as patterns over named axes.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Signature {
    pub inputs: Vec<Pattern>,
    /// The named axes, in order of appearance.
    pub axes: IndexSet<String>,
    conditions: Vec<Condition>,
}

/// The name and axes of one input.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Pattern {
    pub name: String,
    axes: Vec<Size>,
}

impl Signature {
    /// Reads one pattern an input; the error says what is wrong and what would do.
    pub fn parse(patterns: &[&str]) -> Result<Self, String> {
        let mut signature = Self { inputs: Vec::new(), axes: IndexSet::new(), conditions: Vec::new() };
        for (number, text) in patterns.iter().enumerate() {
            signature.add(number, text)?;
        }
        let inputs = &signature.inputs;
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
        signature.check_satisfiable()?;
        Ok(signature)
    }

    /// One more input.
    fn add(&mut self, number: usize, text: &str) -> Result<(), String> {
        let (axes, conditions) = text.split_once('|').unwrap_or((text, ""));
        let (name, axes) = match axes.split_once(':') {
            Some((name, axes)) => (name.trim().to_owned(), axes),
            None => (format!("input{number}"), axes),
        };
        let wrong = |what: &str| {
            format!(
                "the shape {text:?} of input {number} {what}: write its axes with spaces between them, each a name, \
                 a size or made of these, as in \"n d\", \"W: h d\", \"b: 1 h\", \"y: n+k-1\" or \"g: 4*h\"; \"\" is a \
                 number. What must hold is said with an axis, as in \"x: n>=1 d\" or \"w: k<=n\""
            )
        };
        if !is_name(&name) {
            return Err(wrong(&format!("has {name:?} where a name should be")));
        }
        let mut pattern = Pattern { name, axes: Vec::new() };
        for axis in words(axes) {
            let item = Item::parse(axis, &mut self.axes)
                .map_err(|why| wrong(&format!("has an axis {axis:?}, of which {why}")))?;
            pattern.axes.push(item.size);
            self.conditions.extend(item.conditions);
        }
        for condition in conditions.split(',').map(str::trim).filter(|condition| !condition.is_empty()) {
            let item = Item::parse(condition, &mut self.axes)
                .map_err(|why| wrong(&format!("has a condition {condition:?}, of which {why}")))?;
            if item.conditions.is_empty() {
                return Err(wrong(&format!("has a condition {condition:?}, which compares nothing")));
            }
            self.conditions.extend(item.conditions);
        }
        self.inputs.push(pattern);
        Ok(())
    }

    /// One more input, of the shape of this one: the direction in which it moves.
    pub fn add_direction(&mut self, input: usize) {
        let Pattern { name, axes } = self.inputs[input].clone();
        self.inputs.push(Pattern { name: format!("v_{name}"), axes });
    }

    /// The size that this text says in terms of the named axes, as the limit of indices. From now on it is above 0.
    pub fn limit(&mut self, text: &str) -> Result<Size, String> {
        let mut names = self.axes.clone();
        let Item { size, conditions } = Item::parse(text, &mut names)
            .map_err(|why| format!("{text:?} is no axis and not made of any: {why}"))?;
        if names.len() > self.axes.len() || !conditions.is_empty() {
            let axes: Vec<&str> = self.axes.iter().map(String::as_str).collect();
            return Err(format!("the axes are {}", axes.join(", ")));
        }
        self.conditions.push(Condition { lesser: Size::Fixed(1), greater: size.clone() });
        self.check_satisfiable().map(|()| size)
    }

    /// How far these sizes are from what was asked for: 0 if all holds and no axis is below 0.
    fn violation(&self, sizes: &[usize]) -> i64 {
        let conditions = self.conditions.iter().map(|condition| condition.violation(sizes));
        let axes = self.inputs.iter().flat_map(|input| &input.axes).filter(|size| size.is_derived());
        let negative = axes.map(|size| size.of(sizes).map_or(i64::MAX, |size| size.saturating_neg().max(0)));
        conditions.chain(negative).fold(0, i64::saturating_add)
    }

    /// Whether these sizes are as asked for.
    pub fn admits(&self, sizes: &[usize]) -> bool {
        self.violation(sizes) == 0
    }

    /// Sizes as asked for that are near these, found by steps along one axis, or two of them together, at most so many.
    /// `None` if that does not lead there.
    pub fn nearest(&self, sizes: &[usize]) -> Option<Vec<usize>> {
        const STEPS: usize = 200;
        let mut sizes = sizes.to_vec();
        let mut violation = self.violation(&sizes);
        for _ in 0..STEPS {
            if violation == 0 {
                return Some(sizes);
            }
            // The smallest step of the best.
            let steps = (0..12).flat_map(|power| [1_isize << power, -(1_isize << power)]);
            let axes = sizes.len();
            let pairs = (0..axes).flat_map(|axis| (axis..axes).map(move |other| (axis, other)));
            let candidates = steps.flat_map(|step| pairs.clone().map(move |pair| (pair, step)));
            let candidates = candidates.filter_map(|((axis, other), step)| {
                let mut moved = sizes.clone();
                moved[axis] = sizes[axis].checked_add_signed(step)?;
                moved[other] = sizes[other].checked_add_signed(step)?;
                Some((self.violation(&moved), moved))
            });
            let (best, moved) = candidates.min_by_key(|(violation, _)| *violation)?;
            if best >= violation {
                return None;
            }
            (violation, sizes) = (best, moved);
        }
        None
    }

    /// Some sizes as asked for, if any are found.
    pub fn some_sizes(&self) -> Option<Vec<usize>> {
        const SMALL: usize = 8;
        let axes = self.axes.len();
        if let Some(sizes) = [1, 2, 0, 5, 40].into_iter().find_map(|size| self.nearest(&vec![size; axes])) {
            return Some(sizes);
        }
        // Where steps along one axis do not lead: all small sizes, if these are few.
        let count =
            u32::try_from(axes).ok().and_then(|axes| SMALL.checked_pow(axes)).filter(|count| *count <= 5000);
        let digits = |number: usize| {
            (0..axes).scan(number, |rest, _| {
                let digit = *rest % SMALL;
                *rest /= SMALL;
                Some(digit)
            })
        };
        (0..count.unwrap_or(0))
            .map(|number| digits(number).collect())
            .find(|sizes: &Vec<usize>| self.admits(sizes))
    }

    /// An error if no sizes are found that are as asked for.
    fn check_satisfiable(&self) -> Result<(), String> {
        if self.some_sizes().is_some() {
            return Ok(());
        }
        let mut said: Vec<String> =
            self.conditions.iter().map(|condition| condition.text(&self.axes)).collect();
        let derived = self.inputs.iter().flat_map(|input| &input.axes).filter(|size| size.is_derived());
        said.extend(derived.map(|size| format!("0<={}", size.text(&self.axes))));
        Err(format!(
            "no sizes were found for which all of this holds: {}. Take back one of them",
            said.join(", ")
        ))
    }

    /// The shape of each input, given the sizes of the named axes, which are as asked for.
    pub fn shapes(&self, sizes: &[usize]) -> Vec<Vec<usize>> {
        let size = |axis: &Size| axis.of(sizes).and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        self.inputs.iter().map(|input| input.axes.iter().map(size).collect()).collect()
    }

    /// Of each axis of an input, the position of its name, if it has one.
    pub fn named(&self, input: usize) -> Vec<Option<usize>> {
        let named = |size: &Size| if let Size::Named(name) = size { Some(*name) } else { None };
        self.inputs[input].axes.iter().map(named).collect()
    }

    /// The axes of an input as a reader wants them: `n` where it has a name, else the size.
    pub fn symbols(&self, input: usize) -> Vec<String> {
        self.inputs[input].axes.iter().map(|size| size.text(&self.axes)).collect()
    }

    /// The sizes in words, as in `n = 3, d = 2`; those made of them come behind.
    pub fn describe(&self, sizes: &[usize]) -> String {
        let named = self.axes.iter().zip(sizes).map(|(name, size)| format!("{name} = {size}"));
        let mut said: Vec<String> = named.collect();
        for size in self.inputs.iter().flat_map(|input| &input.axes).filter(|size| size.is_derived()) {
            let text = format!("{} = {}", size.text(&self.axes), size.of(sizes).unwrap_or_default());
            if !said.contains(&text) {
                said.push(text);
            }
        }
        said.join(", ")
    }

    /// The shapes, as in `a (3, 2), W (4, 2)`.
    pub fn describe_shapes(&self, sizes: &[usize]) -> String {
        let shapes = self.shapes(sizes);
        let each =
            self.inputs.iter().zip(&shapes).map(|(input, shape)| format!("{} {}", input.name, Dims(shape)));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// What stands between spaces that are not in brackets.
fn words(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let separates = move |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c.is_whitespace() && depth <= 0
    };
    text.split(separates).filter(|word| !word.is_empty()).collect()
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
    fn axes_are_made_of_others() {
        let signature = Signature::parse(&["x: n+k-1", "w: k>=1", "g: 4*h (n + 1)*h"]).unwrap();
        assert_eq!(signature.shapes(&[5, 3, 2]), [vec![7], vec![3], vec![8, 12]]);
        assert_eq!(signature.describe(&[5, 3, 2]), "n = 5, k = 3, h = 2, n+k-1 = 7, 4*h = 8, (n+1)*h = 12");
        assert!(signature.admits(&[0, 1, 0]) && !signature.admits(&[5, 0, 2]));
        assert!(!Signature::parse(&["x: n-k"]).unwrap().admits(&[2, 3]), "no axis is below 0");
    }

    #[test]
    fn conditions_hold_wherever_they_are_said() {
        for patterns in [["x: n", "w: k<=n"], ["x: n>=k", "w: k"], ["x: n", "w: k | k <= n"]] {
            let signature = Signature::parse(&patterns).unwrap();
            assert!(signature.admits(&[3, 3]) || signature.axes[0] == "k");
            assert!(!signature.admits(&if signature.axes[0] == "n" { [2, 3] } else { [3, 2] }));
        }
    }

    #[test]
    fn sizes_are_moved_to_where_all_holds() {
        let signature =
            Signature::parse(&["x: n>=2 | n<=9", "w: k<=n", "y: n-k | n-k>=1", "d>=300"]).unwrap();
        for sizes in [[0, 0, 0], [5, 9, 300], [100, 100, 100]] {
            let near = signature.nearest(&sizes).unwrap();
            assert!(signature.admits(&near), "{near:?}");
        }
    }

    #[test]
    fn what_cannot_hold_is_an_error() {
        for patterns in [["x: n>=3", "y: n<=2"], ["x: n<k", "y: k<n"], ["x: n-5", "y: n<=4"]] {
            let error = Signature::parse(&patterns).unwrap_err();
            assert!(error.contains("no sizes were found for which all of this holds"), "{error}");
        }
    }

    #[test]
    fn what_is_no_shape_is_named() {
        for (text, complaint) in [
            ("n, d", "an axis \"n,\""),
            ("2x: n", "\"2x\" where a name"),
            ("n -1", "\"-1\""),
            ("n | d", "which compares nothing"),
            ("n | n>", "a condition \"n>\""),
        ] {
            let error = Signature::parse(&[text]).unwrap_err();
            assert!(error.contains(complaint), "{error}");
        }
        assert!(Signature::parse(&["a: n", "a: n"]).unwrap_err().contains("called `a`"));
    }
}
