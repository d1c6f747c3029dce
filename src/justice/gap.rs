//! Why a gap in decisions exists: other values, or other treatment of the same values, by feature.
//!
//! In: a case, with the table's own decisions or else the model's. Out: the gap between the groups
//! that lie furthest apart, taken apart by Oaxaca and Blinder with redrawn rows for intervals, and
//! for each feature alone by Kitagawa.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ndarray::Array2;

use super::means::{Mean, Part};
use super::oaxaca::{Sides, Taken, redrawn, taken};
use super::{Case, Method, Needs};
use crate::error::Result;
use crate::fit::encoder::Encoder;
use crate::fit::features::{Feature, Raw, Values};
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::interval::{Interval, Method as How};
use crate::stats::strata::Stratum;
use crate::stats::{Amount, Fraction, redraw, standard};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "gap",
    about: "a gap in decisions taken apart by feature: other values, or other treatment",
    title: "why the gap in decisions exists",
    source: "Blinder 1973, doi:10.2307/144855; Oaxaca 1973, doi:10.2307/2525981; pooled: Jann 2008, \
             doi:10.1177/1536867X0800800401; Kitagawa 1955, doi:10.1080/01621459.1955.10501299",
    needs: Needs::Decisions,
    answer,
};

/// How often rows are redrawn.
const REPLICATES: usize = 200;
/// Another seed than that of the folds.
const REDRAWN: u64 = 0x7265_6472_6177_6e21;
/// Why there is no interval.
const NO_INTERVAL: &str = "too_few_replicates";

/// A number of a gap that was taken apart.
type Pick = fn(&Taken) -> f64;
/// A number of each column.
type Each = fn(&Taken) -> &[f64];

/// Two groups and the rows of both that have a decision.
struct Pair {
    high: usize,
    low: usize,
    rows: Vec<u32>,
    is_first: Vec<bool>,
    y: Vec<f64>,
    weights: Vec<f64>,
}

fn answer(case: &Case) -> Result<Option<Found>> {
    let decided = if case.given.is_empty() {
        let columns = case.columns();
        let asked = case.asked(&columns, case.rows);
        let scores = case.held.scores(&asked)?;
        case.held.decisions(&asked, &scores)
    } else {
        case.rows
            .iter()
            .map(|&row| case.given[row as usize])
            .collect()
    };
    let Some(pair) = pair(case, &decided) else {
        return Ok(None);
    };
    let (features, left) = plain(case, &pair);
    let (x, of) = if features.is_empty() {
        (Array2::zeros((pair.rows.len(), 0)), Vec::new())
    } else {
        let encoder = Encoder::fit(&features, &pair.rows, case.weights)?;
        (encoder.matrix(&features, &pair.rows)?, encoder.of())
    };
    let sides = Sides {
        x: x.view(),
        y: &pair.y,
        weights: &pair.weights,
        is_first: &pair.is_first,
    };
    let Some(whole) = taken(&sides) else {
        return Ok(None);
    };
    let draws = redrawn(&sides, REPLICATES, case.asking.seed ^ REDRAWN).unwrap_or_default();
    let mut found = Found::default();
    found.tables.push(parts(case, &pair, (&whole, &draws)));
    found
        .tables
        .push(by_feature(case, (&whole, &draws), (&features, &of)));
    found.tables.push(alone(&features, &pair));
    let (high, low) = (case.called(pair.high), case.called(pair.low));
    let points = |x: f64| 100.0 * x;
    found.facts.push((
        0.85,
        format!(
            "{high} are decided on as positive {:.1} points more often than {low}: features explain \
             {:.1} of them",
            points(whole.gap),
            points(whole.explained.iter().sum())
        ),
    ));
    let whose = case.whose();
    found.notes.push(format!(
        "{whose}, as 0 and 1, by least squares in each group; intervals from rows redrawn \
         {REPLICATES} times within the groups"
    ));
    found.notes.extend(left);
    found.notes.push(
        "what is unexplained may be other treatment, or what no feature says; what is explained may \
         rest on features that are unfair themselves; by feature, coefficients depend on which \
         level of a text is the baseline (Oaxaca and Ransom 1999, doi:10.1162/003465399767923908)"
            .to_owned(),
    );
    Ok(Some(found))
}

