//! Every rule is rendered, well-formed, and says what runs.

use crate::symbol::{Expr, Sheet, sheet};
use crate::{Broadcasting, Prim, Tape, Var};
use ndarray::Dimension;
use std::fmt::Write as _;

/// A row of a primitive, on operands called a, b, c, for a first operand of this shape.
fn specimen<'t>(tape: &'t Tape<f64>, shape: &[usize], prim: &Prim) -> Option<Var<'t, f64>> {
    let indices = prim.index_operand(shape);
    let arity = prim.arity().unwrap_or(2);
    let operand = |i: usize| {
        let name = ["a", "b", "c"][i];
        let mut shape = shape.to_vec();
        if prim.name() == "matmul" && i == 1 {
            shape.reverse();
        }
        if let Some(index) = indices.as_ref().filter(|index| index.operand == i) {
            let mut place = 0;
            let places = ndarray::ArrayD::from_shape_simple_fn(index.shape.clone(), || {
                place += 1;
                place % index.bound.max(1)
            });
            if arity == 1 { tape.leaf(name, places.mapv(real)) } else { tape.indices(name, places) }
        } else {
            let mut k = 3 * i;
            tape.leaf(
                name,
                ndarray::ArrayD::from_shape_simple_fn(shape, || {
                    k += 1;
                    0.3 + 0.2 * real(k)
                }),
            )
        }
    };
    (arity > 0).then(|| tape.apply(prim, &(0..arity).map(operand).collect::<Vec<_>>()))
}

#[allow(clippy::cast_precision_loss)]
fn real(n: usize) -> f64 {
    n as f64
}

fn all() -> Vec<Prim> {
    fitting(&[2, 3])
}

fn fitting(shape: &[usize]) -> Vec<Prim> {
    Prim::fitting(shape).into_iter().filter(|prim| prim.arity() != Some(0)).collect()
}

fn name(row: Var<'_, f64>) -> String {
    row.name().map_or_else(|| format!("%{}", row.row()), |name| name.to_string())
}

fn read(row: Var<'_, f64>) -> Sheet {
    sheet(row, &name).unwrap()
}

