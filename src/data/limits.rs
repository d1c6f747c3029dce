//! Limits on everything, so that hostile input costs an error and not the machine.

/// Longest field of a text file, in bytes.
pub const FIELD_BYTES: usize = 16 << 20;
/// Longest record of a text file, in bytes.
pub const RECORD_BYTES: usize = 64 << 20;
/// Longest name of a group, in bytes: beyond it a column is text, not groups.
pub const GROUP_BYTES: usize = 64 << 10;
/// Most distinct values of one sensitive column.
pub const VALUES: usize = 200_000;
/// Most cells of one tally: as many groups take 4 kB each in a report.
pub const CELLS: usize = 500_000;
/// Most distinct spellings of a label or prediction before it is called something else.
pub const SPELLINGS: usize = 64;
/// Most scored rows kept for exact ranking measures (24 bytes a row); beyond it they are read off
/// the histogram, with the error bound said.
pub const RANKED_ROWS: u64 = 100_000_000;
/// Numeric group columns with more distinct values than this are banded.
pub const NUMERIC_GROUPS: usize = 20;
/// Most columns that `--control auto` tries: each is one more pass over the table.
pub const CONTROLS: usize = 20;
/// Most values of such a column, unless it is banded.
pub const CONTROL_VALUES: usize = 20;
/// Groups below this many rows in a metric's own denominator decide nothing.
pub const MIN_GROUP: u64 = 30;
/// Most attributes (columns and products of columns) of one audit.
pub const ATTRIBUTES: usize = 1_000;
/// Most distinct values of a column that is taken for sensitive without being named.
pub const INFERRED_GROUPS: usize = 50;
