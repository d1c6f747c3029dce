//! What people can change of themselves, as `[recourse]` and the flags of recourse say it.
//!
//! In: words such as `age=up` and `income=0..100000`, or a section of a policy file. Out: columns
//! with a way or ends, each with its place where it stands in a file. Nothing is said of whether there
//! are such columns; what a file says against itself is an error with its line.

use super::section::{Placed, Section};
use crate::error::{Result, Wrong};

/// The keys of `[recourse]`, each the name of its flag.
pub const KEYS: [&str; 6] = [
    "actionable",
    "immutable",
    "monotone",
    "bounds",
    "norm",
    "cost",
];
/// How changes are counted, by name.
pub const NORMS: [&str; 3] = ["l1", "l2", "max"];
/// What changes cost, by name.
pub const COSTS: [&str; 2] = ["mad", "percentile"];

/// A column, and whether it only rises.
pub type Way = (String, bool);
/// A column, and the ends it stays within.
pub type Ends = (String, (f64, f64));

/// What `[recourse]` says; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recourse {
    /// `actionable`: nothing else changes.
    pub actionable: Option<Vec<Placed>>,
    /// `immutable`: it stays.
    pub immutable: Option<Vec<Placed>>,
    /// `monotone`: it changes one way only.
    pub monotone: Option<Vec<(Way, Placed)>>,
    /// `bounds`: it stays within ends.
    pub bounds: Option<Vec<(Ends, Placed)>>,
    /// `norm`, one of [`NORMS`].
    pub norm: Option<Placed>,
    /// `cost`, one of [`COSTS`].
    pub cost: Option<Placed>,
}

/// `age=up`; or how it should be said.
pub fn way(text: &str) -> std::result::Result<Way, String> {
    let halves = text
        .rsplit_once('=')
        .map(|(name, way)| (name.trim(), way.trim()));
    match halves {
        Some((name, "up")) if !name.is_empty() => Ok((name.to_owned(), true)),
        Some((name, "down")) if !name.is_empty() => Ok((name.to_owned(), false)),
        _ => Err("a column and a way, such as `age=up` or `debt=down`".to_owned()),
    }
}

/// `income=0..100000`, of which an end may be left out; or how it should be said.
pub fn ends(text: &str) -> std::result::Result<Ends, String> {
    let wrong = || "a column and its ends, such as `income=0..100000` or `income=0..`".to_owned();
    let (name, ends) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (low, high) = ends.split_once("..").ok_or_else(wrong)?;
    let end = |text: &str, open: f64| match text.trim() {
        "" => Some(open),
        text => text.parse::<f64>().ok().filter(|x| x.is_finite()),
    };
    let low = end(low, f64::NEG_INFINITY).ok_or_else(wrong)?;
    let high = end(high, f64::INFINITY).ok_or_else(wrong)?;
    if name.trim().is_empty() || low > high {
        return Err(wrong());
    }
    Ok((name.trim().to_owned(), (low, high)))
}

/// `age=up`, as it is said.
pub fn say_way((name, up): &Way) -> String {
    format!("{name}={}", if *up { "up" } else { "down" })
}

/// `income=0..100000`, as it is said; an open end is left out.
pub fn say_ends((name, (low, high)): &Ends) -> String {
    let end = |x: &f64| {
        if x.is_finite() {
            x.to_string()
        } else {
            String::new()
        }
    };
    format!("{name}={}..{}", end(low), end(high))
}

/// A column that is said twice with something else, and one that cannot change although it is said how;
/// in words, with the key that says so. The same for flags, and for a file.
pub fn contradiction(
    (actionable, immutable): (&[String], &[String]),
    (ways, ends): (&[Way], &[Ends]),
) -> Option<(&'static str, String, &'static str)> {
    let twice = |at: usize| {
        ways[..at]
            .iter()
            .any(|own| own.0 == ways[at].0 && own.1 != ways[at].1)
    };
    if let Some(at) = (0..ways.len()).find(|at| twice(*at)) {
        let said = say_way(&ways[at]);
        return Some(("monotone", said, "the column is said to go both ways"));
    }
    let twice = |at: usize| {
        ends[..at]
            .iter()
            .any(|own| own.0 == ends[at].0 && own.1 != ends[at].1)
    };
    if let Some(at) = (0..ends.len()).find(|at| twice(*at)) {
        let said = say_ends(&ends[at]);
        return Some(("bounds", said, "the column is given two pairs of ends"));
    }
    if let Some(name) = actionable.iter().find(|own| immutable.contains(own)) {
        let problem = "the column is said to change, and to stay as it is";
        return Some(("actionable", name.clone(), problem));
    }
    let stays = |name: &String| {
        immutable.contains(name) || !actionable.is_empty() && !actionable.contains(name)
    };
    let problem = "it is said how the column changes, and that it stays as it is";
    if let Some(own) = ways.iter().find(|own| stays(&own.0)) {
        return Some(("monotone", say_way(own), problem));
    }
    let own = ends.iter().find(|own| stays(&own.0))?;
    Some(("bounds", say_ends(own), problem))
}

