//! The program as the page is told of it.

use super::ProgramPage;
use crate::Float;
use crate::array::Kind;
use crate::error::escaped;
use crate::replay::{Explanation, Fate, Held, Memory, Recorded, Told};
use crate::show::formula::{formula_of, number};
use crate::show::page::{Json, Sources};
use crate::show::text::{elided, name_of};
use crate::tape::RowId;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Rows, and instructions, that a page tells one by one; of more, as many from the start as from the end.
const MOST: usize = 20_000;

/// Rows that are told of an instruction.
const MEMBERS: usize = 400;

/// Values in buffers that are drawn: those that take the most, bytes times instructions.
const DRAWN: usize = 400;

/// Steps of the curve of bytes in use.
const STEPS: usize = 600;

/// Characters of a name or formula.
const LONG: usize = 200;

/// All that the page is told.
pub(super) fn data<T: Float>(page: &ProgramPage<'_, T>) -> Json {
    let program = page.program;
    let report = program.report();
    let all = program.explanation();
    let profile = page.profile.filter(|profile| program.is_profiled_by(profile));
    let mut sources = Sources::new(page.sources.as_deref());
    let hidden = hidden(all.rows.len());
    let recorded: HashMap<RowId, &Recorded> =
        all.rows.iter().filter_map(|told| Some((told.row, told.recorded?))).collect();
    let rows = all.rows.iter().enumerate().filter(|(at, _)| !hidden.contains(at));
    let rows: Vec<Json> = rows.map(|(_, told)| row::<T>(told, &all, &recorded, &mut sources)).collect();
    let passes = report.passes().map(|(pass, rows)| Json::List(vec![pass.into(), rows.into()]));
    let times = report.times().map(|(part, time)| Json::List(vec![part.into(), nanos(time)]));
    let ports =
        |ports: &[crate::Port]| Json::list(ports.iter().map(|port| elided(escaped(&port.to_string()), LONG)));
    let numbers = [
        ("buffers", all.buffers.len()),
        ("buffer_bytes", report.buffer_bytes()),
        ("program_bytes", report.program_bytes()),
        ("workspace_bytes", report.workspace_bytes()),
        ("scratch_bytes", report.scratch_bytes()),
        ("operations", report.operations()),
        ("bytes_moved", report.bytes_moved()),
        ("allocations", report.allocations()),
        ("rows", report.rows()),
    ];
    let mut fields = vec![
        ("title", Json::from(page.title.as_deref().unwrap_or_default())),
        ("numbers", Json::from(T::DTYPE)),
        ("kept", Json::Truth(all.is_kept)),
        ("listed", Json::Truth(!all.rows.is_empty())),
        ("untold", all.untold.into()),
        ("hidden", Json::list([hidden.start, hidden.end])),
        ("fates", counts(&all)),
        ("rows", Json::List(rows)),
        ("passes", Json::List(passes.collect())),
        ("times", Json::List(times.collect())),
        ("report", Json::Object(numbers.into_iter().map(|(name, n)| (name, n.into())).collect())),
        ("inputs", ports(program.inputs())),
        ("outputs", ports(program.outputs())),
        ("states", ports(program.states())),
        ("instructions", instructions(&all, profile)),
        ("memory", memory(&all)),
        ("places", sources.into_json()),
    ];
    if let Some(profile) = profile {
        let told = vec![("runs", profile.runs().into()), ("all", nanos(profile.time()))];
        fields.push(("profile", Json::Object(told)));
    } else if page.profile.is_some() {
        fields.push(("profile", Json::from("other")));
    }
    fields.extend(page.language.map(|language| ("language", Json::from(language.code()))));
    Json::Object(fields)
}

/// What is left out of so many.
fn hidden(all: usize) -> Range<usize> {
    if all > MOST { MOST / 2..all - MOST / 2 } else { 0..0 }
}

fn nanos(time: std::time::Duration) -> Json {
    Json::Number(time.as_nanos().to_string())
}

/// How many rows have each fate, those that are left out among them.
fn counts(all: &Explanation<'_>) -> Json {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for told in &all.rows {
        *counts.entry(fate(&told.fate, all)).or_default() += 1;
    }
    if all.untold > 0 {
        *counts.entry("dead").or_default() += all.untold;
    }
    Json::Object(counts.into_iter().map(|(fate, count)| (fate, count.into())).collect())
}

