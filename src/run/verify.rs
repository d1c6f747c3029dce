//! `verify`: a record held against its data. Its seal, its files, the rows in them; then the command
//! is run again, and every number compared.
//!
//! In: a record that anyone may have written, and perhaps other paths of the data. Out: a
//! [`Verification`]. What is run again is this program, with an environment of the record's own and
//! without any option that writes; its own record goes to a folder that is removed.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{recording, threads};
use crate::cli::argv;
use crate::cli::replay::{self, Replay};
use crate::cli::verify::Verify;
use crate::error::{Error, Result};
use crate::read;
use crate::record::differ::{Alike, Difference, Kind, differ};
use crate::record::moved::Moved;
use crate::record::verification::Verification;
use crate::record::{Document, File, SCHEMA, Table, Unread, content, seal};
use crate::report::output;

/// How far numbers may be apart where rows stand in another order: their sums are rounded otherwise.
const APART: f64 = 1e-9;
/// Parts of a run whose files may be named anew.
const DATA: [&str; 3] = ["data", "earlier", "later"];

/// Verifies; the exit status.
pub fn verify(job: &Verify) -> Result<u8> {
    let name = job.record.to_string_lossy().into_owned();
    let (tree, document) = load(Path::new(&job.record))?;
    let mut found = Found::default();
    found.own(&tree, &document);
    let mut replay = replayed(job, &document, &name)?;
    // The folder may have a policy file now that the run had not.
    let is_configured = document.files.iter().any(|file| file.part == "policy")
        || document.environment.contains_key("FAIR_AUDIT_CONFIG");
    if !is_configured {
        replay.without_config();
    }
    found.named(&document, &replay.operands);
    let operands = if job.inputs.is_empty() {
        replay.operands.clone()
    } else {
        job.inputs.clone()
    };
    let is_same_file = found.files(job, &document, &operands)?;
    let is_same_content = is_same_file || found.contents(job, &document, &operands)?;
    let tolerance = if is_same_file || !is_same_content {
        0.0
    } else {
        APART
    };
    match again(job, &document, &replay)? {
        Ok(mut computed) => {
            found.forgive(&mut computed, &tree, is_same_content);
            let alike = Alike {
                tolerance,
                names: &found.names,
            };
            found.all.extend(differ(&tree, &computed, alike));
        }
        Err(said) if said.ends_with(replay::NOT_RUN) => {
            return Err(Error::Flag {
                flag: "verify",
                value: name,
                problem: "its model is a program, which is not run because a record says so",
                remedy: "look at `command` in it first; `--allow-program` runs it".to_owned(),
            });
        }
        Err(said) if found.all.is_empty() => {
            return Err(Error::Flag {
                flag: "verify",
                value: name,
                problem: "its command cannot be run again",
                remedy: said,
            });
        }
        Err(said) => found.say(Kind::Run, &format!("the command fails now: {said}")),
    }
    let verification = Verification::new(&name, found.notes, found.all);
    let text = if job.json {
        let text = verification.json();
        text.map_err(|e| unwritten(io::Error::other(e)))?
    } else {
        verification.text(job.all, job.quiet)
    };
    output::print(&text)?;
    Ok(verification.exit_code())
}

fn unwritten(source: io::Error) -> Error {
    Error::Write {
        path: output::STDOUT.into(),
        source,
    }
}

/// Reads the record.
fn load(path: &Path) -> Result<(Value, Document)> {
    let cannot = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        bytes = fs::read(path).map_err(cannot)?;
    }
    let path = path.display().to_string();
    Document::parse(&bytes).map_err(|unread| match unread {
        Unread::NoRecord(problem) => Error::NoRecord { path, problem },
        Unread::OtherSchema(schema) => Error::OtherSchema {
            path,
            schema,
            known: SCHEMA,
        },
    })
}

