//! The query that fills the same cells on a warehouse: `fair-audit sql`.
//!
//! In: a plan, and the name of a table. Out: one `GROUP BY` whose lines, saved as a file, are read
//! with `--counts`. Names and values are quoted as the dialect does it; nothing else of the table
//! gets into the query. Labels and predictions that are one of the accepted pairs stay as they are
//! written, so that the reader judges them as it judges any file; weights are grouped by, since
//! their sums alone would lose Σw². Scores come as the mean of hundredths: their sums are exact,
//! AUC and log loss are not.

use std::collections::BTreeSet;

use crate::data::spelling::{self, Class};
use crate::data::{Decision, Outcome, Plan, Role, Split};
use crate::error::{Error, Result, quote};

/// A kind of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `DuckDB`.
    DuckDb,
    /// `PostgreSQL`.
    Postgres,
    /// Spark SQL, Databricks.
    Spark,
    /// Google `BigQuery`.
    BigQuery,
    /// Snowflake.
    Snowflake,
}

/// The names after `--dialect`.
pub const DIALECTS: &[(&str, Dialect)] = &[
    ("duckdb", Dialect::DuckDb),
    ("postgres", Dialect::Postgres),
    ("spark", Dialect::Spark),
    ("bigquery", Dialect::BigQuery),
    ("snowflake", Dialect::Snowflake),
];

impl Dialect {
    /// The name of a column.
    fn name(self, name: &str) -> Result<String> {
        self.check(name)?;
        Ok(match self {
            Self::Spark => format!("`{}`", name.replace('`', "``")),
            Self::BigQuery => format!("`{}`", Self::escaped(name, '`')),
            Self::DuckDb | Self::Postgres | Self::Snowflake => {
                format!("\"{}\"", name.replace('"', "\"\""))
            }
        })
    }

    /// The name of a table, `catalog.schema.table`; for `DuckDB` also a file.
    fn table(self, name: &str) -> Result<String> {
        let file = name.contains('/')
            || [".parquet", ".csv", ".json", ".tsv", ".gz", ".zst"]
                .iter()
                .any(|end| name.ends_with(end));
        if self == Self::DuckDb && file {
            return self.name(name);
        }
        let parts: Result<Vec<String>> = name.split('.').map(|part| self.name(part)).collect();
        Ok(parts?.join("."))
    }

    /// A text.
    fn text(self, text: &str) -> Result<String> {
        self.check(text)?;
        Ok(match self {
            Self::DuckDb | Self::Postgres => format!("'{}'", text.replace('\'', "''")),
            Self::Snowflake => {
                format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
            }
            Self::Spark | Self::BigQuery => format!("'{}'", Self::escaped(text, '\'')),
        })
    }

    /// With backslashes, where that is the way.
    fn escaped(text: &str, mark: char) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\\' => escaped.push_str("\\\\"),
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                c if c == mark => escaped.extend(['\\', c]),
                c => escaped.push(c),
            }
        }
        escaped
    }

    fn check(self, text: &str) -> Result<()> {
        // The query is printed: what would be a command to a terminal is none to a database.
        if !text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        {
            return Ok(());
        }
        let known = DIALECTS.iter().find(|(_, dialect)| *dialect == self);
        Err(Error::Flag {
            flag: "--dialect",
            value: known.map_or("", |(name, _)| name).to_owned(),
            problem: "a name or value holds a control character, which SQL cannot say",
            remedy: "rename it in the table".to_owned(),
        })
    }

    /// The type of text, and of numbers.
    fn types(self) -> (&'static str, &'static str) {
        match self {
            Self::BigQuery => ("STRING", "FLOAT64"),
            Self::Spark => ("STRING", "DOUBLE"),
            Self::Postgres => ("TEXT", "DOUBLE PRECISION"),
            Self::DuckDb | Self::Snowflake => ("VARCHAR", "DOUBLE"),
        }
    }

    fn as_text(self, column: &str) -> String {
        format!("CAST({column} AS {})", self.types().0)
    }

    /// NaN is above all numbers in most engines, and equal to itself.
    fn is_nan(self, number: &str) -> String {
        match self {
            Self::BigQuery => format!("IS_NAN({number})"),
            _ => format!("{number} = {}", self.as_number("'NaN'")),
        }
    }

    fn as_number(self, column: &str) -> String {
        format!("CAST({column} AS {})", self.types().1)
    }
}

