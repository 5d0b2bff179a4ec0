//! Losses of labels and what goes with them, against the definitions written out.

use ndarray::{Array1, Array2, ArrayD, Axis, arr1, arr2};
use wengert::random::Draws;
use wengert::{CrossEntropy, ErrorKind, Kind, Reduction, Tape};

/// Each term by its definition, and what the mean divides by.
fn terms(
    logits: &Array2<f64>,
    labels: &[i64],
    ignored: i64,
    weights: Option<&[f64]>,
    smoothing: f64,
) -> (Vec<f64>, f64) {
    let classes = logits.ncols();
    let weight = |class: usize| weights.map_or(1.0, |weights| weights[class]);
    let (mut terms, mut total) = (Vec::new(), 0.0);
    for (row, &label) in logits.rows().into_iter().zip(labels) {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        let nats = |class: usize| -(row[class].exp() / sum).ln();
        if label == ignored {
            terms.push(0.0);
            continue;
        }
        let label = usize::try_from(label).unwrap();
        let spread: f64 = (0..classes).map(|class| weight(class) * nats(class)).sum();
        #[allow(clippy::cast_precision_loss)]
        let share = smoothing / classes as f64;
        terms.push((1.0 - smoothing) * weight(label) * nats(label) + share * spread);
        total += weight(label);
    }
    (terms, total)
}

#[test]
fn cross_entropy_is_its_definition() {
    let mut draws = Draws::new(11);
    for case in 0..40_usize {
        let (rows, classes) = (1 + case % 5, 1 + case % 4);
        let logits: Array2<f64> = draws.uniform((rows, classes)) * 6.0 - 3.0;
        let mut labels: Vec<i64> =
            draws.below(classes, rows).iter().map(|label| i64::try_from(*label).unwrap()).collect();
        if case % 3 == 0 && rows > 1 {
            labels[0] = -100;
        }
        let weights: Array1<f64> = draws.uniform(classes) + 0.5;
        let weighted = case % 2 == 0;
        let smoothing = if case % 5 < 2 { 0.25 } else { 0.0 };
        let (each, total) =
            terms(&logits, &labels, -100, weighted.then(|| weights.as_slice().unwrap()), smoothing);
        let sum: f64 = each.iter().sum();

        let tape = Tape::<f64>::new();
        let x = tape.leaf("logits", &logits);
        let how = CrossEntropy {
            ignored: Some(-100),
            weights: weighted.then(|| tape.constant(&weights)),
            smoothing,
            ..CrossEntropy::default()
        };
        let by = |reduction| x.cross_entropy_by(&labels, CrossEntropy { reduction, ..how });
        // A few dozen roundings of numbers below 6 · 40.
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-13, "case {case}: {a} is not {b}");
        near(by(Reduction::Mean).item(), sum / total);
        near(by(Reduction::Sum).item(), sum);
        by(Reduction::Each).value().iter().zip(&each).for_each(|(a, b)| near(*a, *b));
        // The classes along the first axis, and a row that is fed.
        let first = tape.leaf("turned", logits.t());
        let y = tape.indices("labels", &labels);
        near(first.cross_entropy_by(y, CrossEntropy { axis: 0, ..how }).item(), sum / total);
        // Along the labels nothing is reduced twice: the gradient of a row sums to what its weights do.
        let gradient = by(Reduction::Sum).backward()[x].array::<ndarray::Ix2>();
        for (row, label) in gradient.rows().into_iter().zip(&labels) {
            near(row.sum(), 0.0);
            assert!(*label != -100 || row.iter().all(|slope| *slope == 0.0));
        }
    }
}

#[test]
fn labels_of_any_rank() {
    let tape = Tape::<f32>::new();
    let logits = tape.leaf("logits", Draws::new(1).uniform::<f32, _>((2, 3, 5)));
    let labels = arr2(&[[0_u8, 4, 2], [1, 1, 3]]);
    let flat = logits.reshape((6, 5)).cross_entropy(labels.iter().copied().collect::<Vec<_>>());
    assert_eq!(logits.cross_entropy(&labels).item(), flat.item());
    let one = logits.narrow(0, 0, 1).narrow(1, 0, 1).reshape(5);
    assert_eq!(one.cross_entropy(4).ndim(), 0);
}

