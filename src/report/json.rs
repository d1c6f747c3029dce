//! JSON and JSON lines: the report as it is.
