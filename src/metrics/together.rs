//! Several groups taken together as if they were one.

use crate::stats::Discrimination;
use crate::tally::{Row, Table};

/// All compared rows as one group.
pub fn overall(table: &Table) -> Row {
    Row {
        cell: table.compared.clone(),
        discrimination: table.discrimination.clone(),
        ..Row::default()
    }
}

/// All compared groups but the one of row `at`; with the sums of scores where `scores` says so.
pub fn rest(table: &Table, at: usize, scores: bool) -> Row {
    let row = &table.compared_rows()[at];
    Row {
        cell: if scores {
            table.rest_with_scores(row)
        } else {
            table.rest(row).clone()
        },
        discrimination: without(table.discrimination.as_ref(), row.discrimination.as_ref()),
        ..Row::default()
    }
}

/// The AUC of all but one group: a pair of a positive and a negative is in the group, in the rest,
/// or across (bpsn, bnsp), and the four kinds make up the AUC of all.
fn without(all: Option<&Discrimination>, one: Option<&Discrimination>) -> Option<Discrimination> {
    let (all, one) = (all?, one?);
    let (p, n) = (all.weight.0 - one.weight.0, all.weight.1 - one.weight.1);
    let rows = (
        all.rows.0.checked_sub(one.rows.0)?,
        all.rows.1.checked_sub(one.rows.1)?,
    );
    let pairs = |p: f64, n: f64, auc: Option<f64>| p * n * auc.unwrap_or(0.0);
    let won = pairs(all.weight.0, all.weight.1, all.auc)
        - pairs(one.weight.0, one.weight.1, one.auc)
        - pairs(p, one.weight.1, one.bpsn)
        - pairs(one.weight.0, n, one.bnsp);
    let auc = (rows.0 > 0 && rows.1 > 0 && p * n > 0.0).then(|| (won / (p * n)).clamp(0.0, 1.0));
    Some(Discrimination {
        rows,
        weight: (p, n),
        auc,
        ..Discrimination::default()
    })
}
