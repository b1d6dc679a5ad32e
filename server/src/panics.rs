//! What the log says of a panic: where it happened, and its text only if that is a fixed one. A text that was put together
//! may have the values in it that the code could not handle, and those may be of patients.

use std::any::Any;
use std::panic::{self, PanicHookInfo};

/// From now on panics are lines of the log instead of text on standard error.
pub fn log_from_now_on() {
    panic::set_hook(Box::new(log));
}

/// The text of a panic without values: the one of `panic!("…")` and `unreachable!("…")` with nothing to fill in.
pub fn fixed_text(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("a text with values")
}

fn log(panic: &PanicHookInfo<'_>) {
    let text = panic.payload().downcast_ref::<&'static str>().copied();
    let text = text.unwrap_or("a text with values");
    let at = panic.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    tracing::error!(panic = text, at, "a thread panicked");
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::panic::catch_unwind;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_with_its_place_and_without_values() {
        let name = "Zuleika\nQuettawalla";
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        // Other threads keep the hook that was there: their tests may fail meanwhile.
        let (this, before) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == this { log(info) } else { before(info) }
        }));
        tracing::subscriber::with_default(subscriber, || {
            let fixed = catch_unwind(|| panic!("a fixed text")).expect_err("it panics");
            assert_eq!(fixed_text(&*fixed), "a fixed text");
            let filled = catch_unwind(|| panic!("no {name}")).expect_err("it panics");
            assert_eq!(fixed_text(&*filled), "a text with values");
            let unwrapped =
                catch_unwind(|| std::hint::black_box(Err::<(), _>(name)).expect("a name"));
            assert_eq!(fixed_text(&*unwrapped.expect_err("it panics")), "a text with values");
        });
        let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("text");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.contains("\"panic\":\"a fixed text\""), "{text}");
        assert!(text.contains("panics.rs:"), "{text}");
        assert!(!text.contains("Zuleika") && !text.contains("Quettawalla"), "{text}");
    }
}
