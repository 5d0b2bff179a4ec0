//! What is shown of names and of long texts.

use crate::error::escaped;

/// Characters of a name in a formula or table.
const NAME: usize = 24;

/// A name as it is shown: without characters that a terminal would obey, and not too long.
pub(super) fn name_of(name: &str) -> String {
    elided(escaped(name), NAME)
}

/// A text of at most so many characters: of a longer one start and end, with an ellipsis between them.
pub(super) fn elided(text: String, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text;
    }
    let (start, end) = (width / 2, width - width / 2 - 1);
    let shown = text.chars().take(start).chain(['…']).chain(text.chars().skip(length - end));
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(elided("0123456789".into(), 10), "0123456789");
        assert_eq!(elided("0123456789".into(), 9), "0123…6789");
        assert_eq!(elided("∂∂∂∂∂".into(), 4), "∂∂…∂");
        assert_eq!(elided("abc".into(), 1), "…");
        assert_eq!(name_of(&"x".repeat(100_000)).chars().count(), NAME);
        assert_eq!((name_of("\u{1b}[31m\n\u{7}"), name_of("")), (r"\u{1b}[31m\n\u{7}".into(), "\"\"".into()));
    }
}
