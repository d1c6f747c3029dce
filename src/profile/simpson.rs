//! Gaps that turn round, or go, where like is compared with like: every other column tried as a
//! control, unasked (Simpson 1951, doi:10.1111/j.2517-6161.1951.tb00088.x), and what of each gap is
//! composition (Kitagawa 1955, doi:10.1080/01621459.1955.10501299).
//!
//! In: the sketches by cell; of the label, or where there is none of the decision. Rows are counted,
//! so that a weighted table is not looked at.

use super::Check;
use super::context::Context;
use super::crossed::Crossed;
use super::section::{Found, Kind, Line, Table};
use crate::data::Role;
use crate::data::words::{STRONG, strength};
use crate::sketch::{LABELS, Sketched};
use crate::stats::interval::{self, Critical};
use crate::stats::reading::Reading;
use crate::stats::spread::Limited;
use crate::stats::standard::{self, Parts};
use crate::stats::strata::{Strata, Stratum};
use crate::stats::{Fraction, Interval, Method};
use crate::tally;

/// The check.
pub const CHECK: Check = Check {
    name: "simpson",
    title: "gaps where like is compared with like",
    publishes: false,
    run,
};

/// Values of a column that may be held alike.
const VALUES: usize = 50;
/// Bands of numbers of more values.
const BANDS: usize = 4;
/// Columns that are tried.
const COLUMNS: usize = 100;
/// Groups of an attribute beyond which it is not looked at.
const GROUPS: usize = 50;
/// Facts of gaps that turn or go.
const TOLD: usize = 3;
/// Of so many rows one at most may be without a like one in the other group.
const OUTSIDE: u64 = 5;
/// A column that leaves less than one of so many labels open says the label itself.
const OPEN: u64 = 10;
/// Labels of a cell.
const POSITIVE: usize = 1;

/// One gap within one column.
struct Within<'a> {
    attribute: &'a tally::Table,
    column: &'a str,
    cuts: Vec<f64>,
    /// Rows of `attribute`: the group, and what it is held against.
    pair: (usize, usize),
    whole: Stratum,
    strata: Vec<Stratum>,
    /// Labelled rows of the whole table in each stratum.
    mix: Vec<f64>,
}

fn run(context: &Context) -> Found {
    let mut found = Found::default();
    let plan = context.plan;
    let metric = match (&plan.label, plan.decisions.is_empty()) {
        (Some(_), _) => "base_rate",
        (None, false) => "selection_rate",
        (None, true) => return found,
    };
    if plan.weight.is_some() {
        let note = "rows are weighted: gaps within other columns are not shown, they count rows";
        found.notes.push(note.to_owned());
        return found;
    }
    if context.sketches.is_flat {
        return found;
    }
    let mut left_out = 0;
    let (mut gaps, mut said): (Vec<Within>, Vec<String>) = Default::default();
    for attribute in context.singles() {
        if attribute.compared_rows().len() > GROUPS {
            continue;
        }
        let mut tried = 0;
        for (at, column) in context.sketches.columns.iter().enumerate() {
            if !context.is_free(at) || is_made(&column.name) {
                continue;
            }
            tried += 1;
            if tried > COLUMNS {
                left_out += 1;
                continue;
            }
            gaps.extend(within(context, attribute, column, &mut said));
        }
    }
    if left_out > 0 {
        let note = format!("only the first {COLUMNS} columns were held alike");
        found.notes.push(note);
    }
    said.sort_unstable();
    said.dedup();
    if !said.is_empty() {
        let said = said.join(", ");
        let note = format!("not held alike, since they all but say the outcome: {said}");
        found.notes.push(note);
    }
    shown(context, &gaps, metric, &mut found);
    found
}

/// Whether the values of a column nearly determine the label: who is alike in it is alike in that.
fn says_label(values: &[Vec<u64>]) -> bool {
    let labels = |rows: &Vec<u64>| {
        let own = rows.chunks_exact(LABELS);
        own.fold((0, 0), |(no, yes), own| (no + own[0], yes + own[POSITIVE]))
    };
    let open: u64 = values.iter().map(labels).map(|(no, yes)| no.min(yes)).sum();
    let all = values.iter().map(labels);
    let (no, yes) = all.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    no.min(yes) > 0 && open * OPEN < no.min(yes)
}

