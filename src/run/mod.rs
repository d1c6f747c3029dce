//! One function for each command, each a readable plan.
