//! A process that is ended with its children, and what it says to its standard error.
//!
//! In: a command for the shell. Out: a process that never outlives its owner, and its last words,
//! of which no more is kept than is shown.

use std::io::Read;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::{Fault, Result, Said};

/// Lines of its standard error that are shown, and their bytes at most.
const WORDS: (usize, usize) = (8, 2_000);
/// How long the last words are waited for.
const LAST: Duration = Duration::from_millis(300);

/// What a program writes to its standard error.
pub struct Words {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Words {
    /// Listens from now on.
    pub fn hear(mut stderr: ChildStderr) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = sync_channel(1);
        let own = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut buffer) {
                let mut kept = own.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&buffer[..read]);
                let needless = kept.len().saturating_sub(WORDS.1);
                kept.drain(..needless);
            }
            let _ = end.send(());
        });
        Self { bytes, ended }
    }

    /// The last of them; something that outlived the program may keep the pipe open.
    pub fn said(&self) -> Said {
        let _ = self.ended.recv_timeout(LAST);
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        Said(lines[lines.len().saturating_sub(WORDS.0)..].join("\n"))
    }
}

/// Programs that run; whoever ends this process by a signal ends them first.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Ends every program that runs, with its children.
pub fn end_all() {
    let list = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for id in list.iter() {
        kill(*id);
    }
}

/// A program that is ended when it is let go of.
pub struct Running {
    child: Child,
    status: Option<ExitStatus>,
    /// Whether its children were ended.
    is_over: bool,
}

impl Running {
    /// From now on it is ended when this is let go of.
    pub fn new(child: Child) -> Self {
        let mut list = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(child.id());
        Self {
            child,
            status: None,
            is_over: false,
        }
    }

    /// Its standard streams, once.
    pub fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout, ChildStderr)> {
        let child = &mut self.child;
        Some((
            child.stdin.take()?,
            child.stdout.take()?,
            child.stderr.take()?,
        ))
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait();
        self.status = status.map_err(|source| Fault::Pipe { source })?;
        Ok(self.status)
    }

    /// Ends it and its children; these may hold its pipes open after it has ended by itself.
    pub fn end(&mut self) {
        if !self.is_over {
            self.is_over = true;
            let mut list = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            list.retain(|id| *id != self.child.id());
            kill(self.child.id());
        }
        if self.status.is_none() {
            let _ = self.child.kill();
            self.status = self.child.wait().ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The command behind a shell.
#[cfg(unix)]
pub fn shell(text: &str) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new("sh");
    // A group of its own, so that its children can be ended with it.
    command.arg("-c").arg(text).process_group(0);
    command
}

/// The command behind a shell.
#[cfg(not(unix))]
pub fn shell(text: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(text);
    command
}

#[cfg(unix)]
fn kill(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(id: u32) {
    use std::process::Stdio;
    let id = id.to_string();
    let tree = ["/T", "/F", "/PID", &id];
    let _ = Command::new("taskkill")
        .args(tree)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
