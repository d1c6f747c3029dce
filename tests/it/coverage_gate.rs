//! What the default gate promises, counted: whole audits of known populations are judged by the
//! default rules, on each column and on their product, and the failures are counted.
//!
//! `cargo test --release --test it -- --ignored --nocapture coverage_of_the_gate`

use std::ops::Range;

use fair_audit::data::Favorable;
use fair_audit::data::group::Values;
use fair_audit::metrics::Undefined;
use fair_audit::policy::{
    Adjust, Case, Decide, Finding, How, Member, Number, Rule, Status, adjust, default_rules, judge,
};
use fair_audit::stats::random::Multinomial;
use fair_audit::stats::resample::{Group, Leg, maxima};
use fair_audit::stats::{Amount, Fraction};

use crate::coverage::{CONFIDENCE, REPLICATES, share, simulate};

const ADJUSTED: [Adjust; 3] = [Adjust::None, Adjust::Holm, Adjust::Maxt];
const MIN_GROUP: u64 = 30;

/// Shares of positive labels, and of positive decisions by label: of the first race, and of all
/// others.
struct Decisions {
    name: &'static str,
    first: [f64; 2],
    others: [f64; 2],
}

/// Of 100 rows 40 are labelled positive.
const LABELS: [f64; 2] = [0.6, 0.4];

/// The decisions by label have the selection rate that the name says.
const FAIR: [Decisions; 4] = [
    alike("0.05", [0.01, 0.11]),
    alike("0.1", [0.02, 0.22]),
    alike("0.3", [0.1, 0.6]),
    alike("0.5", [0.3, 0.8]),
];
/// Every limit is just kept: a ratio of 0.8, and 0.1 between rates by label (where it can be both).
const AT_THE_LIMIT: [Decisions; 2] = [
    Decisions {
        name: "0.3",
        first: [0.2 / 3.0, 0.5],
        others: [0.1, 0.6],
    },
    Decisions {
        name: "0.5",
        first: [0.2, 0.7],
        others: [0.3, 0.8],
    },
];
/// A ratio of 0.6 among the rows of either label.
const UNFAIR: [Decisions; 2] = [
    Decisions {
        name: "0.3",
        first: [0.06, 0.36],
        others: [0.1, 0.6],
    },
    Decisions {
        name: "0.5",
        first: [0.18, 0.48],
        others: [0.3, 0.8],
    },
];

const fn alike(name: &'static str, all: [f64; 2]) -> Decisions {
    Decisions {
        name,
        first: all,
        others: all,
    }
}

/// How the columns split the rows.
struct Columns {
    races: Vec<f64>,
    sexes: usize,
}

/// One column, or the product of both: what it splits by.
struct Attribute {
    name: &'static str,
    by_race: bool,
    by_sex: bool,
}

const RACE: Attribute = Attribute {
    name: "race",
    by_race: true,
    by_sex: false,
};
const SEX: Attribute = Attribute {
    name: "sex",
    by_race: false,
    by_sex: true,
};
const BOTH: Attribute = Attribute {
    name: "sex*race",
    by_race: true,
    by_sex: true,
};

