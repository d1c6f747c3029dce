//! Reports to test renderers with: as real as the numbers of one audit, and as hostile as data.

use std::collections::BTreeMap;

use super::model::*;
use super::pooled::{Gap, Gaps, Reading};
use crate::data::{Setting, SettingSource};
use crate::metrics::{Against, Undefined};
use crate::policy::{Finding, Limit, Status};
use crate::stats::{Interval, Method};

fn values(attribute: &str, names: &[Option<&str>]) -> Values {
    let columns = attribute.split('*').map(str::to_owned);
    columns
        .zip(names.iter().map(|n| n.map(str::to_owned)))
        .collect()
}

fn interval(low: f64, high: f64, method: Method) -> Interval {
    Interval {
        low,
        high,
        confidence: 0.95,
        method,
    }
}

fn setting(value: &str, source: SettingSource, why: Option<&str>) -> Setting {
    Setting {
        value: value.to_owned(),
        source,
        why: why.map(str::to_owned),
    }
}

/// A group of `rows` rows whose rates follow from `rate`.
fn group(attribute: &str, names: &[Option<&str>], rows: u64, rate: f64) -> GroupReport {
    let selected = (rows as f64 * rate).round();
    let mut metrics = BTreeMap::new();
    let mut put = |name: &str, value: Option<f64>, denominator: f64| {
        let numerator = value.map(|v| v * denominator);
        metrics.insert(
            name.to_owned(),
            MetricValue {
                value,
                reason: value.is_none().then_some(Undefined::NoPositives),
                numerator,
                denominator: Some(denominator),
                interval: value
                    .map(|v| interval((v - 0.006).max(0.0), (v + 0.006).min(1.0), Method::Wilson)),
                ..MetricValue::default()
            },
        );
    };
    let n = rows as f64;
    put("selection_rate", Some(selected / n), n);
    put("favorable_rate", Some(selected / n), n);
    put(
        "true_positive_rate",
        (rows > 20).then_some(0.2 + rate),
        n / 2.0,
    );
    put("false_positive_rate", Some(rate / 2.0), n / 2.0);
    put("positive_predictive_value", Some(0.71), selected);
    put("accuracy", Some(0.734), n);
    put("auc", Some(0.77), n);
    put("base_rate", Some(0.5), n);
    put("balanced_accuracy", Some(0.7), n);
    put("brier_score", Some(0.18), n);
    GroupReport {
        scenario: "as_given".to_owned(),
        attribute: attribute.to_owned(),
        stratum: None,
        group: values(attribute, names),
        reference: false,
        missing: names.contains(&None),
        rows: Some(rows),
        weight: Some(n),
        effective: Some(n),
        share: Some(n / 48_000.0),
        counts: CellCounts {
            predicted: Some(rows),
            ..CellCounts::default()
        },
        metrics,
    }
}

/// Adds the groups of one attribute, the first being the reference, and their ratios.
fn add(report: &mut Report, attribute: &str, groups: &[(&[Option<&str>], u64, f64)]) {
    let reference = values(attribute, groups[0].0);
    for (i, (names, rows, rate)) in groups.iter().enumerate() {
        let mut one = group(attribute, names, *rows, *rate);
        one.reference = i == 0;
        report.groups.push(one);
        report.measures.push(MeasureReport {
            scenario: "as_given".to_owned(),
            attribute: attribute.to_owned(),
            stratum: None,
            metric: "selection_rate_ratio".to_owned(),
            against: Against::Reference,
            value: Some(rate / groups[0].2),
            reason: None,
            interval: Some(interval(0.3, f64::INFINITY, Method::Koopman)),
            p: None,
            chance: None,
            partial: false,
            lowest: None,
            highest: None,
            group: Some(values(attribute, names)),
            reference: Some(reference.clone()),
        });
    }
}

/// Judges a group of a report.
fn judge(report: &mut Report, at: usize, metric: &str, status: Status, value: Option<f64>) {
    let judged = &report.groups[at];
    let first = report
        .groups
        .iter()
        .find(|g| g.attribute == judged.attribute)
        .unwrap();
    let name = super::label::pairs(&judged.group);
    report.findings.push(Finding {
        id: format!("{metric}:{name}"),
        metric: metric.to_owned(),
        status,
        scenario: judged.scenario.clone(),
        attribute: judged.attribute.clone(),
        stratum: None,
        group: Some(judged.group.clone()),
        reference: Some(first.group.clone()),
        value,
        reason: value.is_none().then(|| "no_positives".to_owned()),
        interval: value.map(|v| interval(v - 0.02, v + 0.02, Method::Koopman)),
        p: None,
        p_adjusted: None,
        limit: Limit {
            min: metric.ends_with("ratio").then_some(0.8),
            max: metric.ends_with("difference").then_some(0.1),
            exclusive: false,
        },
        accept: None,
        power: None,
        practical: None,
        change: None,
        message: format!("{metric} of {name}"),
    });
}