/// The query. Its columns are those that split the rows, by their names, and `label`,
/// `prediction`, `score`, `weight` and `n` (or a name like it, where a column has that one).
///
/// # Errors
/// A name or a value that SQL cannot say.
pub fn query(plan: &Plan, table: &str, dialect: Dialect) -> Result<String> {
    let mut query = Query {
        plan,
        dialect,
        used: plan.splits.iter().map(|split| split.name.clone()).collect(),
        inner: Vec::new(),
        groups: Vec::new(),
        read: Vec::new(),
    };
    for split in &plan.splits {
        query.split(split)?;
    }
    query.sensitive();
    query.outcomes()?;
    if let Some((_, name)) = &plan.weight {
        let column = dialect.as_number(&dialect.name(name)?);
        query.group(&["weight", "sample_weight"], &column, "--weight")?;
    }
    let lines = match &plan.count {
        Some((_, name)) => Some(query.summed("lines", &dialect.name(name)?)?),
        None => None,
    };
    let mut sums = Vec::new();
    let mut bins = Vec::new();
    if let Some((_, name)) = &plan.score {
        let score = dialect.as_number(&dialect.name(name)?);
        let s = query.summed("s", &score)?;
        bins.push(query.summed("hundredth", &format!("CEIL({score} * 100)"))?);
        let (name, alias) = query.alias(&["score"])?;
        query.read.push(format!("--score {}", quote(&name)));
        sums.push(match &lines {
            Some(lines) => format!("SUM({s} * {lines}) / SUM({lines}) AS {alias}"),
            None => format!("AVG({s}) AS {alias}"),
        });
    }
    let (name, n) = query.alias(&["n", "count", "rows"])?;
    query.read.insert(0, quote(&format!("--counts={name}")));
    let rows = lines.map_or("COUNT(*)".to_owned(), |lines| format!("SUM({lines})"));
    sums.push(format!("{rows} AS {n}"));
    Ok(query.put(&dialect.table(table)?, &sums, &bins))
}

struct Query<'a> {
    plan: &'a Plan,
    dialect: Dialect,
    /// Names that are taken.
    used: BTreeSet<String>,
    /// What is selected of the table: expression and name.
    inner: Vec<(String, String)>,
    /// Names that are grouped by and shown.
    groups: Vec<String>,
    /// The flags that read the result.
    read: Vec<String>,
}

