//! Is the data itself lopsided: shares, missing values, label balance.
