//! Numbers to bands: `--bins age=18,30`, or quantiles where a numeric column has many values.
