//! The rows that a check says would settle it do, and its detectable gap lies where it can be proved.

use super::judge::judge;
use super::tests::{DECIDE, case, member, rule};
use super::{Case, Decide, Finding, How, Member, Op, Rule, Status, add_power};
use crate::data::Favorable;
use crate::stats::{Amount, Fraction};

fn judged(rule: &Rule, case: &Case, decide: &Decide) -> Vec<Finding> {
    let mut findings = judge(rule, case, decide);
    add_power(&mut findings, rule, case, decide);
    findings
}

/// The group as if it had so many rows at the same rate.
fn grown(from: &Member, rows: u64) -> Member {
    let mut member = from.clone();
    let number = member.numbers[0].as_mut().unwrap();
    let rate = number.fraction.unwrap().value().unwrap();
    let of = |weight: f64| Amount {
        rows,
        weight,
        weight_sq: weight,
    };
    number.fraction = Some(Fraction::new(of(rate * rows as f64), of(rows as f64)));
    member
}

#[test]
fn with_the_rows_that_a_warning_asks_for_it_fails_and_with_fewer_it_does_not() {
    let ratio = rule("selection_rate_ratio", Op::AtLeast, 0.8);
    let difference = rule("selection_rate_difference", Op::AtMost, 0.1);
    // The positive outcome is the better one, and the worse one: the best rate is high, then low.
    let high = (member("few", &[(18, 60)]), member("many", &[(500, 1_000)]));
    let low = (member("few", &[(30, 60)]), member("many", &[(300, 1_000)]));
    for (favorable, (few, many)) in [(Favorable::Positive, high), (Favorable::Negative, low)] {
        for rule in [&ratio, &difference] {
            let of = |few: &Member| Case {
                favorable,
                ..case(vec![few.clone(), many.clone()])
            };
            let finding = &judged(rule, &of(&few), &DECIDE)[0];
            assert_eq!(finding.status, Status::Warn, "{}", finding.message);
            let power = finding.power.unwrap();
            let rows = power.rows_needed.unwrap();
            let status = |rows| judged(rule, &of(&grown(&few, rows)), &DECIDE)[0].status;
            assert_eq!(
                (status(rows), status(rows - 1)),
                (Status::Fail, Status::Warn)
            );
            assert!(
                finding
                    .message
                    .contains("rows behind its rate would settle it")
            );
            // What these rows prove with 80 % is further off than what they see and do not prove.
            let (found, value) = (power.detectable.unwrap(), finding.value.unwrap());
            assert_eq!(found < value, rule.op == Op::AtLeast, "{found} {value}");
            let further = rule.op.is_past(found.total_cmp(&rule.limit));
            assert!(further && (0.0..=1.0).contains(&found));
        }
    }
}

#[test]
fn a_small_group_is_told_what_the_rows_it_lacks_would_show() {
    let rule = rule("selection_rate_ratio", Op::AtLeast, 0.8);
    // Its own rate is the highest of all: it is compared with the best of those that are judged.
    let members = vec![
        member("few", &[(9, 10)]),
        member("many", &[(500, 1_000)]),
        member("others", &[(480, 1_000)]),
    ];
    let findings = judged(&rule, &case(members.clone()), &DECIDE);
    let few = findings.iter().find(|f| f.id.ends_with("few")).unwrap();
    let power = few.power.unwrap();
    assert_eq!(power.rows_needed, Some(30));
    assert!(power.detectable.unwrap() < 0.5, "{power:?}");
    assert!(
        few.message
            .contains("fewer than 30; with 30 rows a ratio under"),
        "{}",
        few.message
    );
    // With one group to be compared with, the critical value is that of one pair.
    let findings = judged(&rule, &case(members[..2].to_vec()), &DECIDE);
    let few = findings.iter().find(|f| f.id.ends_with("few")).unwrap();
    assert!(few.power.unwrap().detectable > power.detectable);
}

#[test]
fn what_passed_says_so_in_numbers_and_not_in_words() {
    let rule = rule("selection_rate_difference", Op::AtMost, 0.1);
    let of = |part| {
        case(vec![
            member("a", &[(part, 200)]),
            member("b", &[(100, 200)]),
        ])
    };
    let finding = &judged(&rule, &of(96), &DECIDE)[0];
    let power = finding.power.unwrap();
    assert_eq!(finding.status, Status::Pass);
    assert!(!finding.message.contains("proved"));
    assert!(power.detectable.unwrap() > 0.1 && power.rows_needed.unwrap_or(201) > 200);
    // The same value is not proved to be within the limit, and says what would prove it.
    let proof = Decide {
        how: How::Bound,
        ..DECIDE
    };
    let finding = &judged(&rule, &of(96), &proof)[0];
    assert_eq!(finding.status, Status::Undecided);
    assert!(
        finding.message.contains("would settle it"),
        "{}",
        finding.message
    );
    // What failed needs no rows.
    assert_eq!(judged(&rule, &of(20), &DECIDE)[0].power, None);
}
