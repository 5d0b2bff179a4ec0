//! The list in Jupyter, and what is read from it: gradients, equations, a rule, the player, a birth of NaN.

use super::value::{note_samples, small};
use super::{Cell, Html, Line, picture, send};
use crate::error::{Dims, counted};
use crate::show::formula;
use crate::show::table::{WHERE, colour, excerpt, hidden};
use crate::show::text::{name_of, plain};
use crate::show::{Comparison, Equations, Player, RowRule, Table, table};
use crate::tape::{Gradients, NonFinite};
use crate::{Float, Tape, Var};
use std::fmt::Write;

/// Rows of which gradients are listed.
const GRADIENTS: usize = 60;

/// # In Jupyter
impl<T: Float> Tape<T> {
    /// Shows the list as a table, with pictures of the values. Jupyter's kernel for Rust, evcxr, calls it of what a cell
    /// ends with; `tape.player()`, `tape.equations()` and `tape.rule(z)` are shown as well, and so are a [`Var`],
    /// [`Gradients`], a [`Program`](crate::Program) and what the examiner reports.
    ///
    /// ```
    /// let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().named("y").backward();
    /// tape.evcxr_display(); // to standard output, for the kernel to take up
    /// ```
    pub fn evcxr_display(&self) {
        self.table().evcxr_display();
    }
}

impl<T: Float> Table<'_, T> {
    /// Shows the list as a table, with pictures of the values. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// tape.table().all().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&rows(self.tape, self.all), &self.without_places());
    }
}

pub(super) fn rows<T: Float>(tape: &Tape<T>, all: bool) -> Html {
    let mut html = Html::default();
    let gradients = tape.vars().filter(|row| tape.derivation(row.id()).is_some()).count();
    let mut said = format!("{}, {}", T::DTYPE, counted(tape.len(), "row", "rows"));
    if gradients > 0 {
        let _ = write!(said, ": {} forward, {gradients} of gradients", tape.len() - gradients);
    }
    html.head("Tape", &said);
    let hidden = hidden(tape.len(), all);
    let shown = || (0..hidden.start).chain(hidden.end..tape.len()).map(|row| tape.var(row));
    let lines = shown().map(|row| {
        let [number, name, operation, shape, value, _, derivative, made_by] = table::cells(row);
        let gap = (row.row() == hidden.end && !hidden.is_empty())
            .then(|| format!("… {} rows more; tape.table().all() shows them …", hidden.len()));
        let class = match colour(row) {
            Some(table::Colour::Strange) => "w-bad",
            Some(table::Colour::Gradient) => "w-grad",
            None => "",
        };
        let cells = [number, name, operation, shape, value].map(Cell::Text);
        let cells = cells.into_iter().chain([small(row), derivative.into(), made_by.into()]).collect();
        Line { class, cells, gap }
    });
    let columns = [
        ("row", "w-s"),
        ("name", "w-b"),
        ("operation", "w-f"),
        ("shape", ""),
        ("value", "w-f"),
        ("", "w-p"),
        ("derivative", ""),
        ("made by", "w-s"),
    ];
    debug_assert_eq!(WHERE, 5, "the column that is left out");
    html.table(&columns, lines);
    note_samples(&mut html, shown());
    html
}

impl<T: Float> Gradients<'_, T> {
    /// Shows the gradients of all variables and named rows. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let loss = tape.leaf("x", [1.0, 2.0]).sin().sum().named("loss");
    /// loss.backward().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&gradients(self), &format_args!("{self:?}"));
    }
}

