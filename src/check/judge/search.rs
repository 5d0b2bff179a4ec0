//! The run: cases are drawn and judged, and a failing one is shrunk.

use super::examine::{Difference, Finding, Scene, Trouble};
use super::quiet;
use super::subgradient;
use super::tally::Tally;
use crate::Float;
use crate::check::ask::forward::Forward;
use crate::check::ask::subject::Subject;
use crate::check::cases::draw::Samples;
use crate::check::cases::greedy::Simpler;
use crate::check::cases::sample::Sample;
use crate::check::page::doubt::Doubt;
use crate::check::{Check, Summary};
use proptest::prelude::RngExt;
use proptest::test_runner::{
    Config, PersistedSeed, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

/// What a run came to.
pub(in crate::check) struct Search<T> {
    pub summary: Summary,
    /// What stopped it; `None` if nothing was found.
    pub ending: Option<Ending<T>>,
}

/// What stops a run.
pub(in crate::check) enum Ending<T> {
    /// A call in which a gradient is wrong, of the simplest case that was found.
    Wrong { scene: Box<Scene<T>>, findings: Vec<Finding> },
    /// Nothing can be said.
    Doubt(Doubt),
}

/// What is known while cases are tried.
struct Known<T> {
    summary: Summary,
    /// The last call that was wrong, and whether it is the last of its case.
    wrong: Option<(Scene<T>, Vec<Finding>, bool)>,
    /// The simplest case in which the formula could not be computed.
    trouble: Option<(Sample, Trouble)>,
    /// Where the library itself panicked.
    fault: Option<quiet::Panicked>,
    /// How many gradients the first call gave.
    count: Option<usize>,
    /// The case on which the formula is shown.
    shown: Option<Sample>,
    /// The case in which a gradient is farthest off, as a part of its tolerance.
    hottest: Option<(f64, Sample)>,
}

/// What came of one call.
type Judged<T> = (Scene<T>, Vec<Finding>, Tally);

impl<T: Float> Check<'_, T> {
    /// Runs the cases with this hand-written derivative, which may be another than the check's own, and, if it is given, the
    /// hand-written function itself.
    #[track_caller]
    pub(in crate::check) fn search(
        &self,
        subject: &Subject<'_, T>,
        forward: Option<&Forward<'_, T>>,
        config: Config,
    ) -> Search<T> {
        let seed = self.seed.unwrap_or_else(|| {
            TestRunner::new(Config { failure_persistence: None, ..config.clone() }).rng().random()
        });
        let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let plan = Rc::new(self.plan().with_thresholds(subject));
        let known = RefCell::new(Known {
            summary: Summary::new(self, &plan, seed),
            wrong: None,
            trouble: None,
            fault: None,
            count: None,
            shown: None,
            hottest: None,
        });
        let outcome = runner.run(&Samples(plan), |sample| {
            if known.borrow().fault.is_some() {
                return Ok(()); // It ends here, with no more tries.
            }
            match quiet::catch(|| self.judge(subject, forward, &sample, &known)) {
                Ok(true) => Ok(()),
                Ok(false) => Err(TestCaseError::fail("the gradients differ")),
                Err(fault) => {
                    known.borrow_mut().fault = Some(fault);
                    Err(TestCaseError::fail("the examiner panicked"))
                }
            }
        });
        // From the worst case of those that passed, to worse ones.
        let hottest = known.borrow_mut().hottest.take();
        if let (Ok(()), Some((heat, sample))) = (&outcome, hottest)
            && known.borrow().fault.is_none()
            && known.borrow().trouble.is_none()
            && let Ok(Some(wrong)) = quiet::catch(|| self.climb(subject, sample, heat))
            && let Ok(scene) = subject.scene(&wrong)
        {
            let (findings, _) = self.findings(subject, &scene, &mut None);
            if !findings.is_empty() {
                keep(runner.config(), &wrong);
                known.borrow_mut().wrong = Some((scene, findings, true));
            }
        }
        let Known { mut summary, wrong, trouble, fault, shown, .. } = known.into_inner();
        if let Some(sample) = shown {
            summary.show(sample.signature().describe(&sample.sizes), subject.listing(&sample));
        }
        let ending = match (outcome, fault, wrong, trouble) {
            (_, Some(fault), _, _) => Some(Ending::Doubt(Doubt::fault(&fault))),
            (_, _, Some((scene, findings, _)), _) => Some(Ending::Wrong { scene: Box::new(scene), findings }),
            (_, _, _, Some((sample, trouble))) => {
                let (sample, trouble) = simplest(subject, sample, trouble);
                Some(Ending::Doubt(Doubt::formula(&sample, &trouble)))
            }
            (Err(TestError::Abort(why)), ..) => Some(Ending::Doubt(Doubt::gave_up(&why.to_string()))),
            (Ok(()) | Err(TestError::Fail(..)), ..) => None,
        };
        Search { summary, ending }
    }

    /// Whether nothing is wrong in this case.
    fn judge(
        &self,
        subject: &Subject<'_, T>,
        forward: Option<&Forward<'_, T>>,
        sample: &Sample,
        known: &RefCell<Known<T>>,
    ) -> bool {
        let calls = match subject.calls(sample) {
            Ok(calls) => calls,
            Err(trouble) => {
                let mut known = known.borrow_mut();
                // The first failure decides what is shrunk.
                if known.trouble.as_ref().is_none_or(|(simplest, _)| sample.len() < simplest.len()) {
                    known.trouble = Some((sample.clone(), trouble));
                }
                return true;
            }
        };
        let last = calls.len() - 1;
        let judged: Vec<Judged<T>> = calls
            .into_iter()
            .map(|scene| {
                let (mut findings, mut tally) = self.findings(subject, &scene, &mut known.borrow_mut().count);
                if let Some(forward) = forward {
                    let fault;
                    (fault, tally.forward) = forward.fault(subject, &scene.sample);
                    findings.extend(fault.map(Finding::Forward));
                }
                if sample.is_ordinary() {
                    tally.count_as_ordinary();
                }
                (scene, findings, tally)
            })
            .collect();
        let mut known = known.borrow_mut();
        known.summary.add_case(sample);
        if known.shown.as_ref().is_none_or(|shown| legibility(sample) < legibility(shown)) {
            known.shown = Some(sample.clone());
        }
        for (_, _, tally) in &judged {
            known.summary.add(tally);
            let heat = tally.heat();
            if known.hottest.as_ref().is_none_or(|(most, _)| heat > *most) {
                known.hottest = Some((heat, sample.clone()));
            }
        }
        // What was found in the last call of a case, whose numbers can be shrunk, is looked for in last calls only.
        let of_last = known.wrong.as_ref().is_some_and(|(_, _, last)| *last);
        let mut wrong = judged
            .into_iter()
            .enumerate()
            .rev()
            .filter(|(i, (_, findings, _))| !findings.is_empty() && (*i == last || !of_last));
        match wrong.next() {
            None => true,
            Some((i, (scene, findings, _))) => {
                known.wrong = Some((scene, findings, i == last));
                false
            }
        }
    }

    /// What differs in this call and counts.
    pub(in crate::check) fn findings(
        &self,
        subject: &Subject<'_, T>,
        scene: &Scene<T>,
        count: &mut Option<usize>,
    ) -> (Vec<Finding>, Tally) {
        let (mut judged, mut tally) = scene.findings();
        judged.retain(|finding| match finding {
            Finding::Values(Difference { input, wrong, .. }) if scene.is_smooth_at_a_tie(subject, *input) => {
                tally.gradients[*input].by_differences(*wrong);
                false
            }
            _ => true,
        });
        let kinks = judged.iter().all(|finding| matches!(finding, Finding::Values(_)));
        if subject.any_subgradient && kinks && !judged.is_empty() {
            match subgradient::judge(subject, scene) {
                Ok(()) => {
                    for finding in judged.drain(..) {
                        if let Finding::Values(Difference { input, wrong, .. }) = finding {
                            tally.gradients[input].at_kinks(wrong);
                        }
                    }
                }
                Err(none) => {
                    // Said of the first alone: it is about all of them.
                    if let Some(Finding::Values(first)) = judged.first_mut() {
                        first.none = none;
                    }
                }
            }
        }
        if let (Ok(given), true) = (&scene.given, judged.is_empty()) {
            let inputs = scene.sample.gradients();
            let expected = if self.all_gradients { inputs } else { *count.get_or_insert(given.len()) };
            if given.len() != expected {
                judged.push(Finding::Count { given: given.len(), inputs, expected: Some(expected) });
            }
        }
        (judged, tally)
    }
}

