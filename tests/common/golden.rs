//! Texts of errors, compared with those in `tests/golden`.

use ndarray::Array1;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::path::Path;
use std::sync::Once;
use wengert::{Error, ErrorKind, check};

/// The texts of one golden file, as they come up.
pub struct Golden {
    pub topic: &'static str,
    pub text: String,
}

impl Golden {
    pub fn new(topic: &'static str) -> Self {
        Self { topic, text: String::new() }
    }

    /// An error that was provoked on `line` of the caller's file.
    #[track_caller]
    pub fn note(&mut self, title: &str, error: &Error, kind: ErrorKind, line: u32) {
        let file = Location::caller().file();
        assert_eq!(error.kind(), kind, "{title}: {error}");
        assert_eq!(place(error), (file, line), "{title}: {error}");
        let at = format!("{file}:{line}:{}", error.location().column());
        let (text, at) = (error.to_string(), format!("(at {at})"));
        assert!(text.ends_with(&at), "{title}: {text}");
        let text = text.replace(&at, "(at FILE:LINE:COLUMN)");
        self.text.extend(["# ", title, "\n", &text, "\n\n"]);
    }

    /// A panic of something without a twin, on `line` of the caller's file.
    #[track_caller]
    pub fn panics(&mut self, title: &str, (text, file, at): (String, String, u32), line: u32) {
        assert_eq!((file.as_str(), at), (Location::caller().file(), line), "{title}: {text}");
        let (what, place) = text.rsplit_once(" (at ").expect("a place");
        assert!(place.starts_with(&format!("{file}:{line}:")), "{title}: {text}");
        self.text.extend(["# ", title, "\n", what, " (at FILE:LINE:COLUMN)\n\n"]);
    }

    /// Compares with the file, or writes it.
    pub fn compare(self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let path = path.join(format!("errors-{}.txt", self.topic));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, self.text).unwrap();
        } else {
            let golden = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
            assert_eq!(self.text, golden, "if the new text is better: UPDATE_GOLDEN=1");
        }
    }
}

fn place(error: &Error) -> (&'static str, u32) {
    (error.location().file(), error.location().line())
}

thread_local! {
    /// Message, file and line of the panics that this thread expects, once it does.
    static PANICS: RefCell<Option<Vec<(String, String, u32)>>> = const { RefCell::new(None) };
}

/// What `run` panics with, and where.
pub fn panic_of<R>(run: impl FnOnce() -> R) -> (String, String, u32) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        // The examiner has a hook of its own, from its first run on: let that be now, or one might replace the other.
        let formula = check::backward(|[x]| x + 1.0);
        formula.against(|dy: &Array1<f64>| dy.clone()).shapes(["x: 3"]).without_persistence().cases(1).run();
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with_borrow_mut(|panics| match panics {
                Some(panics) => {
                    let at = info.location().expect("panics have a place");
                    let message = info.payload().downcast_ref::<String>().cloned().unwrap_or_default();
                    panics.push((message, at.file().to_owned(), at.line()));
                }
                None => print(info), // A test that fails.
            });
        }));
    });
    PANICS.set(Some(Vec::new()));
    let result = catch_unwind(AssertUnwindSafe(run));
    let panics = PANICS.take().unwrap_or_default();
    assert!(result.is_err(), "no panic");
    panics.into_iter().next().expect("the hook has seen it")
}
