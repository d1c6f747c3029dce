//! What answers to pairs of prompts say, by group.
//!
//! In: prompts, and an answer of each by id. Out: shares of yes and of refusals, length, and the mean
//! of every column of numbers, by group with intervals; and the same within pairs: differences with
//! Student's interval, and McNemar's exact p of what is yes or no (1947, doi:10.1007/BF02295996).

use std::collections::BTreeMap;

use super::changed::{Change, Pair, mean};
use super::means::Mean;
use super::probe::{Prompt, Templates};
use crate::data::group::Values;
use crate::error::{Probe, Result, few};
use crate::profile::section::{Found, Kind, Line, Table};
use crate::read::answers::Record;
use crate::stats::{Amount, Fraction, Interval, interval};

/// The column that names the prompt.
const ID: &str = "id";
/// The column of what was said.
const ANSWER: &str = "answer";
/// The column that says whether it is a refusal.
const REFUSED: &str = "refused";
/// Columns that are about the prompt.
const ASKED: [&str; 5] = ["pair", "template", "group", "name", "prompt"];

/// Something that is known of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// `yes`, `refused`, `words`, or a column.
    pub name: String,
    /// Whether it is 0 or 1.
    pub is_share: bool,
    /// Of each prompt in order; none where it is not known.
    pub values: Vec<Option<f64>>,
}

/// The answer of each prompt, in order; each must have one, and no other is there.
pub fn matched<'a>(
    path: &str,
    prompts: &[Prompt],
    records: &'a [Record],
) -> Result<Vec<&'a Record>> {
    let no_column = |column| Probe::NoColumn {
        path: path.to_owned(),
        column,
    };
    if !records.iter().any(|own| own.values.contains_key(ID)) {
        return Err(no_column(ID).into());
    }
    let places = prompts.iter().enumerate();
    let places: BTreeMap<&str, usize> = places.map(|(at, own)| (own.id.as_str(), at)).collect();
    let mut found: Vec<Option<&Record>> = vec![None; prompts.len()];
    for record in records {
        let id = record.values.get(ID).map_or("", String::as_str);
        let Some(&place) = places.get(id) else {
            return Err(Probe::Unknown {
                path: path.to_owned(),
                line: record.line,
                id: id.to_owned(),
            }
            .into());
        };
        if let Some(first) = found[place].replace(record) {
            return Err(Probe::Doubled {
                path: path.to_owned(),
                line: record.line,
                first: first.line,
                id: id.to_owned(),
            }
            .into());
        }
    }
    let missing = prompts.iter().zip(&found).filter(|(_, own)| own.is_none());
    let missing: Vec<String> = missing.map(|(own, _)| format!("`{}`", own.id)).collect();
    if !missing.is_empty() {
        return Err(Probe::Missing {
            path: path.to_owned(),
            count: missing.len(),
            ids: few(&missing),
        }
        .into());
    }
    Ok(found.into_iter().flatten().collect())
}

/// Lower case, and plain apostrophes.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'")
}

