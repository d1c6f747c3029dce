//! An attacker with a linear program: the textbook's two phases on a dense tableau, knowing nothing
//! but equations. Of no line in common with what the program itself checks with.

const EPS: f64 = 1e-7;

/// `coefficients · x = value`, x ≥ 0.
pub struct Equation {
    pub coefficients: Vec<f64>,
    pub value: f64,
}

/// A tableau in canonical form at a vertex that solves all equations.
pub struct Attacker {
    unknowns: usize,
    rows: Vec<Vec<f64>>,
    basis: Vec<usize>,
}

impl Attacker {
    /// Phase one; panics where the equations contradict each other, which would be a lie.
    pub fn new(equations: &[Equation], unknowns: usize) -> Self {
        let m = equations.len();
        let mut rows = Vec::new();
        for (at, equation) in equations.iter().enumerate() {
            let size = equation
                .coefficients
                .iter()
                .fold(1e-300, |a: f64, b| a.max(b.abs()));
            let mut row: Vec<f64> = equation.coefficients.iter().map(|x| x / size).collect();
            row.resize(unknowns + m, 0.0);
            row[unknowns + at] = 1.0;
            row.push(equation.value / size);
            rows.push(row);
        }
        let mut attacker = Self {
            unknowns: unknowns + m,
            rows,
            basis: (unknowns..unknowns + m).collect(),
        };
        let mut cost = vec![0.0; unknowns + m];
        cost[unknowns..].fill(-1.0);
        let best = attacker.maximize(&cost).unwrap();
        assert!(
            best > -1e-4,
            "what is published contradicts itself by {best}"
        );
        // Artificial unknowns that are left at 0 go, with their rows where nothing else is in them.
        let mut at = 0;
        while at < attacker.rows.len() {
            if attacker.basis[at] < unknowns {
                at += 1;
                continue;
            }
            let mut columns = 0..unknowns;
            if let Some(column) = columns.find(|&j| attacker.rows[at][j].abs() > 1e-6) {
                attacker.pivot(at, column);
                at += 1;
            } else {
                attacker.rows.remove(at);
                attacker.basis.remove(at);
            }
        }
        for row in &mut attacker.rows {
            let value = row[attacker.unknowns];
            row.truncate(unknowns);
            row.push(value.max(0.0));
        }
        attacker.unknowns = unknowns;
        attacker
    }

    /// The solution at hand.
    pub fn solution(&self) -> Vec<f64> {
        let mut solution = vec![0.0; self.unknowns];
        for (row, &column) in self.rows.iter().zip(&self.basis) {
            solution[column] = row[self.unknowns];
        }
        solution
    }

    /// The largest value of a sum over all solutions; `None` where there is no end.
    pub fn maximize(&mut self, cost: &[f64]) -> Option<f64> {
        let mut reduced = cost.to_vec();
        reduced.push(0.0);
        for (row, &column) in self.rows.iter().zip(&self.basis) {
            let times = reduced[column];
            if times != 0.0 {
                reduced
                    .iter_mut()
                    .zip(row)
                    .for_each(|(x, y)| *x -= times * y);
            }
        }
        for step in 0.. {
            assert!(step < 20_000, "the attacker goes around in circles");
            // The steepest first; Bland's rule after a while, which cannot cycle.
            let open = (0..self.unknowns).filter(|&j| reduced[j] > EPS);
            let entering = if step < 500 {
                open.max_by(|&a, &b| reduced[a].total_cmp(&reduced[b]))
            } else {
                open.min()
            };
            let Some(column) = entering else {
                break;
            };
            let mut leaving: Option<(usize, f64)> = None;
            for (at, row) in self.rows.iter().enumerate() {
                if row[column] > EPS {
                    let ratio = row[self.unknowns] / row[column];
                    let is_less = leaving.is_none_or(|(other, least)| {
                        ratio < least - 1e-12
                            || ratio <= least && self.basis[at] < self.basis[other]
                    });
                    if is_less {
                        leaving = Some((at, ratio));
                    }
                }
            }
            let (at, _) = leaving?;
            self.pivot(at, column);
            let times = reduced[column];
            let row = &self.rows[at];
            reduced
                .iter_mut()
                .zip(row)
                .for_each(|(x, y)| *x -= times * y);
        }
        Some(-reduced[self.unknowns])
    }

    fn pivot(&mut self, at: usize, column: usize) {
        let scale = self.rows[at][column];
        self.rows[at].iter_mut().for_each(|x| *x /= scale);
        let own = self.rows[at].clone();
        let filled: Vec<usize> = (0..own.len()).filter(|&j| own[j] != 0.0).collect();
        for (other, row) in self.rows.iter_mut().enumerate() {
            let times = row[column];
            if other != at && times != 0.0 {
                for &j in &filled {
                    row[j] -= times * own[j];
                }
                row[column] = 0.0;
            }
        }
        self.basis[at] = column;
    }
}

#[test]
fn the_attacker_solves_the_example_of_the_textbook() {
    // max 3x + 5y where x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18: 36 (Hillier and Lieberman, Wyndor Glass).
    let equation = |coefficients: &[f64], value| Equation {
        coefficients: coefficients.to_vec(),
        value,
    };
    let equations = [
        equation(&[1.0, 0.0, 1.0, 0.0, 0.0], 4.0),
        equation(&[0.0, 2.0, 0.0, 1.0, 0.0], 12.0),
        equation(&[3.0, 2.0, 0.0, 0.0, 1.0], 18.0),
    ];
    let mut attacker = Attacker::new(&equations, 5);
    let best = attacker.maximize(&[3.0, 5.0, 0.0, 0.0, 0.0]).unwrap();
    assert!((best - 36.0).abs() < 1e-9);
    assert!((attacker.solution()[1] - 6.0).abs() < 1e-9);
}
