//! Names as numbers: what a model is shown, and what it is to say.

use std::fmt;

use ndarray::{Array1, Array2};
use wengert::random::Draws;

/// a to z are 1 to 26; 0 stands before and after a name.
pub const LETTERS: usize = 27;

/// How many letters a model is shown.
pub const CONTEXT: usize = 3;

/// The list, a tenth of it held out: names to learn from, and others to be judged by.
pub fn names() -> [Vec<&'static str>; 2] {
    let lines = include_str!("../names.txt").lines();
    let names: Vec<&str> = lines.filter(|line| !line.starts_with('#')).collect();
    let drawn = Draws::new(0).bernoulli(0.1, names.len());
    [false, true].map(|held_out| {
        let part = names.iter().zip(&drawn).filter(|(_, drawn)| **drawn == held_out);
        part.map(|(name, _)| *name).collect()
    })
}

/// A question for each letter of each name, and for its end: `next[i]` comes after the letters `context[[i, ..]]`.
pub struct Text {
    pub context: Array2<usize>,
    pub next: Array1<usize>,
}

impl Text {
    pub fn new(names: &[&str]) -> Self {
        let (mut contexts, mut next) = (Vec::new(), Vec::new());
        for name in names {
            let mut context = [0; CONTEXT];
            for letter in name.bytes().map(|letter| usize::from(letter - b'a') + 1).chain([0]) {
                contexts.push(context);
                next.push(letter);
                context.rotate_left(1);
                context[CONTEXT - 1] = letter;
            }
        }
        Self { context: contexts.into(), next: next.into() }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (context, next) in self.context.outer_iter().zip(&self.next) {
            let context: String = context.iter().map(|letter| character(*letter)).collect();
            write!(f, "{context} → {}   ", character(*next))?;
        }
        Ok(())
    }
}

/// Numbers as a name, up to its end.
pub fn spelled<'a>(letters: impl IntoIterator<Item = &'a usize>) -> String {
    letters.into_iter().take_while(|letter| **letter > 0).map(|letter| character(*letter)).collect()
}

fn character(letter: usize) -> char {
    char::from(b"\xb7abcdefghijklmnopqrstuvwxyz"[letter]) // a middle dot
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{arr1, arr2};

    #[test]
    fn a_name_is_a_question_a_letter_and_one_for_its_end() {
        let text = Text::new(&["ab", "z"]);
        assert_eq!(text.context, arr2(&[[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 0, 0], [0, 0, 26]]));
        assert_eq!(text.next, arr1(&[1, 2, 0, 26, 0]));
        assert_eq!(spelled(&[1, 2, 0, 26]), "ab");
    }

    #[test]
    fn no_name_is_on_both_sides() {
        let [known, held_out] = names();
        assert_eq!(known.len() + held_out.len(), 1931);
        assert!(
            known.iter().chain(&held_out).all(|name| name.bytes().all(|letter| letter.is_ascii_lowercase()))
        );
        assert!(held_out.iter().all(|name| !known.contains(name)));
    }
}
