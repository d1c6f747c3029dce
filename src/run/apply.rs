//! `--apply`: a table scored by saved models, batch by batch; nothing is fitted.
//!
//! In: a model file and a table. Out: a line of CSV for each model and row, on standard output or in
//! a file, when all rows are scored: a table that cannot be scored to its end leaves nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{threads, weights, written};
use crate::cli::Mitigate;
use crate::data::group::Values;
use crate::data::role::Bands;
use crate::data::{Batch, Column};
use crate::error::{Error, Problem, Result};
use crate::fit::Scorer;
use crate::fit::features::{self, Feature};
use crate::mitigate::document::{Document, Grouping, Remedied};
use crate::mitigate::trial::draw;
use crate::read::{self, Shape, Source, Want};
use crate::record;
use crate::report::output::{self, Outputs};
use crate::tally::{columns, settle};

/// Rows that are scored at once.
const ROWS: usize = 4096;

/// Whether a file is a record, by how it begins.
fn is_record(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(256)];
    String::from_utf8_lossy(start).contains(record::SCHEMA)
}

/// The models that a record has within.
fn within(bytes: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let tree: serde_json::Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    match tree.pointer("/fits/models") {
        Some(models) => serde_json::to_vec(models).map_err(|e| e.to_string()),
        None => Err(
            "the record is of a run that fitted nothing: take one of `mitigate --record`"
                .to_owned(),
        ),
    }
}

/// Reads a model file that `flag` names.
pub fn document(flag: &'static str, path: &Path) -> Result<Document> {
    Ok(opened(flag, path)?.0)
}

/// The same, and whether it is a record of `mitigate`, which has its models within.
pub fn opened(flag: &'static str, path: &Path) -> Result<(Document, bool)> {
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let is_record = is_record(&bytes);
    let models = if is_record { within(&bytes) } else { Ok(bytes) };
    let parsed = models.and_then(|bytes| Document::parse(&bytes));
    let document = parsed.map_err(|what| Error::Flag {
        flag,
        value: path.display().to_string(),
        problem: "it is no model that `--model-out` wrote",
        remedy: what,
    })?;
    Ok((document, is_record))
}

/// Scores the table; the exit status.
pub fn apply(job: &Mitigate, path: &Path) -> Result<u8> {
    let output = &job.audit.output;
    if let Some(format) = output.formats.first() {
        return Err(Error::Flag {
            flag: "--format",
            value: format.clone(),
            problem: "scores are lines of CSV, not a report",
            remedy: "leave it out; `--predictions-out FILE` writes them to a file".to_owned(),
        });
    }
    let mut inputs: Vec<PathBuf> = job.audit.table.inputs.iter().map(PathBuf::from).collect();
    inputs.push(path.to_owned());
    let outputs = Outputs::new(&[], None)?;
    let places = written::places(&job.fitting, &outputs, &inputs)?;
    let document = document("--apply", path)?;
    let models = models(&document, &job.fitting.methods)?;
    threads::with(job.audit.table.threads, || {
        let source = read::open(&job.audit.table.inputs, &job.audit.table.reading)?;
        let id = job.audit.table.reading.id.as_deref();
        let scoring = Scoring::new(source.as_ref(), &document, models, id)?;
        match &places.predictions {
            Some(place) => {
                let file = written::csv(place, |lines| scoring.write(lines))?;
                written::finish(vec![file])
            }
            None => scoring.print(),
        }
    })?;
    Ok(0)
}

/// The models that are asked for.
fn models<'a>(document: &'a Document, methods: &[String]) -> Result<Vec<&'a Remedied>> {
    let find = |name: &String| {
        let found = document.models.iter().find(|own| own.scenario == *name);
        found.ok_or_else(|| {
            let names = document.models.iter().map(|own| own.scenario.as_str());
            let names: Vec<&str> = names.collect();
            Error::Flag {
                flag: "--method",
                value: name.clone(),
                problem: "the file has no such model",
                remedy: format!("models: {}", names.join(", ")),
            }
        })
    };
    if methods.is_empty() {
        return Ok(document.models.iter().collect());
    }
    methods.iter().map(find).collect()
}

