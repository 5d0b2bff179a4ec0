//! Another thread at hand: when work is worth sharing, and how two pieces of it run at once, without `unsafe` and without
//! waiting long for each other.
//!
//! The threads are a pool of the library's own, one fewer than the machine runs at once, since the caller's works as well;
//! a caller that is a thread of another of rayon's pools stays there. One that has found nothing to do for some 20 µs goes to
//! sleep, and waking it takes as long as the whole of a small instruction, or longer where the machine is virtual. So while
//! programs run, threads that help are kept awake for a moment after their work, and who waits for one looks again and again
//! before going to sleep.
//!
//! Nor does anybody wait for a thread that does not run, on a machine that has other work for its processors: what a thread may
//! help with is handed over while one is seen to be looking for work, and done alone if none comes.

use super::instructions::Choice;
use rayon_core::{ThreadPool, ThreadPoolBuilder, Yield};
use std::hint::spin_loop;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The least work of a thread, in picoseconds: what handing it over takes must be little beside it.
const WORTH: usize = 2_000_000;

/// Picoseconds of a multiplication within a product of `f32`, roughly, on one thread.
const PRODUCT: usize = 20;

/// By how many of so many threads work is shared that takes one so long, as it is estimated: the same on each machine.
pub(crate) fn parts(picoseconds: usize, threads: usize) -> usize {
    (picoseconds / WORTH).clamp(1, threads.max(1))
}

/// What so many multiplications take within products of matrices of `T`.
pub(crate) fn product_time<T>(multiplications: usize) -> usize {
    multiplications.saturating_mul(PRODUCT * size_of::<T>() / size_of::<f32>())
}

/// How long a thread that helps stays awake without work.
const AWAKE: Duration = Duration::from_micros(200);

/// How long a thread that waits for another stays awake.
const PATIENCE: Duration = Duration::from_micros(300);

/// How long a thread that was woken may take to come.
const WAKING: Duration = Duration::from_micros(60);

/// How long it takes at most to see that a thread is looking for work: it looks each 0.1 µs.
const GLANCE: Duration = Duration::from_micros(2);

/// How many threads the machine or its container runs at once, asked once: the answer stands in files there.
pub(crate) fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The threads that help, unless the machine has none to give.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || {
        let threads = processors().saturating_sub(1).max(1);
        ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("wengert {i}")).build().ok()
    };
    POOL.get_or_init(start).as_ref()
}

/// Threads of the pool that are kept awake, or will be as soon as they are free.
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// How often threads of the pool have looked for work, and found none.
static LOOKS: AtomicUsize = AtomicUsize::new(0);

/// Does both, `there` on another thread if there is one that is free, with the instructions of this one, and gives what they give. So many
/// helpers will be needed in all.
pub(crate) fn both<A: Send, B: Send>(
    helpers: usize,
    here: impl FnOnce() -> A + Send,
    there: impl FnOnce() -> B + Send,
) -> (A, B) {
    let choice = Choice::current();
    let (here, there) = (|| choice.with(here), || choice.with(there));
    if rayon_core::current_thread_index().is_some() {
        // A thread of a pool takes back what no other has begun.
        return rayon_core::join(here, there);
    }
    let Some(pool) = pool().filter(|pool| is_awake(pool, helpers)) else { return (here(), there()) };
    let (done, mut other) = (AtomicBool::new(false), None);
    let own = pool.in_place_scope(|scope| {
        scope.spawn(|_| {
            other = Some(there());
            done.store(true, Ordering::Release);
        });
        let own = here();
        // The end of the scope waits as well, asleep.
        wait(PATIENCE, || done.load(Ordering::Acquire));
        own
    });
    (own, other.expect("the scope ends when all is done, or with its panic"))
}

/// Fills pieces of `out`, of so many elements each and one after the other, by `fill`, which is given the number of threads
/// that it may use, and the piece's number: each thread fills some of them, or takes part in the only one.
pub(crate) fn pieces<T: Send>(
    threads: usize,
    numbers: Range<usize>,
    size: usize,
    out: &mut [T],
    fill: &(impl Fn(usize, usize, &mut [T]) + Sync),
) {
    if threads > 1 && numbers.len() > 1 {
        let some = threads / 2;
        let at = numbers.start + (numbers.len() * some / threads).max(1);
        let (now, later) = out.split_at_mut((at - numbers.start) * size);
        let (first, rest) = (numbers.start..at, at..numbers.end);
        both(
            threads - 1,
            || pieces(some, first, size, now, fill),
            || pieces(threads - some, rest, size, later, fill),
        );
        return;
    }
    for (number, piece) in numbers.zip(out.chunks_exact_mut(size.max(1))) {
        fill(threads, number, piece);
    }
}

/// Sees to it that so many threads of the pool are kept awake, and says whether one is free: running, and without work.
fn is_awake(pool: &ThreadPool, helpers: usize) -> bool {
    let helpers = helpers.min(pool.current_num_threads());
    let more = |awake: usize| (awake < helpers).then_some(awake + 1);
    let looks = LOOKS.load(Ordering::Relaxed);
    let mut most = GLANCE;
    while HELPERS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
        pool.spawn(help);
        most = WAKING;
    }
    wait(most, || LOOKS.load(Ordering::Relaxed) != looks)
}

/// Does what there is to do, until there has been nothing for a while.
fn help() {
    let found = || {
        let found = rayon_core::yield_now() == Some(Yield::Executed);
        if !found {
            LOOKS.fetch_add(1, Ordering::Relaxed);
        }
        found
    };
    while wait(AWAKE, found) {}
    HELPERS.fetch_sub(1, Ordering::Relaxed);
}

/// Waits for so long at most, and says whether it came.
fn wait(most: Duration, mut has_come: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        // A few times for one look at the clock.
        for _ in 0..32 {
            if has_come() {
                return true;
            }
            spin_loop();
        }
        if start.elapsed() > most {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_and_a_panic_of_either_comes_out() {
        for helpers in [0, 1, 7] {
            assert_eq!(both(helpers, || 1, || "two"), (1, "two"));
            let pairs = both(helpers, || both(helpers, || 1, || 2), || both(helpers, || 3, || 4));
            assert_eq!(pairs, ((1, 2), (3, 4)));
        }
        assert!(std::panic::catch_unwind(|| both(1, || panic!("here"), || ())).is_err());
        assert!(std::panic::catch_unwind(|| both(1, || (), || panic!("there"))).is_err());
    }

    #[test]
    fn helpers_go_to_sleep_in_the_end() {
        both(3, || (), || ());
        assert!(wait(Duration::from_secs(10), || HELPERS.load(Ordering::Relaxed) == 0));
    }
}
