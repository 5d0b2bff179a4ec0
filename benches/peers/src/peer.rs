//! The peers: where their programs are, and what they can do.

use peers::Workload;

pub struct Peer {
    pub name: &'static str,
    pub program: Program,
    /// What it is given as `--mode`, if it has a choice.
    pub mode: &'static str,
    /// The words for its workloads, as on the command line.
    works: &'static [&'static str],
    /// Whether it can use more threads than one.
    threaded: bool,
    pub install: &'static str,
}

#[derive(Clone, Copy)]
pub enum Program {
    /// A binary of this package, and whether its feature is on.
    Binary(&'static str, bool),
    /// A script, and the module that it needs.
    Script(&'static str, &'static str),
    /// The one in C++.
    CppAd,
}

use Program::{Binary, Script};

const STEPS: &[&str] = &["notebook", "mini", "wide"];
const EAGER: &[&str] = &["notebook", "mini", "wide", "eager", "record"];

const WENGERT: Peer = Peer {
    name: "wengert",
    program: Binary("wengert", true),
    mode: "",
    works: &["notebook", "mini", "wide", "mixture", "gpt", "lstm", "chain", "record", "make", "map"],
    threaded: true,
    install: "it is always built",
};
const TORCH: Peer = Peer {
    name: "PyTorch, eager",
    program: Script("peer_torch.py", "torch"),
    mode: "eager",
    works: &["notebook", "mini", "wide", "eager", "mixture", "gpt", "lstm", "record"],
    threaded: true,
    install: "pip install torch numpy",
};
const TOPOS: Peer = Peer {
    name: "topos, fast",
    program: Binary("topos", cfg!(feature = "topos")),
    mode: "fast",
    works: &["notebook", "mini", "wide", "chain", "record", "make"],
    threaded: false,
    install: "add --features topos, or all",
};

/// The first that does a workload is what the others are compared with.
pub const PEERS: &[Peer] = &[
    WENGERT,
    Peer {
        name: "wengert, recorded",
        mode: "recorded",
        works: &["notebook", "mini", "wide", "eager", "mixture", "gpt", "lstm"],
        threaded: false,
        ..WENGERT
    },
    Peer {
        name: "ndarray by hand",
        program: Binary("ndarray_by_hand", true),
        works: STEPS,
        threaded: false,
        ..WENGERT
    },
    Peer {
        name: "burn",
        program: Binary("burn", cfg!(feature = "burn")),
        works: EAGER,
        install: "add --features burn, or all",
        ..WENGERT
    },
    Peer {
        name: "candle",
        program: Binary("candle", cfg!(feature = "candle")),
        works: EAGER,
        install: "add --features candle, or all",
        ..WENGERT
    },
    Peer {
        name: "dfdx",
        program: Binary("dfdx", cfg!(feature = "dfdx")),
        works: EAGER,
        install: "add --features dfdx, or all",
        ..WENGERT
    },
    TOPOS,
    Peer { name: "topos, exact", mode: "exact", ..TOPOS },
    TORCH,
    Peer {
        name: "PyTorch, compiled",
        mode: "compiled",
        works: &["notebook", "mini", "wide", "mixture", "gpt"], // It does not compile `torch.lstm`.
        ..TORCH
    },
    Peer {
        name: "XLA (JAX)",
        program: Script("peer_jax.py", "jax"),
        mode: "",
        works: &["notebook", "mini", "wide", "mixture", "gpt", "lstm", "map"],
        threaded: true,
        install: "pip install jax",
    },
    Peer {
        name: "CasADi",
        program: Script("peer_casadi.py", "casadi"),
        mode: "",
        works: &["chain", "record", "make", "map-alternating", "map-mixed"],
        threaded: true,
        install: "pip install casadi",
    },
    Peer {
        name: "CppAD",
        program: Program::CppAd,
        mode: "",
        works: &["chain", "record", "make"],
        threaded: false,
        install: "pip install cmeel-cppad, and a C++ compiler named c++",
    },
    Peer {
        name: "micrograd",
        program: Script("peer_micrograd.py", "micrograd"),
        mode: "",
        works: &["record"],
        threaded: false,
        install: "pip install micrograd numpy",
    },
];

impl Peer {
    /// With how many threads to run it, none if it does not do that workload.
    pub fn threads<'a>(&self, workload: Workload, threads: &'a [usize]) -> &'a [usize] {
        let does = self.works.iter().any(|word| Workload::named(word).contains(&workload));
        match (does, self.threaded && !workload.is_chain()) {
            (false, _) => &[],
            (true, true) => threads,
            (true, false) => &[1],
        }
    }
}
