//! Numbers with the digits that matter.

use std::f64::consts::{E, LN_2, PI, SQRT_2};

/// A number with the digits that matter: as few as tell it from others further away than `off`, and from 1; by its name
/// if it has one.
#[allow(clippy::float_cmp, clippy::cast_possible_truncation)] // 1 is 1; what is rounded is compared.
pub(crate) fn text_of(x: f64, off: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() { "NaN".into() } else { format!("{}∞", if x < 0.0 { "-" } else { "" }) };
    }
    let known: [(f64, &str); 12] = [
        (PI, "π"),
        (2.0 * PI, "2π"),
        (SQRT_2, "√2"),
        (1.0 / SQRT_2, "1/√2"),
        (PI.sqrt(), "√π"),
        ((2.0 * PI).sqrt(), "√(2π)"),
        (1.0 / (2.0 * PI).sqrt(), "1/√(2π)"),
        ((2.0 / PI).sqrt(), "√(2/π)"),
        (2.0 / PI.sqrt(), "2/√π"),
        (LN_2, "ln 2"),
        (1.0 / LN_2, "1/ln 2"),
        (E, "e"),
    ];
    // A number of single precision is the shortest that rounds to it.
    let rounded = |number: f64| f64::from(number as f32);
    let single = x.is_finite() && rounded(x) == x;
    let near = |number: f64| {
        (number - x).abs() <= off.max(4.0 * f64::EPSILON * x.abs()) || single && rounded(number) == x
    };
    if off <= 1e-6 * x.abs()
        && let Some((_, name)) = known.iter().find(|(number, _)| near(*number))
    {
        return (*name).to_owned();
    }
    for digits in 0..17 {
        let short: f64 = format!("{x:.digits$e}").parse().unwrap_or(x);
        if near(short) && (short != 1.0 || x == 1.0) {
            let far = x != 0.0 && !(1e-4..1e6).contains(&short.abs());
            return if far { format!("{short:e}") } else { format!("{short}") };
        }
    }
    format!("{x}")
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn numbers_have_the_digits_that_matter() {
        assert_eq!(text_of(0.999_999_8, 1e-8), "0.9999998");
        assert_eq!(text_of(1.0 + 3e-8, 1e-9), "1.00000003");
        assert_eq!(text_of(3.000_01, 1e-4), "3");
        assert_eq!(text_of(std::f64::consts::PI, 1e-15), "π");
        assert_eq!(text_of(f64::from(0.9_f32), 0.0), "0.9");
        assert_eq!(text_of(f64::from(std::f32::consts::PI), 0.0), "π");
        assert_eq!(text_of(0.900_000_1, 0.0), "0.9000001");
        assert_eq!(text_of(2.5e-7, 1e-12), "2.5e-7");
        assert_eq!(text_of(f64::NEG_INFINITY, 0.0), "-∞");
        // Never 1 for what is not.
        assert_ne!(text_of(1.0 - 1e-9, 1e-3), "1");
    }
}
