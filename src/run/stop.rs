//! Ctrl-C while models are fitted: the first asks to stop after the fit that runs, the second ends the
//! process at once.
//!
//! In: work that looks at a [`Stop`] now and then. Out: what it made. Before and after, Ctrl-C is what
//! it always is: the end, with no half-written file left.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::report::{output, whole};

/// How often it is looked whether somebody pressed Ctrl-C.
const TICK: Duration = Duration::from_millis(50);

/// What is said then.
const STOPPING: &str = "stopping after this fit; Ctrl-C once more ends it at once";

/// Whether the user wants to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Works, while Ctrl-C means to stop early.
    pub fn watch<T>(work: impl FnOnce(&Self) -> T) -> T {
        let stop = Self::default();
        let _watch = Watch::begin(&stop);
        thread::scope(|scope| {
            let (done, end) = mpsc::channel::<()>();
            let asked = &stop;
            // Without a thread to say it, it is still done.
            let _ = thread::Builder::new()
                .stack_size(64 << 10)
                .spawn_scoped(scope, move || asked.say(&end));
            let made = work(&stop);
            drop(done);
            made
        })
    }

    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn say(&self, end: &mpsc::Receiver<()>) {
        while end.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            if self.is_asked() {
                // Where a bar and `^C` stand, there is a line to end.
                let first = if io::stderr().is_terminal() { "\n" } else { "" };
                output::say(&format!("{first}{STOPPING}"));
                return;
            }
        }
    }
}

/// What was registered.
struct Watch {
    #[cfg(unix)]
    registered: Vec<signal_hook::SigId>,
}

#[cfg(unix)]
impl Watch {
    fn begin(stop: &Stop) -> Self {
        use signal_hook::consts::SIGINT;
        use signal_hook::flag;

        // Whoever runs us in the background has said that Ctrl-C is for others.
        if whole::is_ignored(SIGINT) {
            return Self {
                registered: Vec::new(),
            };
        }
        // The order matters: the first Ctrl-C finds the flag down, and raises it behind.
        let registered = [
            flag::register_conditional_default(SIGINT, Arc::clone(&stop.0)),
            flag::register(SIGINT, Arc::clone(&stop.0)),
        ];
        Self {
            registered: registered.into_iter().flatten().collect(),
        }
    }
}

#[cfg(not(unix))]
impl Watch {
    // The one handler that there can be is that of unfinished files.
    fn begin(_: &Stop) -> Self {
        Self {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A signal that nobody handles any more would be lost, not be the end.
        #[cfg(unix)]
        if !self.registered.is_empty() {
            whole::guard();
            for id in self.registered.drain(..) {
                signal_hook::low_level::unregister(id);
            }
        }
    }
}
