//! The peers: where their programs are, what they can do, and one run of one of them.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use peers::{Answer, Workload};

/// This package's directory.
const HOME: &str = env!("CARGO_MANIFEST_DIR");
/// A run that lasts longer is ended, and counts as failed. It is made for compilers at run time.
const LIMIT: Duration = Duration::from_mins(3);

pub struct Peer {
    pub name: &'static str,
    program: Program,
    /// The names of workloads.
    workloads: &'static [&'static str],
    /// Whether its steps can use more threads than one.
    threaded: bool,
    /// Ways to run its steps, for the option `--mode`; one without a name if there is no choice.
    modes: &'static [&'static str],
    pub install: &'static str,
}

enum Program {
    /// A binary of this package, and whether its feature is on.
    Binary(&'static str, bool),
    /// A script, and the module that it needs.
    Script(&'static str, &'static str),
    /// The one in C++.
    CppAd,
}

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

pub const PEERS: &[Peer] = &[
    Peer {
        name: "wengert",
        program: Program::Binary("wengert", cfg!(feature = "wengert")),
        workloads: &["notebook", "mini", "wide", "chain", "record"],
        threaded: true,
        modes: &[""],
        install: "add --features wengert",
    },
    Peer {
        name: "ndarray by hand",
        program: Program::Binary("ndarray_by_hand", true),
        workloads: &["notebook", "mini", "wide"],
        threaded: false,
        modes: &[""],
        install: "it is always built",
    },
    Peer {
        name: "burn",
        program: Program::Binary("burn", cfg!(feature = "burn")),
        workloads: &["notebook", "mini", "wide", "record"],
        threaded: true,
        modes: &[""],
        install: "add --features burn, or all",
    },
    Peer {
        name: "candle",
        program: Program::Binary("candle", cfg!(feature = "candle")),
        workloads: &["notebook", "mini", "wide", "record"],
        threaded: true,
        modes: &[""],
        install: "add --features candle, or all",
    },
    Peer {
        name: "dfdx",
        program: Program::Binary("dfdx", cfg!(feature = "dfdx")),
        workloads: &["notebook", "mini", "wide", "record"],
        threaded: true,
        modes: &[""],
        install: "add --features dfdx, or all",
    },
    Peer {
        name: "PyTorch",
        program: Program::Script("torch_step.py", "torch"),
        workloads: &["notebook", "mini", "wide", "record"],
        threaded: true,
        modes: &["eager", "compile"],
        install: "pip install torch numpy",
    },
    Peer {
        name: "JAX",
        program: Program::Script("jax_step.py", "jax"),
        workloads: &["notebook", "mini", "wide"],
        threaded: true,
        modes: &[""],
        install: "pip install jax",
    },
    Peer {
        name: "micrograd",
        program: Program::Script("micrograd_record.py", "micrograd"),
        workloads: &["record"],
        threaded: false,
        modes: &[""],
        install: "pip install micrograd numpy",
    },
    Peer {
        name: "CppAD",
        program: Program::CppAd,
        workloads: &["chain", "record"],
        threaded: false,
        modes: &[""],
        install: "pip install cmeel-cppad, and a C++ compiler named c++",
    },
];

/// Builds the programs that are compiled. Those of an earlier day go first, so that none is measured that is older than
/// its source.
pub fn build() {
    for peer in PEERS {
        let _ = peer.program.file().map(fs::remove_file);
    }
    let features = ["wengert", "burn", "candle", "dfdx"];
    let on =
        [cfg!(feature = "wengert"), cfg!(feature = "burn"), cfg!(feature = "candle"), cfg!(feature = "dfdx")];
    let on: Vec<_> = features.into_iter().zip(on).filter_map(|(feature, on)| on.then_some(feature)).collect();
    let target = beside("peers")
        .ancestors()
        .nth(2)
        .map(Path::to_owned)
        .expect("binaries are in a profile's directory");
    // One that does not compile is missing, and no reason not to measure the others.
    let _ = Command::new(env::var("CARGO").unwrap_or("cargo".into()))
        .args([
            "build",
            "--release",
            "--bins",
            "--keep-going",
            "--no-default-features",
            "--features",
            &on.join(","),
        ])
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

/// A way to run a peer: a mode, and a thread count.
#[derive(Clone, Copy)]
pub struct Way(&'static str, usize);

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mode, threads) = self;
        let comma = if mode.is_empty() { "" } else { ", " };
        write!(f, "{mode}{comma}{threads} thread{}", if *threads == 1 { "" } else { "s" })
    }
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

    /// The ways to run it, none if it does not do that workload. Chains have one: they are a matter of one thread.
    pub fn ways(&self, workload: Workload, threads: &[usize]) -> Vec<Way> {
        match workload {
            _ if !self.workloads.contains(&workload.name()) => vec![],
            Workload::Step(..) => {
                let threads = if self.threaded { threads } else { &[1] };
                self.modes.iter().flat_map(|mode| threads.iter().map(|&n| Way(mode, n))).collect()
            }
            Workload::Chain | Workload::Record => vec![Way("", 1)],
        }
    }

    /// Nanoseconds that one run found, its answer compared with the one by hand; or the command that failed.
    pub fn run(&self, workload: Workload, Way(mode, threads): Way, expected: &Answer) -> Result<f64, String> {
        let mut command = match self.program {
            Program::Script(script, _) => {
                let mut command = Command::new("python3");
                command.arg(Path::new(HOME).join("python").join(script));
                command
            }
            _ => Command::new(self.program.file().expect("it is compiled")),
        };
        command.arg(workload.name()).arg("--threads").arg(threads.to_string());
        if !mode.is_empty() {
            command.args(["--mode", mode]);
        }
        let line = within(LIMIT, &mut command).ok_or_else(|| format!("this failed: {command:?}"))?;
        let numbers: Option<Vec<f64>> = line.split_whitespace().map(|word| word.parse().ok()).collect();
        let Some([nanoseconds, loss, size]) = numbers.as_deref() else {
            return Err(format!("this printed no three numbers: {command:?}"));
        };
        let close =
            |given: f64, by_hand: f64| (given - by_hand).abs() <= workload.tolerance() * by_hand.abs();
        if close(*loss, expected.loss) && close(*size, expected.size()) {
            Ok(*nanoseconds)
        } else {
            Err(format!("this gave a wrong answer: {command:?}"))
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
