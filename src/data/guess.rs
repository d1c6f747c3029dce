//! Which column plays which part: by name, then type and number of values, then relation.
//!
//! In: a sample of every column, and what the flags say. Out: a [`Plan`], and for each setting who
//! chose it and why. Two candidates for one role are an error with complete command lines.

use std::collections::BTreeMap;

use super::batch::Kind;
use super::role::{Favorable, Plan, Setting, SettingSource};
use super::{command, controls, infer, roles, spelling};
use crate::error::{Error, Result};

/// The first rows of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The column's name.
    pub name: String,
    /// The column of the data that bears the same name, where this one was joined to them: it plays
    /// no part by its name unless it is a decision or a score.
    pub twin: Option<usize>,
    /// What the format says it holds.
    pub kind: Kind,
    /// Rows looked at.
    pub rows: u64,
    /// Rows without a value.
    pub missing: u64,
    /// The distinct values in order of first appearance, with their rows; at most
    /// [`Sample::MOST`], then `more` is true.
    pub values: Vec<(String, u64)>,
    /// There were more distinct values.
    pub more: bool,
    /// Every value reads as a number, none with a leading zero (`02134`) or a plus sign.
    pub numeric: bool,
    /// Every value reads as a whole number.
    pub whole: bool,
    /// Lowest and highest value, where numeric.
    pub range: Option<(f64, f64)>,
}

impl Sample {
    /// Distinct values kept.
    pub const MOST: usize = 64;

    /// The distinct values that are not null.
    pub fn present<'a>(&'a self, nulls: &'a [String]) -> impl Iterator<Item = &'a str> {
        let values = self.values.iter().map(|(text, _)| text.as_str());
        values.filter(|text| !spelling::is_null(text, nulls))
    }

    /// Lowest and highest of the values, if all that are not null are finite numbers.
    pub fn finite(&self, nulls: &[String]) -> Option<(f64, f64)> {
        let mut range = None;
        for text in self.present(nulls) {
            let number: f64 = text.trim().parse().ok().filter(|x: &f64| x.is_finite())?;
            let (low, high) = range.unwrap_or((number, number));
            range = Some((number.min(low), number.max(high)));
        }
        range
    }

    /// A column of which nothing but the name is known.
    #[cfg(test)]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            twin: None,
            kind: Kind::Untyped,
            rows: 0,
            missing: 0,
            values: Vec::new(),
            more: false,
            numeric: false,
            whole: false,
            range: None,
        }
    }
}

/// What the flags say of the roles, as typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The words of the command line that named the inputs, for command lines to paste.
    pub inputs: Vec<String>,
    /// `-s`: columns and products of columns (`sex`, `sex*race`), split at commas.
    pub sensitive: Vec<String>,
    /// `-y COL[=POSITIVE]`. A column whose name holds `=` is found by its whole name first.
    pub label: Option<String>,
    /// `-p COL[=POSITIVE]`, repeatable.
    pub predictions: Vec<String>,
    /// `--score COL`.
    pub score: Option<String>,
    /// `--threshold X`.
    pub threshold: Option<f64>,
    /// A score without a threshold is cut above its median, which is found before the pass.
    pub median: bool,
    /// `--weight COL`.
    pub weight: Option<String>,
    /// `--control COL`, repeatable, split at commas; or `auto`, see [`controls`].
    pub control: Vec<String>,
    /// `--reference`: `sex=Male`, `largest`, `best`, `overall`, `rest`; repeatable.
    pub reference: Vec<String>,
    /// `--bins age=18,30,45`, repeatable.
    pub bins: Vec<String>,
    /// `--ignore`: columns that play no part.
    pub ignore: Vec<String>,
    /// `--favorable`.
    pub favorable: Option<Favorable>,
    /// `--intersect N`: how many columns are crossed at most.
    pub intersect: usize,
    /// `--null LIST`; `None` is the built-in list.
    pub nulls: Option<Vec<String>>,
    /// `--counts[=COL]`: every line stands for this many rows; an empty name is to be guessed
    /// (`n`, `count`, `rows`, `freq` …).
    pub counts: Option<String>,
    /// Not `--no-infer`.
    pub infer: bool,
    /// A table in which nothing is known to be sensitive is none the worse (`profile`).
    pub groupless: bool,
    /// Who chose each of the above, by flag name; [`SettingSource::Flag`] where it is not here.
    pub sources: BTreeMap<String, SettingSource>,
}

impl Asked {
    /// The null spellings: those of `--null`, or the built-in list.
    pub fn null_spellings(&self) -> Vec<String> {
        let built_in = || spelling::NULLS.iter().map(ToString::to_string).collect();
        self.nulls.clone().unwrap_or_else(built_in)
    }

    /// Whether a flag may mean this column: its name stands in what was typed.
    pub fn mentions(&self, column: &str) -> bool {
        let lists = [
            &self.sensitive,
            &self.predictions,
            &self.control,
            &self.reference,
            &self.bins,
        ];
        let single = [&self.label, &self.score, &self.weight, &self.counts];
        let typed = lists.into_iter().flatten();
        let mut typed = typed.chain(single.into_iter().flatten());
        let column = column.trim();
        controls::is_auto(self) || typed.any(|text| text.contains(column))
    }
}

