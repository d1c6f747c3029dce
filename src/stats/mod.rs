//! Mathematics with no knowledge of fairness: sums, fractions, rankings, intervals.

pub mod adjust;
pub mod area;
pub mod beta;
pub mod change;
pub mod chance;
pub mod exact;
pub mod fraction;
pub mod gamma;
pub mod goodness;
pub mod hierarchical;
pub mod interval;
pub mod jackknife;
#[cfg(test)]
mod interval_tests;
pub mod power;
pub mod raking;
pub mod range;
pub mod random;
pub mod ranking;
pub mod redraw;
pub mod resample;
mod order;
mod roc;
pub mod score;
pub mod special;
pub mod spread;
pub mod reading;
mod sweep;
mod alone;
pub mod strata;
pub mod standard;
pub mod association;
pub mod sequence;
#[cfg(test)]
mod draw;
pub mod test;

pub use exact::{ExactSum, Term};
pub use fraction::{Amount, Fraction};
pub use interval::{Critical, Interval, Method};
pub use ranking::{Discrimination, Extent, Ranking, Scored, Wanted};
pub use spread::{Law, Spread, pooled_freedom};

/// Sums that can be filled apart and put together: associative, commutative, default is identity.
pub trait Merge: Default {
    /// Adds all that `other` has seen to `self`.
    fn merge(&mut self, other: &Self);
}

impl Merge for u64 {
    fn merge(&mut self, other: &Self) {
        *self += other;
    }
}

/// The numbers of other tools that tests compare with; said where the shared file is not there.
#[cfg(test)]
fn oracle() -> Option<serde_json::Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/data/statistics.json"
    );
    match std::fs::read_to_string(path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("the file is JSON")),
        Err(error) => {
            println!("skipped: {path}: {error}");
            None
        }
    }
}

/// What `fixtures/oracle/statistics.py` wrote under a name: each entry's numbers, inputs first.
#[cfg(test)]
fn expected(name: &str) -> Vec<serde_json::Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/oracle/statistics.json"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let mut all: serde_json::Value = serde_json::from_str(&text).unwrap();
    match all[name].take() {
        serde_json::Value::Array(entries) if !entries.is_empty() => entries,
        _ => panic!("{path} has no `{name}`"),
    }
}

/// [`expected`] where an entry has numbers only.
#[cfg(test)]
fn expected_numbers(name: &str) -> Vec<Vec<f64>> {
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::INFINITY);
    expected(name)
        .iter()
        .map(|entry| entry.as_array().unwrap().iter().map(number).collect())
        .collect()
}

/// Panics where a number is off by more than `relative`.
#[cfg(test)]
fn assert_near(found: f64, expected: f64, relative: f64, what: &dyn std::fmt::Debug) {
    let is_near = found == expected || (found - expected).abs() <= relative * expected.abs();
    assert!(is_near, "{what:?}: {found:e} is not {expected:e}");
}
