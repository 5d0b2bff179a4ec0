//! Which inputs are shared, and how pieces are made.

use super::{Map, Mapped, Piece};
use crate::Float;
use crate::array::{Layout, Room};
use crate::error::{Error, ErrorKind, Problem, counted};
use crate::replay::compiled::Compiled;
use crate::replay::lower::{Choices, Lowered, lifted, lower};
use crate::replay::machine::{Code, Instruction, LANES, Place, Source, bytes_of};
use crate::replay::port::Port;
use crate::replay::program::Program;
use crate::replay::workspace::{Among, StateKey};
use std::sync::{Arc, Mutex};

/// Bytes of buffers that a piece may take: as many as stay in a near cache.
const NEAR: usize = 1 << 20;

/// Operations for which a second thread is worth waking: some 50 µs of work.
const WORTH_A_THREAD: usize = 200_000;

/// Choices on the way to a [`Mapped`] program; see [`Program::map_builder`].
///
/// ```
/// # let tape = wengert::Tape::<f64>::new();
/// let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
/// let program = tape.program([x, w], x * w)?;
/// let mapped = program.map_builder(2).shared("w").build()?; // or `.shared(1)`
/// # Ok::<(), wengert::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder makes a mapped program when `build` is called"]
pub struct MapBuilder<T: Float> {
    program: Program<T>,
    lanes: usize,
    shared: Vec<Result<usize, Problem>>,
    at_once: Option<usize>,
}

impl<T: Float> MapBuilder<T> {
    pub(super) fn new(program: &Program<T>, lanes: usize) -> Self {
        Self { program: program.clone(), lanes, shared: Vec::new(), at_once: None }
    }

