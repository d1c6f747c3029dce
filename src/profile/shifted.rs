//! Numbers of two tables of which only a few quantiles of the earlier one are left.
//!
//! A quantile q of a share a says that a share of at least a is at or below q, and of at most a
//! below it. So where the later table has a share b at or below q, the distribution functions are
//! at least a − b apart there: a lower bound of the distance of Kolmogorov and Smirnov, whose p is
//! an upper bound. Where quantiles or counts are of bins, q is moved by what bins are wide.

use super::context::Context;
use super::drift::{NUMBERS, Open};
use super::earlier::Before;
use super::section::Line;
use crate::sketch::{Grouping, Level, RELATIVE_ERROR};
use crate::stats::goodness::kolmogorov_sf;

/// The share of the rows at or below the median.
const MEDIAN: f64 = 0.5;

/// The columns of numbers that both tables have.
pub fn numbers(context: &Context, before: &Before, open: &mut Vec<Open>) {
    for column in &context.sketches.columns {
        let Ok(sketch) = &column.sketch else { continue };
        let Some(seen) = before.column(&column.name) else {
            continue;
        };
        let whole = Grouping::whole(sketch.cells());
        let numbers = sketch.numbers(&whole);
        let before_median = seen.quantiles.iter().find(|(share, _)| *share == MEDIAN);
        let (Some(&(_, before_median)), Some(numbers)) = (before_median, numbers) else {
            continue;
        };
        let numbers: Vec<(f64, u64)> = numbers.into_iter().map(|(x, rows)| (x, rows[0])).collect();
        let is_exact = seen.is_exact && sketch.level() == Level::Values;
        let slack = if is_exact { 0.0 } else { 2.0 * RELATIVE_ERROR };
        let rows: u64 = numbers.iter().map(|(_, rows)| rows).sum();
        let earlier = before.rows.saturating_sub(seen.missing + seen.odd);
        if rows == 0 || earlier == 0 {
            continue;
        }
        let apart = at_least(&seen.quantiles, &numbers, slack);
        let (n, m) = (rows as f64, earlier as f64);
        let p = kolmogorov_sf((n * m / (n + m)).sqrt() * apart);
        let median = sketch.quantile(0.5);
        let line = Line::new()
            .text("column", &column.name)
            .number("median_before", Ok(before_median))
            .number("median", median.ok_or("no_values"))
            .number("mean_before", seen.mean.ok_or("no_values"))
            .number("mean", sketch.moments().mean().ok_or("no_values"))
            .number("ks_at_least", Ok(apart));
        let words = format!(
            "`{}` is distributed otherwise than before: at some number the shares below it are at \
             least {:.0} points apart (median {} before, {} now)",
            column.name,
            apart * 100.0,
            brief(before_median),
            median.map_or_else(String::new, brief)
        );
        open.push(Open {
            table: NUMBERS,
            line,
            p: Some(p),
            fact: Some((apart, words)),
        });
    }
}

/// A number in a sentence.
fn brief(number: f64) -> String {
    let rounded = (number * 1e3).round() / 1e3;
    if rounded == 0.0 {
        number.to_string()
    } else {
        rounded.to_string()
    }
}

/// How far the distribution functions are apart at least. `numbers` ascend.
fn at_least(quantiles: &[(f64, f64)], numbers: &[(f64, u64)], slack: f64) -> f64 {
    let all: u64 = numbers.iter().map(|(_, rows)| rows).sum();
    let below = |is_below: &dyn Fn(f64) -> bool| {
        let end = numbers.partition_point(|(x, _)| is_below(*x));
        numbers[..end].iter().map(|(_, rows)| rows).sum::<u64>() as f64 / all as f64
    };
    quantiles.iter().fold(0.0_f64, |most, &(share, q)| {
        let wide = q.abs() * slack;
        let (low, high) = (q - wide, q + wide);
        let up = if share > 0.0 {
            share - below(&|x| x <= high)
        } else {
            0.0
        };
        let down = if share < 1.0 {
            below(&|x| x < low) - share
        } else {
            0.0
        };
        most.max(up).max(down)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantiles(numbers: [f64; 5]) -> [(f64, f64); 5] {
        let shares = [0.0, 0.25, 0.5, 0.75, 1.0];
        std::array::from_fn(|at| (shares[at], numbers[at]))
    }

    #[test]
    fn the_bound_is_met_where_a_quantile_is_the_farthest_point() {
        // Earlier 1, 2, 3, 4; now 3, 4, 5, 6: the functions are half apart at 2.
        let now = [(3.0, 1), (4.0, 1), (5.0, 1), (6.0, 1)];
        let before = quantiles([1.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(at_least(&before, &now, 0.0), 0.5);
        assert_eq!(at_least(&before[1..4], &now, 0.0), 0.5);
    }

    #[test]
    fn the_same_numbers_are_not_apart() {
        let now = [(1.0, 1), (2.0, 1), (3.0, 1), (4.0, 1)];
        let before = quantiles([1.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(at_least(&before, &now, 0.0), 0.0);
    }
}
