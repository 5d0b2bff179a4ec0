//! The page around the data: its parts are files of their own, put together by [`Page`].

use crate::show::page::Page;

pub(super) const PAGE: Page = Page {
    purpose: "shows a program",
    body: include_str!("page/body.html"),
    style: &[
        include_str!("page/frame.css"),
        include_str!("page/rows.css"),
        include_str!("page/chart.css"),
        include_str!("page/card.css"),
    ],
    script: &[
        include_str!("page/model.js"),
        include_str!("page/scroll.js"),
        include_str!("page/rows.js"),
        include_str!("page/groups.js"),
        include_str!("page/buffers.js"),
        include_str!("page/times.js"),
        include_str!("page/card.js"),
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
    fn the_page_is_small_and_needs_nothing_else() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf("x", 1.0);
        is_small_and_alone(&tape.program([x], [x]).unwrap().to_html());
    }
}
