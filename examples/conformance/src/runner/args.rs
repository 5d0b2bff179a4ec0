//! The arguments of a call, by position or by name, as PyTorch takes them.

use super::cases::{Arrays, Case};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use wengert::{Error, Tape, Var};

/// Why a case came to no result.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The runner does not know the operation or an argument.
    Unsupported(String),
    /// The engine refused, or the file contradicts itself.
    Failed(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(format!("the engine refused: {error}"))
    }
}

/// A result, or why there is none.
pub type Answer<'t> = Result<Var<'t, f64>, Trouble>;

/// Several results.
pub type Answers<'t> = Result<Vec<Var<'t, f64>>, Trouble>;

/// For arguments that the runner does not know.
pub fn unsupported<V>(reason: impl Into<String>) -> Result<V, Trouble> {
    Err(Trouble::Unsupported(reason.into()))
}

/// What the elements of a tensor are. All are kept in double precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers, with gradients.
    Float,
    /// Integers.
    Integer,
    /// Truth values.
    Bool,
}

/// A tensor argument.
#[derive(Clone, Copy, Debug)]
pub struct Tensor<'t> {
    /// Its row: an input if it has gradients, indices or a mask if its elements are no real numbers.
    pub var: Var<'t, f64>,
    /// What its elements were in the file.
    pub kind: Kind,
}

/// An argument.
#[derive(Clone, Debug)]
pub enum Arg<'t> {
    /// Left out, or Python's `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list or a tuple.
    List(Vec<Arg<'t>>),
    /// A tensor.
    Tensor(Tensor<'t>),
    /// Python's `start:stop:step`.
    Slice([Option<isize>; 3]),
}

impl<'t> Arg<'t> {
    fn from_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => number.as_f64().map_or(Self::None, Self::Number),
            Value::String(text) => match text.as_str() {
                "NaN" => Self::Number(f64::NAN),
                "Infinity" | "inf" => Self::Number(f64::INFINITY),
                "-Infinity" | "-inf" => Self::Number(f64::NEG_INFINITY),
                _ => Self::Text(text.clone()),
            },
            Value::Array(list) => Self::List(list.iter().map(Self::from_json).collect()),
            Value::Object(map) => match map.get("slice").and_then(Value::as_array).map(Vec::as_slice) {
                Some(ends @ [_, _, _]) => {
                    let end = |i: usize| ends[i].as_i64().and_then(|end| isize::try_from(end).ok());
                    Self::Slice([end(0), end(1), end(2)])
                }
                _ => Self::Text(value.to_string()),
            },
        }
    }

    /// Puts a tensor where the way leads to, if that is a free place.
    fn place(&mut self, way: &[Value], tensor: Tensor<'t>) -> Option<()> {
        match (way, self) {
            ([], slot @ Self::None) => {
                *slot = Self::Tensor(tensor);
                Some(())
            }
            ([first, rest @ ..], Self::List(list)) => {
                list.get_mut(usize::try_from(first.as_u64()?).ok()?)?.place(rest, tensor)
            }
            _ => None,
        }
    }

    /// As a whole number.
    pub fn int(&self, name: &str) -> Result<isize, Trouble> {
        let number = match self {
            Self::Number(number) => Some(*number),
            Self::Tensor(tensor) if tensor.kind == Kind::Integer && tensor.var.len() == 1 => {
                Some(tensor.var.item())
            }
            _ => None,
        };
        #[allow(clippy::cast_possible_truncation)] // Checked: it is whole and small.
        number
            .filter(|x| x.fract() == 0.0 && x.abs() < 1e15)
            .map(|x| x as isize)
            .map_or_else(|| unsupported(format!("`{name}` is not a whole number")), Ok)
    }

    /// As a list of whole numbers; a single one is a list of one.
    pub fn ints(&self, name: &str) -> Result<Vec<isize>, Trouble> {
        match self {
            Self::List(list) => list.iter().map(|item| item.int(name)).collect(),
            Self::Tensor(tensor) if tensor.kind == Kind::Integer => {
                tensor.var.value().iter().map(|&x| Self::Number(x).int(name)).collect()
            }
            single => Ok(vec![single.int(name)?]),
        }
    }

    /// As a row of places on an axis of `n` elements, where negative ones count from the end.
    pub fn places(&self, name: &str, n: usize, tape: &'t Tape<f64>) -> Answer<'t> {
        let Self::Tensor(Tensor { var, kind: Kind::Integer }) = *self else {
            return Ok(tape.try_indices(name, self.places_of(name, n)?)?);
        };
        if var.value().iter().all(|&place| place >= 0.0) {
            return Ok(var);
        }
        #[allow(clippy::cast_precision_loss)] // No axis has 2⁵³ elements.
        let from_start = var.try_add(n as f64)?;
        Ok(var.try_lt(0.0)?.try_select(from_start, var)?.try_to_indices()?)
    }

    /// The same as plain numbers.
    pub fn places_of(&self, name: &str, n: usize) -> Result<Vec<usize>, Trouble> {
        self.ints(name)?.into_iter().map(|place| from_start(place, n)).collect()
    }

    /// As a tensor; a number becomes a constant.
    pub fn tensor(&self, name: &str, tape: &'t Tape<f64>) -> Answer<'t> {
        match self {
            Self::Tensor(tensor) => Ok(tensor.var),
            Self::Number(number) => Ok(tape.constant(*number)),
            Self::Bool(truth) => Ok(tape.constant(f64::from(u8::from(*truth)))),
            _ => unsupported(format!("`{name}` is neither a tensor nor a number")),
        }
    }
}

/// A place on an axis of `n` elements, where negative ones count from the end.
pub fn from_start(place: isize, n: usize) -> Result<usize, Trouble> {
    let from_start = if place < 0 { place.checked_add_unsigned(n) } else { Some(place) };
    from_start
        .and_then(|place| usize::try_from(place).ok())
        .ok_or_else(|| Trouble::Failed(format!("index {place} is outside of an axis of {n} elements")))
}

/// The arguments of a call that were not taken yet.
#[derive(Debug)]
pub struct Args<'t> {
    /// Where the case is recorded.
    pub tape: &'t Tape<f64>,
    positional: VecDeque<Arg<'t>>,
    keyword: BTreeMap<String, Arg<'t>>,
}

