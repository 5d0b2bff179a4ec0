//! A row's derivative rule with its live shapes: `tape.rule(z)`.

use super::formula::named_in;
use super::text::{name_of, width};
use crate::error::{Error, must};
use crate::place::At;
use crate::symbol::{Expr, Sheet, bracketed, is_comparison, latex, mathml, set, shapes, sheet, told};
use crate::{Float, Tape, Var};
use std::fmt;

#[cfg(test)]
mod tests;

/// Characters of a column; what is longer is not aligned.
const COLUMN: usize = 60;

/// What a row's derivative rule gives each row that it was computed from: see [`Tape::rule`].
///
/// It prints as text, and is there as LaTeX and MathML.
#[derive(Clone, Debug)]
pub struct RowRule {
    /// The row: what it computes, and which it is.
    head: Equation,
    /// Which row it is, and where it was recorded.
    which: String,
    at: String,
    lines: Vec<Equation>,
    notes: Vec<String>,
}

/// Two sides, as text and typeset, and what there is to say of it.
#[derive(Clone, Debug)]
pub(super) struct Equation {
    pub text: [String; 2],
    latex: [String; 2],
    pub mathml: [String; 2],
    /// The shapes of both sides, as text, LaTeX and MathML.
    pub shapes: [String; 3],
    note: String,
}

impl Equation {
    pub fn new(left: &Expr, right: &Expr, known: &[(Expr, Vec<usize>)], note: &str) -> Self {
        let both = |of: &dyn Fn(&Expr) -> String| {
            // A truth is no second equation.
            let right = if is_comparison(right) { bracketed(right) } else { right.clone() };
            [of(left), of(&right)]
        };
        let [own, made] = [left, right].map(|side| shapes(side, known));
        let own = own.unwrap_or_else(|| Expr::symbol("()", &[]));
        // What elementwise functions give has the shape of what they are given.
        let made = made.filter(|made| !matches!(made, Expr::Symbol { .. }) && *made != own);
        let say = |text: &dyn Fn(&Expr) -> String, is: &str| {
            made.as_ref().map_or_else(|| text(&own), |made| format!("{} {is} {}", text(&own), text(made)))
        };
        let [typed, marked] = [|expr: &Expr| latex(&set(expr)), |expr: &Expr| mathml(&set(expr))];
        Self {
            text: both(&told),
            latex: both(&typed),
            mathml: both(&marked),
            shapes: [say(&told, "="), say(&typed, "="), say(&marked, "<mo>=</mo>")],
            note: note.into(),
        }
    }
}

impl RowRule {
    fn new<T: Float>(row: Var<'_, T>) -> Self {
        let at = row.location();
        let which = format!("row %{} ({})", row.row(), row.prim().name());
        let place = format!("{which}{}", At(", at ", at, ""));
        let called =
            |row: Var<'_, T>| row.name().map_or_else(|| format!("%{}", row.row()), |name| name_of(&name));
        let Some(sheet) = (!row.operands().is_empty()).then(|| sheet(row, &called)).flatten() else {
            let name = Expr::symbol(&called(row), &row.shape());
            let what = Expr::symbol(row.prim().name(), &row.shape());
            let note = if row.varies() {
                "It was computed from nothing, and sends nothing on: what its uses give it, added up, is its gradient."
            } else {
                "It was computed from nothing, and no gradient is computed on its behalf."
            };
            return Self {
                head: Equation::new(&name, &what, &[], ""),
                which,
                at: place,
                lines: Vec::new(),
                notes: vec![note.into()],
            };
        };
        let lines = sheet.lines.iter().map(|line| {
            let note = match (line.terms.len(), line.is_repeated) {
                (n, _) if n > 1 => format!("used {n} times: the terms add up"),
                (_, true) => format!("the sum undoes that {} was repeated", told(&line.of)),
                _ => String::new(),
            };
            Equation::new(&line.left(), &line.right(), &sheet.known, &note)
        });
        Self {
            head: Equation::new(&sheet.result, &sheet.formula, &sheet.known, ""),
            which,
            at: if sheet.is_named { place } else { format!("{} is {place}", told(&sheet.result)) },
            lines: lines.collect(),
            notes: notes(row, &sheet),
        }
    }

    /// The row by its number and operation.
    pub(super) fn which(&self) -> &str {
        &self.which
    }

    /// What there is to say besides, of each operand and of the rule.
    pub(super) fn all_notes(&self) -> Vec<String> {
        let of_lines = self.lines.iter().filter(|line| !line.note.is_empty());
        let of_lines = of_lines.map(|line| format!("{}: {}.", line.text[0], line.note));
        of_lines.chain(self.notes.iter().cloned()).collect()
    }

    /// Aligned at the equals signs, as an `aligned` environment of amsmath, to stand between `$$` and `$$`.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let [x, w] = ["x", "w"].map(|name| tape.leaf(name, [1.0, 2.0]));
    /// let latex = tape.rule(x * w).latex();
    /// assert!(latex.contains(r"\mathrm{d} x &= \mathrm{d} y \odot w"));
    /// ```
    pub fn latex(&self) -> String {
        let line = |equation: &Equation| {
            let [left, right] = &equation.latex;
            format!(r"{left} &= {right} && {}", equation.shapes[1])
        };
        let lines: Vec<String> = std::iter::once(&self.head).chain(&self.lines).map(line).collect();
        format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n"))
    }

