//! Tables for people, at 80 columns and more.
