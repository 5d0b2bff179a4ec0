//! One small tape, read in all its ways: the list, its gradient, a rule, a program, a replay, a guard, an examination.
//!
//! `cargo run -p walkthrough`; with a file's name after `--` it writes a page that plays the tape.

use ndarray::{Array1, Array2, arr1, arr2};
use wengert::{Tape, Var, check};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let y = tape.leaf("y", [1.0, 0.0, 2.0]);
    let w = tape.leaf("w", [0.5, -0.25]);

    chapter(
        1,
        "The list",
        "Each operation became a row as it ran, operands first. Its value is there at once.",
    );
    let z = x.matmul(w).named("z");
    let loss = (z - y).square().mean().named("loss");
    println!("{tape}");

    chapter(
        2,
        "Its gradient",
        "Walking the list backwards, each row hands its cotangent on to its operands. The rows that this takes join the \
         list; the last two columns say whose gradient a row is, and which row's rule made it.",
    );
    let forward = tape.len();
    let grads = loss.backward();
    println!("{tape}");
    println!("∂loss/∂w = {}", grads[w]);
    println!("{forward} rows forward, {} for all gradients", tape.len() - forward);

    println!("It can be watched as well: {}", page(&tape)?);

    chapter(
        3,
        "A rule",
        "What the rule of the row z = x @ w emitted: for each operand, a product with the other.",
    );
    let prim = z.operands()[0].prim();
    println!("{}: {}   (defined {})", prim.name(), prim.formula(), prim.domain().text);
    for row in
        tape.vars().filter(|row| row.origin().is_some_and(|made_by| made_by.row() == z.operands()[0].row()))
    {
        let operands: Vec<String> =
            row.operands().iter().map(|operand| format!("%{}", operand.row())).collect();
        println!("  %{:<3} {} of {}   {:?}", row.row(), row.prim().name(), operands.join(", "), row.shape());
    }
    println!("And once more: the second derivative, from the gradient's own rows.");
    let curvature = grads[w].slice(ndarray::s![0]).backward()[w];
    println!("∂²loss/∂w₀∂w = {curvature}");

    chapter(
        4,
        "A program",
        "The same list, made to run on other inputs without recording: rows that nobody asked for are gone, and what \
         can be computed together is one instruction.",
    );
    let program = tape.program([x, y, w], [loss, grads[w]])?;
    println!("{program}\n\n{}", program.report());

    chapter(5, "A replay", "It gives the bits that recording afresh gives.");
    let inputs = (arr2(&[[0.5, 1.0], [1.5, -2.0], [2.5, 3.0]]), arr1(&[0.0, 1.0, 0.5]), arr1(&[0.1, 0.2]));
    let [replayed, slope] = program.replay((&inputs.0, &inputs.1, &inputs.2))?;
    let afresh = Tape::<f64>::new();
    let [x2, y2, w2] =
        [afresh.leaf("x", &inputs.0), afresh.leaf("y", &inputs.1), afresh.leaf("w", &inputs.2)];
    let loss2 = (x2.matmul(w2) - y2).square().mean();
    println!("replayed  {replayed:.17}   {slope:.17}");
    println!("recorded  {loss2:.17}   {:.17}", loss2.backward()[w2]);

    chapter(
        6,
        "A guard",
        "An `if` takes one branch, and the list holds only that. The tape remembers the comparison, and a replay that \
         would take the other branch is refused.",
    );
    let tape = Tape::<f64>::new();
    let x = tape.leaf("x", 2.0);
    let y = if x < 0.0 { -x } else { x.sqrt() };
    let program = tape.program([x], [y])?;
    println!("at 9:  {}", program.replay_one(9.0)?);
    match program.replay_one(-9.0) {
        Ok(y) => println!("at -9: {y}"),
        Err(error) => println!("at -9: {error}"),
    }

    chapter(
        7,
        "A gradient, examined",
        "Somebody derived the gradient of the same loss by hand, and forgot that a mean divides by n.",
    );
    let verdict = check::gradient(|[x, y, w]: [Var<'_, f64>; 3]| (x.matmul(w) - y).square().mean())
        .against(|x: &Array2<f64>, y: &Array1<f64>, w: &Array1<f64>| {
            let error = x.dot(w) - y;
            let dx = Array2::from_shape_fn(x.dim(), |(i, j)| 2.0 * error[i] * w[j]);
            (dx, -2.0 * &error, x.t().dot(&error) * 2.0)
        })
        .shapes(["x: n d", "y: n", "w: d"])
        .without_persistence()
        .seed(1)
        .try_run();
    match verdict {
        Ok(summary) => println!("{summary}"),
        Err(failure) => println!("{failure}"),
    }
    Ok(())
}

/// Writes the tape's page where a file's name was given, and says where.
fn page(tape: &Tape<f64>) -> Result<String, std::io::Error> {
    let Some(file) = std::env::args().nth(1) else {
        return Ok("`cargo run -p walkthrough -- tape.html` writes a page that plays it".into());
    };
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../.."); // paths start where the workspace does
    tape.player().title("A small tape").sources(sources).write_html(&file)?;
    Ok(format!("{file} plays it in a browser"))
}

fn chapter(number: usize, title: &str, text: &str) {
    println!("\n{}\n{number}. {title}\n\n{text}\n", "─".repeat(100));
}