/// How the table is understood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Understood {
    /// What the tally must know.
    pub plan: Plan,
    /// Every setting, with its source; keys are those of the flags (`sensitive`, `label` …).
    pub settings: BTreeMap<String, Setting>,
    /// What a reader should know, as warnings.
    pub notes: Vec<String>,
    /// Which of `plan.splits` look like numbers with many values and are not banded by `--bins`:
    /// the tally counts their values first and bands them by quantiles where they are.
    pub numeric: Vec<usize>,
    /// The columns that could be a control, where `--control auto` asks for them.
    pub candidates: Option<controls::Candidates>,
    /// Attributes named with a product in `-s`: they are judged like single columns.
    pub named: Vec<super::Attribute>,
}

/// Finds out which column plays which part.
///
/// # Errors
/// Flags that cannot be followed, columns that are not there or cannot play the part, several
/// candidates for one part, and a table in which nothing is known to be sensitive.
pub fn guess(path: &str, samples: &[Sample], asked: &Asked) -> Result<Understood> {
    let mut roles = roles::Roles::typed(path, samples, asked)?;
    if asked.infer {
        match infer::fill(&mut roles) {
            Ok(()) => {}
            Err(infer::Unclear { part, columns }) => {
                return Err(unclear(path, samples, asked, part, &columns));
            }
        }
    }
    let candidates = controls::candidates(&roles);
    let mut understood = roles.finish()?;
    understood.candidates = candidates;
    Ok(understood)
}