/// Whether an answer begins with one of some words.
fn begins(text: &str, words: &[String]) -> bool {
    let text = text.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    words.iter().any(|word| {
        let rest = text.strip_prefix(plain(word).as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// All that is known of the answers, and notes on what is not.
pub fn measures(
    path: &str,
    templates: &Templates,
    answers: &[&Record],
) -> Result<(Vec<Measure>, Vec<String>)> {
    let has = |name: &str| answers.iter().any(|own| own.values.contains_key(name));
    let mut measures = Vec::new();
    let mut notes = Vec::new();
    if has(ANSWER) {
        measures.extend(said(templates, answers, &mut notes));
    } else if has(REFUSED) {
        measures.push(share(
            "refused",
            answers.iter().map(|own| marked(own)).collect(),
        ));
    }
    let mut others = Vec::new();
    let columns = answers.iter().flat_map(|own| own.values.keys());
    let columns: std::collections::BTreeSet<&String> = columns.collect();
    for column in columns {
        let is_known = [ID, ANSWER, REFUSED].contains(&column.as_str());
        if is_known || ASKED.contains(&column.as_str()) {
            continue;
        }
        let texts = answers.iter().map(|own| own.values.get(column));
        let number = |text: &String| text.trim().parse().ok().filter(|x: &f64| x.is_finite());
        if texts.clone().flatten().all(|text| number(text).is_some()) {
            measures.push(Measure {
                name: column.clone(),
                is_share: false,
                values: texts.map(|text| text.and_then(number)).collect(),
            });
        } else {
            others.push(format!("`{column}`"));
        }
    }
    if measures.is_empty() {
        return Err(Probe::NoColumn {
            path: path.to_owned(),
            column: ANSWER,
        }
        .into());
    }
    if !others.is_empty() {
        notes.push(format!("left out, no numbers: {}", few(&others)));
    }
    Ok((measures, notes))
}

fn share(name: &str, values: Vec<Option<bool>>) -> Measure {
    let of = |yes: Option<bool>| yes.map(|yes| f64::from(u8::from(yes)));
    Measure {
        name: name.to_owned(),
        is_share: true,
        values: values.into_iter().map(of).collect(),
    }
}

/// What the column `refused` says.
fn marked(record: &Record) -> Option<bool> {
    let text = plain(record.values.get(REFUSED)?);
    match text.trim() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// Yes, refused, and length.
fn said(templates: &Templates, answers: &[&Record], notes: &mut Vec<String>) -> Vec<Measure> {
    let words = &templates.answers;
    let texts: Vec<Option<String>> = answers
        .iter()
        .map(|own| own.values.get(ANSWER).map(|text| plain(text)))
        .collect();
    let refuses = |text: &String| words.refusals.iter().any(|own| text.contains(&plain(own)));
    let of_words = |text: &Option<String>| text.as_ref().map(refuses);
    let refused: Vec<Option<bool>> = answers
        .iter()
        .zip(&texts)
        .map(|(own, text)| marked(own).or_else(|| of_words(text)))
        .collect();
    let yes = |(text, refused): (&Option<String>, &Option<bool>)| {
        let text = text.as_ref().filter(|_| *refused != Some(true))?;
        match (begins(text, &words.positive), begins(text, &words.negative)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    };
    let yes: Vec<Option<bool>> = texts.iter().zip(&refused).map(yes).collect();
    let count = |text: &Option<String>| Some(text.as_ref()?.split_whitespace().count() as f64);
    let lengths = texts.iter().map(count).collect();
    let unread = yes.iter().zip(&refused);
    let unread = unread.filter(|(yes, refused)| yes.is_none() && **refused != Some(true));
    let unread = unread.count();
    let mut measures = Vec::new();
    if yes.iter().any(Option::is_some) {
        measures.push(share("yes", yes));
        if unread > 0 {
            notes.push(format!(
                "{unread} answers are neither yes, no nor a refusal"
            ));
        }
    }
    measures.push(share("refused", refused));
    measures.push(Measure {
        name: "words".to_owned(),
        is_share: false,
        values: lengths,
    });
    measures
}

/// A difference within pairs.
struct Paired {
    pairs: usize,
    difference: Option<f64>,
    interval: Option<Interval>,
    change: Option<Change>,
}

impl Measure {
    /// Of some prompts of a group.
    fn of(&self, places: &[usize], confidence: f64) -> (usize, Option<f64>, Option<Interval>) {
        let known: Vec<f64> = places.iter().filter_map(|&at| self.values[at]).collect();
        if self.is_share {
            let yes = known.iter().filter(|x| **x == 1.0).count() as u64;
            let all = Amount::rows(known.len() as u64);
            let share = Fraction::new(Amount::rows(yes), all);
            return (
                known.len(),
                share.value(),
                interval::rate(&share, confidence),
            );
        }
        let mean = Mean::of(known.iter().map(|x| (*x, 1.0)));
        let limits = mean.and_then(|mean| mean.interval(confidence));
        (known.len(), mean.map(|mean| mean.value), limits)
    }

    /// Of pairs: the reference's place, and the other's.
    fn paired(&self, pairs: &[(usize, usize)], confidence: f64) -> Paired {
        let both = |&(a, b): &(usize, usize)| Some((self.values[a]?, self.values[b]?));
        let known: Vec<(f64, f64)> = pairs.iter().filter_map(both).collect();
        let apart: Vec<(f64, f64)> = known.iter().map(|(a, b)| (1.0, b - a)).collect();
        let (difference, interval) = mean(&apart, confidence);
        let pair = |&(a, b): &(f64, f64)| Pair {
            weight: 1.0,
            before: (f64::NAN, Some(a == 1.0)),
            after: (f64::NAN, Some(b == 1.0)),
        };
        let change = || {
            let pairs: Vec<Pair> = known.iter().map(pair).collect();
            Change::of(&pairs, true, confidence)
        };
        Paired {
            pairs: known.len(),
            difference,
            interval,
            change: self.is_share.then(change),
        }
    }
}

fn group(name: &str) -> Values {
    Values::from_iter([("group".to_owned(), Some(name.to_owned()))])
}

/// Places of the reference and of another group that are a pair, with the template's number.
fn pairs(prompts: &[Prompt], reference: &str, other: &str) -> Vec<(usize, (usize, usize))> {
    let by = |group: &str| {
        let own = prompts
            .iter()
            .enumerate()
            .filter(|(_, own)| own.group == group);
        own.map(|(at, own)| (own.pair.as_str(), at))
            .collect::<BTreeMap<_, _>>()
    };
    let others = by(other);
    let first = by(reference);
    let mut pairs: Vec<(usize, (usize, usize))> = first
        .iter()
        .filter_map(|(pair, &at)| Some((prompts[at].template, (at, *others.get(pair)?))))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// The tables.
pub fn found(
    templates: &Templates,
    prompts: &[Prompt],
    measures: &[Measure],
    confidence: f64,
) -> Found {
    let mut groups = Table::new("groups", "what was answered, by group")
        .column("measure", "measure", Kind::Text, 0)
        .column("group", "group", Kind::Group, 0)
        .column("prompts", "prompts", Kind::Count, 2)
        .column("value", "value", Kind::Number, 0)
        .column("interval", "interval", Kind::NumberInterval, 1);
    let reference = templates.reference();
    let title =
        format!("what differs within pairs that differ in the group alone, beside {reference}");
    let mut within = differences(Table::new("pairs", title));
    let mut by_template = differences(Table::new("templates", "the same by template").column(
        "template",
        "template",
        Kind::Count,
        0,
    ))
    .detail();
    let mut found = Found::default();
    for measure in measures {
        for name in templates.groups.keys() {
            let own = prompts
                .iter()
                .enumerate()
                .filter(|(_, own)| own.group == *name);
            let places: Vec<usize> = own.map(|(at, _)| at).collect();
            let (count, value, limits) = measure.of(&places, confidence);
            let line = Line::new()
                .text("measure", measure.name.clone())
                .group("group", group(name))
                .count("prompts", count as u64)
                .number("value", value.ok_or("no_answers"));
            groups.push(line.interval("interval", limits, "too_few_answers"));
        }
        for name in templates.groups.keys().filter(|name| *name != reference) {
            let all = pairs(prompts, reference, name);
            let places: Vec<(usize, usize)> = all.iter().map(|(_, pair)| *pair).collect();
            let own = measure.paired(&places, confidence);
            found.facts.extend(fact(measure, (name, reference), &own));
            within.push(line(Line::new(), measure, name, &own));
            for part in all.chunk_by(|a, b| a.0 == b.0) {
                let places: Vec<(usize, usize)> = part.iter().map(|(_, pair)| *pair).collect();
                let own = measure.paired(&places, confidence);
                let first = Line::new().count("template", part[0].0 as u64);
                by_template.push(line(first, measure, name, &own));
            }
        }
    }
    found.tables = vec![groups, within, by_template];
    found.notes.push(
        "pairs are taken for independent: those of one template share its words, so a few templates \
         say less than their pairs seem to (`--all` shows each)"
            .to_owned(),
    );
    found
}

fn differences(first: Table) -> Table {
    first
        .column("measure", "measure", Kind::Text, 0)
        .column("group", "group", Kind::Group, 0)
        .column("pairs", "pairs", Kind::Count, 2)
        .column("difference", "difference", Kind::Number, 0)
        .column("difference_interval", "interval", Kind::NumberInterval, 1)
        .column("gained", "only it", Kind::Count, 4)
        .column("lost", "only the other", Kind::Count, 5)
        .column("p", "p", Kind::P, 3)
}

fn line(first: Line, measure: &Measure, name: &str, own: &Paired) -> Line {
    let line = first
        .text("measure", measure.name.clone())
        .group("group", group(name))
        .count("pairs", own.pairs as u64)
        .number("difference", own.difference.ok_or("no_pairs"))
        .interval("difference_interval", own.interval, "too_few_pairs");
    match &own.change {
        Some(change) => line
            .count("gained", change.gained.rows)
            .count("lost", change.lost.rows)
            .number("p", Ok(change.p())),
        None => line
            .nothing("gained", "a_number")
            .nothing("lost", "a_number")
            .nothing("p", "a_number"),
    }
}

/// A difference that is one for sure: by McNemar's p of shares, by the interval of numbers.
fn fact(measure: &Measure, (name, reference): (&str, &str), own: &Paired) -> Option<(f64, String)> {
    let interval = own.interval.as_ref()?;
    let is_sure = match &own.change {
        Some(change) => change.p() < 1.0 - interval.confidence,
        None => interval.low > 0.0 || interval.high < 0.0,
    };
    let difference = own.difference.filter(|_| is_sure)?;
    let p = own.change.as_ref().map_or(String::new(), |change| {
        format!(" (McNemar's exact p {:.3})", change.p())
    });
    let weight = if measure.is_share {
        difference.abs()
    } else {
        0.5
    };
    Some((
        weight.min(1.0),
        format!(
            "`{}` of {name} rather than {reference}: {difference:+.3}, {:+.3} to {:+.3}{p}",
            measure.name, interval.low, interval.high
        ),
    ))
}
