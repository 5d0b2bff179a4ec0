//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;

pub const USAGE: &str = "\
Usage: cargo run --release -p notebook -- [OPTIONS]

  --epochs N     passes over the training data, 1 to 1000000   [100]
  --lr RATE      learning rate, a positive number              [0.03]
  --hidden N     hidden units, 1 to 10000                      [30]
  --batch N      rows a step, shuffled; 1 or more              [all rows]
  --dtype TYPE   f32 or f64                                    [f32]
  --seed N       seed of weights and shuffling, 0 or more      [the reference weights]
  --out FILE     where to write the loss curve, as SVG         [target/notebook-loss.svg]
  --help         this text";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dtype {
    F32,
    F64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub epochs: usize,
    pub lr: f64,
    pub hidden: usize,
    /// Rows of a step; `None` is all of them, as is any number larger than that.
    pub batch: Option<usize>,
    pub dtype: Dtype,
    /// `None` starts from the reference weights, if `hidden` is theirs.
    pub seed: Option<u64>,
    pub out: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        let out = PathBuf::from("target/notebook-loss.svg");
        Self { epochs: 100, lr: 0.03, hidden: 30, batch: None, dtype: Dtype::F32, seed: None, out }
    }
}

/// The options from the words after the program's name; `None` if help was asked for, or one line about what is wrong.
pub fn parse<I>(arguments: I) -> Result<Option<Options>, String>
where
    I: IntoIterator,
    I::Item: Into<OsString>,
{
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("epochs") => {
                let accepted = "a whole number from 1 to 1000000";
                options.epochs = value(&mut parser, "--epochs", accepted, |n| (1..=1_000_000).contains(n))?;
            }
            Long("lr") => {
                let accepted = "a number above 0, such as 0.03";
                options.lr = value(&mut parser, "--lr", accepted, |r: &f64| r.is_finite() && *r > 0.0)?;
            }
            Long("hidden") => {
                let accepted = "a whole number from 1 to 10000";
                options.hidden = value(&mut parser, "--hidden", accepted, |n| (1..=10_000).contains(n))?;
            }
            Long("batch") => {
                let accepted = "a whole number of rows, 1 or more";
                options.batch = Some(value(&mut parser, "--batch", accepted, |n| *n >= 1)?);
            }
            Long("dtype") => {
                let name: String = value(&mut parser, "--dtype", "f32 or f64", |t| t == "f32" || t == "f64")?;
                options.dtype = if name == "f32" { Dtype::F32 } else { Dtype::F64 };
            }
            Long("seed") => {
                let accepted = "a whole number from 0 to 18446744073709551615";
                options.seed = Some(value(&mut parser, "--seed", accepted, |_| true)?);
            }
            Long("out") => {
                options.out = parser
                    .value()
                    .map_err(|_| "--out: a value is missing, expected a file".to_owned())?
                    .into();
                if options.out.file_name().is_none() {
                    return Err(format!(
                        "--out: {:?} is not accepted, expected a file",
                        options.out.to_string_lossy()
                    ));
                }
            }
            Short('h') | Long("help") => return Ok(None),
            Long(name) => return Err(format!("--{name}: there is no such option")),
            Short(name) => return Err(format!("-{name}: there is no such option")),
            Value(word) => {
                return Err(format!(
                    "{:?}: expected an option, which starts with --",
                    word.to_string_lossy()
                ));
            }
        }
    }
    Ok(Some(options))
}

/// The next word as a `V` that is accepted.
fn value<V: FromStr>(
    parser: &mut lexopt::Parser,
    option: &str,
    expected: &str,
    accepts: impl Fn(&V) -> bool,
) -> Result<V, String> {
    let word = parser.value().map_err(|_| format!("{option}: a value is missing, expected {expected}"))?;
    let parsed = word.to_str().and_then(|word| word.parse().ok()).filter(accepts);
    parsed
        .ok_or_else(|| format!("{option}: {:?} is not accepted, expected {expected}", word.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<Option<Options>, String> {
        parse(line.split_whitespace())
    }

    #[test]
    fn every_option_is_read() {
        let line = "--epochs 7 --lr=0.5 --hidden 3 --batch 32 --dtype f64 --seed 9 --out a/b.svg";
        let expected = Options {
            epochs: 7,
            lr: 0.5,
            hidden: 3,
            batch: Some(32),
            dtype: Dtype::F64,
            seed: Some(9),
            out: "a/b.svg".into(),
        };
        assert_eq!(options(line), Ok(Some(expected)));
        assert_eq!(options(""), Ok(Some(Options::default())));
        assert_eq!(options("--epochs 3 --help"), Ok(None));
    }

    #[test]
    fn a_mistake_is_one_line_that_says_what_would_do() {
        for (line, message) in [
            ("--lr nan", "--lr: \"nan\" is not accepted, expected a number above 0, such as 0.03"),
            ("--lr 0", "--lr: \"0\" is not accepted, expected a number above 0, such as 0.03"),
            ("--lr inf", "--lr: \"inf\" is not accepted, expected a number above 0, such as 0.03"),
            ("--lr -1", "--lr: \"-1\" is not accepted, expected a number above 0, such as 0.03"),
            ("--epochs 0", "--epochs: \"0\" is not accepted, expected a whole number from 1 to 1000000"),
            ("--hidden 1.5", "--hidden: \"1.5\" is not accepted, expected a whole number from 1 to 10000"),
            ("--batch 0", "--batch: \"0\" is not accepted, expected a whole number of rows, 1 or more"),
            ("--dtype f16", "--dtype: \"f16\" is not accepted, expected f32 or f64"),
            (
                "--seed x",
                "--seed: \"x\" is not accepted, expected a whole number from 0 to 18446744073709551615",
            ),
            ("--epochs", "--epochs: a value is missing, expected a whole number from 1 to 1000000"),
            ("--out", "--out: a value is missing, expected a file"),
            ("--out ..", "--out: \"..\" is not accepted, expected a file"),
            ("--speed 3", "--speed: there is no such option"),
            ("-x", "-x: there is no such option"),
            ("fast", "\"fast\": expected an option, which starts with --"),
        ] {
            assert_eq!(options(line), Err(message.to_owned()), "{line}");
        }
        assert!(options("--help=3").is_ok_and(|o| o.is_none()) && options("--out=").is_err());
    }

    #[test]
    fn the_usage_names_the_defaults() {
        let defaults = Options::default();
        for default in [defaults.epochs.to_string(), defaults.lr.to_string(), defaults.hidden.to_string()] {
            assert!(USAGE.contains(&format!("[{default}]")));
        }
        assert!(USAGE.contains(defaults.out.to_str().unwrap()));
    }
}
