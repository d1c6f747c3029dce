//! When rows were: a column of dates or numbers as places in time.
//!
//! In: a column, what counts as missing. Out: [`Times`], where the earlier row has the smaller number,
//! or what is wrong with the column. Nothing is rounded: neither parts of a second, nor numbers of more
//! digits than a double has.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::dates::{self, Moment};
use crate::data::spelling;
use crate::read::memory::Held;

/// The order of rows in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// How many different times are before that of each row; `NaN` where it has none.
    pub ranks: Vec<f64>,
    /// Rows whose time says no zone, where others do.
    pub unzoned: usize,
}

/// Why a column is no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Odd {
    /// No value is a date or a number.
    Neither,
    /// Most values are what one is not.
    Cell {
        /// From 1.
        row: usize,
        /// What stands there.
        value: String,
        /// Whether the others are dates; else they are numbers.
        are_dates: bool,
    },
    /// Whole numbers that were read as doubles, which cannot tell them apart.
    Rounded,
}

/// A number by its digits: 0.d₁d₂… × 10^exponent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number {
    is_negative: bool,
    /// None of zero.
    size: Option<(i64, String)>,
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        other.is_negative.cmp(&self.is_negative).then_with(|| {
            if self.is_negative {
                other.size.cmp(&self.size)
            } else {
                self.size.cmp(&other.size)
            }
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A number as it stands there; none where it is not finite.
fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse::<f64>().ok()?;
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = mantissa.trim_start_matches(['+', '-']);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{decimals}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let own = all.trim_start_matches('0');
    let zeros = all.len() - own.len();
    let exponent = exponent.parse::<i64>().ok()?;
    let exponent = exponent.checked_add(whole.len() as i64 - zeros as i64)?;
    let size = (!own.is_empty()).then(|| (exponent, own.trim_end_matches('0').to_owned()));
    Some(Number {
        is_negative: mantissa.starts_with('-') && size.is_some(),
        size,
    })
}

/// The order of the rows by a column.
pub fn times(held: &Held, nulls: &[String]) -> Result<Times, Odd> {
    match held {
        Held::Numbers(numbers) => of_numbers(numbers),
        Held::Codes(keys, values) => {
            let is_there = |text: &&str| !spelling::is_null(text, nulls);
            let texts: Vec<Option<&str>> = values
                .iter()
                .map(|value| value.as_deref().filter(is_there))
                .collect();
            of_texts(keys, &texts)
        }
    }
}

fn of_numbers(numbers: &[f64]) -> Result<Times, Odd> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if numbers.iter().any(|x| x.is_finite() && x.abs() >= EXACT) {
        return Err(Odd::Rounded);
    }
    let finite = |x: &f64| if x.is_finite() { *x } else { f64::NAN };
    let ranks: Vec<f64> = numbers.iter().map(finite).collect();
    if ranks.iter().all(|x| x.is_nan()) {
        return Err(Odd::Neither);
    }
    Ok(Times { ranks, unzoned: 0 })
}

fn of_texts(keys: &[u32], texts: &[Option<&str>]) -> Result<Times, Odd> {
    let moments: Vec<Option<(Moment, bool)>> = texts
        .iter()
        .map(|text| text.and_then(dates::moment))
        .collect();
    let numbers: Vec<Option<Number>> = texts.iter().map(|text| text.and_then(number)).collect();
    let (dated, counted) = (
        moments.iter().flatten().count(),
        numbers.iter().flatten().count(),
    );
    if dated + counted == 0 {
        return Err(Odd::Neither);
    }
    let are_dates = dated >= counted;
    let is_odd = |key: usize| {
        let is_known = if are_dates {
            moments[key].is_some()
        } else {
            numbers[key].is_some()
        };
        texts[key].is_some() && !is_known
    };
    if let Some(row) = keys.iter().position(|&key| is_odd(key as usize)) {
        return Err(Odd::Cell {
            row: row + 1,
            value: texts[keys[row] as usize].unwrap_or_default().to_owned(),
            are_dates,
        });
    }
    let ranks = if are_dates {
        let own: Vec<Option<&Moment>> = moments
            .iter()
            .map(|own| own.as_ref().map(|(moment, _)| moment))
            .collect();
        ranked(&own)
    } else {
        ranked(&numbers.iter().map(Option::as_ref).collect::<Vec<_>>())
    };
    let rows = |is_zoned: bool| {
        let own = |key: &&u32| {
            let moment = moments[**key as usize].as_ref();
            moment.is_some_and(|(_, zoned)| *zoned == is_zoned)
        };
        keys.iter().filter(own).count()
    };
    Ok(Times {
        ranks: keys.iter().map(|&key| ranks[key as usize]).collect(),
        unzoned: if rows(true) > 0 { rows(false) } else { 0 },
    })
}

