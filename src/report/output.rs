//! Where reports go: standard output, or files that are whole or not there.
//!
//! In: `-f FORMAT[=FILE]` and `-o FILE` as typed. All that can be known to be wrong is found out
//! before the data are read ([`Outputs::check`]). Files are written beside their place and moved
//! there when all of them are complete; a link stays a link, and what it points to is replaced;
//! devices and pipes are written straight through. Standard output comes last.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::model::Report;
use super::whole::{self, Draft, folder_of};
use super::{FORMATS, Format, Style, by_extension, find};
use crate::error::{Error, Refused, Result};

/// How errors name standard output.
pub const STDOUT: &str = "<stdout>";

/// Where one format goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file, or a device.
    File(PathBuf),
}

/// One format and where it goes.
#[derive(Clone)]
pub struct Output {
    /// The format.
    pub format: &'static Format,
    /// Where it goes.
    pub target: Target,
}

/// Every output of a run; at most one is standard output.
#[derive(Clone)]
pub struct Outputs(Vec<Output>);

impl Outputs {
    /// Puts together what `-f FORMAT[=FILE]` (repeatable) and `-o FILE` say.
    ///
    /// `-o` is the file of the one `-f` that has none (of several, of the one that its extension
    /// means); without such an `-f` its extension is the format. Nothing at all is a table on
    /// standard output. `-` is standard output.
    pub fn new(formats: &[String], output: Option<&Path>) -> Result<Self> {
        let mut list = Vec::new();
        let mut homeless = Vec::new();
        for typed in formats {
            let (name, file) = match typed.split_once('=') {
                Some((name, file)) => (name, Some(file)),
                None => (typed.as_str(), None),
            };
            let format = find(name).ok_or_else(|| Error::NoFormat {
                format: name.to_owned(),
                formats: FORMATS.iter().map(|f| f.name.to_owned()).collect(),
            })?;
            match file {
                Some(file) => list.push(Output {
                    format,
                    target: target(Path::new(file))?,
                }),
                None => homeless.push(format),
            }
        }
        if let Some(path) = output {
            let format = take_format(&mut homeless, path)?;
            list.push(Output {
                format,
                target: target(path)?,
            });
        } else if list.is_empty() && homeless.is_empty() {
            homeless.push(&FORMATS[0]);
        }
        list.extend(homeless.into_iter().map(|format| Output {
            format,
            target: Target::Stdout,
        }));
        let stdout: Vec<_> = list.iter().filter(|o| o.target == Target::Stdout).collect();
        match stdout.as_slice() {
            [first, second, ..] => Err(twice(Path::new(STDOUT), first.format, second.format)),
            _ => Ok(Self(list)),
        }
    }

    /// The format that standard output carries, if any does.
    pub fn stdout(&self) -> Option<&'static Format> {
        self.0
            .iter()
            .find(|o| o.target == Target::Stdout)
            .map(|o| o.format)
    }

    /// Every output.
    pub fn list(&self) -> &[Output] {
        &self.0
    }

    /// Refuses what cannot or must not be written, before the data are read. `inputs` are all
    /// files that the run reads; `-` is standard input.
    pub fn check<P: AsRef<Path>>(&self, inputs: &[P]) -> Result<()> {
        let mut taken: Vec<(PathBuf, &Format)> = Vec::new();
        for output in &self.0 {
            let path = match &output.target {
                Target::Stdout => {
                    // `fair-audit t.csv >> t.csv` would feed on itself.
                    refuse_input(Path::new(STDOUT), Path::new("/dev/stdout"), inputs)?;
                    continue;
                }
                Target::File(path) => path,
            };
            let Spot::File(file) = spot(path)? else {
                continue;
            };
            refuse_input(path, &file, inputs)?;
            let folder = writable_folder(path, &file)?;
            let name = folder.join(file.file_name().unwrap_or_default());
            if let Some((_, first)) = taken.iter().find(|(other, _)| *other == name) {
                return Err(twice(path, first, output.format));
            }
            taken.push((name, output.format));
        }
        Ok(())
    }

    /// Writes every output. Nothing is at its place, and nothing on standard output, before every
    /// file is complete.
    pub fn write(&self, report: &Report, style: &Style) -> Result<()> {
        // A file is no terminal, whatever standard output is.
        let plain = Style {
            width: None,
            color: false,
            ..style.clone()
        };
        let mut drafts = Vec::new();
        for output in &self.0 {
            if let Target::File(path) = &output.target {
                let draft = draft(path, &mut |w| (output.format.write)(report, &plain, w))?;
                drafts.extend(draft.map(|draft| (path, draft)));
            }
        }
        for (path, draft) in drafts {
            draft.finish().map_err(|e| cannot_write(path, e))?;
        }
        match self.stdout() {
            Some(format) => to_stdout(&mut |w| (format.write)(report, style, w)),
            None => Ok(()),
        }
    }
}

