//! The separation family.

use super::Metric;

/// The family's metrics, in report order.
pub const METRICS: &[Metric] = &[];
