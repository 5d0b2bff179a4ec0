//! All workloads in one table: wengert's time, its limit, and how many times it the peers take.

use std::fmt;
use std::fs;

/// One workload's row.
pub struct Line {
    pub workload: &'static str,
    /// Wengert's time with its unit, and with how many threads.
    pub own: String,
    pub threads: usize,
    /// How many times its limit that is.
    pub over_limit: Option<f64>,
    /// Peers, and how many times wengert's time they take.
    pub ratios: Vec<(&'static str, f64)>,
}

/// The columns, in the order of `names`; a peer that did nothing has none.
pub struct Summary<'a> {
    pub lines: &'a [Line],
    pub names: &'a [&'static str],
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio =
            |line: &Line, name: &str| line.ratios.iter().find(|(other, _)| *other == name).map(|(_, r)| *r);
        let names: Vec<_> = self
            .names
            .iter()
            .filter(|name| self.lines.iter().any(|line| ratio(line, name).is_some()))
            .collect();
        write!(f, "| workload | wengert | threads | × limit |")?;
        names.iter().try_for_each(|name| write!(f, " {name} |"))?;
        write!(f, "\n|---|---:|---:|---:|")?;
        names.iter().try_for_each(|_| write!(f, "---:|"))?;
        let number = |number: Option<f64>| match number {
            None => "–".into(),
            Some(large) if large >= 10.0 => format!("{large:.1}"),
            Some(small) => format!("{small:.2}"),
        };
        for line in self.lines {
            let Line { workload, own, threads, over_limit, .. } = line;
            write!(f, "\n| {workload} | {own} | {threads} | {} |", number(*over_limit))?;
            names.iter().try_for_each(|name| write!(f, " {} |", number(ratio(line, name))))?;
        }
        Ok(())
    }
}

/// The processor, and how much else it did, where the system says so.
pub fn machine() -> String {
    let file = |name: &str| fs::read_to_string(name).unwrap_or_default();
    let info = file("/proc/cpuinfo");
    let value = |key: &str| {
        let line = info.lines().find(|line| line.starts_with(key));
        line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
    };
    let load = file("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    let [name, family] = ["model name", "cpu family"].map(value);
    let model = info.lines().filter(|line| line.starts_with("model")).find(|line| !line.contains("name"));
    let model = model.and_then(|line| line.split_once(':')).map_or("?", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name} (family {family}, model {model}), {cores} core(s), load {load}.")
}
