//! Data that lie elsewhere now: what the record of a run says of them, as it was said then.
//!
//! In: the record of the run that was done again, the record it is held against, and the files of the
//! data by both names. Out: the new record with the old names, so that what differs is no name.
//! Where the bytes are others too, what hangs on them alone is put as it was, and nothing else.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::File;

/// Lists of a record that tell files.
const LISTS: [&str; 3] = ["/files", "/report/record/inputs", "/fits/models/inputs"];

/// Files of the data that were given under another name.
#[derive(Debug, Default)]
pub struct Moved {
    /// Each of them, as it is now and as it was then.
    pub pairs: Vec<(File, File)>,
    /// Files that stand for others, where they are not as many: all now, all then.
    pub all: Vec<(Vec<File>, Vec<File>)>,
}

impl Moved {
    /// Puts the files as they were then.
    pub fn back(&self, computed: &mut Value, recorded: &Value) {
        for list in LISTS {
            let none = Vec::new();
            let before = recorded.pointer(list).and_then(Value::as_array);
            let before = before.unwrap_or(&none);
            let Some(Value::Array(now)) = computed.pointer_mut(list) else {
                continue;
            };
            for (now_files, then_files) in &self.all {
                regroup(now, before, now_files, then_files);
            }
            for (at, entry) in now.iter_mut().enumerate() {
                let pair = self.pairs.iter().find(|(now, _)| is(entry, now));
                if let (Some((now, then)), Some(entry)) = (pair, entry.as_object_mut()) {
                    let same = now.sha256 == then.sha256;
                    put(entry, then, before.get(at).filter(|_| !same));
                }
            }
            deal_rows(now, before, self);
        }
    }

    fn is_other(&self, entry: &Value) -> bool {
        let named = |file: &File| entry["path"] == file.path.as_str();
        let others = self.pairs.iter().filter(|(a, b)| a.sha256 != b.sha256);
        let then = others.map(|(_, then)| then);
        then.chain(self.all.iter().flat_map(|(_, then)| then))
            .any(named)
    }
}

/// Whether an entry is of a file: by its path, and its part where it has one.
fn is(entry: &Value, file: &File) -> bool {
    let part = entry.get("part").and_then(Value::as_str);
    entry["path"] == file.path.as_str() && part.is_none_or(|part| part == file.part)
}

/// What an entry says of a file; its format is what it was where the bytes are others.
fn put(entry: &mut Map<String, Value>, then: &File, before: Option<&Value>) {
    let said: [(&str, Value); 3] = [
        ("path", then.path.clone().into()),
        ("bytes", then.bytes.into()),
        ("sha256", then.sha256.clone().into()),
    ];
    let is_other = before.is_some();
    for (name, value) in said {
        if entry.contains_key(name) && (is_other || name == "path") {
            entry.insert(name.to_owned(), value);
        }
    }
    let format = before.and_then(|before| before.get("format"));
    if let (Some(format), true) = (format, entry.contains_key("format")) {
        entry.insert("format".to_owned(), format.clone());
    }
}

/// Entries of as many files as there were, in place of those of the files that there are; the rows of
/// all of them are with the first.
fn regroup(list: &mut Vec<Value>, before: &[Value], now: &[File], then: &[File]) {
    let (own, rest): (Vec<Value>, Vec<Value>) = std::mem::take(list)
        .into_iter()
        .partition(|entry| now.iter().any(|file| is(entry, file)));
    let first = own.first().and_then(Value::as_object).cloned();
    let rows = sum(own.iter());
    for (at, file) in then.iter().enumerate() {
        let Some(mut entry) = first.clone() else {
            break;
        };
        put(
            &mut entry,
            file,
            Some(before.get(at).unwrap_or(&Value::Null)),
        );
        if entry.contains_key("rows") {
            let rows = if at == 0 { rows } else { 0 };
            entry.insert("rows".to_owned(), rows.into());
        }
        list.push(Value::Object(entry));
    }
    list.extend(rest);
}

/// The rows of each file as they were, where all of them are as many: in files of other bytes the
/// rows may lie otherwise.
fn deal_rows(now: &mut [Value], before: &[Value], moved: &Moved) {
    let of: Vec<usize> = (0..now.len())
        .filter(|&at| moved.is_other(&now[at]))
        .collect();
    let then: BTreeMap<usize, &Value> = of
        .iter()
        .filter_map(|&at| Some((at, before.get(at)?)))
        .collect();
    if sum(of.iter().map(|&at| &now[at])) != sum(then.values().copied()) {
        return;
    }
    for (at, before) in then {
        if let (Some(rows), Some(entry)) = (before.get("rows"), now[at].as_object_mut()) {
            entry.insert("rows".to_owned(), rows.clone());
        }
    }
}

fn sum<'a>(entries: impl Iterator<Item = &'a Value>) -> u64 {
    entries
        .filter_map(|entry| entry.get("rows")?.as_u64())
        .fold(0, u64::saturating_add)
}
