//! What a careful reader should know about the rows that were tallied: missing values, names that
//! look alike, columns that are nearly identifiers, outcomes that never vary.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::cell::{MISSING, NEGATIVE, POSITIVE};
use super::lane::Lane;
use super::{Axis, Cell, Seen, Tally, settle};
use crate::data::{Decision, Missing, Plan, Role, limits, spelling};
use crate::error::{Error, Place, Problem, Result};
use crate::stats::Merge;

/// Names listed in a note at most.
const LISTED: usize = 5;

/// What the threads saw beside the cells.
pub fn of_lanes(lanes: &[Lane], plan: &Plan, seen: &mut Seen) {
    let sum = |of: fn(&Lane) -> u64| lanes.iter().map(of).sum::<u64>();
    let missing_weight = sum(|lane| lane.missing_weight);
    if missing_weight > 0 {
        seen.excluded
            .insert("missing_weight".to_owned(), missing_weight);
        seen.notes.push(format!(
            "{} have no weight and are left out",
            rows(missing_weight)
        ));
    }
    let zero_weight = sum(|lane| lane.zero_weight);
    if zero_weight > 0 {
        seen.notes.push(format!(
            "{} have weight 0: they are counted as rows and weigh nothing",
            rows(zero_weight)
        ));
    }
    let missing_score = sum(|lane| lane.missing_score);
    if missing_score > 0 {
        seen.notes.push(format!(
            "{} have no score and are left out of the measures of scores",
            rows(missing_score)
        ));
    }
    if settle::is_ranked(plan) && settle::is_unranked(lanes) {
        seen.notes.push(format!(
            "more than {} scored rows: measures of ranking (AUC, KS, ABROCA) are left out",
            crate::data::limits::RANKED_ROWS
        ));
    }
}

/// What the cells say; the rows without a sensitive value are an error if that was asked for.
pub fn of_tallies(
    tallies: &[Tally],
    plan: &Plan,
    path: &str,
    dropped: u64,
    seen: &mut Seen,
) -> Result<()> {
    let Some(first) = tallies.first() else {
        return Ok(());
    };
    if dropped > 0 {
        seen.excluded
            .insert("missing_sensitive".to_owned(), dropped);
        seen.notes.push(format!(
            "{} have no sensitive value and are left out",
            rows(dropped)
        ));
    }
    for (reason, rows) in settle::lacking(first, plan) {
        seen.excluded.insert(reason, rows);
    }
    let used = first
        .cells
        .values()
        .flat_map(|cell| cell.rows.iter().flatten())
        .sum();
    for at in 0..first.axes.len() {
        of_axis(first, at, used, plan, seen)
            .map_err(|problem| refuse(path, &first.axes[at].name, problem))?;
    }
    let weight = plan.weight.as_ref();
    for tally in tallies {
        let mut all = Cell::default();
        tally.cells.values().for_each(|cell| all.merge(cell));
        if let Some((_, column)) = weight {
            let total = all.total().weight;
            if total == 0.0 {
                return Err(refuse(path, column, Problem::NoWeight));
            }
            if !total.is_finite() {
                return Err(refuse(path, column, Problem::HugeWeights));
            }
        }
        of_outcomes(&all, tally, plan, tallies.len() > 1, seen)
            .map_err(|column| refuse(path, &column, Problem::NoValues))?;
    }
    Ok(())
}

fn refuse(path: &str, column: &str, problem: Problem) -> Error {
    Error::Data {
        place: Place::file(path).in_column(column),
        problem,
    }
}

fn of_axis(
    tally: &Tally,
    at: usize,
    used: u64,
    plan: &Plan,
    seen: &mut Seen,
) -> Result<(), Problem> {
    let axis = &tally.axes[at];
    let name = &axis.name;
    let groups = tally.margin(at);
    let missing = groups.get(&(axis.values.len() as u32));
    if let Some(&(lacking, _)) = missing {
        if plan.missing == Missing::Error && axis.role == Role::Sensitive {
            return Err(Problem::MissingGroup { rows: lacking });
        }
        seen.notes.push(format!(
            "{} ({:.1} %) {} no value of `{name}`: shown as (missing), not compared",
            rows(lacking),
            100.0 * lacking as f64 / used as f64,
            if lacking == 1 { "has" } else { "have" }
        ));
    }
    if axis.role != Role::Sensitive {
        return Ok(());
    }
    match axis.values.as_slice() {
        [] => seen
            .notes
            .push(format!("`{name}` has no value at all: nothing to compare")),
        [only] => seen.notes.push(format!(
            "`{name}` has one group, `{only}`: nothing to compare, which is not the same as fair"
        )),
        several if several.len() as u64 * 2 > used => seen.notes.push(format!(
            "`{name}` has {} values in {}: it looks like an identifier",
            several.len(),
            rows(used)
        )),
        _ => {}
    }
    small_groups(axis, &groups, seen);
    if plan.weight.is_some() {
        for (&code, &(rows, weighs)) in &groups {
            if rows > 0 && !weighs {
                let group = axis.values.get(code as usize);
                seen.notes.push(format!(
                    "group `{}` of `{name}` weighs nothing: its rates are undefined",
                    group.map_or("(missing)", String::as_str)
                ));
            }
        }
    }
    look_alikes(axis, seen);
    null_words(axis, plan, seen);
    Ok(())
}

/// Groups whose names elsewhere stand for nothing.
fn null_words(axis: &Axis, plan: &Plan, seen: &mut Seen) {
    let words: Vec<&str> = axis
        .values
        .iter()
        .filter(|value| spelling::is_null(value, &plan.nulls))
        .map(String::as_str)
        .collect();
    if !words.is_empty() && axis.bands.is_none() {
        seen.notes.push(format!(
            "{} of `{}` {} a group: only an empty field is a missing value of a group",
            list(&words),
            axis.name,
            if words.len() == 1 { "is" } else { "are each" }
        ));
    }
}

