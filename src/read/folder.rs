//! What the user named to files: folders become the data files in them, in the order of their
//! paths, with the `key=value` parts of their paths as columns.
//!
//! Skipped are hidden files, names that start with `_` (`_SUCCESS`, `_metadata`), empty files and
//! files of other kinds; the last two are said. Links to folders are not followed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Table};

/// Extensions of data files; `.gz` and `.zst` may follow those of text.
const EXTENSIONS: &[&str] = &[
    "csv", "tsv", "tab", "psv", "jsonl", "ndjson", "json", "parquet", "parq", "pq", "arrow",
    "arrows", "feather", "ipc",
];

/// What Hive calls a missing key.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Folders within folders, at most.
const DEPTH: usize = 64;

/// A key and its value in the name of a folder; no value is a missing one.
type Key = (String, Option<String>);

/// One file of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is; `-` is standard input.
    pub path: OsString,
    /// Keys and values of the folders it is in; no value is a missing one.
    pub keys: Vec<Key>,
}

/// The files, and things worth saying.
pub fn expand(inputs: &[OsString]) -> Result<(Vec<File>, Vec<String>)> {
    let mut files = Vec::new();
    let mut notes = Vec::new();
    let above = keys_above(inputs);
    for (input, keys) in inputs.iter().zip(above) {
        if input == "-" && inputs.len() > 1 {
            return Err(Table::StdinBeside.into());
        }
        let path = Path::new(input);
        if input == "-" || !path.is_dir() {
            files.push(File {
                path: input.clone(),
                keys,
            });
            continue;
        }
        let mut walk = Walk::default();
        walk.folder(path, &keys, 0)?;
        if walk.files.is_empty() {
            return Err(Table::EmptyFolder {
                folder: path.to_string_lossy().into_owned(),
            }
            .into());
        }
        walk.note(path, &mut notes);
        files.append(&mut walk.files);
    }
    twice(&files, &mut notes);
    Ok((files, notes))
}

/// The keys in the paths as they were named (`year=2024/` with its files or as a folder), if all have
/// the same: one file of a partitioned table does not lose what its folder says.
fn keys_above(inputs: &[OsString]) -> Vec<Vec<Key>> {
    let of = |input: &OsString| {
        let path = Path::new(input);
        let folders = if path.is_dir() {
            Some(path)
        } else {
            path.parent()
        };
        let parts = folders.into_iter().flat_map(Path::components);
        parts.filter_map(|part| key(part.as_os_str())).collect()
    };
    let all: Vec<Vec<Key>> = inputs.iter().map(of).collect();
    let names =
        |keys: &[Key]| -> Vec<String> { keys.iter().map(|(name, _)| name.clone()).collect() };
    let is_same = |keys: &Vec<_>| names(keys) == names(&all[0]);
    if all.iter().all(is_same) {
        all
    } else {
        vec![Vec::new(); inputs.len()]
    }
}

#[derive(Default)]
struct Walk {
    files: Vec<File>,
    other: Vec<PathBuf>,
    empty: Vec<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, keys: &[Key], depth: usize) -> Result<()> {
        let fail = |source: std::io::Error| Error::Read {
            path: folder.to_owned(),
            source,
        };
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            entries.push(entry.map_err(fail)?);
        }
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let key = key(&name);
            let hidden = matches!(name.as_bytes().first(), Some(b'.' | b'_'));
            if hidden && key.is_none() {
                continue;
            }
            let path = entry.path();
            if entry.file_type().map_err(fail)?.is_dir() {
                if depth < DEPTH {
                    let deeper: Vec<_> = keys.iter().cloned().chain(key).collect();
                    self.folder(&path, &deeper, depth + 1)?;
                }
                continue;
            }
            // A dangling link is told when it is opened.
            let metadata = std::fs::metadata(&path).ok();
            if metadata.as_ref().is_some_and(std::fs::Metadata::is_dir) || !is_data(&name) {
                self.other.push(path);
            } else if metadata.is_some_and(|metadata| metadata.is_file() && metadata.len() == 0) {
                self.empty.push(path);
            } else {
                self.files.push(File {
                    path: path.into_os_string(),
                    keys: keys.to_vec(),
                });
            }
        }
        Ok(())
    }

    fn note(&self, folder: &Path, notes: &mut Vec<String>) {
        for (paths, what) in [
            (&self.other, "of other kinds or behind links"),
            (&self.empty, "without a byte"),
        ] {
            if let Some(first) = paths.first() {
                notes.push(format!(
                    "{}: {} files {what} are skipped, first {}",
                    folder.display(),
                    paths.len(),
                    first.display()
                ));
            }
        }
    }
}

/// Whether the name is a data file's; one without any extension is told by its content.
fn is_data(name: &OsStr) -> bool {
    let mut name = Path::new(name);
    let packed = |extension: &OsStr| {
        ["gz", "zst", "zstd"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    };
    if name.extension().is_some_and(packed) {
        name = Path::new(name.file_stem().unwrap_or_default());
    }
    name.extension().is_none_or(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// `year=2024` of a folder's name.
fn key(name: &OsStr) -> Option<Key> {
    let name = name.to_string_lossy();
    let (key, value) = name.split_once('=')?;
    let (key, value) = (decode(key), decode(value));
    let present = value != HIVE_NULL && !value.is_empty();
    (!key.is_empty()).then_some((key, present.then_some(value)))
}

/// Undoes percent-encoding (RFC 3986); what is no such code stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Says which files are named twice, by whatever names.
fn twice(files: &[File], notes: &mut Vec<String>) {
    let mut seen: BTreeMap<(u64, u64), &OsStr> = BTreeMap::new();
    for file in files {
        let Ok(metadata) = std::fs::metadata(&file.path) else {
            continue;
        };
        if !metadata.is_file() {
            continue;
        }
        if let Some(first) = seen.insert((metadata.dev(), metadata.ino()), &file.path) {
            notes.push(format!(
                "{} and {} are the same file: its rows count twice",
                first.to_string_lossy(),
                file.path.to_string_lossy()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_their_data_files_in_order_with_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("b.csv", "x");
        write("a=2%2F3/z.CSV.gz", "x");
        write("a=2%2F3/_SUCCESS", "");
        write("a=__HIVE_DEFAULT_PARTITION__/part-0", "x");
        write(".hidden.csv", "x");
        write("readme.md", "x");
        write("empty.parquet", "");
        let (files, notes) = expand(&[folder.path().as_os_str().to_owned()]).unwrap();
        let found: Vec<(String, Option<String>)> = files
            .iter()
            .map(|file| {
                let path = Path::new(&file.path).strip_prefix(folder.path()).unwrap();
                let value = file.keys.first().and_then(|(_, value)| value.clone());
                (path.to_string_lossy().into_owned(), value)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("a=2%2F3/z.CSV.gz".to_owned(), Some("2/3".to_owned())),
                ("a=__HIVE_DEFAULT_PARTITION__/part-0".to_owned(), None),
                ("b.csv".to_owned(), None),
            ]
        );
        assert_eq!(notes.len(), 2, "{notes:?}");
        let path = folder.path().join("b.csv").into_os_string();
        assert_eq!(expand(&[path.clone(), path]).unwrap().1.len(), 1);
        assert!(expand(&["-".into(), "-".into()]).is_err());
    }
}
