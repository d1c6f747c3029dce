//! The one integration binary.

mod cli;
mod conventions;
mod generated;
mod house;
mod laws;
mod licences;
mod made;
mod oracle;
mod others;
