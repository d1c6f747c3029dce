//! Fills the parts that no flag names: by the names of columns first, then by their values.
//!
//! The names decide who is a candidate and how strongly; the values of the sample decide whether a
//! candidate can be it. Nothing is inferred from values alone.

use super::guess::{Asked, Sample};
use super::role::Role;
use super::roles::{self, Roles};
use super::words::{self, EXACT, STRONG};
use super::{command, limits, spelling};
use crate::error::quote;

/// How the notes begin that are said where nothing was decided: with labels, and without.
pub const NO_DECISION: [&str; 2] = [
    "no prediction and no score",
    "no label, prediction or score",
];

/// What is said of a table in which no column is known to be sensitive.
pub fn no_groups(columns: &[String]) -> String {
    format!(
        "no column is known to be sensitive, so that nothing is told by group: `-s COL` names one; \
         columns: {}",
        crate::error::listed(columns)
    )
}

/// A part that may be unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What was true.
    Label,
    /// What was decided.
    Prediction,
    /// How strongly the model leaned.
    Score,
    /// What a row counts for.
    Weight,
    /// How many rows a line stands for.
    Count,
}

impl Part {
    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => roles::LABEL,
            Self::Prediction => roles::PREDICTION,
            Self::Score => roles::SCORE,
            Self::Weight => roles::WEIGHT,
            Self::Count => roles::COUNT,
        }
    }

    /// As if it had been typed.
    pub fn say(self, asked: &mut Asked, column: &str) {
        let name = column.to_owned();
        match self {
            Self::Label => asked.label = Some(name),
            Self::Prediction => asked.predictions = vec![name],
            Self::Score => asked.score = Some(name),
            Self::Weight => asked.weight = Some(name),
            Self::Count => asked.counts = Some(name),
        }
    }

    /// The shortest command line that says it.
    pub fn words(self, asked: &Asked, column: &str) -> String {
        let mut words = command::start(asked);
        let flag = match self {
            Self::Label => "-y",
            Self::Prediction => "-p",
            Self::Score => "--score",
            Self::Weight => "--weight",
            Self::Count => {
                words.push(quote(&format!("--counts={column}")));
                return words.join(" ");
            }
        };
        words.push(flag.to_owned());
        words.push(quote(column));
        words.join(" ")
    }
}

/// Several columns that could be one part.
#[derive(Debug)]
pub struct Unclear {
    /// The part.
    pub part: Part,
    /// The columns.
    pub columns: Vec<usize>,
}

/// Fills what the flags left open.
pub fn fill(roles: &mut Roles) -> Result<(), Unclear> {
    if roles.asked.sensitive.is_empty() {
        sensitive(roles);
    }
    if roles.asked.counts.as_deref() == Some("") {
        let columns = candidates(roles, |roles, sample| {
            u8::from(words::is_count(&sample.name) && lowest(roles, sample) >= Some(0.0))
        });
        roles.count = one(roles, Part::Count, &columns, "name and numbers")?;
    }
    if roles.asked.predictions.is_empty() && roles.asked.threshold.is_none() {
        let columns = candidates(roles, |roles, sample| {
            two_valued(roles, sample, Role::Prediction)
        });
        let found = one(roles, Part::Prediction, &columns, "name and values");
        if let Some(column) = needed(roles, found)? {
            let column = joined(roles, column, Part::Prediction);
            let positive = positive(&roles.header.samples[column], &roles.nulls);
            roles.predictions.push(roles.outcome(column, positive));
        }
    }
    if roles.asked.label.is_none() {
        let columns = candidates(roles, |roles, sample| {
            two_valued(roles, sample, Role::Label)
        });
        if let Some(column) = one(roles, Part::Label, &columns, "name and values")? {
            let positive = positive(&roles.header.samples[column], &roles.nulls);
            roles.label = Some(roles.outcome(column, positive));
        }
    }
    if roles.asked.score.is_none() {
        let columns = candidates(roles, score);
        let found = one(roles, Part::Score, &columns, "name and numbers");
        let column = needed(roles, found)?;
        roles.score = column.map(|column| joined(roles, column, Part::Score));
    }
    if roles.asked.weight.is_none() {
        weight(roles)?;
    }
    notes(roles);
    Ok(())
}

