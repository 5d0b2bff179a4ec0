//! The lines of source that recorded the rows: where they are, and their text where that is sure to be theirs.

use super::json::Json;
use crate::place::is_told;
use std::collections::HashMap;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A line, and if it could be read its text and the method that is called there.
struct Place {
    at: &'static Location<'static>,
    text: Option<String>,
    call: Option<String>,
}

/// The places that rows were recorded at, each once.
pub(in crate::show) struct Sources {
    /// The directory that relative paths start from; where it is not known, another file could be meant.
    root: Option<PathBuf>,
    /// When the program was built. A file that was changed later has other lines than it was built from.
    built: Option<SystemTime>,
    files: HashMap<&'static str, Option<Vec<String>>>,
    known: HashMap<(&'static str, u32, u32), usize>,
    places: Vec<Place>,
}

impl Sources {
    pub fn new(root: Option<&Path>) -> Self {
        let program = std::env::current_exe().and_then(std::fs::metadata);
        Self {
            root: root.map(Path::to_path_buf),
            built: program.and_then(|program| program.modified()).ok(),
            files: HashMap::new(),
            known: HashMap::new(),
            places: Vec::new(),
        }
    }

    /// The number of a place.
    pub fn at(&mut self, at: &'static Location<'static>) -> usize {
        let key = (at.file(), at.line(), at.column());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let line = self.text(at).filter(|_| is_told(at.file()));
        let call = line.as_ref().and_then(|line| method(line, at.column() as usize));
        self.places.push(Place { at, text: line.map(|line| line.trim().to_owned()), call });
        self.known.insert(key, self.places.len() - 1);
        self.places.len() - 1
    }

    fn text(&mut self, at: &'static Location<'static>) -> Option<String> {
        if !self.files.contains_key(at.file()) {
            let lines = self.read(Path::new(at.file()));
            self.files.insert(at.file(), lines);
        }
        let line = self.files[at.file()].as_ref()?.get(at.line() as usize - 1)?;
        begins(line, at.column() as usize).then(|| line.clone())
    }

    fn read(&self, file: &Path) -> Option<Vec<String>> {
        let file = if file.is_absolute() { file.to_path_buf() } else { self.root.as_ref()?.join(file) };
        let changed = std::fs::metadata(&file).ok()?.modified().ok()?;
        let text =
            std::fs::read_to_string(file).ok().filter(|_| self.built.is_none_or(|built| changed <= built));
        Some(text?.lines().map(str::to_owned).collect())
    }

    /// The method that is called at a place, if its line could be read.
    pub fn call(&self, place: usize) -> Option<String> {
        self.places[place].call.clone()
    }

    pub fn into_json(self) -> Json {
        let told = self.places.into_iter().map(|Place { at, text, call }| {
            // Nothing, where it would mislead.
            let mut place: Vec<Json> = Vec::new();
            if is_told(at.file()) {
                place.extend([at.file().into(), (at.line() as usize).into()]);
                place.extend([text, call].into_iter().flatten().map(Json::from));
            }
            Json::List(place)
        });
        Json::List(told.collect())
    }
}

/// Whether something that can be computed begins in a column of a line, counted from 1: an expression, or the name of a
/// method behind its dot. Otherwise it is a line of another file of that name, and not the one that was compiled.
fn begins(line: &str, column: usize) -> bool {
    let chars: Vec<char> = line.chars().collect();
    let Some(&first) = chars.get(column - 1) else { return false };
    let before: String = chars[..column - 1].iter().collect();
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    let is_start = is_of_a_name(first) || "([{-!*&|<\"".contains(first);
    let continues = is_of_a_name(first) && before.ends_with(is_of_a_name);
    let is_field = before.ends_with('.') && !before.ends_with("..") && method(line, column).is_none();
    is_start && !continues && !is_field && !before.contains("//")
}

/// The method that is called in a column of a line, counted from 1.
fn method(line: &str, column: usize) -> Option<String> {
    let mut after = line.chars().skip(column - 1).peekable();
    let mut name = String::new();
    while let Some(c) = after.next_if(|c| c.is_alphanumeric() || *c == '_') {
        name.push(c);
    }
    let is_method = line.chars().take(column - 1).last() == Some('.');
    (is_method && !name.is_empty() && matches!(after.peek(), Some('(' | ':'))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_known_by_its_column() {
        let line = "    let p = (x - y).softmax(1).sum::<f64>() + z;";
        let found = |text: &str| method(line, line.find(text).unwrap() + 1);
        assert_eq!((found("softmax"), found("sum")), (Some("softmax".into()), Some("sum".into())));
        assert_eq!((found("(x"), found("z;"), method(line, 400)), (None, None, None));
    }

    /// Where another file has the name of the caller's, its lines mostly give themselves away.
    #[test]
    fn what_begins_nothing_is_another_files_line() {
        let line = "    let p = (x - y).softmax(1).sum::<f64>() + z.w; // one";
        let at = |text: &str| begins(line, line.find(text).unwrap() + 1);
        for text in ["(x", "x -", "softmax", "sum", "z.w", "1)"] {
            assert!(at(text), "{text}");
        }
        for text in ["    l", "et p", "oftmax", ") + ", "; //", "w;", "one"] {
            assert!(!at(text), "{text}");
        }
        assert!(!begins(line, 400) && !begins("", 1) && begins("    0.5 * &x", 11));
    }

    #[test]
    fn lines_are_those_of_the_callers_file() {
        let here = Location::caller();
        let mut known = Sources::new(Some(Path::new(env!("CARGO_MANIFEST_DIR"))));
        assert_eq!((known.at(here), known.at(here)), (0, 0));
        let told = known.into_json().to_string();
        assert!(told.contains("let here = Location::caller();"), "{told}");
        // Of a relative path nothing is read where it is not known whose it is.
        let mut unknown = Sources::new(None);
        unknown.at(here);
        assert!(!unknown.into_json().to_string().contains("Location"));
    }
}
