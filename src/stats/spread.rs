//! How far a number that is no rate may be off: a standard error and the law it follows.
//!
//! In: a number, its [`Spread`], a critical z. Out: limits around the number. Two such numbers of
//! groups that have no row in common are compared by square and add (Zou and Donner 2008,
//! doi:10.1002/sim.3095), on the logarithm for a ratio.

use super::Method;
use super::beta::student_t_quantile;
use super::gamma::chi_square_quantile;
use super::interval::wilson;
use super::special::{normal_cdf, two_sided_z};

/// How far a number may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The standard error of the number itself.
    pub error: f64,
    /// How far the middle of its limits is from the number.
    pub shift: f64,
    /// What it follows.
    pub law: Law,
}

/// What an error follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Law {
    /// Student's t with so many degrees of freedom (see [`pooled_freedom`]): a smooth function of
    /// counts or of weights.
    Linear(f64),
    /// Student's t with so many degrees of freedom: a mean.
    Student(f64),
    /// Likewise on the logit scale, which keeps the limits within (0, 1): an AUC.
    Logit(f64),
    /// Of a mean of numbers in [0, 1] whose variance is not known: as that of a rate, which is the
    /// largest there is, on so many (effective) rows.
    Bounded(f64),
    /// A sum of distances in so many bins: it is off by no more than its error times the root of
    /// the χ² of them all, by the inequality of Cauchy and Schwarz.
    Bins(f64),
    /// The largest of distances in so many bins: it is off by no more than the bin that may be off
    /// most, where all hold together.
    WorstBin(f64),
}

impl Law {
    /// What it rests on beside the error: degrees of freedom, effective rows, or bins.
    pub fn freedom(self) -> Option<f64> {
        match self {
            Self::Linear(count)
            | Self::Student(count)
            | Self::Logit(count)
            | Self::Bounded(count)
            | Self::Bins(count)
            | Self::WorstBin(count) => Some(count),
        }
        .filter(|count| count.is_finite())
    }

    /// The law behind an interval of this method.
    pub fn of(method: Method, freedom: Option<f64>) -> Option<Self> {
        Some(match method {
            // Reports of before have none: the normal law, as they were computed.
            Method::Linearized => Self::Linear(freedom.unwrap_or(f64::INFINITY)),
            Method::DelongLogit => Self::Logit(freedom.unwrap_or(f64::INFINITY)),
            Method::StudentT => Self::Student(freedom?),
            Method::WilsonBounded => Self::Bounded(freedom?),
            Method::CalibrationRegion => Self::Bins(freedom?),
            Method::CalibrationBands => Self::WorstBin(freedom?),
            _ => return None,
        })
    }
}

impl Spread {
    /// Of a variance and a law; `None` where it does not vary.
    pub fn of(variance: f64, law: Law) -> Option<Self> {
        let error = variance.sqrt();
        (error > 0.0 && error.is_finite()).then_some(Self {
            error,
            shift: 0.0,
            law,
        })
    }

    /// How limits from it are called.
    pub fn method(&self) -> Method {
        match self.law {
            Law::Linear(_) => Method::Linearized,
            Law::Student(_) => Method::StudentT,
            Law::Logit(_) => Method::DelongLogit,
            Law::Bounded(_) => Method::WilsonBounded,
            Law::Bins(_) => Method::CalibrationRegion,
            Law::WorstBin(_) => Method::CalibrationBands,
        }
    }

    /// The limits of `value` for a two-sided critical z; `None` where the law knows none there.
    pub fn limits(&self, value: f64, z: f64) -> Option<(f64, f64)> {
        let around = |half: f64| Some((value - half, value + half));
        match self.law {
            Law::Linear(freedom) => {
                let (low, high) = around(student(z, freedom.max(1.0)) * self.error)?;
                Some((
                    (low + self.shift).min(value),
                    (high + self.shift).max(value),
                ))
            }
            Law::Student(freedom) if freedom >= 1.0 => around(student(z, freedom) * self.error),
            Law::Student(_) => None,
            Law::Logit(freedom) => {
                let spread = value * (1.0 - value);
                if spread <= 0.0 {
                    return None;
                }
                let t = student(z, freedom.max(1.0));
                let (logit, half) = ((value / (1.0 - value)).ln(), t * self.error / spread);
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                Some((back(logit - half).min(value), back(logit + half).max(value)))
            }
            Law::Bounded(rows) => Some(wilson(value.clamp(0.0, 1.0), rows, z)),
            Law::Bins(bins) => {
                around(chi_square_quantile(2.0 * normal_cdf(-z), bins).sqrt() * self.error)
            }
            Law::WorstBin(bins) => {
                around(two_sided_z(1.0 - 2.0 * normal_cdf(-z), bins) * self.error)
            }
        }
        .filter(|(low, high)| low.is_finite() && high.is_finite())
    }
}

