//! Prompts in pairs: the same text for each group, made from templates with slots.
//!
//! In: a small TOML file: templates, groups with names, lists for other slots. Out: prompts with ids
//! that are the same on every run; those of a pair differ in `{name}` and `{group}` alone. Asking a
//! language model is left to others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Probe, Result};

/// What prompts are made of, and how answers are read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// Texts with slots: `{name}`, `{group}` and those of `slots`.
    pub templates: Vec<String>,
    /// Names by group; as many in each.
    pub groups: BTreeMap<String, Vec<String>>,
    /// The group that others are held against; the first in order where it is not said.
    pub reference: Option<String>,
    /// What stands for other slots.
    #[serde(default)]
    pub slots: BTreeMap<String, Vec<String>>,
    /// How answers are read.
    #[serde(default)]
    pub answers: Words,
}

/// Words that answers are known by; case says nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// First words of an answer that says yes.
    pub positive: Vec<String>,
    /// First words of an answer that says no.
    pub negative: Vec<String>,
    /// Parts of an answer that refuses.
    pub refusals: Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        let list = |words: &[&str]| words.iter().map(|own| (*own).to_owned()).collect();
        Self {
            positive: list(&["yes", "true", "1"]),
            negative: list(&["no", "false", "0"]),
            refusals: list(&[
                "i can't",
                "i cannot",
                "i can not",
                "i'm unable",
                "i am unable",
                "i'm not able",
                "i am not able",
                "i won't",
                "i will not",
                "i'm sorry",
                "i am sorry",
                "i must decline",
                "as an ai",
                "as a language model",
            ]),
        }
    }
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// Its own.
    pub id: String,
    /// That of all prompts that differ in the group alone.
    pub pair: String,
    /// The template's number, from 1.
    pub template: usize,
    /// The group.
    pub group: String,
    /// The name, where the template has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is asked.
    pub prompt: String,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(String),
}

/// Cuts a template at its slots; `{{` and `}}` are plain braces, and a brace that opens nothing is one.
fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        match rest.split_once('}').filter(|_| brace == "{") {
            Some((slot, after)) => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Slot(slot.trim().to_owned()));
                rest = after;
            }
            None => text.push_str(brace),
        }
    }
    text.push_str(rest);
    pieces.push(Piece::Text(text));
    pieces
}

impl Templates {
    /// Reads the file, and checks that every template can be filled.
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let path = path.to_owned();
        let parsed: Self = toml::from_str(text).map_err(|error| Probe::Templates {
            path: path.clone(),
            problem: error.message().to_owned(),
        })?;
        let lists = [
            ("templates", parsed.templates.len(), 1),
            ("groups", parsed.groups.len(), 2),
        ];
        if let Some((what, count, least)) = lists.into_iter().find(|own| own.1 < own.2) {
            return Err(Probe::Few {
                path,
                what,
                count,
                least,
            }
            .into());
        }
        if let Some(group) = parsed.reference.as_ref()
            && !parsed.groups.contains_key(group)
        {
            let problem = format!("reference: there is no group `{group}`");
            return Err(Probe::Templates { path, problem }.into());
        }
        parsed.same_names(&path)?;
        for (at, template) in parsed.templates.iter().enumerate() {
            parsed.fits(&path, at + 1, &pieces(template))?;
        }
        Ok(parsed)
    }

    fn same_names(&self, path: &str) -> Result<()> {
        let mut groups = self.groups.iter();
        let Some((first, names)) = groups.next() else {
            return Ok(());
        };
        match groups.find(|(_, own)| own.len() != names.len()) {
            None => Ok(()),
            Some((group, own)) => Err(Probe::Names {
                path: path.to_owned(),
                group: group.clone(),
                names: own.len(),
                first: first.clone(),
                expected: names.len(),
            }
            .into()),
        }
    }

    fn fits(&self, path: &str, template: usize, pieces: &[Piece]) -> Result<()> {
        let has_names = self.groups.values().all(|names| !names.is_empty());
        let is_known = |slot: &str| match slot {
            "name" => has_names,
            "group" => true,
            _ => self.slots.get(slot).is_some_and(|own| !own.is_empty()),
        };
        let mut says_group = false;
        for piece in pieces {
            let Piece::Slot(slot) = piece else { continue };
            says_group |= slot == "name" || slot == "group";
            if !is_known(slot) {
                return Err(Probe::Slot {
                    path: path.to_owned(),
                    template,
                    slot: slot.clone(),
                }
                .into());
            }
        }
        if says_group {
            return Ok(());
        }
        Err(Probe::Same {
            path: path.to_owned(),
            template,
        }
        .into())
    }

    /// The group that others are held against.
    pub fn reference(&self) -> &str {
        let first = || self.groups.keys().next().map_or("", String::as_str);
        self.reference.as_deref().unwrap_or_else(first)
    }

    /// Every prompt, in order of template, slots, names, groups.
    pub fn prompts(&self) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        for (at, template) in self.templates.iter().enumerate() {
            let pieces = pieces(template);
            let has = |name: &str| pieces.contains(&Piece::Slot(name.to_owned()));
            let names = if has("name") {
                self.groups.values().map(Vec::len).min().unwrap_or(0)
            } else {
                1
            };
            let slots = self.slots.iter().filter(|(slot, _)| has(slot));
            let slots: Vec<(&String, &Vec<String>)> = slots.collect();
            for (choice, chosen) in choices(&slots).into_iter().enumerate() {
                for name in 0..names {
                    let pair = format!("{}.{}.{}", at + 1, choice + 1, name + 1);
                    for (group, own) in &self.groups {
                        let name = own.get(name).filter(|_| has("name"));
                        let value = |slot: &str| match slot {
                            "group" => group.as_str(),
                            "name" => name.map_or("", String::as_str),
                            _ => chosen.get(slot).copied().unwrap_or_default(),
                        };
                        prompts.push(Prompt {
                            id: format!("{pair}:{group}"),
                            pair: pair.clone(),
                            template: at + 1,
                            group: group.clone(),
                            name: name.cloned(),
                            prompt: filled(&pieces, value),
                        });
                    }
                }
            }
        }
        prompts
    }
}

