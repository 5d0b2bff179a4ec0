//! Peers are built, found, and run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use peers::Workload;
use peers::clock::Time;

use crate::peer::{PEERS, Peer, Program};

/// This package's directory.
const HOME: &str = env!("CARGO_MANIFEST_DIR");
/// A run that lasts longer is ended, and counts as failed. It is made for compilers at run time.
const LIMIT: Duration = Duration::from_mins(3);

impl Program {
    /// Where it is, if it is compiled.
    fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Binary(name, _) => Some(beside(name)),
            Self::Script(..) => None,
            Self::CppAd => Some(beside("cppad_chain")),
        }
    }
}

/// Builds the programs that are compiled. Those of an earlier day go first, so that none is measured that is older than
/// its source.
pub fn build() {
    for peer in PEERS {
        let _ = peer.program.file().map(fs::remove_file);
    }
    // Just the features that this program has, so that what both are made of is compiled once.
    let features = [
        ("all", cfg!(feature = "all")),
        ("burn", cfg!(feature = "burn")),
        ("candle", cfg!(feature = "candle")),
        ("dfdx", cfg!(feature = "dfdx")),
        ("topos", cfg!(feature = "topos")),
    ];
    let on: Vec<_> = features.into_iter().filter_map(|(feature, on)| on.then_some(feature)).collect();
    let target = beside("peers")
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .expect("binaries are in a profile's directory");
    // One that does not compile is missing, and no reason not to measure the others.
    let _ = Command::new(env::var("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--release", "--bins", "--keep-going", "--features", &on.join(",")])
        .arg("--manifest-path")
        .arg(Path::new(HOME).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status();
    let _ = compile_cppad();
}

/// A program in the directory of this one.
fn beside(name: &str) -> PathBuf {
    let path = env::current_exe().expect("a running program has a path");
    path.with_file_name(name).with_extension(env::consts::EXE_EXTENSION)
}

/// What a command prints, if it succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn python(script: &str) -> Option<String> {
    said(Command::new("python3").args(["-c", script]))
}

/// `Some` if it worked.
fn compile_cppad() -> Option<String> {
    let packages = python("import sysconfig; print(sysconfig.get_path('purelib'))").unwrap_or_default();
    let headers = Path::new(packages.trim()).join("cmeel.prefix/include");
    let mut compiler = Command::new("c++");
    compiler.args(["-std=c++17", "-O3", "-DNDEBUG", "-I"]).arg(headers);
    said(compiler.arg(Path::new(HOME).join("cppad_chain.cpp")).arg("-o").arg(beside("cppad_chain")))
}

impl Peer {
    pub fn is_here(&self) -> bool {
        match (&self.program, self.program.file()) {
            (Program::Binary(_, false), _) => false,
            (Program::Script(_, module), _) => {
                python(&format!("import importlib.util as u; u.find_spec('{module}').name")).is_some()
            }
            (_, file) => file.is_some_and(|file| file.exists()),
        }
    }

    /// The times of one run, and the loss and sums that it found; or the command that failed.
    pub fn run(&self, workload: Workload, threads: usize) -> Result<(Time, Vec<f64>), String> {
        let mut command = match self.program {
            Program::Script(script, _) => {
                let mut command = Command::new("python3");
                command.arg(Path::new(HOME).join("python").join(script));
                command
            }
            _ => Command::new(self.program.file().expect("it is compiled")),
        };
        command.arg(workload.name()).arg("--threads").arg(threads.to_string());
        if !self.mode.is_empty() {
            command.args(["--mode", self.mode]);
        }
        let line = within(LIMIT, &mut command).ok_or_else(|| format!("this failed: {command:?}"))?;
        let numbers: Option<Vec<f64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
        match numbers.as_deref() {
            Some([median, fastest, sums @ ..]) => {
                Ok((Time { median: *median, fastest: *fastest }, sums.to_vec()))
            }
            _ => Err(format!("this printed no numbers: {command:?}")),
        }
    }
}

/// What a command prints, if it succeeds in time.
fn within(limit: Duration, command: &mut Command) -> Option<String> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let start = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if start.elapsed() > limit {
            let _ = child.kill();
        }
        sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}
