//! What a search finds beyond the drawn cases is kept beside the source file, and tried first from then on.

use ndarray::Array1;
use std::cell::Cell;
use std::fs;
use std::path::Path;
use wengert::check;

#[test]
fn what_the_climb_found_is_tried_first() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tester/kept.regressions");
    let _ = fs::remove_file(&file);
    // Wrong beyond what is drawn; that it is nearly wrong before shows the climb the way.
    let calls = Cell::new(0);
    let check = |seed| {
        check::backward(|[x]| x.square())
            .against(|dy: &Array1<f64>, x: &Array1<f64>| {
                calls.set(calls.get() + 1);
                dy * &x.mapv(|x| 2.0 * x * (1.0 + if x.abs() > 2.5e3 { 1.0 } else { 1e-22 * x * x }))
            })
            .shapes(["x: n"])
            .seed(seed)
    };
    let found = (1..100).find(|seed| check(*seed).try_run().is_err()).expect("a climb that comes so far");
    let kept = fs::read_to_string(&file).expect("a case is kept");
    assert!(kept.lines().any(|line| line.starts_with("pt ")), "{kept}");
    // Found at once: with another seed, too, and with one case.
    calls.set(0);
    let again = check(found + 1).cases(1).try_run();
    fs::remove_file(&file).expect("it was there");
    assert!(again.is_err());
    // Whatever else is there: with it away, one case finds nothing.
    assert!(check(found + 1).cases(1).try_run().is_ok());
    let _ = fs::remove_file(&file);
}
