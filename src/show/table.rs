//! The list as a table: `println!("{tape}")`.

use super::derivative::{beside, derivative, made_by};
use super::formula::{equation, number};
use super::text::{elided, elided_list, ending, name_of, width};
use crate::error::Dims;
use crate::place::At;
use crate::{Float, Tape, Var};
use std::fmt;
use std::io::IsTerminal;
use std::ops::Range;

#[cfg(test)]
mod tests;

/// Rows shown of a long tape: as many from its start as from its end.
const SHOWN: usize = 100;

/// Elements shown of an array.
const ELEMENTS: usize = 3;

/// Columns of a terminal that does not say how wide it is.
const TERMINAL: usize = 100;

/// Characters of a cell.
const WIDTH: usize = 64;

const COLUMNS: usize = 8;

const NAME: usize = 1;
const OPERATION: usize = 2;
const SHAPE: usize = 3;
const VALUE: usize = 4;

/// The column of lines.
pub(super) const WHERE: usize = 5;
const DERIVATIVE: usize = 6;
const MADE_BY: usize = 7;

/// A column's name, how many columns of a terminal it reads well in, and the fewest that it is of use in.
const HEADING: [(&str, usize, usize); COLUMNS] = [
    ("row", usize::MAX, usize::MAX), // a number is never cut
    ("name", 12, 4),
    ("operation", 20, 8),
    ("shape", 12, 12),
    ("value", 12, 12),
    ("where", 10, 10),
    ("derivative", 16, 16),
    ("made by", 20, 20),
];

/// What goes where there is no room, in this order: the first three before names and operations suffer, the others only
/// when these are as short as they may be.
const GOES: [(usize, bool); 5] =
    [(MADE_BY, true), (WHERE, true), (DERIVATIVE, true), (VALUE, false), (SHAPE, false)];

/// A tape as a table: see [`Tape::table`].
#[derive(Debug)]
#[must_use = "a table is to be printed"]
pub struct Table<'t, T: Float> {
    pub(super) tape: &'t Tape<T>,
    width: Option<usize>,
    pub(super) all: bool,
    coloured: bool,
    /// Whether it has the lines of source.
    places: bool,
}

impl<T: Float> Table<'_, T> {
    /// No line is longer than this. Where there is no room, cells are cut, though no number in them is, and columns left out:
    /// what made a row first, then lines, derivatives, values and shapes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", [1.0, 2.0]).sin().sum().named("loss").backward();
    /// let narrow = tape.table().width(60).to_string();
    /// assert!(narrow.lines().all(|line| line.chars().count() <= 60));
    /// ```
    pub fn width(self, columns: usize) -> Self {
        Self { width: Some(columns), ..self }
    }

    /// With all rows, as many as there may be.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let mut x = tape.leaf("x", 1.0);
    /// for _ in 0..200 {
    ///     x = -x;
    /// }
    /// assert_eq!(tape.table().all().to_string().lines().count(), 202);
    /// ```
    pub fn all(self) -> Self {
        Self { all: true, ..self }
    }

    /// With the codes that colour a terminal: rows of gradients, and values that are infinite or NaN.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", f64::NAN);
    /// assert!(tape.table().coloured(true).to_string().contains("\u{1b}[31m"));
    /// assert!(!tape.to_string().contains('\u{1b}'));
    /// ```
    pub fn coloured(self, coloured: bool) -> Self {
        Self { coloured, ..self }
    }

    /// The same without the lines of source.
    pub(super) fn without_places(&self) -> Self {
        Self { places: false, ..*self }
    }

    /// Prints it to standard output. On a terminal it fits so many columns as the variable `COLUMNS` says, if that is exported
    /// to the program; else as the terminal has; else, where neither is known, 100. It is coloured there, unless `NO_COLOR` is
    /// set. To a file or a pipe it is printed as it is.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// tape.table().print();
    /// ```
    pub fn print(self) {
        let table = if std::io::stdout().is_terminal() {
            let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
            let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
            let dumb = said("TERM").is_none_or(|term| term == "dumb");
            let coloured = self.coloured || said("NO_COLOR").is_none() && !dumb;
            Self { width: self.width.or_else(columns).or_else(terminal).or(Some(TERMINAL)), coloured, ..self }
        } else {
            self
        };
        print!("{table}");
    }
}

/// How many columns the terminal has that standard output is.
fn terminal() -> Option<usize> {
    #[cfg(unix)]
    return columns_of(std::io::stdout());
    #[cfg(windows)]
    return terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into());
    #[cfg(not(any(unix, windows)))]
    None
}

