//! What a program says was made of a tape.

use ndarray::arr2;
use std::path::Path;
use wengert::{Pass, Program, Tape};

/// Something for each pass: a gradient that nobody asks for, constants, a square twice, `x * 1`, and rows that
/// can be computed together and in each other's memory.
fn program(without: &[Pass]) -> Program<f64> {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", arr2(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    let w = tape.leaf("w", arr2(&[[1.0, 2.0, 3.0]]));
    let half = tape.constant(4.0).sqrt() * 0.25;
    let p = x.matmul(w.t());
    let p = p / p.sum();
    let y = (p * half + p.sin()) * 1.0 + p.sin();
    let loss = (y.exp() * y).sum();
    let grads = loss.backward();
    let builder = tape.program_builder([x], [loss, grads[x]]);
    without.iter().fold(builder, |builder, pass| builder.without(*pass)).build().unwrap()
}

#[test]
fn each_pass_has_something_to_do() {
    let all = program(&[]);
    let rows: Vec<(&str, usize)> = all.report().passes().collect();
    let names: Vec<&str> = rows.iter().map(|(pass, _)| *pass).collect();
    assert_eq!(names, ["recorded", "Dead", "Constants", "Common", "Algebra", "Fusion", "Reuse"]);
    for pair in rows.windows(2) {
        let ((_, before), (pass, after)) = (pair[0], pair[1]);
        match pass {
            "Constants" | "Fusion" | "Reuse" => assert!(after <= before, "{pass}"),
            _ => assert!(after < before, "{pass} has {after} rows of {before}"),
        }
    }
    let of = |pass| program(&[pass]);
    let rows = |program: &Program<f64>| program.report().rows();
    let work = |program: &Program<f64>| program.report().operations();
    for pass in [Pass::Common, Pass::Algebra] {
        assert!(rows(&of(pass)) > rows(&all), "{pass:?}");
    }
    assert!(work(&of(Pass::Constants)) > work(&all));
    assert!(of(Pass::Fusion).report().instructions().len() > all.report().instructions().len());
    assert!(of(Pass::Fusion).report().bytes_moved() > all.report().bytes_moved());
    assert!(of(Pass::Reuse).report().buffer_bytes() > all.report().buffer_bytes());
    assert!(rows(&program(&Pass::ALL)) > rows(&all));
}

/// In `tests/golden/report.txt`; `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn its_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/report.txt");
    let text = format!("{}\n\n{}\n", program(&[]), program(&[]).report());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
    } else {
        assert_eq!(text, std::fs::read_to_string(path).unwrap().replace("\r\n", "\n"), "UPDATE_GOLDEN=1");
    }
}

/// Report and profile speak of the same instructions in the same words, and of what does not compute there is no rate.
#[test]
fn a_profile_lists_the_instructions_of_the_report() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", ndarray::Array2::ones((40, 50)));
    let sorted = tape.concat(0, [x.take(0, [3, 1, 2, 2]), x]);
    let program = tape.program([x], [(sorted.exp() * 2.0).matmul(x.t()), sorted]).unwrap();
    let profile =
        program.profile(&mut program.workspace(), ndarray::Array2::<f64>::ones((40, 50)), 3).unwrap();
    let names: Vec<&str> = profile.instructions().iter().map(wengert::Measured::name).collect();
    assert_eq!(names, program.report().instructions());
    let text = profile.to_string();
    let heading: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["µs", "share", "Gop/s", "GB/s", "instruction"]);
    let mut still = 0;
    for (line, instruction) in text.lines().skip(1).zip(profile.instructions()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[2] == "–", instruction.operations() == 0, "{text}");
        still += usize::from(words[2] == "–");
        assert!(line.ends_with(instruction.name()) && line.find('%') == Some(17), "{text}");
    }
    assert!((1..names.len()).contains(&still), "{text}");
    assert!(text.ends_with("in all, the medians of 3 runs"), "{text}");
    let once = program.profile(&mut program.workspace(), ndarray::Array2::<f64>::ones((40, 50)), 1).unwrap();
    assert!(once.to_string().ends_with("in all, the medians of 1 run"));
}
