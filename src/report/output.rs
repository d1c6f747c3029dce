//! Where reports go: stdout, or a file that is whole or not there.
