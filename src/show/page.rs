//! What the pages share: how one is put together of its parts, what it is told as JSON, and the lines of source. In
//! `page/` are their common style and script as well, so that they look and speak alike.

mod json;
mod sources;

pub(super) use json::Json;
pub(super) use sources::Sources;

use std::io;
use std::path::Path;

/// Colours, type and the line at the top.
const BASE: &str = include_str!("page/base.css");

/// Windows over the page.
const DIALOG: &str = include_str!("page/dialog.css");

/// Texts, numbers, and elements.
const WORDS: &str = include_str!("page/words.js");

/// What each page has at hand: find, the languages, help, keys, its place in the address.
const TOOLS: &str = include_str!("page/tools.js");

/// What is around a page's body, and around its data.
const FRAME: &str = include_str!("page/frame.html");

/// A page around its data. Its parts stand in the places that the frame names, style and script in this order.
pub(super) struct Page {
    /// What it does, which is said where scripts do not run.
    pub purpose: &'static str,
    pub body: &'static str,
    pub style: &'static [&'static str],
    pub script: &'static [&'static str],
    /// The texts, by language.
    pub texts: &'static [(&'static str, &'static str)],
}

impl Page {
    /// The page of this data.
    pub fn around(&self, data: &Json) -> String {
        let (mut page, mut rest) = (String::new(), FRAME);
        while let Some((before, after)) = rest.split_once("{{") {
            let (part, after) = after.split_once("}}").unwrap_or((after, ""));
            page += before;
            match part {
                "purpose" => page += self.purpose,
                "body" => page += self.body,
                "style" => page.extend([BASE, DIALOG].iter().chain(self.style).copied()),
                "script" => page.extend([WORDS, TOOLS].iter().chain(self.script).copied()),
                "texts" => page += &self.all_texts(),
                _ => page += &data.to_string(),
            }
            rest = after;
        }
        page + rest
    }

    fn all_texts(&self) -> String {
        let each: Vec<String> =
            self.texts.iter().map(|(language, texts)| format!("\"{language}\":{texts}")).collect();
        format!("{{{}}}", each.join(","))
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
    use super::{Page, TOOLS, WORDS};

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
        let script = [WORDS, TOOLS].concat() + &page.script.concat() + page.body;
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
