//! Whether rows that are alike are decided alike.
//!
//! In: a case; a model is not needed. Out: of decisions and of labels 1 − the mean difference of a
//! row from its k nearest, by group (Zemel, Wu, Swersky, Pitassi and Dwork 2013, PMLR 28(3), eq. 15),
//! the row itself among them as in AIF360; pairs whose scores are further apart than they are; pairs
//! that are alike and decided differently.

use super::lipschitz::{self, Against};
use super::means::{Mean, Part, apart, grouped, put};
use super::neighbors::{Near, Points, near};
use super::{Case, Method, Needs};
use crate::error::Result;
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::{Amount, Fraction, interval};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "consistency",
    about: "whether rows that are alike are decided alike, by group",
    title: "whether rows that are alike are decided alike",
    source: "Zemel, Wu, Swersky, Pitassi and Dwork 2013, PMLR 28(3):325-333; Dwork, Hardt, Pitassi, \
             Reingold and Zemel 2012, doi:10.1145/2090236.2090255",
    needs: Needs::Decisions,
    answer,
};

/// Something that is yes or no of each row.
struct Outcome {
    name: &'static str,
    /// By place.
    values: Vec<Option<bool>>,
}

/// What is held against each other, by place.
struct Held {
    outcomes: Vec<Outcome>,
    scores: Vec<f64>,
    is_scored: bool,
    about: String,
}

/// What was seen from one row.
struct Seen {
    /// Of each outcome.
    near: Vec<Option<Alone>>,
    /// Against each group.
    against: Vec<Against>,
    /// The nearest that are decided otherwise, with the squared distance.
    otherwise: Vec<(f64, usize)>,
}

/// One row and its neighbors.
struct Alone {
    /// How far it is from them.
    apart: f64,
    /// The least and the most that may be, whichever of equally far rows are taken.
    limits: (f64, f64),
    /// Whether a row with the same features has another outcome.
    is_torn: bool,
    near: Near,
}

/// Sums over the rows that were looked at, of one outcome.
struct Sums {
    /// By place, of those that were looked at and have an outcome.
    alike: Vec<Option<f64>>,
    least: Vec<f64>,
    most: Vec<f64>,
    torn: Vec<bool>,
    /// Of each group, by place: the weight of differences from the neighbors that it is one of, and
    /// of all of them.
    lent: Vec<[Vec<f64>; 2]>,
}

fn answer(case: &Case) -> Result<Option<Found>> {
    if case.features.is_empty() || case.rows.len() < 2 {
        return Ok(None);
    }
    let held = held(case)?;
    let points = Points::of(case);
    let looked = points.looked(case.asking.seed);
    let mut is_looked = vec![false; case.rows.len()];
    for &place in &looked {
        is_looked[place] = true;
    }
    let new = |_| Sums::new(case.rows.len(), case.names.len());
    let mut sums: Vec<Sums> = (0..held.outcomes.len()).map(new).collect();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    let mut against = Vec::new();
    let look = |place: usize, far: &[f64]| seen(case, (&held, &is_looked), place, far);
    points.each(&looked, look, |place, seen: Seen| {
        for ((own, sums), outcome) in seen.near.into_iter().zip(&mut sums).zip(&held.outcomes) {
            if let Some(own) = own {
                sums.add(case, &outcome.values, place, &own);
            }
        }
        against.push((place, seen.against));
        let otherwise = seen.otherwise.into_iter();
        pairs.extend(otherwise.map(|(far, other)| (far, place, other)));
    });
    let parts = case.parts();
    let mut found = Found::default();
    let consistency = consistency(case, (&held, &sums), &parts, &mut found);
    found.tables.push(consistency);
    found.tables.push(lipschitz::table(case, &against, &parts));
    if case.asking.alike.examples > 0 {
        found.tables.push(listed(case, &held.outcomes[0], pairs));
    }
    notes(case, (&held, &sums), looked.len(), &mut found);
    Ok(Some(found))
}

/// Decisions and scores as they are given, else of the model on rows that it has not seen, and labels.
fn held(case: &Case) -> Result<Held> {
    let by_place = |all: &[Option<bool>]| {
        let of = |&row: &u32| all.get(row as usize).copied().flatten();
        case.rows.iter().map(of).collect::<Vec<_>>()
    };
    let is_given = !case.given.is_empty();
    let (mut scores, decisions, about) = if is_given {
        let of = |&row: &u32| case.scores.get(row as usize).copied().unwrap_or(f64::NAN);
        let scores: Vec<f64> = case.rows.iter().map(of).collect();
        (scores, by_place(case.given), case.deciding.to_owned())
    } else {
        let columns = case.columns();
        let asked = case.asked(&columns, case.rows);
        let scores = case.held.scores(&asked)?;
        let decided = case.held.decisions(&asked, &scores);
        (scores, decided, case.held.about())
    };
    let is_scored = scores.iter().any(|score| score.is_finite());
    if !is_scored {
        let of = |value: &Option<bool>| value.map_or(f64::NAN, |yes| f64::from(u8::from(yes)));
        scores = decisions.iter().map(of).collect();
    }
    let labels = by_place(case.labels);
    let decisions = Outcome {
        name: "decisions",
        values: decisions,
    };
    let mut outcomes = vec![decisions];
    if labels.iter().any(Option::is_some) {
        outcomes.push(Outcome {
            name: "labels",
            values: labels,
        });
    }
    Ok(Held {
        outcomes,
        scores,
        is_scored,
        about,
    })
}

