//! How two-valued columns are spelled: the accepted pairs (0/1, no/yes, false/true …), null tokens.
