//! The query that fills the same cells on a warehouse.
