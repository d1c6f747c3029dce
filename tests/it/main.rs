//! The one integration binary.

mod licences;
