//! The one place that takes memory by shape, and says no where there is not enough.
//!
//! A shape is quickly written down that no machine can hold, as an outer product of long vectors. What the allocator
//! refuses would end the process, and so would, a little later, what the system promised and does not have. So a result
//! is asked for here: there is a limit in bytes, that of the machine or of the container unless another was set, and
//! what passes it, or is refused, is a [`Problem`] with the shape and the bytes.

use super::spare::Spare;
use super::{Arithmetic, Value, check_shape, processors, size_of as elements};
use crate::error::{Bytes, Dims, ErrorKind, Problem};
use std::cell::{Cell, RefCell};
use std::sync::OnceLock;

/// What to do about a limit.
const MEND: &str = "Work on a part at a time; or set another limit with `tape.limit_bytes(bytes)`.";

/// Memory for results: how much there may be, how much of it was taken, and what is left from before; and how many threads may
/// fill it.
#[derive(Debug)]
pub struct Room<T> {
    limit: Cell<usize>,
    taken: Cell<usize>,
    threads: Cell<usize>,
    spare: RefCell<Spare<T>>,
}

impl<T> Default for Room<T> {
    /// As much as the machine has, and all of its threads.
    fn default() -> Self {
        let [limit, taken, threads] = [of_the_machine(), 0, processors()].map(Cell::new);
        Self { limit, taken, threads, spare: RefCell::default() }
    }
}

impl<T> Room<T> {
    /// Sets another limit; what was taken stays so.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.set(bytes);
    }

    /// How many threads may share the work on a result.
    pub fn threads(&self) -> usize {
        self.threads.get()
    }

    /// Sets how many they are, one at least.
    pub fn set_threads(&self, threads: usize) {
        self.threads.set(threads.max(1));
    }

    /// The bytes of all results that were made here.
    pub fn taken(&self) -> usize {
        self.taken.get()
    }

    /// The same room, for what lives no longer than one operation: what is taken there is not counted here.
    pub fn aside(&self) -> Self {
        let [limit, taken, threads] = [&self.limit, &self.taken, &self.threads].map(Cell::clone);
        Self { limit, taken, threads, spare: RefCell::default() }
    }

    /// Whether elements of this shape, all written out, could be had. A reduction asks this of an operand that is
    /// broadcast, though it does not write it out: nothing ends that goes through more than a machine can hold.
    pub fn holds(&self, shape: &[usize]) -> Result<usize, Problem> {
        let bytes = elements(shape).saturating_mul(size_of::<T>());
        let left = self.limit.get().saturating_sub(self.taken.get());
        if bytes <= left {
            return Ok(bytes);
        }
        check_shape::<T>(shape)?;
        let taken = match self.taken.get() {
            0 => String::new(),
            taken => format!(", of which {} are taken", Bytes(taken)),
        };
        let what = format!(
            "an array of shape {} takes {}, and the limit is {}{taken}",
            Dims(shape),
            Bytes(bytes),
            Bytes(self.limit.get())
        );
        Err(Problem::new(ErrorKind::Memory, what, MEND))
    }

    /// An empty vector with room for the elements of an array of this shape.
    pub fn empty(&self, shape: &[usize]) -> Result<Vec<T>, Problem> {
        let mut out = self.taken_for(shape)?;
        out.clear();
        Ok(out)
    }

    /// A vector with room for the elements of an array of this shape, with anything in it.
    fn taken_for(&self, shape: &[usize]) -> Result<Vec<T>, Problem> {
        let bytes = self.holds(shape)?;
        let mut out = self.spare.borrow_mut().take(elements(shape)).unwrap_or_default();
        if out.capacity() == 0 && out.try_reserve_exact(elements(shape)).is_err() {
            let what = format!(
                "an array of shape {} takes {}, and there is no more memory to be had",
                Dims(shape),
                Bytes(bytes)
            );
            return Err(Problem::new(ErrorKind::Memory, what, "Work on a part at a time."));
        }
        // A number is kept in its row.
        self.taken.set(self.taken.get() + if shape.is_empty() { 0 } else { bytes });
        Ok(out)
    }

    /// The elements of an array of this shape, to be overwritten: they are anything.
    pub fn to_fill(&self, shape: &[usize]) -> Result<Vec<T>, Problem>
    where
        T: Arithmetic,
    {
        let mut out = self.taken_for(shape)?;
        out.resize(elements(shape), T::ZERO);
        Ok(out)
    }

    /// As many of one element as an array of this shape has.
    pub fn filled(&self, shape: &[usize], element: T) -> Result<Vec<T>, Problem>
    where
        T: Copy,
    {
        let mut out = self.empty(shape)?;
        out.resize(elements(shape), element);
        Ok(out)
    }

    /// The elements of an array of this shape, as they come.
    pub fn collected(
        &self,
        shape: &[usize],
        elements: impl IntoIterator<Item = T>,
    ) -> Result<Vec<T>, Problem> {
        let mut out = self.empty(shape)?;
        out.extend(elements);
        Ok(out)
    }

    /// Whether there can be so many bytes at all, for `what`, whatever is taken now.
    pub fn could_hold(&self, bytes: usize, what: &str) -> Result<(), Problem> {
        if bytes <= self.limit.get() {
            return Ok(());
        }
        let what = format!("{what} takes {}, and the limit is {}", Bytes(bytes), Bytes(self.limit.get()));
        Err(Problem::new(ErrorKind::Memory, what, MEND))
    }

    /// Counts memory that is kept here, but was not made here.
    pub fn keep(&self, shape: &[usize]) -> Result<(), Problem> {
        let bytes = self.holds(shape)?;
        self.taken.set(self.taken.get() + bytes);
        Ok(())
    }

    /// Nothing is taken any more. What these values had, and nobody else holds, is there for the next ones; what was there
    /// already and was not needed since is given back.
    pub fn start_over(&self, values: impl Iterator<Item = Value<T>>)
    where
        T: Arithmetic,
    {
        self.taken.set(0);
        let mut spare = Spare::default();
        values.filter_map(Value::into_memory).for_each(|memory| spare.keep(memory));
        self.spare.replace(spare);
    }

    /// So many bytes are taken, after others were given back.
    pub fn set_taken(&self, bytes: usize) {
        self.taken.set(bytes);
    }
}

