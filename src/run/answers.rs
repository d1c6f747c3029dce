//! Paired answers: two columns, or two files, that hold the answers for rows as they are and changed.
//!
//! In: a table, and which columns are the answers. Out: the same measures as for a model that is
//! asked, by group and over all. No model is needed, and nothing is fitted.

use std::path::Path;

use super::counterfactual::settings;
use super::loaded::{self, Read, Wanted};
use super::turned::{self, Scenario};
use super::written::Complete;
use super::{audit, question, told};
use crate::cli::{Audit, CUT, Counterfactual};
use crate::data::Favorable;
use crate::data::group::Values;
use crate::data::spelling::{self, Class};
use crate::error::{Error, Result};
use crate::fit::features::{Feature, Raw};
use crate::justice::changed::{Answer, Change, Pair};
use crate::profile::section::{Found, Kind, Line, Table};
use crate::read::{self, Source};
use crate::report::label;
use crate::report::model::Report;
use crate::report::output::Outputs;
use crate::stats::adjust::holm_of_some;

/// What stands behind the test.
const PAIRED: &str = "McNemar 1947, doi:10.1007/BF02295996";

/// Which columns are the answers.
pub(super) struct Pairing {
    /// Before and after.
    columns: [String; 2],
    /// The positive answer, where it was said.
    positive: Option<String>,
}

fn flag(value: &str, problem: &'static str, remedy: String) -> Error {
    Error::Flag {
        flag: "--paired",
        value: value.to_owned(),
        problem,
        remedy,
    }
}

/// The columns behind `--paired`; a file is joined as predictions are. The answers get no other part.
pub(super) fn pairing(audit: &mut Audit, paired: Option<&str>) -> Result<Option<Pairing>> {
    let Some(text) = paired else {
        return Ok(None);
    };
    let asked = &mut audit.table.asked;
    let named: Vec<(String, Option<String>)> =
        asked.predictions.iter().map(|own| halves(own)).collect();
    let (columns, positive) = if Path::new(text).is_file() {
        if audit.table.reading.predictions.is_some() {
            let remedy = "name two columns: `--paired COL,COL`".to_owned();
            return Err(flag(text, "`--predictions` is joined already", remedy));
        }
        audit.table.reading.predictions = Some(text.to_owned());
        let source = read::open(&audit.table.inputs, &audit.table.reading)?;
        twins(text, &*source, &named, asked.score.as_deref())?
    } else {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [before, after] = parts[..] else {
            let remedy =
                "two columns, `--paired COL,COL`, or a file with the same column".to_owned();
            return Err(flag(text, "it is no file and no two columns", remedy));
        };
        let is_own = |(name, _): &&(String, Option<String>)| name == before || name == after;
        let positive = named
            .iter()
            .find(is_own)
            .and_then(|(_, positive)| positive.clone());
        ([before.to_owned(), after.to_owned()], positive)
    };
    let asked = &mut audit.table.asked;
    asked
        .predictions
        .retain(|own| !columns.contains(&halves(own).0));
    if asked
        .score
        .as_ref()
        .is_some_and(|own| columns.contains(own))
    {
        asked.score = None;
    }
    asked.ignore.extend(columns.iter().cloned());
    Ok(Some(Pairing { columns, positive }))
}

/// `COL` and `POSITIVE` of `COL=POSITIVE`.
fn halves(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, positive)) => (name.to_owned(), Some(positive.to_owned())),
        None => (text.to_owned(), None),
    }
}

type Answering = ([String; 2], Option<String>);

/// The column that both files have, and its name in the other one.
fn twins(
    file: &str,
    source: &dyn Source,
    named: &[(String, Option<String>)],
    score: Option<&str>,
) -> Result<Answering> {
    let fields = source.columns();
    let twin = |column: usize| Some((source.twin(column)?, column));
    let all: Vec<(usize, usize)> = (0..fields.len()).filter_map(twin).collect();
    let name = |own: &(usize, usize)| fields[own.0].name.as_str();
    let is_asked = |own: &&(usize, usize)| {
        named.iter().any(|(known, _)| known == name(own)) || score == Some(name(own))
    };
    let found = all.iter().find(is_asked).or(match all[..] {
        [_] => all.first(),
        _ => None,
    });
    let Some(found) = found else {
        let names: Vec<String> = all.iter().map(|own| name(own).to_owned()).collect();
        return Err(if names.is_empty() {
            let remedy = "call the answers as in the table".to_owned();
            flag(file, "it has no column of the table", remedy)
        } else {
            let remedy = format!(
                "say which: `-p COL`; both have {}",
                crate::error::listed(&names)
            );
            flag(file, "several columns could be the answers", remedy)
        });
    };
    let positive = named.iter().find(|(known, _)| known == name(found));
    let positive = positive.and_then(|(_, positive)| positive.clone());
    let columns = [found.0, found.1].map(|column| fields[column].name.clone());
    Ok((columns, positive))
}

