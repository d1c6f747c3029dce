//! The one integration binary.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test that cannot go on is a test that fails; what it skips it prints"
)]

mod alike;
mod attacker;
mod bound;
mod cards;
mod ci_formats;
mod cli;
mod collected;
mod compare;
mod config;
mod conventions;
mod corpus;
mod countered;
mod counterfactual;
mod coverage;
mod coverage_gate;
mod coverage_joint;
mod coverage_numbers;
mod declared;
mod dp;
mod edge;
mod encoded;
mod examples;
mod explain;
mod explained;
mod generated;
mod golden_recourse;
mod held_out;
mod hostile;
mod house;
mod laws;
mod licences;
mod logged;
mod made;
mod mitigate;
mod mitigate_folds;
mod mitigate_forest;
mod mitigate_stopped;
mod mitigate_tables;
mod mitigate_times;
mod mitigate_words;
mod mlbom;
mod named;
mod noise;
mod oracle;
mod owed;
mod planted;
mod policy;
mod pooled;
mod probe;
mod profile;
mod record;
mod recorded_fits;
mod recorded_hashes;
mod related;
mod published;
mod same_rows;
mod sequential;
mod small_groups;
mod suppress;
mod tampered;
mod turned;
mod typed;
mod ugesp;
mod unasked;
mod unproven;
