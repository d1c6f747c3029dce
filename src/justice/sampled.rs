//! What each feature adds to the scores of a model that only answers: Shapley values against rows of
//! the table.
//!
//! In: a case with any model. Out: of each row an estimate from orders of the features and rows that are
//! drawn (Štrumbelj and Kononenko 2014, doi:10.1007/s10115-013-0679-x, algorithm 1), whose means by
//! group have intervals that include what the draws leave open; of single rows the values over all sets
//! of features where these are few, else means over drawn orders.

use super::contributions::said;
use super::means::{Mean, NO_INTERVAL, Part, grouped, put};
use super::model::Asked;
use super::{Case, Single};
use crate::error::Result;
use crate::fit::features::{Feature, Raw};
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::random::{Stream, Streams};

/// Rows of the table that a single row is held against, where not all of them can be asked about with
/// every set of features.
const AGAINST: usize = 100;
/// Rows at most that are asked about for a single row.
const SINGLE: usize = 1 << 17;
/// Another seed than that of the folds.
const DRAWN: u64 = 0x7368_6170_6c65_7921;

/// Draws rows by weight.
struct Draw {
    /// Sums of weights, by place.
    sums: Vec<f64>,
}

impl Draw {
    fn of(case: &Case) -> Self {
        let mut sum = 0.0;
        let add = |place| {
            sum += case.weight(place);
            sum
        };
        Self {
            sums: (0..case.rows.len()).map(add).collect(),
        }
    }

    /// A place.
    fn draw(&self, random: &mut Stream) -> usize {
        let last = self.sums.len() - 1;
        let at = random.uniform() * self.sums[last];
        self.sums.partition_point(|sum| *sum <= at).min(last)
    }
}

/// What was estimated of each row.
pub(super) struct Sampled {
    /// By feature, then by place; nothing of places in no part.
    pub by_feature: Vec<Vec<f64>>,
    /// What the square of each is, on average over draws.
    squares: Vec<Vec<f64>>,
    /// Rows that were looked at together.
    pub parts: Vec<Part>,
    /// The mean score.
    pub base: f64,
    /// Rows that were looked at.
    looked: usize,
}

/// Walks of rows that are looked at, each from another row to itself, feature by feature.
struct Walks {
    /// The rows of the table.
    rows: Vec<u32>,
    /// The row of the table from which each starts.
    from: Vec<u32>,
    /// Of each the turn of every feature.
    turns: Vec<Vec<usize>>,
}

impl Walks {
    /// The columns after so many turns.
    fn columns(&self, case: &Case, turn: usize) -> Vec<Feature> {
        let mixed = |(at, feature): (usize, &Feature)| {
            let mut mixed = feature.clone();
            let open = (0..self.rows.len()).filter(|&walk| self.turns[walk][at] >= turn);
            match (&feature.raw, &mut mixed.raw) {
                (Raw::Numbers(own), Raw::Numbers(now)) => {
                    open.for_each(|at| now[self.rows[at] as usize] = own[self.from[at] as usize]);
                }
                (Raw::Texts(own, _), Raw::Texts(now, _)) => {
                    open.for_each(|at| now[self.rows[at] as usize] = own[self.from[at] as usize]);
                }
                _ => {}
            }
            mixed
        };
        case.features.iter().enumerate().map(mixed).collect()
    }
}

