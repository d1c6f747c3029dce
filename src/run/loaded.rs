//! A table that models are fitted to, or asked about: in memory, with features, groups and labels.
//!
//! In: an open source and what is understood of it. Out: a [`Read`]; the plan is banded and has the
//! attribute that is asked for.

use super::kept::Apart;
use super::{audit, frame, pass, profile, progress, weights};
use crate::cli::{Audit, Fitting};
use crate::data::guess::Understood;
use crate::data::{Attribute, Plan};
use crate::error::{Error, Result, Unfit};
use crate::fit::features::{self, Features, Values};
use crate::fit::load;
use crate::mitigate::document::Document;
use crate::mitigate::trial::NO_GROUP;
use crate::read::Source;
use crate::read::memory::Memory;
use crate::report::output::Outputs;
use crate::tally::{Seen, median, sample};

/// The table, understood and in memory.
pub(super) struct Read<'a> {
    pub memory: Memory<'a>,
    pub features: Features,
    pub rows: frame::Rows,
    /// The rows that count: of a group and of some weight.
    pub counted: Vec<u32>,
    pub attribute: Attribute,
    /// The name of the attribute.
    pub name: String,
    /// The column of `--id`, where it names rows of a file.
    pub id: Option<(usize, String)>,
    /// The column by which rows are kept apart.
    pub apart: Option<Apart>,
    pub seen: Seen,
    /// Whether the table has decisions of its own.
    pub has_decisions: bool,
}

/// What is asked of the table.
pub(super) struct Wanted<'a> {
    /// Which columns are features, whose groups count, and what keeps rows apart.
    pub fitting: &'a Fitting,
    /// A saved model says which columns are features, and as what.
    pub model: Option<&'a Document>,
    /// These columns are features as they stand, in this order; none is all that could be one.
    pub sent: Option<&'a [String]>,
}

impl<'a> Wanted<'a> {
    /// What fitting asks for.
    pub fn of(fitting: &'a Fitting) -> Self {
        Self {
            fitting,
            model: None,
            sent: None,
        }
    }

    /// The columns that must be there.
    fn names(&self) -> impl Iterator<Item = &String> {
        let saved = self.model.into_iter().flat_map(|model| &model.features);
        let named = self.fitting.features.iter().chain(&self.fitting.text);
        let sent = self.sent.unwrap_or_default();
        named.chain(sent).chain(saved.map(|own| &own.name))
    }

    /// Whether a saved model knows the column as text, where `01` is another level than `1`.
    fn is_saved_text(&self, name: &str) -> bool {
        let mut saved = self.model.into_iter().flat_map(|model| &model.features);
        saved.any(|own| own.name == name && matches!(own.values, Values::Text | Values::Words))
    }
}

/// An open table, understood.
pub(super) fn understood(
    audit: &Audit,
    outputs: &Outputs,
    source: &dyn Source,
) -> Result<Understood> {
    let inputs = source.inputs();
    let paths: Vec<&str> = inputs.iter().map(|i| i.path.as_str()).collect();
    outputs.check(&paths)?;
    let mut understood = audit::understand(audit, source)?;
    if understood.plan.count.is_some() {
        return Err(Unfit::Counted.into());
    }
    if audit.table.asked.median && audit.table.asked.threshold.is_none() {
        median::cut(source, &mut understood)?;
    }
    Ok(understood)
}

