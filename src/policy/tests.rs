//! What becomes of groups that are far apart, close, small, undefined, alone or many.

use super::judge::{LISTED, ONE_GROUP, judge};
use super::{
    Adjust, Bar, Case, Date, Decide, FailOn, File, Finding, How, Member, Number, Op, Rule, Scope,
    Status, Whole, apply, exit_code, settle,
};
use crate::data::Favorable;
use crate::data::group::Values;
use crate::metrics::{self, Undefined};
use crate::stats::{Amount, Fraction, interval};

pub(super) const DECIDE: Decide = Decide {
    how: How::Interval,
    min_group: 30,
    confidence: 0.95,
    adjust: Adjust::None,
    redrawn: None,
    nights: None,
    has_stand_in: false,
    is_searched: false,
};

pub(super) fn rule(metric: &str, op: Op, limit: f64) -> Rule {
    Rule::new(metrics::find(metric).unwrap(), Scope::Single, op, limit)
}

pub(super) fn member(name: &str, rates: &[(u64, u64)]) -> Member {
    let number = |&(part, whole): &(u64, u64)| {
        let fraction = Fraction::new(Amount::rows(part), Amount::rows(whole));
        Some(Number {
            value: fraction.value().ok_or(Undefined::NoPositives),
            fraction: Some(fraction),
            spread: None,
            interval: interval::rate(&fraction, 0.95),
        })
    };
    Member {
        values: Values::from_iter([("race".to_owned(), Some(name.to_owned()))]),
        rows: rates[0].1,
        numbers: rates.iter().map(number).collect(),
    }
}

pub(super) fn case(members: Vec<Member>) -> Case {
    Case {
        scenario: "as_given".to_owned(),
        several: false,
        attribute: "race".to_owned(),
        stratum: None,
        favorable: Favorable::Positive,
        members,
        whole: None,
    }
}

fn of<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.id == id).unwrap()
}

#[test]
fn every_compared_group_is_one_check_and_none_is_lost() {
    let four_fifths = rule("selection_rate_ratio", Op::AtLeast, 0.8);
    let groups = [
        ("White", 500, 1000),
        ("Black", 200, 1000),
        ("Asian", 400, 1000),
        ("Few", 10, 29),
        ("None", 0, 0),
        ("Near", 9, 30),
    ];
    let members = groups.map(|(name, part, whole)| member(name, &[(part, whole)]));
    let mut findings = judge(&four_fifths, &case(members.to_vec()), &DECIDE);
    settle(&mut findings);
    let status = |name: &str| of(&findings, &format!("selection_rate_ratio:race={name}")).status;
    assert_eq!(findings.len(), 5, "the best-off group is the reference");
    assert_eq!(status("Black"), Status::Fail);
    // Exactly four fifths is within the limit.
    assert_eq!(status("Asian"), Status::Pass);
    assert_eq!(status("Near"), Status::Warn);
    assert_eq!(status("Few"), Status::Undecided);
    assert_eq!(status("None"), Status::Undecided);
    assert_eq!(findings[0].status, Status::Fail);
    assert_eq!(findings[0].value, Some(0.4));
    assert!(
        findings[0].message.starts_with(
            "race=Black: selection_rate 0.200 against 0.500 of race=White, ratio 0.400 < 0.800"
        ),
        "{}",
        findings[0].message
    );
    assert_eq!(exit_code(&findings, Bar::default()), 1);
    let never = Bar {
        fail_on: FailOn::Never,
        strict: true,
        undecided: None,
    };
    assert_eq!(exit_code(&findings, never), 3);
}

#[test]
fn the_worst_check_is_the_gap_over_extremes_whichever_outcome_is_favorable() {
    let gap = rule("selection_rate_difference", Op::AtMost, 0.1);
    let members: Vec<Member> = [("a", 30), ("b", 55), ("c", 90)]
        .map(|(name, part)| member(name, &[(part, 100)]))
        .to_vec();
    for favorable in [Favorable::Positive, Favorable::Negative] {
        let case = Case {
            favorable,
            ..case(members.clone())
        };
        let findings = judge(&gap, &case, &DECIDE);
        let worst = findings.iter().filter_map(|f| f.value).fold(0.0, f64::max);
        assert!((worst - 0.6).abs() < 1e-15);
        let best = if favorable == Favorable::Positive {
            "c"
        } else {
            "a"
        };
        let reference = findings[0].reference.as_ref().unwrap();
        assert_eq!(reference["race"].as_deref(), Some(best));
    }
}

#[test]
fn fewer_than_two_groups_are_undecided_and_never_fair() {
    let gap = rule("selection_rate_difference", Op::AtMost, 0.1);
    for members in [vec![], vec![member("a", &[(5, 100)])]] {
        let findings = judge(&gap, &case(members), &DECIDE);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].reason.as_deref(), Some(ONE_GROUP));
        assert_eq!(exit_code(&findings, Bar::default()), 3);
    }
}

