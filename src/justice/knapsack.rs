//! The cheapest moves that together gain enough: what a linear model asks for.
//!
//! In: levers, each with what a unit of it gains and costs, how far it goes, and whether it goes by
//! whole units; and what is to be gained. Out: how far each goes. Exact: branch and bound, where the
//! bound is the same question with parts of units (Dantzig 1957, doi:10.1287/opre.5.2.266).

/// Something that can be moved towards another decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lever {
    /// What a unit gains; more than 0.
    pub gain: f64,
    /// What a unit costs; more than 0.
    pub cost: f64,
    /// How many units it is moved by, where it is moved at all.
    pub least: f64,
    /// How many units there are.
    pub most: f64,
    /// Whether only whole units can be had.
    pub is_whole: bool,
}

/// How far each lever goes, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Moves {
    /// In units, in the order of the levers.
    pub units: Vec<f64>,
    /// The sum of what they cost.
    pub cost: f64,
    /// Whether nothing is cheaper; not where the search was given up.
    pub is_exact: bool,
}

/// Nodes of the search at most.
const NODES: usize = 20_000;
/// What is close to a whole number is one.
const WHOLE: f64 = 1e-9;

/// A part of the search: how far levers go at least and at most.
type Ranges = Vec<(f64, f64)>;

/// The cheapest moves whose gains add up to `gap`; none where all of them together do not.
pub fn cheapest(levers: &[Lever], gap: f64) -> Option<Moves> {
    let end = |lever: &Lever| {
        if lever.is_whole {
            lever.most.floor()
        } else {
            lever.most
        }
    };
    let ranges: Ranges = levers.iter().map(|lever| (0.0, end(lever))).collect();
    let mut order: Vec<usize> = (0..levers.len()).collect();
    let worth = |at: usize| levers[at].gain / levers[at].cost;
    order.sort_by(|&a, &b| worth(b).total_cmp(&worth(a)).then(a.cmp(&b)));
    let mut best: Option<Moves> = None;
    let mut open = vec![ranges];
    let mut nodes = 0;
    while let Some(ranges) = open.pop() {
        nodes += 1;
        if nodes > NODES {
            break;
        }
        let Some((units, cost)) = relaxed(levers, &order, &ranges, gap) else {
            continue;
        };
        if best
            .as_ref()
            .is_some_and(|best| cost >= best.cost * (1.0 - 1e-12))
        {
            continue;
        }
        if let Some(at) = (0..levers.len()).find(|&at| falls_short(&levers[at], units[at])) {
            open.extend(all_or_none(levers, &ranges, at));
            continue;
        }
        let is_part =
            |&at: &usize| levers[at].is_whole && (units[at] - units[at].round()).abs() > WHOLE;
        let Some(at) = (0..levers.len()).find(is_part) else {
            let units = levers
                .iter()
                .zip(units)
                .map(|(lever, x)| if lever.is_whole { x.round() } else { x });
            best = Some(Moves {
                units: units.collect(),
                cost,
                is_exact: true,
            });
            continue;
        };
        let (mut below, mut above) = (ranges.clone(), ranges);
        below[at].1 = units[at].floor();
        above[at].0 = units[at].ceil();
        open.push(below);
        open.push(above);
    }
    let is_exact = open.is_empty() && nodes <= NODES;
    best.map(|best| Moves { is_exact, ..best })
}

/// Whether a lever is moved, and by less than it may be.
fn falls_short(lever: &Lever, units: f64) -> bool {
    units > 0.0 && units < lever.least
}

/// The two parts of a search: a lever stays, or goes as far as it must.
fn all_or_none(levers: &[Lever], ranges: &Ranges, at: usize) -> [Ranges; 2] {
    let (mut stays, mut goes) = (ranges.clone(), ranges.clone());
    stays[at].1 = 0.0;
    goes[at].0 = levers[at].least;
    [stays, goes]
}