/// The features that a regression within the groups can have: not what makes the groups, which is the
/// same in all rows of each, nor words, of which there may be more than rows; and what is said of those.
fn plain<'a>(case: &'a Case, pair: &Pair) -> (Cow<'a, [Feature]>, Vec<String>) {
    let is_words = |feature: &&Feature| feature.values == Values::Words;
    let is_group = |feature: &&Feature| !is_words(feature) && is_same(&feature.raw, pair);
    let names = |is_own: &dyn Fn(&&Feature) -> bool| {
        let own = case.features.iter().filter(|feature| is_own(feature));
        let names: Vec<String> = own.map(|feature| format!("`{}`", feature.name)).collect();
        (!names.is_empty()).then(|| crate::error::few(&names))
    };
    let words = names(&is_words)
        .map(|own| format!("words are not regressed on: what those of {own} say is unexplained"));
    let groups = names(&is_group).map(|own| {
        format!("the same in all rows of either group, and so in the unexplained part: {own}")
    });
    let notes: Vec<String> = words.into_iter().chain(groups).collect();
    if notes.is_empty() {
        return (Cow::Borrowed(case.features), notes);
    }
    let left = case.features.iter();
    let left = left.filter(|feature| !is_words(feature) && !is_group(feature));
    (Cow::Owned(left.cloned().collect()), notes)
}

/// Whether all rows of either group have the same value.
fn is_same(raw: &Raw, pair: &Pair) -> bool {
    let value = |row: u32| match raw {
        Raw::Numbers(own) => own[row as usize].to_bits(),
        Raw::Texts(own, _) => u64::from(own[row as usize]),
    };
    let mut seen = [None, None];
    pair.rows.iter().zip(&pair.is_first).all(|(&row, first)| {
        let own = seen[usize::from(*first)].get_or_insert(value(row));
        *own == value(row)
    })
}

/// The groups whose share of positive decisions is highest and lowest, or the reference and the group
/// that lies furthest from it.
fn pair(case: &Case, decided: &[Option<bool>]) -> Option<Pair> {
    let parts = case.parts();
    let share = |part: &Part| {
        let known = part.places.iter().filter_map(|&place| {
            let decided = decided[place]?;
            Some((f64::from(u8::from(decided)), case.weight(place)))
        });
        Mean::of(known).map(|mean| mean.value)
    };
    let shares: Vec<(usize, f64)> = parts
        .iter()
        .filter_map(|part| Some((part.group?, share(part)?)))
        .collect();
    let (high, low) = case.furthest(&shares)?;
    let mut pair = Pair {
        high,
        low,
        rows: Vec::new(),
        is_first: Vec::new(),
        y: Vec::new(),
        weights: Vec::new(),
    };
    for (place, &row) in case.rows.iter().enumerate() {
        let group = case.groups[row as usize] as usize;
        if let (Some(decided), true) = (decided[place], group == high || group == low) {
            pair.rows.push(row);
            pair.is_first.push(group == high);
            pair.y.push(f64::from(u8::from(decided)));
            pair.weights.push(case.weight(place));
        }
    }
    Some(pair)
}

/// A number of the gap, with its interval over redrawn rows.
fn put(
    case: &Case,
    line: Line,
    name: &str,
    (whole, draws): (&Taken, &[Taken]),
    of: &dyn Fn(&Taken) -> f64,
) -> Line {
    let value = of(whole);
    let mut drawn: Vec<f64> = draws.iter().map(of).collect();
    let confidence = case.asking.confidence;
    let range = (f64::NEG_INFINITY, f64::INFINITY);
    let limits = redraw::wide_interval(value, &mut drawn, confidence, range);
    let interval = limits.map(|(low, high)| Interval {
        low,
        high,
        confidence,
        method: How::Bootstrap,
    });
    let interval = interval.map(|own| own.around(value));
    line.number(name, Ok(value))
        .interval(&format!("{name}_interval"), interval, NO_INTERVAL)
}

fn sum(list: &[f64]) -> f64 {
    list.iter().sum()
}

fn parts(case: &Case, pair: &Pair, both: (&Taken, &[Taken])) -> Table {
    let (high, low) = (case.called(pair.high), case.called(pair.low));
    let title = format!("the gap between {high} and {low}, and its parts");
    let mut table = Table::new("gap", title)
        .column("part", "part", Kind::Text, 0)
        .column("value", "points", Kind::Gap, 0)
        .column("value_interval", "interval", Kind::Interval, 1)
        .column("share", "share of the gap", Kind::Share, 2);
    let gap = both.0.gap;
    let list: [(&str, Pick); 6] = [
        ("gap", |own| own.gap),
        ("explained", |own| sum(&own.explained)),
        ("unexplained", |own| sum(&own.unexplained)),
        ("endowments", |own| sum(&own.endowments)),
        ("coefficients", |own| sum(&own.coefficients)),
        ("interaction", |own| sum(&own.interaction)),
    ];
    for (name, of) in list {
        let share = if gap.abs() > 0.0 {
            Ok(of(both.0) / gap)
        } else {
            Err("no_gap")
        };
        let line = put(case, Line::new().text("part", name), "value", both, &of);
        table.push(line.number("share", share));
    }
    table
}

