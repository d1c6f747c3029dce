//! What a policy file says: its text in, settings, rules and exceptions out.
//!
//! Nothing is opened here. An error has the line it is about; what is said of columns is checked
//! when the columns are known.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::section::{Placed, Section, Text};
use super::{Accept, Adjust, Entry, FailOn, How, Named, Recourse, Severity, Undecided};
use super::{named::NAMES, recourse, rule};
use crate::error::{Result, Wrong};
use crate::metrics::Metric;
use crate::privacy;

/// The keys of `[data]` that name columns, in the order of the flags.
const COLUMNS: [&str; 7] = [
    "sensitive",
    "label",
    "prediction",
    "score",
    "weight",
    "counts",
    "control",
];
/// All keys of `[data]`.
const DATA: [&str; 14] = [
    "label",
    "prediction",
    "score",
    "threshold",
    "weight",
    "counts",
    "sensitive",
    "control",
    "reference",
    "bins",
    "favorable",
    "ignore",
    "null",
    "missing",
];
const STATISTICS: [&str; 6] = [
    "confidence",
    "min_group",
    "intersect",
    "metrics",
    "adjust",
    "suppress",
];
const GATE: [&str; 5] = ["policy", "decide", "undecided", "fail_on", "strict"];
const RULE: [&str; 7] = [
    "metric", "on", "min", "max", "severity", "control", "reason",
];
const ACCEPT: [&str; 6] = ["rule", "where", "until", "ceiling", "owner", "reason"];
const SECTIONS: [&str; 6] = ["data", "statistics", "gate", "recourse", "rule", "accept"];

/// What a policy file says.
#[derive(Clone, Default)]
pub struct File {
    /// The file as it is named in messages.
    pub path: String,
    /// `[data]`: for each key what its flag would be given, one entry for each time.
    pub data: BTreeMap<&'static str, Vec<Placed>>,
    /// `[statistics] confidence`.
    pub confidence: Option<f64>,
    /// `[statistics] suppress`.
    pub suppress: Option<u64>,
    /// `[statistics] min_group`.
    pub min_group: Option<u64>,
    /// `[statistics] intersect`.
    pub intersect: Option<usize>,
    /// `[statistics] metrics`.
    pub metrics: Option<Vec<String>>,
    /// `[statistics] adjust`.
    pub adjust: Option<Adjust>,
    /// `[gate] policy`.
    pub policy: Option<Named>,
    /// `[gate] decide`.
    pub decide: Option<How>,
    /// `[gate] undecided`.
    pub undecided: Option<Undecided>,
    /// `[gate] fail_on`.
    pub fail_on: Option<FailOn>,
    /// `[gate] strict`.
    pub strict: Option<bool>,
    /// `[recourse]`.
    pub recourse: Recourse,
    /// Every `[[rule]]`.
    pub rules: Vec<Entry>,
    /// Every `[[accept]]`.
    pub accepts: Vec<Accept>,
}

impl File {
    /// Reads a text. Of a `pyproject.toml` only `[tool.fair-audit]` counts; `None` where there is
    /// no such section.
    ///
    /// # Errors
    /// What is no TOML; keys, words and metrics that there are not; values that cannot be meant.
    pub fn parse(path: &str, text: &str, is_project: bool) -> Result<Option<Self>> {
        let source = Text { path, text };
        let parsed = DeTable::parse(text).map_err(|error| {
            let what = error.message().lines().collect::<Vec<_>>().join(", ");
            source
                .at(error.span().unwrap_or(0..0))
                .wrong(Wrong::Syntax { what })
        })?;
        let mut table = parsed.get_ref();
        let mut span = parsed.span();
        if is_project {
            for key in ["tool", "fair-audit"] {
                let inner = entry(table, key);
                match inner.map(|value| (value.get_ref(), value.span())) {
                    Some((DeValue::Table(inner), place)) => (table, span) = (inner, place),
                    _ => return Ok(None),
                }
            }
        }
        let sections = Section::new(source, "a policy file", &SECTIONS, table, span)?;
        let mut file = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        if let Some((table, span)) = sections.table("data")? {
            file.data(&Section::new(source, "[data]", &DATA, table, span)?)?;
        }
        if let Some((table, span)) = sections.table("statistics")? {
            file.statistics(&Section::new(
                source,
                "[statistics]",
                &STATISTICS,
                table,
                span,
            )?)?;
        }
        if let Some((table, span)) = sections.table("gate")? {
            file.gate(&Section::new(source, "[gate]", &GATE, table, span)?)?;
        }
        if let Some((table, span)) = sections.table("recourse")? {
            let section = Section::new(source, "[recourse]", &recourse::KEYS, table, span)?;
            file.recourse = Recourse::read(&section)?;
        }
        for (at, (table, span)) in sections.tables("rule")?.into_iter().enumerate() {
            let section = Section::new(source, "[[rule]]", &RULE, table, span)?;
            file.rules.push(read_rule(&section, at + 1)?);
        }
        for (at, (table, span)) in sections.tables("accept")?.into_iter().enumerate() {
            let section = Section::new(source, "[[accept]]", &ACCEPT, table, span)?;
            file.accepts.push(read_accept(&section, at + 1)?);
        }
        Ok(Some(file))
    }

