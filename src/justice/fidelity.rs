//! How well a surrogate stands for decisions whose model is not known, by group.
//!
//! In: a case with decisions of the table, or of a program. Out: how often each surrogate decides as
//! they do, on rows that it was not fitted to (Craven and Shavlik 1996, Extracting Tree-Structured
//! Representations of Trained Networks, NIPS 8). Where it does not, what is said of it is not said
//! of the decisions.

use super::means::{NO_INTERVAL, Part, grouped};
use super::{Case, HeldOut, Method, Needs, Subject};
use crate::error::Result;
use crate::profile::section::{Found, Kind, Line, Table};
use crate::stats::{Amount, Fraction, interval};

/// The line of the registry.
pub const METHOD: Method = Method {
    name: "fidelity",
    about: "how often a surrogate decides as the table or a program does, by group",
    title: "how well a surrogate stands for the decisions",
    source: "Craven and Shavlik 1996, NIPS 8:24",
    needs: Needs::Surrogate,
    answer,
};

/// Under this a surrogate hardly stands for the decisions.
const LOW: f64 = 0.8;

fn answer(case: &Case) -> Result<Option<Found>> {
    if case.stand_ins.is_empty() {
        return Ok(None);
    }
    let mut table = grouped(
        Table::new(
            "fidelity",
            format!(
                "{}, and those of a surrogate, on held-out rows",
                case.deciding
            ),
        )
        .column("surrogate", "surrogate", Kind::Text, 0),
    )
    .column("rows", "rows", Kind::Count, 2)
    .column("agreement", "agreement", Kind::Share, 0)
    .column("agreement_interval", "interval", Kind::ShareInterval, 1)
    .column("majority", "of one answer for all", Kind::Share, 2)
    .column("selected", "selected", Kind::Share, 3)
    .column("surrogate_selected", "by the surrogate", Kind::Share, 3);
    let mut found = Found::default();
    let mut lowest = (1.0, String::new());
    let chosen = case.stand_ins.get(case.chosen).map(Subject::about);
    let columns = case.columns();
    let asked = case.asked(&columns, case.rows);
    for model in case.stand_ins {
        let scores = model.scores(&asked)?;
        let decided = model.decisions(&asked, &scores);
        for part in case.parts() {
            let counts = counts(case, &part, &decided);
            let agreement = counts.agreement();
            table.push(line(case, (model, &part), &counts));
            let share = agreement.value().unwrap_or(1.0);
            if Some(model.about()) == chosen && share < lowest.0 {
                let all = "all rows".to_owned();
                lowest = (share, part.group.map_or(all, |at| case.called(at)));
            }
        }
    }
    if lowest.0 < LOW {
        let (share, who) = (100.0 * lowest.0, lowest.1);
        let said = format!("of {who} the surrogate agrees with {share:.1}% of the decisions only");
        found.facts.push((0.9, said));
    }
    found.tables.push(table);
    let (chosen, whose) = (chosen.unwrap_or_default(), case.held.about());
    found.notes.push(if chosen == whose {
        format!("what follows is of the surrogate that agrees most: {chosen}")
    } else if case.whole.about() == whose {
        format!("of the surrogates this one agrees most: {chosen}; all else asks {whose}")
    } else {
        format!(
            "contributions are of the surrogate that agrees most: {chosen}; all else asks {whose}"
        )
    });
    found.notes.extend(case.small());
    Ok(Some(found))
}

/// How often the surrogate that was chosen decides as is given, of all rows.
pub(super) fn agreement(case: &Case) -> Result<Option<f64>> {
    let Some(model) = case.stand_ins.get(case.chosen) else {
        return Ok(None);
    };
    let columns = case.columns();
    let asked = case.asked(&columns, case.rows);
    let decided = model.decisions(&asked, &model.scores(&asked)?);
    let counts = case.parts().first().map(|all| counts(case, all, &decided));
    Ok(counts.and_then(|counts| counts.agreement().value()))
}

/// Rows by the decision that is given and the surrogate's.
#[derive(Default)]
struct Counts([[Amount; 2]; 2]);

impl Counts {
    fn of(&self, is_counted: impl Fn(usize, usize) -> bool) -> Fraction {
        let (mut own, mut whole) = (Amount::default(), Amount::default());
        for given in 0..2 {
            for surrogate in 0..2 {
                let cell = self.0[given][surrogate];
                whole = sum(whole, cell);
                if is_counted(given, surrogate) {
                    own = sum(own, cell);
                }
            }
        }
        Fraction::new(own, whole)
    }

    fn agreement(&self) -> Fraction {
        self.of(|given, surrogate| given == surrogate)
    }
}

fn sum(a: Amount, b: Amount) -> Amount {
    Amount {
        rows: a.rows + b.rows,
        weight: a.weight + b.weight,
        weight_sq: a.weight_sq + b.weight_sq,
    }
}

fn counts(case: &Case, part: &Part, decided: &[Option<bool>]) -> Counts {
    let mut counts = Counts::default();
    for &place in &part.places {
        let given = case.given[case.rows[place] as usize];
        if let (Some(given), Some(surrogate)) = (given, decided[place]) {
            let weight = case.weight(place);
            let cell = &mut counts.0[usize::from(given)][usize::from(surrogate)];
            let row = Amount {
                rows: 1,
                weight,
                weight_sq: weight * weight,
            };
            *cell = sum(*cell, row);
        }
    }
    counts
}

fn line(case: &Case, (model, part): (&HeldOut, &Part), counts: &Counts) -> Line {
    let agreement = counts.agreement();
    let number = |fraction: Fraction| fraction.value().ok_or("no_rows");
    let selected = number(counts.of(|given, _| given == 1));
    case.line(part)
        .text("surrogate", model.name)
        .count("rows", agreement.whole.rows)
        .number("agreement", number(agreement))
        .interval(
            "agreement_interval",
            interval::rate(&agreement, case.asking.confidence),
            NO_INTERVAL,
        )
        .number("majority", selected.map(|share| share.max(1.0 - share)))
        .number("selected", selected)
        .number("surrogate_selected", number(counts.of(|_, own| own == 1)))
}