impl Columns {
    fn attributes(&self) -> &'static [Attribute] {
        const ALL: [Attribute; 3] = [RACE, SEX, BOTH];
        if self.sexes == 1 { &ALL[..1] } else { &ALL }
    }

    /// Shares of the cells, by race, sex, label and decision.
    fn shares(&self, decisions: &Decisions) -> Vec<f64> {
        let mut shares = Vec::new();
        for (race, of_race) in self.races.iter().enumerate() {
            for _ in 0..self.sexes {
                for (label, of_label) in LABELS.into_iter().enumerate() {
                    let of = if race == 0 {
                        decisions.first
                    } else {
                        decisions.others
                    };
                    let each = of_race / self.sexes as f64 * of_label;
                    shares.extend([each * (1.0 - of[label]), each * of[label]]);
                }
            }
        }
        shares
    }

    /// The groups of an attribute on a rate over rows of these labels.
    fn groups(&self, attribute: &Attribute, labels: &Range<usize>) -> Vec<Group> {
        let races = if attribute.by_race {
            self.races.len()
        } else {
            1
        };
        let sexes = if attribute.by_sex { self.sexes } else { 1 };
        let cells = 4 * self.sexes * self.races.len();
        let of = |group: usize, decisions: Range<usize>| {
            let is_of = |&cell: &usize| {
                let (race, sex) = (cell / 4 / self.sexes, cell / 4 % self.sexes);
                (races == 1 || race == group / sexes)
                    && (sexes == 1 || sex == group % sexes)
                    && labels.contains(&(cell / 2 % 2))
                    && decisions.contains(&(cell % 2))
            };
            (0..cells).filter(is_of).collect()
        };
        let group = |group: usize| Group {
            whole: of(group, 0..2),
            part: of(group, 1..2),
        };
        (0..races * sexes).map(group).collect()
    }
}

/// The rows that a rule of the default gate is a rate of.
fn labels(rule: &Rule) -> Range<usize> {
    match rule.metric.name {
        "selection_rate_ratio" => 0..2,
        "true_positive_rate_difference" => 1..2,
        "false_positive_rate_difference" => 0..1,
        other => panic!("{other} is no rule of the default gate"),
    }
}

fn member(at: usize, fraction: Fraction) -> Member {
    let number = Number {
        value: fraction.value().ok_or(Undefined::NoRows),
        fraction: Some(fraction),
        spread: None,
        interval: None,
    };
    Member {
        values: Values::from_iter([("group".to_owned(), Some(at.to_string()))]),
        rows: fraction.whole.rows,
        numbers: vec![Some(number)],
    }
}

/// The findings of one audit.
fn audit(columns: &Columns, counts: &[u64], how: Adjust, seed: u64) -> Vec<Finding> {
    let cells: Vec<Amount> = counts.iter().map(|&rows| Amount::rows(rows)).collect();
    let sum = |list: &[usize]| {
        list.iter()
            .fold(Amount::default(), |sum, &at| sum + cells[at])
    };
    let fraction = |group: &Group| Fraction::new(sum(&group.part), sum(&group.whole));
    let rules = default_rules(true, true, Favorable::Positive);
    let legs: Vec<Vec<Group>> = rules
        .iter()
        .flat_map(|rule| {
            let of = |attribute| columns.groups(attribute, &labels(rule));
            columns.attributes().iter().map(of)
        })
        .collect();
    let redrawn = (how == Adjust::Maxt).then(|| {
        let is_large = |group: &&Group| sum(&group.whole).rows >= MIN_GROUP;
        let leg = |groups: &Vec<Group>| Leg {
            groups: groups.iter().filter(is_large).cloned().collect(),
        };
        let legs: Vec<Leg> = legs.iter().map(leg).collect();
        maxima(&cells, &legs, REPLICATES, seed).joint
    });
    let decide = Decide {
        how: How::Interval,
        min_group: MIN_GROUP,
        confidence: CONFIDENCE,
        adjust: how,
        redrawn: redrawn.flatten(),
        nights: None,
        has_stand_in: false,
        is_searched: false,
    };
    let mut findings = Vec::new();
    let mut groups = legs.iter();
    for rule in &rules {
        for attribute in columns.attributes() {
            let all = groups.next().unwrap().iter().enumerate();
            let case = Case {
                scenario: "as_given".to_owned(),
                several: false,
                attribute: attribute.name.to_owned(),
                stratum: None,
                favorable: Favorable::Positive,
                members: all.map(|(at, group)| member(at, fraction(group))).collect(),
                whole: None,
            };
            findings.extend(judge(rule, &case, &decide));
        }
    }
    adjust(findings.iter_mut(), &decide);
    findings
}

