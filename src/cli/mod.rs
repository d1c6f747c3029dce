//! The command line: one table of flags feeds parser, help, man pages and completions.
