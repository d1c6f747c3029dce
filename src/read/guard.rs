//! Decoders of others may panic on damaged files; here a panic becomes an error, without a word on
//! stderr.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; a panic in it is an error that says what it said.
pub fn run<T>(decoder: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    // What the decoder held is dropped or thrown away by the caller, never used again.
    let outcome = catch_unwind(AssertUnwindSafe(decoder));
    QUIET.set(before);
    outcome.map_err(|panic| {
        let said = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        said.unwrap_or_else(|| "the decoder gave up".to_owned())
    })
}
