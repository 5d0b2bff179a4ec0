//! Programs in Jupyter: what goes in and comes out, what became of the rows, what each run takes.

use super::{Cell, Html, Line, send};
use crate::error::{Bytes, Dims, counted, escaped};
use crate::{Float, Kind, Mapped, Path, Port, Profile, Program, Replayed, Report};

/// Instructions that are listed of a long program, guards, and things that are held fixed.
const LISTED: usize = 40;

/// # In Jupyter
impl<T: Float> Program<T> {
    /// Shows what goes in and comes out, and what it goes by. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program([x], [x.sin().sum()])?;
    /// program.evcxr_display();
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        send(&program(self), self);
    }
}

pub(super) fn program<T: Float>(program: &Program<T>) -> Html {
    let mut html = Html::default();
    let report = program.report();
    let said = format!(
        "{}, {} in {}",
        T::DTYPE,
        counted(report.rows(), "row", "rows"),
        counted(report.instructions().len(), "instruction", "instructions")
    );
    html.head("Program", &said);
    let ports =
        |what: &'static str, ports: &[Port]| ports.iter().map(|port| line(what, port)).collect::<Vec<_>>();
    let lines = [
        ports("input", program.inputs()),
        ports("carried", program.states()),
        ports("output", program.outputs()),
    ];
    html.table(&[("", "w-s"), ("name", "w-b"), ("shape", ""), ("kind", "")], lines.into_iter().flatten());
    listed(&mut html, "goes by", program.guards());
    listed(&mut html, "holds fixed", program.fixed().iter().map(ToString::to_string));
    listed(&mut html, "was read while it was recorded", program.reads().iter().cloned());
    html
}

fn line(what: &str, port: &Port) -> Line {
    let kind = match port.kind {
        Kind::Real => "",
        Kind::Index => "indices",
        Kind::Mask => "mask",
    };
    let cells = [what, &escaped(&port.name), &Dims(&port.shape).to_string(), kind];
    Line::of(cells.map(Cell::from))
}

/// Some things in a line each, if there are any.
fn listed(html: &mut Html, what: &str, things: impl Iterator<Item = String>) {
    let things: Vec<String> = things.collect();
    if things.is_empty() {
        return;
    }
    let lines = things.iter().take(LISTED).map(|thing| Line::of([Cell::from(thing.as_str())]));
    html.table(&[(what, "w-f")], lines);
    if things.len() > LISTED {
        html.text("p", "w-soft", &format!("… and {} more", things.len() - LISTED));
    }
}

impl Report {
    /// Shows what became of the rows. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program([x], [x.sin().sum()])?;
    /// program.report().evcxr_display();
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        send(&report(self), self);
    }
}

pub(super) fn report(report: &Report) -> Html {
    let mut html = Html::default();
    let operations = counted(report.operations(), "operation", "operations");
    html.head("Report", &format!("{operations} a run, {} moved", Bytes(report.bytes_moved())));
    let passes = report.passes().map(|(pass, rows)| Line::of([pass, &rows.to_string()].map(Cell::from)));
    html.table(&[("pass", ""), ("rows after", "w-n")], passes);
    let instructions = report.instructions();
    let hidden = instructions.len().saturating_sub(LISTED);
    let lines = instructions
        .iter()
        .enumerate()
        .filter(|(i, _)| hidden == 0 || *i < LISTED / 2 || *i >= LISTED / 2 + hidden);
    let lines = lines.map(|(i, instruction)| {
        let gap = (hidden > 0 && i == LISTED / 2 + hidden).then(|| format!("… {hidden} instructions more …"));
        Line { gap, ..Line::of([Cell::from(i.to_string()), instruction.as_str().into()]) }
    });
    html.table(&[("", "w-n"), ("instruction", "w-f")], lines);
    let bytes = [
        ("buffers", report.buffer_bytes()),
        ("program", report.program_bytes()),
        ("a workspace", report.workspace_bytes()),
        ("of which scratch", report.scratch_bytes()),
    ];
    let lines = bytes.map(|(what, bytes)| Line::of([Cell::from(what), Bytes(bytes).to_string().into()]));
    html.table(&[("memory", ""), ("", "w-n")], lines);
    html
}

impl<T: Float, F> Replayed<T, F> {
    /// Shows its programs, and how often each was recorded and replayed. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// let mut double = wengert::Replayed::new(|call: wengert::Call<'_, f64>| vec![call.input(0) * 2.0]);
    /// double.call_one(1.0)?;
    /// double.evcxr_display(); // recorded once
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        send(&replayed(self), self);
    }
}

pub(super) fn replayed<T: Float, F>(replayed: &Replayed<T, F>) -> Html {
    let mut html = Html::default();
    html.head("Replayed", &format!("{}, {}", T::DTYPE, counted(replayed.len(), "program", "programs")));
    let list = |ports: &[Port]| ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let line = |path: &Path<T>| {
        let replays = if path.is_judged() { path.replays().to_string() } else { "not judged yet".into() };
        Line::of([
            Cell::from(list(path.program().inputs())),
            list(path.program().outputs()).into(),
            path.recordings().to_string().into(),
            replays.into(),
            path.program().guards().collect::<Vec<_>>().join("; ").into(),
        ])
    };
    let columns =
        [("inputs", ""), ("outputs", ""), ("recorded", "w-n"), ("replayed", "w-n"), ("goes by", "w-f")];
    html.table(&columns, replayed.paths().map(line));
    let states = replayed
        .states()
        .map(|(name, value)| Line::of([Cell::from(escaped(name)), Dims(value.shape()).to_string().into()]));
    let states: Vec<Line> = states.collect();
    if !states.is_empty() {
        html.table(&[("state", "w-b"), ("shape", "")], states);
    }
    html
}

impl Profile {
    /// Shows what each instruction takes. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program([x], [x.sin().sum()])?;
    /// program.profile(&mut program.workspace(), &ndarray::arr1(&[1.0, 2.0]), 20)?.evcxr_display();
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        send(&as_printed("Profile", self), self);
    }
}

impl<T: Float> Mapped<T> {
    /// Shows what goes in and comes out. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// let x = tape.leaf("x", [1.0, 2.0]);
    /// let program = tape.program([x], [x.sin().sum()])?;
    /// program.map(100)?.evcxr_display(); // over a hundred inputs at once
    /// # Ok::<(), wengert::Error>(())
    /// ```
    pub fn evcxr_display(&self) {
        send(&as_printed("Mapped program", self), self);
    }
}

/// What is a table already, in letters of one width.
fn as_printed(name: &str, what: &impl std::fmt::Display) -> Html {
    let mut html = Html::default();
    html.head(name, "").text("pre", "", &what.to_string());
    html
}