/// Whether tags are closed in the order in which they were opened, and nothing else has an angle.
fn assert_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>'), "{text}");
        let (tag, after) = after.split_once('>').expect(text);
        match tag.strip_prefix('/') {
            Some(tag) => assert_eq!(open.pop(), Some(tag), "{text}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
        for entity in before.split('&').skip(1) {
            assert!(["lt;", "gt;", "amp;"].iter().any(|known| entity.starts_with(known)), "{text}");
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{text}");
}

fn assert_latex(text: &str) {
    let count = |what: &str| text.matches(what).count();
    let mut depth = 0_i32;
    for c in text.replace(r"\{", "").replace(r"\}", "").chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        assert!(depth >= 0, "{text}");
    }
    assert_eq!(depth, 0, "{text}");
    assert_eq!(count(r"\left"), count(r"\right"), "{text}");
    assert_eq!(count(r"\begin{"), count(r"\end{"), "{text}");
    // Every letter that is not of ASCII has a command, or stands in text.
    assert!(!text.contains(['−', '·', '⊙', '×', 'σ', '⊤', '≥', '≠', '≤']), "{text}");
}

#[test]
fn every_primitive_is_rendered() {
    let prims = all();
    for prim in &prims {
        let tape = Tape::new();
        let row = specimen(&tape, &[2, 3], prim).unwrap();
        let rule = tape.rule(row);
        let text = rule.to_string();
        assert!(text.contains("y is row %") && !text.contains("NaN"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 220), "{text}");
        // Something is given to each operand that the sweep gives something.
        let d = tape.leaf("d", ndarray::ArrayD::ones(row.shape()));
        for (wrt, operand) in row.operands().into_iter().enumerate() {
            let flows = prim.vjp(wrt, &row.operands(), row, d).is_some();
            assert_eq!(text.contains(&format!("d{} = ", name(operand))), flows, "{text}");
        }
        assert_latex(&rule.latex());
        assert_xml(&rule.mathml());
    }
    assert!(prims.len() > 90, "{}", prims.len());
}

/// Names that a terminal, LaTeX or a browser would obey.
#[test]
fn names_stay_text() {
    let tape = Tape::<f64>::new();
    for odd in ["<b>&", "a_b%c", r"\input{x}", "{", "x^2", "重み", "\u{1b}[31m", "W_1", "h12", "loss"] {
        let (x, w) = (tape.leaf(odd, [1.0, 2.0]), tape.leaf("w", [3.0, 4.0]));
        let rule = tape.rule((x * w).named(odd));
        assert_latex(&rule.latex());
        assert_xml(&rule.mathml());
        assert!(rule.to_string().chars().all(|c| c == '\n' || !c.is_control()));
    }
    let [a, b] = ["h", "h"].map(|name| tape.leaf(name, 1.0));
    assert!(tape.rule(a * b).to_string().contains(&format!("dh%{} = dy·h", b.row())), "{}", tape.rule(a * b));
}

/// An expression, computed on a tape: `dy` is the row of that name.
fn value<'t>(
    expr: &Expr,
    tape: &'t Tape<f64>,
    of: &dyn Fn(&str) -> Option<Var<'t, f64>>,
) -> Option<Var<'t, f64>> {
    let at = |expr: &Expr| value(expr, tape, of);
    Some(match expr {
        Expr::Symbol { name, .. } => of(name)?,
        Expr::Number(x) => tape.constant(*x),
        Expr::Neg(a) => -at(a)?,
        Expr::Add(a, b) => at(a)? + at(b)?,
        Expr::Sub(a, b) => at(a)? - at(b)?,
        Expr::Mul(a, b) => at(a)? * at(b)?,
        Expr::Div(a, b) => at(a)? / at(b)?,
        Expr::Pow(a, b) => at(a)?.pow(at(b)?),
        Expr::MatMul(a, b) => at(a)?.matmul(at(b)?),
        Expr::Transpose(a) => at(a)?.swap_axes(-1, -2),
        Expr::Call { name, operands, how } => {
            if name == "d" {
                return of("dy");
            }
            let operands = operands.iter().map(at).collect::<Option<Vec<_>>>()?;
            let (x, rest) = (operands[0], &operands[1..]);
            let axes: Vec<isize> = how
                .trim_start_matches("axes ")
                .trim_start_matches("axis ")
                .split(", ")
                .filter_map(|axis| axis.parse().ok())
                .collect();
            match (name.as_str(), rest) {
                ("sum", []) if how.is_empty() => x.sum(),
                ("sum", []) => x.sum_axis(axes.as_slice()),
                ("max", []) if how.is_empty() => x.max(),
                ("max", []) => x.amax(axes.as_slice()),
                ("repeat", []) => axes.iter().fold(x, |x, axis| x.unsqueeze(*axis)),
                ("cumsum", []) if axes.len() == 1 => x.cumsum(axes[0]),
                ("flip", []) if axes.len() == 1 => x.flip(axes[0]),
                ("Φ", []) => 0.5 * ((x / std::f64::consts::SQRT_2).erf() + 1.0),
                ("φ", []) => (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt(),
                (_, []) if !how.is_empty() => return None,
                (name, _) => {
                    let is_it = |prim: &Prim| prim.name() == name && prim.kernel::<f64>().is_some();
                    let prim = all().into_iter().find(is_it)?;
                    let widest = operands
                        .iter()
                        .map(|x| x.shape())
                        .max_by_key(|shape| (shape.iter().product::<usize>(), shape.len()))?;
                    let operands: Vec<_> =
                        operands.iter().map(|x| x.broadcast_to(widest.as_slice())).collect();
                    tape.apply(&prim, &operands)
                }
            }
        }
    })
}

/// Evaluates each line of a row's rule, and compares it with the gradient that the sweep gives; how many could be.
fn evaluated(row: Var<'_, f64>) -> usize {
    let tape = Tape::with_broadcasting(Broadcasting::NumPy);
    let seed = ndarray::ArrayD::from_shape_fn(row.shape(), |index| {
        1.3 + 0.7 * index.slice().iter().enumerate().map(|(axis, i)| real((axis + 1) * i)).sum::<f64>()
    });
    let dy = tape.leaf("dy", seed.clone());
    let grads = row.backward_with(seed);
    let of = |asked: &str| {
        if asked == "dy" {
            return Some(dy);
        }
        let known = row.tape().vars().find(|var| name(*var) == asked)?;
        Some(tape.leaf("x", known.value()))
    };
    let sheet = read(row);
    let judged = sheet.lines.iter().filter(|line| {
        let Expr::Symbol { name: target, shape } = &line.of else { return false };
        let Some(got) = value(&line.right(), &tape, &of) else { return false };
        let target = row.tape().vars().find(|var| name(*var) == *target).unwrap();
        let expected = grads[target].value();
        // A sum is read without the axes of size 1 that it keeps, repetition without the axes that it adds.
        let got = if got.len() == target.len() {
            got.reshape(shape.as_slice())
        } else {
            got.broadcast_to(shape.as_slice())
        };
        let off = (&got.value() - &expected).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
        let size = expected.mapv(f64::abs).fold(1.0, |a: f64, b| a.max(*b));
        // A dozen operations of numbers below 100.
        assert!(off <= 1e-12 * size, "{}", row.tape().rule(row));
        true
    });
    judged.count()
}

