//! How well a model that is not given a sensitive column can still tell the group: a decision tree
//! learns it from each other column, from all of them, and from the two that tell most together.
//!
//! In: the exemplars of the pass. Out: areas under the ROC curve of rows that were held out. 0.5 is
//! nothing, 1 is everything. Sensitive columns are no features: it is about who leaves them out.

use rayon::prelude::*;

use super::Check;
use super::context::Context;
use super::encoded::Rows;
use super::learnt::{Held, Together, Told};
use super::pairs::{self, CROSSED};
use super::section::{Found, Kind, Line, Table};
use crate::sketch::LABELS;
use crate::stats::adjust::holm_of_some;
use crate::tally::{self, Row};

/// The check.
pub const CHECK: Check = Check {
    name: "encoding",
    title: "how well a model could tell the group from other columns",
    publishes: false,
    run,
};

/// An area that deserves a look: half of the way from chance to certainty (Somers' D of 0.5), more
/// than that of a large effect (0.714 of Cohen's d of 0.8; Rice and Harris 2005,
/// doi:10.1007/s10979-005-6832-7).
const STRONG: f64 = 0.75;
/// By how much two columns tell more than any one, to deserve a look.
const GAIN: f64 = 0.05;
/// Groups of an attribute that are looked at, the largest ones.
const GROUPS: usize = 5;
/// Groups of all attributes.
const TARGETS: usize = 12;
/// Rows that either side has, of those that are kept.
const LEAST: u64 = 20;

/// A group to be told from the rest.
struct Target<'a> {
    attribute: &'a tally::Table,
    row: &'a Row,
    /// Of each exemplar.
    side: Vec<Option<bool>>,
    pair: Option<(usize, usize)>,
}

/// What is said of a target: what was learnt, and p values adjusted for all others.
struct Said<'a> {
    target: &'a Target<'a>,
    told: Told,
    whole_p: Option<f64>,
    alone_p: Vec<Option<f64>>,
    pair_p: Option<f64>,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    // Where there are too many cells, another check says so.
    if context.singles().next().is_none() || context.sketches.exemplars.rows.is_empty() {
        return found;
    }
    let rows = Rows::of(context);
    if rows.features.is_empty() {
        return found;
    }
    let mut left_out = rows.left_out.clone();
    let targets = targets(context, &rows, &mut left_out);
    let told = targets.par_iter();
    let told = told.map(|own| Told::of(&rows, &own.side, own.pair, context.confidence));
    let all = said(&targets, told.collect());
    if all.is_empty() {
        return found;
    }
    say(context, &rows, &all, &mut found);
    found.tables.push(groups(context, &rows, &all));
    found.tables.push(columns(&rows, &all));
    notes(context, &rows, &mut found);
    found.leave_out(left_out);
    found
}

/// The groups that are told from the rest; of two groups one, since the other is the rest.
fn targets<'a>(context: &'a Context, rows: &Rows, left_out: &mut Vec<String>) -> Vec<Target<'a>> {
    let mut targets = Vec::new();
    for attribute in context.singles() {
        let compared = attribute.compared_rows();
        let of_row = placed(context, attribute);
        let mut chosen = large(context, rows, attribute, &of_row);
        let room = GROUPS.min(TARGETS - targets.len());
        for &at in chosen.iter().skip(room) {
            let group = Context::name(&compared[at]);
            left_out.push(format!("{} {group}", attribute.name));
        }
        chosen.truncate(room);
        let class = |at: Option<usize>| {
            let target = chosen.iter().position(|chosen| at == Some(*chosen));
            at.map(|_| target.unwrap_or(chosen.len()))
        };
        let class: Vec<Option<usize>> = of_row.into_iter().map(class).collect();
        let pairs = pairs::best(rows, &class, chosen.len());
        for ((own, &at), pair) in chosen.iter().enumerate().zip(pairs) {
            let side = class.iter().map(|class| class.map(|class| class == own));
            targets.push(Target {
                attribute,
                row: &compared[at],
                side: side.collect(),
                pair,
            });
        }
    }
    targets
}

/// Of each exemplar: which of the compared groups it is in.
fn placed(context: &Context, attribute: &tally::Table) -> Vec<Option<usize>> {
    let grouping = context.grouping(attribute, false);
    let compared = attribute.compared_rows().len();
    let slot = |slot: u32| {
        let row = grouping.of_cell.get(slot as usize * LABELS);
        row.copied().flatten().map(|row| row as usize)
    };
    let rows = context.sketches.exemplars.rows.iter();
    let of_row = rows.map(|row| slot(row.slot).filter(|row| *row < compared));
    of_row.collect()
}

