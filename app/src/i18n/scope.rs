//! The language of the code that runs at this moment.

use std::cell::Cell;
use std::future::poll_fn;

use super::Language;

thread_local! {
    static CURRENT: Cell<Option<Language>> = const { Cell::new(None) };
}

/// The language set by [`with`] or [`scope`]; English outside of both.
pub fn current() -> Language {
    CURRENT.get().unwrap_or_else(Language::english)
}

/// Sets the language back, also after a panic.
struct Restore(Option<Language>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Runs a function in a language.
pub fn with<T>(language: Language, run: impl FnOnce() -> T) -> T {
    let _restore = Restore(CURRENT.replace(Some(language)));
    run()
}

/// Runs a future in a language, on whichever thread it is polled. Does not include tasks that it spawns.
pub async fn scope<F: Future>(language: Language, future: F) -> F::Output {
    let mut future = Box::pin(future);
    poll_fn(move |context| with(language, || future.as_mut().poll(context))).await
}