    /// A `math` element, which browsers show as it stands.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", 2.0);
    /// assert!(tape.rule(x.sin()).mathml().starts_with("<math"));
    /// ```
    pub fn mathml(&self) -> String {
        let line = |equation: &Equation| {
            let [left, right] = &equation.mathml;
            format!(
                "<mtr><mtd>{left}</mtd><mtd><mrow><mo>=</mo>{right}</mrow></mtd><mtd><mrow>{}</mrow></mtd></mtr>\n",
                equation.shapes[2]
            )
        };
        let lines: String = std::iter::once(&self.head).chain(&self.lines).map(line).collect();
        format!(
            "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\">\
             <mtable columnalign=\"right left left\">\n{lines}</mtable></math>"
        )
    }
}

/// What else there is to know.
fn notes<T: Float>(row: Var<'_, T>, sheet: &Sheet) -> Vec<String> {
    let mut notes = Vec::new();
    if !sheet.resting.is_empty() {
        let names: Vec<String> = sheet.resting.iter().map(told).collect();
        notes.push(format!("No derivative flows to {}.", names.join(", ")));
    }
    if sheet.more > 0 {
        notes.push(format!(
            "So it goes on, for {} more.",
            crate::error::counted(sheet.more, "operand", "operands")
        ));
    }
    let domain = row.prim().domain();
    let operands = row.operands();
    let is_open = |letter: &str| {
        let operand = ["a", "b", "c"].iter().position(|other| *other == letter).and_then(|i| operands.get(i));
        operand.is_some_and(|operand| operand.constant_number().is_none())
    };
    if domain.text != "everywhere" && domain.text.split(|c: char| !c.is_alphanumeric()).any(is_open) {
        notes.push(format!("Domain: {}.", named_in(row, domain.text)));
    }
    if let Some(kinks) = domain.kinks {
        notes.push(format!("By convention: {}.", kinks.convention));
    }
    if sheet.is_cut {
        notes
            .push("… is longer than can be read in a line: `backward` records all of it, row by row.".into());
    }
    notes
}

/// The row, then a line for each row that is given something, with the shapes, then notes.
impl fmt::Display for RowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<(String, &Equation)> = std::iter::once(&self.head)
            .chain(&self.lines)
            .map(|equation| (equation.text.join(" = "), equation))
            .collect();
        // What is too long for a column stands out of it.
        let wide = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(width).filter(|width| *width <= COLUMN).max().unwrap_or_default()
        };
        let [left, right] = [
            wide(&mut lines.iter().map(|(text, _)| text.as_str())),
            wide(&mut lines.iter().map(|(_, equation)| equation.shapes[0].as_str())),
        ];
        let padded = |text: &str, to: usize| format!("{text}{}", " ".repeat(to.saturating_sub(width(text))));
        for (i, (text, equation)) in lines.iter().enumerate() {
            let note = if i == 0 { &self.at } else { &equation.note };
            let line = format!("{}  {}  {note}", padded(text, left), padded(&equation.shapes[0], right));
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

/// # Looking at a rule
impl<T: Float> Tape<T> {
    /// The derivative rule of a row, with the shapes that it has here: what the row computes, and what its cotangent
    /// gives each row that it was computed from. `dx` stands for the gradient of the result with respect to `x`.
    ///
    /// It is read from the rule itself, run on symbols, so that it says what runs. Rows without a name that only
    /// repeat, transpose or reshape are seen through, and so is a product of matrices to which something is added: it
    /// reads as it was written.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let a = tape.leaf("A", ndarray::Array2::zeros((1437, 64)));
    /// let w = tape.leaf("W", ndarray::Array2::zeros((30, 64)));
    /// let b = tape.leaf("b", ndarray::Array2::zeros((1, 30)));
    /// let z = a.linear(w, b).named("Z");
    ///
    /// let rule = tape.rule(z).to_string();
    /// assert!(rule.contains("Z = A·Wᵀ + b"));
    /// assert!(rule.contains("dW = dZᵀ·A            (30×64) = (30×1437)·(1437×64)"), "{rule}");
    /// assert!(rule.contains("db = sum(dZ, axis 0)  (1×30) = sum(1437×30, axis 0)"), "{rule}");
    /// println!("{rule}");
    /// ```
    ///
    /// `y` is the row itself where it has no name. ⊙ multiplies element by element. The rules of all primitives are
    /// listed in [`rules`](crate::rules).
    #[track_caller]
    pub fn rule(&self, row: Var<'_, T>) -> RowRule {
        must(self.try_rule(row))
    }

    /// As [`rule`](Self::rule), without the panic.
    ///
    /// # Errors
    /// If the row is of another tape.
    ///
    /// ```
    /// let (tape, other) = (wengert::Tape::<f64>::new(), wengert::Tape::<f64>::new());
    /// let y = other.leaf("x", 1.0).sin();
    /// assert!(tape.try_rule(y).is_err() && other.try_rule(y).is_ok());
    /// ```
    #[track_caller]
    pub fn try_rule(&self, row: Var<'_, T>) -> Result<RowRule, Error> {
        if std::ptr::eq(self, row.tape()) {
            return Ok(RowRule::new(row));
        }
        let problem = crate::error::Problem {
            what: "the row is on another tape than the one that is asked".into(),
            ..crate::error::Problem::other_tape()
        };
        Err(Var::error("rule", problem, &[row]))
    }
}