/// How many different values are smaller than each.
fn ranked<T: Ord>(values: &[Option<&T>]) -> Vec<f64> {
    let sorted: BTreeSet<&T> = values.iter().flatten().copied().collect();
    let sorted: Vec<&T> = sorted.into_iter().collect();
    let rank = |own: &T| sorted.partition_point(|other| *other < own) as f64;
    let ranks = values.iter();
    ranks.map(|own| own.map_or(f64::NAN, rank)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Result<Times, Odd> {
        let keys: Vec<u32> = (0..texts.len() as u32).collect();
        let texts: Vec<Option<&str>> = texts
            .iter()
            .map(|text| Some(*text).filter(|text| !text.is_empty()))
            .collect();
        of_texts(&keys, &texts)
    }

    #[test]
    fn numbers_are_in_the_order_of_their_digits() {
        let rising = [
            "-9007199254740993",
            "-9007199254740992",
            "-1e-3",
            "0",
            "1e-20",
            ".5",
            "5.25",
            "00017",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551615",
            "1.8446744073709551616e19",
            "1e300",
        ];
        let ranks: Vec<f64> = (0..rising.len() as u32).map(f64::from).collect();
        assert_eq!(of(&rising).unwrap().ranks, ranks);
        assert_eq!(
            of(&["1.50", "15e-1", "+1.5", "1"]).unwrap().ranks,
            [1.0, 1.0, 1.0, 0.0]
        );
        assert_eq!(of(&["-0", "0.0", "0e5"]).unwrap().ranks, [0.0; 3]);
    }

    proptest::proptest! {
        #[test]
        fn doubles_are_in_their_own_order(numbers in proptest::collection::vec(-1e6_f64..1e6, 2..30)) {
            let texts: Vec<String> = numbers.iter().map(|x| format!("{x:e}")).collect();
            let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
            let ranks = of(&texts).unwrap().ranks;
            for (a, x) in numbers.iter().enumerate() {
                for (b, y) in numbers.iter().enumerate() {
                    proptest::prop_assert_eq!(x < y, ranks[a] < ranks[b]);
                }
            }
        }
    }

    #[test]
    fn one_odd_cell_is_named() {
        let cell = |row, value: &str, are_dates| Odd::Cell {
            row,
            value: value.to_owned(),
            are_dates,
        };
        let dates = ["2020-01-01", "", "soon", "2020-01-02"];
        assert_eq!(of(&dates), Err(cell(3, "soon", true)));
        assert_eq!(of(&["1", "2", "inf"]), Err(cell(3, "inf", false)));
        assert_eq!(of(&["a", "b"]), Err(Odd::Neither));
        assert_eq!(
            of_numbers(&[1.0, 9_007_199_254_740_992.0]),
            Err(Odd::Rounded)
        );
    }

    #[test]
    fn times_without_a_zone_are_counted_beside_those_with_one() {
        let mixed = of(&["2020-01-01T00:00", "2020-01-01T00:00Z", "2020-01-02"]).unwrap();
        assert_eq!((mixed.ranks, mixed.unzoned), (vec![0.0, 0.0, 1.0], 2));
        assert_eq!(of(&["2020-01-01", "2020-01-02"]).unwrap().unzoned, 0);
    }
}
