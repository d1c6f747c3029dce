//! Two rates compared within strata and pooled over them: Mantel and Haenszel's difference, ratio and
//! odds ratio, the test of their association, and whether the odds ratio is the same everywhere.
//!
//! In: strata of two fractions, on their effective numbers of rows where rows are weighted. Out: pooled
//! numbers with limits, or `None` where they are undefined. A stratum in which a side has no rows says
//! nothing; it is left out and counted.

use super::Fraction;
use super::gamma::chi_square_sf;
use super::score::share;
use super::special::two_sided_z;
use super::test::Test;

/// Two rates in one stratum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stratum {
    /// The group.
    pub a: Fraction,
    /// The one it is held against.
    pub b: Fraction,
}

/// A number pooled over strata; `low` ≤ `value` ≤ `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pooled {
    /// The estimate.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// Whether an odds ratio is the same in all strata.
#[derive(
    Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Homogeneity {
    /// Breslow and Day's statistic with Tarone's correction.
    pub statistic: f64,
    /// Degrees of freedom: strata in which both outcomes occur, less one.
    pub df: u64,
    /// The probability of a larger statistic if it is the same.
    pub p: f64,
}

/// Strata ready to be pooled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strata {
    tables: Vec<Table>,
    left_out: u64,
}

/// A 2×2 table of (effective) counts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Table {
    /// Rows of the kind in each group.
    x1: f64,
    x2: f64,
    /// The others.
    y1: f64,
    y2: f64,
}

impl Table {
    fn new(stratum: &Stratum) -> Option<Self> {
        let ((p1, n1), (p2, n2)) = (share(&stratum.a)?, share(&stratum.b)?);
        Some(Self {
            x1: p1 * n1,
            x2: p2 * n2,
            y1: (1.0 - p1) * n1,
            y2: (1.0 - p2) * n2,
        })
    }

    fn n1(self) -> f64 {
        self.x1 + self.y1
    }

    fn n2(self) -> f64 {
        self.x2 + self.y2
    }

    fn total(self) -> f64 {
        self.n1() + self.n2()
    }
}

impl Strata {
    /// Leaves out the strata in which a side has no rows.
    pub fn new(strata: &[Stratum]) -> Self {
        let tables: Vec<Table> = strata.iter().filter_map(Table::new).collect();
        let left_out = (strata.len() - tables.len()) as u64;
        Self { tables, left_out }
    }

    /// Strata with rows on both sides.
    pub fn used(&self) -> u64 {
        self.tables.len() as u64
    }

