//! How far one column of categories tells of another: Pearson's χ² with its exact mean and variance,
//! Cramér's V without its bias, mutual information.
//!
//! In: a table of counts. Out: numbers, or `None` where a side has one category.

use super::gamma::chi_square_sf;

/// What a table of counts tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// Rows.
    pub rows: u64,
    /// Pearson's χ² (1900).
    pub chi_square: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// The probability of a larger χ² where the two have nothing to do with each other; see
    /// [`independent`].
    pub p: f64,
    /// Cramér's V less its bias, from 0 to 1 (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002).
    pub cramers_v: f64,
    /// Mutual information in nats, plug-in.
    pub mutual_information: f64,
    /// The share of the entropy of the columns that the rows take away, less the bias of Miller
    /// (1955); 0 to 1 (Theil's uncertainty coefficient).
    pub information: f64,
}

impl Association {
    /// Of `table[i][j]` rows of the value i and the group j; empty lines and columns count for nothing.
    pub fn of(table: &[Vec<u64>]) -> Option<Self> {
        let width = table.iter().map(Vec::len).max()?;
        let margin = |group: usize| -> u64 { table.iter().filter_map(|row| row.get(group)).sum() };
        let groups: Vec<f64> = (0..width).map(|group| margin(group) as f64).collect();
        let values: Vec<f64> = table
            .iter()
            .map(|row| row.iter().sum::<u64>() as f64)
            .collect();
        let n: f64 = values.iter().sum();
        let present = |margin: &[f64]| -> Vec<f64> {
            let present = margin.iter().filter(|rows| **rows > 0.0);
            present.copied().collect()
        };
        let (present_values, present_groups) = (present(&values), present(&groups));
        let (r, c) = (present_values.len() as f64, present_groups.len() as f64);
        if r < 2.0 || c < 2.0 {
            return None;
        }
        let (mut squares, mut information) = (0.0, 0.0);
        for (row, &own) in table.iter().zip(&values) {
            for (&rows, &group) in row.iter().zip(&groups) {
                if rows > 0 {
                    let (x, expected) = (rows as f64, own * group / n);
                    squares += x * x / expected;
                    information += x / n * (x / expected).ln();
                }
            }
        }
        let chi_square = (squares - n).max(0.0);
        let df = (r - 1.0) * (c - 1.0);
        // A χ² is 0 to the last bits where lines are proportional.
        let off = (chi_square / n - df / (n - 1.0)).max(0.0);
        let least = (r - (r - 1.0).powi(2) / (n - 1.0)).min(c - (c - 1.0).powi(2) / (n - 1.0));
        let entropy: f64 = present_groups.iter().map(|x| -x / n * (x / n).ln()).sum();
        let kept = (information - df / (2.0 * n)).max(0.0);
        Some(Self {
            rows: n as u64,
            chi_square,
            df: df as u64,
            p: independent(chi_square, n, &present_values, &present_groups),
            cramers_v: if least > 1.0 {
                (off / (least - 1.0)).sqrt().min(1.0)
            } else {
                0.0
            },
            mutual_information: information.max(0.0),
            information: (kept / entropy).min(1.0),
        })
    }
}

/// The probability of a larger χ² where all tables with these margins are as likely as chance has
/// them: a gamma law with the exact mean and variance (Haldane 1940, doi:10.2307/2332614), which holds
/// for many rare values, where χ² by its degrees of freedom is far off. 1 where nothing can vary.
fn independent(chi_square: f64, n: f64, values: &[f64], groups: &[f64]) -> f64 {
    if n < 4.0 {
        return 1.0;
    }
    let (r, c) = (values.len() as f64, groups.len() as f64);
    let mean = (r - 1.0) * (c - 1.0) * n / (n - 1.0);
    let rare = |margin: &[f64], k: f64| {
        let inverse: f64 = margin.iter().map(|x| n / x).sum();
        (inverse - k * k) / (n - 2.0)
    };
    let spread = |k: f64| (k - 1.0) * (n - k) / (n - 1.0);
    let (w1, w2) = (rare(values, r), rare(groups, c));
    let variance =
        2.0 * n / (n - 3.0) * (spread(r) - w1) * (spread(c) - w2) + n * n / (n - 1.0) * w1 * w2;
    // Every value once: χ² is the same whatever the groups.
    if variance <= 1e-9 * mean * mean {
        return 1.0;
    }
    let scale = 2.0 * mean / variance;
    chi_square_sf(chi_square * scale, mean * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_columns_tell_nothing_and_equal_ones_everything() {
        let none = Association::of(&[vec![10, 20], vec![30, 60]]).unwrap();
        assert!(none.chi_square < 1e-9 && none.p > 0.99, "{none:?}");
        assert_eq!((none.cramers_v, none.information), (0.0, 0.0));
        let all = Association::of(&[vec![5000, 0], vec![0, 5000]]).unwrap();
        assert!((all.cramers_v - 1.0).abs() < 1e-12, "{all:?}");
        assert!(all.information > 0.999 && all.p < 1e-300, "{all:?}");
        assert_eq!(Association::of(&[vec![3, 4], vec![0, 0]]), None);
        assert_eq!(Association::of(&[vec![3, 0], vec![4, 0]]), None);
    }

    #[test]
    fn a_value_for_each_row_tells_nothing() {
        let table: Vec<Vec<u64>> = (0..40).map(|i| vec![i % 2, 1 - i % 2]).collect();
        let found = Association::of(&table).unwrap();
        assert_eq!(found.p, 1.0);
        assert!(found.cramers_v < 1e-6, "{found:?}");
    }
}