/// The memory of the machine, or of the container if that may have less, looked up once; where it is not known, there
/// is no limit but the allocator's.
fn of_the_machine() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| said_by(|file| std::fs::read_to_string(file).ok()))
}

/// What the files say in which Linux tells of memory: the whole of it, and the limits of control groups (version 2, and
/// 1), which hold for all groups within them.
fn said_by(read: impl Fn(&str) -> Option<String>) -> usize {
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let whole = read("/proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        number(line.trim().strip_suffix("kB")?)?.checked_mul(1024)
    });
    let groups = read("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (kinds, path) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let (root, file) = match kinds {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        };
        // A container often sees its own group as the root, whatever the path says.
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let files = ends.map(|end| format!("{root}{}/{file}", &path[..end]));
        files.filter_map(|file| number(&read(&file)?)).collect::<Vec<_>>()
    });
    whole.into_iter().chain(limits).min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> usize {
        said_by(|file| files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).into()))
    }

    #[test]
    fn the_smallest_limit_holds() {
        let memory = ("/proc/meminfo", "MemFree:  1 kB\nMemTotal:       16000 kB\n");
        assert_eq!(machine(&[]), usize::MAX);
        assert_eq!(machine(&[memory]), 16_384_000);
        let group = ("/proc/self/cgroup", "0::/user/job\n");
        assert_eq!(machine(&[memory, group, ("/sys/fs/cgroup/user/job/memory.max", "max\n")]), 16_384_000);
        assert_eq!(machine(&[memory, group, ("/sys/fs/cgroup/user/memory.max", "4096\n")]), 4096);
        assert_eq!(machine(&[memory, group, ("/sys/fs/cgroup/memory.max", "4096\n")]), 4096);
        let old = ("/proc/self/cgroup", "3:cpu:/\n2:memory:/job\n");
        let files = [
            "/sys/fs/cgroup/memory/job/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        assert_eq!(machine(&[memory, old, (files[0], "5000"), (files[1], "9223372036854771712")]), 5000);
    }

    #[test]
    fn what_passes_the_limit_is_refused_and_takes_nothing() {
        let room = Room::default();
        room.set_limit(100);
        assert_eq!(room.filled(&[2, 3], 1.0_f64).unwrap(), [1.0; 6]);
        assert_eq!((room.taken(), room.aside().holds(&[6]).unwrap()), (48, 48));
        let problem = room.filled(&[7], 1.0_f64).unwrap_err();
        assert_eq!(problem.kind, ErrorKind::Memory);
        assert!(
            problem
                .what
                .contains("(7,) takes 56 bytes, and the limit is 100 bytes, of which 48 bytes are taken")
        );
        assert_eq!(room.taken(), 48);
        room.set_limit(usize::MAX);
        let refused = room.filled(&[usize::MAX / 64], 1.0_f64).unwrap_err();
        assert!(refused.what.contains("no more memory"), "{refused:?}");
    }
}
