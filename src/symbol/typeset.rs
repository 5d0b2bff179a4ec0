//! An expression as it is typeset, in LaTeX and in MathML: one tree for both.

use super::expr::{ADJOINT, Expr};
use super::number::text_of;
use super::text::{self, BRACKETS, function, infix, is_comparison};

/// How a formula is put together on paper.
pub(crate) enum Set {
    Row(Vec<Set>),
    /// What a person named; one letter stands slanted, as mathematics has it, and digits after it below the line.
    Name(String),
    Number(String),
    /// A sign of this kind between or before others.
    Sign(&'static str),
    /// A function's name, or words.
    Word(String),
    Raised(Box<Set>, Box<Set>),
    Lowered(Box<Set>, Box<Set>),
    Fraction(Box<Set>, Box<Set>),
    Root(Box<Set>),
    /// In parentheses, brackets or bars.
    Fenced(char, Box<Set>, char),
    /// This where a mask holds, and that elsewhere.
    Cases(Box<[Set; 3]>),
}

use Set::{Cases, Fenced, Fraction, Lowered, Name, Number, Raised, Root, Row, Sign, Word};

/// How closely it holds together, on paper: a fraction has its bar around it, and needs no parentheses.
fn strength(expr: &Expr) -> u8 {
    match (expr, text::strength(expr)) {
        // Quotients, and numbers that are written as one: raised, they would be read wrongly.
        (Expr::Div(..) | Expr::Number(_), 3) => 4,
        (_, strength) => strength,
    }
}

fn within(part: &Expr, least: u8) -> Set {
    if strength(part) >= least {
        set(part)
    } else if is_comparison(part) {
        Fenced('[', Box::new(set(part)), ']')
    } else {
        Fenced('(', Box::new(set(part)), ')')
    }
}

/// An expression on paper.
pub(crate) fn set(expr: &Expr) -> Set {
    let between = |a: &Expr, sign, b: &Expr, least: [u8; 2]| {
        Row(vec![within(a, least[0]), Sign(sign), within(b, least[1])])
    };
    match expr {
        Expr::Symbol { name, .. } => Name(name.clone()),
        Expr::Number(x) => number(*x),
        Expr::Neg(a) => Row(vec![Sign("−"), within(a, 3)]),
        Expr::Add(a, b) => between(a, "+", b, [1, 2]),
        Expr::Sub(a, b) => between(a, "−", b, [1, 3]),
        Expr::Mul(a, b) => {
            let sign = if a.is_single() || b.is_single() { "·" } else { "⊙" };
            between(a, sign, b, [3, 3])
        }
        Expr::MatMul(a, b) => {
            let least = |part: &Expr| if matches!(part, Expr::MatMul(..)) { 3 } else { 4 };
            between(a, "·", b, [least(a), 4])
        }
        Expr::Div(a, b) => Fraction(Box::new(set(a)), Box::new(set(b))),
        Expr::Pow(a, b) => Raised(Box::new(within(a, 5)), Box::new(set(b))),
        Expr::Transpose(a) => Raised(Box::new(within(a, 5)), Box::new(Sign("⊤"))),
        Expr::Call { name, operands, how } => call(name, operands, how),
    }
}

fn number(x: f64) -> Set {
    let text = text_of(x, 0.0).replace('-', "−");
    match text.split_once('/') {
        Some((over, under)) => Fraction(Box::new(Word(over.into())), Box::new(Word(under.into()))),
        None if text.chars().any(|c| !c.is_ascii_digit() && c != '.' && c != '−') => Word(text),
        None => Number(text),
    }
}

fn call(name: &str, operands: &[Expr], how: &str) -> Set {
    match (name, operands) {
        (name, [a, b]) if infix(name).is_some() => {
            return Row(vec![set(a), Sign(infix(name).unwrap_or_default()), set(b)]);
        }
        ("select", [mask, yes, no]) => return Cases(Box::new([set(yes), set(mask), set(no)])),
        (BRACKETS, [a]) => return Fenced('[', Box::new(set(a)), ']'),
        ("abs", [a]) => return Fenced('|', Box::new(set(a)), '|'),
        ("sqrt", [a]) => return Root(Box::new(set(a))),
        ("exp", [a]) => return Raised(Box::new(Word("e".into())), Box::new(set(a))),
        ("slice", [a]) => return Row(vec![within(a, 5), Fenced('[', Box::new(Word(how.into())), ']')]),
        (ADJOINT, [a]) => {
            let is_name = matches!(a, Expr::Symbol { .. });
            return Row(vec![Word("d".into()), within(a, if is_name { 0 } else { 6 })]);
        }
        _ => {}
    }
    let name = Word(function(name).to_owned());
    let head = if how.is_empty() { name } else { Lowered(Box::new(name), Box::new(Word(how.into()))) };
    let mut list = Vec::new();
    for operand in operands {
        if !list.is_empty() {
            list.push(Sign(","));
        }
        list.push(set(operand));
    }
    Row(vec![head, Fenced('(', Box::new(Row(list)), ')')])
}

/// Letters and what follows them below the line: `W1` and `h_t`.
fn parts(name: &str) -> Option<(&str, &str)> {
    let letters = name.find(|c: char| !c.is_alphabetic())?;
    let (base, rest) = name.split_at(letters);
    let low = rest.strip_prefix('_').unwrap_or(rest);
    let is_plain = !base.is_empty() && !low.is_empty() && low.chars().all(char::is_alphanumeric);
    is_plain.then_some((base, low))
}

/// A shape, `(30×64)`: no name that a person gave.
fn is_shape(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_digit() || "(×)".contains(c))
}