fn seen(case: &Case, (held, is_looked): (&Held, &[bool]), place: usize, far: &[f64]) -> Seen {
    let k = case.asking.alike.neighbors;
    let alone = |outcome: &Outcome| alone(&outcome.values, place, far, k);
    let decided = &held.outcomes[0].values;
    let is_otherwise = |other: usize| {
        let is_new = other > place || !is_looked[other];
        is_new && decided[other].is_some() && decided[other] == decided[place].map(|yes| !yes)
    };
    let mut otherwise: Vec<(f64, usize)> = Vec::new();
    let examples = case.asking.alike.examples;
    if examples > 0 {
        let all = far
            .iter()
            .enumerate()
            .filter(|(other, _)| is_otherwise(*other));
        otherwise.extend(all.map(|(other, far)| (*far, other)));
        otherwise.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        otherwise.truncate(examples);
    }
    Seen {
        near: held.outcomes.iter().map(alone).collect(),
        against: lipschitz::against(case, (&held.scores, is_looked), place, far),
        otherwise,
    }
}

fn alone(values: &[Option<bool>], place: usize, far: &[f64], k: usize) -> Option<Alone> {
    let own = values[place]?;
    let near = near(far, k, |at| values[at].is_some());
    let is_other = |at: usize| values[at] == Some(!own);
    let apart = near.parts().filter(|(at, _)| is_other(*at));
    Some(Alone {
        apart: apart.map(|(_, part)| part).sum(),
        limits: near.limits(is_other),
        is_torn: (0..far.len()).any(|at| far[at] == 0.0 && is_other(at)),
        near,
    })
}

impl Sums {
    fn new(rows: usize, groups: usize) -> Self {
        let lent = || [vec![0.0; rows], vec![0.0; rows]];
        Self {
            alike: vec![None; rows],
            least: vec![0.0; rows],
            most: vec![0.0; rows],
            torn: vec![false; rows],
            lent: (0..groups).map(|_| lent()).collect(),
        }
    }

    fn add(&mut self, case: &Case, values: &[Option<bool>], place: usize, own: &Alone) {
        self.alike[place] = Some(1.0 - own.apart);
        (self.most[place], self.least[place]) = (1.0 - own.limits.0, 1.0 - own.limits.1);
        self.torn[place] = own.is_torn;
        let group = case.groups[case.rows[place] as usize] as usize;
        let [alike, all] = &mut self.lent[group];
        for (other, part) in own.near.parts().filter(|(other, _)| *other != place) {
            let part = part * case.weight(place);
            all[other] += part;
            if values[other] == values[place] {
                alike[other] += part;
            }
        }
    }

    fn places<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = usize> + Clone + 'a {
        let own = part.places.iter().copied();
        own.filter(|&place| self.alike[place].is_some())
    }

    /// The mean over a part. A row is in its own neighborhood and in those of others: its variance is
    /// that of what leaving each row out would change.
    fn mean(&self, case: &Case, part: &Part) -> Option<Mean> {
        let places = self.places(part);
        let of = |place: usize| (self.alike[place].unwrap_or(0.0), case.weight(place));
        let mean = Mean::of(places.clone().map(of))?;
        let mut influence = vec![0.0; case.rows.len()];
        let mut total = 0.0;
        for place in places.clone() {
            let (alike, weight) = of(place);
            influence[place] += weight * (alike - mean.value);
            total += weight;
        }
        for (group, [alike, all]) in self.lent.iter().enumerate() {
            if part.group.is_some_and(|own| own != group) {
                continue;
            }
            for (own, (alike, all)) in influence.iter_mut().zip(alike.iter().zip(all)) {
                *own += alike - all * mean.value;
            }
        }
        let square: f64 = influence.iter().map(|own| own * own).sum();
        let rows = places.count() as f64;
        Some(Mean {
            variance: square / (total * total) * rows / (rows - 1.0),
            ..mean
        })
    }

    /// The rows that a row with the same features is decided otherwise than.
    fn torn(&self, case: &Case, part: &Part) -> Fraction {
        let sum = |sum: Amount, place: usize| {
            let weight = case.weight(place);
            sum + Amount {
                rows: 1,
                weight,
                weight_sq: weight * weight,
            }
        };
        let torn = self.places(part).filter(|place| self.torn[*place]);
        let none = Amount::default();
        Fraction::new(torn.fold(none, sum), self.places(part).fold(none, sum))
    }

    fn plain(&self, case: &Case, part: &Part, numbers: &[f64]) -> Option<Mean> {
        let places = self.places(part);
        Mean::of(places.map(|place| (numbers[place], case.weight(place))))
    }
}