    /// This input, by its place or its name, is one for all lanes: it keeps the shape that was recorded, and what depends
    /// on shared inputs alone is computed once for many lanes.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let (x, w) = (tape.leaf("x", 1.0), tape.leaf("w", 2.0));
    /// # let program = tape.program([x, w], x * w)?;
    /// let mapped = program.map_builder(2).shared("w").build()?;
    /// assert_eq!(mapped.inputs()[1].to_string(), "w ()");
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "in_axes")]
    #[allow(clippy::needless_pass_by_value)] // A name or a number.
    pub fn shared(mut self, input: impl StateKey) -> Self {
        let among = Among { ports: self.program.inputs(), one: "input", takes: "takes" };
        let found = input.place(&among).map_err(|what| {
            let carried = Among { ports: self.program.states(), one: "state", takes: "carries" };
            if self.program.states().iter().any(|port| port.name == input.to_string())
                && input.place(&carried).is_ok()
            {
                let what = format!("`{input}` is carried, and what all lanes share cannot be: each lane's next one is its own");
                let mend = "Leave it out: each lane starts from the same. Or record it as an input, which can be shared.";
                return Problem::new(ErrorKind::Signature, what, mend);
            }
            Problem::new(ErrorKind::Signature, what, "`program.inputs()` lists them.")
        });
        self.shared.push(found);
        self
    }

    /// Computes so many lanes at a time, and not as many as fit a near cache: the memory of a thread grows with it. The threads
    /// that the program may use share what this makes of the lanes, however little work it is. (A program of numbers alone
    /// always computes 16 at a time.) No bit depends on it.
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", ndarray::arr1(&[1.0, 2.0]));
    /// # let program = tape.program(x, x.exp())?;
    /// let mapped = program.map_builder(1000).at_once(10).build()?;
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[doc(alias = "batch_size")]
    pub fn at_once(mut self, lanes: usize) -> Self {
        self.at_once = Some(lanes);
        self
    }

    /// Makes the mapped program.
    ///
    /// # Errors
    /// As of [`Program::map`], and if what is to be [shared](Self::shared) is no input, or no lane is to be computed
    /// [at once](Self::at_once).
    ///
    /// ```
    /// # let tape = wengert::Tape::<f64>::new();
    /// # let x = tape.leaf("x", 1.0);
    /// # let program = tape.program(x, x.exp())?;
    /// assert!(program.map_builder(2).shared("y").build().is_err());
    /// # Ok::<(), wengert::Error>(())
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<Mapped<T>, Error> {
        let Self { program, lanes, shared, at_once } = self;
        if at_once == Some(0) {
            let mend = "Give `at_once` one at least, or leave it out for as many as fit a near cache.";
            let problem = Problem::new(ErrorKind::Signature, "no program runs 0 lanes at a time", mend);
            return Err(Error::new("map", problem, Vec::new()));
        }
        let mut stacked = vec![true; program.inputs().len() + program.states().len()];
        for input in shared {
            match input {
                Ok(input) => stacked[input] = false,
                Err(problem) => return Err(Error::new("map", problem, Vec::new())),
            }
        }
        let over_lanes = |port: &Port| Port {
            shape: std::iter::once(lanes).chain(port.shape.iter().copied()).collect(),
            ..port.clone()
        };
        let inputs = program.inputs().iter().zip(&stacked);
        let inputs = inputs.map(|(port, &stacked)| if stacked { over_lanes(port) } else { port.clone() });
        let [inputs, outputs, state]: [Vec<Port>; 3] = [
            inputs.collect(),
            program.outputs().iter().map(over_lanes).collect(),
            program.states().iter().map(over_lanes).collect(),
        ];
        let kept = outputs.iter().chain(state.iter().flat_map(|port| [port, port]));
        let kept: usize = kept
            .map(|port| port.shape.iter().fold(size_of::<T>(), |bytes, n| bytes.saturating_mul(*n)))
            .fold(0, usize::saturating_add);
        holds::<T>(kept, lanes)?;

        let compiled = &program.0;
        let work = program.report().operations().saturating_mul(lanes);
        let alone = at_once.is_none() && work < WORTH_A_THREAD;
        let threads = if alone { 1 } else { compiled.recipe.choices.threads.min(lanes.max(1)) };
        let width = width(compiled, lanes, threads, at_once);
        let last = lanes % width;
        let whole = compiled.recipe.list.is_none() || last == 0 || lanes < width;
        let sizes = if whole { vec![width.min(lanes.max(1))] } else { vec![width, last] };
        let threads = threads.min(lanes.div_ceil(width)).max(1);
        let choices = Choices {
            // Either pieces are shared, or what is large within the one.
            threads: if threads > 1 { 1 } else { compiled.recipe.choices.threads },
            ..compiled.recipe.choices
        };
        let pieces =
            sizes.into_iter().map(|lanes| Piece::new(compiled, &stacked, Choices { lanes, ..choices }));
        let pieces: Vec<Piece<T>> = pieces.collect();
        let room = bytes_of(&pieces[0].lowered.code, 0).0.saturating_mul(threads);
        holds::<T>(kept.saturating_add(room), lanes)?;
        let idle = Mutex::default();
        let map = Map { program, lanes, stacked, inputs, outputs, state, pieces, width, threads, idle };
        Ok(Mapped(Arc::new(map)))
    }
}

#[track_caller]
fn holds<T: Float>(bytes: usize, lanes: usize) -> Result<(), Error> {
    match Room::<T>::default()
        .could_hold(bytes, &format!("a workspace of {}", counted(lanes, "lane", "lanes")))
    {
        Ok(()) => Ok(()),
        Err(problem) => {
            let mend = "Map fewer lanes, and run them one stack after the other.".into();
            Err(Error::new("map", Problem { mend, ..problem }, Vec::new()))
        }
    }
}

