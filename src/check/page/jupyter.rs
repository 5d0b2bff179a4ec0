//! The examiner's pages in Jupyter.

use super::report::Failure;
use super::summary::Summary;
use crate::check::{FailureKind, Score};
use crate::show::jupyter::{Html, picture, send};
use std::fmt;

/// # In Jupyter
impl Failure {
    /// Shows the page, with pictures of what is wrong. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # use wengert::check;
    /// # use ndarray::Array1;
    /// let check = check::backward(|[x]| x * 3.0).against(|dy: &Array1<f64>| dy * 2.0).shapes(["x: n"]);
    /// # let check = check.without_persistence();
    /// check.try_run().unwrap_err().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&failure(self), self);
    }
}

fn failure(failure: &Failure) -> Html {
    let verdict = match failure.kind() {
        FailureKind::Wrong => "Wrong",
        FailureKind::Inconclusive => "Inconclusive",
    };
    let mut html = page("w-bad", verdict, failure);
    for comparison in failure.comparisons() {
        let drawn = picture(&comparison.to_svg(), &comparison.to_string());
        html.raw("<p>").raw(&drawn).raw("</p>");
    }
    html
}

impl Summary {
    /// Shows the certificate. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # use wengert::check;
    /// # use ndarray::Array1;
    /// let check = check::backward(|[x]| x * 3.0).against(|dy: &Array1<f64>| dy * 3.0).shapes(["x: n"]);
    /// # let check = check.without_persistence();
    /// check.try_run().unwrap().evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        send(&page("w-good", "Right", self), self);
    }
}

impl Score {
    /// Shows which wrong versions were caught. Jupyter's kernel for Rust, evcxr, calls it.
    ///
    /// ```
    /// # use wengert::check;
    /// # use ndarray::Array1;
    /// let check = check::backward(|[x]| x * 3.0).against(|dy: &Array1<f64>| dy * 3.0).shapes(["x: n"]);
    /// # let check = check.without_persistence();
    /// check::mutants(&check).evcxr_display();
    /// ```
    pub fn evcxr_display(&self) {
        let class = if self.survivors().is_empty() { "w-good" } else { "w-bad" };
        send(&page(class, "Score", self), self);
    }
}

/// A page as it is printed: its first line as a heading, the heads within it stronger than what is under them.
fn page(class: &str, verdict: &str, what: &impl fmt::Display) -> Html {
    let text = what.to_string();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let mut html = Html::default();
    html.raw(&format!("<div class=\"{class}\">")).head(verdict, first).raw("</div><pre>");
    for line in rest.trim_matches('\n').lines() {
        let words = line.trim_start();
        // A head stands alone, two columns in; what it is the head of is further in, or behind its key.
        let is_head = line.len() == words.len() + 2 && !words.contains("  ");
        if is_head {
            html.text("b", "", words);
        } else {
            html.text("span", "", line);
        }
        html.raw("\n");
    }
    html.raw("</pre>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::show::jupyter::well_formed;
    use ndarray::Array1;

    #[test]
    fn pages_are_html_whatever_inputs_are_called() {
        let right = check::backward(|[x]| x * 3.0).against(|dy: &Array1<f64>| dy * 3.0);
        let right = right.shapes(["x: n"]).without_persistence();
        let wrong = check::backward(|[x]| x * 3.0).against(|dy: &Array1<f64>| dy * 2.0);
        let failure = wrong.shapes(["x: n"]).without_persistence().try_run().unwrap_err();
        let summary = right.try_run().unwrap();
        let pages = [super::failure(&failure), page("w-good", "Right", &summary)];
        let [wrong, right] = pages.map(|page| well_formed(&page));
        assert!(wrong.contains("<b>Wrong</b>") && wrong.contains("<b>mend</b>"), "{wrong}");
        assert!(wrong.contains("src=\"data:image/svg+xml,%3Csvg"), "{wrong}");
        assert!(right.contains("<b>Right</b>") && right.contains("tolerance"), "{right}");
    }
}
