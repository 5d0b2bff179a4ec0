//! Random programs, on which all ways to a value or derivative must agree.

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence::WithSource, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wengert::{Prim, check};

/// How many programs: 2,000, or what `WENGERT_PROGRAMS` says.
fn count() -> u32 {
    std::env::var("WENGERT_PROGRAMS")
        .map_or(2000, |count| count.parse().expect("WENGERT_PROGRAMS is a number"))
}

#[test]
fn all_ways_agree() {
    let config = ProptestConfig {
        cases: count(),
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(WithSource("regressions"))),
        ..ProptestConfig::default()
    };
    let (all, seen) = (RefCell::new(check::Tally::default()), RefCell::new(BTreeMap::<&str, usize>::new()));
    let (steps, rejected) = (RefCell::new(0), RefCell::new(0));
    let result = TestRunner::new(config).run(&check::programs(), |program| {
        let tally = program.examine();
        prop_assert!(tally.failures().is_empty(), "{}", tally.failures().join("\n"));
        all.borrow_mut().merge(tally);
        *steps.borrow_mut() += program.len();
        *rejected.borrow_mut() += program.rejected();
        program.primitives().for_each(|name| *seen.borrow_mut().entry(name).or_default() += 1);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let (all, seen) = (all.into_inner(), seen.into_inner());
    println!(
        "{} programs of {} steps, {} steps rejected; each way compared this often:\n{all}",
        count(),
        steps.into_inner(),
        rejected.into_inner()
    );
    // Every primitive takes part.
    for prim in Prim::all().iter().filter(|prim| prim.arity() != Some(0)) {
        assert!(seen.contains_key(prim.name()), "{} is in no program: {seen:?}", prim.name());
    }
}