/// How many columns it has, if it knows; of how many rows it knows, as some do of none, is of no matter.
#[cfg(unix)]
fn columns_of(terminal: impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// # Looking at the list
impl<T: Float> Tape<T> {
    /// The list as a table, to be fitted to a terminal and printed. `println!("{tape}")` prints it as it is,
    /// `println!("{tape:100}")` so that it fits 100 columns.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().named("y").backward();
    /// tape.table().print(); // as wide as the terminal, in colours if it is one
    /// assert_eq!(tape.table().width(80).to_string(), format!("{tape:80}"));
    /// ```
    pub fn table(&self) -> Table<'_, T> {
        Table { tape: self, width: None, all: false, coloured: false, places: true }
    }
}

/// One line a row: number, name, formula with the operands' names, shape, first elements, and the line
/// of source.
///
/// If there are rows of a gradient, two columns more say what they are. *derivative*: `∂loss/∂w` is the gradient of
/// `loss` with respect to `w`, complete; one row may be that of several, and a row that is none of any is a step on the
/// way. Weighted by a seed `v` it is `v·∂y/∂x`, and that of a gradient `∂(∂loss/∂x)/∂w`; what forward mode gives is the
/// `tangent of y along x`. *made by*: the rule of the row that was differentiated there, the sum over the uses of a
/// row, the seed that a sweep starts from, or nothing but that there is no influence. Beside a row that was computed
/// forwards stands which row is its gradient: `∂loss/∂w = %12`.
///
/// Of a long tape the middle is left out, unless printed with `{:#}`, and so are the middles of long names and cells.
/// `{:100}` fits 100 columns; [`table`](Tape::table) has more to choose.
///
/// ```
/// use ndarray::arr1;
/// let tape = wengert::Tape::<f64>::new();
/// let x = tape.leaf("x", arr1(&[1.0, 2.0]));
/// let y = x.sin().named("y");
/// y.sum().named("loss").backward();
/// let table = tape.to_string();
/// assert!(table.contains("sin(x)") && table.contains("Σ y"));
/// assert!(table.contains("∂loss/∂x") && table.contains("rule of %1 (sin)"));
/// ```
impl<T: Float> fmt::Display for Tape<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = Table { width: f.width(), all: f.alternate(), ..self.table() };
        table.write(f)
    }
}

impl<T: Float> fmt::Display for Table<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self { all: self.all || f.alternate(), ..*self }.write(f)
    }
}

/// The rows that are left out of so many.
pub(super) fn hidden(rows: usize, all: bool) -> Range<usize> {
    if all || rows <= SHOWN { 0..0 } else { SHOWN / 2..rows - SHOWN / 2 }
}

impl<T: Float> Table<'_, T> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.tape.len();
        let hidden = hidden(rows, self.all);
        let shown = (0..hidden.start).chain(hidden.end..rows).filter_map(|row| self.tape.try_var(row).ok());
        let (mut lines, colours): (Vec<[String; COLUMNS]>, Vec<Option<Colour>>) =
            shown.map(|row| (cells(row), colour(row))).unzip();
        if !self.places {
            for line in &mut lines {
                line[WHERE].clear();
            }
        }
        let filled = |column: usize| lines.iter().any(|line| !line[column].is_empty());
        // The last ones only where there is something to say: no lines in a notebook.
        let heading: [String; COLUMNS] = std::array::from_fn(|column| {
            if column < WHERE || lines.is_empty() && column == WHERE || filled(column) {
                HEADING[column].0.into()
            } else {
                String::new()
            }
        });
        let natural: [usize; COLUMNS] = std::array::from_fn(|column| {
            lines.iter().chain([&heading]).map(|line| width(&line[column])).max().unwrap_or(0)
        });
        let widths = self.width.map_or(natural, |width| fitted(natural, width));
        self.line(f, &heading, &widths, Some("\u{1b}[1m"))?;
        for (i, (line, colour)) in lines.iter().zip(colours).enumerate() {
            if !hidden.is_empty() && i == hidden.start {
                let more = format!("… {} rows more; print with {{:#}} to see them …", hidden.len());
                let room = self.width.unwrap_or(usize::MAX);
                // What to do is never cut out of the middle.
                let more =
                    if width(&more) > room { format!("… {} more: {{:#}} …", hidden.len()) } else { more };
                writeln!(f, "{}", elided(more, room))?;
            }
            self.line(f, line, &widths, colour.map(Colour::code))?;
        }
        Ok(())
    }

    fn line(
        &self,
        f: &mut fmt::Formatter<'_>,
        cells: &[String; COLUMNS],
        widths: &[usize; COLUMNS],
        colour: Option<&str>,
    ) -> fmt::Result {
        let mut line = String::new();
        for (column, (cell, &room)) in
            cells.iter().zip(widths).enumerate().filter(|(_, (_, room))| **room > 0)
        {
            let cell = shortened(cell.clone(), column, room);
            line += &cell;
            line += &" ".repeat(room - width(&cell) + 2);
        }
        let line = line.trim_end();
        match colour.filter(|_| self.coloured) {
            Some(colour) => writeln!(f, "{colour}{line}\u{1b}[0m"),
            None => writeln!(f, "{line}"),
        }
    }
}

