//! What an attacker can work out of published sums: how far a hidden one can move.
//!
//! In: sums that are published, each of some unknown counts, and the true counts. Out: the lowest and
//! the highest value of a hidden sum over all counts, none negative, that yield every published sum:
//! a linear program, by the simplex method with bounds (Dantzig 1963, chapter 18; Bland 1977,
//! doi:10.1287/moor.2.2.103 against cycles). It starts at the truth, which is a solution, so that no
//! first phase is needed; and it stops as soon as a hidden sum is known to be free enough.

/// What counts as nothing, beside coefficients of about 1.
const NOTHING: f64 = 1e-9;
/// What counts as nothing, beside counts.
const NO_ROWS: f64 = 1e-7;
/// Steps after which the rule changes to the slow one that cannot cycle.
const GREEDY: usize = 2_000;
/// Steps at most: whoever comes so far is believed to be held by everything.
const STEPS: usize = 10_000;

/// Published sums, each solved for one unknown.
#[derive(Debug, Clone)]
pub(super) struct Attack {
    unknowns: usize,
    sums: usize,
    /// A row for each solved unknown: coefficients of the unknowns, then of the published sums that
    /// it was made of.
    rows: Vec<Vec<f64>>,
    /// Which unknown each row is solved for.
    basis: Vec<usize>,
}

/// How far a hidden sum goes in one direction.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Counts that go so far and yield every published sum.
    pub at: Vec<f64>,
    /// The published sums that hold it there, by their index; empty where it is free enough.
    pub held_by: Vec<usize>,
    /// Numbers that were touched to find out.
    pub work: u64,
}

impl Attack {
    /// From published sums: coefficients of so many unknowns each.
    pub fn new(sums: &[Vec<f64>], unknowns: usize) -> Self {
        let widen = |(at, sum): (usize, &Vec<f64>)| {
            let size = sum.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            let scale = if size > 0.0 { 1.0 / size } else { 1.0 };
            let mut row: Vec<f64> = sum.iter().map(|x| x * scale).collect();
            row.resize(unknowns + sums.len(), 0.0);
            row[unknowns + at] = 1.0;
            row
        };
        let mut attack = Self {
            unknowns,
            sums: sums.len(),
            rows: sums.iter().enumerate().map(widen).collect(),
            basis: Vec::new(),
        };
        attack.solve();
        attack
    }

    /// Numbers that one step touches.
    pub fn size(&self) -> u64 {
        (self.rows.len() as u64 + 1) * (self.unknowns + self.sums) as u64
    }

    /// Gauss and Jordan, the largest coefficient first; what says nothing new is dropped.
    fn solve(&mut self) {
        let mut solved = 0;
        for column in 0..self.unknowns {
            let rest = solved..self.rows.len();
            let size = |row: &usize| self.rows[*row][column].abs();
            let Some(pivot) = rest.max_by(|a, b| size(a).total_cmp(&size(b))) else {
                break;
            };
            if size(&pivot) > NOTHING {
                self.rows.swap(solved, pivot);
                eliminate(&mut self.rows, solved, column);
                self.basis.push(column);
                solved += 1;
            }
        }
        self.rows.truncate(solved);
    }

    /// How far the sum of the counts `target` goes up (or down), from `truth`; `enough` is far enough.
    pub fn reach(&self, truth: &[f64], target: &[usize], is_up: bool, enough: f64) -> Reach {
        let sign = if is_up { 1.0 } else { -1.0 };
        let mut cost = vec![0.0; self.unknowns + self.sums];
        for &unknown in target {
            cost[unknown] += sign;
        }
        for (row, &solved) in self.rows.iter().zip(&self.basis) {
            let times = cost[solved];
            subtract(&mut cost, row, times);
        }
        let walk = Walk {
            attack: self.clone(),
            at: truth.to_vec(),
            cost,
            by: 0.0,
            work: self.size(),
        };
        walk.run(enough)
    }
}

/// `a − times · b`.
fn subtract(a: &mut [f64], b: &[f64], times: f64) {
    if times != 0.0 {
        for (x, y) in a.iter_mut().zip(b) {
            *x -= times * y;
        }
    }
}

/// Makes a column 1 in one row and 0 in all others.
fn eliminate(rows: &mut [Vec<f64>], pivot: usize, column: usize) {
    let scale = 1.0 / rows[pivot][column];
    for x in &mut rows[pivot] {
        *x *= scale;
        if x.abs() < NOTHING * NOTHING {
            *x = 0.0;
        }
    }
    let own = std::mem::take(&mut rows[pivot]);
    for row in rows.iter_mut().filter(|row| !row.is_empty()) {
        let times = row[column];
        subtract(row, &own, times);
        row[column] = 0.0;
    }
    rows[pivot] = own;
}

/// The simplex method on its way.
struct Walk {
    attack: Attack,
    at: Vec<f64>,
    /// What a unit of each unknown that is not solved for is worth.
    cost: Vec<f64>,
    by: f64,
    work: u64,
}

/// What stops a step: a solved unknown that falls to 0, or the moving one itself.
enum Stop {
    Row(usize),
    Own,
    Nothing,
}

