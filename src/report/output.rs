//! Where reports go: standard output, or files that are whole or not there.
//!
//! In: `-f FORMAT[=FILE]` and `-o FILE` as typed. All that can be known to be wrong is found out
//! before the data are read ([`Outputs::check`]). Files are written beside their place and moved
//! there when all of them are complete; a link stays a link, and what it points to is replaced;
//! devices and pipes are written straight through. Standard output comes last.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::model::Report;
use super::place::{Spot, cannot_write, refuse_input, spot, writable_folder};
use super::whole::{self, Draft};
use super::{FORMATS, Format, RECORD, Style, by_extension, find, groups};
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

    /// The same, with a record in a file.
    pub fn recorded(mut self, record: Option<&Path>) -> Result<Self> {
        if let Some(path) = record {
            let target = target(path)?;
            if target == Target::Stdout {
                return Err(Error::Flag {
                    flag: RECORD.name,
                    value: path.display().to_string(),
                    problem: "standard output is the report's",
                    remedy: "name a file".to_owned(),
                });
            }
            let format = &RECORD;
            self.0.push(Output { format, target });
        }
        Ok(self)
    }

    /// The format that standard output carries, if any does.
    pub fn stdout(&self) -> Option<&'static Format> {
        self.0
            .iter()
            .find(|o| o.target == Target::Stdout)
            .map(|o| o.format)
    }

    /// Whether somebody reads the notes where the results are: a table on a terminal.
    pub fn is_read(&self) -> bool {
        let table = self
            .stdout()
            .is_some_and(|format| format.name == FORMATS[0].name);
        table && io::stdout().is_terminal()
    }

    /// Whether what goes to standard output has the notes in words, whoever reads it: a profile's table,
    /// or its Markdown.
    pub fn tells(&self) -> bool {
        let told = ["table", "md"];
        self.stdout()
            .is_some_and(|format| told.contains(&format.name))
    }

    /// The metrics that are needed to write all this; `None` is every one there is.
    pub fn metrics(&self, style: &Style) -> Option<Vec<&'static str>> {
        let every = |output: &Output| output.format.every || style.wide && !style.quiet;
        if self.0.iter().any(every) {
            None
        } else if style.quiet {
            Some(Vec::new())
        } else {
            Some(groups::core().collect())
        }
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

    /// Where a file lies, with every link followed, that a flag names to be read and replaced;
    /// refused where it is an input, an output, or no file.
    pub fn place<P: AsRef<Path>>(&self, flag: &str, path: &Path, inputs: &[P]) -> Result<PathBuf> {
        let named = |file: &Path| -> Result<PathBuf> {
            Ok(writable_folder(path, file)?.join(file.file_name().unwrap_or_default()))
        };
        let Spot::File(file) = spot(path)? else {
            return Err(cannot_write(path, io::Error::other("it is no file")));
        };
        refuse_input(path, &file, inputs)?;
        let own = named(&file)?;
        for output in &self.0 {
            let Target::File(other) = &output.target else {
                continue;
            };
            let Spot::File(other) = spot(other)? else {
                continue;
            };
            if named(&other)? == own {
                return Err(Error::Output {
                    path: path.to_owned(),
                    refused: Refused::Twice {
                        first: output.format.name.to_owned(),
                        second: flag.to_owned(),
                    },
                });
            }
        }
        Ok(own)
    }

    /// Writes every output. Nothing is at its place, and nothing on standard output, before every
    /// file is complete.
    pub fn write(&self, report: &Report, style: &Style) -> Result<()> {
        self.write_with(report, style, None)
    }

    /// The same, with the text of the record.
    pub fn write_with(&self, report: &Report, style: &Style, record: Option<&str>) -> Result<()> {
        // A file is no terminal, whatever standard output is.
        let plain = Style {
            width: None,
            color: false,
            ..style.clone()
        };
        let named = self.0.iter().any(|output| !output.format.saved);
        let named = if named { named_only(report) } else { None };
        let of = |format: &Format| match &named {
            Some(named) if !format.saved => named,
            _ => report,
        };
        let mut drafts = Vec::new();
        for output in &self.0 {
            if let Target::File(path) = &output.target {
                let report = of(output.format);
                let appends = output.format.appends;
                let is_record = output.format.name == RECORD.name;
                if is_record && record.is_none() {
                    continue;
                }
                let record = record.filter(|_| is_record);
                let draft = draft(path, appends, &mut |w| match record {
                    Some(text) => w.write_all(text.as_bytes()),
                    None => (output.format.write)(report, &plain, w),
                })?;
                drafts.extend(draft.map(|draft| (path, draft)));
            }
        }
        for (path, draft) in drafts {
            draft.finish().map_err(|e| cannot_write(path, e))?;
        }
        match self.stdout() {
            Some(format) => to_stdout(&mut |w| (format.write)(of(format), style, w)),
            None => Ok(()),
        }
    }
}

/// The report with no other metrics than `--metrics` named; `None` where it has no others.
fn named_only(report: &Report) -> Option<Report> {
    let setting = report.record.settings.get("metrics")?;
    let names: Vec<&str> = setting.value.split(',').map(str::trim).collect();
    let mut in_groups = report.groups.iter().flat_map(|group| group.metrics.keys());
    let mut in_measures = report.measures.iter().map(|measure| &measure.metric);
    let is_named = |name: &String| names.contains(&name.as_str());
    if in_groups.all(is_named) && in_measures.all(is_named) {
        return None;
    }
    let mut named = report.clone();
    named.keep(&names);
    Some(named)
}

/// Writes a whole text to standard output.
pub fn print(text: &str) -> Result<()> {
    to_stdout(&mut |w| w.write_all(text.as_bytes()))
}

/// Copies what was written elsewhere to standard output, where none of it may be seen before all of
/// it is known.
pub fn copy(from: &mut dyn io::Read) -> Result<()> {
    to_stdout(&mut |w| io::copy(from, w).map(|_| ()))
}

/// Writes a whole text to a file, as a report would be.
pub fn save(path: &Path, text: &str) -> Result<()> {
    match draft(path, false, &mut |w| w.write_all(text.as_bytes()))? {
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

type Render<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// Writes beside a file's place, what stands there first if it is to be added to; `None` if it was
/// a device, which has it already.
fn draft(path: &Path, appends: bool, render: Render) -> Result<Option<Draft>> {
    let fail = |e| cannot_write(path, e);
    match spot(path)? {
        Spot::File(file) => {
            let draft = Draft::begin(&file).map_err(fail)?;
            let mut buffer = BufWriter::new(draft);
            if appends && file.exists() {
                let mut before = File::open(&file).map_err(fail)?;
                io::copy(&mut before, &mut buffer).map_err(fail)?;
            }
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

fn twice(path: &Path, first: &Format, second: &Format) -> Error {
    Error::Output {
        path: path.to_owned(),
        refused: Refused::Twice {
            first: first.name.to_owned(),
            second: second.name.to_owned(),
        },
    }
}
