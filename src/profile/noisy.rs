//! The profile that `--dp EPSILON` publishes: counts with noise, and what follows from them. No check
//! sees the data: all that is here is worked out of one noisy table.

use super::Profile;
use super::section::{Fact, Kind, Line, Section, Table};
use crate::data::Plan;
use crate::privacy::noisy::{Group, Noisy};
use crate::stats::interval::Critical;
use crate::stats::spread::{Limited, negative, sum_limits};
use crate::stats::{Interval, Method};
use crate::tally::Tally;

/// The section.
const NAME: &str = "noisy";
/// Why a rate is not there: its whole may be noise alone.
const LOST: &str = "noise";

/// The profile; `tally` says what the values are called, nothing else.
pub fn profile(noisy: &Noisy, tally: &Tally, plan: &Plan, confidence: f64) -> Profile {
    let Some(critical) = Critical::alone(confidence) else {
        return Profile::default();
    };
    let maker = Maker {
        noisy,
        tally,
        critical,
        has_labels: plan.label.is_some(),
        whole: noisy.whole(),
    };
    let mut tables = vec![maker.overall()];
    let attributes = plan.attributes.iter();
    let attributes = attributes.filter(|attribute| !attribute.0.is_empty());
    tables.extend(attributes.map(|attribute| maker.table(&attribute.0)));
    let epsilon = noisy.epsilon();
    Profile {
        // First, so that nobody reads on without it.
        facts: Some(vec![Fact {
            section: NAME.to_owned(),
            message: format!("every count has noise (ε = {epsilon}): read the intervals"),
            weight: 1.0,
        }]),
        sections: Some(vec![Section {
            name: NAME.to_owned(),
            title: "counts with noise".to_owned(),
            tables,
            notes: notes(noisy),
        }]),
        ..Profile::default()
    }
}

fn notes(noisy: &Noisy) -> Vec<String> {
    let epsilon = noisy.epsilon();
    vec![
        format!(
            "(ε, δ) = ({epsilon}, 0) for one row more or less, in this one release: releases of the \
             same rows add up; the noise is drawn anew in every run"
        ),
        "published as they are: the names of columns and the values that occur".to_owned(),
        "intervals of counts are of the noise alone, those of shares and rates of chance and noise; \
         counts add up over margins, and may be below 0"
            .to_owned(),
    ]
}

struct Maker<'a> {
    noisy: &'a Noisy,
    tally: &'a Tally,
    critical: Critical,
    has_labels: bool,
    whole: Group,
}

impl Maker<'_> {
    fn overall(&self) -> Table {
        let mut table = self.columns("overall");
        table.push(self.numbers(Line::new(), &self.whole, false));
        table
    }

    /// The groups of an attribute.
    fn table(&self, axes: &[usize]) -> Table {
        let names: Vec<&str> = axes
            .iter()
            .map(|&axis| &*self.tally.axes[axis].name)
            .collect();
        let mut table = self.columns(&names.join("*"));
        table.detail = axes.len() > 1;
        for (codes, group) in self.noisy.groups(axes) {
            let values = self.tally.values(&self.tally.group(axes, &codes));
            table.push(self.numbers(Line::new().group("group", values), &group, true));
        }
        table
    }

    fn columns(&self, name: &str) -> Table {
        let is_whole = name == "overall";
        let mut table = Table::new(name, name);
        if !is_whole {
            table = table.column("group", "group", Kind::Group, 0);
        }
        table = table.column("rows", "rows", Kind::Number, 0).column(
            "rows_interval",
            "interval",
            Kind::CountInterval,
            2,
        );
        if !is_whole {
            table = table.column("share", "share", Kind::Bar, 1).column(
                "share_interval",
                "interval",
                Kind::ShareInterval,
                3,
            );
        }
        if !self.has_labels {
            return table;
        }
        table = table
            .column("negative", "negative", Kind::Number, 7)
            .column("positive", "positive", Kind::Number, 7)
            .column("unlabelled", "unlabelled", Kind::Number, 8)
            .column("base_rate", "base rate", Kind::Share, 0)
            .column("base_rate_interval", "interval", Kind::ShareInterval, 1);
        if !is_whole {
            table = table.column("to_rest", "to rest", Kind::Gap, 4).column(
                "to_rest_interval",
                "interval",
                Kind::Interval,
                5,
            );
        }
        table
    }

    fn numbers(&self, line: Line, group: &Group, is_part: bool) -> Line {
        let (epsilon, critical) = (self.noisy.epsilon(), self.critical);
        let (rows, interval) = group.all(epsilon, critical.confidence);
        let mut line =
            line.number("rows", Ok(rows as f64))
                .interval("rows_interval", Some(interval), LOST);
        if is_part {
            let share = group.share(&self.whole, epsilon, critical);
            line = self.limited(
                line,
                ("share", "share_interval"),
                share,
                Method::WilsonNoise,
            );
        }
        if !self.has_labels {
            return line;
        }
        let rate = |group: &Group| group.base_rate(epsilon, critical);
        let [negatives, positives, unlabelled] = group.rows.map(|rows| rows as f64);
        line = line
            .number("negative", Ok(negatives))
            .number("positive", Ok(positives))
            .number("unlabelled", Ok(unlabelled));
        let own = rate(group);
        let names = ("base_rate", "base_rate_interval");
        line = self.limited(line, names, own, Method::WilsonNoise);
        if !is_part {
            return line;
        }
        // No noisy number is in both.
        let gap = own.zip(rate(&group.rest(&self.whole))).map(|(own, rest)| {
            let (low, high) = sum_limits(&[own, negative(rest)]);
            (low.max(-1.0), own.1 - rest.1, high.min(1.0))
        });
        let names = ("to_rest", "to_rest_interval");
        self.limited(line, names, gap, Method::SquareAndAdd)
    }

    fn limited(
        &self,
        line: Line,
        (number, interval): (&str, &str),
        value: Option<Limited>,
        method: Method,
    ) -> Line {
        let limits = value.map(|(low, _, high)| Interval {
            low,
            high,
            confidence: self.critical.confidence,
            method,
        });
        line.number(number, value.map(|(_, at, _)| at).ok_or(LOST))
            .interval(interval, limits, LOST)
    }
}