/// The cheapest where parts of units can be had: the levers that gain most for their cost first.
fn relaxed(
    levers: &[Lever],
    order: &[usize],
    ranges: &Ranges,
    gap: f64,
) -> Option<(Vec<f64>, f64)> {
    if ranges.iter().any(|(least, most)| least > most) {
        return None;
    }
    let mut units: Vec<f64> = ranges.iter().map(|(least, _)| *least).collect();
    let gained: f64 = levers
        .iter()
        .zip(&units)
        .map(|(lever, x)| lever.gain * x)
        .sum();
    let mut left = gap - gained;
    for &at in order {
        if left <= 0.0 {
            break;
        }
        let (least, most) = ranges[at];
        let wanted = (left / levers[at].gain).min(most - least);
        units[at] += wanted;
        left -= wanted * levers[at].gain;
    }
    if left > 1e-12 * gap.abs().max(1.0) {
        return None;
    }
    let cost = levers
        .iter()
        .zip(&units)
        .map(|(lever, x)| lever.cost * x)
        .sum();
    Some((units, cost))
}

/// The moves of least length, Σ (cost · units)², where all go as far as they like up to their ends:
/// gap / √Σ (gain / cost)² without ends (the distance to a plane); branch and bound where some may
/// not go a short way. Whole units are rounded up, and then nothing says that none is shorter. The
/// cost is the length.
pub fn shortest(levers: &[Lever], gap: f64) -> Option<Moves> {
    let length = |units: &[f64]| {
        let squares = levers
            .iter()
            .zip(units)
            .map(|(lever, x)| (lever.cost * x).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut open: Vec<Ranges> = vec![levers.iter().map(|lever| (0.0, lever.most)).collect()];
    let mut nodes = 0;
    while let Some(ranges) = open.pop() {
        nodes += 1;
        if nodes > NODES {
            break;
        }
        let Some(units) = plane(levers, &ranges, gap) else {
            continue;
        };
        let cost = length(&units);
        if best.as_ref().is_some_and(|(least, _)| cost >= *least) {
            continue;
        }
        match (0..levers.len()).find(|&at| falls_short(&levers[at], units[at])) {
            Some(at) => open.extend(all_or_none(levers, &ranges, at)),
            None => best = Some((cost, units)),
        }
    }
    let is_exact = nodes <= NODES && levers.iter().all(|lever| !lever.is_whole);
    let whole = |(lever, x): (&Lever, f64)| {
        if lever.is_whole {
            (x - WHOLE).ceil().max(0.0).min(lever.most.floor())
        } else {
            x
        }
    };
    let units: Vec<f64> = levers.iter().zip(best?.1).map(whole).collect();
    Some(Moves {
        cost: length(&units),
        units,
        is_exact,
    })
}

/// The shortest within ranges: each goes in proportion to gain / cost² until it is at an end.
fn plane(levers: &[Lever], ranges: &Ranges, gap: f64) -> Option<Vec<f64>> {
    let far = |lever: &Lever| lever.gain / (lever.cost * lever.cost);
    let at = |rate: f64| -> Vec<f64> {
        let own = levers.iter().zip(ranges);
        own.map(|(lever, (least, most))| (rate * far(lever)).min(*most).max(*least))
            .collect()
    };
    let gained = |units: &[f64]| -> f64 {
        let own = levers.iter().zip(units);
        own.map(|(lever, x)| lever.gain * x).sum()
    };
    // Between the rates at which one starts to go, or ends, the gain is a straight line.
    let own = levers.iter().zip(ranges);
    let turns = own.flat_map(|(lever, (least, most))| [least / far(lever), most / far(lever)]);
    let mut turns: Vec<f64> = turns.filter(|rate| rate.is_finite()).collect();
    turns.sort_unstable_by(f64::total_cmp);
    let (mut low, mut low_gain) = (0.0, gained(&at(0.0)));
    if low_gain >= gap {
        return Some(at(0.0));
    }
    for rate in turns {
        let gain = gained(&at(rate));
        if gain >= gap {
            return Some(at(low + (rate - low) * (gap - low_gain) / (gain - low_gain)));
        }
        (low, low_gain) = (rate, gain);
    }
    let free = levers
        .iter()
        .zip(ranges)
        .filter(|(_, own)| own.1.is_infinite());
    let slope: f64 = free.map(|(lever, _)| lever.gain * far(lever)).sum();
    (slope > 0.0).then(|| at(low + (gap - low_gain) / slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levers(of: &serde_json::Value) -> Vec<Lever> {
        let list = of["levers"].as_array().unwrap().iter();
        list.map(|own| Lever {
            gain: own[0].as_f64().unwrap(),
            cost: own[1].as_f64().unwrap(),
            least: 0.0,
            most: own[2].as_f64().unwrap(),
            is_whole: own[3].as_bool().unwrap(),
        })
        .collect()
    }

    fn expected() -> serde_json::Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/recourse.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// `fixtures/recourse.py` asked scipy's mixed-integer solver.
    #[test]
    fn the_cheapest_moves_cost_what_a_mixed_integer_solver_says() {
        let all = expected();
        let all = all["cheapest"].as_array().unwrap();
        assert!(all.len() >= 100);
        for case in all {
            let levers = levers(case);
            let gap = case["gap"].as_f64().unwrap();
            let found = cheapest(&levers, gap);
            let Some(cost) = case["cost"].as_f64() else {
                assert_eq!(found, None, "{case}");
                continue;
            };
            let found = found.unwrap();
            assert!(found.is_exact);
            assert!(
                (found.cost - cost).abs() < 1e-6 * cost.max(1.0),
                "{found:?} {case}"
            );
            let gained: f64 = levers
                .iter()
                .zip(&found.units)
                .map(|(l, x)| l.gain * x)
                .sum();
            assert!(gained >= gap - 1e-9);
        }
    }

    /// `fixtures/recourse.py` minimized the square under the same bounds.
    #[test]
    fn the_shortest_moves_are_as_long_as_a_solver_says() {
        let all = expected();
        let all = all["shortest"].as_array().unwrap();
        assert!(all.len() >= 50);
        for case in all {
            let levers = levers(case);
            let found = shortest(&levers, case["gap"].as_f64().unwrap()).unwrap();
            let cost = case["cost"].as_f64().unwrap();
            assert!((found.cost - cost).abs() < 1e-5 * cost, "{found:?} {case}");
        }
    }

    #[test]
    fn without_ends_the_shortest_move_is_the_distance_to_a_plane() {
        let lever = |gain, cost| Lever {
            gain,
            cost,
            least: 0.0,
            most: f64::INFINITY,
            is_whole: false,
        };
        let found = shortest(&[lever(3.0, 1.0), lever(8.0, 2.0)], 10.0).unwrap();
        assert!((found.cost - 2.0).abs() < 1e-12);
    }

    /// Of each lever that may not go a short way it is tried whether it stays or goes that far.
    #[test]
    fn levers_that_go_far_or_not_at_all_are_tried_each_way() {
        let mut seed = 7_u64;
        let mut next = |most: f64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f64 / 16_777_216.0 * most
        };
        let mut far = 0;
        for _ in 0..200 {
            let own = (0..4).map(|_| Lever {
                gain: 0.1 + next(2.0),
                cost: 0.1 + next(2.0),
                least: next(3.0),
                most: 3.0 + next(2.0),
                is_whole: false,
            });
            let levers: Vec<Lever> = own.collect();
            let gap = next(12.0);
            let mut worth: Vec<usize> = (0..4).collect();
            let rate = |at: usize| levers[at].gain / levers[at].cost;
            worth.sort_by(|&a, &b| rate(b).total_cmp(&rate(a)));
            for is_short in [false, true] {
                let solve = if is_short { shortest } else { cheapest };
                let found = solve(&levers, gap);
                let fixed = (0..16_u32).filter_map(|goes| {
                    let ranges = levers.iter().enumerate().map(|(at, lever)| {
                        let is_going = goes >> at & 1 == 1;
                        if is_going {
                            (lever.least, lever.most)
                        } else {
                            (0.0, 0.0)
                        }
                    });
                    let ranges: Ranges = ranges.collect();
                    if !is_short {
                        return Some(relaxed(&levers, &worth, &ranges, gap)?.1);
                    }
                    let units = plane(&levers, &ranges, gap)?;
                    let square = levers.iter().zip(units).map(|(l, x)| (l.cost * x).powi(2));
                    Some(square.sum::<f64>().sqrt())
                });
                let least = fixed.reduce(f64::min);
                assert_eq!(found.is_some(), least.is_some());
                let (Some(found), Some(least)) = (found, least) else {
                    continue;
                };
                assert!(
                    (found.cost - least).abs() < 1e-9 * least,
                    "{found:?} {least}"
                );
                far += usize::from(found.units.iter().zip(&levers).any(|(x, l)| *x == l.least));
            }
        }
        assert!(far > 50, "{far}");
    }
}
