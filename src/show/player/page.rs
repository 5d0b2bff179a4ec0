//! The page around the data: its parts are files of their own, put together here.

use super::json::Json;
use std::fmt;

/// Its parts in the places that the template names. Style and script are read in this order.
const TEMPLATE: &str = include_str!("page/page.html");

const STYLE: &[&str] = &[
    include_str!("page/base.css"),
    include_str!("page/list.css"),
    include_str!("page/card.css"),
    include_str!("page/questions.css"),
    include_str!("page/controls.css"),
];

const SCRIPT: &[&str] = &[
    include_str!("page/words.js"),
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
];

/// The texts, by language.
const TEXTS: &[(&str, &str)] = &[("en", include_str!("page/en.json")), ("ja", include_str!("page/ja.json"))];

pub(super) fn write(f: &mut fmt::Formatter<'_>, data: &Json) -> fmt::Result {
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (part, after) = after.split_once("}}").unwrap_or((after, ""));
        f.write_str(before)?;
        match part {
            "style" => STYLE.iter().try_for_each(|part| f.write_str(part))?,
            "script" => SCRIPT.iter().try_for_each(|part| f.write_str(part))?,
            "texts" => texts(f)?,
            _ => write!(f, "{data}")?,
        }
        rest = after;
    }
    f.write_str(rest)
}

fn texts(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("{")?;
    for (i, (language, texts)) in TEXTS.iter().enumerate() {
        write!(f, "{}\"{language}\":{texts}", if i == 0 { "" } else { "," })?;
    }
    f.write_str("}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tape;

    /// The names of the texts: what stands before a colon at the start of a line.
    fn names(texts: &str) -> Vec<&str> {
        let of = |line: &'static str| {
            line.trim_start().strip_prefix('"')?.split_once("\": ").map(|(name, _)| name)
        };
        let texts = TEXTS.iter().find(|(_, other)| *other == texts).map_or("", |(_, texts)| texts);
        texts.lines().filter_map(of).collect()
    }

    #[test]
    fn each_language_has_every_text() {
        let [(_, english), (_, japanese)] = TEXTS else { panic!("two languages") };
        assert_eq!(names(english), names(japanese));
        let script = SCRIPT.concat() + TEMPLATE;
        assert!(!english.contains('<') && !japanese.contains('<'));
        for name in names(english) {
            // Some names are put together, as that of a mistake.
            let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
            let is_said = script.contains(&format!("\"{name}\"")) || script.contains(&format!("`{stem}.${{"));
            assert!(is_said || name == "language", "`{name}` is said nowhere");
        }
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
            for (language, texts) in TEXTS {
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
    fn the_page_is_small_and_needs_nothing_else() {
        let page = Tape::<f64>::new().to_html();
        assert!(page.len() < 250_000, "{} bytes", page.len());
        assert!(page.contains("default-src 'none'") && !page.contains("{{"));
        for part in ["http://", "https://"] {
            let allowed = page.matches("http://www.w3.org/").count();
            let found = page.matches(part).count();
            assert_eq!(found, if part == "http://" { allowed } else { 0 }, "{part}");
        }
    }
}
