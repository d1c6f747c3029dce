//! Generated files are committed, and are what the program would make now.
//!
//! `UPDATE=1 cargo test generated` rewrites them.

use std::fs;
use std::path::Path;

use clap_complete::Shell;
use fair_audit::cli::grammar;
use fair_audit::record::schema;
use fair_audit::report::catalogue;
use fair_audit::run::text;

/// Compares a file with what it should be, or rewrites it.
fn check(path: &str, wanted: &str) {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(&full, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(&full).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is not what the program makes now: run `UPDATE=1 cargo test generated`"
    );
}

#[test]
fn generated_man_pages_are_current() {
    check("man/fair-audit.1", &text::page(None));
    for name in grammar::names() {
        check(
            &format!("man/fair-audit-{name}.1"),
            &text::page(Some(&name)),
        );
    }
}

#[test]
fn generated_completions_are_current() {
    for (shell, file) in [
        (Shell::Bash, "fair-audit.bash"),
        (Shell::Elvish, "fair-audit.elv"),
        (Shell::Fish, "fair-audit.fish"),
        (Shell::PowerShell, "_fair-audit.ps1"),
        (Shell::Zsh, "_fair-audit"),
    ] {
        check(&format!("completions/{file}"), &text::completion(shell));
    }
}

#[test]
fn generated_documents_are_current() {
    check("docs/metrics.md", &catalogue::markdown());
    for (name, _) in schema::DOCUMENTS {
        check(&format!("docs/schema/{name}.json"), &schema::text(name));
    }
}