impl<'t> Args<'t> {
    /// The arguments of a case and, in the order of their numbers, its tensors.
    pub fn of(case: &Case, arrays: &Arrays, tape: &'t Tape<f64>) -> Result<(Self, Vec<Tensor<'t>>), Trouble> {
        let mut positional = Arg::List(case.args.iter().map(Arg::from_json).collect());
        let mut keyword: BTreeMap<_, _> =
            case.kwargs.iter().map(|(name, value)| (name.clone(), Arg::from_json(value))).collect();
        let mut tensors = Vec::new();
        for (i, way) in case.tensors.iter().enumerate() {
            let name = format!("in{i}");
            let loaded = arrays.need(&case.name, &name)?;
            #[allow(clippy::cast_possible_truncation)] // They were integers in the file.
            let var = match loaded.kind {
                Kind::Float if case.fixed.contains(&i) => tape.constant(loaded.values).named(&name),
                Kind::Float => tape.leaf(&name, loaded.values),
                Kind::Integer => tape.try_indices(&name, loaded.values.mapv(|x| x as i64))?,
                Kind::Bool => tape.try_mask(&name, loaded.values.mapv(|x| x != 0.0))?,
            };
            let tensor = Tensor { var, kind: loaded.kind };
            let placed = match way.as_slice() {
                [Value::String(name), rest @ ..] => {
                    keyword.entry(name.clone()).or_insert(Arg::None).place(rest, tensor)
                }
                way => positional.place(way, tensor),
            };
            if placed.is_none() {
                return Err(Trouble::Failed(format!(
                    "there is no free place for `{name}` among the arguments"
                )));
            }
            tensors.push(tensor);
        }
        let Arg::List(positional) = positional else { return unsupported("no argument list") };
        Ok((Self { tape, positional: positional.into(), keyword }, tensors))
    }