impl Query<'_> {
    /// The first free of some names, plain and quoted.
    fn alias(&mut self, names: &[&str]) -> Result<(String, String)> {
        let numbered = (2..).map(|i| format!("{}_{i}", names[0]));
        let mut all = names.iter().map(ToString::to_string).chain(numbered);
        let free = all.find(|name| !self.used.iter().any(|used| used.eq_ignore_ascii_case(name)));
        let free = free.expect("the numbers do not end");
        self.used.insert(free.clone());
        let quoted = self.dialect.name(&free)?;
        Ok((free, quoted))
    }

    /// An expression that is grouped by under the first free of some names.
    fn group(&mut self, names: &[&str], expression: &str, flag: &str) -> Result<()> {
        let (name, quoted) = self.alias(names)?;
        self.inner.push((expression.to_owned(), quoted.clone()));
        self.groups.push(quoted);
        self.read.push(format!("{flag} {}", quote(&name)));
        Ok(())
    }

    /// An expression that is not shown; its name.
    fn summed(&mut self, name: &str, expression: &str) -> Result<String> {
        let (_, quoted) = self.alias(&[name])?;
        self.inner.push((expression.to_owned(), quoted.clone()));
        Ok(quoted)
    }

    /// A column that splits the rows, as it is or in its bands.
    fn split(&mut self, split: &Split) -> Result<()> {
        let column = self.dialect.name(&split.name)?;
        let expression = match &split.bands {
            None => column.clone(),
            Some(bands) => {
                let number = self.dialect.as_number(&column);
                let mut arms = String::new();
                let names = super::settle::band_names(bands);
                for (cut, name) in bands.cuts.iter().zip(&names) {
                    arms += &format!(" WHEN {number} < {cut:?} THEN {}", self.dialect.text(name)?);
                }
                let last = self.dialect.text(names.last().map_or("", |name| name))?;
                let nan = self.dialect.is_nan(&number);
                format!("CASE WHEN {column} IS NULL OR {nan} THEN NULL{arms} ELSE {last} END")
            }
        };
        self.inner.push((expression, column.clone()));
        self.groups.push(column);
        Ok(())
    }

    fn sensitive(&mut self) {
        let of = |role: Role| {
            let splits = self.plan.splits.iter().filter(|split| split.role == role);
            splits
                .map(|split| split.name.as_str())
                .collect::<Vec<_>>()
                .join(",")
        };
        let (sensitive, control) = (of(Role::Sensitive), of(Role::Control));
        self.read.push(format!("-s {}", quote(&sensitive)));
        if !control.is_empty() {
            self.read.push(format!("--control {}", quote(&control)));
        }
    }

    fn outcomes(&mut self) -> Result<()> {
        if let Some(label) = &self.plan.label {
            let expression = self.class(label)?;
            self.group(&["label", "y_true"], &expression, "-y")?;
        }
        let several = self.plan.decisions.len() > 1;
        for decision in &self.plan.decisions {
            let expression = match decision {
                Decision::Column(outcome) => self.class(outcome)?,
                Decision::Threshold {
                    name, threshold, ..
                } => {
                    let score = self.dialect.as_number(&self.dialect.name(name)?);
                    let nan = self.dialect.is_nan(&score);
                    format!(
                        "CASE WHEN {nan} THEN NULL WHEN {score} >= {threshold:?} THEN 1 \
                         WHEN {score} < {threshold:?} THEN 0 END"
                    )
                }
            };
            let own = decision.name();
            let names: &[&str] = if several {
                &[own]
            } else {
                &["prediction", "pred"]
            };
            self.group(names, &expression, "-p")?;
        }
        Ok(())
    }

    /// 1 and 0 where a positive is named; else the values as they are, which are one pair.
    fn class(&self, outcome: &Outcome) -> Result<String> {
        let column = self.dialect.name(&outcome.name)?;
        let Some(positive) = &outcome.positive else {
            return Ok(column);
        };
        let text = self.dialect.as_text(&column);
        let mut spellings = vec![positive.clone()];
        // Engines write the number 1 of a floating-point column as `1` or `1.0`.
        if let Ok(number) = positive.trim().parse::<f64>() {
            for spelling in [format!("{number}"), format!("{number:?}")] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        // An engine may have taken `yes` and `no` for truth values: then this is how it writes them.
        let class = spelling::polarity(positive, None, &[]);
        let truth = match class {
            Some(Class::Positive) => Some("true"),
            Some(Class::Negative) => Some("false"),
            _ => None,
        };
        let is_number = positive.trim().parse::<f64>().is_ok();
        let is_new = |truth: &&str| !is_number && !spellings.iter().any(|known| known == truth);
        spellings.extend(truth.filter(is_new).map(str::to_owned));
        let list = |texts: &[String]| -> Result<String> {
            let texts: Result<Vec<String>> = texts.iter().map(|t| self.dialect.text(t)).collect();
            Ok(texts?.join(", "))
        };
        let mut nulls = vec![String::new()];
        nulls.extend(self.plan.nulls.iter().cloned());
        Ok(format!(
            "CASE WHEN {text} IN ({}) THEN 1 \
             WHEN {column} IS NULL OR TRIM({text}) IN ({}) THEN NULL ELSE 0 END",
            list(&spellings)?,
            list(&nulls)?
        ))
    }

    fn put(&self, table: &str, sums: &[String], bins: &[String]) -> String {
        let inner = self.inner.iter().map(|(expression, name)| {
            if expression == name {
                format!("    {name}")
            } else {
                format!("    {expression} AS {name}")
            }
        });
        let outer: Vec<String> = self
            .groups
            .iter()
            .chain(sums)
            .map(|column| format!("  {column}"))
            .collect();
        let groups: Vec<&str> = self.groups.iter().chain(bins).map(String::as_str).collect();
        // A comment ends with its line, whatever a name holds.
        let read: String = self
            .read
            .join(" ")
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let scores = if self.plan.score.is_some() {
            "-- scores are means within hundredths: AUC and other measures of ranking come out near, \
             not exact\n"
        } else {
            ""
        };
        format!(
            "-- save the result as counts.csv, a NULL as nothing at all, then: fair-audit counts.csv \
             {read}\n{scores}SELECT\n{}\nFROM (\n  SELECT\n{}\n  FROM {table}\n) AS cells\nGROUP BY {}\nORDER BY {};\n",
            outer.join(",\n"),
            inner.collect::<Vec<_>>().join(",\n"),
            groups.join(", "),
            self.groups.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::role::Bands;

    fn plan() -> Plan {
        let split = |column, name: &str| Split {
            column,
            name: name.to_owned(),
            role: Role::Sensitive,
            bands: None,
        };
        Plan {
            splits: vec![
                split(0, "sex"),
                Split {
                    bands: Some(Bands {
                        cuts: vec![18.0, 30.5],
                        how: "--bins".to_owned(),
                    }),
                    ..split(1, "age")
                },
            ],
            label: Some(Outcome {
                column: 2,
                name: "it's".to_owned(),
                positive: Some("a\\'b".to_owned()),
            }),
            decisions: vec![Decision::Column(Outcome {
                column: 3,
                name: "pred".to_owned(),
                positive: None,
            })],
            nulls: vec!["NA".to_owned()],
            ..Plan::default()
        }
    }

    #[test]
    fn the_query_groups_by_the_finest_cells() {
        let expected = r#"-- save the result as counts.csv, a NULL as nothing at all, then: fair-audit counts.csv --counts=n -s sex,age -y label -p prediction
SELECT
  "sex",
  "age",
  "label",
  "prediction",
  COUNT(*) AS "n"
FROM (
  SELECT
    "sex",
    CASE WHEN "age" IS NULL OR CAST("age" AS DOUBLE) = CAST('NaN' AS DOUBLE) THEN NULL WHEN CAST("age" AS DOUBLE) < 18.0 THEN '<18' WHEN CAST("age" AS DOUBLE) < 30.5 THEN '[18, 30.5)' ELSE '>=30.5' END AS "age",
    CASE WHEN CAST("it's" AS VARCHAR) IN ('a\''b') THEN 1 WHEN "it's" IS NULL OR TRIM(CAST("it's" AS VARCHAR)) IN ('', 'NA') THEN NULL ELSE 0 END AS "label",
    "pred" AS "prediction"
  FROM "s"."t"
) AS cells
GROUP BY "sex", "age", "label", "prediction"
ORDER BY "sex", "age", "label", "prediction";
"#;
        assert_eq!(query(&plan(), "s.t", Dialect::DuckDb).unwrap(), expected);
    }

    #[test]
    fn no_name_or_value_leaves_its_quotes() {
        for (dialect, name, text) in [
            (Dialect::DuckDb, "\"a\"\"b`c'\\\"", "'a\"b`c''\\'"),
            (Dialect::Snowflake, "\"a\"\"b`c'\\\"", "'a\"b`c''\\\\'"),
            (Dialect::Spark, "`a\"b``c'\\`", "'a\"b`c\\'\\\\'"),
            (Dialect::BigQuery, "`a\"b\\`c'\\\\`", "'a\"b`c\\'\\\\'"),
        ] {
            assert_eq!(dialect.name("a\"b`c'\\").unwrap(), name, "{dialect:?}");
            assert_eq!(dialect.text("a\"b`c'\\").unwrap(), text, "{dialect:?}");
            assert!(dialect.name("\0").is_err() && dialect.text("\u{1b}[31m").is_err());
        }
        let mut hostile = plan();
        hostile.splits[0].name = "x\n; DROP TABLE t; --".to_owned();
        let sql = query(&hostile, "t", Dialect::Postgres).unwrap();
        assert!(
            sql.lines().next().unwrap().contains("DROP"),
            "it stays in the comment"
        );
    }

    #[test]
    fn weights_and_names_that_are_taken() {
        let mut plan = plan();
        plan.splits[0].name = "N".to_owned();
        plan.weight = Some((4, "w".to_owned()));
        plan.score = Some((5, "p".to_owned()));
        plan.count = Some((6, "k".to_owned()));
        let sql = query(&plan, "t", Dialect::Spark).unwrap();
        assert!(sql.contains("SUM(`lines`) AS `count`"), "{sql}");
        assert!(
            sql.contains("SUM(`s` * `lines`) / SUM(`lines`) AS `score`"),
            "{sql}"
        );
        assert!(sql.contains("GROUP BY `N`, `age`, `label`, `prediction`, `weight`, `hundredth`"));
    }
}