impl Walk {
    fn run(mut self, enough: f64) -> Reach {
        for step in 0..STEPS {
            let Some((column, up)) = self.entering(step < GREEDY) else {
                return self.held();
            };
            let gain = self.cost[column].abs();
            let (limit, stop) = self.limit(column, up);
            let needed = (enough - self.by) / gain;
            self.work += self.attack.size();
            if limit >= needed {
                self.go(column, up, needed);
                return Reach {
                    at: self.at,
                    held_by: Vec::new(),
                    work: self.work,
                };
            }
            self.go(column, up, limit);
            if let Stop::Row(row) = stop {
                eliminate(&mut self.attack.rows, row, column);
                let times = self.cost[column];
                subtract(&mut self.cost, &self.attack.rows[row], times);
                self.cost[column] = 0.0;
                self.at[self.attack.basis[row]] = 0.0;
                self.attack.basis[row] = column;
            } else {
                self.at[column] = 0.0;
            }
        }
        let all = (0..self.attack.sums).collect();
        Reach {
            held_by: all,
            ..self.held()
        }
    }

    /// The unknown to move, and whether up; the most worth, or the first (Bland).
    fn entering(&self, is_greedy: bool) -> Option<(usize, bool)> {
        let mut best: Option<(usize, f64)> = None;
        for column in 0..self.attack.unknowns {
            let cost = self.cost[column];
            let can = cost > NOTHING || cost < -NOTHING && self.at[column] > NO_ROWS;
            if !can {
                continue;
            }
            if !is_greedy {
                return Some((column, cost > 0.0));
            }
            if best.is_none_or(|(_, most)| cost.abs() > most) {
                best = Some((column, cost.abs()));
            }
        }
        best.map(|(column, _)| (column, self.cost[column] > 0.0))
    }

    fn limit(&self, column: usize, up: bool) -> (f64, Stop) {
        let sign = if up { 1.0 } else { -1.0 };
        let mut found = if up {
            (f64::INFINITY, Stop::Nothing)
        } else {
            (self.at[column], Stop::Own)
        };
        let mut least = usize::MAX;
        for (row, &solved) in self.attack.basis.iter().enumerate() {
            let falls = sign * self.attack.rows[row][column];
            if falls > NOTHING {
                let limit = self.at[solved].max(0.0) / falls;
                if limit < found.0 - NO_ROWS * NO_ROWS || limit <= found.0 && solved < least {
                    found = (limit, Stop::Row(row));
                    least = solved;
                }
            }
        }
        found
    }

    fn go(&mut self, column: usize, up: bool, length: f64) {
        let sign = if up { length } else { -length };
        self.by += self.cost[column].abs() * length;
        self.at[column] += sign;
        for (row, &solved) in self.attack.rows.iter().zip(&self.attack.basis) {
            self.at[solved] = (self.at[solved] - sign * row[column]).max(0.0);
        }
    }

    /// The end: what is worth nothing is not what holds it.
    fn held(self) -> Reach {
        let first = self.attack.unknowns;
        let of_sums = self.cost[first..].iter().enumerate();
        let held_by = of_sums.filter(|(_, x)| x.abs() > NO_ROWS).map(|(at, _)| at);
        Reach {
            held_by: held_by.collect(),
            at: self.at,
            work: self.work,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(of: &[usize], n: usize) -> Vec<f64> {
        (0..n)
            .map(|at| f64::from(u8::from(of.contains(&at))))
            .collect()
    }

    #[test]
    fn a_remainder_is_known_and_two_of_them_are_free_between_them() {
        // a + b + c = 30, a = 20.
        let truth = [20.0, 7.0, 3.0];
        let one = Attack::new(&[sum(&[0, 1, 2], 3), sum(&[0], 3), sum(&[1], 3)], 3);
        let reach = one.reach(&truth, &[2], true, 5.0);
        assert!(reach.at == truth && reach.held_by == [0, 1, 2]);
        let two = Attack::new(&[sum(&[0, 1, 2], 3), sum(&[0], 3)], 3);
        let up = two.reach(&truth, &[2], true, 100.0);
        assert!((up.at[2] - 10.0).abs() < 1e-9);
        let down = two.reach(&truth, &[2], false, 100.0);
        assert!(down.at[2].abs() < 1e-9);
        assert_eq!(two.reach(&truth, &[1, 2], true, 1.0).at, truth);
        assert_eq!(two.reach(&truth, &[2], true, 2.0).at[2], 5.0);
    }

    #[test]
    fn cells_of_a_table_move_around_a_cycle_and_no_further() {
        // 2 × 2 with all margins published: 3 5 / 9 20.
        let sums = [[0, 1], [2, 3], [0, 2], [1, 3]].map(|of| sum(&of, 4));
        let attack = Attack::new(&sums, 4);
        let truth = [3.0, 5.0, 9.0, 20.0];
        let far = |is_up| attack.reach(&truth, &[0], is_up, 100.0).at[0];
        assert!((far(true) - 8.0).abs() < 1e-9 && far(false).abs() < 1e-9);
    }

    #[test]
    fn what_no_sum_holds_is_free() {
        let attack = Attack::new(&[], 2);
        assert_eq!(attack.reach(&[1.0, 0.0], &[0], true, 50.0).at, [51.0, 0.0]);
        assert_eq!(attack.reach(&[1.0, 0.0], &[0], false, 50.0).at, [0.0, 0.0]);
    }
}