/// Whether a column looks like a decision or a score: who is held alike in these is held alike in the
/// outcome itself.
fn is_made(name: &str) -> bool {
    let roles = [Role::Prediction, Role::Score];
    roles.iter().any(|role| strength(name, *role) >= STRONG)
}

/// The gaps of an attribute's groups to the largest, within a column.
fn within<'a>(
    context: &Context,
    attribute: &'a tally::Table,
    column: &'a Sketched,
    said: &mut Vec<String>,
) -> Vec<Within<'a>> {
    let grouping = context.grouping(attribute, true);
    let crossed = column.sketch.as_ref().ok();
    let crossed = crossed
        .and_then(|sketch| Crossed::of(sketch, &grouping, (VALUES, BANDS), context.min_group));
    let Some(Crossed { values, cuts }) = crossed else {
        return Vec::new();
    };
    if says_label(&values) {
        said.push(format!("`{}`", column.name));
        return Vec::new();
    }
    let known = |rows: &[u64], group: usize| {
        let own = &rows[LABELS * group..LABELS * (group + 1)];
        (own[POSITIVE], own[0] + own[POSITIVE])
    };
    let fraction = |(part, whole): (u64, u64)| super::context::share(part, whole);
    let groups = attribute.rows.len();
    let mix: Vec<f64> = values
        .iter()
        .map(|rows| (0..groups).map(|group| known(rows, group).1).sum::<u64>() as f64)
        .collect();
    let total = |group: usize| {
        let all = values.iter().map(|rows| known(rows, group));
        all.fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1))
    };
    let compared = attribute.compared_rows().len();
    let largest = (0..compared).max_by_key(|&group| (total(group).1, std::cmp::Reverse(group)));
    let Some(reference) = largest else {
        return Vec::new();
    };
    (0..compared)
        .filter(|&group| group != reference && total(group).1 > 0)
        .map(|group| Within {
            attribute,
            column: &column.name,
            cuts: cuts.clone(),
            pair: (group, reference),
            whole: Stratum {
                a: fraction(total(group)),
                b: fraction(total(reference)),
            },
            strata: values
                .iter()
                .map(|rows| Stratum {
                    a: fraction(known(rows, group)),
                    b: fraction(known(rows, reference)),
                })
                .collect(),
            mix: mix.clone(),
        })
        .filter(|gap| Strata::new(&gap.strata).used() > 0)
        .collect()
}

impl Within<'_> {
    /// The crude and the standardized difference with their limits.
    fn differences(&self, z: f64) -> Option<(Limited, Limited)> {
        let (a, b) = (&self.whole.a, &self.whole.b);
        let (low, high) = interval::difference_limits(a, b, z)?;
        let crude = (low, a.value()? - b.value()?, high);
        Some((crude, standard::difference(&self.strata, &self.mix, z)?))
    }

    fn rows(&self) -> u64 {
        let rows = |fraction: &Fraction| fraction.whole.rows;
        rows(&self.whole.a).min(rows(&self.whole.b))
    }

    /// Whether most rows of both groups have like ones in the other.
    fn is_compared(&self) -> bool {
        let all = self.whole.a.whole.rows + self.whole.b.whole.rows;
        self.outside() <= all / OUTSIDE
    }

    /// Whether the strata together say that there is a gap.
    fn is_found(&self, confidence: f64) -> bool {
        let association = Strata::new(&self.strata).association();
        association.is_some_and(|test| test.p <= 1.0 - confidence)
    }

    /// Of the two groups, in strata that one of them has no rows in.
    fn outside(&self) -> u64 {
        let is_one = |s: &&Stratum| s.a.value().is_none() != s.b.value().is_none();
        let alone = self.strata.iter().filter(is_one);
        alone.map(|s| s.a.whole.rows + s.b.whole.rows).sum()
    }
}

