//! How things are shown in Jupyter: as HTML, beside the text that they print.
//!
//! The kernel evcxr calls `evcxr_display` of what a cell ends with; it prints both between two marks, by which the kernel
//! knows them. What is in a page is light or dark as the page is: colours of text are the page's own, hairlines and tints
//! are mixed with them. What is a page or picture of its own (the player, a comparison) has its own paper.

mod list;
mod programs;
#[cfg(test)]
mod tests;
mod value;

use super::text::plain;
use std::fmt::{self, Write};

/// What all outputs look like. A notebook has it once for each: what is not needed is not here.
const STYLE: &str = include_str!("style.css");

/// Shows this HTML, or the text where there is no HTML.
pub(crate) fn send(html: &Html, text: &impl fmt::Display) {
    print!("{}", message(html, text));
}

/// What the kernel waits for.
fn message(html: &Html, text: &impl fmt::Display) -> String {
    format!(
        "EVCXR_BEGIN_CONTENT text/html\n<div class=\"wengert\"><style>{STYLE}</style>{}</div>\nEVCXR_END_CONTENT\n\
         EVCXR_BEGIN_CONTENT text/plain\n{}\nEVCXR_END_CONTENT\n",
        html.0,
        text.to_string().trim_end()
    )
}

/// HTML as it is written. What is given as text is no markup; the names of elements and classes are our own.
#[derive(Default)]
pub(crate) struct Html(String);

impl Html {
    /// What is HTML already.
    pub fn raw(&mut self, html: &str) -> &mut Self {
        self.0 += html;
        self
    }

    /// An element with a text in it.
    pub fn text(&mut self, tag: &str, class: &str, text: &str) -> &mut Self {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = write!(self.0, "<{tag}{class}>{}</{tag}>", plain(text));
        self
    }

    /// What it is, in a line above all else: its name, and what there is to say of it.
    pub fn head(&mut self, name: &str, what: &str) -> &mut Self {
        self.raw("<p class=\"w-head\">").text("b", "", name).text("span", "", what).raw("</p>")
    }

    /// A table. The columns have classes: `w-n` for numbers, `w-f` for formulas, `w-p` for pictures.
    pub fn table(&mut self, columns: &[(&str, &str)], lines: impl IntoIterator<Item = Line>) -> &mut Self {
        let lines: Vec<Line> = lines.into_iter().collect();
        let is_there: Vec<bool> = (0..columns.len())
            .map(|column| lines.is_empty() || lines.iter().any(|line| !line.cells[column].is_empty()))
            .collect();
        let there = |column: &usize| is_there[*column];
        self.raw("<table><thead><tr>");
        for column in (0..columns.len()).filter(there) {
            self.text("th", columns[column].1, columns[column].0);
        }
        self.raw("</tr></thead><tbody>");
        for line in &lines {
            if let Some(words) = &line.gap {
                let _ = write!(self.0, "<tr class=\"w-gap\"><td colspan=\"{}\">", columns.len());
                self.raw(&plain(words)).raw("</td></tr>");
            }
            self.raw("<tr").raw(&class(line.class)).raw(">");
            for column in (0..columns.len()).filter(there) {
                self.raw("<td").raw(&class(columns[column].1)).raw(">");
                match &line.cells[column] {
                    Cell::Text(text) => self.raw(&plain(text)),
                    Cell::Html(html) => self.raw(html),
                };
                self.raw("</td>");
            }
            self.raw("</tr>");
        }
        self.raw("</tbody></table>")
    }
}

fn class(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" class=\"{name}\"") }
}

/// A line of a table.
pub(crate) struct Line {
    pub class: &'static str,
    pub cells: Vec<Cell>,
    /// What is said above it of what was left out.
    pub gap: Option<String>,
}

impl Line {
    pub fn of(cells: impl IntoIterator<Item = Cell>) -> Self {
        Self { class: "", cells: cells.into_iter().collect(), gap: None }
    }
}

/// A cell of a table.
pub(crate) enum Cell {
    Text(String),
    Html(String),
}

impl Cell {
    fn is_empty(&self) -> bool {
        let (Self::Text(content) | Self::Html(content)) = self;
        content.is_empty()
    }
}

impl<S: Into<String>> From<S> for Cell {
    fn from(text: S) -> Self {
        Self::Text(text.into())
    }
}

/// A picture as an element: of SVG that has a style of its own, which is none of the page's.
pub(crate) fn picture(svg: &str, text: &str) -> String {
    let mut address = String::from("data:image/svg+xml,");
    for c in svg.trim().chars() {
        match c {
            '%' | '#' | '"' | '<' | '>' | '&' | '{' | '}' | '\\' | '^' | '`' | '|' | '\n' => {
                let _ = write!(address, "%{:02X}", c as u32);
            }
            c => address.push(c),
        }
    }
    format!("<img alt=\"{}\" src=\"{}\">", plain(text), address.replace('\'', "%27"))
}

/// The HTML of an output, if each element that opens closes, each attribute is quoted, and no text is markup.
#[cfg(test)]
pub(crate) fn well_formed(html: &Html) -> String {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.0.as_str();
    while let Some(at) = rest.find(['<', '>', '&']) {
        rest = &rest[at..];
        if rest.starts_with('&') {
            let end = rest.find(';').expect("a reference ends");
            assert!(["&amp", "&lt", "&gt", "&quot"].contains(&&rest[..end]), "{}", &rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let end = rest.find('>').expect("a tag ends");
        let tag = rest.get(1..end).expect("no > without <");
        rest = &rest[end + 1..];
        let name = tag.split(' ').next().unwrap_or("");
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
            continue;
        }
        let attributes = tag[name.len()..].trim_end_matches('/');
        let quotes: Vec<&str> = attributes.split('"').collect();
        assert!(quotes.len() % 2 == 1, "{tag}");
        for (i, part) in quotes.iter().enumerate().filter(|(i, part)| i % 2 == 0 && !part.trim().is_empty()) {
            assert!(part.starts_with(' ') && part.ends_with('=') && i + 1 < quotes.len(), "{tag}");
        }
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{tag}");
        if name != "img" && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    html.0.clone()
}
