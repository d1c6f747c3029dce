//! The answers of a program: a score a line, read as fast as they come.
//!
//! In: its standard output, and how many rows it was asked about. Out: the scores so far, and the
//! first line that is none. Nobody is woken for an answer: who waits looks now and then, and so does
//! who reads, since a program may answer row by row, and to be woken for each costs more than to
//! read it.

use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Bytes of an answer at most.
const LINE: usize = 1 << 10;
/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;
/// Where so few came at once, more is left to come together before the next look.
const FEW: usize = 1 << 12;
/// How long that is left to come together.
const PAUSE: Duration = Duration::from_millis(1);

/// How far it has come.
#[derive(Debug, Clone)]
pub enum Heard {
    /// There may be more.
    Some,
    /// It has ended.
    All,
    /// This is no score, and what is wrong with it.
    Wrong(String, &'static str),
}

/// What was heard.
pub struct Listened {
    state: Mutex<(Vec<f64>, Heard)>,
    ended: Condvar,
}

impl Listened {
    /// Listens from now on.
    pub fn to(stdout: ChildStdout, rows: usize) -> Arc<Self> {
        let own = Arc::new(Self {
            state: Mutex::new((Vec::with_capacity(rows), Heard::Some)),
            ended: Condvar::new(),
        });
        let to = Arc::clone(&own);
        thread::spawn(move || to.listen(stdout, rows));
        own
    }

    fn lock(&self) -> MutexGuard<'_, (Vec<f64>, Heard)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end, but not for long: how many scores there are, and how far it has come.
    pub fn wait(&self, longest: Duration) -> (usize, Heard) {
        let state = self.lock();
        let waited = self
            .ended
            .wait_timeout_while(state, longest, |(_, heard)| matches!(heard, Heard::Some));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.0.len(), state.1.clone())
    }

    /// The scores.
    pub fn taken(&self) -> Vec<f64> {
        std::mem::take(&mut self.lock().0)
    }

    /// Adds what was heard.
    fn tell(&self, scores: &mut Vec<f64>, heard: Heard) {
        let mut state = self.lock();
        state.0.append(scores);
        let is_over = !matches!(heard, Heard::Some);
        state.1 = heard;
        if is_over {
            self.ended.notify_all();
        }
    }

    /// Reads answers until there are no more, or one that is none.
    fn listen(&self, stdout: ChildStdout, rows: usize) {
        let mut reader = BufReader::with_capacity(BUFFER, stdout);
        let mut batch = Vec::new();
        let mut line = Vec::new();
        let (mut heard, mut bytes) = (0, 0);
        loop {
            line.clear();
            let most = LINE as u64 + 1;
            let read = reader.by_ref().take(most).read_until(b'\n', &mut line);
            if !matches!(read, Ok(1..)) {
                return self.tell(&mut batch, Heard::All);
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim();
            if heard >= rows && text.is_empty() {
                continue;
            }
            match score(text, heard >= rows, line.len() > LINE) {
                Ok(score) => batch.push(score),
                Err(problem) => {
                    let short: String = text.chars().take(60).collect();
                    return self.tell(&mut batch, Heard::Wrong(short, problem));
                }
            }
            heard += 1;
            bytes += line.len();
            // What was heard is told as soon as there is nothing more to hear at once.
            if reader.buffer().is_empty() {
                self.tell(&mut batch, Heard::Some);
                if std::mem::take(&mut bytes) < FEW {
                    thread::sleep(PAUSE);
                }
            }
        }
    }
}

fn score(text: &str, is_late: bool, is_long: bool) -> std::result::Result<f64, &'static str> {
    if is_late {
        return Err("one too many");
    }
    if is_long {
        return Err("longer than any number");
    }
    match text.parse::<f64>() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        Ok(_) => Err("not within 0 and 1"),
        Err(_) if text.is_empty() => Err("nothing"),
        Err(_) => Err("no number"),
    }
}
