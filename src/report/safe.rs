//! The only way text from data reaches a terminal: control and direction characters escaped.