/// What a named positive leaves as negatives, where that is more than one spelling.
pub fn of_spellings(plan: &Plan, seen: &mut Seen) {
    let decisions = plan.decisions.iter().filter_map(|decision| match decision {
        Decision::Column(outcome) => Some(outcome),
        Decision::Threshold { .. } => None,
    });
    for outcome in plan.label.iter().chain(decisions) {
        let Some(positive) = &outcome.positive else {
            continue;
        };
        let read = seen
            .spellings
            .iter()
            .find(|(name, ..)| *name == outcome.name);
        let Some((name, negatives, positives)) = read.filter(|(_, no, _)| no.len() > 1) else {
            continue;
        };
        // Near the limit each thread may have kept others.
        let negatives = if negatives.len() + positives.len() >= limits::SPELLINGS / 2 {
            "all others".to_owned()
        } else {
            list(&negatives.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let note = format!("`{name}`: positive is `{positive}`; taken for negative: {negatives}");
        seen.notes.push(note);
    }
}

/// What is said of groups too small to decide anything: a profile, which decides nothing, tells of them
/// in its own words.
pub const TOO_FEW: &str = "too few to decide by default";

/// Groups too small to decide anything.
fn small_groups(axis: &Axis, groups: &BTreeMap<u32, (u64, bool)>, seen: &mut Seen) {
    let least = crate::data::limits::MIN_GROUP;
    let small: Vec<&str> = groups
        .iter()
        .filter(|(_, (rows, _))| *rows < least)
        .filter_map(|(&code, _)| axis.values.get(code as usize))
        .map(String::as_str)
        .collect();
    if !small.is_empty() {
        let (groups, have) = if small.len() == 1 {
            ("group", "has")
        } else {
            ("groups", "have")
        };
        seen.notes.push(format!(
            "{} {groups} of `{}` {have} fewer than {least} rows, {TOO_FEW}: {}",
            small.len(),
            axis.name,
            list(&small)
        ));
    }
}

/// Names that differ only by case, spaces, hidden characters or letters of another script.
fn look_alikes(axis: &Axis, seen: &mut Seen) {
    let mut folded: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for value in &axis.values {
        folded.entry(fold(value)).or_default().push(value);
    }
    for alike in folded.values().filter(|names| names.len() > 1).take(LISTED) {
        seen.notes.push(format!(
            "`{}` has {} names that look alike and are kept apart: {}",
            axis.name,
            alike.len(),
            list(alike)
        ));
    }
    let hidden: Vec<&str> = axis
        .values
        .iter()
        .filter(|value| value.chars().any(is_hidden))
        .map(String::as_str)
        .collect();
    if !hidden.is_empty() {
        let (names, hold) = match hidden.len() {
            1 => ("1 name".to_owned(), "holds"),
            several => (format!("{several} names"), "hold"),
        };
        seen.notes.push(format!(
            "{} of `{}` {hold} invisible or direction-changing characters: {}",
            names,
            axis.name,
            list(&hidden)
        ));
    }
}

/// The same for names that a reader would take for the same.
fn fold(name: &str) -> String {
    let shown: String = name.chars().filter(|&c| !is_hidden(c)).collect();
    let plain: String = shown.trim().nfkc().flat_map(char::to_lowercase).collect();
    unicode_security::skeleton(&plain).collect()
}

/// Zero-width, direction and other format characters.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Labels and predictions that never vary, or are missing; the column of which all are.
fn of_outcomes(
    all: &Cell,
    tally: &Tally,
    plan: &Plan,
    several: bool,
    seen: &mut Seen,
) -> Result<(), String> {
    let whose = if several {
        format!(" of `{}`", tally.scenario)
    } else {
        String::new()
    };
    let labels = |label: usize| all.amount(|l, _| l == label).rows;
    let predictions = |prediction: usize| all.amount(|_, p| p == prediction).rows;
    let mut say = |what: &str, negative: u64, positive: u64, missing: u64| {
        if missing > 0 {
            seen.notes.push(format!(
                "{} have no {what}{whose} and are left out of the metrics that need it",
                rows(missing)
            ));
        }
        if negative + positive == 0 {
            return Err(());
        }
        if positive == 0 {
            seen.notes.push(format!("no {what}{whose} is positive"));
        } else if negative == 0 {
            seen.notes.push(format!("every {what}{whose} is positive"));
        }
        Ok(())
    };
    if let Some(label) = &plan.label {
        say("label", labels(NEGATIVE), labels(POSITIVE), labels(MISSING))
            .map_err(|()| label.name.clone())?;
    }
    if let Some(first) = plan.decisions.first() {
        let named = plan.decisions.iter().find(|d| d.name() == tally.scenario);
        say(
            "prediction",
            predictions(NEGATIVE),
            predictions(POSITIVE),
            predictions(MISSING),
        )
        .map_err(|()| named.unwrap_or(first).name().to_owned())?;
    }
    if plan.score.is_some()
        && tally
            .score_range
            .is_some_and(|(low, high)| low < 0.0 || high > 1.0)
    {
        seen.notes.push(
            "scores lie outside 0 to 1: they are ranked, and not taken for probabilities (no \
             calibration, Brier score, log loss)"
                .to_owned(),
        );
    }
    Ok(())
}

fn rows(rows: u64) -> String {
    if rows == 1 {
        "1 row".to_owned()
    } else {
        format!("{rows} rows")
    }
}

/// The first names, and how many more there are.
fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| {
            if name.chars().count() > 40 {
                format!("`{}…`", name.chars().take(40).collect::<String>())
            } else {
                format!("`{name}`")
            }
        })
        .collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}
