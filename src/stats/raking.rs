//! Raking: factors for cells, so that sums over each of several margins are those wanted.
//!
//! In: what cells weigh, and for each margin which category a cell is of. Out: a factor for each
//! cell. One margin is met at once, which is post-stratification.

/// Rounds at most.
const ROUNDS: u32 = 10_000;
/// How near every share must come to what is wanted.
const NEAR: f64 = 1e-10;

/// One margin.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// The category of each cell.
    pub of_cell: Vec<usize>,
    /// The share that each category should have; together 1.
    pub shares: Vec<f64>,
}

/// What raking came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Raked {
    /// By cell: what its weight is multiplied by. The sum of all weights stays what it was.
    pub factors: Vec<f64>,
    /// How many times all margins were gone through.
    pub rounds: u32,
    /// How far the share that is farthest from what is wanted still is.
    pub off: f64,
}

impl Raked {
    /// Whether every share is what is wanted.
    pub fn is_settled(&self) -> bool {
        self.off <= NEAR
    }
}

/// Fits one margin after the other until all hold (Deming and Stephan 1940,
/// doi:10.1214/aoms/1177731829). Categories without weight should have a share of 0: what they
/// want cannot be given to them.
pub fn rake(weights: &[f64], margins: &[Margin]) -> Raked {
    let mut raked = Raked {
        factors: vec![1.0; weights.len()],
        rounds: 0,
        off: off(weights, margins),
    };
    let mut now = weights.to_vec();
    while !raked.is_settled() && raked.rounds < ROUNDS {
        for margin in margins {
            let (sums, all) = sums(&now, margin);
            for (at, &category) in margin.of_cell.iter().enumerate() {
                if sums[category] > 0.0 {
                    let factor = margin.shares[category] * all / sums[category];
                    raked.factors[at] *= factor;
                    now[at] = weights[at] * raked.factors[at];
                }
            }
        }
        raked.rounds += 1;
        let before = std::mem::replace(&mut raked.off, off(&now, margins));
        // Margins that contradict each other through empty cells go round for ever.
        if raked.rounds > 100 && raked.off >= before && !raked.is_settled() {
            break;
        }
    }
    raked
}

fn sums(weights: &[f64], margin: &Margin) -> (Vec<f64>, f64) {
    let mut sums = vec![0.0; margin.shares.len()];
    for (weight, &category) in weights.iter().zip(&margin.of_cell) {
        sums[category] += weight;
    }
    let all = sums.iter().sum();
    (sums, all)
}

fn off(weights: &[f64], margins: &[Margin]) -> f64 {
    let of = |margin: &Margin| {
        let (sums, all) = sums(weights, margin);
        let shares = sums.iter().zip(&margin.shares);
        shares
            .map(|(sum, share)| (sum / all - share).abs())
            .fold(0.0, f64::max)
    };
    margins.iter().map(of).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn margin(of_cell: &[usize], shares: &[f64]) -> Margin {
        Margin {
            of_cell: of_cell.to_vec(),
            shares: shares.to_vec(),
        }
    }

    #[test]
    fn one_margin_is_met_in_one_round() {
        let raked = rake(&[30.0, 70.0], &[margin(&[0, 1], &[0.5, 0.5])]);
        assert_eq!(raked.rounds, 1);
        assert!((raked.factors[0] - 5.0 / 3.0).abs() < 1e-15);
        assert!((raked.factors[1] - 5.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn two_margins_are_met_and_odds_ratios_stay() {
        let cells = [10.0, 20.0, 30.0, 40.0];
        let margins = [
            margin(&[0, 0, 1, 1], &[0.6, 0.4]),
            margin(&[0, 1, 0, 1], &[0.3, 0.7]),
        ];
        let raked = rake(&cells, &margins);
        assert!(raked.is_settled(), "{raked:?}");
        let f = &raked.factors;
        assert!((f[0] * f[3] / (f[1] * f[2]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn margins_that_contradict_each_other_are_told() {
        let margins = [margin(&[0, 1], &[0.6, 0.4]), margin(&[0, 1], &[0.3, 0.7])];
        let raked = rake(&[1.0, 1.0], &margins);
        assert!(!raked.is_settled());
        assert!(raked.off > 0.2, "{raked:?}");
    }
}
