//! A file that is whole or not there.
//!
//! In: where a file is to be. Out: a [`Draft`] beside it that takes its place in one step, or is
//! removed: when it is dropped, and when the process is told to end (SIGINT, SIGTERM).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::justice::process;

/// Temporary files that must not outlive the process.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is being written beside its place.
#[derive(Debug)]
pub struct Draft {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// Begins a file that will stand at `target`, which is no link. It is made with the mode that
    /// the umask gives; a file that it replaces hands its permissions on.
    pub fn begin(target: &Path) -> io::Result<Self> {
        guard();
        let folder = folder_of(target);
        let before = fs::metadata(target).ok().map(|m| m.permissions());
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if before.is_some() {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let (file, temporary) = create(&folder, &options)?;
        let draft = Self {
            file,
            temporary,
            target: target.to_owned(),
        };
        if let Some(permissions) = before {
            fs::set_permissions(&draft.temporary, permissions)?;
        }
        Ok(draft)
    }

    /// Takes its place, in one step.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        // The lock is held so that a signal finds either the temporary file or the finished one.
        let mut list = unfinished();
        fs::rename(&self.temporary, &self.target)?;
        list.retain(|path| *path != self.temporary);
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let mut list = unfinished();
        if list.contains(&self.temporary) {
            // Nothing can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.temporary);
            list.retain(|path| *path != self.temporary);
        }
    }
}

/// The folder that holds `path`.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes a file of a new name in `folder`, and remembers it in the same breath.
fn create(folder: &Path, options: &OpenOptions) -> io::Result<(File, PathBuf)> {
    let mut list = unfinished();
    let mut number = 0;
    loop {
        // Never named after the target: that name may be as long as names can be.
        let name = format!(".fair-audit-{}-{number}.tmp", std::process::id());
        let path = folder.join(name);
        match options.open(&path) {
            Ok(file) => {
                list.push(path.clone());
                return Ok((file, path));
            }
            // Another machine or container may have the same process number on this folder.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && number < 10_000 => number += 1,
            Err(e) => return Err(e),
        }
    }
}

/// From now on signals that end the process remove unfinished files, and a file size limit is an
/// error of writing instead of the end. Installed when the first output is written: before that
/// there is nothing to clean up, and the system's own way of ending is right.
pub fn guard() {
    static GUARD: Once = Once::new();
    GUARD.call_once(|| {
        // Without it (no memory for a thread, say) files are still whole or not there; only a
        // signal in the milliseconds of writing could leave a temporary file.
        let _ = watch();
    });
}

#[cfg(unix)]
fn watch() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

    let _ = signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default());
    let ignored = ignored_signals();
    let wanted: Vec<i32> = [SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(|signal| ignored >> (signal - 1) & 1 == 0)
        .collect();
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .stack_size(64 << 10)
        .spawn(move || {
            for signal in signals.forever() {
                let list = unfinished();
                remove_all(&list);
                process::end_all();
                // Ends the process as if it had not been caught: shells see 130 or 143. The lock
                // is still held, so no new file can appear in between.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })?;
    Ok(())
}

/// Whether whoever started us told us to ignore a signal.
#[cfg(unix)]
pub fn is_ignored(signal: i32) -> bool {
    ignored_signals() >> (signal - 1) & 1 == 1
}

/// The signals that whoever started us told us to ignore (a shell does so for `command &`), as a
/// mask; none where the system does not say.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(not(unix))]
fn watch() -> io::Result<()> {
    ctrlc::set_handler(|| {
        let list = unfinished();
        remove_all(&list);
        process::end_all();
        #[expect(
            clippy::exit,
            reason = "the process was told to end, there is no way back"
        )]
        std::process::exit(130);
    })
    .map_err(io::Error::other)
}

fn remove_all(list: &[PathBuf]) {
    for path in list {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_replaces_its_target_in_one_step_or_leaves_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("r.json");
        fs::write(&target, "old").unwrap();
        let mut dropped = Draft::begin(&target).unwrap();
        dropped.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(dropped);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        let mut draft = Draft::begin(&target).unwrap();
        draft.write_all(b"new").unwrap();
        draft.finish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(names(folder.path()), ["r.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_permissions_and_a_new_one_gets_the_umask() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let target = folder.path().join("new");
        Draft::begin(&target).unwrap().finish().unwrap();
        let plain = folder.path().join("plain");
        File::create(&plain).unwrap();
        assert_eq!(mode(&target), mode(&plain));
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        Draft::begin(&target).unwrap().finish().unwrap();
        assert_eq!(mode(&target), 0o640);
    }
}