/// The recorded command, or why it is not run.
fn replayed(job: &Verify, document: &Document, name: &str) -> Result<Replay> {
    let replay = Replay::of(&document.command).ok_or_else(|| Error::NoRecord {
        path: name.to_owned(),
        problem: format!("only {} can be recorded", replay::COMMANDS.join(", ")),
    })?;
    let (given, needed) = (job.inputs.len(), replay.operands.len());
    if replay.command == "compare" && given > 0 && given != needed {
        return Err(Error::Flag {
            flag: "verify",
            value: name.to_owned(),
            problem: "what was compared is not as many files as are given",
            remedy: format!("name {needed}, in the order of the record"),
        });
    }
    Ok(replay)
}

/// What was found so far.
#[derive(Default)]
struct Found {
    all: Vec<Difference>,
    notes: Vec<String>,
    /// What files of the data are called now, and were then, where it is not the same.
    names: Vec<(String, String)>,
    /// The same with all that is known of those files.
    moved: Moved,
    /// Files that are said to be others.
    told: Vec<(File, File)>,
}

impl Found {
    fn say(&mut self, kind: Kind, what: &str) {
        self.add(kind, what, Value::Null, Value::Null);
    }

    fn add(&mut self, kind: Kind, what: &str, recorded: Value, computed: Value) {
        self.all.push(Difference {
            kind,
            what: what.to_owned(),
            recorded,
            computed,
        });
    }

    /// What the record says of itself.
    fn own(&mut self, tree: &Value, document: &Document) {
        let seal = seal::of(tree);
        if seal != document.seal {
            let what = "the record was changed after it was written";
            let written = document.seal.clone();
            self.add(Kind::Seal, what, written.into(), seal.into());
        }
        let (own, report) = (&document.command, &document.report.record.command);
        if own != report {
            let what = "the command is not that of its report";
            self.add(
                Kind::Record,
                what,
                own.clone().into(),
                report.clone().into(),
            );
        }
        let words: Vec<OsString> = own.iter().skip(1).map(OsString::from).collect();
        let kept = argv::recorded(&words);
        if kept != *own {
            let what = "the command has words that no record keeps";
            self.add(Kind::Record, what, own.clone().into(), kept.into());
        }
        let versions = [&document.report.tool.version, &document.tool.version];
        let fitted = tree.pointer("/fits/models/version").and_then(Value::as_str);
        let all = versions.map(String::as_str).into_iter().chain(fitted);
        if let Some(other) = all
            .into_iter()
            .find(|other| *other != document.tool.version)
        {
            let what = "it names two versions of the program";
            let version = document.tool.version.as_str();
            self.add(Kind::Record, what, version.into(), other.into());
        }
        let version = env!("CARGO_PKG_VERSION");
        if document.tool.version != version {
            self.notes.push(format!(
                "the record is of version {}, this is {version}: numbers may differ for that",
                document.tool.version
            ));
        }
    }

    /// Whether the files of the data are those that the command names, or lie in a folder of it.
    fn named(&mut self, document: &Document, operands: &[OsString]) {
        let data = document.files.iter();
        for file in data.filter(|file| DATA.contains(&file.part.as_str())) {
            let mut own = operands_of(&file.part, operands).into_iter();
            if !own.any(|operand| Path::new(&file.path).starts_with(operand)) {
                let what = format!("its command does not name the {} file", file.part);
                self.add(Kind::Record, &what, file.path.clone().into(), Value::Null);
            }
        }
    }

    /// Every file beside its hash; whether all that have rows are the same bytes.
    fn files(&mut self, job: &Verify, document: &Document, operands: &[OsString]) -> Result<bool> {
        let mut is_same = true;
        for part in DATA {
            let before: Vec<&File> = document.files.iter().filter(|f| f.part == part).collect();
            if before.is_empty() {
                continue;
            }
            let reading = document.tables.iter().find(|table| table.part == part);
            let inputs = operands_of(part, operands);
            let now: Vec<String> = match reading {
                Some(table) => {
                    let source = read::table(&inputs, &table.reading.options(1))?;
                    let paths = source.inputs().into_iter().map(|input| input.path);
                    paths.collect()
                }
                None => inputs
                    .iter()
                    .map(|p| p.to_string_lossy().into_owned())
                    .collect(),
            };
            let now = now
                .iter()
                .map(|path| recording::file(part, Path::new(path)));
            let now = now.collect::<Result<Vec<File>>>()?;
            let given = !job.inputs.is_empty();
            is_same &= self.data(&before, now, given, reading.is_some());
        }
        let beside = document.files.iter();
        for before in beside.filter(|file| !DATA.contains(&file.part.as_str())) {
            let now = recording::file(&before.part, Path::new(&before.path))?;
            if now.sha256 != before.sha256 {
                is_same &= document
                    .tables
                    .iter()
                    .all(|table| table.part != before.part);
                self.other(before, &now);
            }
        }
        Ok(is_same)
    }

