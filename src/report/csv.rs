//! CSV: one line for each group and metric.