/// Reads the whole table, and says what each row is.
pub(super) fn table<'a>(
    audit: &Audit,
    wanted: &Wanted,
    source: &'a dyn Source,
    understood: &mut Understood,
) -> Result<Read<'a>> {
    let columns: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    for name in wanted.names() {
        if !columns.contains(name) {
            return Err(Error::NoColumn {
                column: name.clone(),
                path: source.first_path(),
                columns,
            });
        }
    }
    let fitting = wanted.fitting;
    let apart = apart(source, fitting)?;
    let plan = &understood.plan;
    let is_out = |column: usize| {
        let name = &columns[column];
        if let Some(model) = wanted.model {
            return !model.features.iter().any(|own| own.name == *name);
        }
        if let Some(named) = wanted.sent.filter(|named| !named.is_empty()) {
            return !named.contains(name);
        }
        let is_text = fitting.text.contains(name);
        let is_named = fitting.features.is_empty() || is_text || fitting.features.contains(name);
        let is_split = plan.splits.iter().any(|split| split.column == column);
        let is_apart = apart.as_ref().is_some_and(|apart| apart.column == column);
        !is_named || is_apart || !is_split && !profile::is_feature(audit, plan, column, name)
    };
    let id = match &audit.table.reading.id {
        Some(id) => Some(weights::id_column(source, id)?),
        None => None,
    };
    let looks = sample::numeric(source, &audit.table.asked)?;
    let mut texts = words(fitting, &columns, |column| {
        is_out(column) || features::has_role(plan, column, fitting.with_sensitive)
    })?;
    texts.extend((0..columns.len()).filter(|&column| wanted.is_saved_text(&columns[column])));
    texts.extend(id.as_ref().map(|(column, _)| *column));
    texts.extend(apart.as_ref().map(|apart| apart.column));
    let asked = (fitting.with_sensitive, fitting.text.as_slice());
    let (memory, features) = progress::shown(source, audit.output.progress, || {
        // What is sent must be sent as it stands.
        let as_numbers: &[bool] = if wanted.sent.is_some() { &[] } else { &looks };
        let memory = load::load(source, plan, (as_numbers, &texts), is_out)?;
        let features = match (wanted.model, wanted.sent) {
            (Some(model), _) => saved(model, &memory, &plan.nulls)?,
            (None, Some(named)) => sent(named, &memory, (plan, &looks), is_out),
            (None, None) => features::features(&memory, plan, asked, is_out),
        };
        Ok::<_, Error>((memory, features))
    })?;
    let plan = &mut understood.plan;
    let attribute = frame::attribute(plan, fitting.attribute.as_deref())?;
    // Bands alone are wanted of this pass: nothing is ranked.
    let (banded, (_, mut seen)) = pass::cells(&memory, plan, &understood.numeric)?;
    seen.notes.splice(0..0, banded);
    let names: Vec<String> = plan.splits.iter().map(|split| split.name.clone()).collect();
    let rows = frame::rows(&memory, plan, &attribute)?;
    let is_counted = |row: &usize| rows.groups[*row] != NO_GROUP && rows.weights[*row] > 0.0;
    let counted = (0..rows.groups.len()).filter(is_counted);
    Ok(Read {
        counted: counted.map(|row| row as u32).collect(),
        rows,
        name: attribute.name(&names),
        id,
        apart,
        has_decisions: !plan.decisions.is_empty(),
        memory,
        features,
        attribute,
        seen,
    })
}

/// Columns as they stand: those that are named, or all that could be features.
fn sent(
    named: &[String],
    memory: &Memory,
    (plan, looks): (&Plan, &[bool]),
    is_out: impl Fn(usize) -> bool,
) -> Features {
    let fields = memory.columns();
    let columns: Vec<usize> = if named.is_empty() {
        (0..memory.own())
            .filter(|column| !is_out(*column))
            .collect()
    } else {
        let place = |name: &String| fields.iter().position(|field| field.name == *name);
        named.iter().filter_map(place).collect()
    };
    Features {
        list: features::sent(memory, &columns, looks, &plan.nulls),
        notes: Vec::new(),
    }
}

/// The column by which rows are kept apart.
fn apart(source: &dyn Source, fitting: &Fitting) -> Result<Option<Apart>> {
    let apart = Apart::asked(source, fitting)?;
    if let Some(apart) = &apart
        && fitting.features.contains(&apart.name)
    {
        return Err(Error::Flag {
            flag: "--features",
            value: apart.name.clone(),
            problem: "rows are kept apart by this column, and it is no feature",
            remedy: "leave it out of the features, or keep rows apart by another column".to_owned(),
        });
    }
    Ok(apart)
}

/// The features of a saved model, as it knows them.
fn saved(model: &Document, memory: &Memory, nulls: &[String]) -> Result<Features> {
    let of = |own: &crate::mitigate::document::Feature| {
        let fields = memory.columns();
        let column = fields.iter().position(|field| field.name == own.name);
        let known = column.and_then(|column| features::known(memory, column, own.values, nulls));
        known.ok_or_else(|| Error::WrongKind {
            path: memory
                .inputs()
                .into_iter()
                .map(|input| input.path)
                .collect(),
            column: own.name.clone(),
            kind: "no plain values".to_owned(),
            part: "feature",
        })
    };
    Ok(Features {
        list: model.features.iter().map(of).collect::<Result<_>>()?,
        notes: Vec::new(),
    })
}

/// The columns of `--text`.
fn words(
    fitting: &Fitting,
    columns: &[String],
    has_part: impl Fn(usize) -> bool,
) -> Result<Vec<usize>> {
    let named = |column: &usize| fitting.text.contains(&columns[*column]);
    let found: Vec<usize> = (0..columns.len()).filter(named).collect();
    match found.iter().find(|&&column| has_part(column)) {
        Some(&column) => Err(Error::Flag {
            flag: "--text",
            value: columns[column].clone(),
            problem: "the column has another part, or is left out",
            remedy: "name columns that a model may see".to_owned(),
        }),
        None => Ok(found),
    }
}