    /// Strata that said nothing.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn sum(&self, term: impl Fn(Table) -> f64) -> f64 {
        self.tables.iter().map(|table| term(*table)).sum()
    }

    /// The pooled difference of rates `a − b` (Mantel and Haenszel's weights), with limits by the
    /// variance of Sato (1989) that holds for few large strata and for many small ones (Sato,
    /// Greenland and Robins 1989, Biometrics 45:1323, doi:10.2307/2531784). `None` where that variance
    /// is 0, as where no row is of the kind: there is a difference, but nothing to tell its limits by.
    pub fn difference(&self, confidence: f64) -> Option<Pooled> {
        let z = critical(confidence)?;
        let weight = self.sum(|t| t.n1() * t.n2() / t.total());
        if weight <= 0.0 {
            return None;
        }
        let value = self.sum(|t| (t.x1 * t.n2() - t.x2 * t.n1()) / t.total()) / weight;
        let p = self.sum(|t| {
            let (n1, n2) = (t.n1(), t.n2());
            let half = n1 * n2 * (n2 - n1) / 2.0;
            (n1 * n1 * t.x2 - n2 * n2 * t.x1 + half) / t.total().powi(2)
        });
        let q = self.sum(|t| (t.x1 * t.y2 + t.x2 * t.y1) / (2.0 * t.total()));
        let variance = value * p + q;
        if variance <= ROUNDING * q {
            return None;
        }
        let half = z * variance.sqrt() / weight;
        Some(Pooled {
            value,
            low: (value - half).max(-1.0).min(value),
            high: (value + half).min(1.0).max(value),
        })
    }

    /// The pooled ratio of rates `a / b`, with limits on the log scale by the variance of Greenland
    /// and Robins (1985, doi:10.2307/2530643). `None` where one of the rates is 0 in every stratum or
    /// where that variance is 0.
    pub fn ratio(&self, confidence: f64) -> Option<Pooled> {
        let z = critical(confidence)?;
        let r = self.sum(|t| t.x1 * t.n2() / t.total());
        let s = self.sum(|t| t.x2 * t.n1() / t.total());
        let spread = self.sum(|t| {
            let both = t.x1 + t.x2;
            (t.n1() * t.n2() * both / t.total() - t.x1 * t.x2) / t.total()
        });
        let scale = self.sum(|t| t.n1() * t.n2() * (t.x1 + t.x2) / t.total().powi(2));
        if spread <= ROUNDING * scale {
            return None;
        }
        on_log_scale(r, s, spread / (r * s), z)
    }

    /// The pooled odds ratio (Mantel and Haenszel 1959, doi:10.1093/jnci/22.4.719), with limits on the
    /// log scale by the variance of Robins, Breslow and Greenland (1986, doi:10.2307/2531052). `None`
    /// where it is 0, infinite or undefined.
    pub fn odds_ratio(&self, confidence: f64) -> Option<Pooled> {
        let z = critical(confidence)?;
        let (r, s) = self.odds();
        // Shares of concordant and discordant rows, crossed with the two sums.
        let shares = |t: Table| ((t.x1 + t.y2) / t.total(), (t.y1 + t.x2) / t.total());
        let sides = |t: Table| (t.x1 * t.y2 / t.total(), t.y1 * t.x2 / t.total());
        let pr = self.sum(|t| shares(t).0 * sides(t).0);
        let mixed = self.sum(|t| shares(t).0 * sides(t).1 + shares(t).1 * sides(t).0);
        let qs = self.sum(|t| shares(t).1 * sides(t).1);
        let variance = pr / (2.0 * r * r) + mixed / (2.0 * r * s) + qs / (2.0 * s * s);
        on_log_scale(r, s, variance, z)
    }

    /// Numerator and denominator of the pooled odds ratio.
    fn odds(&self) -> (f64, f64) {
        let r = self.sum(|t| t.x1 * t.y2 / t.total());
        let s = self.sum(|t| t.y1 * t.x2 / t.total());
        (r, s)
    }

    /// Cochran, Mantel and Haenszel's test that within strata the rates are the same, without a
    /// correction for continuity (1959, doi:10.1093/jnci/22.4.719). `None` where nothing varies.
    pub fn association(&self) -> Option<Test> {
        let off = self.sum(|t| (t.x1 * t.n2() - t.x2 * t.n1()) / t.total());
        let variance = self.sum(|t| {
            let outcomes = (t.x1 + t.x2) * (t.y1 + t.y2);
            // A weighted stratum may be worth less than two rows.
            let rest = (t.total() - 1.0).max(1.0);
            t.n1() * t.n2() / t.total() * outcomes / t.total() / rest
        });
        let statistic = off * off / variance;
        (variance > 0.0).then(|| Test {
            statistic,
            p: chi_square_sf(statistic, 1.0),
        })
    }

    /// Breslow and Day's test (1980, Statistical Methods in Cancer Research I, equation 4.30) with the
    /// correction of Tarone (1985, doi:10.1093/biomet/72.1.91), which the pooled odds ratio needs for
    /// not being the most likely one. `None` where fewer than two strata have both outcomes or where
    /// the pooled odds ratio is 0, infinite or undefined.
    pub fn homogeneity(&self) -> Option<Homogeneity> {
        let (r, s) = self.odds();
        if !(r > 0.0 && s > 0.0) {
            return None;
        }
        let has_both = |t: &&Table| t.x1 + t.x2 > 0.0 && t.y1 + t.y2 > 0.0;
        let (mut count, mut squares, mut off, mut spread) = (0_u64, 0.0, 0.0, 0.0);
        for table in self.tables.iter().filter(has_both) {
            let (expected, variance) = expected(*table, r / s);
            count += 1;
            squares += (table.x1 - expected).powi(2) / variance;
            off += table.x1 - expected;
            spread += variance;
        }
        if count < 2 {
            return None;
        }
        let statistic = (squares - off * off / spread).max(0.0);
        let df = count - 1;
        Some(Homogeneity {
            statistic,
            df,
            p: chi_square_sf(statistic, df as f64),
        })
    }
}

/// The first count of a table with these margins and this odds ratio, and its variance.
fn expected(table: Table, odds: f64) -> (f64, f64) {
    let (n1, n2, m) = (table.n1(), table.n2(), table.x1 + table.x2);
    // The root of (1 − ψ)·x² + (n2 − m + ψ·(n1 + m))·x − ψ·n1·m, in the form that no ψ near 1 hurts.
    let b = n2 - m + odds * (n1 + m);
    let root = (b * b + 4.0 * (1.0 - odds) * odds * n1 * m).max(0.0).sqrt();
    let x = if b >= 0.0 {
        2.0 * odds * n1 * m / (b + root)
    } else {
        (root - b) / (2.0 * (1.0 - odds))
    };
    let fields = [x, n1 - x, m - x, n2 - m + x];
    let inverse: f64 = fields.iter().map(|field| 1.0 / field).sum();
    (x, 1.0 / inverse)
}

/// What a sum that should be 0 may come to, as a share of its terms.
const ROUNDING: f64 = 1e-13;