/// The groups with enough rows, in the table and among those that are kept, the largest first.
fn large(
    context: &Context,
    rows: &Rows,
    attribute: &tally::Table,
    of_row: &[Option<usize>],
) -> Vec<usize> {
    let compared = attribute.compared_rows();
    let mut kept = vec![0; compared.len()];
    for (at, fourths) in of_row.iter().zip(&rows.fourths) {
        if let Some(at) = at {
            kept[*at] += fourths.iter().map(|n| rows.counted(*n)).sum::<u64>();
        }
    }
    let all: u64 = kept.iter().sum();
    let size = |at: usize| compared[at].cell.total().rows;
    let has_rows = |at: &usize| {
        size(*at) >= context.min_group && kept[*at] >= LEAST && all - kept[*at] >= LEAST
    };
    let mut chosen: Vec<usize> = (0..compared.len()).filter(has_rows).collect();
    if compared.len() == 2 {
        // The smaller one, the first of equals.
        chosen.sort_by_key(|&at| size(at));
        chosen.truncate(1);
    }
    chosen.sort_by_key(|&at| std::cmp::Reverse(size(at)));
    chosen
}

/// All p values adjusted for each other.
fn said<'a>(targets: &'a [Target], told: Vec<Told>) -> Vec<Said<'a>> {
    let all = told.iter().flat_map(|told| {
        let alone = told.alone.iter().map(|held| held.map(|held| held.p));
        let whole = told.whole.map(|held| held.p);
        [whole, told.pair.map(|pair| pair.p)]
            .into_iter()
            .chain(alone)
    });
    let mut adjusted = holm_of_some(all).into_iter();
    let mut said = Vec::new();
    for (target, told) in targets.iter().zip(told) {
        let mut next = || adjusted.next().flatten();
        let (whole_p, pair_p) = (next(), next());
        said.push(Said {
            target,
            whole_p,
            pair_p,
            alone_p: told.alone.iter().map(|_| next()).collect(),
            told,
        });
    }
    said
}

impl Said<'_> {
    /// The column that tells most by itself.
    fn best(&self) -> Option<(usize, Held)> {
        let alone = self.told.alone.iter().enumerate();
        let alone = alone.filter_map(|(at, held)| Some((at, (*held)?)));
        // Of equals the first.
        alone.rev().max_by(|a, b| a.1.value.total_cmp(&b.1.value))
    }

    /// The two that tell more than any one, beyond chance.
    fn pair(&self, context: &Context) -> Option<Together> {
        let pair = self.told.pair?;
        context.is_sure(self.pair_p).then_some(pair)
    }

    /// What is given away: the attribute of two groups, else the group.
    fn name(&self) -> String {
        let attribute = &self.target.attribute;
        if attribute.compared_rows().len() == 2 {
            return attribute.name.clone();
        }
        format!("{} {}", attribute.name, Context::name(self.target.row))
    }
}

fn groups(context: &Context, rows: &Rows, all: &[Said]) -> Table {
    let mut table = Table::new("groups", "each group against the rest, from all columns")
        .column("attribute", "attribute", Kind::Text, 0)
        .column("group", "group", Kind::Group, 0)
        .column("auc", "AUC", Kind::Number, 0)
        .column("interval", "interval", Kind::NumberInterval, 3)
        .column("p_adjusted", "p", Kind::P, 2)
        .column("best", "best column", Kind::Text, 0)
        .column("best_auc", "its AUC", Kind::Number, 0)
        .column("pair", "two columns", Kind::Text, 1)
        .column("pair_auc", "their AUC", Kind::Number, 1)
        .column("pair_interval", "interval", Kind::NumberInterval, 6)
        .column("pair_alone", "any one of them", Kind::Number, 5)
        .column("pair_p_adjusted", "p", Kind::P, 4);
    for said in all {
        let none = Err("not_learnt");
        let mut line = Line::new()
            .text("attribute", &said.target.attribute.name)
            .group("group", context.values(&said.target.row.group));
        line = match said.told.whole {
            Some(held) => line.number("auc", Ok(held.value)).interval(
                "interval",
                held.interval,
                "does_not_vary",
            ),
            None => line.number("auc", none).nothing("interval", "not_learnt"),
        };
        line = line.number("p_adjusted", said.whole_p.ok_or("not_learnt"));
        line = match said.best() {
            Some((at, held)) => line
                .text("best", &rows.features[at].name)
                .number("best_auc", Ok(held.value)),
            None => line.nothing("best", "not_learnt").number("best_auc", none),
        };
        let names = [
            "pair",
            "pair_auc",
            "pair_interval",
            "pair_alone",
            "pair_p_adjusted",
        ];
        line = match said.pair(context) {
            Some(pair) => line
                .text("pair", named(rows, pair.columns))
                .number("pair_auc", Ok(pair.held.value))
                .interval("pair_interval", pair.held.interval, "does_not_vary")
                .number("pair_alone", Ok(pair.alone))
                .number("pair_p_adjusted", said.pair_p.ok_or("not_learnt")),
            None => names
                .iter()
                .fold(line, |line, name| line.nothing(name, "no_more_than_one")),
        };
        table.push(line);
    }
    table
}

