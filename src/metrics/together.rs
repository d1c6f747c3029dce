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
/// or across, and the pairs that are won add up likewise. `None` where weights leave nothing but
/// rounding: a small rest beside a huge group.
fn without(all: Option<&Discrimination>, one: Option<&Discrimination>) -> Option<Discrimination> {
    let (all, one) = (all?, one?);
    let (p, n) = (all.weight.0 - one.weight.0, all.weight.1 - one.weight.1);
    let rows = (
        all.rows.0.checked_sub(one.rows.0)?,
        all.rows.1.checked_sub(one.rows.1)?,
    );
    let rest = Discrimination {
        rows,
        weight: (p, n),
        ..Discrimination::default()
    };
    let pairs = 2.0 * p * n;
    if rows.0 == 0 || rows.1 == 0 || pairs <= 0.0 {
        return Some(rest);
    }
    let won = all.won[0] - one.won.iter().sum::<f64>();
    let error = all.won_error;
    (error <= LARGEST_ERROR * pairs).then(|| Discrimination {
        auc: Some(match won {
            won if won <= error => 0.0,
            won if pairs - won <= error => 1.0,
            won => won / pairs,
        }),
        ..rest
    })
}

/// An AUC is given where rounding changes it by no more than this.
const LARGEST_ERROR: f64 = 1e-6;
