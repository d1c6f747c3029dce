//! What the name of an output stands for, and whether it may be written.
//!
//! In: a path as typed. Out: the file it leads to with every link followed, or that it is a
//! device; a refusal where it is a folder, in no folder, or one of the inputs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::whole::folder_of;
use crate::error::{Error, Refused, Result};

/// What an output's name leads to.
pub(super) enum Spot {
    /// A file, there or not, with every link followed.
    File(PathBuf),
    /// A device or a pipe: written straight through.
    Device,
}

/// Follows a name to what it stands for.
pub(super) fn spot(path: &Path) -> Result<Spot> {
    let refuse = |refused| Error::Output {
        path: path.to_owned(),
        refused,
    };
    let text = path.to_string_lossy();
    // What another process holds open is not ours to replace.
    if ["/dev/stderr", "/dev/fd/", "/proc/"]
        .iter()
        .any(|p| text.starts_with(p))
    {
        return Ok(Spot::Device);
    }
    if text.ends_with(std::path::is_separator) {
        return Err(refuse(Refused::IsFolder));
    }
    match fs::metadata(path) {
        Ok(m) if m.is_dir() => Err(refuse(Refused::IsFolder)),
        Ok(m) if !m.is_file() => Ok(Spot::Device),
        Ok(_) => match fs::canonicalize(path) {
            Ok(file) => Ok(Spot::File(file)),
            Err(e) => Err(cannot_write(path, e)),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Spot::File(follow(path))),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => Err(refuse(Refused::NoFolder {
            folder: folder_of(path).display().to_string(),
        })),
        Err(e) => Err(cannot_write(path, e)),
    }
}

/// Where links lead that end at nothing yet.
fn follow(path: &Path) -> PathBuf {
    let mut at = path.to_owned();
    // Loops were found by the system before; the bound is that of Linux.
    for _ in 0..40 {
        match fs::read_link(&at) {
            Ok(next) => at = folder_of(&at).join(next),
            Err(_) => break,
        }
    }
    at
}

/// The folder that a file will be made in, with every link followed.
pub(super) fn writable_folder(path: &Path, file: &Path) -> Result<PathBuf> {
    let folder = folder_of(file);
    let refuse = |refused| Error::Output {
        path: path.to_owned(),
        refused,
    };
    let name = folder.display().to_string();
    let Ok(real) = fs::canonicalize(&folder) else {
        return Err(refuse(Refused::NoFolder { folder: name }));
    };
    #[cfg(unix)]
    if rustix::fs::access(
        &real,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    )
    .is_err()
    {
        return Err(refuse(Refused::ReadOnly { folder: name }));
    }
    Ok(real)
}

/// Refuses an output that is one of the inputs, by whatever name.
pub(super) fn refuse_input<P: AsRef<Path>>(path: &Path, file: &Path, inputs: &[P]) -> Result<()> {
    let Some(own) = identity(file) else {
        return Ok(());
    };
    for input in inputs {
        let named = input.as_ref();
        let opened = if named == Path::new("-") {
            Path::new("/dev/stdin")
        } else {
            named
        };
        if identity(opened).is_some_and(|other| other == own) {
            return Err(Error::Output {
                path: path.to_owned(),
                refused: Refused::IsInput {
                    input: named.display().to_string(),
                },
            });
        }
    }
    Ok(())
}

/// What makes two names the same file; `None` for what is no file.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((metadata.dev(), metadata.ino()))
}

/// What makes two names the same file; `None` for what is no file.
#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().filter(|p| p.is_file())
}

/// The error of an output that could not be written.
pub(super) fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        source,
    }
}