fn consistency(
    case: &Case,
    (held, sums): (&Held, &[Sums]),
    parts: &[Part],
    found: &mut Found,
) -> Table {
    let k = case.asking.alike.neighbors;
    let title = format!("how far rows agree with their {k} nearest: 1 is always");
    let first = Table::new("consistency", title).column("of", "of", Kind::Text, 0);
    let mut table = grouped(first)
        .column("rows", "rows", Kind::Count, 3)
        .column("consistency", "consistency", Kind::Share, 0)
        .column("consistency_interval", "interval", Kind::ShareInterval, 1)
        .column("torn", "twin otherwise", Kind::Share, 2)
        .column("torn_interval", "interval", Kind::ShareInterval, 4)
        .column("least", "least", Kind::Share, 7)
        .column("most", "most", Kind::Share, 7);
    let confidence = case.asking.confidence;
    for (outcome, sums) in held.outcomes.iter().zip(sums) {
        let mut means: Vec<(usize, Mean)> = Vec::new();
        for part in parts {
            let mean = sums.mean(case, part);
            means.extend(part.group.zip(mean));
            let line = case.line(part).text("of", outcome.name);
            let line = line.count("rows", sums.places(part).count() as u64);
            let line = put(line, "consistency", mean.as_ref(), confidence);
            let torn = sums.torn(case, part);
            let limits = interval::rate(&torn, confidence);
            let mut line: Line = line.number("torn", torn.value().ok_or("no_rows")).interval(
                "torn_interval",
                limits,
                "no_rows",
            );
            for (name, numbers) in [("least", &sums.least), ("most", &sums.most)] {
                let limit = sums.plain(case, part, numbers).map(|mean| mean.value);
                line = line.number(name, limit.ok_or("no_rows"));
            }
            table.push(line);
        }
        found.facts.extend(fact(case, outcome.name, &means));
    }
    table
}

/// The groups furthest apart, where they are apart for sure.
fn fact(case: &Case, of: &str, means: &[(usize, Mean)]) -> Option<(f64, String)> {
    let by = |a: &&(usize, Mean), b: &&(usize, Mean)| a.1.value.total_cmp(&b.1.value);
    let (low, high) = (means.iter().min_by(by)?, means.iter().max_by(by)?);
    let (gap, interval) = apart(&high.1, &low.1, case.asking.confidence);
    let interval = interval.filter(|interval| interval.low > 0.0)?;
    Some((
        gap.clamp(0.0, 1.0),
        format!(
            "{of} of {} agree less with those of rows that are alike than those of {}: {:.3}, \
             {:.3}; {:.3} to {:.3} less",
            case.called(low.0),
            case.called(high.0),
            low.1.value,
            high.1.value,
            interval.low,
            interval.high
        ),
    ))
}

/// The nearest pairs that are decided differently.
fn listed(case: &Case, outcome: &Outcome, mut pairs: Vec<(f64, usize, usize)>) -> Table {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    pairs.truncate(case.asking.alike.examples);
    let title = "the nearest pairs that are decided differently: by number, from 1";
    let mut table = Table::new("pairs", title)
        .column("distance", "distance", Kind::Number, 0)
        .column("row", "positive", Kind::Count, 0)
        .column("group", "group", Kind::Group, 0)
        .column("other", "negative", Kind::Count, 0)
        .column("other_group", "group", Kind::Group, 0);
    for (far, a, b) in pairs {
        let (yes, no) = if outcome.values[a] == Some(true) {
            (a, b)
        } else {
            (b, a)
        };
        let group = |place: usize| {
            let group = case.groups[case.rows[place] as usize];
            case.names[group as usize].clone()
        };
        let line = Line::new()
            .number("distance", Ok(far.sqrt()))
            .count("row", u64::from(case.rows[yes]) + 1)
            .group("group", group(yes))
            .count("other", u64::from(case.rows[no]) + 1)
            .group("other_group", group(no));
        table.push(line);
    }
    table
}

fn notes(case: &Case, (held, sums): (&Held, &[Sums]), looked: usize, found: &mut Found) {
    let rows = case.rows.len();
    let notes = &mut found.notes;
    notes.push(format!("decided by: {}", held.about));
    notes.push(if looked == rows {
        format!("exact: each of {rows} rows was held against every other")
    } else {
        format!(
            "a sample: {looked} of {rows} rows, drawn by the seed, were looked at, each against all \
             {rows}"
        )
    });
    notes.push(
        "alike: by all features, numbers standardized, texts as one-hot columns; the row is one of \
         its own neighbors, and rows as far as the last one share its place"
            .to_owned(),
    );
    for (outcome, sums) in held.outcomes.iter().zip(sums) {
        let all = &case.parts()[0];
        let limit = |numbers: &[f64]| sums.plain(case, all, numbers).map(|mean| mean.value);
        if let Some((least, most)) = limit(&sums.least).zip(limit(&sums.most))
            && most - least > 0.0005
        {
            notes.push(format!(
                "{}: between {least:.3} and {most:.3}, whichever of rows that are equally far are taken \
                 for neighbors",
                outcome.name
            ));
        }
    }
    if !held.is_scored {
        notes.push("no scores: a decision is a score of 0 or 1".to_owned());
    }
    notes.extend(case.small());
}