    /// The next argument by position or, if there is none left, the one of this name.
    pub fn take(&mut self, name: &str) -> Arg<'t> {
        self.positional.pop_front().unwrap_or_else(|| self.named(name))
    }

    /// The argument of this name, which cannot be given by position.
    pub fn named(&mut self, name: &str) -> Arg<'t> {
        self.keyword.remove(name).unwrap_or(Arg::None)
    }

    /// The next argument by position, for a look at what it is.
    pub fn peek(&self) -> Option<&Arg<'t>> {
        self.positional.front()
    }

    /// Whether an axis is named: as the second argument, a number, or by name.
    pub fn names(&self, name: &str) -> bool {
        let is_number = |arg: Option<&Arg<'t>>| matches!(arg, Some(Arg::Number(_)));
        is_number(self.positional.get(1)) || is_number(self.keyword.get(name))
    }

    /// Whether this argument is given as true, at its place or by name.
    pub fn is_true(&self, name: &str, place: usize) -> bool {
        [self.positional.get(place), self.keyword.get(name)]
            .iter()
            .any(|arg| matches!(arg, Some(Arg::Bool(true))))
    }

    /// All positional arguments that are left.
    pub fn rest(&mut self) -> Vec<Arg<'t>> {
        self.positional.drain(..).collect()
    }

    /// A tensor, or a number made one.
    pub fn tensor(&mut self, name: &str) -> Answer<'t> {
        self.take(name).tensor(name, self.tape)
    }

    /// PyTorch's usual first argument.
    pub fn input(&mut self) -> Answer<'t> {
        self.tensor("input")
    }

    /// A tensor that may be left out.
    pub fn optional(&mut self, name: &str) -> Result<Option<Var<'t, f64>>, Trouble> {
        match self.take(name) {
            Arg::None => Ok(None),
            some => some.tensor(name, self.tape).map(Some),
        }
    }

    /// A list of tensors.
    pub fn tensors(&mut self, name: &str) -> Result<Vec<Var<'t, f64>>, Trouble> {
        match self.take(name) {
            Arg::List(list) => list.iter().map(|item| item.tensor(name, self.tape)).collect(),
            _ => unsupported(format!("`{name}` is not a list of tensors")),
        }
    }

    /// A whole number.
    pub fn int(&mut self, name: &str) -> Result<isize, Trouble> {
        self.take(name).int(name)
    }

    /// A whole number that may be left out.
    pub fn int_or(&mut self, name: &str, default: isize) -> Result<isize, Trouble> {
        match self.take(name) {
            Arg::None => Ok(default),
            number => number.int(name),
        }
    }

    /// A whole number from 0 on.
    pub fn size(&mut self, name: &str) -> Result<usize, Trouble> {
        from_start(self.int(name)?, 0)
    }

    /// A list of whole numbers, or all numbers that are left.
    pub fn ints(&mut self, name: &str) -> Result<Vec<isize>, Trouble> {
        match self.peek() {
            Some(Arg::Number(_)) => self.rest().iter().map(|item| item.int(name)).collect(),
            _ => self.take(name).ints(name),
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str, default: f64) -> Result<f64, Trouble> {
        let arg = self.take(name);
        Self::as_number(&arg, name, default)
    }

    /// A number that cannot be given by position.
    pub fn named_number(&mut self, name: &str, default: f64) -> Result<f64, Trouble> {
        let arg = self.named(name);
        Self::as_number(&arg, name, default)
    }

    fn as_number(arg: &Arg<'t>, name: &str, default: f64) -> Result<f64, Trouble> {
        match arg {
            Arg::None => Ok(default),
            Arg::Number(number) => Ok(*number),
            _ => unsupported(format!("`{name}` is not a number")),
        }
    }

    /// A truth value.
    pub fn flag(&mut self, name: &str, default: bool) -> Result<bool, Trouble> {
        match self.take(name) {
            Arg::None => Ok(default),
            Arg::Bool(truth) => Ok(truth),
            _ => unsupported(format!("`{name}` is not a truth value")),
        }
    }

    /// A text.
    pub fn text(&mut self, name: &str, default: &str) -> Result<String, Trouble> {
        match self.take(name) {
            Arg::None => Ok(default.into()),
            Arg::Text(text) => Ok(text),
            _ => unsupported(format!("`{name}` is not a text")),
        }
    }

    /// The named argument `dtype`, which must be the one there is.
    pub fn dtype(&mut self) -> Result<(), Trouble> {
        match self.named("dtype") {
            Arg::None => Ok(()),
            Arg::Text(text) if matches!(text.as_str(), "torch.float64" | "float64" | "torch.double") => {
                Ok(())
            }
            other => unsupported(format!("dtype {other:?}: the runner computes in float64")),
        }
    }

    /// Complains if an argument was not taken.
    pub fn finish(self) -> Result<(), Trouble> {
        let positional = self.positional.iter().filter(|arg| !matches!(arg, Arg::None)).count();
        let named = self.keyword.iter().find(|(_, arg)| !matches!(arg, Arg::None));
        match (positional, named) {
            (0, None) => Ok(()),
            (0, Some((name, value))) => unsupported(format!("argument {name}={value:?} is not known")),
            _ => unsupported(format!("{positional} more positional arguments than are known")),
        }
    }
}
