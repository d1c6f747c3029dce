//! Text to dense codes, the same for all threads: each column has one list of names, and each
//! thread a table from the keys of its dictionaries to codes.
//!
//! Code 0 is the missing value, code `i + 1` the i-th name in order of first sight. That order
//! depends on threads; `settle` sorts it away.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::data::Values;
use crate::data::limits;
use crate::error::Problem;

/// The names of one column.
#[derive(Debug)]
pub struct Names {
    /// The column's name.
    pub column: String,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    codes: HashMap<Box<str>, u32, foldhash::fast::RandomState>,
    names: Vec<Box<str>>,
}

impl Names {
    /// No names yet.
    pub fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            list: Mutex::new(List::default()),
        }
    }

    /// Puts the codes of `values` at the end of `codes`.
    fn codes(&self, values: &[Option<Box<str>>], codes: &mut Vec<u32>) -> Result<(), Problem> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        for value in values {
            let Some(name) = value else {
                codes.push(0);
                continue;
            };
            if let Some(&code) = list.codes.get(name) {
                codes.push(code);
                continue;
            }
            if name.len() > limits::GROUP_BYTES {
                return Err(Problem::LongName {
                    bytes: name.len(),
                    most: limits::GROUP_BYTES,
                });
            }
            if list.names.len() >= limits::VALUES {
                return Err(Problem::ManyValues {
                    most: limits::VALUES,
                });
            }
            list.names.push(name.clone());
            let code = list.names.len() as u32;
            list.codes.insert(name.clone(), code);
            codes.push(code);
        }
        Ok(())
    }

    /// The names, in order of their codes from 1.
    pub fn into_list(self) -> Vec<Box<str>> {
        self.list
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .names
    }
}

/// What one thread knows of a dictionary: the code of each key.
#[derive(Debug, Default)]
pub struct Lookup {
    values: Option<Arc<Values>>,
    /// By key.
    pub codes: Vec<u32>,
    /// The largest code.
    pub most: u32,
}

impl Lookup {
    /// Brings the table up to date with the dictionary of a batch; whether it changed.
    pub fn update(&mut self, values: &Arc<Values>, names: &Names) -> Result<bool, Problem> {
        if let Some(known) = &self.values {
            if Arc::ptr_eq(known, values) {
                return Ok(false);
            }
            let grown = values.len() >= known.len() && values[..known.len()] == known[..];
            if !grown {
                self.codes.clear();
            }
        }
        names.codes(&values[self.codes.len()..], &mut self.codes)?;
        self.most = self.codes.iter().copied().max().unwrap_or(0);
        self.values = Some(Arc::clone(values));
        Ok(true)
    }
}