    /// The files of a part of the data; whether they are the same bytes. Only a table that was given
    /// under another name may be.
    fn data(&mut self, before: &[&File], now: Vec<File>, given: bool, is_table: bool) -> bool {
        if before.len() != now.len() {
            if given && is_table {
                let then = before.iter().copied().cloned().collect();
                self.moved.all.push((now, then));
            }
            return false;
        }
        let mut is_same = true;
        for (now, before) in now.into_iter().zip(before.iter().copied()) {
            let same = now.sha256 == before.sha256;
            is_same &= same;
            let is_moved = given && now.path != before.path;
            if !(same || is_moved && is_table) {
                self.other(before, &now);
            }
            if is_moved {
                self.names.push((now.path.clone(), before.path.clone()));
                self.moved.pairs.push((now, before.clone()));
            }
        }
        is_same
    }

    /// Puts into the record of the run that was done again, as they were recorded: names that were
    /// given anew, another version, and what is said already.
    fn forgive(&self, computed: &mut Value, recorded: &Value, is_same_content: bool) {
        self.moved.back(computed, recorded);
        let mut said = vec![
            "/tool/version",
            "/report/tool/version",
            "/fits/models/version",
        ];
        if !is_same_content {
            said.extend(["/tables", "/report/record/inputs"]);
        }
        for place in said {
            if let (Some(now), Some(then)) = (computed.pointer_mut(place), recorded.pointer(place))
            {
                *now = then.clone();
            }
        }
        // The record's own variables are all that a run is done again with; others are set here.
        let then = recorded.get("environment").and_then(Value::as_object);
        let now = computed.get_mut("environment");
        if let (Some(then), Some(now)) = (then, now.and_then(Value::as_object_mut)) {
            now.retain(|name, _| then.contains_key(name) || !name.starts_with("FAIR_AUDIT_"));
        }
        let told = Moved {
            pairs: self.told.clone(),
            all: Vec::new(),
        };
        told.back(computed, recorded);
    }

    fn other(&mut self, before: &File, now: &File) {
        self.told.push((now.clone(), before.clone()));
        let what = format!("the {} file `{}` is another one", before.part, before.path);
        let recorded = before.sha256.clone();
        self.add(
            Kind::File,
            &what,
            recorded.into(),
            now.sha256.clone().into(),
        );
    }

    /// The rows of every table; whether they are the same, whatever their order.
    fn contents(
        &mut self,
        job: &Verify,
        document: &Document,
        operands: &[OsString],
    ) -> Result<bool> {
        let mut is_same = true;
        for before in &document.tables {
            let inputs = if DATA.contains(&before.part.as_str()) {
                operands_of(&before.part, operands)
            } else {
                let own = document.files.iter().filter(|f| f.part == before.part);
                own.map(|file| OsString::from(&file.path)).collect()
            };
            if inputs.is_empty() {
                continue;
            }
            let now = threads::with(job.threads, || {
                let threads = rayon::current_num_threads();
                let source = read::table(&inputs, &before.reading.options(threads))?;
                content::table(&before.part, source.as_ref(), before.reading.clone())
            })?;
            let what = &before.part;
            if now == *before {
                self.notes.push(format!(
                    "{what}: the same rows in another file: in another order, or written otherwise"
                ));
                continue;
            }
            is_same = false;
            self.table(before, &now);
        }
        Ok(is_same)
    }