    fn data(&mut self, section: &Section) -> Result<()> {
        for key in COLUMNS {
            if let Some(words) = section.words(key, None)? {
                if !matches!(key, "sensitive" | "prediction" | "control") && words.len() != 1 {
                    return Err(section.refuse(key, "one column is meant", "name one column"));
                }
                self.data.insert(key, words);
            }
        }
        let lists = [
            ("ignore", section.words("ignore", None)?),
            ("null", section.words("null", Some(','))?),
            ("bins", section.pairs("bins", None)?),
            ("reference", section.pairs("reference", Some(','))?),
        ];
        for (key, words) in lists {
            if let Some(words) = words {
                self.data.insert(key, words);
            }
        }
        if let Some(threshold) = section.number("threshold")? {
            self.put("threshold", threshold.to_string(), section);
        }
        let favorable = [("positive", "positive"), ("negative", "negative")];
        let missing = [("group", "group"), ("drop", "drop"), ("error", "error")];
        if let Some(word) = section.choice("favorable", &favorable)? {
            self.put("favorable", word.to_owned(), section);
        }
        if let Some(word) = section.choice("missing", &missing)? {
            self.put("missing", word.to_owned(), section);
        }
        Ok(())
    }

    fn put(&mut self, key: &'static str, text: String, section: &Section) {
        let at = section.at(key);
        self.data.insert(key, vec![Placed { text, at }]);
    }

    fn statistics(&mut self, section: &Section) -> Result<()> {
        self.confidence = section.number("confidence")?;
        if self.confidence.is_some_and(|c| c <= 0.0 || c >= 1.0) {
            let remedy = "write it as 0.95";
            return Err(section.refuse("confidence", "it is not between 0 and 1", remedy));
        }
        self.min_group = section.whole("min_group", 0, u64::MAX)?;
        self.suppress = section.whole("suppress", 0, u64::MAX)?;
        if self.suppress.is_some_and(|k| k < privacy::LEAST) {
            let problem = "under 2 nothing is hidden";
            return Err(section.refuse("suppress", problem, "write a whole number such as 11"));
        }
        self.adjust = section.choice("adjust", &Adjust::NAMES)?;
        self.intersect = section
            .whole("intersect", 1, 8)?
            .map(|depth| depth as usize);
        if let Some(words) = section.words("metrics", Some(','))? {
            for word in &words {
                metric(&word.text, word)?;
            }
            self.metrics = Some(words.into_iter().map(|word| word.text).collect());
        }
        Ok(())
    }

    fn gate(&mut self, section: &Section) -> Result<()> {
        self.policy = section.choice("policy", &NAMES)?;
        self.decide = section.choice("decide", &How::NAMES)?;
        self.undecided = section.choice("undecided", &Undecided::NAMES)?;
        let fail_on = [FailOn::Fail, FailOn::Warn, FailOn::Never].map(|on| (on.name(), on));
        self.fail_on = section.choice("fail_on", &fail_on)?;
        self.strict = section.flag("strict")?;
        Ok(())
    }
}

type Place<'a> = (&'a DeTable<'a>, Range<usize>);