/// Writes a whole text to standard output.
pub fn print(text: &str) -> Result<()> {
    to_stdout(&mut |w| w.write_all(text.as_bytes()))
}

/// Writes a whole text to a file, as a report would be.
pub fn save(path: &Path, text: &str) -> Result<()> {
    match draft(path, &mut |w| w.write_all(text.as_bytes()))? {
        Some(draft) => draft.finish().map_err(|e| cannot_write(path, e)),
        None => Ok(()),
    }
}

/// Says something on standard error, a line of its own. Never fails: whoever closed it does not
/// want to know. The text is one that was escaped.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Takes the format that `-o path` is for out of those that have no file.
fn take_format(homeless: &mut Vec<&'static Format>, path: &Path) -> Result<&'static Format> {
    let meant = by_extension(path);
    if homeless.len() == 1 {
        return Ok(homeless.remove(0));
    }
    let refuse = |refused| Error::Output {
        path: path.to_owned(),
        refused,
    };
    if homeless.is_empty() {
        return meant.ok_or_else(|| refuse(Refused::NoExtension));
    }
    let at = meant.and_then(|m| homeless.iter().position(|f| f.name == m.name));
    at.map(|at| homeless.remove(at))
        .ok_or_else(|| refuse(Refused::Ambiguous))
}

fn target(path: &Path) -> Result<Target> {
    match path.to_str() {
        Some("") => Err(Error::Output {
            path: path.to_owned(),
            refused: Refused::NoName,
        }),
        Some("-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") => Ok(Target::Stdout),
        _ => Ok(Target::File(path.to_owned())),
    }
}

/// What an output's name leads to.
enum Spot {
    /// A file, there or not, with every link followed.
    File(PathBuf),
    /// A device or a pipe: written straight through.
    Device,
}

/// Follows a name to what it stands for.
fn spot(path: &Path) -> Result<Spot> {
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
fn writable_folder(path: &Path, file: &Path) -> Result<PathBuf> {
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
fn refuse_input<P: AsRef<Path>>(path: &Path, file: &Path, inputs: &[P]) -> Result<()> {
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

type Render<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// Writes beside a file's place; `None` if it was a device, which has it already.
fn draft(path: &Path, render: Render) -> Result<Option<Draft>> {
    let fail = |e| cannot_write(path, e);
    match spot(path)? {
        Spot::File(file) => {
            let draft = Draft::begin(&file).map_err(fail)?;
            let mut buffer = BufWriter::new(draft);
            render(&mut buffer).map_err(fail)?;
            let draft = buffer.into_inner().map_err(|e| fail(e.into_error()))?;
            Ok(Some(draft))
        }
        Spot::Device => {
            whole::guard();
            let device = OpenOptions::new().write(true).open(path).map_err(fail)?;
            let mut buffer = BufWriter::new(device);
            render(&mut buffer)
                .and_then(|()| buffer.flush())
                .map_err(fail)?;
            Ok(None)
        }
    }
}

fn to_stdout(render: Render) -> Result<()> {
    whole::guard();
    let mut out = BufWriter::new(io::stdout().lock());
    render(&mut out)
        .and_then(|()| out.flush())
        .map_err(|e| match e.kind() {
            io::ErrorKind::BrokenPipe => Error::ClosedPipe,
            _ => cannot_write(Path::new(STDOUT), e),
        })
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Write {
        path: path.to_owned(),
        source,
    }
}

fn twice(path: &Path, first: &Format, second: &Format) -> Error {
    Error::Output {
        path: path.to_owned(),
        refused: Refused::Twice {
            first: first.name.to_owned(),
            second: second.name.to_owned(),
        },
    }
}
