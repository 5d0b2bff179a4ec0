//! Whether two outputs show the same, on machines whose products have other last bits.

use serde_json::Value;

/// What both of two machines round away: the numbers of the notebooks are sums of at most 10⁵ products in double precision,
/// whose roundings, 10⁻¹⁶ each, add up to no more than this part of them; and what is 0 but for rounding is below it.
const ROUNDING: f64 = 1e-9;

/// An output without what depends on where it ran: the lines of source, which a notebook does not tell; and without the
/// drawing of pictures, whose colours are steps and may be the next one. Of a player's page its data are left.
pub fn reduced(output: &str) -> String {
    let output = emptied(output, " d=\"", "\"");
    let mut output = emptied(&output, "data:image/svg+xml,", "\"");
    if let Some((before, rest)) = output.split_once(" srcdoc=\"")
        && let Some((page, after)) = rest.split_once('"')
    {
        output = format!("{before} srcdoc=\"{}\"{after}", data(page));
    }
    let lines: Vec<String> = output.lines().map(without_places).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The text with nothing between these two, wherever they stand.
fn emptied(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += start;
        out += part.find(end).map_or("", |at| &part[at..]);
    }
    out
}

/// What the page is told, but for the lines of source.
fn data(page: &str) -> String {
    let page = page.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let data = page.split_once("id=\"data\">").and_then(|(_, rest)| Some(rest.split_once("</script>")?.0));
    let mut data: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    let Some(fields) = data.as_object_mut() else { return "no player's page".into() };
    fields.remove("places");
    data.to_string()
}

/// The line without ` (at src/main.rs:1:2)`, `, at src/main.rs:1` and the like.
fn without_places(line: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for word in line.split(' ') {
        if !word.contains(".rs:") {
            kept.push(word.into());
            continue;
        }
        kept.pop_if(|before| ["at", "(at"].contains(&before.as_str()));
        if let Some(before) = kept.last_mut() {
            let ends = before.trim_end_matches(',').len();
            before.truncate(ends);
            if word.ends_with(',') {
                before.push(',');
            }
        }
    }
    kept.join(" ").trim_end().to_owned()
}

/// Where two outputs differ; nothing if they show the same.
pub fn difference(kept: &str, now: &str) -> Option<String> {
    let [kept, now] = [kept, now].map(parts);
    let same = |(a, b): &(&&str, &&str)| a == b || both_numbers(a, b);
    let at = kept.iter().zip(&now).take_while(same).count();
    if at == kept.len() && at == now.len() {
        return None;
    }
    let about = |parts: &[&str]| -> String {
        let around: String =
            parts[at.saturating_sub(12).min(parts.len())..(at + 12).min(parts.len())].concat();
        around.chars().take(400).collect()
    };
    Some(format!("kept   …{}…\nis now …{}…", about(&kept), about(&now)))
}

/// Numbers, and what is between them.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, number) = rest.split_at(start);
        parts.extend(before.split_inclusive(char::is_whitespace));
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut end = digits(number);
        for (point, signs) in [(".", false), ("e", true)] {
            if let Some(more) = number[end..].strip_prefix(point) {
                let sign = usize::from(signs && more.starts_with('-'));
                let length = digits(&more[sign..]);
                end += if length > 0 { 1 + sign + length } else { 0 };
            }
        }
        if end > 0 {
            parts.push(&number[..end]);
        }
        rest = &number[end..];
    }
    parts
}

/// Whether these are two roundings of one number: integers are what they are, of others the last digit that is written may
/// be the next one.
fn both_numbers(a: &str, b: &str) -> bool {
    let is_whole = |text: &str| !text.contains(['.', 'e']);
    let (Ok(x), Ok(y)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    if is_whole(a) && is_whole(b) {
        return false;
    }
    let unit = |text: &str| {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let exponent: i32 = exponent.parse().unwrap_or_default();
        10_f64.powi(exponent - i32::try_from(decimals).unwrap_or_default())
    };
    let tolerated = unit(a).min(unit(b)).max(ROUNDING * x.abs().max(y.abs()).max(1.0));
    (x - y).abs() <= 1.001 * tolerated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_rounded_the_other_way() {
        for (kept, now) in [
            ("loss 28.9153", "loss 28.9152"),
            ("[1.5e-3, 2]", "[1.6e-3, 2]"),
            ("1.2345e-16", "4.4409e-17"),
            ("0.3333333333333333", "0.3333333333333341"),
            ("(3, 4) a1", "(3, 4) a1"),
        ] {
            assert_eq!(difference(kept, now), None, "{kept} {now}");
        }
        for (kept, now) in [
            ("loss 28.9153", "loss 28.9151"),
            ("(3, 4)", "(3, 5)"),
            ("x 1.5", "y 1.5"),
            ("1.5", "1.5 and more"),
            ("[1.5e-3]", "[1.5e-4]"),
            ("12 rows", "13 rows"),
        ] {
            assert!(difference(kept, now).is_some(), "{kept} {now}");
        }
    }

    #[test]
    fn what_depends_on_the_place_goes() {
        for (here, there) in [
            ("do it. (at /tmp/out/x.rs:7:3)", "do it."),
            ("row %6 (add), at src/main.rs:9", "row %6 (add)"),
            ("holds fixed `w` (2,) at a/b.rs:1, `v` ()", "holds fixed `w` (2,), `v` ()"),
            ("agrees (src/x.rs:3)", "agrees"),
            ("<path fill=\"#123\" d=\"M0 0h1v1h-1z\"/>", "<path fill=\"#123\" d=\"\"/>"),
            (
                "<img alt=\"a\" src=\"data:image/svg+xml,%3Csvg\">",
                "<img alt=\"a\" src=\"data:image/svg+xml,\">",
            ),
        ] {
            assert_eq!(reduced(here), there);
            assert_eq!(reduced(there), there);
        }
        let tape = wengert::Tape::<f64>::new();
        tape.leaf("a<b", 1.0).sin().backward();
        let page = tape.to_html().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let reduced = reduced(&format!("<iframe srcdoc=\"{page}\"></iframe>"));
        assert!(
            reduced.contains("sin(a<b)") && !reduced.contains("compare.rs") && reduced.len() < 4000,
            "{reduced}"
        );
    }
}
