//! Columns of a batch to dense codes: in, Arrow arrays of any type; out, one `u32` a row.