/// Estimates the values of each row from so many orders as values are shuffled.
pub(super) fn sampled(case: &Case) -> Result<Sampled> {
    let (orders, width) = (case.asking.repeats, case.features.len());
    let looked = looked(case, orders * width);
    let columns = case.columns();
    let as_is = case.whole.scores(&case.asked(&columns, case.rows))?;
    let draw = Draw::of(case);
    let streams = Streams::new(case.asking.seed ^ DRAWN);
    let places = case.rows.len();
    let mut sums = vec![vec![0.0; places]; width];
    let mut squares = vec![vec![0.0; places]; width];
    for order in 0..orders {
        let mut starts = Vec::with_capacity(looked.len());
        let mut turns = Vec::with_capacity(looked.len());
        for &place in &looked {
            let mut random = streams.stream((order * places + place) as u64);
            starts.push(draw.draw(&mut random));
            let mut turn: Vec<usize> = (0..width).collect();
            random.shuffle(&mut turn);
            turns.push(turn);
        }
        let walks = Walks {
            rows: looked.iter().map(|&place| case.rows[place]).collect(),
            from: starts.iter().map(|&place| case.rows[place]).collect(),
            turns,
        };
        let mut scores = vec![
            starts
                .iter()
                .map(|&place| as_is[place])
                .collect::<Vec<f64>>(),
        ];
        scores.extend(walked(case, &walks)?);
        scores.push(looked.iter().map(|&place| as_is[place]).collect());
        for (walk, &place) in looked.iter().enumerate() {
            for (feature, &turn) in walks.turns[walk].iter().enumerate() {
                let added = scores[turn + 1][walk] - scores[turn][walk];
                sums[feature][place] += added;
                squares[feature][place] += added * added;
            }
        }
    }
    let count = orders as f64;
    for (sums, squares) in sums.iter_mut().zip(&mut squares) {
        for (sum, square) in sums.iter_mut().zip(squares) {
            // Of two draws the product is the square on average; of one its own square is more.
            *square = (*sum * *sum - *square) / (count * (count - 1.0));
            *sum /= count;
        }
    }
    let is_looked = |place: &usize| looked.binary_search(place).is_ok();
    let mut parts = case.parts();
    for part in &mut parts {
        part.places.retain(is_looked);
    }
    let all: Vec<usize> = (0..places).collect();
    let whole = Part {
        group: None,
        places: all,
    };
    Ok(Sampled {
        by_feature: sums,
        squares,
        parts,
        base: case
            .mean(&whole, &as_is)
            .map_or(f64::NAN, |mean| mean.value),
        looked: looked.len(),
    })
}

/// Places that are looked at: all, or as many as can be, evenly spread.
fn looked(case: &Case, each: usize) -> Vec<usize> {
    let rows = case.rows.len();
    let most = (super::CELLS / each.max(1)).clamp(1, rows.max(1));
    (0..most.min(rows)).map(|at| at * rows / most).collect()
}

/// The scores after each turn but the last.
fn walked(case: &Case, walks: &Walks) -> Result<Vec<Vec<f64>>> {
    let width = case.features.len();
    let turns: Vec<usize> = (1..width).collect();
    let mut scores = Vec::new();
    for some in turns.chunks((case.at_once() / width).max(1)) {
        let changed: Vec<Vec<Feature>> = some.iter().map(|&at| walks.columns(case, at)).collect();
        let columns: Vec<Vec<&Feature>> = changed.iter().map(|own| own.iter().collect()).collect();
        let asked: Vec<Asked> = columns
            .iter()
            .map(|own| case.asked(own, &walks.rows))
            .collect();
        scores.extend(case.whole.all(&asked)?);
    }
    Ok(scores)
}

/// The means by group, the largest feature first.
pub(super) fn by_group(case: &Case, sampled: &Sampled) -> Table {
    let size = |feature: usize, part: &Part| {
        let mean = case.mean(part, &sampled.squares[feature]);
        mean.map(|mean| mean.value.max(0.0).sqrt())
    };
    let mut order: Vec<usize> = (0..case.features.len()).collect();
    let sizes: Vec<f64> = order
        .iter()
        .map(|&feature| size(feature, &sampled.parts[0]).unwrap_or(0.0))
        .collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]));
    let title = "mean contribution to the score, by feature and group";
    let mut table =
        grouped(Table::new("contributions", title).column("feature", "feature", Kind::Text, 0))
            .column("contribution", "mean", Kind::Number, 0)
            .column("contribution_interval", "interval", Kind::Interval, 2)
            .column("size", "root mean square", Kind::Number, 1);
    for feature in order {
        for part in &sampled.parts {
            let line = case
                .line(part)
                .text("feature", &*case.features[feature].name);
            let mean = case.mean(part, &sampled.by_feature[feature]);
            let line = put(line, "contribution", mean.as_ref(), case.asking.confidence);
            table.push(line.number("size", size(feature, part).ok_or("no_rows")));
        }
    }
    table
}

