//! The best mixture of decision rules: a small linear program by the simplex method (Dantzig 1963;
//! Bland 1977, doi:10.1287/moor.2.2.103, against going round in circles).
//!
//! In: the cost of each rule, and by how much each breaks each bound. Out: the chance of each rule
//! that costs least, where breaking the worst bound costs `price`, and the price of every bound.

/// Pivots at most.
const PIVOTS: usize = 10_000;
const ZERO: f64 = 1e-12;

/// A mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    /// The chance of each rule; they sum to 1.
    pub chances: Vec<f64>,
    /// The price of each bound, not negative; they sum to `price` at most.
    pub prices: Vec<f64>,
}

/// A row a basic variable: what it is, and how it depends on the others; the last row is the cost.
struct Tableau {
    rows: Vec<Vec<f64>>,
    basis: Vec<usize>,
}

impl Tableau {
    fn pivot(&mut self, row: usize, column: usize) {
        let by = self.rows[row][column];
        for cell in &mut self.rows[row] {
            *cell /= by;
        }
        let own = self.rows[row].clone();
        for (at, other) in self.rows.iter_mut().enumerate() {
            let factor = other[column];
            if at != row && factor != 0.0 {
                for (cell, own) in other.iter_mut().zip(&own) {
                    *cell -= factor * own;
                }
            }
        }
        self.basis[row] = column;
    }

    fn solve(&mut self) {
        let last = self.rows.len() - 1;
        for _ in 0..PIVOTS {
            let width = self.rows[last].len() - 1;
            let Some(column) = (0..width).find(|&column| self.rows[last][column] < -ZERO) else {
                return;
            };
            let ratio = |row: usize| self.rows[row][width] / self.rows[row][column];
            let rows = (0..last).filter(|&row| self.rows[row][column] > ZERO);
            let row = rows.min_by(|&a, &b| {
                let by_ratio = ratio(a).total_cmp(&ratio(b));
                by_ratio.then(self.basis[a].cmp(&self.basis[b]))
            });
            let Some(row) = row else { return };
            self.pivot(row, column);
        }
    }
}

/// `excess[rule][bound]` is not above 0 where the rule keeps the bound. At least one rule.
pub fn mix(costs: &[f64], excess: &[Vec<f64>], price: f64) -> Mixed {
    let (rules, bounds) = (costs.len(), excess.first().map_or(0, Vec::len));
    // Rules, how far the worst bound is broken, what is left of each bound, and the right side.
    let (broken, width) = (rules, rules + 1 + bounds + 1);
    let mut rows = Vec::new();
    for bound in 0..bounds {
        let mut row = vec![0.0; width];
        for rule in 0..rules {
            row[rule] = excess[rule][bound];
        }
        row[broken] = -1.0;
        row[rules + 1 + bound] = 1.0;
        rows.push(row);
    }
    let mut sum = vec![0.0; width];
    sum[..rules].fill(1.0);
    sum[width - 1] = 1.0;
    rows.push(sum);
    let mut cost = vec![0.0; width];
    cost[..rules].copy_from_slice(costs);
    cost[broken] = price;
    rows.push(cost);
    let basis = (0..bounds).map(|bound| rules + 1 + bound).chain([0]);
    let mut tableau = Tableau {
        basis: basis.collect(),
        rows,
    };
    // It starts from the first rule alone, with its worst bound broken as far as that takes.
    tableau.pivot(bounds, 0);
    let worst = (0..bounds)
        .min_by(|&a, &b| tableau.rows[a][width - 1].total_cmp(&tableau.rows[b][width - 1]));
    if let Some(worst) = worst.filter(|&row| tableau.rows[row][width - 1] < 0.0) {
        tableau.pivot(worst, broken);
    }
    tableau.solve();
    let mut chances = vec![0.0; rules];
    for (row, &variable) in tableau.basis.iter().enumerate() {
        if variable < rules {
            chances[variable] = tableau.rows[row][width - 1].max(0.0);
        }
    }
    let sum: f64 = chances.iter().sum();
    for chance in &mut chances {
        *chance /= sum;
    }
    let last = &tableau.rows[bounds + 1];
    Mixed {
        prices: (0..bounds).map(|b| last[rules + 1 + b].max(0.0)).collect(),
        chances,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_mixture_keeps_its_bounds() {
        // The cheap rule breaks the bound by 0.3, the dear one has 0.1 to spare.
        let mixed = mix(&[0.1, 0.5], &[vec![0.3], vec![-0.1]], 100.0);
        assert!((mixed.chances[0] - 0.25).abs() < 1e-12, "{mixed:?}");
        assert!((mixed.prices[0] - 1.0).abs() < 1e-9, "{mixed:?}");
        // Where that is not worth its price the bound is broken.
        let mixed = mix(&[0.1, 0.5], &[vec![0.3], vec![-0.1]], 0.5);
        assert_eq!(mixed.chances, [1.0, 0.0]);
        assert_eq!(mixed.prices, [0.5]);
        assert_eq!(mix(&[0.2, 0.1], &[vec![], vec![]], 1.0).chances, [0.0, 1.0]);
    }
}
