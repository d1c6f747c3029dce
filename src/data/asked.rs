//! What the flags say, word by word: names of columns, positives, products, cuts.
//!
//! Column names may hold `=`, `,` and `*`: the longest name that a column has is taken first.

use super::batch::Kind;
use super::guess::Sample;
use crate::error::{Error, Result};

/// The columns there are, to find names in.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The input, for messages.
    pub path: &'a str,
    /// The columns, in file order.
    pub samples: &'a [Sample],
}

impl Header<'_> {
    fn has(&self, name: &str) -> bool {
        self.samples.iter().any(|sample| sample.name == name)
    }

    /// The column of this name.
    ///
    /// # Errors
    /// There is none, there are several, or it holds what can play no part.
    pub fn find(&self, name: &str, part: &'static str) -> Result<usize> {
        let found = |name: &str| {
            let all = self.samples.iter().enumerate();
            all.filter(|(_, sample)| sample.name == name)
                .map(|(at, _)| at)
                .collect::<Vec<_>>()
        };
        let mut columns = found(name);
        if columns.is_empty() {
            columns = found(name.trim());
        }
        match columns.as_slice() {
            [] => Err(Error::NoColumn {
                column: name.to_owned(),
                path: self.path.to_owned(),
                columns: self.names(),
            }),
            &[column] => match &self.samples[column].kind {
                Kind::Other(kind) => Err(Error::WrongKind {
                    path: self.path.to_owned(),
                    column: name.to_owned(),
                    kind: kind.clone(),
                    part,
                }),
                _ => Ok(column),
            },
            several => Err(Error::SameName {
                path: self.path.to_owned(),
                column: name.to_owned(),
                times: several.len(),
            }),
        }
    }

    /// The names of all columns, in file order.
    pub fn names(&self) -> Vec<String> {
        self.samples.iter().map(|s| s.name.clone()).collect()
    }

    /// `COL` or `COL=VALUE`: the column, and the value.
    pub fn assigned<'t>(
        &self,
        text: &'t str,
        part: &'static str,
    ) -> Result<(usize, Option<&'t str>)> {
        if self.has(text) {
            return Ok((self.find(text, part)?, None));
        }
        let mut ends: Vec<usize> = text.match_indices('=').map(|(at, _)| at).collect();
        let end = ends
            .iter()
            .rev()
            .find(|&&at| self.has(&text[..at]))
            .copied();
        ends.truncate(1);
        match end.or(ends.first().copied()) {
            Some(at) => Ok((self.find(&text[..at], part)?, Some(&text[at + 1..]))),
            None => Ok((self.find(text, part)?, None)),
        }
    }

    /// The columns, and products of columns, of lists such as `sex,race,sex*race`.
    pub fn products(&self, lists: &[String], part: &'static str) -> Result<Vec<Vec<usize>>> {
        let mut products = Vec::new();
        for entry in self.split(lists.iter().flat_map(|list| list.split(',')), ",") {
            if entry.trim().is_empty() && !self.has(&entry) {
                continue;
            }
            let mut product = Vec::new();
            for name in self.split(entry.split('*'), "*") {
                let column = self.find(&name, part)?;
                if product.contains(&column) {
                    return Err(Error::TwoParts {
                        column: name,
                        one: part,
                        other: part,
                    });
                }
                product.push(column);
            }
            if !products.contains(&product) {
                products.push(product);
            }
        }
        Ok(products)
    }

    /// Puts together again what belongs to one name.
    fn split<'t>(&self, parts: impl Iterator<Item = &'t str>, mark: &str) -> Vec<String> {
        let parts: Vec<&str> = parts.collect();
        let marks = |sample: &Sample| sample.name.matches(mark).count();
        let most = self.samples.iter().map(marks).max().unwrap_or(0);
        let mut names = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let longest = (at + 1 + most).min(parts.len());
            let whole = (at + 2..=longest)
                .rev()
                .find(|&end| self.has(&parts[at..end].join(mark)));
            let end = whole.unwrap_or(at + 1);
            names.push(parts[at..end].join(mark));
            at = end;
        }
        names
    }

    /// `age=18,30,45`: the column and its cuts.
    pub fn cuts(&self, text: &str) -> Result<(usize, Vec<f64>)> {
        let refuse = |problem| Error::Flag {
            flag: "--bins",
            value: text.to_owned(),
            problem,
            remedy: "cut points are numbers in ascending order: `--bins age=18,30,45`".to_owned(),
        };
        let (column, cuts) = self.assigned(text, "banded column")?;
        let cuts: Option<Vec<f64>> = cuts
            .ok_or_else(|| refuse("no cut points"))?
            .split(',')
            .map(|cut| cut.trim().parse().ok().filter(|x: &f64| x.is_finite()))
            .collect();
        let cuts = cuts.ok_or_else(|| refuse("a cut point is no number"))?;
        if cuts.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(refuse("the cut points do not ascend"));
        }
        // −0 would be another name for 0.
        Ok((column, cuts.into_iter().map(|cut| cut + 0.0).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(names: &[&str]) -> Vec<Sample> {
        names.iter().map(|name| Sample::named(name)).collect()
    }

    #[test]
    fn the_longest_name_that_a_column_has_is_taken() {
        let samples = samples(&["a", "b", "a,b", "a*b", "y=1", "c"]);
        let header = Header {
            path: "t.csv",
            samples: &samples,
        };
        let lists = |text: &str| header.products(&[text.to_owned()], "sensitive column");
        assert_eq!(lists("a,b").unwrap(), [vec![2]]);
        assert_eq!(lists("a,c,b").unwrap(), [vec![0], vec![5], vec![1]]);
        assert_eq!(lists("a*b,b*a").unwrap(), [vec![3], vec![1, 0]]);
        assert_eq!(header.assigned("y=1", "label").unwrap(), (4, None));
        assert_eq!(header.assigned("y=1=1", "label").unwrap(), (4, Some("1")));
        assert_eq!(header.assigned("c=x=1", "label").unwrap(), (5, Some("x=1")));
        assert!(lists("a,d").is_err());
        assert!(lists("c*c").is_err());
    }

    #[test]
    fn cuts_are_finite_and_ascend() {
        let samples = samples(&["age"]);
        let header = Header {
            path: "t.csv",
            samples: &samples,
        };
        assert_eq!(header.cuts("age=18, 30.5").unwrap(), (0, vec![18.0, 30.5]));
        for wrong in [
            "age",
            "age=",
            "age=30,18",
            "age=1,1",
            "age=x",
            "age=inf",
            "ag=1",
        ] {
            assert!(header.cuts(wrong).is_err(), "{wrong}");
        }
    }
}
