//! One function for each command, each a readable plan.
//!
//! In: a [`Job`]. Out: the exit status, or the error that stopped it. What is printed goes through
//! `report::output`.

pub mod apply;
pub mod audit;
mod bare;
pub mod compare;
pub mod config;
mod computed;
pub mod controls;
pub mod counterfactual;
mod answers;
mod declared;
mod asked;
mod needless;
mod digest;
mod heard;
mod inquiry;
mod replies;
mod tallied;
pub mod justice;
mod turned;
pub mod explain;
mod loaded;
pub mod examples;
pub mod fill;
pub mod frame;
pub mod judge;
pub mod kept;
pub mod leak;
mod logged;
pub mod nights;
mod noisy;
pub mod mitigate;
mod paired;
pub mod pass;
pub mod past;
pub mod pool;
pub mod probe;
pub mod profile;
pub mod progress;
mod recipe;
mod question;
pub mod recording;
pub mod redrawn;
pub mod refit;
pub mod saved;
pub mod scenarios;
pub mod shrunk;
mod state;
mod stop;
pub mod style;
pub mod suppress;
pub mod text;
pub mod threads;
mod told;
pub mod verify;
pub mod trade;
pub mod tried;
pub mod weights;
pub mod written;

use crate::cli::Job;
use crate::error::Result;

/// Does what was asked for; the exit status of the process.
pub fn run(job: Job) -> Result<u8> {
    match job {
        Job::Audit(audit) => audit::audit(*audit),
        Job::Demo(audit) => audit::demo(*audit),
        Job::Compare(both) => compare::compare(*both),
        Job::Profile(table) => profile::profile(*table),
        Job::Mitigate(job) => mitigate::mitigate(*job),
        Job::Explain(job) => explain::explain(*job),
        Job::Counterfactual(job) => counterfactual::counterfactual(*job),
        Job::Probe(job) => probe::probe(&job),
        Job::Check(check) => saved::check(check),
        Job::Report(saved) => saved::render(&saved),
        Job::Verify(job) => verify::verify(&job),
        Job::Metrics(name) => text::metrics(name.as_deref()),
        Job::Sql {
            table,
            config,
            dialect,
            name,
        } => text::sql(table, &config, dialect, name.as_deref()),
        Job::Init(table) => text::init(&table),
        Job::Schema(document) => text::schema(&document),
        Job::Completions(shell) => text::completions(shell),
        Job::Man(command) => text::man(command.as_deref()),
    }
}
