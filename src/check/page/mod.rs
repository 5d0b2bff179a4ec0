//! The pages to read in a terminal: a report of what is wrong, of what cannot be judged, a certificate. Here is what they
//! are made of: heads, pairs and paragraphs, with colours or without.

mod case;
mod certificate;
pub(in crate::check) mod doubt;
mod jupyter;
pub(in crate::check) mod report;
pub(in crate::check) mod summary;

use crate::error::Dims;
use ndarray::ArrayD;
use std::fmt;

/// Lines of at most this many characters.
pub(in crate::check) const WIDTH: usize = 100;

/// A page as it is written.
pub(in crate::check) struct Page<'a, 'b> {
    pub f: &'a mut fmt::Formatter<'b>,
    pub colours: bool,
}

impl Page<'_, '_> {
    pub fn line(&mut self, line: &str) -> fmt::Result {
        if self.colours { writeln!(self.f, "\x1b[1;31m{line}\x1b[0m") } else { writeln!(self.f, "{line}") }
    }

    pub fn head(&mut self, head: &str) -> fmt::Result {
        if self.colours {
            writeln!(self.f, "\n  \x1b[1m{head}\x1b[0m")
        } else {
            writeln!(self.f, "\n  {head}")
        }
    }

    /// A key and what belongs to it; a long text is broken between words.
    pub fn pair(&mut self, key: &str, value: &str) -> fmt::Result {
        if value.contains('\n') || value.starts_with('[') {
            return writeln!(self.f, "    {key:9} {value}"); // An array has lines of its own.
        }
        let lines = wrapped(value, WIDTH - 14);
        let mut keys = std::iter::once(key).chain(std::iter::repeat(""));
        lines.iter().try_for_each(|line| writeln!(self.f, "    {:9} {line}", keys.next().unwrap_or("")))
    }

    /// A paragraph, broken between words.
    pub fn text(&mut self, text: &str) -> fmt::Result {
        wrapped(text, WIDTH - 4).iter().try_for_each(|line| writeln!(self.f, "    {line}"))
    }

    pub fn array(&mut self, name: &str, array: &ArrayD<f64>) -> fmt::Result {
        let text = if array.len() > 64 {
            format!("{} numbers of shape {}", array.len(), Dims(array.shape()))
        } else {
            array.to_string().replace('\n', &format!("\n    {:9} ", ""))
        };
        let text = if array.is_empty() { format!("empty, of shape {}", Dims(array.shape())) } else { text };
        self.pair(name, &text)
    }
}

/// Lines of at most so many characters, broken between words.
pub(in crate::check) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let more = word.chars().count();
        if length > 0 && length + 1 + more > width {
            lines.push(String::new());
            length = 0;
        }
        let line = lines.last_mut().expect("there is one");
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += more;
    }
    lines
}
