//! `--sequential`: the table of a run is one night's, and what is judged are all nights together.
//!
//! In: the state that the night before left, and the numbers of this one. Out: the numbers of all,
//! for the rules to be judged on, and the state for the next night, which is written when all else
//! has succeeded. A night is counted once: what was read before is refused by its SHA-256.

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};

use super::past::is_same_positive;
use super::state::{self, Count, Night, NightInput, State, refuse};
use super::{judge, judge::Rules};
use crate::cli::Gate;
use crate::data::Plan;
use crate::error::{Error, Result};
use crate::metrics::{self, Eval, Undefined};
use crate::policy::{self, Adjust, Decide, Place, Rule, Seen};
use crate::report::model::{CellCounts, GroupReport, InputReport, MetricValue, Report, Sequential};
use crate::report::output::Outputs;
use crate::report::publication;
use crate::stats::Fraction;

/// The settings that say what the numbers mean and how they are judged.
const SETTINGS: [&str; 16] = [
    "label",
    "prediction",
    "score",
    "threshold",
    "median",
    "weight",
    "counts",
    "sensitive",
    "control",
    "bins",
    "intersect",
    "favorable",
    "missing",
    "min_group",
    "confidence",
    "decide",
];

/// The nights so far.
pub struct Nights {
    /// As it was named.
    name: PathBuf,
    /// Where it lies, with every link followed.
    path: PathBuf,
    /// What was read.
    before: Option<Vec<u8>>,
    state: Option<State>,
    /// This night has rows.
    is_counted: bool,
}

impl Nights {
    /// Reads the state that the gate names, which is none of what is read and written beside it.
    pub fn open<P: AsRef<Path>>(
        gate: &Gate,
        outputs: &Outputs,
        inputs: &[P],
    ) -> Result<Option<Self>> {
        let Some(name) = &gate.sequential else {
            return Ok(None);
        };
        if let Some(adjust) = gate.adjust.filter(|adjust| *adjust != Adjust::Holm) {
            return Err(Error::Flag {
                flag: "--adjust",
                value: adjust.name().to_owned(),
                problem: "with `--sequential` all checks of all nights share the error by Bonferroni",
                remedy: "leave it out".to_owned(),
            });
        }
        let path = outputs.place("--sequential", name, inputs)?;
        let before = state::bytes(&path)?;
        let state = before.as_deref().map(|bytes| State::parse(name, bytes));
        Ok(Some(Self {
            name: name.clone(),
            path,
            state: state.transpose()?,
            before,
            is_counted: false,
        }))
    }

    /// Refuses to keep the state in one of the files that are read.
    pub fn check<P: AsRef<Path>>(&self, outputs: &Outputs, inputs: &[P]) -> Result<()> {
        outputs.place("--sequential", &self.name, inputs).map(drop)
    }

    /// Adds a report's night, and judges all nights.
    ///
    /// # Errors
    /// The night was counted before, its settings are others, or what is judged cannot be added up.
    pub fn settle(
        &mut self,
        report: &mut Report,
        plan: &Plan,
        rules: &Rules,
        mut decide: Decide,
        gate: &Gate,
    ) -> Result<()> {
        self.can_add_up(plan, &rules.list)?;
        let settings = settings(report, &rules.list);
        let mut state = match self.state.take() {
            Some(state) => state,
            None => State::begin(settings.clone()),
        };
        self.is_same(&state.settings, &settings)?;
        for (key, now) in settings {
            match state.settings.get_mut(&key) {
                Some(then) if is_outcome(&key) && !then.contains('=') => *then = now,
                _ => {}
            }
        }
        self.is_new(&state, &report.record.inputs)?;
        let mut counts = self.indexed(mem::take(&mut state.counts))?;
        self.is_counted = report.record.rows.read > Some(0);
        if self.is_counted {
            state.nights.push(night(report));
            add(&mut counts, report, &rules.list, state.nights.len() as u64);
        }
        let nights = state.nights.len() as u64;
        let tonight = report.groups.clone();
        put(&counts, report);
        let seen = counts.iter().map(|(place, count)| {
            let (since, rows) = (count.since, count.first);
            (place.clone(), Seen { since, rows })
        });
        let (confidence, horizon) = (decide.confidence, state.horizon);
        let mut known = policy::Nights::new(nights, confidence, horizon, seen.collect());
        judge::each_case(report, &rules.list, |at, case| {
            known.expect(&rules.list[at], case);
        });
        decide.nights = Some(known);
        // Bonferroni over everything is in every p already.
        decide.adjust = Adjust::None;
        judge::settle(report, rules, &decide, gate)?;
        report.groups = tonight;
        if report.publication.is_some() {
            report.publication = Some(publication::of(report, gate.named.name()));
        }
        let rows = state.nights.iter().map(|night| night.rows);
        let rows = rows.fold(0, u64::saturating_add);
        report.record.sequential = Some(Sequential { nights, rows });
        if let Some(setting) = report.record.settings.get_mut("adjust") {
            "bonferroni".clone_into(&mut setting.value);
        }
        report.notes.extend(self.notes(report, nights, rows));
        state.counts = counts.into_values().collect();
        self.state = Some(state);
        Ok(())
    }