/// What is to be known of the estimates.
pub(super) fn notes(case: &Case, sampled: &Sampled) -> Vec<String> {
    let (orders, looked, rows) = (case.asking.repeats, sampled.looked, case.rows.len());
    let mut notes = vec![format!(
        "of {} itself: what its score changes by where the values of a row take the place of those of \
         another row, one after the other, over {orders} orders and rows drawn for each row; \
         intervals include what the draws leave open; the base is the mean score, {:.4}",
        case.whole.about(),
        sampled.base
    )];
    if looked < rows {
        notes.push(format!(
            "{looked} of {rows} rows, evenly spread, stand for them"
        ));
    }
    notes
}

/// Why single rows are scored as they are.
pub(super) fn singles(case: &Case, found: &mut Found) -> Result<()> {
    let draw = Draw::of(case);
    let streams = Streams::new(case.asking.seed ^ DRAWN.rotate_left(1));
    // Who all rows are held against: everyone, or some who are drawn once.
    let mut against: Vec<(u32, f64)> = (0..case.rows.len())
        .map(|place| (case.rows[place], case.weight(place)))
        .collect();
    let width = case.features.len();
    let sets = 1_usize.checked_shl(width as u32).unwrap_or(usize::MAX);
    let is_whole = sets.saturating_mul(against.len()) <= SINGLE;
    if !is_whole && against.len() > AGAINST {
        let mut random = streams.stream(u64::MAX);
        let drawn = (0..AGAINST).map(|_| (case.rows[draw.draw(&mut random)], 1.0));
        against = drawn.collect();
    }
    let is_exact = sets.saturating_mul(against.len()) <= SINGLE;
    for single in &case.asking.singles {
        let (base, values) = if is_exact {
            exact(case, single, (&against, sets))?
        } else {
            let mut random = streams.stream(u64::from(single.row));
            drawn(case, single, (&draw, &mut random))?
        };
        found.tables.push(table(case, single, (base, &values)));
    }
    if !case.asking.singles.is_empty() {
        let count = against.len();
        found.notes.push(if is_exact {
            let which = if is_whole {
                "all"
            } else {
                "drawn: held against others the numbers would differ"
            };
            format!(
                "single rows: exact over all {sets} sets of features, against {count} rows ({which})"
            )
        } else {
            let orders = SINGLE / (width + 1);
            format!(
                "single rows: means over {orders} orders and rows that are drawn, with their error"
            )
        });
    }
    Ok(())
}

/// A feature with the values of these rows of the table, one after the other.
fn taken(feature: &Feature, rows: &[u32]) -> Feature {
    let raw = match &feature.raw {
        Raw::Numbers(own) => Raw::Numbers(rows.iter().map(|&row| own[row as usize]).collect()),
        Raw::Texts(own, values) => {
            let keys = rows.iter().map(|&row| own[row as usize]).collect();
            Raw::Texts(keys, std::sync::Arc::clone(values))
        }
    };
    Feature {
        raw,
        name: feature.name.clone(),
        values: feature.values,
    }
}

/// The scores of a row where each feature is that of some row of the table.
fn scored(case: &Case, row: u32, from: &[Vec<u32>]) -> Result<Vec<f64>> {
    let each = case.features.iter().zip(from);
    let changed: Vec<Feature> = each.map(|(feature, rows)| taken(feature, rows)).collect();
    let columns: Vec<&Feature> = changed.iter().collect();
    let count = from.first().map_or(0, Vec::len);
    let places: Vec<u32> = (0..count as u32).collect();
    let rows = vec![row; count];
    case.whole.scores(&Asked {
        columns: &columns,
        places: &places,
        rows: &rows,
        groups: case.groups,
    })
}

/// The base, and of each feature the value, with its error where it is a mean.
type Values = (f64, Vec<(f64, Option<Mean>)>);

