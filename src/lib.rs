//! `fair-audit`: a table becomes a tally, and everything else is arithmetic on the tally.
//!
//! ```text
//! file ─read→ batches ─tally→ cells ─metrics→ values ─infer→ estimates ─policy→ findings ─report→ text
//! ```
//!
//! The modules stand in the order of the law: **a module uses only modules above it**
//! (`tests/it/house.rs` checks it). The promise to users is the command line and the JSON schema;
//! this Rust API serves the binary and its tests and may change in any release.

pub mod error;
pub mod stats;
pub mod data;
pub mod read;
pub mod tally;
pub mod privacy;
pub mod sketch;
pub mod metrics;
pub mod infer;
pub mod fit;
pub mod profile;
pub mod policy;
pub mod mitigate;
pub mod justice;
pub mod report;
pub mod record;
pub mod cli;
pub mod run;