/// A table, and what scores it.
struct Scoring<'a> {
    source: &'a dyn Source,
    document: &'a Document,
    models: Vec<(&'a Remedied, Box<dyn Scorer>)>,
    wants: Vec<Want>,
    /// The group columns behind the features.
    groupings: &'a [Grouping],
    groups: BTreeMap<&'a Values, u32>,
    id: Option<(usize, &'a str)>,
}

impl<'a> Scoring<'a> {
    fn new(
        source: &'a dyn Source,
        document: &'a Document,
        models: Vec<&'a Remedied>,
        id: Option<&'a str>,
    ) -> Result<Self> {
        let nulls: Arc<[String]> = document.recipe.null.clone().into();
        let mut wants = Vec::new();
        let mut want = |name: &str, shape: Shape| -> Result<usize> {
            let (column, _) = weights::id_column(source, name)?;
            let nulls = Arc::clone(&nulls);
            wants.push(Want {
                column,
                shape,
                nulls,
            });
            Ok(wants.len() - 1)
        };
        for feature in &document.features {
            let is_number = feature.values == features::Values::Number;
            want(
                &feature.name,
                if is_number {
                    Shape::Numbers
                } else {
                    Shape::Codes
                },
            )?;
        }
        let needs_group = models.iter().any(|model| model.needs_group());
        let groupings = if needs_group {
            document.groups.columns.as_slice()
        } else {
            &[]
        };
        for grouping in groupings {
            let is_banded = grouping.cuts.is_some();
            want(
                &grouping.name,
                if is_banded {
                    Shape::Numbers
                } else {
                    Shape::Codes
                },
            )?;
        }
        let id = match id {
            Some(name) => Some((want(name, Shape::Codes)?, name)),
            None => None,
        };
        Ok(Self {
            source,
            document,
            models: models
                .into_iter()
                .map(|own| (own, own.model.scorer()))
                .collect(),
            wants,
            groupings,
            groups: document.groups.values.iter().zip(0..).collect(),
            id,
        })
    }

    /// To standard output, when all is known.
    fn print(&self) -> Result<()> {
        let cannot = |source: io::Error| Error::Write {
            path: std::env::temp_dir(),
            source,
        };
        let mut spool = tempfile::tempfile().map_err(cannot)?;
        let mut lines = csv::Writer::from_writer(BufWriter::new(&mut spool));
        self.write(&mut lines)?;
        lines.flush().map_err(cannot)?;
        drop(lines);
        spool.seek(SeekFrom::Start(0)).map_err(cannot)?;
        output::copy(&mut spool)
    }

    /// Writes a line for each row and model.
    fn write<W: Write>(&self, lines: &mut csv::Writer<W>) -> Result<()> {
        let cannot = |e: csv::Error| Error::Write {
            path: self.source.first_path().into(),
            source: e.into(),
        };
        let first = self.id.map_or("row", |(_, name)| name);
        let heading = [first, "scenario", "score", "decision"];
        // A text that turns out to be cut at the wrong places is read again from its start.
        let mut written = 0_u64;
        loop {
            let mut row = 0_u64;
            self.source.begin();
            let mut each = |batch: &Batch| {
                if row == 0 && written == 0 {
                    lines.write_record(heading).map_err(cannot)?;
                }
                let scored = self.scored(batch, row)?;
                for line in scored {
                    row += 1;
                    // What was written before it was read again is the same.
                    if row > written {
                        for line in line {
                            lines.write_record(line).map_err(cannot)?;
                        }
                        written = row;
                    }
                }
                Ok(ControlFlow::Continue(()))
            };
            let pieces = 0..self.source.pieces();
            let read = pieces
                .into_iter()
                .try_for_each(|piece| self.source.read(piece, &self.wants, &mut each));
            if self.source.misread() {
                continue;
            }
            read.map_err(|stopped| stopped.error)?;
            return self.source.finish();
        }
    }

    /// The lines of each row of a batch; `before` it are so many rows.
    fn scored(&self, batch: &Batch, before: u64) -> Result<Vec<Vec<[String; 4]>>> {
        let nulls = &self.document.recipe.null;
        let columns = self.document.features.iter().zip(batch.columns);
        let features: Vec<Feature> = columns
            .map(|(own, column)| Feature {
                name: own.name.clone(),
                values: own.values,
                raw: features::of_batch(column, own.values, nulls),
            })
            .collect();
        let groups = self.groups_of(batch)?;
        let rows: Vec<u32> = (0..batch.rows as u32).collect();
        let mut lines: Vec<Vec<[String; 4]>> = vec![Vec::new(); batch.rows];
        for rows in rows.chunks(ROWS) {
            let x = self.document.encoder.matrix(&features, rows)?;
            for (model, scorer) in &self.models {
                let own: Vec<u32> = rows
                    .iter()
                    .map(|&row| groups.get(row as usize).copied().unwrap_or(0))
                    .collect();
                let seed = self.document.recipe.seed;
                let draw = |at: usize| draw(seed, before + u64::from(rows[at]));
                let scores = model.around.scores(&**scorer, x.view(), &own, &draw);
                for (at, (&row, score)) in rows.iter().zip(scores).enumerate() {
                    let row = row as usize;
                    let number = before + row as u64;
                    let cut = model.cuts[own[at] as usize];
                    let Some(is_positive) = cut.decide(score, || draw(at)) else {
                        return Err(self.unseen(
                            batch,
                            row,
                            &self.document.groups.values[own[at] as usize],
                        ));
                    };
                    let name = match self.id {
                        Some((place, _)) => weights::text(&batch.columns[place], row).to_owned(),
                        None => (number + 1).to_string(),
                    };
                    lines[row].push([
                        name,
                        model.scenario.clone(),
                        score.to_string(),
                        u8::from(is_positive).to_string(),
                    ]);
                }
            }
        }
        Ok(lines)
    }

    fn unseen(&self, batch: &Batch, row: usize, values: &Values) -> Error {
        let attribute = &self.document.recipe.attribute;
        let group = crate::report::label::joined(values, attribute);
        Error::Data {
            place: self.source.place(batch.at, row).in_column(&**attribute),
            problem: Problem::UnseenGroup { group },
        }
    }

    /// The group of each row, where decisions differ by group.
    fn groups_of(&self, batch: &Batch) -> Result<Vec<u32>> {
        let first = self.document.features.len();
        if self.groupings.is_empty() {
            return Ok(Vec::new());
        }
        let columns = &batch.columns[first..];
        let mut known: BTreeMap<Vec<u64>, u32> = BTreeMap::new();
        let mut groups = Vec::with_capacity(batch.rows);
        for row in 0..batch.rows {
            let each = self.groupings.iter().zip(columns);
            let codes: Vec<u64> = each.map(|(own, column)| code(own, column, row)).collect();
            if let Some(&group) = known.get(&codes) {
                groups.push(group);
                continue;
            }
            let each = self.groupings.iter().zip(columns);
            let values: Values = each
                .map(|(own, column)| (own.name.clone(), value(own, column, row)))
                .collect();
            let Some(&group) = self.groups.get(&values) else {
                return Err(self.unseen(batch, row, &values));
            };
            known.insert(codes, group);
            groups.push(group);
        }
        Ok(groups)
    }
}

/// What stands for the value of a group column within a batch.
fn code(grouping: &Grouping, column: &Column, row: usize) -> u64 {
    match column {
        Column::Numbers(numbers) => {
            columns::band(numbers[row], grouping.cuts.as_deref().unwrap_or_default())
        }
        Column::Codes(codes) => weights::key(codes, row) as u64,
    }
}

/// The value of a group column, as groups name it.
fn value(grouping: &Grouping, column: &Column, row: usize) -> Option<String> {
    match (&grouping.cuts, column) {
        (Some(cuts), Column::Numbers(numbers)) => {
            let bands = Bands {
                cuts: cuts.clone(),
                how: String::new(),
            };
            let band = columns::band(numbers[row], cuts).checked_sub(1)?;
            let names = settle::band_names(&bands);
            names.get(band as usize).map(ToString::to_string)
        }
        (_, Column::Codes(codes)) => {
            let value = &codes.values[weights::key(codes, row)];
            value.as_deref().map(str::to_owned)
        }
        _ => None,
    }
}