/// The answers of a column: decisions where it has two values, else scores.
fn answers(
    feature: &Feature,
    positive: Option<&str>,
    nulls: &[String],
    cut: f64,
) -> Result<Vec<Answer>> {
    match &feature.raw {
        Raw::Numbers(numbers) if positive.is_some() => {
            let yes = positive.and_then(|text| text.trim().parse::<f64>().ok());
            let answer = |&x: &f64| (f64::NAN, x.is_finite().then_some(Some(x) == yes));
            Ok(numbers.iter().map(answer).collect())
        }
        Raw::Numbers(numbers) => {
            let is_score = |x: &&f64| (0.0..=1.0).contains(*x);
            if let Some(wrong) = numbers
                .iter()
                .filter(|x| x.is_finite())
                .find(|x| !is_score(x))
            {
                let remedy = "answers are decisions, or scores in [0, 1]".to_owned();
                let value = format!("{}: {wrong}", feature.name);
                return Err(flag(&value, "not within 0 and 1", remedy));
            }
            let is_flag = numbers
                .iter()
                .all(|x| !x.is_finite() || *x == 0.0 || *x == 1.0);
            let answer = |&x: &f64| match (x.is_finite(), is_flag) {
                (false, _) => (f64::NAN, None),
                (true, true) => (f64::NAN, Some(x == 1.0)),
                (true, false) => (x, Some(x >= cut)),
            };
            Ok(numbers.iter().map(answer).collect())
        }
        Raw::Texts(keys, values) => {
            let class = |value: &Option<Box<str>>| match value.as_deref() {
                None => Ok(None),
                Some(text) => match spelling::polarity(text, positive, nulls) {
                    Some(Class::Positive) => Ok(Some(true)),
                    Some(Class::Negative) => Ok(Some(false)),
                    Some(Class::Missing) => Ok(None),
                    None => {
                        let value = format!("{}: {text}", feature.name);
                        let remedy =
                            format!("say which answer is positive: `-p {}=VALUE`", feature.name);
                        Err(flag(&value, "no known yes or no", remedy))
                    }
                },
            };
            let classes: Vec<Option<bool>> = values.iter().map(class).collect::<Result<_>>()?;
            Ok(keys
                .iter()
                .map(|&key| (f64::NAN, classes[key as usize]))
                .collect())
        }
    }
}

/// Whether an answer of a column is this one.
fn occurs(feature: &Feature, value: &str, nulls: &[String]) -> bool {
    match &feature.raw {
        Raw::Numbers(numbers) => {
            let number = value.trim().parse::<f64>();
            number.is_ok_and(|number| numbers.contains(&number))
        }
        Raw::Texts(_, values) => values
            .iter()
            .flatten()
            .any(|text| spelling::polarity(text, Some(value), nulls) == Some(Class::Positive)),
    }
}

/// The positive answer of both columns: the one that was said, else the label's where both have it.
fn positive<'a>(
    pairing: &'a Pairing,
    label: Option<&'a str>,
    (features, nulls): (&[Feature], &[String]),
) -> Result<Option<&'a str>> {
    if let Some(said) = pairing.positive.as_deref() {
        if features.iter().any(|own| occurs(own, said, nulls)) {
            return Ok(Some(said));
        }
        let value = format!("{}={said}", pairing.columns[0]);
        return Err(Error::Flag {
            flag: "-p",
            value,
            problem: "no answer is this one",
            remedy: "name an answer that occurs: `-p COL=VALUE`".to_owned(),
        });
    }
    // Numbers are flags or scores by themselves.
    let is_text = |own: &Feature| matches!(own.raw, Raw::Texts(..));
    let is_both = |value: &&str| {
        let mut all = features.iter();
        all.all(|own| is_text(own) && occurs(own, value, nulls))
    };
    Ok(label.filter(is_both))
}