/// The free columns of the greatest strength.
fn candidates(roles: &Roles, strength: impl Fn(&Roles, &Sample) -> u8) -> Vec<usize> {
    let samples = roles.header.samples.iter().enumerate();
    let strengths: Vec<(usize, u8)> = samples
        .map(|(column, sample)| (column, strength(roles, sample)))
        .filter(|&(column, strength)| strength > 0 && roles.is_free(column))
        .collect();
    let most = strengths.iter().map(|(_, strength)| *strength).max();
    let strongest = strengths
        .into_iter()
        .filter(|(_, strength)| Some(*strength) == most);
    strongest.map(|(column, _)| column).collect()
}

/// The one candidate, taken; none; or the error that there are several.
fn one(
    roles: &mut Roles,
    part: Part,
    columns: &[usize],
    why: &str,
) -> Result<Option<usize>, Unclear> {
    match columns {
        [] => Ok(None),
        &[column] => {
            roles
                .take(column, part.name())
                .expect("only free columns are candidates");
            let key = if part == Part::Count {
                "counts"
            } else {
                part.name()
            };
            roles.inferred(key, String::new(), why);
            Ok(Some(column))
        }
        several => Err(Unclear {
            part,
            columns: several.to_vec(),
        }),
    }
}

/// Several decisions or scores are no error where the data alone is asked about: none is taken, and said.
fn needed(
    roles: &mut Roles,
    found: Result<Option<usize>, Unclear>,
) -> Result<Option<usize>, Unclear> {
    match found {
        Err(Unclear { part, columns }) if roles.asked.groupless => {
            let names = columns.iter().map(|&at| &roles.header.samples[at].name);
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let flag = if part == Part::Score { "--score" } else { "-p" };
            roles.notes.push(format!(
                "{} columns could be the {}, none is taken for it: {}; `{flag} COL` names one",
                names.len(),
                part.name(),
                crate::error::few(&names)
            ));
            Ok(None)
        }
        found => found,
    }
}

/// The column of the same name that was joined, where there is one: who names a file of predictions
/// means those.
fn joined(roles: &mut Roles, column: usize, part: Part) -> usize {
    let samples = roles.header.samples;
    let is_twin = |sample: &Sample| sample.twin == Some(column);
    let Some(twin) = samples.iter().position(is_twin) else {
        return column;
    };
    if roles.take(twin, part.name()).is_err() {
        return column;
    }
    let (own, other) = (&samples[column].name, &samples[twin].name);
    let (part, path) = (part.name(), roles.header.path);
    let note = format!("the {part} is `{other}`, and not `{own}` of {path}");
    roles.notes.push(note);
    twin
}

/// The columns whose names say whom they are about.
fn sensitive(roles: &mut Roles) {
    let samples = roles.header.samples;
    let columns = candidates(roles, |_, sample| {
        words::strength(&sample.name, Role::Sensitive)
    });
    let many = |sample: &Sample| sample.more || sample.values.len() > limits::INFERRED_GROUPS;
    let banded = |sample: &Sample| {
        sample.numeric && (sample.more || sample.values.len() > limits::NUMERIC_GROUPS)
    };
    let is_age = |column: usize| words::is_age(&samples[column].name);
    let grouped_age = columns
        .iter()
        .copied()
        .find(|&column| is_age(column) && !banded(&samples[column]));
    for column in columns {
        let sample = &samples[column];
        let name = &sample.name;
        if sample.values.is_empty() {
            continue;
        }
        if many(sample) && !sample.numeric {
            roles.notes.push(format!(
                "`{name}` has more than {} values and is not taken for sensitive: `-s` names it",
                limits::INFERRED_GROUPS
            ));
            continue;
        }
        if let Some(age) = grouped_age.filter(|_| is_age(column) && banded(sample)) {
            roles.notes.push(format!(
                "`{name}` is left out: `{}` has the same in groups",
                samples[age].name
            ));
            continue;
        }
        roles
            .take(column, roles::SENSITIVE)
            .expect("only free columns are candidates");
        roles.singles.push(column);
    }
    if !roles.singles.is_empty() {
        roles.inferred("sensitive", String::new(), "name and number of values");
    }
}

