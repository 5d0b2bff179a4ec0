//! Sizes of axes, as they are written: `n`, `2*h+1`, `n+k-1`, and what must hold of them: `k<=n`.
//!
//! ```text
//! item       = sum { relation sum }             the axis is the first sum that is no number; all relations must hold
//! sum        = product { ("+" | "-") product }
//! product    = factor { "*" factor }
//! factor     = name | number | "(" sum ")"
//! relation   = "<" | "<=" | ">" | ">=" | "≤" | "≥"
//! ```

use indexmap::IndexSet;

/// The size of an axis, in terms of those that have a name.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) enum Size {
    Fixed(i64),
    /// The position of its name.
    Named(usize),
    Sum(Box<[Size; 2]>),
    Difference(Box<[Size; 2]>),
    Product(Box<[Size; 2]>),
}

impl Size {
    /// Its value for these sizes of the named axes, which may be below 0; `None` if it is beyond all numbers.
    pub fn of(&self, sizes: &[usize]) -> Option<i64> {
        let both = |pair: &[Size; 2]| Some((pair[0].of(sizes)?, pair[1].of(sizes)?));
        match self {
            Self::Fixed(size) => Some(*size),
            Self::Named(name) => i64::try_from(sizes[*name]).ok(),
            Self::Sum(pair) => both(pair).and_then(|(a, b)| a.checked_add(b)),
            Self::Difference(pair) => both(pair).and_then(|(a, b)| a.checked_sub(b)),
            Self::Product(pair) => both(pair).and_then(|(a, b)| a.checked_mul(b)),
        }
    }

    /// As it is written, without spaces.
    pub fn text(&self, names: &IndexSet<String>) -> String {
        let factor = |size: &Self| match size {
            Self::Sum(_) | Self::Difference(_) => format!("({})", size.text(names)),
            _ => size.text(names),
        };
        match self {
            Self::Fixed(size) => size.to_string(),
            Self::Named(name) => names[*name].clone(),
            Self::Sum(pair) => format!("{}+{}", pair[0].text(names), pair[1].text(names)),
            Self::Difference(pair) => {
                let subtracted =
                    if matches!(pair[1], Self::Product(_)) { pair[1].text(names) } else { factor(&pair[1]) };
                format!("{}-{subtracted}", pair[0].text(names))
            }
            Self::Product(pair) => format!("{}*{}", factor(&pair[0]), factor(&pair[1])),
        }
    }

    /// Whether it is made of others.
    pub fn is_derived(&self) -> bool {
        !matches!(self, Self::Fixed(_) | Self::Named(_))
    }
}

/// What must hold of sizes: that the first is not above the second.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Condition {
    pub lesser: Size,
    pub greater: Size,
}

impl Condition {
    /// By how much it does not hold: 0 if it does.
    pub fn violation(&self, sizes: &[usize]) -> i64 {
        match (self.lesser.of(sizes), self.greater.of(sizes)) {
            (Some(lesser), Some(greater)) => lesser.saturating_sub(greater).max(0),
            _ => i64::MAX,
        }
    }

    pub fn text(&self, names: &IndexSet<String>) -> String {
        format!("{}<={}", self.lesser.text(names), self.greater.text(names))
    }
}

/// One item: the size of an axis, and what was said of it.
pub(in crate::check) struct Item {
    pub size: Size,
    pub conditions: Vec<Condition>,
}

impl Item {
    /// Reads it; new names are added. The error says what was found and what was expected there.
    pub fn parse(text: &str, names: &mut IndexSet<String>) -> Result<Self, String> {
        let mut parser = Parser { rest: text, names };
        let mut sums = vec![parser.sum()?];
        let mut conditions = Vec::new();
        while !parser.rest.is_empty() {
            let relation = parser.relation()?;
            sums.push(parser.sum()?);
            let [.., before, after] = sums.as_slice() else {
                unreachable!("one was there and one was added")
            };
            let [lesser, greater] = match relation {
                Relation::Less { .. } => [before, after],
                Relation::Greater { .. } => [after, before],
            };
            let (Relation::Less { strictly } | Relation::Greater { strictly }) = relation;
            let lesser =
                if strictly { Size::Sum(Box::new([lesser.clone(), Size::Fixed(1)])) } else { lesser.clone() };
            conditions.push(Condition { lesser, greater: greater.clone() });
        }
        let size = sums.iter().find(|size| !matches!(size, Size::Fixed(_))).unwrap_or(&sums[0]).clone();
        Ok(Self { size, conditions })
    }
}

#[derive(Clone, Copy)]
enum Relation {
    Less { strictly: bool },
    Greater { strictly: bool },
}

struct Parser<'a, 'n> {
    rest: &'a str,
    names: &'n mut IndexSet<String>,
}