    /// What a reader should know.
    fn notes(&self, report: &Report, nights: u64, rows: u64) -> Vec<String> {
        let name = self.name.display();
        let mut notes = vec![format!(
            "findings are of all {nights} nights of {name}, {rows} rows; tables of groups are of \
             this night alone"
        )];
        if nights == 1 {
            notes = vec![format!(
                "the first night of {name}: findings hold over all nights to come, so their \
                 intervals are wider than those of one look"
            )];
        }
        if !self.is_counted {
            notes.push(format!("no rows: this night is not counted in {name}"));
        }
        for input in report.record.inputs.iter().filter(|i| i.sha256.is_none()) {
            notes.push(format!(
                "{} is no file: that its rows are counted once is not checked",
                input.path
            ));
        }
        notes
    }

    /// Refuses what has no sums that nights could add to, and bands that another night would not have.
    fn can_add_up(&self, plan: &Plan, rules: &[Rule]) -> Result<()> {
        if rules.is_empty() {
            let what = "name one: `-r 'selection_rate_ratio >= 0.8'`";
            return Err(refuse(&self.name, "there is no rule to judge", what));
        }
        let is_rate = |rule: &Rule| {
            let bases = rule.bases();
            let of_rates = bases.iter().all(|base| matches!(base.eval, Eval::Rate(..)));
            let is_whole = match rule.metric.eval {
                Eval::Gap(_, [_], _) | Eval::Rate(..) => false,
                Eval::Gap(_, _, join) => join != metrics::Join::Worst,
                Eval::Group(_) | Eval::Table(_) => true,
            };
            of_rates && !is_whole && !bases.is_empty()
        };
        if let Some(rule) = rules.iter().find(|rule| !is_rate(rule)) {
            let what = format!(
                "rates and gaps of rates add up, `{}` does not: judge it in a run of its own",
                rule.metric.name
            );
            let problem = "a rule is of a metric that does not add up over nights";
            return Err(refuse(&self.name, problem, &what));
        }
        let banded = plan.splits.iter().find_map(|split| {
            let bands = split.bands.as_ref().filter(|bands| bands.how != "--bins")?;
            let cuts: Vec<String> = bands.cuts.iter().map(ToString::to_string).collect();
            Some(format!("`--bins {}={}`", split.name, cuts.join(",")))
        });
        match banded {
            Some(bins) => {
                let problem = "bands of this night's own numbers would be others on the next";
                Err(refuse(&self.name, problem, &format!("fix them: {bins}")))
            }
            None => Ok(()),
        }
    }

    /// Refuses another setting than that of the nights before.
    fn is_same(
        &self,
        then: &BTreeMap<String, String>,
        now: &BTreeMap<String, String>,
    ) -> Result<()> {
        let keys = then.keys().chain(now.keys());
        let of = |settings: &BTreeMap<String, String>, key: &str| {
            settings.get(key).cloned().unwrap_or_default()
        };
        for key in keys {
            let (a, b) = (of(then, key), of(now, key));
            let is_alike = a == b || is_outcome(key) && is_same_outcome(&a, &b);
            if !is_alike {
                let what = format!(
                    "{key}: `{a}` on the nights before, `{b}` now; take the same, or begin a new \
                     state"
                );
                return Err(refuse(
                    &self.name,
                    "it was begun with other settings",
                    &what,
                ));
            }
        }
        Ok(())
    }