impl Recourse {
    /// Reads the section.
    pub(super) fn read(section: &Section) -> Result<Self> {
        let read = Self {
            actionable: section.words("actionable", Some(','))?,
            immutable: section.words("immutable", Some(','))?,
            monotone: each(section, "monotone", way, say_way)?,
            bounds: each(section, "bounds", ends, say_ends)?,
            norm: word(section, "norm", &NORMS)?,
            cost: word(section, "cost", &COSTS)?,
        };
        let remedy = "name columns, or leave it out";
        for (key, words) in [
            ("actionable", &read.actionable),
            ("immutable", &read.immutable),
        ] {
            let mut words = words.iter().flatten();
            if words.any(|word| word.text.trim().is_empty()) {
                return Err(section.refuse(key, "it names no column", remedy));
            }
        }
        if read.actionable.as_ref().is_some_and(Vec::is_empty) {
            return Err(section.refuse("actionable", "it names no column", remedy));
        }
        match read.contradiction() {
            Some((key, at, problem)) => Err(at.at.wrong(Wrong::Value {
                key: key.to_owned(),
                problem,
                remedy: "take one of them out",
            })),
            None => Ok(read),
        }
    }

    fn contradiction(&self) -> Option<(&'static str, &Placed, &'static str)> {
        let names = |words: &Option<Vec<Placed>>| -> Vec<String> {
            let words = words.iter().flatten();
            words.map(|word| word.text.trim().to_owned()).collect()
        };
        let ways: Vec<Way> = self
            .monotone
            .iter()
            .flatten()
            .map(|own| own.0.clone())
            .collect();
        let ends: Vec<Ends> = self
            .bounds
            .iter()
            .flatten()
            .map(|own| own.0.clone())
            .collect();
        let stay = (names(&self.actionable), names(&self.immutable));
        let (key, said, problem) = contradiction((&stay.0, &stay.1), (&ways, &ends))?;
        let words: Vec<&Placed> = match key {
            "monotone" => self.monotone.iter().flatten().map(|own| &own.1).collect(),
            "bounds" => self.bounds.iter().flatten().map(|own| &own.1).collect(),
            _ => self.actionable.iter().flatten().collect(),
        };
        let place = words
            .into_iter()
            .rev()
            .find(|word| word.text.trim() == said)?;
        Some((key, place, problem))
    }
}

/// What a key says of columns: a text cut at commas, a list, or a table whose ends may be a list.
fn each<T>(
    section: &Section,
    key: &'static str,
    read: impl Fn(&str) -> std::result::Result<T, String>,
    say: impl Fn(&T) -> String,
) -> Result<Option<Vec<(T, Placed)>>> {
    let Some(words) = section.pairs(key, Some(','))? else {
        return Ok(None);
    };
    let one = |word: Placed| {
        // `{ income = [0, 100000] }` comes as `income=0,100000`.
        let text = match word.text.rsplit_once('=') {
            Some((name, ends)) if !ends.contains("..") && ends.matches(',').count() == 1 => {
                format!("{name}={}", ends.replace(',', ".."))
            }
            _ => word.text.clone(),
        };
        let (problem, remedy) = if key == "monotone" {
            (
                "it says no way",
                "write it as `monotone = { age = \"up\" }`, or \"down\"",
            )
        } else {
            (
                "it says no ends",
                "write it as `bounds = { income = [0, 100000] }`, the lower end first",
            )
        };
        let read = read(&text).map_err(|_| {
            word.at.wrong(Wrong::Value {
                key: key.to_owned(),
                problem,
                remedy,
            })
        })?;
        let text = say(&read);
        Ok((read, Placed { text, at: word.at }))
    };
    words.into_iter().map(one).collect::<Result<_>>().map(Some)
}