    /// What became of the rows and columns of a table.
    fn table(&mut self, before: &Table, now: &Table) {
        let part = &before.part;
        let what = match before.rows.cmp(&now.rows) {
            std::cmp::Ordering::Greater => format!("{part}: rows were removed"),
            std::cmp::Ordering::Less => format!("{part}: rows were added"),
            std::cmp::Ordering::Equal => format!("{part}: values were changed"),
        };
        if before.rows == now.rows && before.content == now.content {
            // What is said of the columns alone is another thing.
        } else if before.rows == now.rows {
            let (a, b) = (before.content.clone(), now.content.clone());
            self.add(Kind::Content, &what, a.into(), b.into());
        } else {
            self.add(Kind::Content, &what, before.rows.into(), now.rows.into());
        }
        let is_there = |table: &Table, name: &str| table.columns.iter().any(|c| c.name == name);
        for column in &before.columns {
            let name = &column.name;
            let same = now.columns.iter().find(|other| other.name == *name);
            match same {
                Some(other) if other.content == column.content || before.rows != now.rows => {}
                Some(_) => self.say(
                    Kind::Content,
                    &format!("{part}: column `{name}` has other values"),
                ),
                None => {
                    let mut new = now.columns.iter();
                    let new = new.find(|other| {
                        other.content == column.content && !is_there(before, &other.name)
                    });
                    let what = format!("{part}: no column `{name}`");
                    let what = if new.is_some() {
                        format!("{what}: a column of the same values has another name")
                    } else {
                        what
                    };
                    let new = new.map_or(Value::Null, |other| other.name.clone().into());
                    self.add(Kind::Content, &what, name.clone().into(), new);
                }
            }
        }
        if before.unread != now.unread {
            let what = format!("{part}: other columns are of a type that is not read");
            let (a, b) = (before.unread.clone(), now.unread.clone());
            self.add(Kind::Content, &what, a.into(), b.into());
        }
        let new = now.columns.iter().filter(|c| !is_there(before, &c.name));
        for column in new {
            let what = format!("{part}: column `{}` is new", column.name);
            self.say(Kind::Content, &what);
        }
    }
}

/// The operands that play a part.
fn operands_of(part: &str, operands: &[OsString]) -> Vec<OsString> {
    match part {
        "earlier" => operands.iter().take(1).cloned().collect(),
        "later" => operands.iter().skip(1).take(1).cloned().collect(),
        _ => operands.to_vec(),
    }
}

/// Runs the command again; its record, or what it said on its way to nothing.
fn again(
    job: &Verify,
    document: &Document,
    replay: &Replay,
) -> Result<std::result::Result<Value, String>> {
    let cannot = |source| Error::Read {
        path: job.record.clone().into(),
        source,
    };
    let folder = tempfile::tempdir().map_err(cannot)?;
    let path = folder.path().join("record.json");
    let words = replay.words(&job.inputs);
    let (first, rest) = words.split_at(1);
    let mut command = Command::new(std::env::current_exe().map_err(cannot)?);
    for (name, _) in std::env::vars_os() {
        if replay::is_ours(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let counts = document.environment.iter();
    command.envs(counts.filter(|(name, _)| replay::counts(name)));
    if !job.allow_program {
        command.env(replay::NO_PROGRAM, "1");
    }
    command.args(first).arg("--record").arg(&path);
    command.args(["-f", "table", "-q", "--progress", "never"]);
    if let Some(threads) = job.threads {
        command.arg("--threads").arg(threads.to_string());
    }
    command
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let output = command.stderr(Stdio::piped()).output().map_err(cannot)?;
    let Ok(bytes) = fs::read(&path) else {
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().filter(|line| line.starts_with("error: "));
        let first = lines.next().unwrap_or("error: it ended without a record");
        return Ok(Err(first.trim_start_matches("error: ").to_owned()));
    };
    let tree = serde_json::from_slice(&bytes).map_err(|e| cannot(e.into()))?;
    Ok(Ok(tree))
}
