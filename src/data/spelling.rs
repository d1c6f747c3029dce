//! How two-valued columns are spelled: the accepted pairs (0/1, no/yes, false/true …), null tokens.

use super::{Outcome, Role};
use crate::error::{Place, Result};

/// What a spelling means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The negative one.
    Negative,
    /// The positive one.
    Positive,
    /// No value.
    Missing,
}

/// One spelling of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Spelling {
    /// As written.
    pub text: String,
    /// Rows; 0 where they were not counted.
    pub rows: u64,
    /// Where it stands first.
    pub first: Option<Place>,
}

/// What a text means by itself; `None` where it fits no accepted pair.
pub fn polarity(text: &str, positive: Option<&str>, nulls: &[String]) -> Option<Class> {
    let _ = (text, positive, nulls);
    todo!()
}

/// What each spelling of a whole column means.
pub fn resolve(
    path: &str,
    column: &Outcome,
    role: Role,
    seen: &[Spelling],
    nulls: &[String],
) -> Result<Vec<Class>> {
    let _ = (path, column, role, seen, nulls);
    todo!()
}
