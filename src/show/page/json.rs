//! What the page is told, as JSON: as much of it as that needs.

use std::fmt;

/// A value of JSON.
pub(in crate::show) enum Json {
    /// Digits that are JSON's as well.
    Number(String),
    Text(String),
    Truth(bool),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub fn list(of: impl IntoIterator<Item = impl Into<Json>>) -> Self {
        Self::List(of.into_iter().map(Into::into).collect())
    }
}

impl From<usize> for Json {
    fn from(n: usize) -> Self {
        Self::Number(n.to_string())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Json>> for Json {
    fn from(list: Vec<Json>) -> Self {
        Self::List(list)
    }
}

/// Such that it can stand in a `script` element: no `<` is in it, which alone could end that.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(digits) => f.write_str(digits),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Text(text) => {
                f.write_str("\"")?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        '<' | '>' | '&' | '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                            write!(f, "\\u{:04x}", u32::from(c))?;
                        }
                        c => write!(f, "{c}")?,
                    }
                }
                f.write_str("\"")
            }
            Self::List(list) => {
                f.write_str("[")?;
                for (i, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => {
                f.write_str("{")?;
                for (i, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}\"{name}\":{value}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let text = "a\"\\</script><!-- \u{0}\n\u{1b}[31m\u{2028} 重み &amp;";
        let json = Json::Object(vec![("t", text.into()), ("l", Json::list([1, 2]))]).to_string();
        assert!(!json.contains(['<', '>', '&', '\n', '\0', '\u{1b}', '\u{2028}']), "{json}");
        assert!(json.starts_with(r#"{"t":"a\"\\\u003c/script\u003e\u003c!-- \u0000\u000a"#), "{json}");
        assert!(json.ends_with(r#"重み \u0026amp;","l":[1,2]}"#), "{json}");
    }
}
