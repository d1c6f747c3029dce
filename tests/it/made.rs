//! Tallies made by hand from rows, the slow and obvious way.

use std::sync::Arc;

use fair_audit::data::{Attribute, Favorable, Plan, Role};
use fair_audit::stats::{Ranking, Scored, ranking};
use fair_audit::tally::{Axis, Cell, Table, Tally, table};

/// One row of data: a code for each axis, a label and a decision (0, 1, or 2 for missing).
#[derive(Debug, Clone)]
pub struct Line {
    pub codes: Vec<u32>,
    pub label: usize,
    pub decision: usize,
    pub score: Option<f64>,
    pub weight: Option<f64>,
}

/// The columns of made tables: two sensitive ones and a control.
pub fn axes(sizes: &[u32], controls: usize) -> Vec<Axis> {
    let axis = |(at, &size): (usize, &u32)| Axis {
        name: format!("axis{at}"),
        role: if at + controls >= sizes.len() {
            Role::Control
        } else {
            Role::Sensitive
        },
        values: (0..size).map(|value| format!("v{value}")).collect(),
        bands: None,
    };
    sizes.iter().enumerate().map(axis).collect()
}

/// The tally of these rows; `ranked` says whether scores are kept for ranking.
pub fn tally(axes: &[Axis], lines: &[Line], ranked: bool) -> Tally {
    let mut tally = Tally {
        scenario: "as_given".to_owned(),
        axes: axes.to_vec(),
        ..Tally::default()
    };
    for line in lines {
        let cell: &mut Cell = tally.cells.entry(line.codes.clone().into()).or_default();
        cell.rows[line.label][line.decision] += 1;
        if let Some(weight) = line.weight {
            let weights = cell.weights.get_or_insert_default();
            let sums = &mut weights[line.label][line.decision];
            sums.sum.add(weight);
            sums.squares.add(weight * weight);
        }
        if let Some(score) = line.score {
            let scores = cell.scores.get_or_insert_default();
            scores.add(score, line.label, 1, line.weight);
            let (low, high) = tally.score_range.unwrap_or((score, score));
            tally.score_range = Some((low.min(score), high.max(score)));
        }
    }
    if ranked {
        let mut ranking = Ranking::default();
        for line in lines {
            let cell = tally.cells.keys().position(|key| **key == *line.codes);
            if let (Some(score), true) = (line.score, line.label < 2) {
                ranking.push(Scored {
                    rows: 1,
                    key: ranking::key(score),
                    cell: cell.expect("every row has a cell") as u32,
                    positive: line.label == 1,
                    weight: line.weight.unwrap_or(1.0),
                });
            }
        }
        ranking.sort();
        tally.ranking = Some(Arc::new(ranking));
    }
    tally
}

/// A plan that compares these attributes.
pub fn plan(attributes: &[&[usize]], favorable: Favorable) -> Plan {
    let attributes = attributes.iter().map(|axes| Attribute(axes.to_vec()));
    Plan {
        attributes: attributes.collect(),
        favorable,
        ..Plan::default()
    }
}

/// The table of the first axis.
pub fn first(tally: &Tally, favorable: Favorable) -> Table {
    let mut tables = table::tables(tally, &plan(&[&[0]], favorable));
    tables.remove(1)
}
