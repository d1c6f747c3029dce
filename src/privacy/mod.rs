//! What may be published of few people: leaving out ([`conceal`]), or noise ([`noisy`]).
//!
//! `--suppress K`: which sums must stay hidden so that no count under K is shown or follows.
//!
//! In: disjoint cells with their counts by kind (label × decision), and sums of cells that would be
//! published (every group of every attribute and stratum, the whole among them). Out: which of them
//! are not. What always holds, unless the sums are so many that [`Concealed::Coarse`] is all there is:
//!
//! - a sum is published with all its kinds or not at all; all kinds of a published sum are 0 or at
//!   least K, so that whatever is added up from them is so too;
//! - for a hidden sum, of each kind that it has rows of, everything that is published leaves open an
//!   interval of K or more ([`attack`]): the truth cannot be confined to fewer values, by a linear
//!   program or by less. With weights Σw and Σw² of every kind are published too; the attacker is
//!   believed to know the mean weight of every cell.
//!
//! Since all kinds of a sum are hidden together, each kind is a linear program of its own.
//!
//! Whoever publishes sums of a tally calls [`of_tally`]; whoever publishes other tables, [`conceal`].

mod attack;
mod cells;
mod conceal;
pub mod noise;
pub mod noisy;

pub use cells::{Place, of_tally};
pub use conceal::conceal;

/// The smallest K that hides anything.
pub const LEAST: u64 = 2;

/// One of the disjoint cells that sums are made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// Rows of each kind.
    pub counts: Vec<u64>,
    /// Σw and Σw² of each kind; `None` where there are no weights.
    pub weights: Option<Vec<[f64; 2]>>,
}

/// A sum of cells that would be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// Indices of its cells.
    pub cells: Vec<usize>,
    /// How many columns make it: what is finer is hidden first.
    pub columns: usize,
}

/// What stays hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concealed {
    /// Whether each sum is, found by attacking what is left.
    Checked(Vec<bool>),
    /// The sums are too many to attack them: published is at most the whole, and what the groups of
    /// one column partition it into, which leaves all else between 0 and a published count.
    Coarse(Vec<bool>),
}

impl Concealed {
    /// Whether each sum is hidden.
    pub fn hidden(&self) -> &[bool] {
        match self {
            Self::Checked(hidden) | Self::Coarse(hidden) => hidden,
        }
    }
}