fn shown(context: &Context, gaps: &[Within], metric: &str, found: &mut Found) {
    let is_large = |gap: &&Within| gap.rows() >= context.min_group;
    let tests = gaps.iter().filter(is_large).count() as f64;
    let zs = interval::z(context.confidence, 1.0).zip(interval::z(context.confidence, tests));
    let Some((alone, together)) = zs else { return };
    let mut lines: Vec<(Reading, f64, &Within, Limited, Limited, Parts)> = Vec::new();
    for gap in gaps {
        let all = gap.differences(alone).zip(gap.differences(together));
        let Some((((crude, within), wide), parts)) = all.zip(standard::decomposed(&gap.strata))
        else {
            continue;
        };
        let reading = match (is_large(&gap), gap.is_compared()) {
            (false, _) => Reading::Small,
            (true, false) => Reading::Unclear,
            (true, true) => Reading::of(wide.0, wide.1, within, gap.is_found(context.confidence)),
        };
        let moved = within.1 - crude.1;
        lines.push((reading, moved, gap, crude, within, parts));
    }
    // Stable: of equals in the order of the table.
    let rank = |reading: Reading| match reading {
        Reading::Reversed => 0,
        Reading::Vanished => 1,
        Reading::Small => 3,
        _ => 2,
    };
    lines.sort_by(|a, b| {
        let size = |line: f64| line.abs();
        rank(a.0)
            .cmp(&rank(b.0))
            .then(size(b.1).total_cmp(&size(a.1)))
    });
    let mut table = empty(metric);
    for (reading, moved, gap, crude, within, parts) in &lines {
        table.push(line(
            context,
            gap,
            (*reading, *moved),
            (crude, within),
            parts,
        ));
    }
    // In a fact the gap itself is so wide that it is no chance beside all other facts.
    let sure = interval::z(1.0 - context.chance(), tests).unwrap_or(f64::INFINITY);
    let is_sure = |gap: &Within| {
        let (a, b) = (&gap.whole.a, &gap.whole.b);
        let limits = interval::difference_limits(a, b, sure);
        limits.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    };
    lines.retain(|line| is_sure(line.2));
    say(&lines, metric, found);
    if table.rows.is_empty() {
        return;
    }
    found.tables.push(table);
    found.notes.push(
        "within: both groups with the whole table's mix of the column; composition + rates = crude \
         (Kitagawa); a reading holds for all rows of the table together"
            .to_owned(),
    );
    found
        .notes
        .push("a column that explains a gap does not excuse it".to_owned());
}

fn empty(metric: &str) -> Table {
    let title = format!(
        "{}: each group against the largest, within each other column",
        metric.replace('_', " ")
    );
    Table::new("within", title)
        .column("attribute", "attribute", Kind::Text, 5)
        .column("group", "group", Kind::Group, 0)
        .column("reference", "against", Kind::Group, 5)
        .column("column", "within", Kind::Text, 0)
        .column("cuts", "cuts", Kind::Text, 12)
        .column("crude", "crude", Kind::Gap, 0)
        .column("crude_interval", "interval", Kind::Interval, 7)
        .column("standardized", "within it", Kind::Gap, 0)
        .column("standardized_interval", "interval", Kind::Interval, 4)
        .column("composition", "composition", Kind::Gap, 2)
        .column("rates", "rates", Kind::Gap, 3)
        .column("outside", "outside", Kind::Gap, 11)
        .column("reading", "reading", Kind::Text, 1)
        .column("moved", "moved", Kind::Gap, 9)
        .column("mantel_haenszel", "M-H", Kind::Gap, 8)
        .column("mantel_haenszel_interval", "interval", Kind::Interval, 9)
        .column("association_p", "CMH p", Kind::P, 10)
        .column("homogeneity", "Breslow-Day", Kind::Number, 11)
        .column("homogeneity_p", "B-D p", Kind::P, 6)
        .column("strata", "strata", Kind::Count, 10)
        .column("strata_left_out", "left out", Kind::Count, 12)
        .column("rows_left_out", "rows left out", Kind::Count, 12)
}