impl<'a> Parser<'a, '_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest).trim_start();
        rest.is_some()
    }

    /// The longest beginning of such characters.
    fn take(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        taken
    }

    fn sum(&mut self) -> Result<Size, String> {
        let mut sum = self.product()?;
        loop {
            if self.eat("+") {
                sum = Size::Sum(Box::new([sum, self.product()?]));
            } else if self.eat("-") {
                sum = Size::Difference(Box::new([sum, self.product()?]));
            } else {
                return Ok(sum);
            }
        }
    }

    fn product(&mut self) -> Result<Size, String> {
        let mut product = self.factor()?;
        while self.eat("*") {
            product = Size::Product(Box::new([product, self.factor()?]));
        }
        if self.rest.starts_with(['/', '%']) {
            return Err("sizes are not divided: name the quotient, and write the whole as in \"2*h\"".into());
        }
        Ok(product)
    }

    fn factor(&mut self) -> Result<Size, String> {
        if self.eat("(") {
            let sum = self.sum()?;
            return if self.eat(")") { Ok(sum) } else { Err(self.expected("`)`")) };
        }
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = self.take(|c| c.is_ascii_digit());
            if self.rest.starts_with(is_in_name) {
                return Err(format!("a product is written with `*`: {digits}*{}", self.take(is_in_name)));
            }
            return digits.parse().map(Size::Fixed).map_err(|_| format!("{digits} is too large a size"));
        }
        let name = self.take(is_in_name);
        if is_name(name) {
            Ok(Size::Named(self.names.insert_full(name.to_owned()).0))
        } else {
            Err(self.expected("a name or a number"))
        }
    }

    fn relation(&mut self) -> Result<Relation, String> {
        let relations = [
            ("<=", Relation::Less { strictly: false }),
            ("≤", Relation::Less { strictly: false }),
            (">=", Relation::Greater { strictly: false }),
            ("≥", Relation::Greater { strictly: false }),
            ("<", Relation::Less { strictly: true }),
            (">", Relation::Greater { strictly: true }),
        ];
        if self.rest.starts_with('=') || self.rest.starts_with("!=") {
            return Err("sizes are compared by <, <=, > and >=; equal ones have the same name".into());
        }
        let found = relations.into_iter().find(|(token, _)| self.eat(token));
        found.map(|(_, relation)| relation).ok_or_else(|| self.expected("`+`, `-`, `*` or a comparison"))
    }

    fn expected(&self, what: &str) -> String {
        if self.rest.is_empty() {
            format!("it ends where {what} is expected")
        } else {
            format!("{:?} stands where {what} is expected", self.rest)
        }
    }
}

pub(in crate::check) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(is_in_name)
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '\''
}

#[cfg(test)]
mod tests {
    use super::Item;
    use indexmap::IndexSet;

    /// Its text, its value at n = 5 and k = 3, and what must hold.
    fn read(text: &str) -> (String, Option<i64>, Vec<String>) {
        let mut names: IndexSet<String> = ["n", "k"].map(String::from).into();
        let Item { size, conditions } = Item::parse(text, &mut names).unwrap();
        assert_eq!(names.len(), 2, "{text}");
        let conditions = conditions.iter().map(|condition| condition.text(&names)).collect();
        (size.text(&names), size.of(&[5, 3]), conditions)
    }

    #[test]
    fn products_bind_tighter_than_sums_and_both_from_the_left() {
        for (text, value) in [
            ("n+k-1", 7),
            ("n-k-1", 1),
            ("n-(k-1)", 3),
            ("2*n+k", 13),
            ("n+2*k", 11),
            ("(n+2)*k", 21),
            ("n-k*k", -4),
        ] {
            assert_eq!(read(text), (text.to_owned(), Some(value), Vec::new()));
        }
        assert_eq!(read(&format!("{}*n*n", i64::MAX)).1, None);
    }

    #[test]
    fn conditions_are_said_with_an_axis() {
        assert_eq!(read("n>=1"), ("n".into(), Some(5), vec!["1<=n".into()]));
        assert_eq!(read("k<n"), ("k".into(), Some(3), vec!["k+1<=n".into()]));
        assert_eq!(read("2<=k≤n-1"), ("k".into(), Some(3), vec!["2<=k".into(), "k<=n-1".into()]));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, complaint) in [
            ("n+", "it ends where a name or a number is expected"),
            ("-1", "\"-1\" stands where a name or a number is expected"),
            ("(n+1", "it ends where `)` is expected"),
            ("2n", "a product is written with `*`: 2*n"),
            ("n/2", "sizes are not divided"),
            ("n=k", "equal ones have the same name"),
            ("n,", "\",\" stands where `+`, `-`, `*` or a comparison is expected"),
            ("99999999999999999999", "too large a size"),
        ] {
            let error = Item::parse(text, &mut IndexSet::new()).err().unwrap_or_default();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