/// Whether an audit fails: at all, and on the ratio of selection rates.
fn fails(findings: &[Finding]) -> [bool; 2] {
    let failed = || findings.iter().filter(|f| f.status == Status::Fail);
    let of_selections = failed().any(|f| f.metric == "selection_rate_ratio");
    [failed().next().is_some(), of_selections]
}

/// `any failure | a failure of the ratio` for each adjustment.
fn row(columns: &Columns, decisions: &Decisions, rows: u64, samples: u64) -> String {
    let law = Multinomial::new(rows, columns.shares(decisions).into_iter());
    let cells = 4 * columns.sexes * columns.races.len();
    let found = simulate(samples, |random, sample| {
        let mut counts = vec![0; cells];
        law.draw(&mut counts, random);
        ADJUSTED.map(|how| fails(&audit(columns, &counts, how, sample)))
    });
    let mut row = String::new();
    for how in 0..ADJUSTED.len() {
        for of in 0..2 {
            row += &format!(" {:.3} |", share(&found, |audit| audit[how][of]));
        }
    }
    row
}

#[test]
#[ignore = "a simulation of some minutes; it prints a table"]
fn coverage_of_the_gate_where_its_limits_are_kept() {
    let head = ["none", "holm", "maxt"].map(|how| format!(" {how}: any | ratio |"));
    println!(
        "| races | rows | true ratio | selection rate |{}",
        head.concat()
    );
    println!("{}|", "|--:".repeat(10));
    let shares = [vec![0.2, 0.5, 0.3], vec![1.0 / 3.0; 3]];
    for races in shares {
        let name = if races[0] == races[1] {
            "even"
        } else {
            "uneven"
        };
        let columns = Columns { races, sexes: 2 };
        for rows in [300, 1_000, 5_000, 50_000] {
            let of = |ratio: &str, list: &[Decisions]| {
                for decisions in list {
                    let selected = decisions.name;
                    let row = row(&columns, decisions, rows, 2_000);
                    println!("| {name} | {rows} | {ratio} | {selected} |{row}");
                }
            };
            of("1", &FAIR);
            of("0.8", &AT_THE_LIMIT);
        }
    }
}

#[test]
#[ignore = "a simulation of a minute; it prints a table"]
fn coverage_of_the_gate_power() {
    let head = ["none", "holm", "maxt"].map(|how| format!(" {how}: any | ratio |"));
    println!(
        "| races of rows each | sexes | selection rate |{}",
        head.concat()
    );
    println!("{}|", "|--:".repeat(9));
    for (races, sexes) in [(2, 1), (6, 1), (2, 2), (3, 2)] {
        for each in [200, 500, 1_000] {
            for decisions in &UNFAIR {
                let columns = Columns {
                    races: vec![1.0 / f64::from(races); races as usize],
                    sexes,
                };
                let row = row(&columns, decisions, each * races as u64, 2_000);
                println!("| {races} × {each} | {sexes} | {} |{row}", decisions.name);
            }
        }
    }
}

/// Each number of the gate is judged once, and an unfair audit of many rows fails.
#[test]
fn a_simulated_gate_judges_every_attribute() {
    let columns = Columns {
        races: vec![0.2, 0.5, 0.3],
        sexes: 2,
    };
    for (decisions, fail) in [(&FAIR[2], false), (&UNFAIR[0], true)] {
        let counts = columns.shares(decisions).into_iter();
        let counts: Vec<u64> = counts
            .map(|share| (share * 60_000.0).round() as u64)
            .collect();
        for how in ADJUSTED {
            let findings = audit(&columns, &counts, how, 1);
            assert_eq!(
                findings.len(),
                3 * (2 + 1 + 5),
                "all but the best-off groups"
            );
            assert_eq!(fails(&findings), [fail; 2]);
            assert!(findings.iter().all(|finding| finding.p_adjusted.is_some()));
        }
    }
}