/// The degrees of freedom of a sum of variances, each with its own (Welch 1947,
/// doi:10.2307/2332510; Satterthwaite 1946, doi:10.2307/3002019): those of the part that matters
/// most, where one does. Parts that do not vary count for nothing.
pub fn pooled_freedom(parts: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (variance, freedom) in parts.into_iter().filter(|(variance, _)| *variance > 0.0) {
        sum += variance;
        // One row says nothing of how rows vary; half of one keeps the quotient.
        squares += variance * variance / f64::max(freedom, 0.5);
    }
    sum * sum / squares
}

/// From so many degrees of freedom on the expansion of t is as good as t, and far quicker.
const EXPANDED: f64 = 200.0;

/// The t of Student's law that is as far out as z is of the normal one.
fn student(z: f64, freedom: f64) -> f64 {
    if freedom < EXPANDED || z > 5.0 {
        return -student_t_quantile(normal_cdf(-z), freedom);
    }
    // Abramowitz and Stegun 1964, 26.7.5.
    let power = |n: i32| z.powi(n);
    let terms = [
        (power(3) + z) / 4.0,
        (5.0 * power(5) + 16.0 * power(3) + 3.0 * z) / 96.0,
        (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * z) / 384.0,
        (79.0 * power(9) + 776.0 * power(7) + 1482.0 * power(5) - 1920.0 * power(3) - 945.0 * z)
            / 92_160.0,
    ];
    terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) / freedom)
        + z
}

/// A number with its limits: low, number, high.
pub type Limited = (f64, f64, f64);