/// How many lanes a piece has.
fn width<T: Float>(compiled: &Compiled<T>, lanes: usize, threads: usize, at_once: Option<usize>) -> usize {
    if compiled.recipe.list.is_none() {
        return LANES;
    }
    let lanes = lanes.max(1);
    let each = compiled.code.buffer_bytes() + size_of_val(&compiled.code.bank[..]);
    let near = (NEAR / each.max(1)).clamp(1, lanes.div_ceil(threads));
    at_once.map_or_else(|| lanes.div_ceil(lanes.div_ceil(near)), |width| width.min(lanes))
}

impl<T: Float> Piece<T> {
    fn new(compiled: &Compiled<T>, stacked: &[bool], choices: Choices) -> Self {
        let lanes = choices.lanes;
        let mut lowered = match &compiled.recipe.list {
            Some(graph) => lower(graph, &[], stacked, choices),
            None => as_it_is(compiled, stacked, lanes),
        };
        let signature = &compiled.signature;
        let shapes = signature.outputs.iter().chain(&signature.state).map(|port| &port.shape[..]);
        for (place, shape) in lowered.outputs.iter_mut().zip(shapes) {
            over_lanes(place, shape, lanes);
        }
        let numbers = lowered.guards.iter_mut().flatten();
        numbers.for_each(|place| over_lanes(place, &[], lanes));
        Self { lowered }
    }
}

/// What is the same in all lanes has its axis of lanes as well, for whoever reads it.
fn over_lanes(place: &mut Place, shape: &[usize], lanes: usize) {
    if place.layout.shape.len() == shape.len() {
        let apart = usize::from(matches!(place.source, Source::Bank(_)));
        place.layout = lifted(&place.layout, lanes, apart);
    }
}

/// The code of a program of numbers, over a bank that has a number for each lane.
fn as_it_is<T: Float>(compiled: &Compiled<T>, stacked: &[bool], lanes: usize) -> Lowered<T> {
    let mut code = Code { width: LANES, ..compiled.code.clone() };
    for instruction in &mut code.instructions {
        let Instruction::Scalars { fetched, .. } = instruction else { continue };
        for (place, _) in fetched {
            if let Source::Input(input) = place.source
                && stacked[input]
            {
                let elements = compiled.signature.inputs[input].shape.iter().product();
                place.layout = lifted(
                    &Layout { offset: place.layout.offset, ..Layout::row_major(&[]) },
                    lanes,
                    elements,
                );
            }
        }
    }
    let mut kept = compiled.kept.clone();
    for (place, _) in &mut kept {
        over_lanes(place, &[], lanes);
    }
    let next = compiled.state.iter().map(|[_, next]| Place { source: *next, layout: Layout::row_major(&[]) });
    let mut outputs: Vec<Place> = compiled.outputs.iter().cloned().chain(next).collect();
    let mut guards: Vec<[Place; 2]> = compiled.guards.iter().map(|(_, places)| places.clone()).collect();
    let mut numbers = compiled.numbers.clone();

    // Places as wide as all lanes are used again, where nobody reads them any more.
    let read = outputs.iter().chain(guards.iter().flatten()).chain(kept.iter().map(|(from, _)| from));
    let lasting = read.filter_map(|place| match place.source {
        Source::Bank(place) => Some(place),
        _ => None,
    });
    let now = code.reuse_places(lasting.collect::<Vec<_>>().into_iter());
    let renamed = |source: &mut Source| {
        if let Source::Bank(place) = source {
            *place = now[*place];
        }
    };
    outputs.iter_mut().chain(guards.iter_mut().flatten()).for_each(|place| renamed(&mut place.source));
    for (from, to) in &mut kept {
        renamed(&mut from.source);
        renamed(to);
    }
    numbers.iter_mut().flatten().for_each(|place| *place = now[*place]);
    for instruction in &mut code.instructions {
        if let Instruction::Scalars { fetched, .. } = instruction {
            for (_, to) in fetched {
                *to = now[*to];
            }
        }
    }
    Lowered { code, outputs, guards, kept, state: Vec::new(), numbers, instructions: Vec::new() }
}