fn critical(confidence: f64) -> Option<f64> {
    let z = two_sided_z(confidence, 1.0);
    (z.is_finite() && z > 0.0).then_some(z)
}

/// r / s with limits that are as far on the log scale on both sides.
fn on_log_scale(r: f64, s: f64, variance: f64, z: f64) -> Option<Pooled> {
    if !(r > 0.0 && s > 0.0) {
        return None;
    }
    let value = r / s;
    let factor = (z * variance.max(0.0).sqrt()).exp();
    Some(Pooled {
        value,
        low: value / factor,
        high: value * factor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Amount, assert_near, expected as entries};

    type Counts = (u64, u64, u64, u64);

    fn of(part: u64, whole: u64) -> Fraction {
        Fraction::new(Amount::rows(part), Amount::rows(whole))
    }

    fn strata(counts: &[Counts]) -> Strata {
        let stratum = |c: &Counts| Stratum {
            a: of(c.0, c.1),
            b: of(c.2, c.3),
        };
        Strata::new(&counts.iter().map(stratum).collect::<Vec<_>>())
    }

    #[test]
    fn pooled_numbers_and_tests_agree_with_statsmodels() {
        for entry in entries("strata") {
            let counts: Vec<Counts> = serde_json::from_value(entry["strata"].clone()).unwrap();
            let strata = strata(&counts);
            let pooled = |found: Option<Pooled>, name: &str| {
                let (found, wanted) = (found.unwrap(), &entry[name]);
                for (i, found) in [found.value, found.low, found.high].into_iter().enumerate() {
                    let wanted = wanted[i].as_f64().unwrap();
                    let is_difference = name == "difference";
                    let wanted = if is_difference {
                        wanted.clamp(-1.0, 1.0)
                    } else {
                        wanted
                    };
                    assert_near(found, wanted, 1e-9, &(name, &entry));
                }
            };
            pooled(strata.difference(0.95), "difference");
            pooled(strata.ratio(0.95), "ratio");
            pooled(strata.odds_ratio(0.95), "odds_ratio");
            let number = |name: &str, i: usize| entry[name][i].as_f64().unwrap();
            let test = strata.association().unwrap();
            assert_near(test.statistic, number("association", 0), 1e-9, &entry);
            assert_near(test.p, number("association", 1), 1e-9, &entry);
            if let Some(alike) = strata.homogeneity() {
                assert_near(alike.statistic, number("homogeneity", 0), 1e-8, &entry);
                assert_eq!(alike.df, entry["homogeneity"][1].as_u64().unwrap());
                assert_near(alike.p, number("homogeneity", 2), 1e-8, &entry);
            } else {
                assert_eq!(counts.len(), 1, "{entry:?}");
            }
        }
    }

    #[test]
    fn a_stratum_with_an_empty_side_says_nothing_and_is_counted() {
        let with = strata(&[(3, 10, 1, 12), (5, 9, 0, 0), (0, 0, 2, 7), (4, 9, 2, 8)]);
        let without = strata(&[(3, 10, 1, 12), (4, 9, 2, 8)]);
        assert_eq!((with.used(), with.left_out()), (2, 2));
        assert_eq!(with.difference(0.9), without.difference(0.9));
        assert_eq!(with.homogeneity(), without.homogeneity());
    }

    #[test]
    fn one_outcome_alone_has_no_limits() {
        let none = strata(&[(0, 10, 0, 12), (0, 4, 0, 9)]);
        assert_eq!(none.difference(0.95), None);
        assert_eq!(strata(&[(7, 7, 0, 3)]).difference(0.95), None);
        assert_eq!(strata(&[(7, 7, 3, 3), (2, 2, 5, 5)]).ratio(0.95), None);
        assert_eq!(none.ratio(0.95), None);
        assert_eq!(none.odds_ratio(0.95), None);
        assert_eq!(none.association(), None);
        assert_eq!(none.homogeneity(), None);
        assert_eq!(strata(&[]).difference(0.95), None);
        assert_eq!(strata(&[(1, 2, 1, 3)]).ratio(2.0), None);
    }

    /// The margins and the odds ratio are those that were asked for.
    #[test]
    fn an_expected_table_has_its_odds_ratio() {
        for odds in [1e-6, 0.3, 1.0, 1.0 + 1e-9, 4.0, 1e6] {
            for (x1, n1, x2, n2) in [(3, 10, 1, 12), (9, 10, 11, 12), (1, 2, 500, 1000)] {
                let table = strata(&[(x1, n1, x2, n2)]).tables[0];
                let (x, variance) = expected(table, odds);
                let (n1, n2, m) = (n1 as f64, n2 as f64, (x1 + x2) as f64);
                let found = x * (n2 - m + x) / ((n1 - x) * (m - x));
                assert_near(found, odds, 1e-6, &(x, n1, n2, m));
                assert!(variance > 0.0);
            }
        }
    }
}