    /// Refuses an input that was counted before.
    fn is_new(&self, state: &State, inputs: &[InputReport]) -> Result<()> {
        for (at, night) in state.nights.iter().enumerate() {
            let known = |input: &&InputReport| {
                let mut before = night.inputs.iter();
                input.sha256.is_some() && before.any(|other| other.sha256 == input.sha256)
            };
            if let Some(input) = inputs.iter().find(known) {
                let what = format!(
                    "{} was counted on night {} of {}: give the rows that are new",
                    input.path,
                    at + 1,
                    state.nights.len()
                );
                return Err(refuse(&self.name, "the same rows would count twice", &what));
            }
        }
        Ok(())
    }

    fn indexed(&self, counts: Vec<Count>) -> Result<BTreeMap<Place, Count>> {
        let mut indexed = BTreeMap::new();
        for count in counts {
            if let Some(twice) = indexed.insert(count.place(), count) {
                let what = format!("it has `{}` of a group twice", twice.metric);
                return Err(refuse(
                    &self.name,
                    "it is no state of `--sequential`",
                    &what,
                ));
            }
        }
        Ok(indexed)
    }

    /// Refuses to go on where another run has changed the file since it was read.
    fn is_unchanged(&self) -> Result<()> {
        if state::bytes(&self.path)? == self.before {
            return Ok(());
        }
        let what = "run it again, one run at a time: this night is not counted";
        let problem = "another run has changed it since it was read";
        Err(refuse(&self.name, problem, what))
    }

    /// Writes the state when the outputs are written, where there is anything to add; the outcome of
    /// writing them.
    pub fn keep<T>(&self, write: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(state) = self.state.as_ref().filter(|_| self.is_counted) else {
            return write();
        };
        self.is_unchanged()?;
        let written = write();
        // Who closed the pipe has read as much of the outcome as they wanted: the night was judged.
        if let Err(error) = &written
            && !matches!(error, Error::ClosedPipe)
        {
            return written;
        }
        self.is_unchanged()?;
        state.save(&self.path)?;
        written
    }
}

/// The settings that name a column and its positive value.
fn is_outcome(key: &str) -> bool {
    matches!(key, "label" | "prediction")
}

/// Whether it is one column with the same positive value; a night without positive rows does not show
/// how they are spelled.
fn is_same_outcome(a: &str, b: &str) -> bool {
    let column = |text: &str| text.split('=').next().map(str::to_owned);
    let are_several = a.contains(',') || b.contains(',');
    !are_several && column(a) == column(b) && is_same_positive(a, b)
}

/// What must not change, rules in whatever order.
fn settings(report: &Report, rules: &[Rule]) -> BTreeMap<String, String> {
    let known = &report.record.settings;
    let setting = |key: &str| Some((key.to_owned(), known.get(key)?.value.clone()));
    let mut settings: BTreeMap<String, String> = SETTINGS.into_iter().filter_map(setting).collect();
    let mut texts: Vec<String> = rules.iter().map(Rule::text).collect();
    texts.sort();
    settings.insert("rules".to_owned(), texts.join("; "));
    settings
}

fn night(report: &Report) -> Night {
    let inputs = report.record.inputs.iter().map(|input| NightInput {
        path: input.path.clone(),
        sha256: input.sha256.clone(),
    });
    Night {
        rows: report.record.rows.used.unwrap_or_default(),
        inputs: inputs.collect(),
    }
}

