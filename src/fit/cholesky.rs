//! Symmetric positive definite systems by Cholesky's method.
//!
//! In: a symmetric matrix and a right side. Out: the solution; where the matrix is singular to
//! rounding, that of the matrix with a little added to its diagonal.

use ndarray::{Array1, Array2};

/// How often more is added to the diagonal.
const TRIES: i32 = 12;

/// Solves `a · x = b`; only what is on and below the diagonal is read.
pub fn solve(a: &Array2<f64>, b: &Array1<f64>) -> Option<Array1<f64>> {
    let size = b.len();
    let mean = (0..size).map(|i| a[[i, i]].abs()).sum::<f64>() / size.max(1) as f64;
    for attempt in 0..TRIES {
        let added = if attempt == 0 {
            0.0
        } else {
            mean.max(f64::MIN_POSITIVE) * 10_f64.powi(attempt - 14)
        };
        if let Some(lower) = factor(a, added) {
            let x = substituted(&lower, b);
            if x.iter().all(|x| x.is_finite()) {
                return Some(x);
            }
        }
    }
    None
}

/// The lower factor of `a + added · I`, row by row.
fn factor(a: &Array2<f64>, added: f64) -> Option<Array2<f64>> {
    let size = a.nrows();
    let mut lower = Array2::<f64>::zeros((size, size));
    for i in 0..size {
        for j in 0..=i {
            let mut sum = a[[i, j]];
            if let (Some(left), Some(right)) = (lower.row(i).to_slice(), lower.row(j).to_slice()) {
                sum -= dot(&left[..j], &right[..j]);
            }
            if i == j {
                sum += added;
                // What is left of the pivot is rounding: no matrix to divide by.
                if !(sum > a[[i, i]].abs() * 1e-13 && sum.is_finite()) {
                    return None;
                }
                lower[[i, i]] = sum.sqrt();
            } else {
                lower[[i, j]] = sum / lower[[j, j]];
            }
        }
    }
    Some(lower)
}

/// Σ of products, in lanes that the processor adds at once; always in the same order.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for ((sum, l), r) in sums.iter_mut().zip(left).zip(right) {
            *sum += l * r;
        }
    }
    let rest = left_rest.iter().zip(right_rest).map(|(l, r)| l * r);
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

fn substituted(lower: &Array2<f64>, b: &Array1<f64>) -> Array1<f64> {
    let size = b.len();
    let mut x = b.clone();
    for i in 0..size {
        let known: f64 = (0..i).map(|j| lower[[i, j]] * x[j]).sum();
        x[i] = (x[i] - known) / lower[[i, i]];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|j| lower[[j, i]] * x[j]).sum();
        x[i] = (x[i] - known) / lower[[i, i]];
    }
    x
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_system_of_two_is_solved() {
        let x = solve(&array![[4.0, 2.0], [2.0, 3.0]], &array![8.0, 7.0]).unwrap();
        assert!(
            (x[0] - 1.25).abs() < 1e-15 && (x[1] - 1.5).abs() < 1e-15,
            "{x}"
        );
    }

    #[test]
    fn a_singular_system_has_some_solution() {
        let a = array![[1.0, 1.0], [1.0, 1.0]];
        let x = solve(&a, &array![2.0, 2.0]).unwrap();
        assert!((x[0] + x[1] - 2.0).abs() < 1e-6, "{x}");
    }
}