/// Over all sets of features that are those of the row, the others being those of each row that it
/// is held against (Lundberg and Lee 2017, arXiv:1705.07874, equation 4).
fn exact(case: &Case, single: &Single, (against, sets): (&[(u32, f64)], usize)) -> Result<Values> {
    let width = case.features.len();
    let from = |feature: usize| {
        let own = (0..sets).flat_map(|set| {
            let is_own = (set >> feature) & 1 == 1;
            let other = against.iter().map(|(row, _)| *row);
            other.map(move |other| if is_own { single.row } else { other })
        });
        own.collect()
    };
    let from: Vec<Vec<u32>> = (0..width).map(from).collect();
    let scores = scored(case, single.row, &from)?;
    let total: f64 = against.iter().map(|(_, weight)| weight).sum();
    let mean = |scores: &[f64]| {
        let each = scores.iter().zip(against);
        each.map(|(score, (_, weight))| score * weight).sum::<f64>() / total
    };
    let known: Vec<f64> = scores.chunks(against.len()).map(mean).collect();
    // How often a set of so many features stands before one: 1 / (n (n - 1 over k)).
    let mut shares = vec![1.0 / width as f64; width];
    for size in 1..width {
        shares[size] = shares[size - 1] * size as f64 / (width - size) as f64;
    }
    let value = |feature: usize| {
        let without = (0..sets).filter(|set| (set >> feature) & 1 == 0);
        let added = without.map(|set| {
            let share = shares[set.count_ones() as usize];
            share * (known[set | (1 << feature)] - known[set])
        });
        (added.sum(), None)
    };
    Ok((known[0], (0..width).map(value).collect()))
}

/// Over orders and rows that are drawn.
fn drawn(case: &Case, single: &Single, (draw, random): (&Draw, &mut Stream)) -> Result<Values> {
    let width = case.features.len();
    let orders = SINGLE / (width + 1);
    let mut from = vec![Vec::with_capacity(orders * (width + 1)); width];
    let mut turns = Vec::with_capacity(orders);
    for _ in 0..orders {
        let other = case.rows[draw.draw(random)];
        let mut turn: Vec<usize> = (0..width).collect();
        random.shuffle(&mut turn);
        for step in 0..=width {
            for (feature, from) in from.iter_mut().enumerate() {
                from.push(if turn[feature] < step {
                    single.row
                } else {
                    other
                });
            }
        }
        turns.push(turn);
    }
    let scores = scored(case, single.row, &from)?;
    let walks: Vec<&[f64]> = scores.chunks(width + 1).collect();
    let value = |feature: usize| {
        let each = walks.iter().zip(&turns);
        let added = each.map(|(walk, turn)| walk[turn[feature] + 1] - walk[turn[feature]]);
        let mean = Mean::of(added.map(|added| (added, 1.0)));
        (mean.map_or(f64::NAN, |mean| mean.value), mean)
    };
    let base = walks.iter().map(|walk| walk[0]).sum::<f64>() / orders as f64;
    Ok((base, (0..width).map(value).collect()))
}

fn table(case: &Case, single: &Single, (base, values): (f64, &[(f64, Option<Mean>)])) -> Table {
    let total = base + values.iter().map(|own| own.0).sum::<f64>();
    let name = &single.name;
    let title = format!("row {name}: the score is {total:.4}, from a base of {base:.4}");
    let mut table = Table::new(format!("row_{name}"), title)
        .column("feature", "feature", Kind::Text, 0)
        .column("value", "value", Kind::Text, 1)
        .column("contribution", "contribution", Kind::Number, 0)
        .column("contribution_interval", "interval", Kind::Interval, 2);
    let mut order: Vec<usize> = (0..values.len()).collect();
    let size = |feature: usize| values[feature].0.abs();
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
    for feature in order {
        let (value, mean) = values[feature];
        let interval = mean.and_then(|mean| mean.interval(case.asking.confidence));
        let line = Line::new()
            .text("feature", &*case.features[feature].name)
            .text("value", said(&case.features[feature], single.row))
            .number("contribution", Ok(value));
        table.push(line.interval("contribution_interval", interval, NO_INTERVAL));
    }
    let line = Line::new()
        .text("feature", "(base)")
        .number("contribution", Ok(base));
    table.push(line);
    table
}
