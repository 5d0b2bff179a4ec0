//! The page around the data: its parts are files of their own, put together by [`Page`].

use crate::show::page::Page;

pub(super) const PAGE: Page = Page {
    purpose: "plays a tape",
    body: include_str!("page/body.html"),
    style: &[
        include_str!("page/frame.css"),
        include_str!("page/list.css"),
        include_str!("page/card.css"),
        include_str!("page/questions.css"),
        include_str!("page/controls.css"),
    ],
    script: &[
        include_str!("page/model.js"),
        include_str!("page/fold.js"),
        include_str!("page/heat.js"),
        include_str!("page/arcs.js"),
        include_str!("page/list.js"),
        include_str!("page/flow.js"),
        include_str!("page/card.js"),
        include_str!("page/predict.js"),
        include_str!("page/controls.js"),
        include_str!("page/main.js"),
    ],
    texts: &[("en", include_str!("page/en.json")), ("ja", include_str!("page/ja.json"))],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;
    use crate::show::page::tests::{is_small_and_alone, speaks_each_language};

    #[test]
    fn each_language_has_every_text() {
        speaks_each_language(&PAGE);
    }

    #[test]
    fn every_mistake_has_its_reason() {
        let tape = Tape::<f64>::new();
        for prim in crate::Prim::all() {
            let operands: Vec<_> =
                (0..prim.arity().unwrap_or(0)).map(|_| tape.leaf("x", [[1.0; 3]; 2])).collect();
            let _ = tape.try_apply(&prim, &operands);
        }
        let page = tape.to_html();
        let mistakes: Vec<&str> =
            page.split("{\"mistake\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(mistakes.len() > 100);
        for mistake in mistakes {
            for (language, texts) in PAGE.texts {
                for kind in ["mistake", "why"] {
                    assert!(
                        texts.contains(&format!("\"{kind}.{mistake}\": ")),
                        "{language}: {kind}.{mistake}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_birth_has_its_reason() {
        use crate::Cause::*;
        for cause in
            [Overflow, DivisionByZero, Domain, ZeroTimesInfinity, InfinityMinusInfinity, Indeterminate, Given]
        {
            let name = format!("\"birth.why.{cause:?}\": ");
            assert!(PAGE.texts.iter().all(|(_, texts)| texts.contains(&name)), "{name}");
        }
    }

    #[test]
    fn the_page_is_small_and_needs_nothing_else() {
        is_small_and_alone(&Tape::<f64>::new().to_html());
    }
}