fn race() -> Profile {
    let race = ColumnProfile {
        name: "race".to_owned(),
        values: 4,
        missing: 7,
        missing_share: 1.0 / 3.0,
        bands: None,
    };
    Profile {
        columns: vec![race],
        ..Profile::default()
    }
}

/// Its one input.
fn input(path: &str) -> InputReport {
    InputReport {
        path: path.to_owned(),
        format: "parquet".to_owned(),
        bytes: Some(1_234_567),
        rows: Some(48_000),
        sha256: None,
    }
}

fn empty(path: &str) -> Report {
    let settings = [
        (
            "label",
            setting("repaid", SettingSource::Inferred, Some("name")),
        ),
        ("prediction", setting("approved", SettingSource::Flag, None)),
        (
            "sensitive",
            setting("sex,race", SettingSource::Inferred, Some("name; 2 values")),
        ),
        (
            "favorable",
            setting("positive", SettingSource::Default, None),
        ),
        ("min_group", setting("30", SettingSource::Default, None)),
    ];
    Report {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "fair-audit".to_owned(),
            version: "0.1.0".to_owned(),
        },
        record: Record {
            command: vec!["fair-audit".to_owned(), path.to_owned()],
            seed: 0,
            inputs: vec![input(path)],
            settings: settings.map(|(k, v)| (k.to_owned(), v)).into(),
            rows: Rows {
                read: Some(48_000),
                used: Some(47_900),
                excluded: [("missing_label".to_owned(), 100)].into(),
                columns: 9,
                effective: None,
            },
            redrawn: None,
            sequential: None,
        },
        verdict: Verdict {
            status: Status::Fail,
            exit_code: 1,
            policy: "default (four fifths)".to_owned(),
            counts: Counts {
                fail: 2,
                warn: 1,
                undecided: 1,
                pass: 1,
                accepted: 0,
            },
        },
        findings: Vec::new(),
        groups: Vec::new(),
        measures: Vec::new(),
        publication: None,
        comparison: None,
        pooled: Vec::new(),
        controls: Vec::new(),
        baselines: Vec::new(),
        justice: Vec::new(),
        uncovered: vec![Uncovered {
            attribute: "sex*race".to_owned(),
            group: values("sex*race", &[Some("x"), Some("Pacific Isl.")]),
        }],
        profile: race(),
        notes: vec!["`sex` has 2 values, one of them in 0.1 % of the rows".to_owned()],
    }
}

/// The audit that cli.md draws.
pub fn loans() -> Report {
    let mut report = empty("loans.parquet");
    add(&mut report, "overall", &[(&[], 48_000, 0.41)]);
    report.groups[0].group = Values::default();
    report.groups[0].reference = false;
    report.measures.clear();
    let race: [(&[Option<&str>], u64, f64); 4] = [
        (&[Some("White")], 30_229, 0.479),
        (&[Some("Black")], 8_449, 0.199),
        (&[Some("Pacific Isl.")], 11, 0.3),
        (&[None], 7, 0.2),
    ];
    add(&mut report, "race", &race);
    let both: [(&[Option<&str>], u64, f64); 4] = [
        (&[Some("m"), Some("White")], 20_000, 0.5),
        (&[Some("f"), Some("White")], 10_000, 0.4),
        (&[Some("m"), Some("Black")], 4_000, 0.2),
        (&[Some("f"), Some("Black")], 4_000, 0.1),
    ];
    add(&mut report, "sex*race", &both);
    judge(
        &mut report,
        2,
        "true_positive_rate_difference",
        Status::Fail,
        Some(-0.29),
    );
    judge(
        &mut report,
        2,
        "selection_rate_ratio",
        Status::Fail,
        Some(0.416),
    );
    judge(
        &mut report,
        8,
        "selection_rate_ratio",
        Status::Warn,
        Some(0.7996),
    );
    judge(
        &mut report,
        3,
        "true_positive_rate_difference",
        Status::Undecided,
        None,
    );
    judge(
        &mut report,
        1,
        "selection_rate_ratio",
        Status::Pass,
        Some(1.0),
    );
    report
}