/// How strongly a column of two values is the label or the prediction.
fn two_valued(roles: &Roles, sample: &Sample, role: Role) -> u8 {
    let strength = words::strength(&sample.name, role);
    let values: Vec<&str> = sample.present(&roles.nulls).collect();
    let pair = !sample.more && spelling::is_pair(values.iter().copied(), &roles.nulls);
    let fits = match values.as_slice() {
        [] => false,
        // A file may be sorted by it: a strong name is enough for one value.
        [_] => strength >= STRONG,
        [a, b] => pair || strength >= STRONG || words::positive_of(a, b).is_some(),
        // A stray value is told by the tally, with its line.
        more => pair || (strength == EXACT && !sample.more && more.len() <= 4),
    };
    if fits { strength } else { 0 }
}

/// The positive of a column whose two values are words that speak for themselves.
fn positive(sample: &Sample, nulls: &[String]) -> Option<String> {
    let values: Vec<&str> = sample.present(nulls).collect();
    match values.as_slice() {
        [a, b] if !sample.more => words::positive_of(a, b).map(str::to_owned),
        _ => None,
    }
}

/// How strongly a column of numbers is the score.
fn score(roles: &Roles, sample: &Sample) -> u8 {
    let strength = words::strength(&sample.name, Role::Score);
    let few = !sample.more && sample.present(&roles.nulls).count() <= 2;
    match sample.finite(&roles.nulls) {
        Some((low, high)) if !few => {
            let share = low >= 0.0 && high <= 1.0;
            if share || strength == EXACT {
                strength
            } else {
                0
            }
        }
        _ => 0,
    }
}

fn lowest(roles: &Roles, sample: &Sample) -> Option<f64> {
    sample.finite(&roles.nulls).map(|(low, _)| low)
}

/// A weight changes every number: only its very name is enough, and it is said.
fn weight(roles: &mut Roles) -> Result<(), Unclear> {
    let samples = roles.header.samples;
    let body = samples.iter().any(|sample| words::is_body(&sample.name));
    let columns = candidates(roles, |roles, sample| {
        let body = body && words::words(&sample.name).len() == 1;
        let counts = lowest(roles, sample) >= Some(0.0) && !body;
        if counts {
            words::strength(&sample.name, Role::Weight)
        } else {
            0
        }
    });
    roles.weight = one(roles, Part::Weight, &columns, "name and numbers")?;
    if let Some(column) = roles.weight {
        let name = &samples[column].name;
        roles.notes.push(format!(
            "rows are weighted by `{name}`: `--ignore {}` counts each as one",
            quote(name)
        ));
    }
    Ok(())
}

/// What a reader should know of what was found and what was not.
fn notes(roles: &mut Roles) {
    let samples = roles.header.samples;
    let unnamed = |roles: &Roles, role: Role| {
        let exact =
            |c: &usize| roles.is_free(*c) && words::strength(&samples[*c].name, role) == EXACT;
        (0..samples.len())
            .find(exact)
            .map(|column| samples[column].name.clone())
    };
    let label = unnamed(roles, Role::Label).filter(|_| roles.label.is_none());
    if let Some(name) = label {
        roles.notes.push(format!(
            "`{name}` does not hold two values and is not taken for the label"
        ));
    }
    if roles.predictions.is_empty() && roles.score.is_none() {
        if let Some(name) = unnamed(roles, Role::Prediction) {
            let note =
                format!("`{name}` does not hold two values and is not taken for the prediction");
            roles.notes.push(note);
        }
        roles.notes.push(match &roles.label {
            Some(label) => format!(
                "{}: `-p {}` audits the labels as the decisions",
                NO_DECISION[0],
                quote(&command::outcome(label))
            ),
            None => format!("{}: `-p COL` names the decisions", NO_DECISION[1]),
        });
    }
    if roles.count.is_none() {
        let counts = |c: &usize| {
            roles.is_free(*c) && words::is_count(&samples[*c].name) && samples[*c].whole
        };
        if let Some(column) = (0..samples.len()).find(counts) {
            roles.notes.push(format!(
                "if each line stands for `{0}` rows, `--counts={0}` counts them",
                samples[column].name
            ));
        }
    }
    let outcome = roles.predictions.first().or(roles.label.as_ref());
    let punitive = outcome.filter(|outcome| words::is_punitive(&outcome.name));
    if let (Some(outcome), None) = (punitive, roles.asked.favorable) {
        roles.notes.push(format!(
            "the positive of `{}` is taken for what people want: `--favorable negative` if not",
            outcome.name
        ));
    }
}