fn line(
    context: &Context,
    gap: &Within,
    (reading, moved): (Reading, f64),
    (crude, within): (&Limited, &Limited),
    parts: &Parts,
) -> Line {
    let confidence = context.confidence;
    let strata = Strata::new(&gap.strata);
    let pooled = strata.difference(confidence);
    let homogeneity = strata.homogeneity();
    let interval = |limits: (f64, f64), method| {
        Critical::alone(confidence).map(|critical| critical.interval(limits, method))
    };
    let values = |row: usize| context.values(&gap.attribute.rows[row].group);
    let cuts: Vec<String> = gap.cuts.iter().map(ToString::to_string).collect();
    Line::new()
        .text("attribute", &gap.attribute.name)
        .group("group", values(gap.pair.0))
        .group("reference", values(gap.pair.1))
        .text("column", gap.column)
        .text("cuts", cuts.join(", "))
        .number("crude", Ok(crude.1))
        .interval(
            "crude_interval",
            interval((crude.0, crude.2), Method::MiettinenNurminen),
            "no_interval",
        )
        .number("standardized", Ok(within.1))
        .interval(
            "standardized_interval",
            interval((within.0, within.2), Method::SquareAndAdd),
            "no_interval",
        )
        .number("composition", Ok(parts.composition))
        .number("rates", Ok(parts.rates))
        .number("outside", Ok(parts.outside))
        .text("reading", reading.word())
        .number("moved", Ok(moved))
        .number(
            "mantel_haenszel",
            pooled.map(|pooled| pooled.value).ok_or("nothing_varies"),
        )
        .interval(
            "mantel_haenszel_interval",
            pooled.map(|pooled| Interval {
                low: pooled.low,
                high: pooled.high,
                confidence,
                method: Method::Sato,
            }),
            "nothing_varies",
        )
        .number(
            "association_p",
            strata
                .association()
                .map(|test| test.p)
                .ok_or("nothing_varies"),
        )
        .number(
            "homogeneity",
            homogeneity.map(|h| h.statistic).ok_or("undefined"),
        )
        .number("homogeneity_p", homogeneity.map(|h| h.p).ok_or("undefined"))
        .count("strata", strata.used())
        .count("strata_left_out", strata.left_out())
        .count("rows_left_out", gap.outside())
}

type Told<'a> = (Reading, f64, &'a Within<'a>, Limited, Limited, Parts);

fn say(lines: &[Told], metric: &str, found: &mut Found) {
    let told = lines.iter().filter(|line| line.0.is_paradox());
    let (mut said, mut more) = (0, 0);
    for (reading, _, gap, crude, within, parts) in told {
        said += 1;
        if said > TOLD {
            more += 1;
            continue;
        }
        let name = |row: usize| Context::name(&gap.attribute.rows[row]);
        let (name, rate) = (name(gap.pair.0), metric.replace('_', " "));
        let reference = Context::name(&gap.attribute.rows[gap.pair.1]);
        let points = |x: f64| format!("{:+.1}", x * 100.0);
        let (start, end) = match reading {
            Reading::Reversed => ("Simpson's paradox: ", "the gap turns round"),
            _ => ("", "no gap is found that could not be chance"),
        };
        let (column, crude, within) = (gap.column, points(crude.1), points(within.1));
        let (composition, rates) = (points(parts.composition), points(parts.rates));
        let outside = match gap.outside() {
            0 => String::new(),
            rows => format!(
                ", {} of {rows} rows without like ones",
                points(parts.outside)
            ),
        };
        let message = format!(
            "{start}{rate} of {}: {name} less {reference} is {crude} points over all rows, and \
             {within} where `{column}` is alike: {end}; {composition} is composition, {rates} \
             rates{outside}",
            gap.attribute.name,
        );
        let weight = if *reading == Reading::Reversed {
            0.95
        } else {
            0.7
        };
        found.facts.push((weight, message));
    }
    if more > 0 {
        found.facts.push((
            0.5,
            format!("{more} more gaps turn round or go where like is compared with like"),
        ));
    }
}
