//! The one integration binary.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test that cannot go on is a test that fails; what it skips it prints"
)]

mod alike;
mod attacker;
mod ci_formats;
mod cli;
mod collected;
mod compare;
mod config;
mod conventions;
mod corpus;
mod counterfactual;
mod coverage;
mod coverage_gate;
mod coverage_joint;
mod coverage_numbers;
mod dp;
mod edge;
mod encoded;
mod examples;
mod explain;
mod generated;
mod house;
mod laws;
mod licences;
mod made;
mod mitigate;
mod mitigate_tables;
mod named;
mod noise;
mod oracle;
mod policy;
mod pooled;
mod probe;
mod profile;
mod recorded_fits;
mod related;
mod published;
mod same_rows;
mod sequential;
mod small_groups;
mod suppress;
mod typed;
mod ugesp;