#[test]
fn what_no_label_says() {
    let tape = Tape::<f64>::new();
    let logits = tape.leaf("logits", [[1.0, 2.0], [3.0, 4.0]]);
    let none = CrossEntropy { ignored: Some(7), ..CrossEntropy::default() };
    let loss = logits.cross_entropy_by([7, 7], none);
    assert!(loss.item().is_nan()); // 0 / 0, as PyTorch's
    // A label that is to be ignored is compared with, so it may be any; another one may not.
    assert_eq!(logits.try_cross_entropy_by([7, 2], none).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(logits.try_cross_entropy([7, 7]).unwrap_err().kind(), ErrorKind::Index);
}

#[test]
fn one_hot_and_counts() {
    let tape = Tape::<f64>::new();
    let labels = tape.indices("labels", [[2_u16, 0], [2, 1]]);
    let rows = labels.one_hot(4);
    assert_eq!((rows.shape(), rows.kind()), (vec![2, 2, 4], Kind::Real));
    assert_eq!(rows.sum_axis([0, 1]).value(), labels.bincount(4).value());
    assert_eq!(rows.argmax(-1).places(), labels.places());
    assert_eq!(
        tape.indices("none", Array1::<usize>::zeros(0)).bincount(2).value(),
        arr1(&[0.0, 0.0]).into_dyn()
    );
}

/// Looked up by indices, or multiplied by one-hot rows: the same values, and gradients that add up in another order.
#[test]
fn an_embedding_is_a_product_with_one_hot_rows() {
    let mut draws = Draws::new(9);
    let table: Array2<f64> = draws.uniform((7, 3));
    let tokens = draws.below(7, (4, 5));
    let seed: ArrayD<f64> = draws.uniform((4, 5, 3)).into_dyn();
    let tape = Tape::<f64>::new();
    let (w, t) = (tape.leaf("w", &table), tape.indices("tokens", &tokens));
    let (a, b) = (w.embedding(t), t.one_hot(7).matmul(w));
    assert_eq!(a.value(), b.value());
    let [da, db] = [a, b].map(|y| y.backward_with(&seed)[w].value().into_owned());
    // At most 20 terms below 1: 20 u each way.
    da.iter().zip(&db).for_each(|(a, b)| assert!((a - b).abs() <= 40.0 * f64::EPSILON * 20.0));
    // A token that does not come up has no gradient at all.
    let used = t.bincount(7).value();
    for (row, count) in da.axis_iter(Axis(0)).zip(&used) {
        assert_eq!(row.iter().all(|slope| *slope == 0.0), *count == 0.0);
    }
}

#[test]
fn masks_broadcast_and_are_fed() {
    let tape = Tape::<f64>::new();
    let scores = tape.leaf("scores", Array2::zeros((3, 3)));
    let lengths = tape.indices("lengths", [2, 3, 1]);
    let allowed = tape.causal_mask(3) & lengths.padding_mask(3);
    assert_eq!(allowed.kind(), Kind::Mask);
    let shares = scores.masked_fill(!allowed, f64::NEG_INFINITY).softmax(-1);
    let program = tape.program([scores, lengths], shares).unwrap();
    let fed = program.replay_one((&Array2::<f64>::zeros((3, 3)), &[3_i8, 1, 0])).unwrap();
    let third = 0.0; // no place is allowed in the last row: nothing is shared out
    assert_eq!(fed, arr2(&[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [third; 3]]).into_dyn());
    let row = tape.leaf("x", [1.0, 2.0, 3.0]);
    assert_eq!(row.masked_fill([true, false, true], row * 10.0).value(), arr1(&[10.0, 2.0, 30.0]).into_dyn());
    assert_eq!(row.try_masked_fill(arr2(&[[true; 3]; 2]), 0.0).unwrap_err().kind(), ErrorKind::Shape);
}
