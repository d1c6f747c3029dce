//! What a table is to an audit: which column plays which part, groups, and the batches that flow.

pub mod band;
pub mod encode;
pub mod group;
pub mod guess;
pub mod limits;
pub mod role;

pub use group::{Attribute, Coordinate, Group};
pub use role::{Decision, Favorable, Outcome, Plan, Reference, Role, Setting, SettingSource};
