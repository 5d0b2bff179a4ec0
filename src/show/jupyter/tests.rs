//! What is shown is HTML, whatever names and numbers there are.

use super::*;
use crate::{Call, Comparison, Replayed, Tape, Var};
use ndarray::{Array, Array2, ArrayD};

/// A name that is markup, and would obey a terminal.
const NAME: &str = "<b x=\"y\">&\u{1b}'";

fn network(tape: &Tape<f64>) -> Var<'_, f64> {
    let x =
        tape.leaf(NAME, Array2::from_shape_fn((50, 7), |(i, j)| if (i + j) % 3 == 0 { -0.5 } else { 1.5 }));
    let w = tape.leaf("w", [[0.5; 7]; 2]);
    let loss = x.linear(w, [0.0, 0.0]).square().mean().named("loss");
    loss.backward();
    loss
}

/// Each way in which a tape is shown, and what must be in it.
#[test]
fn everything_is_html() {
    let tape = Tape::<f64>::new();
    let loss = network(&tape);
    let x = tape.var(0);
    let shown = [
        list::rows(&tape, false),
        list::gradients(&loss.backward()),
        list::equations(&tape.equations()),
        list::rule(&tape.rule(loss)),
        list::player(&tape.player().title(NAME)),
        list::comparison(&Comparison::new(NAME, &x.value(), &(x.value().into_owned() * 2.0))),
        value::html(x),
        value::html(loss),
        value::html(tape.var(1)),
    ];
    for html in &shown {
        let html = well_formed(html);
        assert!(!html.contains("<b x") && !html.contains('\u{1b}'), "{html}");
    }
    let [table, gradients, equations, rule, player, comparison, picture, number, numbers] =
        shown.map(|html| html.0);
    for part in ["∂loss/∂w", "class=\"w-grad\"", "<svg", "&lt;b x=&quot;y&quot;&gt;&amp;", "rule of"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(!table.contains(file!()), "lines of cells are not theirs");
    // The picture of `x` looks like it, a third of which is negative, and what is a sample is said to be one.
    let pictured = table.split("<svg").nth(1).unwrap();
    assert!(pictured.contains("#2f7de1") && pictured.contains("#e2711d"), "{pictured}");
    assert!(table.contains("larger arrays are sampled") && gradients.contains("larger arrays are sampled"));
    assert!(gradients.contains("∂loss/∂w") && gradients.contains("more without a name"), "{gradients}");
    assert!(equations.contains("let loss: f64[] = ") && equations.contains("<i>// ∂loss"), "{equations}");
    assert!(rule.contains("<math") && !rule.contains(file!()), "{rule}");
    assert!(
        player.contains("srcdoc=\"&lt;!doctype html&gt;") && player.contains("sandbox=\"allow-scripts\"")
    );
    assert!(comparison.contains("src=\"data:image/svg+xml,%3Csvg"), "{comparison}");
    assert!(picture.contains("fill-opacity") && picture.contains("from -0.5 to 1.5"), "{picture}");
    assert!(
        number.contains("w-big") && numbers.contains("color-mix(in srgb,#e2711d 55%"),
        "{number} {numbers}"
    );
}

#[test]
fn programs_are_html() {
    let tape = Tape::<f64>::new();
    let loss = network(&tape);
    let x = tape.var(0);
    let y = if loss > 0.0 { loss } else { -loss };
    let program = tape.program([x], [y]).unwrap();
    let mut step = Replayed::new(|call: Call<'_, f64>| {
        let w = call.state(NAME, [0.0, 0.0]);
        call.carry([(w, w + call.input(0))]);
        vec![w.sum()]
    });
    step.call_one(1.0).unwrap();
    step.call_one(2.0).unwrap();
    let all = [programs::program(&program), programs::report(program.report()), programs::replayed(&step)];
    let [program, report, replayed] = all.map(|html| well_formed(&html));
    assert!(program.contains("goes by") && program.contains("holds fixed"), "{program}");
    assert!(report.contains("rows after") && report.contains("of which scratch"), "{report}");
    assert!(replayed.contains("&lt;b x=&quot;y&quot;&gt;&amp;") && replayed.contains("(2,)"), "{replayed}");
}

/// Whatever its size, and whatever its numbers are.
#[test]
fn any_array() {
    let tape = Tape::<f32>::new();
    for shape in
        [vec![], vec![0], vec![3, 0, 2], vec![1], vec![8, 16], vec![16, 8], vec![300], vec![2, 3, 4, 5]]
    {
        for number in [0.0, -2.5, f32::NAN, f32::INFINITY] {
            well_formed(&value::html(tape.leaf("", ArrayD::from_elem(shape.clone(), number))));
        }
    }
    well_formed(&list::rows(&tape, true));
    let birth = tape.leaf("p", [0.0_f32, 1.0]).log().sum();
    assert!(well_formed(&list::rows(birth.tape(), true)).contains("class=\"w-bad\""));
    well_formed(&list::birth(&Tape::<f32>::first_non_finite(&tape).unwrap()));
    // What is only repeated is not written out: 10¹² numbers.
    let huge = tape.leaf("huge", 1.0).broadcast_to((1_000_000, 1_000_000));
    assert!(well_formed(&value::html(huge)).contains("too large for a picture"));
}

/// However long a tape is, a table of it is short.
#[test]
fn outputs_are_small() {
    let tape = Tape::<f64>::new();
    let mut x =
        tape.leaf("x", Array::linspace(0.0, 9e4, 90_000).sin().into_shape_with_order((300, 300)).unwrap());
    let picture = well_formed(&value::html(x));
    assert!(picture.len() < 150_000, "{}", picture.len());
    assert!(picture.contains("sampled: 64 × 64 of 300 × 300 elements"), "{picture}");
    for _ in 0..1000 {
        x = x.sin();
    }
    let table = well_formed(&list::rows(&tape, false));
    assert!(table.contains("… 901 rows more") && table.len() < 600_000, "{}", table.len());
}

/// The kernel takes up what stands between lines of its own.
#[test]
fn the_kernel_is_told_both() {
    let mut html = Html::default();
    html.text("p", "", "EVCXR_END_CONTENT");
    let message = message(&html, &"text\n");
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "EVCXR_BEGIN_CONTENT text/html");
    assert!(
        message
            .contains("</div>\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/plain\ntext\nEVCXR_END_CONTENT\n")
    );
    assert_eq!(lines.iter().filter(|line| **line == "EVCXR_END_CONTENT").count(), 2);
}
