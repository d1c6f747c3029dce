//! The house rules that no lint knows: layers, file length, headings.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file at most.
const LINES: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut list = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            list.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            list.push(path);
        }
    }
    list
}

/// The modules in the order of the law.
fn layers() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

/// The modules that a text names as `crate::name` or `crate::{name, …}`.
fn named(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = Vec::new();
    for (at, found) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &text[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                names.extend(list.split(',').map(|part| word(part.trim())));
            }
            None => names.push(word(rest)),
        }
    }
    names
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let layers = layers();
    assert!(layers.len() >= 10, "{layers:?}");
    let place = |name: &str| layers.iter().position(|layer| layer == name);
    let mut broken = Vec::new();
    for path in files(&root().join("src")) {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let first = inside.components().next().unwrap().as_os_str();
        let own = first.to_string_lossy().trim_end_matches(".rs").to_owned();
        // `lib.rs` draws the layers, `main.rs` stands above them all.
        let Some(own) = place(&own) else { continue };
        for name in named(&fs::read_to_string(&path).unwrap()) {
            if place(&name).is_some_and(|used| used > own) {
                broken.push(format!("{} uses crate::{name}", inside.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_law_is_seen_in_every_form_of_a_path() {
    let text = "use crate::{read, tally::Cell};\nlet x = crate::run::run; use mycrate::cli;";
    assert_eq!(named(text), ["read", "tally", "run"]);
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut broken = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let folder = root().join(folder);
        for path in if folder.is_dir() {
            files(&folder)
        } else {
            Vec::new()
        } {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().count();
            if lines > LINES {
                broken.push(format!(
                    "{}: {lines} lines, at most {LINES}",
                    path.display()
                ));
            }
            if !text.starts_with("//! ") {
                broken.push(format!("{}: does not open with `//! `", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
