//! Makes of each notebook a function that runs its cells one after the other, as Jupyter's kernel does.

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use syn::spanned::Spanned;
use syn::{Block, Stmt};

const NOTEBOOKS: [&str; 2] = ["backpropagation", "broadcasting"];

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("Cargo says where the package is");
    let out = std::env::var("OUT_DIR").expect("Cargo says where to write");
    for name in NOTEBOOKS {
        let path = Path::new(&here).join(name).with_extension("ipynb");
        println!("cargo::rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(&path).expect("the notebook is there");
        let notebook: Value = serde_json::from_str(&text).expect("a notebook is JSON");
        let cells = notebook["cells"].as_array().expect("a notebook has cells");
        let code = cells.iter().enumerate().filter(|(_, cell)| cell["cell_type"] == "code");
        let mut program = String::from("{\n");
        for (number, cell) in code {
            let source: String =
                cell["source"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
            let _ = writeln!(program, "cell({number});\n{}", statements(&source, name, number));
        }
        program += "Ok(())\n}\n";
        std::fs::write(Path::new(&out).join(name).with_extension("rs"), program)
            .expect("OUT_DIR can be written");
    }
}

/// The cell without what is said to the kernel, and with what it ends with shown.
fn statements(source: &str, name: &str, number: usize) -> String {
    let kept: Vec<&str> = source.lines().filter(|line| !line.starts_with(':')).collect();
    let source = kept.join("\n");
    let block = format!("{{\n{source}\n}}");
    let block: Block =
        syn::parse_str(&block).unwrap_or_else(|error| panic!("{name}, cell {number}: {error}\n{source}"));
    // Of the kind that gives a value: neither `x;` nor a `for`.
    let Some(Stmt::Expr(last, None)) = block.stmts.last() else { return source };
    let start = last.span().start();
    let lines: Vec<&str> = source.split('\n').collect();
    // Line 1 is the brace that was put around it.
    let before = lines[..start.line - 2].join("\n");
    let rest: Vec<String> = lines[start.line - 2..].iter().map(|line| (*line).to_owned()).collect();
    let rest = rest.join("\n");
    let (indent, shown) = rest.split_at(rest.char_indices().nth(start.column).map_or(0, |(at, _)| at));
    format!("{before}\n{indent}({}).evcxr_display();", shown.trim_end())
}
