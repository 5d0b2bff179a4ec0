//! The corpus, driven: its claims by differences, then the examiner by its claims.

use super::corpus::{Exam, Found, Function, How, Slip, size};
use super::known::KNOWN;
use super::{
    activations, attention, gates, late_layers, late_losses, looking_up, losses, margins, matrices, norms,
    recurrent, scans, seed, statistics, windows,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wengert::check::{FailureKind, Mistake};

/// Chapter by chapter.
const CHAPTERS: &[(&str, &[Function])] = &[
    ("activations", activations::TABLE),
    ("gates", gates::TABLE),
    ("norms", norms::TABLE),
    ("losses", losses::TABLE),
    ("margins", margins::TABLE),
    ("attention", attention::TABLE),
    ("recurrent", recurrent::TABLE),
    ("scans", scans::TABLE),
    ("windows", windows::TABLE),
    ("looking up", looking_up::TABLE),
    ("statistics", statistics::TABLE),
    ("matrices", matrices::TABLE),
    ("late losses", late_losses::TABLE),
    ("late layers", late_layers::TABLE),
];

/// Functions whose wrong versions take seconds each to explain: only with `WENGERT_SEEDS`.
const SLOW: &[&str] = &["CTC"];

/// What part of those with a fitting mistake is named, at the least.
const NAMED: f64 = 0.9;

/// In how many cases a right version is tried.
const CASES: u32 = 32;

/// `WENGERT_SEEDS=100` tries the whole corpus on as many seeds, one after another, all of it in both precisions.
fn many() -> Option<u64> {
    std::env::var("WENGERT_SEEDS").ok().map(|n| n.parse().expect("WENGERT_SEEDS is a number"))
}

fn seeds() -> impl Iterator<Item = u64> {
    seed()..seed() + many().unwrap_or(1)
}

/// `WENGERT_ONLY="LSTM cell; GRU cell"` tries these functions alone.
fn only(name: &str) -> bool {
    std::env::var("WENGERT_ONLY").ok().is_none_or(|only| only.split(';').any(|only| only.trim() == name))
}

fn functions() -> impl Iterator<Item = &'static Function> {
    CHAPTERS.iter().flat_map(|(_, functions)| functions.iter())
}

fn known(function: &str, version: &str) -> bool {
    KNOWN.iter().any(|(f, v, _)| (*f, *v) == (function, version))
}

/// Does them all, two at a time.
fn in_parallel<J: Sync>(jobs: &[J], one: impl Fn(&J) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    one(job);
                }
            });
        }
    });
}

#[test]
fn there_are_enough() {
    let [right, wrong] = [|f: &Function| f.right.len(), |f: &Function| f.wrong.len()]
        .map(|count| functions().map(count).sum::<usize>());
    println!("{} functions, {right} right versions, {wrong} wrong ones", functions().count());
    for function in functions() {
        let mut names: Vec<&str> =
            function.right.iter().copied().chain(function.wrong.iter().map(|slip| slip.name)).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}: {names:?}", function.name);
    }
    for (function, version, _) in KNOWN {
        let known = functions().find(|f| f.name == *function).expect("a function of the corpus");
        let versions = known.right.iter().copied().chain(known.wrong.iter().map(|slip| slip.name));
        assert!(versions.into_iter().any(|v| v == *version), "{function} has no version {version}");
    }
}

