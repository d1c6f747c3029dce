//! Mathematics with no knowledge of fairness: sums, fractions, rankings, intervals.

pub mod chance;
pub mod exact;
pub mod fraction;
pub mod interval;
pub mod random;
pub mod ranking;
pub mod redraw;
pub mod resample;
mod order;
mod roc;
pub mod score;
pub mod special;
mod sweep;
mod alone;

pub use exact::{ExactSum, Term};
pub use fraction::{Amount, Fraction};
pub use interval::{Interval, Method};
pub use ranking::{Discrimination, Extent, Ranking, Scored, Wanted};

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