/// Pools every group of a report against the first of its attribute, within a column so called.
fn pool(report: &mut Report, control: &str) {
    let gap = |value: f64, method| {
        let interval = Some(interval(value - 0.02, value + 0.02, method));
        Some(Gap { value, interval })
    };
    let compared = report
        .groups
        .iter()
        .filter(|g| !g.group.is_empty() && !g.reference);
    let of = |group: &GroupReport| PooledReport {
        scenario: group.scenario.clone(),
        control: control.to_owned(),
        bins: Some(format!("{control}=1,2")),
        attribute: group.attribute.clone(),
        group: group.group.clone(),
        reference: group.group.clone(),
        metric: "selection_rate".to_owned(),
        crude: Gaps {
            difference: gap(-0.1416, Method::MiettinenNurminen),
            ..Gaps::default()
        },
        pooled: Gaps {
            difference: gap(0.1018, Method::Sato),
            ratio: None,
            odds_ratio: gap(1.105, Method::RobinsBreslowGreenland),
        },
        moved: Some(0.2434),
        reversed: true,
        reading: Some(Reading::Reversed),
        association_p: Some(0.2),
        homogeneity: None,
        strata_used: 6,
        strata_left_out: 1,
        rows_left_out: 12,
    };
    report.pooled = compared.map(of).collect();
    report.controls.clone_from(&report.pooled);
}

/// Text that would like to be something else.
pub const NASTY: [&str; 14] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;pwned\u{7}",
    "\u{202e}evil\u{202c}",
    "Bl\u{ad}ack\u{200b}\u{feff}",
    "a\nb\r\nc\td",
    "\u{85}\u{2028}\u{9b}2J",
    "<script>alert(1)</script> & | `x` *y* @team #1",
    "=HYPERLINK(\"http://e\")",
    "  blank ends ",
    "(missing)",
    "",
    "統計的公平性監査報告書の非常に長いグループ名統計的公平性監査報告書の非常に長いグループ名甲",
    "統計的公平性監査報告書の非常に長いグループ名統計的公平性監査報告書の非常に長いグループ名乙甲",
    "Z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}algo",
];

/// The same audit of a table whose names are an attack.
pub fn hostile() -> Report {
    let mut report = empty("\u{1b}]0;x\u{7}\n.csv");
    let sizes = (0..).map(|i| 5_000 - 300 * i);
    let names: Vec<[Option<&str>; 1]> = NASTY.iter().map(|n| [Some(*n)]).collect();
    let groups: Vec<(&[Option<&str>], u64, f64)> = names
        .iter()
        .zip(sizes)
        .map(|(name, rows)| (&name[..], rows, 0.3))
        .collect();
    add(&mut report, "\u{202e}group\u{1b}[2J", &groups);
    let pairs: Vec<[Option<&str>; 2]> = NASTY.iter().map(|n| [Some(*n), Some("x")]).collect();
    let crossed: Vec<(&[Option<&str>], u64, f64)> =
        pairs.iter().map(|p| (&p[..], 900, 0.3)).collect();
    add(&mut report, "group\u{7}*other", &crossed);
    pool(&mut report, "\u{1b}[2Jcontrol\n\u{202e}<b>");
    for at in 0..report.groups.len() {
        judge(
            &mut report,
            at,
            "selection_rate_ratio",
            Status::Fail,
            Some(0.5),
        );
    }
    report.notes = NASTY.iter().map(|&n| n.to_owned()).collect();
    report.record.settings.insert(
        "label".to_owned(),
        setting("\u{9b}31m", SettingSource::Inferred, Some("\u{202e}why\n")),
    );
    report
}

/// A weighted audit of two models within strata, with a punitive decision.
pub fn weighted() -> Report {
    let mut report = loans();
    for group in &mut report.groups {
        group.weight = group.weight.map(|weight| weight * 1.5);
        group.effective = group.effective.map(|rows| rows * 0.9);
    }
    let mut second: Vec<_> = report.groups.clone();
    for (i, group) in second.iter_mut().enumerate() {
        group.scenario = "model_b".to_owned();
        group.stratum = Some(values("dept", &[Some(if i % 2 == 0 { "A" } else { "B" })]));
    }
    report.groups.extend(second);
    report.record.rows.effective = Some(43_210.5);
    let favorable = setting("negative", SettingSource::Flag, None);
    report
        .record
        .settings
        .insert("favorable".to_owned(), favorable);
    report
}

/// One attribute of very many groups.
pub fn many(groups: usize) -> Report {
    let mut report = empty("many.csv");
    let names: Vec<String> = (0..groups).map(|i| format!("zip {i:06}")).collect();
    let names: Vec<[Option<&str>; 1]> = names.iter().map(|n| [Some(n.as_str())]).collect();
    let list: Vec<(&[Option<&str>], u64, f64)> = names
        .iter()
        .enumerate()
        .map(|(i, n)| (&n[..], 1_000 + (i % 97) as u64, 0.5))
        .collect();
    add(&mut report, "zip", &list);
    report
}