impl<'a> Section<'a> {
    /// A table within.
    fn table(&self, key: &str) -> Result<Option<Place<'a>>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some((table, value.span()))),
            _ => Err(self.kind(key, value, "a table")),
        }
    }

    /// The tables of a list.
    fn tables(&self, key: &str) -> Result<Vec<Place<'a>>> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let wanted = if key == "rule" {
            "a list of tables, `[[rule]]`"
        } else {
            "a list of tables, `[[accept]]`"
        };
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.kind(key, value, wanted));
        };
        let one = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(table) => Ok((table, item.span())),
            _ => Err(self.kind(key, item, wanted)),
        };
        items.iter().map(one).collect()
    }
}

fn entry<'a>(table: &'a DeTable<'a>, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
    let mut entries = table.iter();
    entries
        .find(|(known, _)| known.get_ref() == key)
        .map(|(_, value)| value)
}

/// The metric of a name, with the place where the name stands if there is none.
fn metric(name: &str, place: &Placed) -> Result<&'static Metric> {
    rule::named(name).map_err(|error| place.at.cause(error))
}

fn read_rule(section: &Section, number: usize) -> Result<Entry> {
    let Some(name) = section.text("metric")? else {
        return Err(section.lacks("metric", "metric = \"selection_rate_ratio\""));
    };
    let (min, max) = (section.number("min")?, section.number("max")?);
    if min.is_none() && max.is_none() {
        return Err(section.lacks("min", "min = 0.8` or `max = 0.1"));
    }
    if let (Some(low), Some(high)) = (min, max)
        && low > high
    {
        let remedy = "write the lower limit as `min`";
        return Err(section.refuse("min", "it is above `max`", remedy));
    }
    Ok(Entry {
        number,
        metric: metric(&name.text, &name)?,
        name,
        on: section.text("on")?,
        min,
        max,
        severity: section
            .choice("severity", &Severity::NAMES)?
            .unwrap_or_default(),
        control: section.text("control")?,
        reason: section.text("reason")?.map(|reason| reason.text),
    })
}