/// Adds every rate that a rule is judged on, once however many rules there are.
fn add(counts: &mut BTreeMap<Place, Count>, report: &Report, rules: &[Rule], night: u64) {
    let mut rates: BTreeMap<Place, (Fraction, Option<Undefined>)> = BTreeMap::new();
    judge::each_case(report, rules, |at, case| {
        for (leg, base) in rules[at].bases().into_iter().enumerate() {
            for member in &case.members {
                if let Some(number) = member.numbers.get(leg).and_then(Option::as_ref) {
                    let rate = (number.fraction.unwrap_or_default(), number.value.err());
                    rates.insert(Place::new(case, &member.values, base), rate);
                }
            }
        }
    });
    for (place, (rate, reason)) in rates {
        let count = counts.entry(place.clone()).or_insert_with(|| Count {
            scenario: place.scenario,
            attribute: place.attribute,
            stratum: place.stratum,
            group: place.group,
            metric: place.metric,
            since: night,
            first: 0.0,
            rows: [0, 0],
            weights: None,
            squares: None,
            reason: None,
        });
        count.add(&rate);
        let is_defined = count.fraction().value().is_some();
        count.reason = count.reason.or(reason).filter(|_| !is_defined);
    }
}

/// Puts the rates of all nights in the place of this night's.
fn put(counts: &BTreeMap<Place, Count>, report: &mut Report) {
    let mut at: BTreeMap<Place, usize> = BTreeMap::new();
    let key = |place: &Place| Place {
        metric: String::new(),
        ..place.clone()
    };
    for (index, group) in report.groups.iter().enumerate() {
        let place = Place {
            scenario: group.scenario.clone(),
            attribute: group.attribute.clone(),
            stratum: group.stratum.clone(),
            group: group.group.clone(),
            metric: String::new(),
        };
        at.insert(place, index);
    }
    for (place, count) in counts {
        let index = *at.entry(key(place)).or_insert_with(|| {
            report.groups.push(absent(place));
            report.groups.len() - 1
        });
        let metrics = &mut report.groups[index].metrics;
        metrics.insert(place.metric.clone(), value(count));
    }
}

/// A group that this night has no rows of.
fn absent(place: &Place) -> GroupReport {
    GroupReport {
        scenario: place.scenario.clone(),
        attribute: place.attribute.clone(),
        stratum: place.stratum.clone(),
        group: place.group.clone(),
        reference: false,
        missing: false,
        rows: Some(0),
        weight: Some(0.0),
        effective: Some(0.0),
        share: None,
        counts: CellCounts::default(),
        metrics: BTreeMap::new(),
    }
}

fn value(count: &Count) -> MetricValue {
    let rate = count.fraction();
    MetricValue {
        value: rate.value(),
        reason: count.reason,
        numerator: Some(rate.part.weight),
        denominator: Some(rate.whole.weight),
        rows: Some(count.rows),
        squares: Some([rate.part.weight_sq, rate.whole.weight_sq]),
        ..MetricValue::default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The state of one night, where `bytes` were read.
    fn nights(path: &Path, bytes: &[u8]) -> Nights {
        Nights {
            name: path.to_owned(),
            path: path.to_owned(),
            before: Some(bytes.to_vec()),
            state: Some(State::begin(BTreeMap::new())),
            is_counted: true,
        }
    }

    #[test]
    fn a_state_that_another_run_has_changed_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "other").unwrap();
        // Before anything is written, and while it is.
        let mut is_written = false;
        let found = nights(&path, b"read").keep(|| {
            is_written = true;
            Ok(0)
        });
        assert!(matches!(found, Err(Error::Flag { .. })) && !is_written);
        let found = nights(&path, b"other").keep(|| {
            fs::write(&path, "third").unwrap();
            Ok(0)
        });
        assert!(matches!(found, Err(Error::Flag { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "third");
    }

    #[test]
    fn a_night_counts_where_the_reader_left_and_not_where_nothing_could_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let outcomes: [fn() -> Result<u8>; 2] = [
            || {
                Err(Error::Write {
                    path: PathBuf::from("r.json"),
                    source: std::io::Error::other("full"),
                })
            },
            || Err(Error::ClosedPipe),
        ];
        for (outcome, is_kept) in outcomes.into_iter().zip([false, true]) {
            fs::write(&path, "read").unwrap();
            assert!(nights(&path, b"read").keep(outcome).is_err());
            let now = fs::read(&path).unwrap();
            assert_eq!(now != b"read", is_kept);
            assert!(!is_kept || State::parse(&path, &now).is_ok());
        }
    }
}