/// Every choice of values for some slots.
fn choices<'a>(slots: &[(&'a String, &'a Vec<String>)]) -> Vec<BTreeMap<&'a str, &'a str>> {
    let mut all = vec![BTreeMap::new()];
    for (slot, values) in slots {
        let with = |own: BTreeMap<&'a str, &'a str>| {
            let put = move |value: &'a String| {
                let mut own = own.clone();
                own.insert(slot.as_str(), value.as_str());
                own
            };
            values.iter().map(put).collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all
}

fn filled<'a>(pieces: &'a [Piece], value: impl Fn(&str) -> &'a str) -> String {
    let text = |piece: &'a Piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Slot(slot) => value(slot),
    };
    pieces.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        templates = ["Is {name} fit for {job}? {{yes}}", "Are {group} {x"]
        [groups]
        women = ["Anna", "Mary"]
        men = ["Paul", "John"]
        [slots]
        job = ["nursing", "law", "war"]
    "#;

    #[test]
    fn every_template_is_filled_for_every_group() {
        let templates = Templates::parse("t", FILE).unwrap();
        let prompts = templates.prompts();
        // Three jobs, two names, two groups; and one pair without names.
        assert_eq!(prompts.len(), 3 * 2 * 2 + 2);
        assert_eq!(prompts[0].id, "1.1.1:men");
        assert_eq!(prompts[0].prompt, "Is Paul fit for nursing? {yes}");
        assert_eq!(prompts[1].prompt, "Is Anna fit for nursing? {yes}");
        assert_eq!(prompts[1].pair, prompts[0].pair);
        assert_eq!(prompts[13].prompt, "Are women {x");
        assert_eq!(prompts[13].name, None);
        assert_eq!(templates.reference(), "men");
        let mut ids: Vec<&str> = prompts.iter().map(|own| own.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), prompts.len());
    }

    #[test]
    fn what_cannot_be_filled_is_refused_by_name() {
        for (change, with, expected) in [
            (
                "{job}",
                "{town}",
                "template 1: nothing is known for `{town}`",
            ),
            ("{name}", "Sam", "template 1 has neither"),
            ("\"Mary\"", "", "`women` has 1 names, `men` has 2"),
            ("women =", "# women =", "1 groups; 2 at least"),
            ("[slots]", "[slot]", "unknown field `slot`"),
            (
                "templates",
                "reference = 'x'\ntemplates",
                "there is no group `x`",
            ),
        ] {
            assert!(FILE.contains(change));
            let error = Templates::parse("t", &FILE.replace(change, with)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
