//! Special functions: the normal distribution and its quantile.
