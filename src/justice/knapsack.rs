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
/// gap / √Σ (gain / cost)² without ends (the distance to a plane). Whole units are rounded up, and
/// then nothing says that none is shorter. The cost is the length.
pub fn shortest(levers: &[Lever], gap: f64) -> Option<Moves> {
    let all: f64 = levers.iter().map(|lever| lever.gain * lever.most).sum();
    if all < gap {
        return None;
    }
    // Each goes in proportion to gain / cost² until it ends; what ended leaves the rest to the others.
    let mut ended = vec![false; levers.len()];
    let units = loop {
        let free = || levers.iter().zip(&ended).filter(|(_, ended)| !**ended);
        let done: f64 = levers
            .iter()
            .zip(&ended)
            .filter(|(_, ended)| **ended)
            .map(|(lever, _)| lever.gain * lever.most)
            .sum();
        let square: f64 = free()
            .map(|(lever, _)| (lever.gain / lever.cost).powi(2))
            .sum();
        let rate = if square > 0.0 {
            (gap - done) / square
        } else {
            0.0
        };
        let far = |lever: &Lever| rate * lever.gain / (lever.cost * lever.cost);
        let over = |at: &usize| !ended[*at] && far(&levers[*at]) > levers[*at].most;
        let over: Vec<usize> = (0..levers.len()).filter(over).collect();
        if over.is_empty() {
            let own = levers.iter().zip(&ended);
            break own
                .map(|(lever, ended)| if *ended { lever.most } else { far(lever) })
                .collect::<Vec<f64>>();
        }
        for at in over {
            ended[at] = true;
        }
    };
    let is_exact = levers.iter().all(|lever| !lever.is_whole);
    let whole = |(lever, x): (&Lever, f64)| {
        if lever.is_whole {
            (x - WHOLE).ceil().max(0.0).min(lever.most.floor())
        } else {
            x
        }
    };
    let units: Vec<f64> = levers.iter().zip(units).map(whole).collect();
    let square: f64 = levers
        .iter()
        .zip(&units)
        .map(|(lever, x)| (lever.cost * x).powi(2))
        .sum();
    Some(Moves {
        units,
        cost: square.sqrt(),
        is_exact,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levers(of: &serde_json::Value) -> Vec<Lever> {
        let list = of["levers"].as_array().unwrap().iter();
        list.map(|own| Lever {
            gain: own[0].as_f64().unwrap(),
            cost: own[1].as_f64().unwrap(),
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
            most: f64::INFINITY,
            is_whole: false,
        };
        let found = shortest(&[lever(3.0, 1.0), lever(8.0, 2.0)], 10.0).unwrap();
        assert!((found.cost - 2.0).abs() < 1e-12);
    }
}
