//! What is shown of names and of long texts.

use crate::error::escaped;

/// Characters of a name in a formula or table.
const NAME: usize = 24;

/// A name as it is shown: without characters that a terminal would obey, and not too long.
pub(super) fn name_of(name: &str) -> String {
    elided(escaped(name), NAME)
}

/// A text of at most so many columns: of a longer one start and end, with an ellipsis between them. A number that would be
/// cut is left out, unless it is all that there is, as of a name.
pub(super) fn elided(text: String, most: usize) -> String {
    if width(&text) <= most {
        return text;
    }
    let start = fitting(text.chars(), most / 2);
    let end = fitting(text.chars().rev(), most.saturating_sub(most / 2 + 1));
    let (start, end) = if text.chars().all(|c| c.is_ascii_digit()) {
        (start, text.len() - end)
    } else {
        (whole_before(&text, start), whole_after(&text, text.len() - end))
    };
    format!("{}…{}", &text[..start], &text[end..])
}

/// As [`elided`], of which the end alone is kept.
pub(super) fn ending(text: String, most: usize) -> String {
    if width(&text) <= most {
        return text;
    }
    let end = text.len() - fitting(text.chars().rev(), most.saturating_sub(1));
    format!("…{}", &text[whole_after(&text, end)..])
}

/// A list in brackets, `[1, 2, 3]` or `(2, 3)`, of at most so many columns: of a longer one the first elements, whole. What
/// is no list, as a single number, is whole or an ellipsis.
pub(super) fn elided_list(text: String, most: usize) -> String {
    if width(&text) <= most {
        return text;
    }
    let pair = [('[', ']'), ('(', ')')].into_iter().find(|(open, _)| text.starts_with(*open));
    let Some((open, close)) = pair.filter(|_| most > 2) else { return "…".into() };
    let mut list = open.to_string();
    for element in text[1..].trim_end_matches(close).split_inclusive(", ") {
        if width(&list) + width(element) + 2 > most || !element.ends_with(' ') {
            break;
        }
        list += element;
    }
    list + "…" + &close.to_string()
}

/// Whether there is a number across the place between these two.
fn is_within_number(before: char, after: char) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let signs = ['%', '-', '−', 'e'];
    is_digit(after) && (is_digit(before) || signs.contains(&before))
        || before == 'e' && matches!(after, '-' | '−')
        || is_digit(before) && after == 'e'
}

/// The last place up to this one at which no number is cut.
fn whole_before(text: &str, mut at: usize) -> usize {
    while let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next()) {
        if !is_within_number(before, after) {
            break;
        }
        at -= before.len_utf8();
    }
    at
}

/// The first such place from this one on.
fn whole_after(text: &str, mut at: usize) -> usize {
    while let (Some(before), Some(after)) = (text[..at].chars().next_back(), text[at..].chars().next()) {
        if !is_within_number(before, after) {
            break;
        }
        at += after.len_utf8();
    }
    at
}

/// A text as no markup, in an element or in an attribute's double quotes. What XML has no place for is left out.
pub(super) fn plain(words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    words.replace(|c: char| c.is_control() && c != '\n' || matches!(c, '\u{fffe}' | '\u{ffff}'), "")
}

/// The bytes of the first characters, as many as fit.
fn fitting(text: impl Iterator<Item = char>, most: usize) -> usize {
    let mut taken = 0;
    let fits = |c: &char| {
        taken += columns(*c);
        taken <= most
    };
    text.take_while(fits).map(char::len_utf8).sum()
}

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// The columns that a character takes: two for those of East Asia and for pictures, none for accents that combine. By
/// the blocks of Unicode's `EastAsianWidth`, of which this is the part that names are made of.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x2_0000..=0x3_fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_or_left_out() {
        let at = |most| elided("%12 + 0.25 * %345".into(), most);
        let texts = [17, 16, 12, 9, 5, 2].map(at);
        assert_eq!(texts, ["%12 + 0.25 * %345", "%12 + … * %345", "%12 + … %345", "%12 …%345", "…", "…"]);
        assert_eq!(elided("exp(1.5e-300)".into(), 12), "exp(…)");
        assert_eq!(
            (ending("src/main.rs:587".into(), 4), ending("src/main.rs:587".into(), 3)),
            ("…587".into(), "…".into())
        );
        let list = |most| elided_list("[0, -0.25, 1.5e-9, …]".into(), most);
        let lists = [21, 20, 14, 13, 6, 5, 3, 2].map(list);
        let expected = [
            "[0, -0.25, 1.5e-9, …]",
            "[0, -0.25, …]",
            "[0, -0.25, …]",
            "[0, -0.25, …]",
            "[0, …]",
            "[…]",
            "[…]",
            "…",
        ];
        assert_eq!(lists, expected);
        assert_eq!(
            (elided_list("-0.25".into(), 4), elided_list("(2, 10)".into(), 6)),
            ("…".into(), "(2, …)".into())
        );
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(elided("0123456789".into(), 10), "0123456789");
        assert_eq!(elided("0123456789".into(), 9), "0123…6789");
        assert_eq!(elided("∂∂∂∂∂".into(), 4), "∂∂…∂");
        assert_eq!(elided("abc".into(), 1), "…");
        assert_eq!(elided("重み行列の勾配".into(), 9), "重み…勾配");
        assert_eq!((ending("src/main.rs:58".into(), 10), width("重み")), ("…ain.rs:58".into(), 4));
        assert_eq!(name_of(&"x".repeat(100_000)).chars().count(), NAME);
        assert_eq!((name_of("\u{1b}[31m\n\u{7}"), name_of("")), (r"\u{1b}[31m\n\u{7}".into(), "\"\"".into()));
    }
}