/// A fate in a word, by which the page has its texts.
fn fate(fate: &Fate, all: &Explanation<'_>) -> &'static str {
    match fate {
        Fate::Dead => "dead",
        Fate::Input(_) => "input",
        Fate::State(_) => "state",
        Fate::Constant => "constant",
        Fate::Folded => "folded",
        Fate::Stands(crate::Pass::Common, _) => "shared",
        Fate::Stands(..) => "same",
        Fate::View(_) => "view",
        Fate::Run(instructions, _) if instructions.len() > 1 => "again",
        Fate::Run(instructions, _) if all.instructions[instructions[0]].rows.len() > 1 => "fused",
        Fate::Run(..) => "alone",
        Fate::Unknown => "unknown",
    }
}

fn row<T: Float>(
    told: &Told<'_>,
    all: &Explanation<'_>,
    recorded: &HashMap<RowId, &Recorded>,
    sources: &mut Sources,
) -> Json {
    let bytes = told.shape.iter().product::<usize>().saturating_mul(size_of::<T>());
    let mut fields = vec![
        ("r", Json::from(told.row.index())),
        ("p", Json::from(told.prim)),
        ("s", Json::list(told.shape.iter().copied())),
        ("b", Json::from(bytes)),
    ];
    fields.extend(told.name.map(|name| ("n", Json::from(elided(escaped(name), LONG)))));
    if let Some(of) = told.recorded {
        let formula = match told.fate {
            // Whatever it was when it was recorded.
            Fate::Input(_) | Fate::State(_) => told.prim.to_owned(),
            _ => formula::<T>(of, recorded),
        };
        fields.push(("f", elided(formula, LONG).into()));
        fields.push(("at", sources.at(of.at).into()));
        fields.extend(of.origin.map(|by| ("by", by.index().into())));
        match of.kind {
            Kind::Real => {}
            Kind::Index => fields.push(("k", "index".into())),
            Kind::Mask => fields.push(("k", "mask".into())),
        }
    }
    fields.extend(told.output.map(|output| ("out", output.into())));
    match &told.fate {
        Fate::Input(place) | Fate::State(place) => fields.push(("in", (*place).into())),
        Fate::Stands(_, by) => fields.push(("of", by.index().into())),
        Fate::View(of) => fields.extend(of.map(|of| ("of", of.index().into()))),
        Fate::Run(instructions, memory) => {
            fields.push(("i", Json::list(instructions.iter().copied())));
            let (kind, place) = match memory {
                Memory::Input(place) => ("input", Some(*place)),
                Memory::Buffer(place) => ("buffer", Some(*place)),
                Memory::Constant => ("constant", None),
                Memory::Bank => ("bank", None),
                Memory::Passing => ("passing", None),
            };
            fields.push(("m", kind.into()));
            fields.extend(place.map(|place| ("mb", place.into())));
        }
        Fate::Dead | Fate::Constant | Fate::Folded | Fate::Unknown => {}
    }
    fields.push(("w", fate(&told.fate, all).into()));
    Json::Object(fields)
}

/// As it was recorded, with the operands' names.
fn formula<T: Float>(of: &Recorded, recorded: &HashMap<RowId, &Recorded>) -> String {
    let said = |x: f64| number(T::from_f64(x));
    if let Some(x) = of.number {
        return said(x);
    }
    formula_of(&of.prim, of.operands.len(), &|i| {
        let row = of.operands[i];
        let operand = recorded.get(&row);
        let name = operand.and_then(|operand| operand.name.as_deref()).map(name_of);
        let number = || operand.and_then(|operand| operand.number).map(said);
        name.or_else(number).unwrap_or_else(|| format!("%{}", row.index()))
    })
}

fn instructions(all: &Explanation<'_>, profile: Option<&crate::Profile>) -> Json {
    let hidden = hidden(all.instructions.len());
    let told = all.instructions.iter().enumerate().filter(|(at, _)| !hidden.contains(at)).map(|(at, one)| {
        let mut fields = vec![
            ("w", Json::from(one.words.as_str())),
            ("c", one.rows.len().into()),
            ("r", Json::list(one.rows.iter().take(MEMBERS).map(|row| row.index()))),
            ("o", one.operations.into()),
            ("b", one.bytes.into()),
        ];
        fields.extend(profile.map(|profile| ("t", nanos(profile.instructions()[at].time()))));
        Json::Object(fields)
    });
    let told = Json::List(told.collect());
    Json::Object(vec![
        ("all", all.instructions.len().into()),
        ("hidden", Json::list([hidden.start, hidden.end])),
        ("list", told),
    ])
}

/// What lies in which buffer when, and how much that is.
fn memory(all: &Explanation<'_>) -> Json {
    let count = all.instructions.len();
    let span = |held: &Held| {
        let from = held.from.unwrap_or(0);
        (from, held.to.map_or(count.saturating_sub(1), |to| to.max(from)))
    };
    // What is written over its operand is there instead of it.
    let mut ends: Vec<usize> = all.held.iter().map(|held| span(held).1).collect();
    let mut order: Vec<usize> = (0..all.held.len()).collect();
    order.sort_by_key(|&at| (all.held[at].buffer, all.held[at].from));
    for two in order.windows(2) {
        let [one, next] = [&all.held[two[0]], &all.held[two[1]]];
        if one.buffer == next.buffer && next.from.is_some_and(|from| from > 0) {
            ends[two[0]] = ends[two[0]].min(span(next).0 - 1);
        }
    }
    let mut change = vec![0_i64; count + 1];
    for (held, end) in all.held.iter().zip(&ends) {
        let bytes = i64::try_from(held.bytes).unwrap_or(i64::MAX);
        let from = span(held).0;
        if from <= *end {
            change[from] += bytes;
            change[*end + 1] -= bytes;
        }
    }
    let mut sum = 0;
    let live: Vec<usize> = change[..count]
        .iter()
        .map(|change| {
            sum += change;
            usize::try_from(sum).unwrap_or_default()
        })
        .collect();
    let peak = (0..count).rev().max_by_key(|&at| live[at]);
    // Of many instructions each step is the most of several.
    let wide = count.div_ceil(STEPS).max(1);
    let curve = live.chunks(wide).map(|part| part.iter().copied().max().unwrap_or_default());
    let mut drawn: Vec<usize> = (0..all.held.len()).collect();
    let size = |at: &usize| {
        let (from, to) = span(&all.held[*at]);
        // Of equals some from all over, which are strewn by a product with an odd factor.
        let strewn = at.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
        (std::cmp::Reverse(all.held[*at].bytes.saturating_mul(to - from + 1)), strewn)
    };
    drawn.sort_by_key(size);
    drawn.truncate(DRAWN);
    drawn.sort_unstable();
    let values = drawn.iter().map(|&at| {
        let held = &all.held[at];
        let (from, to) = span(held);
        let mut fields = vec![
            ("b", Json::from(held.buffer)),
            ("from", from.into()),
            ("to", to.into()),
            ("n", held.bytes.into()),
        ];
        fields.extend(held.row.map(|row| ("r", row.index().into())));
        if held.from.is_none() {
            fields.push(("state", Json::Truth(true)));
        }
        if held.to.is_none() {
            fields.push(("stays", Json::Truth(true)));
        }
        Json::Object(fields)
    });
    let mut used: Vec<usize> = all.held.iter().map(|held| held.buffer).collect();
    used.sort_unstable();
    used.dedup();
    let mut shown: Vec<usize> = drawn.iter().map(|&at| all.held[at].buffer).collect();
    shown.sort_unstable();
    shown.dedup();
    let sizes = shown.iter().map(|&buffer| Json::list([buffer, all.buffers[buffer]]));
    let mut fields = vec![
        ("values", Json::List(values.collect())),
        ("all", all.held.len().into()),
        ("buffers", Json::List(sizes.collect())),
        // Copies that are made after a run: of what is the caller's or about to change.
        ("copies", (all.buffers.len() - used.len()).into()),
        ("wide", wide.into()),
        ("live", Json::list(curve)),
    ];
    fields.extend(peak.map(|at| ("peak", Json::list([at, live[at]]))));
    Json::Object(fields)
}
