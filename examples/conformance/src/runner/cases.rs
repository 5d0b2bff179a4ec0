//! The file format: a JSON list of cases, and an archive of their arrays.

use super::args::{Kind, Trouble};
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyError, ReadNpzError, ReadableElement};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// One call of an operation, as the file describes it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The number, which begins the names of the case's arrays.
    pub name: String,
    /// PyTorch's name of the operation.
    pub op: String,
    /// Positional arguments, null where a tensor stands.
    pub args: Vec<Value>,
    /// Arguments by name, null where a tensor stands.
    pub kwargs: serde_json::Map<String, Value>,
    /// For each tensor the way to its place: indices, or first the name of a keyword argument.
    pub tensors: Vec<Vec<Value>>,
    /// The tensors of real numbers, by their place in `tensors`, that were given without a gradient.
    pub fixed: Vec<usize>,
}

/// Reads a list of cases.
///
/// # Errors
/// If the text is not JSON or not such a list.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let root: Value = serde_json::from_str(&quote_non_finite(text)).map_err(|error| error.to_string())?;
    let list = root.as_array().or_else(|| root.get("cases")?.as_array()).ok_or("not a list of cases")?;
    list.iter()
        .enumerate()
        .map(|(i, case)| parse_case(case).map_err(|what| format!("entry {i}: {what}")))
        .collect()
}

fn parse_case(case: &Value) -> Result<Case, String> {
    let text = |key: &str| {
        let value = case.get(key).and_then(Value::as_str).map(str::to_owned);
        value.ok_or_else(|| format!("`{key}` is not a text"))
    };
    let list = |key: &str| match case.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list.clone()),
        Some(_) => Err(format!("`{key}` is not a list")),
    };
    let kwargs = match case.get("kwargs") {
        None | Some(Value::Null) => serde_json::Map::new(),
        Some(Value::Object(map)) => map.clone(),
        Some(_) => return Err("`kwargs` is not an object".into()),
    };
    let ways = list("tensors")?;
    let ways = ways.iter().map(|way| way.as_array().cloned().ok_or("a way to a tensor is not a list"));
    let tensors = ways.collect::<Result<_, _>>()?;
    let fixed = list("fixed")?;
    let fixed = fixed
        .iter()
        .map(|i| i.as_u64().and_then(|i| usize::try_from(i).ok()).ok_or("`fixed` is no list of places"));
    let fixed = fixed.collect::<Result<_, _>>()?;
    Ok(Case { fixed, name: text("case")?, op: text("op")?, args: list("args")?, kwargs, tensors })
}

/// Python writes `NaN`, `Infinity` and `-Infinity`, which JSON does not have: makes texts of them.
fn quote_non_finite(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    while let Some(c) = rest.chars().next() {
        let token = ["NaN", "Infinity", "-Infinity"].into_iter().find(|token| rest.starts_with(token));
        let len = match (quoted, c, token) {
            (true, '\\', _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (false, _, Some(token)) => {
                out.extend(["\"", token, "\""]);
                rest = &rest[token.len()..];
                continue;
            }
            (_, '"', _) => {
                quoted = !quoted;
                1
            }
            _ => c.len_utf8(),
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// An array of the archive, in double precision, and what its elements were.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The elements.
    pub values: ArrayD<f64>,
    /// Their type in the file.
    pub kind: Kind,
}

/// The arrays of an archive by name, or why one cannot be had.
#[derive(Clone, Debug)]
pub struct Arrays(pub BTreeMap<String, Result<Loaded, Trouble>>);

impl Arrays {
    /// Reads an `.npz` file.
    ///
    /// # Errors
    /// If it is not an archive. An array in it that cannot be read concerns only the cases that need it.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut archive = NpzReader::new(file).map_err(|error| error.to_string())?;
        let names = archive.names().map_err(|error| error.to_string())?;
        Ok(Self(names.into_iter().map(|name| (name.clone(), load(&mut archive, &name))).collect()))
    }

    /// The array `CASE.PART`.
    ///
    /// # Errors
    /// As a failure if the archive has no such array or it is damaged; as unsupported if its
    /// elements are neither float64 nor integers nor truth values.
    pub fn need(&self, case: &str, part: &str) -> Result<Loaded, Trouble> {
        self.get(case, part)?
            .ok_or_else(|| Trouble::Failed(format!("the archive has no array `{case}.{part}`")))
    }

    /// Whether there is an array `CASE.PART`.
    pub fn has(&self, case: &str, part: &str) -> bool {
        self.0.contains_key(&format!("{case}.{part}"))
    }

    /// The array `CASE.PART`, if there is one.
    ///
    /// # Errors
    /// As [`need`](Self::need), but for its absence.
    pub fn get(&self, case: &str, part: &str) -> Result<Option<Loaded>, Trouble> {
        self.0.get(&format!("{case}.{part}")).cloned().transpose()
    }
}

/// An element type that the archive may have.
trait Element: ReadableElement + Copy {
    const KIND: Kind;
    fn widen(self) -> f64;
}

macro_rules! element {
    ($($type:ty, $kind:ident, $x:ident => $widen:expr);+ $(;)?) => {
        $(impl Element for $type {
            const KIND: Kind = Kind::$kind;
            fn widen(self) -> f64 {
                let $x = self;
                $widen
            }
        })+
    };
}

element! {
    f64, Float, x => x;
    i64, Integer, x => wide(x);
    i32, Integer, x => x.into();
    i16, Integer, x => x.into();
    i8, Integer, x => x.into();
    u8, Integer, x => x.into();
    bool, Bool, x => f64::from(u8::from(x));
}

/// An integer beyond 2⁵³ is no size, index or small number, and PyTorch's samples have none.
#[allow(clippy::cast_precision_loss)]
fn wide(x: i64) -> f64 {
    x as f64
}

fn load(archive: &mut NpzReader<File>, name: &str) -> Result<Loaded, Trouble> {
    let readers = [read::<f64>, read::<i64>, read::<i32>, read::<bool>, read::<i16>, read::<i8>, read::<u8>];
    for reader in readers {
        if let Some(loaded) = reader(archive, name)? {
            return Ok(loaded);
        }
    }
    Err(Trouble::Unsupported(format!("`{name}` is neither float64 nor integer nor bool")))
}

/// The array, if its elements are of this type.
fn read<E: Element>(archive: &mut NpzReader<File>, name: &str) -> Result<Option<Loaded>, Trouble> {
    match archive.by_name::<OwnedRepr<E>, IxDyn>(name) {
        Ok(array) => Ok(Some(Loaded { values: array.mapv(E::widen), kind: E::KIND })),
        Err(ReadNpzError::Npy(ReadNpyError::WrongDescriptor(_))) => Ok(None),
        Err(error) => Err(Trouble::Failed(format!("`{name}`: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_s_infinities_are_read() {
        let text = r#"[{"case": "1", "op": "NaN \" Infinity", "args": [NaN, -Infinity, [Infinity]]}]"#;
        let cases = parse(text).unwrap();
        assert_eq!(cases[0].op, "NaN \" Infinity");
        assert_eq!(Value::from(cases[0].args.clone()).to_string(), r#"["NaN","-Infinity",["Infinity"]]"#);
    }

    #[test]
    fn what_is_no_list_of_cases_is_refused() {
        assert!(parse("{").is_err());
        assert!(parse("3").is_err());
        assert_eq!(parse(r#"[{"case": "1"}]"#).unwrap_err(), "entry 0: `op` is not a text");
    }
}