/// The limits of `Σ terms`, of which each has its own, all of groups without common rows. A term
/// that is taken off comes as its negative, with its limits turned.
pub fn sum_limits(terms: &[Limited]) -> (f64, f64) {
    let value: f64 = terms.iter().map(|term| term.1).sum();
    let root = |off: &dyn Fn(&Limited) -> f64| -> f64 {
        terms
            .iter()
            .map(|term| off(term).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    (
        value - root(&|(low, at, _)| at - low),
        value + root(&|(_, at, high)| high - at),
    )
}

/// The same number taken off.
pub fn negative((low, at, high): Limited) -> Limited {
    (-high, -at, -low)
}

/// The limits of `a / b`, of positive numbers; `None` where a limit is 0 or less.
pub fn ratio_limits(a: Limited, b: Limited) -> Option<(f64, f64)> {
    if !(a.0 > 0.0 && b.0 > 0.0) {
        return None;
    }
    let log = |(low, at, high): Limited| (low.ln(), at.ln(), high.ln());
    let (low, high) = sum_limits(&[log(a), negative(log(b))]);
    Some((low.exp(), high.exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_limits(found: Option<(f64, f64)>, low: f64, high: f64) {
        let found = found.unwrap();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + b.abs());
        assert!(
            near(found.0, low) && near(found.1, high),
            "{found:?}, not {low} to {high}"
        );
    }

    fn auc(value: f64, variance: f64, z: f64) -> Limited {
        let (low, high) = Spread::of(variance, Law::Logit(f64::INFINITY))
            .unwrap()
            .limits(value, z)
            .unwrap();
        (low, value, high)
    }

    /// Expected values are Python's: expit(logit(A) ± z·sqrt(variance)/(A(1 − A))).
    #[test]
    fn an_auc_stays_within_its_range() {
        let z = two_sided_z(0.95, 1.0);
        let law = Law::Logit(f64::INFINITY);
        let spread = Spread::of(0.003_523_643_879_814_48, law).unwrap();
        assert_limits(
            spread.limits(0.825, z),
            0.678_033_966_469_664_1,
            0.913_445_029_898_795_4,
        );
        assert_eq!(spread.limits(1.0, z), None);
        assert_eq!(Spread::of(0.0, law), None);
    }

    /// Limits of Python's own arithmetic on the same formulas: `NormalDist().inv_cdf`, `math.hypot`.
    #[test]
    fn the_difference_of_two_aucs_follows_from_their_own_limits() {
        let z = two_sided_z(0.95, 1.0);
        let (a, b) = (auc(0.8, 0.001, z), auc(0.7, 0.002, z));
        assert_limits(
            Some(sum_limits(&[a, negative(b)])),
            -0.005_619_051_736_768_368_4,
            0.208_992_768_751_510_65,
        );
        let z = two_sided_z(0.95, 6.0);
        let (a, b) = (auc(0.8, 0.001, z), auc(0.7, 0.002, z));
        assert_limits(
            Some(sum_limits(&[a, negative(b)])),
            -0.041_483_378_797_287_61,
            0.247_236_126_919_632_54,
        );
    }

    /// scipy 1.17: `t.ppf(0.975, 9)` = 2.2621571627982053, `chi2.ppf(0.95, 10)` = 18.307038053275146.
    #[test]
    fn a_mean_has_students_limits_and_bins_their_region() {
        let z = two_sided_z(0.95, 1.0);
        let mean = Spread {
            error: 0.1,
            shift: 0.0,
            law: Law::Student(9.0),
        };
        assert_limits(
            mean.limits(0.5, z),
            0.5 - 0.226_215_716_279_820_53,
            0.726_215_716_279_820_5,
        );
        let bins = Spread {
            error: 0.01,
            shift: 0.0,
            law: Law::Bins(10.0),
        };
        let half = 0.01 * 18.307_038_053_275_146_f64.sqrt();
        assert_limits(bins.limits(0.2, z), 0.2 - half, 0.2 + half);
        // scipy 1.17: norm.isf(0.0025) = 2.8070337683438042.
        let worst = Spread {
            law: Law::WorstBin(10.0),
            ..bins
        };
        let half = 0.01 * 2.807_033_768_343_804_2;
        assert_limits(worst.limits(0.2, z), 0.2 - half, 0.2 + half);
        let none = Spread {
            error: 0.1,
            shift: 0.0,
            law: Law::Student(0.0),
        };
        assert_eq!(none.limits(0.5, z), None);
    }

    /// scipy 1.17: `t.ppf(0.975, 9)` = 2.2621571627982053.
    #[test]
    fn a_function_of_counts_leans_on_the_label_with_few_rows() {
        // Welch's example by hand: (4 + 1)² / (4²/9 + 1²/90).
        let freedom = pooled_freedom([(4.0, 9.0), (1.0, 90.0), (0.0, 3.0)]);
        assert!((freedom - 25.0 / (16.0 / 9.0 + 1.0 / 90.0)).abs() < 1e-12);
        let z = two_sided_z(0.95, 1.0);
        let spread = Spread {
            error: 0.1,
            shift: -0.02,
            law: Law::Linear(9.0),
        };
        let half = 0.226_215_716_279_820_53;
        assert_limits(spread.limits(0.5, z), 0.48 - half, 0.48 + half);
        // However far the middle is off, the number is within.
        let far = Spread {
            shift: -0.5,
            ..spread
        };
        assert_limits(far.limits(0.5, z), -half, 0.5);
    }

    #[test]
    fn many_degrees_of_freedom_are_expanded_without_a_step() {
        for z in [0.1, 1.0, 1.96, 3.0, 4.5, 5.0, 6.0] {
            for freedom in [200.0, 1_000.0, 1e6] {
                let exact = -student_t_quantile(normal_cdf(-z), freedom);
                let found = student(z, freedom);
                assert!(
                    (found - exact).abs() <= 1e-8 * exact,
                    "{z} {freedom}: {found} {exact}"
                );
            }
        }
    }

    #[test]
    fn a_ratio_has_limits_where_both_numbers_are_surely_positive() {
        let (low, high) = ratio_limits((0.3, 0.4, 0.5), (0.7, 0.8, 0.9)).unwrap();
        assert!(low < 0.5 && 0.5 < high && low > 0.3 / 0.9 && high < 0.5 / 0.7);
        assert_eq!(ratio_limits((-0.1, 0.4, 0.5), (0.7, 0.8, 0.9)), None);
    }
}
