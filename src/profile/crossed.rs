//! A column against groups: how many rows of each group have each of its values, numbers in bands
//! of about equal size.

use crate::sketch::{Grouping, Level, Sketch, nearby};

/// The values of a column, each with its rows by group; the rows without a value last, if any.
pub struct Crossed {
    /// By value or band.
    pub values: Vec<Vec<u64>>,
    /// The first number of every band but the first, where there are bands.
    pub cuts: Vec<f64>,
}

impl Crossed {
    /// Of a column of at most `most` values, or of numbers in at most `bands` bands; `None` where it
    /// is neither, where groups are not told apart, or where there is one value.
    /// A cut that fewer than `least` rows hold is said about.
    pub fn of(
        sketch: &Sketch,
        grouping: &Grouping,
        (most, bands): (usize, usize),
        least: u64,
    ) -> Option<Self> {
        let (mut values, cuts) = if sketch.is_number() {
            let numbers = sketch.numbers(grouping)?;
            if sketch.level() == Level::Values && numbers.len() <= most {
                let values = numbers.into_iter().map(|(_, rows)| rows).collect();
                (values, Vec::new())
            } else {
                banded(numbers, bands, least)
            }
        } else {
            let texts = sketch.texts(grouping)?;
            let values: Vec<Vec<u64>> = texts.into_iter().map(|(_, rows)| rows).collect();
            if values.len() > most {
                return None;
            }
            (values, Vec::new())
        };
        values.push(sketch.missing(grouping));
        values.retain(|rows| rows.iter().any(|&rows| rows > 0));
        (values.len() > 1).then_some(Self { values, cuts })
    }
}

/// Neighbours together, so that every band has about as many rows; never a number in two bands.
fn banded(numbers: Vec<(f64, Vec<u64>)>, bands: usize, least: u64) -> (Vec<Vec<u64>>, Vec<f64>) {
    let total: u64 = numbers.iter().flat_map(|(_, rows)| rows).sum();
    let (mut values, mut cuts): (Vec<Vec<u64>>, Vec<f64>) = (Vec::new(), Vec::new());
    let (mut seen, mut band) = (0_u64, None);
    for (number, rows) in numbers {
        // A number belongs where the middle of its rows is.
        let own: u64 = rows.iter().sum();
        if own == 0 {
            continue;
        }
        let middle = u128::from(2 * seen + own) * bands as u128 / (2 * u128::from(total.max(1)));
        seen += own;
        match values.last_mut() {
            Some(last) if band == Some(middle) => {
                for (sum, rows) in last.iter_mut().zip(rows) {
                    *sum += rows;
                }
            }
            before => {
                if before.is_some() {
                    // What fewer rows hold is said about, not exactly.
                    cuts.push(if own < least { nearby(number) } else { number });
                }
                band = Some(middle);
                values.push(rows);
            }
        }
    }
    (values, cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_have_about_as_many_rows_and_no_number_is_in_two() {
        let numbers = [1, 1, 1, 5, 1, 1, 1, 1].map(|rows| vec![rows]);
        let numbers = (0..).map(f64::from).zip(numbers).collect();
        let (values, cuts) = banded(numbers, 4, 1);
        let sizes: Vec<u64> = values.iter().map(|rows| rows[0]).collect();
        assert_eq!(sizes.iter().sum::<u64>(), 12);
        assert_eq!(cuts.len() + 1, sizes.len());
        assert_eq!(sizes, [3, 5, 1, 3]);
    }
}
