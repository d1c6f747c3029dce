//! `--record`: what a run read, as it was before and after, and the record that is written with the
//! report.
//!
//! In: a job, then its report. Out: the text of `fair-audit/record/1`. Refused where what was counted
//! must not be published, and where what is read cannot be read again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::config::{self, Loaded};
use super::{compare, digest, threads};
use crate::cli::{Audit, replay};
use crate::error::{Error, Place, Problem, Result};
use crate::read;
use crate::record::{Document, File, Fits, Reading, SCHEMA, Table, content};
use crate::report::RECORD;
use crate::report::json;
use crate::report::model::Report;

/// A run that is recorded.
pub struct Recording {
    path: PathBuf,
    /// The tables, each by its part.
    tables: Vec<(&'static str, Vec<OsString>)>,
    reading: read::Options,
    threads: Option<usize>,
    environment: BTreeMap<String, String>,
    files: Vec<File>,
}

impl Recording {
    /// Before anything is read: the files as they are; `None` where no record is asked for.
    pub fn begin(job: &Audit, loaded: &Loaded, model: Option<&Path>) -> Result<Option<Self>> {
        Self::of(job, loaded, model, false)
    }

    /// The same of two inputs that are compared.
    pub fn compared(job: &Audit, loaded: &Loaded) -> Result<Option<Self>> {
        Self::of(job, loaded, None, true)
    }

    fn of(
        job: &Audit,
        loaded: &Loaded,
        model: Option<&Path>,
        has_sides: bool,
    ) -> Result<Option<Self>> {
        let Some(path) = &job.output.record else {
            return Ok(None);
        };
        refuse(job)?;
        let mut recording = Self {
            path: path.clone(),
            tables: Vec::new(),
            reading: job.table.reading.clone(),
            threads: job.table.threads,
            environment: environment(job)?,
            files: Vec::new(),
        };
        match (job.table.inputs.as_slice(), has_sides) {
            ([a, b], true) => {
                recording.side("earlier", a)?;
                recording.side("later", b)?;
            }
            (inputs, _) => recording.table("data", inputs.to_vec())?,
        }
        if let Some(path) = &job.table.reading.predictions {
            recording.table("predictions", vec![path.into()])?;
        }
        for path in &loaded.paths {
            recording.file("policy", path)?;
        }
        for (part, path) in [
            ("against", &job.gate.against),
            ("population", &job.beside.population),
            ("test", &job.beside.test),
        ] {
            path.iter()
                .try_for_each(|path| recording.file(part, path))?;
        }
        if let Some(path) = model {
            recording.file("model", path)?;
        }
        Ok(Some(recording))
    }

    /// A report, or a table.
    fn side(&mut self, part: &'static str, input: &OsString) -> Result<()> {
        if compare::is_report(Path::new(input)) {
            return self.file(part, Path::new(input));
        }
        self.table(part, vec![input.clone()])
    }

    fn table(&mut self, part: &'static str, inputs: Vec<OsString>) -> Result<()> {
        for input in &inputs {
            if !fs::metadata(input).is_ok_and(|data| data.is_dir()) {
                self.again(Path::new(input))?;
            }
        }
        for input in read::table(&inputs, &self.reading)?.inputs() {
            self.file(part, Path::new(&input.path))?;
        }
        self.tables.push((part, inputs));
        Ok(())
    }

    /// Refuses what cannot be read a second time.
    fn again(&self, path: &Path) -> Result<()> {
        let is_file = fs::metadata(path).map_or(path != Path::new("-"), |data| data.is_file());
        if is_file {
            return Ok(());
        }
        Err(Error::Flag {
            flag: RECORD.name,
            value: self.path.display().to_string(),
            problem: "what comes through a pipe is gone, and nobody could verify it",
            remedy: format!("save `{}` to a file, and name that", path.display()),
        })
    }

    fn file(&mut self, part: &str, path: &Path) -> Result<()> {
        self.again(path)?;
        self.files.push(file(part, path)?);
        Ok(())
    }

    /// The text of the record, when the report is made.
    pub fn text(self, report: &Report, fits: Option<Fits>) -> Result<String> {
        let reading = Reading::of(&self.reading);
        let tables = threads::with(self.threads, || {
            let each = self.tables.iter().map(|(part, inputs)| {
                let source = read::table(inputs, &self.reading)?;
                content::table(part, source.as_ref(), reading.clone())
            });
            each.collect::<Result<Vec<Table>>>()
        })?;
        for before in &self.files {
            if file(&before.part, Path::new(&before.path))? != *before {
                return Err(Error::Data {
                    place: Place::file(&before.path),
                    problem: Problem::Changed,
                });
            }
        }
        let document = Document {
            schema: SCHEMA.to_owned(),
            tool: report.tool.clone(),
            command: report.record.command.clone(),
            environment: self.environment,
            files: self.files,
            tables,
            report: report.clone(),
            fits,
            seal: String::new(),
        };
        let cannot = |source: std::io::Error| Error::Write {
            path: self.path.clone(),
            source,
        };
        let tree = document.sealed().map_err(|e| cannot(e.into()))?;
        let mut text = Vec::new();
        json::document(&tree, &mut text).map_err(cannot)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// A file as it is now.
pub(super) fn file(part: &str, path: &Path) -> Result<File> {
    let cannot = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    Ok(File {
        part: part.to_owned(),
        path: path.display().to_string(),
        bytes: fs::metadata(path).map_err(cannot)?.len(),
        sha256: digest::sha256(path).map_err(cannot)?,
    })
}

/// Refuses to record what must not be told, or what the run itself overwrites.
fn refuse(job: &Audit) -> Result<()> {
    let refuse = |flag, value: String, problem, remedy: &str| {
        Err(Error::Flag {
            flag,
            value,
            problem,
            remedy: remedy.to_owned(),
        })
    };
    let small = "a record tells sums of hashes from which what is kept back could be worked out";
    let remedy = "leave out `--record`; keep a record of the run without it for your own use";
    if let Some(k) = job.statistics.suppress {
        return refuse("--suppress", k.to_string(), small, remedy);
    }
    if job.beside.dp.is_some() {
        return refuse("--dp", String::new(), small, remedy);
    }
    if let Some(path) = &job.gate.sequential {
        let problem = "the state is overwritten, so that no record of it could be computed again";
        let remedy = "leave out `--record`: the state itself has the SHA-256 of every night";
        return refuse("--sequential", path.display().to_string(), problem, remedy);
    }
    Ok(())
}

/// What of the environment counts.
fn environment(job: &Audit) -> Result<BTreeMap<String, String>> {
    let all = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        let counts = name != config::DATE && replay::counts(&name);
        counts.then_some((name, value))
    });
    let mut all: BTreeMap<String, String> = all.collect();
    if job.gate.accepts.iter().any(|accept| accept.until.is_some()) {
        all.insert(config::DATE.to_owned(), config::midnight()?.to_string());
    }
    Ok(all)
}
