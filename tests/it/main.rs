//! The one integration binary.

mod conventions;
mod laws;
mod made;
mod others;
