//! A notebook as Jupyter writes it, and as it is kept.

use crate::MARK;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::Path;

/// What a cell showed: what it printed, and what it ended with, by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// What was printed.
    pub printed: String,
    /// What was shown, as HTML and as text.
    pub data: BTreeMap<String, String>,
}

/// A notebook.
#[derive(Clone, Debug)]
pub struct Notebook(Value);

impl Notebook {
    /// Reads it.
    ///
    /// # Errors
    /// If it cannot be read, or is no notebook.
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let notebook: Value = serde_json::from_str(&text)?;
        if notebook["cells"].is_array() { Ok(Self(notebook)) } else { Err("a notebook has cells".into()) }
    }

    /// The cells with code, by number: what each showed, and whether that depends on the machine.
    pub fn shown(&self) -> BTreeMap<usize, (Shown, bool)> {
        let cells = self.0["cells"].as_array().into_iter().flatten().enumerate();
        let code = cells.filter(|(_, cell)| cell["cell_type"] == "code");
        code.map(|(number, cell)| (number, (shown(cell), depends_on_machine(cell)))).collect()
    }

    /// The same as it is kept: without what differs from run to run.
    ///
    /// # Errors
    /// If a cell failed: by an error of the compiler, a panic, an `Err`, or anything else on standard error.
    pub fn tidy(&mut self) -> Result<(), Box<dyn Error>> {
        let mut runs = 0;
        let cells = self.0["cells"].as_array_mut().into_iter().flatten();
        for (number, cell) in cells.enumerate() {
            cell["id"] = json!(format!("cell-{number}"));
            if let Some(metadata) = cell["metadata"].as_object_mut() {
                metadata.retain(|key, _| key == "tags");
            }
            if cell["cell_type"] != "code" {
                continue;
            }
            if let Some(failed) = failure(cell) {
                return Err(format!("cell {number} failed:\n{}\n\n{failed}", text(&cell["source"])).into());
            }
            runs += 1;
            cell["execution_count"] = json!(runs);
            let Shown { printed, data } = shown(cell);
            let mut outputs = Vec::new();
            if !printed.is_empty() {
                outputs.push(json!({"output_type": "stream", "name": "stdout", "text": lines(&printed)}));
            }
            if !data.is_empty() {
                let data: BTreeMap<&String, Vec<&str>> =
                    data.iter().map(|(of, text)| (of, lines(text))).collect();
                outputs.push(json!({
                    "output_type": "execute_result", "execution_count": runs, "metadata": {}, "data": data
                }));
            }
            cell["outputs"] = Value::Array(outputs);
        }
        self.0["metadata"] = json!({
            "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
            "language_info": {
                "file_extension": ".rs", "mimetype": "text/rust", "name": "Rust", "pygment_lexer": "rust"
            }
        });
        Ok(())
    }

    /// What the output of a notebook's program says that its cells showed.
    pub fn of_program(output: &str) -> BTreeMap<usize, Shown> {
        let mut all = BTreeMap::new();
        for part in output.split(MARK).skip(1) {
            let (number, rest) = part.split_once('\n').unwrap_or((part, ""));
            let mut shown = Shown::default();
            let mut content: Option<(String, Vec<&str>)> = None;
            for line in rest.lines() {
                content = match (content, line.strip_prefix("EVCXR_BEGIN_CONTENT ")) {
                    (None, Some(of)) => Some((of.to_owned(), Vec::new())),
                    (None, None) => {
                        shown.printed += line;
                        shown.printed += "\n";
                        None
                    }
                    (Some((of, lines)), _) if line == "EVCXR_END_CONTENT" => {
                        shown.data.insert(of, lines.join("\n"));
                        None
                    }
                    (Some((of, mut lines)), _) => {
                        lines.push(line);
                        Some((of, lines))
                    }
                };
            }
            all.insert(number.parse().expect("a cell has a number"), shown);
        }
        all
    }
}

/// As Jupyter writes it.
impl fmt::Display for Notebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::new();
        let mut to = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b" "));
        serde::Serialize::serialize(&self.0, &mut to).map_err(|_| fmt::Error)?;
        writeln!(f, "{}", String::from_utf8(bytes).map_err(|_| fmt::Error)?)
    }
}

