//! The seal of a record: SHA-256 of its canonical text, by which careless change is seen.
//!
//! In: a tree of JSON. Out: the seal of all of it but its own member `seal`. Canonical is: no white
//! space, members in the order of their names, numbers as this program writes them. Whoever changes
//! a record can make another seal: it proves nothing about who wrote it.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The seal that a record should have, in hexadecimal.
pub fn of(tree: &Value) -> String {
    let mut text = String::new();
    match tree.as_object() {
        Some(object) => members(object, Some("seal"), &mut text),
        None => write(tree, &mut text),
    }
    hex(&Sha256::digest(text.as_bytes()))
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn members(object: &Map<String, Value>, but: Option<&str>, text: &mut String) {
    let mut all: Vec<(&String, &Value)> = object.iter().collect();
    all.retain(|(name, _)| Some(name.as_str()) != but);
    all.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (at, (name, value)) in all.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&Value::String(name.clone()).to_string());
        text.push(':');
        write(value, text);
    }
    text.push('}');
}

fn write(tree: &Value, text: &mut String) {
    match tree {
        Value::Object(object) => members(object, None, text),
        Value::Array(list) => {
            text.push('[');
            for (at, one) in list.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(one, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}
