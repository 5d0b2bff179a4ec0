//! Derivatives written in the result: 1 − y² for y = tanh x. Used on the operand, they are a common mistake.

use crate::{Float, Var};

/// The slope of this function, as it is written in its result, at this.
pub(super) fn by_result<'t, T: Float>(prim: &str, y: Var<'t, T>) -> Option<Var<'t, T>> {
    let [one, half] = [1.0, 0.5].map(|number| y.lift(number));
    Some(match prim {
        "tanh" => one - y * y,
        "logistic" => y * (one - y),
        "exp" => y,
        "expm1" => y + one,
        "tan" => y * y + one,
        "sqrt" => half / y,
        "rsqrt" => -(y * y * y * half),
        "reciprocal" => -(y * y),
        "softplus" => one - (-y).exp(),
        "log" | "log1p" => (-y).exp(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::by_result;
    use crate::{Prim, Tape};

    /// At the result they are the derivative.
    #[test]
    fn forms_in_the_result_are_the_derivatives() {
        let mut known = 0;
        for prim in Prim::all() {
            for x in [0.3, 0.9, 1.7] {
                let tape = Tape::<f64>::new();
                let x = tape.leaf("x", x);
                let Ok(y) = tape.try_apply(&prim, &[x]) else { continue };
                let Some(form) = by_result(prim.name(), y) else { continue };
                let slope = y.backward()[x].item();
                assert!((form.item() - slope).abs() < 1e-12 * (1.0 + slope.abs()), "{}", prim.name());
                known += 1;
            }
        }
        assert_eq!(known, 3 * 11);
    }
}
