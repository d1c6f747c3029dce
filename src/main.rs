//! The process: arguments in, exit status out.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::thread;

use fair_audit::cli::{Stop, When, parse};
use fair_audit::error::Error;
use fair_audit::report::output;
use fair_audit::report::safe::Safe;
use fair_audit::run;

/// Stack of the thread that works: more than a small `ulimit -s` leaves the first one.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let worker = thread::Builder::new().stack_size(STACK).spawn(work);
    ExitCode::from(match worker.map(thread::JoinHandle::join) {
        Ok(Ok(status)) => status,
        // A panic is a bug; its message was printed where it happened.
        Ok(Err(_)) => 101,
        // No memory for another thread: this one will have to do.
        Err(_) => work(),
    })
}

fn work() -> u8 {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let color = run::style::is_colored(When::Auto, io::stdout().is_terminal());
    let outcome = match parse::job(&words, color) {
        Ok(job) => run::run(job),
        Err(Stop::Asked(text)) => output::print(&text).map(|()| 0),
        Err(Stop::Wrong(text)) => {
            output::say(text.trim_end());
            return 2;
        }
    };
    outcome.unwrap_or_else(|error| match error {
        Error::ClosedPipe => 0,
        error => {
            tell(&error);
            if matches!(error, Error::Stopped) {
                130
            } else {
                2
            }
        }
    })
}

/// Prints an error and the one thing to do about it.
fn tell(error: &Error) {
    output::say(&format!("error: {}", lines(&error.to_string())));
    if let Some(excerpt) = error.excerpt() {
        output::say(&lines(&excerpt));
    }
    if let Some(help) = error.help() {
        output::say(&format!("help: {}", lines(&help)));
    }
}

/// Every line made safe; command lines to paste stand on lines of their own.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| Safe(line).text()).collect();
    lines.join("\n")
}