/// The formula, evaluated, is the gradient of the sweep.
#[test]
fn what_is_shown_is_what_runs() {
    let mut judged = 0;
    for shape in [&[2, 3][..], &[3, 3]] {
        for prim in fitting(shape) {
            let tape = Tape::new();
            judged += evaluated(specimen(&tape, shape, &prim).unwrap());
        }
    }
    assert!(judged > 120, "{judged}");
}

#[test]
fn a_layer_reads_as_it_was_written() {
    let tape = Tape::<f64>::new();
    let a = tape.leaf("A", ndarray::Array2::from_shape_fn((4, 3), |(i, j)| real(i) - 0.3 * real(j)));
    let w = tape.leaf("W", ndarray::Array2::from_shape_fn((2, 3), |(i, j)| 0.5 * real(i + j)));
    let b = tape.leaf("b", ndarray::arr2(&[[0.1, -0.2]]));
    let z = a.linear(w, b).named("Z");
    let text = tape.rule(z).to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("Z = A·Wᵀ + b          (4×2) = (4×3)·(3×2)       row %6 (add), at "),
        "{text}"
    );
    assert_eq!(
        lines[1..],
        [
            "dA = dZ·W             (4×3) = (4×2)·(2×3)",
            "dW = dZᵀ·A            (2×3) = (2×4)·(4×3)",
            "db = sum(dZ, axis 0)  (1×2) = sum(4×2, axis 0)  the sum undoes that b was repeated",
        ]
    );
    assert_eq!(evaluated(z), 3);
    // A row that has an operand twice, one in which a matrix stands twice, a name that is taken.
    let square = a * a;
    assert!(tape.rule(square).to_string().contains("dA = dy ⊙ A + dy ⊙ A"), "{}", tape.rule(square));
    assert!(tape.rule(square).to_string().contains("used 2 times: the terms add up"));
    let gram = w.matmul(w.t());
    assert!(tape.rule(gram).to_string().contains("dW = dy·W + dyᵀ·W"), "{}", tape.rule(gram));
    assert_eq!((evaluated(square), evaluated(gram)), (1, 1));
    let y = tape.leaf("y", 2.0);
    let sine = y.sin();
    assert!(tape.rule(sine).to_string().contains(&format!("dy = d%{}·cos(y)", sine.row())));
}

/// The page of all rules, `rules.md`; `UPDATE_GOLDEN=1 cargo test --lib show::rule` writes it anew.
#[test]
fn the_page_of_rules() {
    let mut page = include_str!("head.md").to_owned();
    let mut done: Vec<&str> = Vec::new();
    let along_one = |prim: &Prim| prim.formula().contains("axis 0");
    let all = all();
    for prim in &all {
        let better = |other: &Prim| other.name() == prim.name() && along_one(other);
        if done.contains(&prim.name()) || !along_one(prim) && all.iter().any(better) {
            continue;
        }
        done.push(prim.name());
        let tape = Tape::new();
        let row = specimen(&tape, &[2, 3], prim).unwrap();
        let text = tape.rule(row).to_string();
        let mut rule = Vec::new();
        let mut notes = Vec::new();
        for line in text.lines().skip(1) {
            match line.split_once("  ") {
                Some((equation, _)) if line.starts_with('d') => rule.push(format!("`{equation}`")),
                _ => notes.push(line.to_owned()),
            }
        }
        let cell = |lines: Vec<String>| lines.join("<br>").replace('|', r"\|");
        writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            prim.name(),
            cell(vec![format!("`{}`", prim.formula())]),
            cell(rule),
            cell(notes)
        )
        .unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/show/rules.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    assert!(
        page == golden,
        "the rules have changed: look at them, and write the page anew with UPDATE_GOLDEN=1"
    );
}