/// Keeps a case beside the source file, as proptest does with those that it draws.
fn keep(config: &Config, case: &Sample) {
    let Some(mut persistence) = config.failure_persistence.clone() else { return };
    let mut text = String::from("pt ");
    for byte in case.written() {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    if let Ok(seed) = text.parse::<PersistedSeed>() {
        persistence.save_persisted_failure2(config.source_file, seed, case);
    }
}

/// How badly a case shows a formula: with axes of 0 or 1, which broadcast, or of one size, which look the same, first of all.
fn legibility(sample: &Sample) -> (usize, usize) {
    let sizes = &sample.sizes;
    let alike =
        sizes.iter().enumerate().filter(|(i, size)| **size < 2 || sizes[..*i].contains(*size)).count();
    (alike, sizes.iter().sum())
}

/// The simplest case like this one in which the formula cannot be computed.
fn simplest<T: Float>(subject: &Subject<'_, T>, sample: Sample, trouble: Trouble) -> (Sample, Trouble) {
    let mut simplest = (sample, trouble);
    for _ in 0..100 {
        let simpler = simplest.0.simpler().into_iter().find_map(|sample| {
            let trouble = subject.calls(&sample).err()?;
            Some((sample, trouble))
        });
        match simpler {
            Some(simpler) => simplest = simpler,
            None => break,
        }
    }
    simplest
}
