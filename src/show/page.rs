//! What the pages share: how one is put together of its parts, what it is told as JSON, and the lines of source. In
//! `page/` are their common style and script as well, so that they look and speak alike.

mod json;
mod sources;

pub(super) use json::Json;
pub(super) use sources::Sources;

use std::fmt;
use std::io;
use std::path::Path;

/// Colours, type and the line at the top.
pub(super) const BASE: &str = include_str!("page/base.css");

/// Windows over the page.
pub(super) const DIALOG: &str = include_str!("page/dialog.css");

/// Texts, numbers, and elements.
pub(super) const WORDS: &str = include_str!("page/words.js");

/// A page around its data. Its parts stand in the places that the template names, style and script in this order.
pub(super) struct Page {
    pub template: &'static str,
    pub style: &'static [&'static str],
    pub script: &'static [&'static str],
    /// The texts, by language.
    pub texts: &'static [(&'static str, &'static str)],
}

impl Page {
    pub fn write(&self, f: &mut fmt::Formatter<'_>, data: &Json) -> fmt::Result {
        let mut rest = self.template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (part, after) = after.split_once("}}").unwrap_or((after, ""));
            f.write_str(before)?;
            match part {
                "style" => self.style.iter().try_for_each(|part| f.write_str(part))?,
                "script" => self.script.iter().try_for_each(|part| f.write_str(part))?,
                "texts" => self.write_texts(f)?,
                _ => write!(f, "{data}")?,
            }
            rest = after;
        }
        f.write_str(rest)
    }

    fn write_texts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (language, texts)) in self.texts.iter().enumerate() {
            write!(f, "{}\"{language}\":{texts}", if i == 0 { "" } else { "," })?;
        }
        f.write_str("}")
    }
}

/// Writes a page or a picture to a file; the error names that.
pub(super) fn to_file(path: &Path, what: &str, text: &str) -> io::Result<()> {
    std::fs::write(path, text).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot write the {what} to {}: {error}", path.display()))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::Page;

    /// The names of the texts: what stands before a colon at the start of a line.
    fn names(texts: &'static str) -> Vec<&'static str> {
        let of = |line: &'static str| {
            line.trim_start().strip_prefix('"')?.split_once("\": ").map(|(name, _)| name)
        };
        texts.lines().filter_map(of).collect()
    }

    /// Each language has every text, and each text is said somewhere.
    pub fn speaks_each_language(page: &Page) {
        let [(_, english), (_, japanese)] = *page.texts else { panic!("two languages") };
        assert_eq!(names(english), names(japanese));
        let script = page.script.concat() + page.template;
        assert!(!english.contains('<') && !japanese.contains('<'));
        for name in names(english) {
            // Of one thing there may be another text, and some names are put together, as that of a mistake.
            let name = name.strip_suffix(".one").unwrap_or(name);
            let mut stems = name.match_indices('.').map(|(at, _)| &name[..at]);
            let is_said = script.contains(&format!("\"{name}\""))
                || stems.any(|stem| script.contains(&format!("`{stem}.${{")));
            assert!(is_said || name == "language", "`{name}` is said nowhere");
        }
    }

    /// It is small without its data, allows nothing from elsewhere, and names no address but of namespaces.
    pub fn is_small_and_alone(page: &str) {
        assert!(page.len() < 250_000, "{} bytes", page.len());
        assert!(page.contains("default-src 'none'") && !page.contains("{{"));
        assert_eq!(page.matches("http://").count(), page.matches("http://www.w3.org/").count());
        assert!(!page.contains("https://"));
    }
}