#[test]
fn equalized_odds_is_its_worst_leg_and_does_not_pass_with_a_leg_missing() {
    let odds = rule("equalized_odds_difference", Op::AtMost, 0.1);
    // The base metrics in the order that the registry names them.
    let same = (50, 100);
    let far = case(vec![
        member("a", &[same, (90, 100)]),
        member("b", &[same, (10, 100)]),
    ]);
    let findings = judge(&odds, &far, &DECIDE);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].status, Status::Fail);
    assert!((findings[0].value.unwrap() - 0.8).abs() < 1e-15);
    let open = case(vec![
        member("a", &[same, (0, 0)]),
        member("b", &[same, (10, 100)]),
    ]);
    let findings = judge(&odds, &open, &DECIDE);
    assert!(
        findings.iter().all(|f| f.status == Status::Undecided),
        "{findings:?}"
    );
}

#[test]
fn a_number_of_the_attribute_is_judged_and_a_partial_one_never_passes() {
    let shared = rule("group_entropy", Op::AtLeast, 0.1);
    let whole = |partial| Case {
        whole: Some(Whole {
            number: Number {
                value: Ok(0.5),
                fraction: None,
                spread: None,
                interval: None,
            },
            partial,
            ends: (None, None),
        }),
        ..case(Vec::new())
    };
    let status = |case| judge(&shared, &case, &DECIDE)[0].status;
    assert_eq!(status(whole(false)), Status::Pass);
    assert_eq!(status(whole(true)), Status::Undecided);
    assert_eq!(status(case(Vec::new())), Status::Undecided);
}

#[test]
fn a_large_attribute_tells_its_small_groups_together() {
    let four_fifths = rule("selection_rate_ratio", Op::AtLeast, 0.8);
    let mut members: Vec<Member> = (0..=LISTED)
        .map(|at| member(&at.to_string(), &[(1, 2)]))
        .collect();
    members.push(member("a", &[(50, 100)]));
    members.push(member("b", &[(50, 100)]));
    let findings = judge(&four_fifths, &case(members), &DECIDE);
    assert_eq!(findings.len(), 2);
    assert!(
        findings[1].message.contains("2001 groups"),
        "{}",
        findings[1].message
    );
}

#[test]
fn a_wide_exception_hides_no_group_that_became_too_small() {
    let four_fifths = rule("selection_rate_ratio", Op::AtLeast, 0.8);
    let groups = [("a", 50, 100), ("b", 10, 100), ("few", 1, 3)];
    let groups = groups.map(|(name, part, whole)| member(name, &[(part, whole)]));
    let judged = judge(&four_fifths, &case(groups.to_vec()), &DECIDE);
    let accepted = |names: &str| {
        let text = format!("[[accept]]\nrule = \"selection_rate_ratio{names}\"\nreason = \"x\"\n");
        let file = File::parse("f", &text, false).unwrap().unwrap();
        let mut findings = judged.clone();
        apply(&mut findings, &file.accepts, Date::of_seconds(0));
        findings.iter().map(|f| f.status).collect::<Vec<_>>()
    };
    let (fail, open, held) = (Status::Fail, Status::Undecided, Status::Accepted);
    for wide in ["", ":*", ":race", ":race=*"] {
        assert_eq!(accepted(wide), [held, open], "{wide}");
    }
    assert_eq!(accepted(":race=few"), [fail, held]);
    let proof = Decide {
        how: How::Bound,
        ..DECIDE
    };
    let near = [("a", 50, 100), ("b", 45, 100)].map(|(name, k, n)| member(name, &[(k, n)]));
    let text = "[[accept]]\nrule = \"selection_rate_ratio\"\nreason = \"x\"\n";
    let file = File::parse("f", text, false).unwrap().unwrap();
    let mut findings = judge(&four_fifths, &case(near.to_vec()), &proof);
    assert_eq!(findings[0].status, open, "a number that proves nothing");
    apply(&mut findings, &file.accepts, Date::of_seconds(0));
    assert_eq!(findings[0].status, held);
    assert_eq!(accepted(":sex"), [fail, open, Status::Warn]);
}

#[test]
fn proof_is_never_easier_than_the_value_alone() {
    let gap = rule("selection_rate_difference", Op::AtMost, 0.1);
    for part in 0..=100 {
        let members = [("a", 50), ("b", part)].map(|(name, part)| member(name, &[(part, 100)]));
        let by = |how| {
            let decide = Decide { how, ..DECIDE };
            judge(&gap, &case(members.to_vec()), &decide)[0].status
        };
        let (value, proof) = (by(How::Point), by(How::Bound));
        assert!(proof >= value, "{part}: {proof:?} beside {value:?}");
        assert!(matches!(value, Status::Pass | Status::Fail));
    }
}
