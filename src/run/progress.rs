//! A bar on standard error while a table is read, if that takes long enough to wonder.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::When;
use crate::read::Source;

/// What takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Runs `work`, and shows how far the source has been read.
pub fn shown<T>(source: &dyn Source, when: When, work: impl FnOnce() -> T) -> T {
    if !is_wanted(when) {
        return work();
    }
    thread::scope(|scope| {
        let (done, end) = mpsc::channel::<()>();
        // Without a thread to draw it there is no bar: nothing to tell anybody.
        let _ = thread::Builder::new()
            .stack_size(256 << 10)
            .spawn_scoped(scope, move || draw(source, when, &end));
        let result = work();
        drop(done);
        result
    })
}

fn is_wanted(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal(),
    }
}

fn draw(source: &dyn Source, when: When, end: &mpsc::Receiver<()>) {
    if when == When::Auto && end.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    loop {
        if let Some((read, total)) = source.progress() {
            if total > 0 {
                let template = "{bar:30} {bytes} of {total_bytes}, {eta} left";
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_length(total);
                bar.set_position(read.min(total));
            } else {
                bar.set_position(read);
            }
        }
        bar.tick();
        if end.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            bar.finish_and_clear();
            return;
        }
    }
}

/// A bar on standard error for work that is done in steps, each with a name.
pub struct Steps {
    bar: Option<ProgressBar>,
    when: When,
    start: Instant,
}

impl Steps {
    /// So many steps are to come.
    pub fn new(when: When, steps: usize) -> Self {
        let bar = is_wanted(when).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
                bar.set_style(style);
            }
            bar.set_length(steps as u64);
            bar
        });
        Self {
            bar,
            when,
            start: Instant::now(),
        }
    }

    /// Says which step begins.
    pub fn next(&self, name: &str) {
        if let Some(bar) = &self.bar
            && (self.when == When::Always || self.start.elapsed() >= PATIENCE)
        {
            bar.set_message(name.to_owned());
            bar.inc(1);
            bar.tick();
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
