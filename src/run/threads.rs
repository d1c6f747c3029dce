//! Threads: as many as asked for, or as the machine allows.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::cli;

/// Stack of each thread; said here so that no environment variable or limit makes it too small.
const STACK: usize = 4 << 20;

/// Runs `work` on a pool of so many threads. Where the system does not give as many (a limit on
/// memory or processes), on fewer; at last on the thread that asks.
pub fn with<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    match pool(threads.unwrap_or_else(cli::processors)) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

fn pool(wanted: usize) -> Option<ThreadPool> {
    let mut threads = wanted.max(1);
    loop {
        let builder = ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(STACK);
        if let Ok(pool) = builder.build() {
            return Some(pool);
        }
        if threads == 1 {
            let builder = ThreadPoolBuilder::new().num_threads(1);
            return builder.use_current_thread().build().ok();
        }
        threads /= 2;
    }
}
