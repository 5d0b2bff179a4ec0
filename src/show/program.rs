//! A program as a page: `program.to_html()`.

mod data;
mod page;

use super::page::to_file;
use super::player::Language;
use crate::{Float, Profile, Program};
use std::io;
use std::path::{Path, PathBuf};

/// A program as a page that says what became of the rows: see [`Program::page`].
#[derive(Debug)]
#[must_use = "a page is to be written to a file"]
pub struct ProgramPage<'p, T: Float> {
    program: &'p Program<T>,
    profile: Option<&'p Profile>,
    title: Option<String>,
    language: Option<Language>,
    sources: Option<PathBuf>,
}

impl<'p, T: Float> ProgramPage<'p, T> {
    /// With what each instruction took, measured on inputs of your choice. A profile of another program is not shown, and
    /// the page says so.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", ndarray::Array1::ones(1000));
    /// let program = tape.program([x], [x.sin().sum(), x.cumsum(0)])?;
    /// let profile = program.profile(&mut program.workspace(), &ndarray::Array1::<f64>::zeros(1000), 20)?;
    /// let page = program.page().measured(&profile).to_html();
    /// assert!(page.contains("\"runs\":20"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn measured(self, profile: &'p Profile) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// With this title.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// assert!(program.page().title("One step of training").to_html().contains("One step of training"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn title(self, title: &str) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// In this language at first. Otherwise it is that of the browser; there is a button to change it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// let page = program.page().language(wengert::Language::Japanese).to_html();
    /// assert!(page.contains("\"language\":\"ja\""));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn language(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// With the lines of source that recorded the rows, read now from files below this directory: see
    /// [`Player::sources`](crate::Player::sources).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// let page = program.page().sources(env!("CARGO_MANIFEST_DIR")).to_html();
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn sources(self, directory: impl AsRef<Path>) -> Self {
        Self { sources: Some(directory.as_ref().into()), ..self }
    }

    /// The page, which is one file and needs no network.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// assert!(program.page().title("A sine").to_html().starts_with("<!doctype html>"));
    /// # Ok::<(), wengert::Error>(())
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
    /// # let x = tape.leaf("x", 1.0);
    /// let file = std::env::temp_dir().join("wengert-program-page.html");
    /// tape.program([x], [x.sin()])?.page().title("A sine").write_html(&file)?;
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_html(&self, path: impl AsRef<Path>) -> io::Result<()> {
        to_file(path.as_ref(), "page", &self.to_html())
    }
}

/// # As a page
impl<T: Float> Program<T> {
    /// The program as a page for a browser: what became of each row that was recorded, and by which pass; what runs, and
    /// which rows are computed together; which values lie in memory when; and the bytes of each instruction.
    ///
    /// It is one file, needs no network, and speaks English and Japanese. Times are measured by a
    /// [profile](Self::profile), which is to be given: [`page`](Self::page)`().measured(&profile)`. Of a program of more
    /// than 4,096 rows it tells names, lines and rows that are gone only if it was made to keep them,
    /// [`explained`](crate::ProgramBuilder::explained).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let (x, w) = (tape.leaf("x", [[1.0, 2.0], [3.0, 4.0]]), tape.leaf("w", [0.5, -0.25]));
    /// let loss = x.matmul(w).square().mean().named("loss");
    /// let program = tape.program([x, w], [loss, loss.backward()[w]])?;
    /// assert!(program.to_html().starts_with("<!doctype html>"));
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "html")]
    #[doc(alias = "visualize")]
    pub fn to_html(&self) -> String {
        self.page().to_html()
    }

    /// Writes the page of [`to_html`](Self::to_html) to a file.
    ///
    /// # Errors
    /// If that cannot be written; the error names it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// let program = tape.program([x], [x.sin()])?;
    /// assert!(program.write_html("no/such/directory/program.html").is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn write_html(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.page().write_html(path)
    }

    /// The page of [`to_html`](Self::to_html), with what there is to choose.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program([x], [x.sin().sum()])?;
    /// let profile = program.profile(&mut program.workspace(), &ndarray::arr1(&[1.0, 2.0]), 20)?;
    /// let page = program.page().title("A sine").measured(&profile).to_html();
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn page(&self) -> ProgramPage<'_, T> {
        ProgramPage { program: self, profile: None, title: None, language: None, sources: None }
    }
}