/// A text that Jupyter keeps line by line.
fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().into(),
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn outputs(cell: &Value) -> impl Iterator<Item = &Value> {
    cell["outputs"].as_array().into_iter().flatten()
}

fn shown(cell: &Value) -> Shown {
    let mut shown = Shown::default();
    for output in outputs(cell) {
        if output["output_type"] == "stream" {
            shown.printed += &text(&output["text"]);
        }
        for (of, content) in output["data"].as_object().into_iter().flatten() {
            shown.data.insert(of.clone(), text(content).trim_end().to_owned());
        }
    }
    // The kernel shows of no value that it is none.
    if shown.data.len() == 1 && shown.data.get("text/plain").is_some_and(|text| text == "()") {
        shown.data.clear();
    }
    // The kernel ends what is printed with empty lines, and now and then with none.
    if !shown.printed.is_empty() {
        shown.printed.truncate(shown.printed.trim_end().len());
        shown.printed += "\n";
    }
    shown
}

fn depends_on_machine(cell: &Value) -> bool {
    cell["metadata"]["tags"].as_array().into_iter().flatten().any(|tag| tag == "machine")
}

/// What a cell says of its failure. The kernel calls a panic and an `Err` no errors: they are words on standard error.
fn failure(cell: &Value) -> Option<String> {
    outputs(cell).find_map(|output| {
        let said = text(&output["text"]);
        if output["output_type"] == "error" {
            Some(format!("{}\n{}", text(&output["evalue"]), text(&output["traceback"])))
        } else {
            (output["name"] == "stderr" && !said.trim().is_empty()).then(|| {
                let all = outputs(cell).filter(|output| output["name"] == "stderr");
                all.map(|output| text(&output["text"])).collect()
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(outputs: &Value) -> Notebook {
        let cells = json!([{"cell_type": "code", "metadata": {"execution": 1}, "source": ["f()"], "outputs": outputs}]);
        Notebook(json!({"cells": cells, "nbformat": 4, "nbformat_minor": 5}))
    }

    #[test]
    fn a_cell_that_fails_is_seen() {
        let stream = |name: &str, text: &str| json!({"output_type": "stream", "name": name, "text": [text]});
        for outputs in [
            json!([
                stream("stdout", "fine"),
                stream("stderr", "\nthread '<unnamed>' (7) panicked at src/lib.rs:1:1:\n")
            ]),
            json!([stream("stderr", "sum_axis: axis 7 does not exist")]),
            json!([{"output_type": "error", "ename": "Error", "evalue": "mismatched types", "traceback": []}]),
        ] {
            let error = notebook(&outputs).tidy().unwrap_err().to_string();
            assert!(error.starts_with("cell 0 failed:\nf()\n"), "{error}");
        }
        assert!(notebook(&json!([stream("stdout", "fine"), stream("stderr", "\n")])).tidy().is_ok());
    }

    #[test]
    fn what_differs_from_run_to_run_goes() {
        let result = json!({
            "output_type": "execute_result", "execution_count": 17, "metadata": {"a": 1},
            "data": {"text/plain": ["1.5\n"]}
        });
        let [first, second] =
            ["a\n", "b\n\n"].map(|text| json!({"output_type": "stream", "name": "stdout", "text": [text]}));
        let mut one = notebook(&json!([first, result, second]));
        let mut other =
            notebook(&json!([{"output_type": "stream", "name": "stdout", "text": "a\nb\n"}, result]));
        one.tidy().unwrap();
        other.tidy().unwrap();
        assert_eq!(one.to_string(), other.to_string());
        assert!(one.to_string().contains("\"execution_count\": 1"));
        assert_eq!(one.shown()[&0].0.printed, "a\nb\n");
    }

    #[test]
    fn the_output_of_a_program_is_taken_apart() {
        let output = format!(
            "{MARK}1\nhello\n{MARK}3\na\nEVCXR_BEGIN_CONTENT text/html\n<p>\n</p>\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\np\nEVCXR_END_CONTENT\nb\n"
        );
        let shown = Notebook::of_program(&output);
        assert_eq!(
            (shown.len(), shown[&1].printed.as_str(), shown[&3].printed.as_str()),
            (2, "hello\n", "a\nb\n")
        );
        assert_eq!(
            (shown[&3].data["text/html"].as_str(), shown[&3].data["text/plain"].as_str()),
            ("<p>\n</p>", "p")
        );
    }
}
