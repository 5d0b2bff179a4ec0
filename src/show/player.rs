//! The list as a page that plays it: `tape.to_html()`.

use super::page::to_file;
use crate::tape::RowId;
use crate::{Float, Tape, Var};
use std::io;
use std::path::{Path, PathBuf};

mod data;
mod page;
mod rules;
mod sample;

/// A language of the [player](Tape::player).
///
/// ```
/// use wengert::Language;
/// # let tape = wengert::Tape::<f64>::new();
/// let page = tape.player().language(Language::Japanese).to_html();
/// assert!(page.contains("\"language\":\"ja\""));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// English.
    English,
    /// 日本語.
    Japanese,
}

impl Language {
    /// As HTML and browsers call it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }
}

/// A tape as a page that plays it, forwards and backwards: see [`Tape::player`].
#[derive(Debug)]
#[must_use = "a player is to be written to a file"]
pub struct Player<'t, T: Float> {
    tape: &'t Tape<T>,
    title: Option<String>,
    language: Option<Language>,
    sources: Option<PathBuf>,
    root: Option<RowId>,
}

impl<'t, T: Float> Player<'t, T> {
    /// With this title.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.player().title("One step of training").to_html().contains("One step of training"));
    /// ```
    pub fn title(self, title: &str) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// In this language at first. Otherwise it is that of the browser; there is a button to change it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let page = tape.player().language(wengert::Language::English).to_html();
    /// assert!(page.contains("\"language\":\"en\""));
    /// ```
    pub fn language(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// With the lines of source that recorded the rows, read now from files below this directory: that from which the
    /// compiler was run, as `env!("CARGO_MANIFEST_DIR")` of a package that is no member of a workspace. Without it only
    /// files of which the whole path is known are read, and of other lines file and number are told.
    ///
    /// A file that was changed after the program was built is left out.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// let page = tape.player().sources(env!("CARGO_MANIFEST_DIR")).to_html();
    /// ```
    pub fn sources(self, directory: impl AsRef<Path>) -> Self {
        Self { sources: Some(directory.as_ref().into()), ..self }
    }

    /// With the gradient of this row: by the sweep that was recorded for it. Otherwise it is the first one's. Rows of
    /// earlier sweeps are rows like any other, so that a gradient's gradient can be watched as well.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 3.0);
    /// let slope = (x * x * x).backward()[x];
    /// slope.backward();
    /// let second = tape.player().gradient_of(slope).to_html();
    /// assert!(second.contains(&format!("\"root\":{}", slope.row())));
    /// ```
    pub fn gradient_of(self, row: Var<'t, T>) -> Self {
        Self { root: Some(row.id()), ..self }
    }

    /// How many rows there are to be played.
    pub(super) fn rows(&self) -> usize {
        self.tape.len()
    }

    /// The page, which is one file and needs no network.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// assert!(tape.player().title("Nothing yet").to_html().starts_with("<!doctype html>"));
    /// ```
    pub fn to_html(&self) -> String {
        page::PAGE.around(&data::data(self))
    }

    /// Writes the page of [`to_html`](Self::to_html) to a file.
    ///
    /// # Errors
    /// If that cannot be written; the error names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let file = std::env::temp_dir().join("wengert-player.html");
    /// tape.player().title("Nothing yet").write_html(&file)?;
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_html(&self, path: impl AsRef<Path>) -> io::Result<()> {
        to_file(path.as_ref(), "page", &self.to_html())
    }
}

/// # As a page that plays it
impl<T: Float> Tape<T> {
    /// The list as a page for a browser that plays it, step by step: rows are computed downwards, and the sweep goes up
    /// again, with the rule at work, the cotangent that arrives, and what it sends to each operand. Before a step one
    /// can say what comes, and is told why if that is wrong.
    ///
    /// It is one file of some hundred kB and what the numbers take, needs no network, and speaks English and Japanese.
    /// Arrays of more than 4,096 elements are sampled. What is not recorded cannot be shown: ask for the gradient first.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0]]);
    /// let w = tape.leaf("w", [0.5, -0.25]);
    /// let loss = x.matmul(w).named("z").square().mean().named("loss");
    /// loss.backward();
    ///
    /// let page = tape.to_html();
    /// assert!(page.starts_with("<!doctype html>"));
    /// ```
    ///
    /// [`player`](Self::player) has more to choose, [`write_html`](Self::write_html) writes a file.
    #[doc(alias = "html")]
    #[doc(alias = "visualize")]
    pub fn to_html(&self) -> String {
        self.player().to_html()
    }

    /// Writes the page of [`to_html`](Self::to_html) to a file.
    ///
    /// # Errors
    /// If that cannot be written; the error names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// let file = std::env::temp_dir().join("wengert-tape.html");
    /// tape.write_html(&file)?;
    /// # std::fs::remove_file(file)?;
    /// assert!(tape.write_html("no/such/directory/tape.html").is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_html(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.player().write_html(path)
    }

    /// The page of [`to_html`](Self::to_html), with what there is to choose.
    ///
    /// ```
    /// use wengert::Language;
    /// # let tape = wengert::Tape::<f64>::new();
    /// let loss = tape.leaf("x", 1.0).sin().named("loss");
    /// loss.backward();
    /// let page = tape.player().title("A sine").language(Language::Japanese).gradient_of(loss).to_html();
    /// ```
    pub fn player(&self) -> Player<'_, T> {
        Player { tape: self, title: None, language: None, sources: None, root: None }
    }
}