fn columns(rows: &Rows, all: &[Said]) -> Table {
    let mut table = Table::new("columns", "each column by itself, the strongest first")
        .column("attribute", "attribute", Kind::Text, 0)
        .column("group", "group", Kind::Text, 0)
        .column("column", "column", Kind::Text, 0)
        .column("auc", "AUC", Kind::Number, 0)
        .column("interval", "interval", Kind::NumberInterval, 1)
        .column("p_adjusted", "p", Kind::P, 2)
        .detail();
    let mut lines: Vec<(f64, Line)> = Vec::new();
    for said in all {
        let alone = said.told.alone.iter().zip(&said.alone_p);
        for (feature, (held, p)) in rows.features.iter().zip(alone) {
            let Some(held) = held else { continue };
            let line = Line::new()
                .text("attribute", &said.target.attribute.name)
                .text("group", Context::name(said.target.row))
                .text("column", &feature.name)
                .number("auc", Ok(held.value))
                .interval("interval", held.interval, "does_not_vary")
                .number("p_adjusted", p.ok_or("not_learnt"));
            lines.push((held.value, line));
        }
    }
    // Stable: of equals in the order of the table.
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, line) in lines {
        table.push(line);
    }
    table
}

fn named(rows: &Rows, (a, b): (usize, usize)) -> String {
    let [a, b] = [a, b].map(|at| &rows.features[at].name);
    format!("`{a}` and `{b}`")
}

/// For each attribute the group that is told best, and the two columns that give one away.
fn say(context: &Context, rows: &Rows, all: &[Said], found: &mut Found) {
    let weight = |auc: f64| 0.3 + 0.5 * (2.0 * auc - 1.0);
    for attribute in context.singles() {
        let own = || {
            all.iter()
                .filter(|said| said.target.attribute.name == attribute.name)
        };
        let whole = |said: &&Said| said.told.whole.map_or(0.0, |held| held.value);
        let is_told = |said: &&Said| whole(said) >= STRONG && context.is_sure(said.whole_p);
        let best = own().filter(is_told);
        if let Some(said) = best.max_by(|a, b| whole(a).total_cmp(&whole(b))) {
            let auc = whole(&said);
            let alone = said.best().map_or(String::new(), |(at, held)| {
                let name = &rows.features[at].name;
                format!("; from `{name}` alone {:.2}", held.value)
            });
            let message = format!(
                "{} can be told from the other columns all the same (held-out AUC {auc:.2}{alone})",
                said.name()
            );
            found.facts.push((weight(auc), message));
        }
        let pairs = own().filter_map(|said| Some((said, said.pair(context)?)));
        let pairs = pairs
            .filter(|(_, pair)| pair.held.value >= STRONG && pair.held.value - pair.alone >= GAIN);
        if let Some((said, pair)) = pairs.max_by(|a, b| a.1.held.value.total_cmp(&b.1.held.value)) {
            let auc = pair.held.value;
            let message = format!(
                "{} together give {} away (held-out AUC {auc:.2}; no column alone more than {:.2})",
                named(rows, pair.columns),
                said.name(),
                pair.alone
            );
            found.facts.push((weight(auc), message));
        }
    }
}

fn notes(context: &Context, rows: &Rows, found: &mut Found) {
    found.notes.push(
        "AUC: how often someone of the group gets the higher score, 0.5 is chance; scores of linfa's \
         decision trees on rows that they did not learn from; no sensitive column is a feature; p \
         adjusted for each other (Holm)"
            .to_owned(),
    );
    let kept = context.sketches.exemplars.rows.len();
    if !rows.is_whole {
        found.notes.push(format!(
            "of {kept} distinct rows, drawn by their hashes, with all their copies"
        ));
    }
    let features = rows.features.len();
    if features > CROSSED {
        found.notes.push(format!(
            "two columns together: of the first {CROSSED} of {features} columns"
        ));
    }
}