/// One of a few words, and where it stands.
fn word(section: &Section, key: &str, known: &[&'static str]) -> Result<Option<Placed>> {
    let known: Vec<(&str, ())> = known.iter().map(|name| (*name, ())).collect();
    section.choice(key, &known)?;
    section.text(key)
}

#[cfg(test)]
mod tests {
    use super::super::File;
    use super::*;

    fn read(text: &str) -> Recourse {
        let text = format!("[recourse]\n{text}\n");
        File::parse("f.toml", &text, false)
            .unwrap()
            .unwrap()
            .recourse
    }

    fn wrong(text: &str) -> String {
        let text = format!("[recourse]\n{text}\n");
        File::parse("f.toml", &text, false)
            .err()
            .unwrap()
            .to_string()
    }

    #[test]
    fn columns_are_said_as_the_flags_say_them_or_as_tables() {
        let flags =
            read("monotone = \"age=up, debt=down\"\nbounds = [\"income=0..1e5\", \"age=..70\"]");
        let tables = read(
            "monotone = { age = \"up\", debt = \"down\" }\nbounds = { income = [0, 1e5], age = \"..70\" }",
        );
        let ways = |own: &Recourse| -> Vec<Way> {
            own.monotone
                .iter()
                .flatten()
                .map(|own| own.0.clone())
                .collect()
        };
        let ends = |own: &Recourse| {
            let mut all: Vec<String> = own
                .bounds
                .iter()
                .flatten()
                .map(|own| say_ends(&own.0))
                .collect();
            all.sort();
            all
        };
        assert_eq!(
            ways(&flags),
            [("age".to_owned(), true), ("debt".to_owned(), false)]
        );
        assert_eq!(ways(&tables), ways(&flags));
        assert_eq!(ends(&flags), ["age=..70", "income=0..100000"]);
        assert_eq!(ends(&tables), ends(&flags));
        let own = read(
            "immutable = \"a, b\"\nactionable = [\"c\"]\nnorm = \"max\"\ncost = \"percentile\"",
        );
        assert_eq!(own.immutable.unwrap()[1].text.trim(), "b");
        assert_eq!(own.actionable.unwrap()[0].text, "c");
        assert_eq!(
            (own.norm.unwrap().text, own.cost.unwrap().text),
            ("max".into(), "percentile".into())
        );
    }

    #[test]
    fn what_cannot_be_meant_has_its_place() {
        for (text, told) in [
            (
                "imutable = \"a\"",
                "f.toml:2:1: no key `imutable` in [recourse]",
            ),
            (
                "immutable = 1",
                "f.toml:2:13: `immutable` is a number, not text or a list of texts",
            ),
            (
                "actionable = []",
                "f.toml:2:14: `actionable`: it names no column",
            ),
            (
                "immutable = [\"\"]",
                "f.toml:2:13: `immutable`: it names no column",
            ),
            (
                "monotone = { age = \"more\" }",
                "f.toml:2:20: `monotone`: it says no way",
            ),
            (
                "bounds = { age = [70, 18] }",
                "f.toml:2:18: `bounds`: it says no ends",
            ),
            (
                "bounds = { age = [18] }",
                "f.toml:2:18: `bounds`: it says no ends",
            ),
            (
                "bounds = { age = 18 }",
                "f.toml:2:18: `bounds`: it says no ends",
            ),
            ("norm = \"l3\"", "f.toml:2:8: `norm` cannot be `l3`"),
            (
                "immutable = [\"age\"]\nactionable = [\"age\"]",
                "f.toml:3:15: `actionable`: the column is said to change, and to stay as it is",
            ),
            (
                "immutable = [\"age\"]\nmonotone = { age = \"up\" }",
                "f.toml:3:20: `monotone`: it is said how the column changes, and that it stays as it is",
            ),
            (
                "actionable = [\"debt\"]\nbounds = { age = [18, 70] }",
                "f.toml:3:18: `bounds`: it is said how the column changes, and that it stays as it is",
            ),
            (
                "monotone = [\"age=up\", \"age=down\"]",
                "f.toml:2:23: `monotone`: the column is said to go both ways",
            ),
            (
                "bounds = [\"age=1..2\", \"age=1..3\"]",
                "f.toml:2:23: `bounds`: the column is given two pairs of ends",
            ),
        ] {
            assert_eq!(wrong(text), told);
        }
    }
}