/// The error for several candidates, with the command line for each.
fn unclear(
    path: &str,
    samples: &[Sample],
    asked: &Asked,
    part: infer::Part,
    columns: &[usize],
) -> Error {
    const SHOWN: usize = 4;
    let mut commands = Vec::new();
    for &column in columns.iter().take(SHOWN) {
        let name = &samples[column].name;
        let mut said = asked.clone();
        part.say(&mut said, name);
        commands.push(match guess(path, samples, &said) {
            Ok(understood) => command::command(&said, &understood),
            // A second part is as unclear: its first candidate makes the line complete.
            Err(Error::Ambiguous { commands, .. }) => {
                commands.into_iter().next().unwrap_or_default()
            }
            // Nothing sensitive, no threshold: that is told when this is answered.
            Err(_) => part.words(asked, name),
        });
    }
    Error::Ambiguous {
        path: path.to_owned(),
        part: part.name(),
        columns: columns
            .iter()
            .map(|&column| format!("`{}`", samples[column].name))
            .collect(),
        commands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Decision, Reference};

    /// A header and rows as they stand in a CSV file.
    fn table(text: &str) -> Vec<Sample> {
        let mut lines = text.lines().map(|line| line.trim().split(','));
        let header = lines.next().unwrap();
        let mut samples: Vec<Sample> = header.map(Sample::named).collect();
        for line in lines {
            for (sample, value) in samples.iter_mut().zip(line) {
                sample.rows += 1;
                match sample.values.iter_mut().find(|(known, _)| known == value) {
                    _ if value.is_empty() => sample.missing += 1,
                    Some((_, rows)) => *rows += 1,
                    None => sample.values.push((value.to_owned(), 1)),
                }
            }
        }
        for sample in &mut samples {
            let numbers: Option<Vec<f64>> = sample
                .values
                .iter()
                .map(|(text, _)| text.parse().ok())
                .collect();
            sample.numeric = numbers.is_some();
            sample.whole = numbers.is_some_and(|all| all.iter().all(|x| x.fract() == 0.0));
        }
        samples
    }

    fn asked() -> Asked {
        Asked {
            inputs: vec!["my loans.csv".to_owned()],
            intersect: 2,
            infer: true,
            ..Asked::default()
        }
    }

    fn line(text: &str, asked: &Asked) -> String {
        let understood = guess("t.csv", &table(text), asked).unwrap();
        command::command(asked, &understood)
    }

    #[test]
    fn realistic_tables_are_understood() {
        let ages = (18..60)
            .map(|age| format!("{age},M,0,1,0.{age}\n"))
            .collect::<String>();
        for (text, expected) in [
            (
                "id,sex,age,age_cat,race,decile_score,score_text,two_year_recid,pred,score\n\
                 1,Male,69,old,Other,1,Low,0,0,0.1\n2,Female,20,young,Black,9,High,1,1,0.9\n\
                 3,Male,33,mid,White,5,Medium,1,1,0.5",
                "-s sex,age,age_cat,race -y two_year_recid -p pred --score score",
            ),
            (
                "age_cat,race,sex,marital-status,income,score,pred\n\
                 a,W,M,x,>50K,0.7,>50K\nb,B,F,y,<=50K,0.2,<=50K\nb,B,F,y,<=50K,0.1,<=50K",
                "-s age_cat,race,sex,marital-status -y 'income=>50K' -p 'pred=>50K' --score score",
            ),
            (
                "credit_amount,foreign_worker,credit,sex,age_group\n1169,yes,good,male,25+\n\
                 24,no,bad,female,<25\n1,no,bad,female,<25",
                "-s foreign_worker,sex,age_group -y credit=good",
            ),
            (
                "gender,race,repaid,approved,p_approve\nf,a,1,no,0.2\nm,b,0,yes,0.8\nm,b,0,yes,0.7",
                "-s gender,race -y repaid -p approved --score p_approve",
            ),
            (
                "race,gender,job,selected\nAsian,Men,HR,True\nBlack,Women,HR,False",
                "-s race,gender -p selected",
            ),
            (
                "性别,民族,预测结果,标签,得分\n男,汉,通过,1,0.2\n女,回,未通过,0,0.4\n女,回,通过,0,0.5",
                "-s 性别,民族 -y 标签 -p 预测结果=通过 --score 得分",
            ),
            (
                &format!("age,sex,label,pred,prob\n{ages}"),
                "-s age,sex -y label -p pred --score prob",
            ),
            (
                "group,y,score\na,0,0.1\nb,1,0.9\nb,1,0.8",
                "-s group -y y --threshold 0.5 --score score",
            ),
        ] {
            let expected = format!("fair-audit 'my loans.csv' {expected}");
            assert_eq!(line(text, &asked()), expected);
        }
    }

    #[test]
    fn two_candidates_give_two_complete_lines() {
        let text = "sex,y,label,approved,hired\nm,0,1,1,0\nf,1,0,0,1";
        let Err(Error::Ambiguous {
            commands, columns, ..
        }) = guess("t.csv", &table(text), &asked())
        else {
            panic!("two labels and two predictions");
        };
        assert_eq!(columns, ["`approved`", "`hired`"]);
        assert_eq!(
            commands,
            [
                "fair-audit 'my loans.csv' -s sex -y y -p approved",
                "fair-audit 'my loans.csv' -s sex -y y -p hired"
            ]
        );
    }

    #[test]
    fn numbers_with_many_values_are_left_to_the_tally_unless_banded() {
        let ages = (18..60)
            .map(|age| format!("{age},M,{}\n", age % 2))
            .collect::<String>();
        let samples = table(&format!("age,sex,y\n{ages}"));
        let understood = guess("t.csv", &samples, &asked()).unwrap();
        assert_eq!(understood.numeric, [0]);
        let mut banded = asked();
        banded.bins = vec!["age=30,45".to_owned()];
        let understood = guess("t.csv", &samples, &banded).unwrap();
        assert!(understood.numeric.is_empty());
        assert_eq!(
            understood.plan.splits[0].bands.as_ref().unwrap().cuts,
            [30.0, 45.0]
        );
        banded.bins = vec!["y=0.5".to_owned()];
        assert!(guess("t.csv", &samples, &banded).is_err());
    }

    #[test]
    fn attributes_are_singles_then_named_products_then_all_up_to_the_depth() {
        let mut said = asked();
        said.sensitive = vec!["a,b,c*a".to_owned()];
        said.control = vec!["d".to_owned()];
        said.reference = vec![
            "rest".to_owned(),
            "a=best".to_owned(),
            "c*a=1 & 2".to_owned(),
        ];
        let samples = table("a,b,c,d\n1,2,3,4");
        let plan = guess("t.csv", &samples, &said).unwrap().plan;
        let axes: Vec<&[usize]> = plan.attributes.iter().map(|a| a.0.as_slice()).collect();
        let expected: [&[usize]; 5] = [&[0], &[1], &[2, 0], &[0, 1], &[1, 2]];
        assert_eq!(axes, expected);
        assert_eq!(plan.reference.0, Reference::Rest);
        assert_eq!(
            plan.reference.1,
            [
                ("a".to_owned(), Reference::Best),
                ("c*a".to_owned(), Reference::Value("1 & 2".to_owned()))
            ]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let text = "sex,y,risk\nm,0,1\nf,1,10\nf,1,5";
        let refused = |change: fn(&mut Asked)| {
            let mut said = asked();
            change(&mut said);
            guess("t.csv", &table(text), &said).unwrap_err().to_string()
        };
        assert!(refused(|a| a.label = Some("yy".into())).contains("no column `yy`"));
        assert!(refused(|a| a.score = Some("risk".into())).contains("no threshold"));
        assert!(refused(|a| a.threshold = Some(0.5)).contains("no score"));
        assert!(refused(|a| a.infer = false).contains("sensitive"));
        assert!(
            refused(|a| {
                a.label = Some("y".into());
                a.score = Some("y".into());
            })
            .contains("cannot be both")
        );
        let mut said = asked();
        said.label = Some("y=1".to_owned());
        said.predictions = vec!["y=1".to_owned()];
        let plan = guess("t.csv", &table(text), &said).unwrap().plan;
        assert!(matches!(&plan.decisions[..], [Decision::Column(column)] if column.name == "y"));
    }
}