/// Reads, measures, and makes the report.
pub(super) fn made(
    job: &Counterfactual,
    outputs: &Outputs,
    (pairing, rows_out): (&Pairing, Option<&Path>),
) -> Result<(Report, Vec<Complete>)> {
    let audit = &job.audit;
    let source = read::open(&audit.table.inputs, &audit.table.reading)?;
    let source = source.as_ref();
    let mut understood = loaded::understood(audit, outputs, source)?;
    let mut report = audit::empty(audit, source, &understood);
    let wanted = Wanted {
        sent: Some(&pairing.columns),
        ..Wanted::of(&job.fitting)
    };
    let mut read = loaded::table(audit, &wanted, source, &mut understood)?;
    let plan = &understood.plan;
    let label = plan
        .label
        .as_ref()
        .and_then(|label| label.positive.as_deref());
    let positive = positive(pairing, label, (&read.features.list, &plan.nulls))?;
    let mut sides = Vec::new();
    for feature in &read.features.list {
        sides.push(answers(
            feature,
            positive,
            &plan.nulls,
            job.explaining.sending.threshold.unwrap_or(CUT),
        )?);
    }
    let [before, after] = &sides[..] else {
        let names = pairing.columns.join(",");
        let remedy = "name two columns of plain values".to_owned();
        return Err(flag(&names, "these are no two columns", remedy));
    };
    let certain = (plan.favorable, audit.statistics.confidence);
    let found = turned_by_group(&read, &pairing.columns, [before, after], certain);
    told::section(
        &mut report,
        ("paired", "answers for rows as they are and changed", PAIRED),
        found,
    );
    settings(&mut report, job, &read.name, "none");
    let [one, other] = &pairing.columns;
    let scenarios = [Scenario::of(one, before), Scenario::of(other, after)];
    turned::fill(
        (audit, outputs),
        &scenarios,
        (&mut read, plan),
        "paired",
        &mut report,
    )?;
    let complete = turned::written(rows_out, &scenarios, &read)?;
    told::finish(&mut report, source, &understood, &read, Vec::new());
    Ok((report, complete))
}

/// The answers that turn, of all rows and by group.
fn turned_by_group(
    read: &Read,
    [one, other]: &[String; 2],
    [before, after]: [&[Answer]; 2],
    (favorable, confidence): (Favorable, f64),
) -> Found {
    let change = |rows: &[u32]| {
        let pair = |&row: &u32| Pair {
            weight: read.rows.weights[row as usize],
            before: before[row as usize],
            after: after[row as usize],
        };
        Change::of(
            &rows.iter().map(pair).collect::<Vec<_>>(),
            favorable == Favorable::Positive,
            confidence,
        )
    };
    let title = format!("answers that turn from `{one}` to `{other}`, by group");
    let first = Table::new("flips", title).column("group", "group", Kind::Group, 0);
    let mut table = Change::columns(first, ("favorable", "changed"));
    let overall = change(&read.counted);
    table.push(overall.put(Line::new().group("group", Values::default())));
    let mut found = Found::default();
    let mut changes = vec![("all rows".to_owned(), overall)];
    for (group, name) in read.rows.names.iter().enumerate() {
        let rows = question::rows(read, |row| read.rows.groups[row] as usize == group);
        let own = change(&rows);
        table.push(own.put(Line::new().group("group", name.clone())));
        changes.push((label::joined(name, &read.name), own));
    }
    found.facts = facts(&changes);
    found.tables.push(table);
    found
}

/// What is worth a look: what chance does not make.
fn facts(changes: &[(String, Change)]) -> Vec<(f64, String)> {
    let mut facts = Vec::new();
    let adjusted = holm_of_some(changes.iter().map(|(_, own)| Some(own.p())));
    for ((who, own), p) in changes.iter().zip(adjusted) {
        if p.is_some_and(|p| p < Change::CHANCE) {
            facts.extend(fact(who, own));
        }
    }
    facts
}

fn fact(who: &str, change: &Change) -> Option<(f64, String)> {
    let flipped = change.flipped().filter(|share| *share > 0.0)?;
    let share = |part: crate::stats::Amount| 100.0 * part.weight / change.decided.weight;
    Some((
        flipped,
        format!(
            "{who}: {:.1} % of the answers turn favorable, {:.1} % unfavorable",
            share(change.gained),
            share(change.lost)
        ),
    ))
}
