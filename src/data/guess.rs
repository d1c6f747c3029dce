//! Which column plays which part: by name, then type and number of values, then relation.
