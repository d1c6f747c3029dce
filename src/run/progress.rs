//! A bar on standard error while a table is read, if that takes long enough to wonder.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::When;
use crate::read::Source;

/// What takes less shows nothing.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Runs `work`, and shows how far the source has been read.
pub fn shown<T>(source: &dyn Source, when: When, work: impl FnOnce() -> T) -> T {
    let wanted = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal(),
    };
    if !wanted {
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
