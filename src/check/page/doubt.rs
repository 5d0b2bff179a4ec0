//! Why nothing can be said of a derivative: what was judged, what stood in the way, and what to do.

use super::Page;
use crate::check::cases::sample::Sample;
use crate::check::judge::examine::Trouble;
use crate::check::judge::quiet::Panicked;
use crate::check::judge::tally::{Counts, Seen};
use crate::error::Dims;
use std::fmt;

/// One reason for which an examination is inconclusive.
#[derive(Clone, Debug)]
pub(in crate::check) struct Doubt {
    head: String,
    pairs: Vec<(&'static str, String)>,
    why: Vec<String>,
    mend: Vec<String>,
    fault: bool,
}

/// At most as many reasons are printed, the most frequent first.
const REASONS: usize = 3;

/// At least one element in so many of all that were compared has to be inside the function's domain and judged: of 256 cases a
/// dozen or so. With fewer, what was checked is not what was asked about, and every size and layout but a few went unseen.
const OF_ALL: usize = 20;

/// The least share of the elements inside the domain that must be judged, of each gradient, unless something else is
/// asked for.
const SHARE: f64 = 0.5;

impl Doubt {
    /// Too little of the gradient of this input was judged, which should have been this share of it; `None` if it was enough.
    pub fn of_gradient(input: &str, seen: &Seen, share: Option<f64>) -> Option<Self> {
        let axes = format!("name the axes of {input}, or give them sizes above 0, as in \"{input}: n\"");
        Self::of(&format!("d{input}"), axes, seen, share)
    }

    /// The same of what the hand-written function itself gives.
    pub fn of_forward(seen: &Seen, share: Option<f64>) -> Option<Self> {
        let axes = "give the axes sizes above 0, as in \"x: n>=1\"".into();
        Self::of("the forward function", axes, seen, share)
    }

    fn of(what: &str, axes: String, seen: &Seen, share: Option<f64>) -> Option<Self> {
        let Counts { judged, unjudged, outside, .. } = seen.counts;
        let all = judged + unjudged + outside;
        let (found, share) = match share {
            Some(asked) => (seen.counts.share(), asked),
            None => (seen.share(), SHARE),
        };
        let enough_inside = found >= share;
        let few = OF_ALL * judged < all && share > 0.0;
        if judged > 0 && enough_inside && !few {
            return None;
        }
        if all == 0 {
            return Some(Self {
                head: format!("{what} was empty in every case: nothing was compared"),
                mend: vec![axes],
                ..Self::blank()
            });
        }
        let head = match (judged, unjudged) {
            (0, 0) => {
                format!("no element of {what} could be judged: all were outside the function's domain")
            }
            (0, _) => format!("no element of {what} could be judged"),
            _ if enough_inside => format!(
                "of {what} only {judged} of {all} elements were judged: nearly all were outside the function's domain"
            ),
            _ => format!(
                "of {what} {:.1} % could be judged, and {:.0} % should be",
                100.0 * found,
                100.0 * share
            ),
        };
        let mut reasons: Vec<_> = seen.why.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        reasons.truncate(REASONS);
        let why = reasons.iter().map(|((_, reason), count)| {
            let row = reason.row.as_ref().map_or(String::new(), |row| format!("{row}: "));
            format!("{row}{} ({count} of {all} elements)", reason.why)
        });
        let mut mend: Vec<String> = reasons.iter().map(|((_, reason), _)| reason.mend.clone()).collect();
        mend.dedup();
        if judged > 0 {
            let least = if enough_inside { "0.0" } else { "…" };
            mend.push(format!(
                "If that little is all that can be judged, say so by `.judged_at_least({least})`."
            ));
        }
        Some(Self { head, pairs: pairs(&seen.counts), why: why.collect(), mend, fault: false })
    }

    /// No case was tried, or none gave a gradient.
    pub fn nothing() -> Self {
        Self {
            head: "no gradient was compared in any case".into(),
            mend: vec!["try at least one case: see `.cases(…)`".into()],
            ..Self::blank()
        }
    }

    /// The formula cannot be computed in this case, or is none of a loss.
    pub fn formula(sample: &Sample, trouble: &Trouble) -> Self {
        let shapes = sample.signature().describe_shapes(&sample.sizes);
        match trouble {
            Trouble::Panicked(panicked) => {
                let ours = panicked.at.as_ref().is_some_and(crate::check::judge::quiet::Place::is_ours);
                let mend = if ours {
                    "please report it: this panic comes from within the library"
                } else {
                    "give sizes and `values` for which it has a value"
                };
                Self {
                    head: format!("the formula cannot be computed with {shapes}"),
                    why: vec![panicked.message.clone()],
                    pairs: panicked.at.iter().map(|at| ("at", at.to_string())).collect(),
                    mend: vec![mend.into()],
                    fault: ours,
                }
            }
            Trouble::NotANumber(shape) => Self {
                head: "the result of the formula is an array, and `check::gradient` is for a number".into(),
                pairs: vec![("expected", "a number, as a loss is".into()), ("given", {
                    format!("an array of shape {}, with {shapes}", Dims(shape))
                })],
                mend: vec![
                    "end the formula in `.sum()` or `.mean()`; or examine it by `check::backward`, whose hand-written \
                     function gets the cotangent of the array before the inputs"
                        .into(),
                ],
                ..Self::blank()
            },
        }
    }

    /// The library panicked.
    pub fn fault(panicked: &Panicked) -> Self {
        Self {
            head: "a fault of the examiner: it panicked itself".into(),
            pairs: panicked.at.iter().map(|at| ("at", at.to_string())).collect(),
            why: vec![panicked.message.clone()],
            mend: vec!["please report this text: the derivative is not to blame".into()],
            fault: true,
        }
    }

    /// The cases cannot be drawn.
    pub fn gave_up(why: &str) -> Self {
        Self { head: "the search gave up".into(), why: vec![why.into()], ..Self::blank() }
    }

    /// Whether the library is to blame.
    pub fn is_fault(&self) -> bool {
        self.fault
    }

    /// The reason in short.
    pub fn message(&self) -> &str {
        self.why.first().unwrap_or(&self.head)
    }

    pub fn print(&self, page: &mut Page<'_, '_>) -> fmt::Result {
        page.head(&self.head)?;
        self.pairs.iter().try_for_each(|(key, value)| page.pair(key, value))?;
        for (head, texts) in [("why", &self.why), ("mend", &self.mend)] {
            if !texts.is_empty() {
                page.head(head)?;
            }
            texts.iter().try_for_each(|text| page.text(text))?;
        }
        Ok(())
    }

    fn blank() -> Self {
        Self { head: String::new(), pairs: Vec::new(), why: Vec::new(), mend: Vec::new(), fault: false }
    }
}

fn pairs(counts: &Counts) -> Vec<(&'static str, String)> {
    let Counts { judged, unjudged, outside, .. } = counts;
    vec![
        ("judged", judged.to_string()),
        ("unjudged", unjudged.to_string()),
        ("outside", format!("{outside}, where the function has no finite value or slope")),
    ]
}