/// What is called right is right, and what is called wrong is wrong, by more than any rounding.
#[test]
fn claims_hold_by_differences() {
    let complaints = Mutex::new(Vec::new());
    let functions: Vec<&Function> = functions().collect();
    in_parallel(&functions, |function| {
        let apart =
            |version, enough| match (function.examine[1])(&Exam::new(How::Differences { enough }), version) {
                Found::Apart(apart) => apart,
                Found::Judged(_) => unreachable!("differences were asked for"),
            };
        let complain = |version: &str, apart: f64| {
            complaints.lock().unwrap().push(format!("{}, {version:?}: {apart:.1e}", function.name));
        };
        for version in function.right {
            let apart = apart(version, f64::INFINITY);
            if apart > 1e-7 {
                complain(version, apart);
            }
        }
        for Slip { name, ordinary, .. } in function.wrong {
            let apart = apart(name, if *ordinary { 1e-5 } else { f64::INFINITY });
            if (apart > 1e-5) != *ordinary {
                complain(name, apart);
            }
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn right_versions_pass() {
    let mut jobs = Vec::new();
    for function in functions() {
        let versions = function.right.iter().map(move |version| (function, *version));
        jobs.extend(versions.flat_map(|(f, v)| [(f, v, 0), (f, v, 1)]));
    }
    let refused = Mutex::new(Vec::new());
    let needed = Mutex::new(Vec::new());
    jobs.retain(|(function, ..)| only(function.name));
    for seed in seeds() {
        in_parallel(&jobs, |&(function, version, precision)| {
            let exam = Exam::new(How::Run { seed, cases: CASES });
            let Found::Judged(outcome) = (function.examine[precision])(&exam, version) else {
                unreachable!("the examiner was asked");
            };
            // Elements that cannot be judged are remarks; too many of them, a failure.
            let Err(failure) = *outcome else { return };
            let complaint = failure.to_string();
            if known(function.name, version) {
                needed.lock().unwrap().push((function.name, version));
            } else {
                let bits = [32, 64][precision];
                let name = function.name;
                refused
                    .lock()
                    .unwrap()
                    .push(format!("{name}, {version:?}, f{bits}, seed {seed}:\n{complaint}"));
            }
        });
    }
    let refused = refused.into_inner().unwrap();
    assert!(refused.is_empty(), "{} right versions refused:\n{}", refused.len(), refused.join("\n"));
    let needed = needed.into_inner().unwrap();
    let of_right = |(name, version, _): &&(&str, &str, &str)| {
        jobs.iter().any(|(f, v, _)| (f.name, *v) == (*name, *version))
    };
    let needless: Vec<_> = KNOWN
        .iter()
        .filter(of_right)
        .filter(|(name, version, _)| !needed.contains(&(name, version)))
        .collect();
    assert!(needless.is_empty(), "no longer refused, and to be struck off: {needless:?}");
}

/// What became of a wrong version.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Missed,
    Named,
    Silent,
    Misnamed,
    Panicked,
}

#[test]
fn wrong_versions_are_caught_and_named() {
    let mut jobs = Vec::new();
    for (chapter, functions) in CHAPTERS {
        for function in *functions {
            jobs.extend(function.wrong.iter().flat_map(|slip| [0, 1].map(|p| (*chapter, function, slip, p))));
        }
    }
    jobs.retain(|(_, function, ..)| {
        only(function.name) && (many().is_some() || !SLOW.contains(&function.name))
    });
    // One after the other in single and in double precision, unless there is time.
    let mut count = 0;
    jobs.retain(|(.., precision)| {
        count += 1;
        many().is_some() || (count - 1) / 2 % 2 == *precision
    });
    for seed in seeds() {
        let told = Mutex::new(Vec::new());
        in_parallel(&jobs, |job @ &(chapter, function, slip, precision)| {
            let start = Instant::now();
            let exam = Exam::new(How::Run { seed, cases: 256 });
            // A panic of the examiner's is a fate too.
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let Found::Judged(outcome) = (function.examine[precision])(&exam, slip.name) else {
                    unreachable!("the examiner was asked");
                };
                judge(slip, *outcome)
            }));
            let seconds = start.elapsed().as_secs_f64();
            let (fate, page) = outcome.unwrap_or_else(|_| (Fate::Panicked, String::new()));
            let place = (chapter, function.name, slip.name, precision);
            let order = jobs.iter().position(|other| std::ptr::eq(other, job));
            told.lock().unwrap().push((order, place, fate, page, seconds, slip));
        });
        let mut told = told.into_inner().unwrap();
        told.sort_by_key(|(order, ..)| *order);
        let count = |fate: Fate| told.iter().filter(|(_, _, f, ..)| *f == fate).count();
        let fitting = told.iter().filter(|(.., slip)| !slip.fitting.is_empty()).count();
        let named = count(Fate::Named);
        for (_, (chapter, function, slip, precision), fate, page, seconds, claim) in &told {
            let fate = match fate {
                Fate::Missed => "NOT CAUGHT",
                Fate::Named => "named",
                Fate::Silent if claim.fitting.is_empty() => "no name, rightly",
                Fate::Silent => "NOT NAMED",
                Fate::Misnamed => "NAMED OTHERWISE",
                Fate::Panicked => "PANICKED",
            };
            let bits = [32, 64][*precision];
            println!(
                "{chapter} | {function} | {slip} | f{bits} | {fate} | {seconds:.2} s | {:?}\n{page}",
                claim.fitting
            );
        }
        for (chapter, _) in CHAPTERS {
            let mut seconds: Vec<f64> =
                told.iter().filter(|(_, (c, ..), ..)| c == chapter).map(|(.., s, _)| *s).collect();
            seconds.sort_by(f64::total_cmp);
            if let Some(median) = seconds.get(seconds.len() / 2) {
                println!("{chapter}: {:.1} s, median {median:.3}", seconds.iter().sum::<f64>());
            }
        }
        println!(
            "{} wrong, {} not caught; of {fitting} with a fitting mistake {named} named; {} named otherwise",
            told.len(),
            count(Fate::Missed),
            count(Fate::Misnamed)
        );
        let bad = |fate: Fate| {
            let those = told
                .iter()
                .filter(move |(_, (_, function, slip, _), f, ..)| *f == fate && !known(function, slip));
            those.map(|(_, place, ..)| format!("{place:?}")).collect::<Vec<_>>()
        };
        assert_eq!(bad(Fate::Panicked), [""; 0], "panicked");
        assert_eq!(bad(Fate::Missed), [""; 0], "not caught");
        assert_eq!(bad(Fate::Misnamed), [""; 0], "named otherwise");
        if std::env::var_os("WENGERT_ONLY").is_none() {
            assert!(size::<f64>(named) >= NAMED * size::<f64>(fitting), "named: {named} of {fitting}");
            for (name, version, why) in KNOWN {
                let fates: Vec<Fate> = told
                    .iter()
                    .filter(|(_, (_, f, s, _), ..)| f == name && s == version)
                    .map(|(_, _, f, ..)| *f)
                    .collect();
                let well = !fates.is_empty() && fates.iter().all(|f| [Fate::Named, Fate::Silent].contains(f));
                assert!(!well, "no longer wrong, and to be taken from the list: {name}, {version:?}: {why}");
            }
        }
    }
}

fn judge(slip: &Slip, outcome: super::Outcome) -> (Fate, String) {
    let failure = match outcome {
        Ok(summary) => return (Fate::Missed, summary.to_string()),
        Err(failure) => failure,
    };
    if failure.kind() != FailureKind::Wrong {
        return (Fate::Missed, failure.to_string());
    }
    let said: Vec<Mistake> = failure.diagnoses().iter().map(|diagnosis| diagnosis.mistake).collect();
    let fate = if said.is_empty() {
        Fate::Silent
    } else if said.iter().all(|mistake| slip.fitting.contains(mistake)) {
        Fate::Named
    } else {
        Fate::Misnamed
    };
    (fate, failure.to_string())
}
