//! The one integration binary.

mod conventions;
mod laws;
mod licences;
mod made;
mod others;
