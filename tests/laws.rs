//! Every primitive under all laws: on an eighth of the grid of shapes, and on the whole with `WENGERT_THOROUGH=1`.

use wengert::{Prim, check};

/// Those with these numbers of the list, so that the grid is shared between threads.
fn hold(part: usize, parts: usize) {
    let mut names: Vec<&str> = Prim::all().iter().map(Prim::name).collect();
    names.dedup();
    let mut all = check::Tally::default();
    let one_in = if std::env::var_os("WENGERT_THOROUGH").is_some() { 1 } else { 8 };
    for name in names.into_iter().skip(part).step_by(parts) {
        let prim = Prim::all().into_iter().find(|prim| prim.name() == name).expect("it is from there");
        let tally = check::laws_sampled(&prim, one_in);
        // Leaves have no operands; comparisons and all others do.
        assert!(tally.cases() > 0 || prim.arity() == Some(0), "{name} was not examined");
        // What looks up or searches has operands that do not broadcast.
        let broadcasts = prim.index_operand(&[2, 3]).is_none() && name != "searchsorted";
        if matches!(prim.arity(), Some(2 | 3)) && broadcasts {
            assert_eq!(tally.pairs(), 940_usize.div_ceil(one_in), "{name}");
        }
        all.merge(tally);
    }
    println!("{all}");
    assert!(all.failures().is_empty(), "{all}");
}

#[test]
fn first_quarter() {
    hold(0, 4);
}

#[test]
fn second_quarter() {
    hold(1, 4);
}

#[test]
fn third_quarter() {
    hold(2, 4);
}

#[test]
fn last_quarter() {
    hold(3, 4);
}
