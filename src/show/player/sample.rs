//! A row's numbers as the page draws them: all of them, or a sample, and statistics of all.

use crate::show::cells::{Summary, element, matrix, picked};
use crate::show::page::Json;
use crate::{Float, Var};
use ndarray::ArrayViewD;

/// Elements drawn of an array; of a larger one so many are taken.
const DRAWN: usize = 4096;

/// Arrays of at most so many elements have all their digits; of others six are drawn.
const EXACT: usize = 256;

/// The numbers of a row. A matrix is drawn as one; what has more axes as one matrix below the other.
pub(super) fn sample<T: Float>(row: Var<'_, T>) -> Json {
    row.with_row(|row| match row.value.as_constant() {
        Some(number) if row.value.len() > 1 => Json::Object(vec![("all", digits(number, true))]),
        _ => sampled(&row.value.view()),
    })
}

fn sampled<T: Float>(view: &ArrayViewD<'_, T>) -> Json {
    let [lines, columns] = matrix(view.shape());
    let (picked_lines, picked_columns) = drawn(lines, columns);
    let exact = view.len() <= EXACT;
    if (picked_lines, picked_columns) == (lines, columns) {
        let elements = Json::List(view.iter().map(|x| digits(*x, exact)).collect());
        return Json::Object(with_statistics(vec![("x", elements)], view));
    }
    let mut elements = Vec::with_capacity(picked_lines * picked_columns);
    for i in 0..picked_lines {
        let line = picked(i, lines, picked_lines);
        for j in 0..picked_columns {
            elements.push(digits(element(view, line, picked(j, columns, picked_columns)), false));
        }
    }
    let fields = vec![("x", Json::List(elements)), ("picked", Json::list([picked_lines, picked_columns]))];
    Json::Object(with_statistics(fields, view))
}

/// How many lines and columns are drawn of so many.
fn drawn(lines: usize, columns: usize) -> (usize, usize) {
    let side = DRAWN.isqrt();
    if lines.saturating_mul(columns) <= DRAWN {
        (lines, columns)
    } else if columns <= side {
        (DRAWN / columns, columns)
    } else if lines <= side {
        (lines, DRAWN / lines)
    } else {
        (side, side)
    }
}

/// Smallest and largest finite number, mean, and how many are not finite: of all elements.
fn with_statistics<T: Float>(
    mut fields: Vec<(&'static str, Json)>,
    view: &ArrayViewD<'_, T>,
) -> Vec<(&'static str, Json)> {
    if view.len() <= 1 {
        return fields;
    }
    let all = Summary::of(view);
    if all.finite > 0 {
        fields.extend([
            ("low", digits(all.low, true)),
            ("high", digits(all.high, true)),
            ("mean", digits(all.mean, false)),
        ]);
    }
    if all.finite < view.len() {
        fields.extend([("nans", Json::from(all.nans)), ("infinite", Json::from(all.infinite))]);
    }
    fields
}

/// The digits that read back as this number, or six. What JSON has no number for is a text that JavaScript reads.
fn digits<T: Float>(x: T, exact: bool) -> Json {
    let size = x.to_f64();
    if !size.is_finite() {
        let sign = if size < 0.0 { "-" } else { "" };
        return Json::Text(if size.is_nan() { "NaN".into() } else { format!("{sign}Infinity") });
    }
    let scientific = if exact { format!("{x:e}") } else { shortened(&format!("{x:.5e}")) };
    let plain = match scientific.parse::<f64>() {
        Ok(number) if number == 0.0 || (1e-4..1e9).contains(&number.abs()) => {
            if exact {
                format!("{x}")
            } else {
                format!("{number}")
            }
        }
        _ => scientific.clone(),
    };
    Json::Number(if plain.len() <= scientific.len() { plain } else { scientific })
}

/// Without zeros at the end of the mantissa.
fn shortened(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use ndarray::{Array2, Array3, arr1};

    #[test]
    fn small_arrays_have_all_their_digits() {
        let tape = Tape::<f64>::new();
        let of = |x: Var<'_, f64>| sample(x).to_string();
        assert_eq!(of(tape.constant(0.1 + 0.2)), r#"{"x":[0.30000000000000004]}"#);
        let x = tape.constant(arr1(&[1e300, -0.0, f64::NAN, f64::NEG_INFINITY]));
        let all =
            r#"{"x":[1e300,-0,"NaN","-Infinity"],"low":0,"high":1e300,"mean":5e299,"nans":1,"infinite":1}"#;
        assert_eq!(of(x).replace("\"low\":-0", "\"low\":0"), all);
        assert_eq!(of(tape.constant(7.0).broadcast_to([1000, 1000])), r#"{"all":7}"#);
        assert_eq!(of(tape.constant(Array2::<f64>::zeros((0, 3)))), r#"{"x":[]}"#);
        let single = Tape::<f32>::new();
        assert_eq!(sample(single.constant(0.1_f32)).to_string(), r#"{"x":[0.1]}"#);
    }

    #[test]
    fn of_large_arrays_a_sample_is_drawn_and_all_are_counted() {
        let tape = Tape::<f64>::new();
        #[allow(clippy::cast_precision_loss)]
        let x = Array3::from_shape_fn((10, 20, 300), |(i, j, k)| (i * 1_000_000 + j * 1000 + k) as f64);
        let text = sample(tape.constant(x)).to_string();
        assert!(text.contains("\"picked\":[64,64]") && text.contains("\"high\":9019299"), "{text}");
        // Line 3 of 64 is the 9th of 200: i = 0, j = 9; column 1 the 4th.
        let elements: Vec<&str> = text.trim_start_matches("{\"x\":[").split(',').collect();
        assert_eq!((elements[3 * 64], elements[3 * 64 + 1]), ("9e3", "9004"));
        assert_eq!(drawn(1437, 64), (64, 64));
        assert_eq!((drawn(1, 100_000), drawn(100_000, 1)), ((1, 4096), (4096, 1)));
    }
}