fn by_feature(
    case: &Case,
    both: (&Taken, &[Taken]),
    (features, of): (&[Feature], &[usize]),
) -> Table {
    let mut table = Table::new("gap_features", "the same by feature").column(
        "feature",
        "feature",
        Kind::Text,
        0,
    );
    let list: [(&str, u8, Each); 5] = [
        ("explained", 0, |own| &own.explained),
        ("unexplained", 1, |own| &own.unexplained),
        ("endowments", 4, |own| &own.endowments),
        ("coefficients", 4, |own| &own.coefficients),
        ("interaction", 5, |own| &own.interaction),
    ];
    for (name, rank, _) in list {
        table = table.column(name, name, Kind::Gap, rank).column(
            &format!("{name}_interval"),
            "interval",
            Kind::Interval,
            rank + 1,
        );
    }
    let constant = of.len();
    let columns =
        |feature: usize| -> Vec<usize> { (0..of.len()).filter(|&at| of[at] == feature).collect() };
    let mut rows: Vec<(&str, Vec<usize>)> = features
        .iter()
        .enumerate()
        .map(|(at, feature)| (feature.name.as_str(), columns(at)))
        .collect();
    let size = |own: &[usize]| {
        own.iter()
            .map(|&at| both.0.explained[at])
            .sum::<f64>()
            .abs()
    };
    rows.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)));
    rows.push(("(constant)", vec![constant]));
    for (name, own) in &rows {
        let mut line = Line::new().text("feature", *name);
        for (part, _, pick) in list {
            let of = |taken: &Taken| own.iter().map(|&at| pick(taken)[at]).sum();
            line = put(case, line, part, both, &of);
        }
        table.push(line);
    }
    table
}

/// By one feature alone: the groups' mix of its values, and their rates at the same value.
fn alone(features: &[Feature], pair: &Pair) -> Table {
    let mut table = Table::new("gap_alone", "the gap by one feature alone (Kitagawa)")
        .column("feature", "feature", Kind::Text, 0)
        .column("composition", "composition", Kind::Gap, 0)
        .column("rates", "rates", Kind::Gap, 0)
        .column("outside", "outside", Kind::Gap, 2);
    for feature in features {
        let strata = strata(feature, pair);
        let parts = standard::decomposed(&strata);
        let number = |of: fn(&standard::Parts) -> f64| parts.as_ref().map(of).ok_or("no_rows");
        table.push(
            Line::new()
                .text("feature", &*feature.name)
                .number("composition", number(|own| own.composition))
                .number("rates", number(|own| own.rates))
                .number("outside", number(|own| own.outside)),
        );
    }
    table
}

/// Levels of texts, quarters of numbers, and what is missing.
fn strata(feature: &Feature, pair: &Pair) -> Vec<Stratum> {
    let codes: Vec<Option<String>> = match &feature.raw {
        Raw::Texts(keys, values) => pair
            .rows
            .iter()
            .map(|&row| {
                values[keys[row as usize] as usize]
                    .as_deref()
                    .map(str::to_owned)
            })
            .collect(),
        Raw::Numbers(numbers) => {
            let own: Vec<f64> = pair.rows.iter().map(|&row| numbers[row as usize]).collect();
            let cuts = super::conditions::quartiles(own.iter().copied());
            let quarter = |x: &f64| {
                let at = cuts.iter().filter(|&&cut| *x > cut).count();
                (!x.is_nan()).then(|| at.to_string())
            };
            own.iter().map(quarter).collect()
        }
    };
    let mut strata: BTreeMap<Option<String>, [Fraction; 2]> = BTreeMap::new();
    for (at, code) in codes.into_iter().enumerate() {
        let side = &mut strata.entry(code).or_default()[usize::from(!pair.is_first[at])];
        let weight = pair.weights[at];
        let add = |to: &mut Amount| {
            to.rows += 1;
            to.weight += weight;
            to.weight_sq += weight * weight;
        };
        add(&mut side.whole);
        if pair.y[at] > 0.5 {
            add(&mut side.part);
        }
    }
    strata
        .into_values()
        .map(|[a, b]| Stratum { a, b })
        .collect()
}