fn read_accept(section: &Section, number: usize) -> Result<Accept> {
    let Some(rule) = section.text("rule")? else {
        return Err(section.lacks("rule", "rule = \"selection_rate_ratio:race=Black\""));
    };
    let Some(reason) = section.text("reason")? else {
        return Err(section.lacks("reason", "reason = \"why this is acceptable\""));
    };
    let (name, about) = match rule.text.split_once(':') {
        Some((name, about)) => (name, Some(about.to_owned())),
        None => (rule.text.as_str(), None),
    };
    let only = section.pairs("where", None)?.unwrap_or_default();
    if only.iter().any(|word| !word.text.contains('=')) {
        let remedy = "write it as `where = { race = \"Black\" }`";
        return Err(section.refuse("where", "it names no value", remedy));
    }
    Ok(Accept {
        number,
        metric: metric(name, &rule)?,
        about,
        only,
        until: section.date("until")?,
        ceiling: section.number("ceiling")?,
        owner: section.text("owner")?.map(|owner| owner.text),
        reason: reason.text,
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> File {
        File::parse("f.toml", text, false).unwrap().unwrap()
    }

    fn wrong(text: &str) -> String {
        let error = File::parse("f.toml", text, false).err().unwrap();
        error.to_string()
    }

    fn texts(file: &File, key: &str) -> Vec<String> {
        file.data[key]
            .iter()
            .map(|word| word.text.clone())
            .collect()
    }

    #[test]
    fn data_are_words_as_the_flags_would_take_them() {
        let file = read(
            "[data]\nsensitive = [\"sex\", \"sex*race\"]\nbins = { age = [18, 30.5] }\n\
             reference = \"largest,sex=Male\"\nnull = [\"\", \"a,b\"]\nthreshold = 1\n\
             [statistics]\nmin-group = 0\nmetrics = \"auc,tpr\"\n",
        );
        assert_eq!(texts(&file, "sensitive"), ["sex", "sex*race"]);
        assert_eq!(texts(&file, "bins"), ["age=18,30.5"]);
        assert_eq!(texts(&file, "reference"), ["largest", "sex=Male"]);
        assert_eq!(texts(&file, "null"), ["", "a,b"]);
        assert_eq!(texts(&file, "threshold"), ["1"]);
        assert_eq!(file.min_group, Some(0));
        assert_eq!(file.metrics.unwrap(), ["auc", "tpr"]);
    }

    #[test]
    fn rules_and_exceptions_are_read_with_all_they_say() {
        let file = read(
            "[gate]\npolicy = \"none\"\ndecide = \"bound\"\nundecided = \"fail\"\n\
             fail_on = \"warn\"\nstrict = true\n[[rule]]\nmetric = \"Demographic-Parity-Ratio\"\n\
             on = \"sex\"\nmin = 0.8\nmax = 1\n[[accept]]\nrule = \"auc:sex=a:b\"\n\
             until = 2030-12-31\nwhere.year = 1973\nreason = \"x\"\n",
        );
        let gate = (file.policy, file.decide, file.undecided, file.fail_on);
        let told = (Named::None, How::Bound, Undecided::Fail, FailOn::Warn);
        assert_eq!(
            gate,
            (Some(told.0), Some(told.1), Some(told.2), Some(told.3))
        );
        assert_eq!(file.strict, Some(true));
        assert_eq!(
            file.rules[0].text(),
            "selection_rate_ratio(sex) >= 0.8 <= 1"
        );
        let accept = &file.accepts[0];
        assert_eq!(accept.metric.name, "auc");
        assert_eq!(accept.about.as_deref(), Some("sex=a:b"));
        assert_eq!(accept.until.unwrap().to_string(), "2030-12-31");
        assert_eq!(accept.only[0].text, "year=1973");
    }

    #[test]
    fn no_text_however_broken_ends_in_a_panic() {
        let text = "[data]\nlabel = \"é=1\"\nbins.x = [1, 2]\n[[rule]]\nmetric = 'auc'\nmin = 0x1\n\
                    [[accept]]\nrule = \"auc:é\"\nreason = \"\"\nuntil = 2030-01-01\n";
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        for &at in &places {
            for put in ["", "\"", "[", "=", "é", "\n", "\u{0}", "-", "#"] {
                let mut broken = text.to_owned();
                broken.insert_str(at, put);
                if put.is_empty() {
                    broken.remove(at);
                }
                for is_project in [false, true] {
                    if let Err(error) = File::parse("f", &broken, is_project) {
                        let drawn = error.excerpt().unwrap();
                        assert_eq!(drawn.lines().count(), 3, "{broken}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_a_project_only_its_own_section_counts() {
        let of = |text| File::parse("pyproject.toml", text, true).unwrap();
        assert!(of("[tool.black]\nx = 1\n").is_none());
        assert!(of("tool = 1\n").is_none());
        let file = of("[data]\nx = 1\n[tool.fair-audit.gate]\nstrict = true\n").unwrap();
        assert_eq!(file.strict, Some(true));
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_place() {
        for (text, told) in [
            ("[data]\nx = 1", "f.toml:2:1: no key `x` in [data]"),
            ("data = 1", "f.toml:1:8: `data` is a number, not a table"),
            (
                "[data]\nlabel = [\"a\", \"b\"]",
                "f.toml:2:9: `label`: one column is meant",
            ),
            (
                "[data]\nlabel = 1",
                "f.toml:2:9: `label` is a number, not text or a list of texts",
            ),
            (
                "[statistics]\nmin_group = 1\nmin-group = 2",
                "f.toml:3:1: `min-group` is there twice",
            ),
            (
                "[statistics]\nmin_group = -1",
                "f.toml:2:13: `min_group`: out of range",
            ),
            (
                "[statistics]\nintersect = 9",
                "f.toml:2:13: `intersect`: out of range",
            ),
            (
                "[gate]\npolicy = \"x\"",
                "f.toml:2:10: `policy` cannot be `x`",
            ),
            (
                "[rule]\nmetric = \"auc\"",
                "f.toml:1:1: `rule` is a table, not a list of tables, `[[rule]]`",
            ),
            (
                "[[rule]]\nmetric = \"auc\"\nmin = nan",
                "f.toml:3:7: `min`: it is not finite",
            ),
            (
                "[[rule]]\nmetric = \"auc\"\nmin = 2\nmax = 1",
                "f.toml:3:7: `min`: it is above `max`",
            ),
            (
                "[[accept]]\nrule = \"auc\"\nreason = \"\"\nuntil = 2030-01-01T00:00:00",
                "f.toml:4:9: `until`: it is no day",
            ),
        ] {
            assert_eq!(wrong(text), told);
        }
        assert!(wrong("x = [1").starts_with("f.toml:1:"));
    }
}