/// A cell in so much room: no number in it is cut.
fn shortened(cell: String, column: usize, room: usize) -> String {
    match column {
        SHAPE | VALUE => elided_list(cell, room),
        // Of a path its end says more.
        WHERE => ending(cell, room),
        _ => elided(cell, room),
    }
}

/// Columns that together are no wider than this, 0 for those that are left out: those go that are needed least, and of the
/// others those give first that have most to spare.
fn fitted(natural: [usize; COLUMNS], most: usize) -> [usize; COLUMNS] {
    let mut widths = natural;
    let total = |widths: &[usize; COLUMNS]| {
        let there = widths.iter().filter(|width| **width > 0);
        (there.clone().sum::<usize>() + 2 * there.count()).saturating_sub(2)
    };
    let well = |column: usize| HEADING[column].1.min(natural[column]);
    let least = |column: usize| HEADING[column].2.min(natural[column]);
    for (goes, before_others_suffer) in GOES {
        let smallest: [usize; COLUMNS] = std::array::from_fn(|column| match widths[column] {
            0 => 0,
            _ if before_others_suffer => well(column),
            _ => least(column),
        });
        if total(&smallest) > most {
            widths[goes] = 0;
        }
    }
    while total(&widths) > most {
        // To what reads well first, then to what is of use; beyond, where the terminal is narrower than any table.
        let spare = |&column: &usize| {
            let over = |least: usize| widths[column].saturating_sub(least);
            (over(well(column)), over(least(column)), widths[column])
        };
        let gives = |column: &usize| widths[*column] > 1;
        let Some(widest) = (NAME..COLUMNS).filter(gives).max_by_key(spare) else { break };
        widths[widest] -= 1;
    }
    widths
}

/// Rows of gradients, and those in whose first elements something is infinite or NaN.
pub(super) fn colour<T: Float>(var: Var<'_, T>) -> Option<Colour> {
    if var.first(ELEMENTS).iter().any(|x| !x.to_f64().is_finite()) {
        Some(Colour::Strange)
    } else {
        var.origin().map(|_| Colour::Gradient)
    }
}

/// What sets a row apart.
#[derive(Clone, Copy)]
pub(super) enum Colour {
    Gradient,
    /// Infinite or NaN.
    Strange,
}

impl Colour {
    /// As a terminal is told.
    fn code(self) -> &'static str {
        match self {
            Self::Gradient => "\u{1b}[36m",
            Self::Strange => "\u{1b}[31m",
        }
    }
}

pub(super) fn cells<T: Float>(var: Var<'_, T>) -> [String; COLUMNS] {
    let at = var.location();
    let derivation = var.tape().derivation(var.id());
    let cells = [
        format!("%{}", var.row()),
        var.name().map_or(String::new(), |name| name_of(&name)),
        equation(var),
        Dims(&var.shape()).to_string(),
        excerpt(var),
        At("", at, "").to_string(),
        derivation.as_ref().map_or_else(|| beside(var), derivative),
        derivation.as_ref().map_or(String::new(), made_by),
    ];
    // A format can pad to 65,535 characters, and nobody reads so many.
    let mut column = 0..;
    cells.map(|cell| shortened(cell, column.next().unwrap_or(OPERATION), WIDTH))
}

pub(super) fn excerpt<T: Float>(var: Var<'_, T>) -> String {
    let first: Vec<String> = var.first(ELEMENTS).into_iter().map(number).collect();
    match (var.ndim(), var.len()) {
        (0, _) => first.concat(),
        (_, len) if len > ELEMENTS => format!("[{}, …]", first.join(", ")),
        _ => format!("[{}]", first.join(", ")),
    }
}
