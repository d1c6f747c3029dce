//! A bar on standard error while a table is read or models are fitted, if that takes long enough to
//! wonder.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
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
    now: Arc<Now>,
    /// Ends the thread that draws, which is waited for.
    drawing: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

/// The step that runs.
#[derive(Default)]
struct Now {
    begun: AtomicU64,
    name: Mutex<String>,
}

impl Steps {
    /// So many steps are to come.
    pub fn new(when: When, steps: usize) -> Self {
        let now = Arc::new(Now::default());
        let own = Arc::clone(&now);
        let (done, end) = mpsc::channel::<()>();
        // Without a thread to draw it there is no bar: nothing to tell anybody.
        let thread = is_wanted(when).then(|| {
            let builder = thread::Builder::new().stack_size(256 << 10);
            builder
                .spawn(move || own.draw(when, steps as u64, &end))
                .ok()
        });
        Self {
            now,
            drawing: thread.flatten().map(|thread| (done, thread)),
        }
    }

    /// Says which step begins.
    pub fn next(&self, name: &str) {
        self.now.begun.fetch_add(1, Ordering::Relaxed);
        name.clone_into(&mut self.now.name.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Now {
    fn draw(&self, when: When, steps: u64, end: &mpsc::Receiver<()>) {
        let start = Instant::now();
        if when == When::Auto && end.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr())
            .with_elapsed(start.elapsed());
        if let Ok(style) = ProgressStyle::with_template("{bar:25} {elapsed} {msg}") {
            bar.set_style(style);
        }
        loop {
            // What has begun is not done.
            bar.set_position(self.begun.load(Ordering::Relaxed).saturating_sub(1));
            let name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
            bar.set_message(name.clone());
            drop(name);
            bar.tick();
            if end.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                bar.finish_and_clear();
                return;
            }
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.drawing.take() {
            drop(done);
            // A bar that broke has nothing to say.
            let _ = thread.join();
        }
    }
}