pub(super) fn gradients<T: Float>(grads: &Gradients<'_, T>) -> Html {
    let mut html = Html::default();
    let called =
        |row: Var<'_, T>| row.name().map_or_else(|| format!("%{}", row.row()), |name| name_of(&name));
    let root = called(grads.root());
    let mut listed: Vec<(Var<'_, T>, Var<'_, T>)> =
        grads.iter().filter(|(row, _)| row.name().is_some() || row.operands().is_empty()).collect();
    listed.sort_by_key(|(row, _)| row.row());
    let (named, all) = (listed.len(), grads.iter().count());
    html.head(&format!("Gradients of {root}"), &format!("of {}", counted(all, "row", "rows")));
    let lines = listed.iter().take(GRADIENTS).map(|&(row, gradient)| {
        // NaN is larger than all.
        let larger = |most: f64, x: f64| if x.is_nan() || x > most { x } else { most };
        let largest =
            gradient.with_row(|row| row.value.view().iter().map(|x| x.to_f64().abs()).fold(0.0, larger));
        Line::of([
            format!("∂{root}/∂{}", called(row)).into(),
            Cell::from(format!("%{}", gradient.row())),
            Dims(&gradient.shape()).to_string().into(),
            excerpt(gradient).into(),
            small(gradient),
            formula::number(largest).into(),
        ])
    });
    let columns = [
        ("gradient", "w-b"),
        ("row", "w-s"),
        ("shape", ""),
        ("value", "w-f"),
        ("", "w-p"),
        ("largest", "w-n"),
    ];
    html.table(&columns, lines);
    note_samples(&mut html, listed.iter().take(GRADIENTS).map(|(_, gradient)| *gradient));
    let more = named.saturating_sub(GRADIENTS) + (all - named);
    if more > 0 {
        let (rows, have) = (counted(more, "row", "rows"), if more == 1 { "has" } else { "have" });
        html.text("p", "w-soft", &format!("{rows} more without a name {have} one: grads[row]"));
    }
    html
}

impl<T: Float> Equations<'_, T> {
    /// Shows the list as equations. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// tape.equations().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&equations(self), self);
    }
}

pub(super) fn equations<T: Float>(equations: &Equations<'_, T>) -> Html {
    let mut html = Html::default();
    html.head("Tape", "as equations").raw("<pre>");
    for line in equations.to_string().lines() {
        match line.split_once("  // ") {
            Some((equation, remark)) => {
                html.raw(&plain(equation)).raw("  ").text("i", "", &format!("// {remark}"));
            }
            None => drop(html.raw(&plain(line))),
        }
        html.raw("\n");
    }
    html.raw("</pre>");
    html
}

impl RowRule {
    /// Shows the rule, typeset. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let y = tape.leaf("x", 1.0).sin();
    /// tape.rule(y).evcxr_display(); // dx = dy · cos(x)
    /// ```
    pub fn evcxr_display(&self) {
        send(&rule(self), self);
    }
}

pub(super) fn rule(rule: &RowRule) -> Html {
    let mut html = Html::default();
    html.head("Rule", rule.which()).raw(&rule.mathml());
    for note in rule.all_notes() {
        html.text("p", "w-soft", &note);
    }
    html
}

impl<T: Float> Player<'_, T> {
    /// Plays the tape in the notebook, in a frame of its own. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("x", 1.0).sin().backward();
    /// tape.player().title("A sine").evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&player(self), &format_args!("a tape of {}, to be played", counted(self.rows(), "row", "rows")));
    }
}

pub(super) fn player<T: Float>(player: &Player<'_, T>) -> Html {
    let mut html = Html::default();
    let page = plain(&player.to_html());
    // Scripts run in it, and reach nothing outside.
    html.raw("<iframe title=\"A tape, to be played\" sandbox=\"allow-scripts\" loading=\"lazy\" srcdoc=\"");
    html.raw(&page).raw("\"></iframe>");
    html
}

impl Comparison {
    /// Shows the picture. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # use ndarray::arr1;
    /// let (hand, tape) = (arr1(&[1.0, 2.0]), arr1(&[1.0, 2.5]));
    /// wengert::Comparison::new("dx", &hand, &tape).evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&comparison(self), self);
    }
}

pub(super) fn comparison(comparison: &Comparison) -> Html {
    let mut html = Html::default();
    html.raw(&picture(&comparison.to_svg(), &comparison.to_string()));
    html
}

impl NonFinite {
    /// Shows where the number was born. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// tape.leaf("p", [0.5, 0.0]).log().sum();
    /// if let Some(birth) = tape.first_non_finite() {
    ///     birth.evcxr_display(); // log(0)
    /// }
    /// ```
    pub fn evcxr_display(&self) {
        send(&birth(self), self);
    }
}

pub(super) fn birth(birth: &NonFinite) -> Html {
    let mut html = Html::default();
    html.raw("<div class=\"w-bad\">").head("Not finite", &format!("row %{}", birth.row())).raw("</div>");
    for line in birth.to_string().lines() {
        html.text("p", "", line);
    }
    html
}
