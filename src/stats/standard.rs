//! Two rates made comparable: standardized to one mix of strata, and their difference taken apart into
//! what the mix does and what the rates do.
//!
//! In: strata of two rates, and how much each stratum counts. A stratum that only one side has rows in
//! cannot be compared: it is left out, and what it contributes to the crude difference is told.

use super::interval;
use super::spread::{Limited, sum_limits};
use super::strata::Stratum;

/// The directly standardized difference `a − b`: Σ wₖ (pₖ − qₖ) / Σ wₖ over the strata that both have
/// rows in, where `weights` is the mix that both are given. Limits by square and add of the strata's
/// own (Miettinen and Nurminen's): Zou and Donner 2008, doi:10.1002/sim.3095. `None` where no stratum
/// is left.
pub fn difference(strata: &[Stratum], weights: &[f64], z: f64) -> Option<Limited> {
    let mut terms = Vec::new();
    let mut whole = 0.0;
    for (stratum, &weight) in strata.iter().zip(weights) {
        let (Some(a), Some(b)) = (stratum.a.value(), stratum.b.value()) else {
            continue;
        };
        let (low, high) = interval::difference_limits(&stratum.a, &stratum.b, z)?;
        whole += weight;
        terms.push((weight * low, weight * (a - b), weight * high));
    }
    if whole <= 0.0 {
        return None;
    }
    let value = terms.iter().map(|term| term.1).sum::<f64>() / whole;
    let (low, high) = sum_limits(&terms);
    Some((
        (low / whole).clamp(-1.0, value),
        value,
        (high / whole).clamp(value, 1.0),
    ))
}

/// A difference taken apart; the parts add up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// The strata that each side is in more or less.
    pub composition: f64,
    /// The rates within strata.
    pub rates: f64,
    /// Rows in strata that the other side has none in.
    pub outside: f64,
}

/// Kitagawa's decomposition of the crude difference `a − b` (1955,
/// doi:10.1080/01621459.1955.10501299): with pₖ, qₖ the rates of the two sides and cₖ, dₖ the shares of their rows in stratum k,
/// composition = Σ (cₖ − dₖ)(pₖ + qₖ)/2 and rates = Σ (pₖ − qₖ)(cₖ + dₖ)/2, over the strata that
/// both are in. `None` where there is none.
pub fn decomposed(strata: &[Stratum]) -> Option<Parts> {
    let both: Vec<&Stratum> = strata
        .iter()
        .filter(|s| s.a.value().is_some() && s.b.value().is_some())
        .collect();
    let rate = |side: fn(&Stratum) -> &super::Fraction| {
        let sum = |of: &dyn Fn(&Stratum) -> f64| strata.iter().map(of).sum::<f64>();
        let part = sum(&|s| side(s).part.weight);
        part / sum(&|s| side(s).whole.weight)
    };
    let crude = rate(|s| &s.a) - rate(|s| &s.b);
    let size = |side: fn(&Stratum) -> &super::Fraction| {
        both.iter().map(|s| side(s).whole.weight).sum::<f64>()
    };
    let (rows_a, rows_b) = (size(|s| &s.a), size(|s| &s.b));
    if !(rows_a > 0.0 && rows_b > 0.0) {
        return None;
    }
    let (mut composition, mut rates) = (0.0, 0.0);
    for stratum in &both {
        let (p, q) = (stratum.a.value()?, stratum.b.value()?);
        let (c, d) = (
            stratum.a.whole.weight / rows_a,
            stratum.b.whole.weight / rows_b,
        );
        composition += (c - d) * (p + q) / 2.0;
        rates += (p - q) * (c + d) / 2.0;
    }
    let is_all = both.len() == strata.len();
    Some(Parts {
        composition,
        rates,
        outside: if is_all {
            0.0
        } else {
            crude - composition - rates
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Amount, Fraction};

    fn strata(counts: &[[u64; 4]]) -> Vec<Stratum> {
        let of = |part, whole| Fraction::new(Amount::rows(part), Amount::rows(whole));
        counts
            .iter()
            .map(|&[a, n, b, m]| Stratum {
                a: of(a, n),
                b: of(b, m),
            })
            .collect()
    }

    #[test]
    fn the_parts_of_a_difference_add_up_to_it() {
        let all = strata(&[[8, 10, 70, 100], [20, 100, 1, 10], [3, 5, 0, 0]]);
        let parts = decomposed(&all).unwrap();
        let crude = 31.0 / 115.0 - 71.0 / 110.0;
        let sum = parts.composition + parts.rates + parts.outside;
        assert!((sum - crude).abs() < 1e-12);
        assert!((parts.rates - 0.1).abs() < 1e-12, "{parts:?}");
        assert_eq!(decomposed(&strata(&[[1, 2, 0, 0]])), None);
    }

    #[test]
    fn one_stratum_alone_is_its_own_difference() {
        let all = strata(&[[3, 10, 6, 12]]);
        let (low, value, high) = difference(&all, &[7.0], 1.96).unwrap();
        let own = interval::difference_limits(&all[0].a, &all[0].b, 1.96).unwrap();
        assert!((value + 0.2).abs() < 1e-12);
        assert!((low - own.0).abs() < 1e-12 && (high - own.1).abs() < 1e-12);
        assert_eq!(difference(&strata(&[[0, 0, 1, 2]]), &[1.0], 1.96), None);
    }
}
