//! Calls that may panic, without the noise, and with the place.
//!
//! While a failing case shrinks, a hand-written function may panic hundreds of times; the last one is
//! reported, and the others should not fill the terminal.
//!
//! Only calls of other people's code are made so, the hand-written function and the formula: what panics outside of them
//! is a fault of this library.

use crate::place::is_told;
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::sync::Mutex;

/// What a call panicked with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Panicked {
    /// The message, on one line or several.
    pub message: String,
    /// The place of the panic; none if it was passed on from elsewhere, as from another thread.
    pub at: Option<Place>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::check) struct Place {
    file: String,
    line: u32,
    column: u32,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this thread was, while it is quiet.
    static LAST: Cell<Option<Place>> = const { Cell::new(None) };
}

/// How often the hook was installed. It is lost if somebody puts back one of earlier times, and installed again then;
/// but not for ever, as each lies on top of the others.
static INSTALLED: Mutex<(bool, u32)> = Mutex::new((false, 0));

/// Calls it; what it panicked with is the error, and nothing is printed.
///
/// Calls may be nested, and may be made by several threads at once: each is quiet for itself.
pub(in crate::check) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    install();
    let before = QUIET.replace(true);
    LAST.set(None);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    QUIET.set(before);
    let at = LAST.take();
    result.map_err(|payload| {
        if at.is_none()
            && let Ok(mut installed) = INSTALLED.lock()
        {
            installed.0 = false;
        }
        let message = text(payload.as_ref());
        // A value that panics when it is dropped is not dropped a second time.
        if let Err(again) = panic::catch_unwind(AssertUnwindSafe(move || drop(payload))) {
            std::mem::forget(again);
        }
        Panicked { message, at }
    })
}

fn install() {
    const MOST: u32 = 16;
    // In the middle of a panic a hook cannot be set. A lock that is poisoned was held by nothing that could fail.
    let Ok(mut installed) = INSTALLED.lock() else { return };
    if installed.0 || installed.1 == MOST || std::thread::panicking() {
        return;
    }
    *installed = (true, installed.1 + 1);
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // A thread that ends has no such variables any more.
        if QUIET.try_with(Cell::get).unwrap_or(false) {
            let _ = LAST.try_with(|last| last.set(place(info)));
        } else {
            others(info);
        }
    }));
}

fn place(info: &PanicHookInfo<'_>) -> Option<Place> {
    let at = info.location().filter(|at| is_told(at.file()))?;
    Some(Place { file: at.file().to_owned(), line: at.line(), column: at.column() })
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "with a value, not a text".into())
}

impl Place {
    /// Whether it is in the source of this library.
    pub fn is_ours(&self) -> bool {
        let here = Path::new(file!()).ancestors().nth(2).unwrap_or(Path::new("src"));
        Path::new(&self.file).starts_with(here)
    }
}

/// As rustc writes it; of a registry's package, without the way there.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.replace('\\', "/");
        let package = file.split_once("/registry/src/").and_then(|(_, rest)| Some(rest.split_once('/')?.1));
        let std = file.split_once("/library/").filter(|_| file.starts_with("/rustc/")).map(|(_, rest)| rest);
        write!(f, "{}:{}:{}", package.or(std).unwrap_or(&file), self.line, self.column)
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        self.at.iter().try_for_each(|at| write!(f, " (at {at})"))
    }
}

#[cfg(test)]
mod tests {
    use super::catch;
    use std::panic::{panic_any, resume_unwind};

    #[test]
    fn a_panic_has_its_place() {
        let line = line!() + 1;
        let panicked = catch(|| panic!("{} too many", 3)).unwrap_err();
        assert_eq!(panicked.message, "3 too many");
        let at = panicked.at.unwrap();
        assert!(at.is_ours());
        assert!(at.to_string().starts_with(&format!("src/check/judge/quiet.rs:{line}:")), "{at}");
    }

    #[test]
    fn one_within_another() {
        let outer = catch(|| {
            let inner = catch(|| panic!("inside")).unwrap_err();
            assert_eq!(inner.message, "inside");
            assert!(catch(|| 3) == Ok(3));
            panic!("outside")
        });
        let outer: super::Panicked = outer.unwrap_err();
        assert_eq!(outer.message, "outside");
        assert!(outer.at.is_some());
    }

    /// One that panics when it is dropped, too.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[test]
    fn what_is_no_text_has_no_text() {
        for panicked in
            [catch(|| panic_any(3)), catch(|| panic_any(Bomb)), catch(|| resume_unwind(Box::new(3)))]
        {
            let panicked = panicked.map(|never: ()| never).unwrap_err();
            assert_eq!(panicked.message, "with a value, not a text");
        }
        // None was passed on without a place, and the next one has it again.
        assert!(catch(|| panic!("a text")).map(|never: ()| never).unwrap_err().at.is_some());
    }

    #[test]
    fn many_threads_at_once() {
        std::thread::scope(|scope| {
            for i in 0..8 {
                scope.spawn(move || {
                    for j in 0..50 {
                        let panicked = catch(|| panic!("{i} {j}")).map(|never: ()| never).unwrap_err();
                        assert_eq!(panicked.message, format!("{i} {j}"));
                        assert!(panicked.at.is_some());
                    }
                });
            }
        });
    }
}
