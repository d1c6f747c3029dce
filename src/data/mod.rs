//! What a table is to an audit: which column plays which part, groups, and the batches that flow.

pub mod limits;
pub mod calendar;
pub mod role;
pub mod group;
pub mod batch;
pub mod spelling;
pub mod words;
pub mod people;
pub mod asked;
pub mod command;
pub mod settings;
pub mod roles;
pub mod controls;
pub mod infer;
pub mod guess;

pub use batch::{At, Batch, Codes, Column, Field, Keys, Kind, Values, is_null};
pub use group::{Attribute, Coordinate, Group};
pub use role::{
    Bands, Decision, Favorable, Missing, Outcome, Plan, Ranks, Reference, Role, Setting,
    SettingSource, Split,
};