/// What LaTeX would obey, as text.
fn latex_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str(r"\textbackslash{}"),
            '^' => out.push_str(r"\textasciicircum{}"),
            '~' => out.push_str(r"\textasciitilde{}"),
            '×' => out.push_str(r"$\times$"),
            '_' | '%' | '#' | '&' | '$' | '{' | '}' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// As LaTeX, for what stands in `$…$`; needs amsmath alone.
pub(crate) fn latex(set: &Set) -> String {
    match set {
        Row(parts) => parts.iter().map(latex).collect::<Vec<_>>().join(" "),
        Name(name) if is_shape(name) => name.replace('×', r" \times "),
        Name(name) => latex_name(name),
        Number(text) => format!("{{{}}}", text.replace('−', "-")),
        Sign(sign) => match *sign {
            "−" => "-",
            "·" => r"\cdot",
            "⊙" => r"\odot",
            "≥" => r"\ge",
            "≤" => r"\le",
            "≠" => r"\ne",
            "⊤" => r"\top",
            other => other,
        }
        .into(),
        Word(word) => latex_word(word),
        Raised(base, high) => format!("{{{}}}^{{{}}}", latex(base), latex(high)),
        Lowered(base, low) => format!("{}_{{{}}}", latex(base), latex(low)),
        Fraction(over, under) => format!(r"\frac{{{}}}{{{}}}", latex(over), latex(under)),
        Root(of) => format!(r"\sqrt{{{}}}", latex(of)),
        Fenced(open, of, close) => format!(r"\left{open} {} \right{close}", latex(of)),
        Cases(cases) => {
            let [yes, mask, no] = [0, 1, 2].map(|i| latex(&cases[i]));
            format!(r"\begin{{cases}} {yes} & \text{{where }} {mask} \\ {no} & \text{{else}} \end{{cases}}")
        }
    }
}

fn latex_name(name: &str) -> String {
    let base = |base: &str| {
        if base.chars().count() == 1 { latex_text(base) } else { format!(r"\mathit{{{}}}", latex_text(base)) }
    };
    match parts(name) {
        Some((letters, low)) => format!("{{{}}}_{{{}}}", base(letters), base(low)),
        None if name.chars().all(char::is_alphabetic) => base(name),
        None => format!(r"\text{{{}}}", latex_text(name)),
    }
}

fn latex_word(word: &str) -> String {
    match word {
        "d" => r"\mathrm{d}".into(),
        "e" => r"\mathrm{e}".into(),
        "σ" => r"\sigma".into(),
        "Φ" => r"\Phi".into(),
        "φ" => r"\varphi".into(),
        "π" => r"\pi".into(),
        "2π" => r"2\pi".into(),
        "√2" => r"\sqrt{2}".into(),
        "√π" => r"\sqrt{\pi}".into(),
        "√(2π)" => r"\sqrt{2\pi}".into(),
        "ln 2" => r"\ln 2".into(),
        "…" => r"\ldots".into(),
        "sin" | "cos" | "tan" | "tanh" | "log" | "max" | "min" => format!(r"\{word}"),
        _ if word.chars().all(|c| c.is_ascii_digit()) => word.into(),
        _ if word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            format!(r"\operatorname{{{}}}", latex_text(word))
        }
        _ => format!(r"\text{{{}}}", latex_text(word)),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As MathML, for what stands in `<math>…</math>`.
pub(crate) fn mathml(set: &Set) -> String {
    match set {
        Row(parts) => format!("<mrow>{}</mrow>", parts.iter().map(mathml).collect::<String>()),
        Name(name) if is_shape(name) => mathml_shape(name),
        Name(name) => match parts(name) {
            Some((base, low)) => format!("<msub>{}{}</msub>", letters(base), letters(low)),
            None => letters(name),
        },
        Number(text) => format!("<mn>{text}</mn>"),
        Sign(sign) => format!("<mo>{}</mo>", escaped(sign)),
        // One letter would stand slanted.
        Word(word) if word.chars().count() == 1 => {
            format!("<mi mathvariant=\"normal\">{}</mi>", escaped(word))
        }
        Word(word) if word.contains([' ', ':', ',']) => format!("<mtext>{}</mtext>", escaped(word)),
        Word(word) => format!("<mi>{}</mi>", escaped(word)),
        Raised(base, high) => format!("<msup>{}{}</msup>", mathml(base), mathml(high)),
        Lowered(base, low) => format!("<msub>{}{}</msub>", mathml(base), mathml(low)),
        Fraction(over, under) => format!("<mfrac>{}{}</mfrac>", mathml(over), mathml(under)),
        Root(of) => format!("<msqrt>{}</msqrt>", mathml(of)),
        Fenced(open, of, close) => format!("<mrow><mo>{open}</mo>{}<mo>{close}</mo></mrow>", mathml(of)),
        Cases(cases) => {
            let [yes, mask, no] = [0, 1, 2].map(|i| mathml(&cases[i]));
            format!(
                "<mrow><mo>{{</mo><mtable columnalign=\"left\"><mtr><mtd>{yes}</mtd><mtd><mrow><mtext>where \
                 </mtext>{mask}</mrow></mtd></mtr><mtr><mtd>{no}</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>"
            )
        }
    }
}

fn letters(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_digit()) {
        format!("<mn>{name}</mn>")
    } else {
        format!("<mi>{}</mi>", escaped(name))
    }
}

fn mathml_shape(name: &str) -> String {
    let mut out = String::from("<mrow>");
    let mut digits = String::new();
    for c in name.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out += &["<mn>", &std::mem::take(&mut digits), "</mn>"].concat();
        }
        if c != '\n' {
            out.extend(["<mo>", c.encode_utf8(&mut [0; 4]), "</mo>"]);
        }
    }
    out + "</mrow>"
}
