//! The cheapest steps that together gain enough, where a step costs what it costs: no price a unit.
//!
//! In: levers, each with steps of which one at most is taken, and what is to be gained. Out: which
//! steps, by the least sum of costs or by the least largest cost. Exact: branch and bound, where the
//! bound is the same question with parts of steps, along the upper hull of each lever (the multiple-
//! choice knapsack: Sinha and Zoltners 1979, doi:10.1287/opre.27.3.503).

/// A step: what it gains and what it costs, both more than 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What it gains.
    pub gain: f64,
    /// What it costs.
    pub cost: f64,
}

/// Which steps, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Of each lever the step that is taken, by its place.
    pub steps: Vec<Option<usize>>,
    /// The sum, or the largest, of the costs.
    pub cost: f64,
    /// Whether nothing is cheaper; not where the search was given up.
    pub is_exact: bool,
}

/// Nodes of the search at most.
const NODES: usize = 5_000;
/// Steps that are looked at, over all nodes, where only the sum of equally good answers is at stake.
const TIES: usize = 200_000;
/// Sums of gains are rounded.
const ROUNDED: f64 = 1e-12;

/// Steps of a lever that are worth a look, by rising gain and cost; the first is none at all.
type Worth = Vec<(Step, Option<usize>)>;
/// The first and the last step of each lever that a part of the search looks at.
type Ranges = Vec<(usize, usize)>;

/// Steps that gain more than every cheaper one, up to the first that is enough alone.
fn worth(steps: &[Step], gap: f64) -> Worth {
    let none = Step {
        gain: 0.0,
        cost: 0.0,
    };
    let mut sorted: Vec<usize> = (0..steps.len()).collect();
    sorted.sort_by(|&a, &b| {
        let (one, other) = (steps[a], steps[b]);
        let by_gain = other.gain.total_cmp(&one.gain);
        one.cost
            .total_cmp(&other.cost)
            .then(by_gain)
            .then(a.cmp(&b))
    });
    let mut kept: Worth = vec![(none, None)];
    for at in sorted {
        let most = kept.last().map_or(0.0, |own| own.0.gain);
        if steps[at].gain > most && most < gap {
            kept.push((steps[at], Some(at)));
        }
    }
    kept
}

/// The steps from `first` to `last` on the upper hull of gain over cost, by place.
fn hull(worth: &Worth, (first, last): (usize, usize)) -> Vec<usize> {
    let slope = |a: usize, b: usize| {
        let (a, b) = (worth[a].0, worth[b].0);
        (b.gain - a.gain) / (b.cost - a.cost)
    };
    let mut hull: Vec<usize> = Vec::new();
    for at in first..=last {
        while let [.., before, end] = hull[..] {
            // What lies under the line from the one before it is on no hull.
            if slope(before, end) > slope(before, at) {
                break;
            }
            hull.pop();
        }
        hull.push(at);
    }
    hull
}

/// The answer with parts of steps: its cost, a whole answer that is a step dearer at most, and the
/// lever of which a part is taken, with the last step that gains less than that part.
struct Relaxed {
    cost: f64,
    whole: Vec<usize>,
    parted: Option<(usize, usize)>,
    /// What a little more gain would cost.
    price: f64,
}

/// The cheapest with parts of steps; none where all together are not enough.
fn relaxed(levers: &[Worth], ranges: &Ranges, gap: f64) -> Option<Relaxed> {
    let mut at: Vec<usize> = ranges.iter().map(|range| range.0).collect();
    let own = |lever: usize, place: usize| levers[lever][place].0;
    let mut left = gap;
    let mut cost = 0.0;
    let mut lines = Vec::new();
    for (lever, range) in ranges.iter().enumerate() {
        left -= own(lever, range.0).gain;
        cost += own(lever, range.0).cost;
        for pair in hull(&levers[lever], *range).windows(2) {
            let (from, to) = (own(lever, pair[0]), own(lever, pair[1]));
            lines.push((
                (to.gain - from.gain) / (to.cost - from.cost),
                lever,
                pair[1],
            ));
        }
    }
    // Slopes of one lever fall: its lines stay in order.
    lines.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let enough = ROUNDED * gap.abs().max(1.0);
    let mut parted = None;
    let mut price_of_more = 0.0;
    for (_, lever, to) in lines {
        if left <= enough {
            break;
        }
        let (before, after) = (own(lever, at[lever]), own(lever, to));
        let (gain, price) = (after.gain - before.gain, after.cost - before.cost);
        if gain > left + enough {
            let needed = before.gain + left;
            cost += price * left / gain;
            // Of the steps on the way the first that is enough is the cheapest.
            let far = (at[lever]..=to).find(|&place| own(lever, place).gain >= needed - enough);
            let far = far.unwrap_or(to);
            parted = Some((lever, far.max(at[lever] + 1) - 1));
            price_of_more = price / gain;
            at[lever] = far;
            left = 0.0;
            break;
        }
        cost += price;
        left -= gain;
        at[lever] = to;
    }
    (left <= enough).then_some(Relaxed {
        cost,
        whole: at,
        parted,
        price: price_of_more,
    })
}

/// Leaves out steps with which no answer costs at most `most`: by the price of more gain each step is
/// worth what it costs less what it gains, and the least of them all, with the price of the gap, is
/// below every answer (Lagrange).
fn promising(levers: &[Worth], (price, gap): (f64, f64), most: f64) -> Vec<Worth> {
    let net = |step: &Step| step.cost - price * step.gain;
    let least = |worth: &Worth| {
        let own = worth.iter().map(|(step, _)| net(step));
        own.fold(f64::INFINITY, f64::min)
    };
    let least: Vec<f64> = levers.iter().map(least).collect();
    let bound = price * gap + least.iter().sum::<f64>();
    let most = most + ROUNDED * (most.abs() + price * gap.abs()).max(1.0);
    let own = levers.iter().zip(least);
    own.map(|(worth, least)| {
        let is_kept = |own: &&(Step, Option<usize>)| bound - least + net(&own.0) <= most;
        let kept: Worth = worth.iter().filter(is_kept).copied().collect();
        // Sums are rounded: where nothing seems to be left, nothing is left out.
        if kept.is_empty() { worth.clone() } else { kept }
    })
    .collect()
}

/// Of each lever one step at most, so that the gains add up to `gap` and the costs to as little as can
/// be; none where all together are not enough.
pub fn cheapest(levers: &[Vec<Step>], gap: f64) -> Option<Taken> {
    searched(levers, gap, NODES)
}

/// The same, given up after so many nodes.
pub(super) fn searched(levers: &[Vec<Step>], gap: f64, most: usize) -> Option<Taken> {
    let mut levers: Vec<Worth> = levers.iter().map(|steps| worth(steps, gap)).collect();
    let whole = |levers: &[Worth]| -> Ranges {
        let ends = levers.iter().map(|worth| (0, worth.len().max(1) - 1));
        ends.collect()
    };
    let found = relaxed(&levers, &whole(&levers), gap)?;
    let mut best = taken(&levers, &found.whole);
    if found.parted.is_none() {
        return Some(best);
    }
    levers = promising(&levers, (found.price, gap), best.cost);
    let mut open = vec![whole(&levers)];
    let mut nodes = 0;
    while let Some(ranges) = open.pop() {
        nodes += 1;
        if nodes > most {
            break;
        }
        let Some(found) = relaxed(&levers, &ranges, gap) else {
            continue;
        };
        if found.cost >= best.cost * (1.0 - ROUNDED) {
            continue;
        }
        let own = taken(&levers, &found.whole);
        if own.cost < best.cost {
            best = own;
        }
        if let Some((lever, last)) = found.parted {
            let (mut less, mut more) = (ranges.clone(), ranges);
            less[lever].1 = last;
            more[lever].0 = last + 1;
            open.push(less);
            open.push(more);
        }
    }
    best.is_exact = nodes <= most;
    Some(best)
}

/// The steps at these places.
fn taken(levers: &[Worth], places: &[usize]) -> Taken {
    let own = || levers.iter().zip(places);
    Taken {
        steps: own().map(|(worth, &place)| worth[place].1).collect(),
        cost: own().map(|(worth, &place)| worth[place].0.cost).sum(),
        is_exact: true,
    }
}

/// Of each lever one step at most, so that the gains add up to `gap` and the dearest step costs as
/// little as can be; of such answers one of a small sum, the least where there are not too many steps.
pub fn evenest(levers: &[Vec<Step>], gap: f64) -> Option<Taken> {
    let mut limits: Vec<f64> = levers.iter().flatten().map(|step| step.cost).collect();
    limits.sort_unstable_by(f64::total_cmp);
    limits.dedup();
    let gained = |limit: f64| -> f64 {
        let most = |steps: &Vec<Step>| {
            let own = steps.iter().filter(|step| step.cost <= limit);
            own.map(|step| step.gain).fold(0.0, f64::max)
        };
        levers.iter().map(most).sum()
    };
    let enough = gap - ROUNDED * gap.abs().max(1.0);
    let limit = *limits.get(limits.partition_point(|limit| gained(*limit) < enough))?;
    // A place among the cheaper steps is a place among all of them.
    let cheap = |steps: &Vec<Step>| -> Vec<(usize, Step)> {
        let own = steps.iter().copied().enumerate();
        own.filter(|(_, step)| step.cost <= limit).collect()
    };
    let kept: Vec<Vec<(usize, Step)>> = levers.iter().map(cheap).collect();
    let only: Vec<Vec<Step>> = kept
        .iter()
        .map(|own| own.iter().map(|(_, step)| *step).collect())
        .collect();
    let count: usize = only.iter().map(Vec::len).sum();
    let found = searched(&only, gap, (TIES / count.max(1)).clamp(1, NODES))?;
    let steps = found.steps.iter().zip(&kept);
    Some(Taken {
        steps: steps.map(|(step, own)| step.map(|at| own[at].0)).collect(),
        cost: limit,
        // How far the dearest goes is known, whatever is known of the sum.
        is_exact: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levers of a few steps, in no order, some dearer and worse than others.
    fn drawn(next: &mut impl FnMut(f64) -> f64) -> Vec<Vec<Step>> {
        let count = 1 + next(4.0) as usize;
        let mut lever = || {
            let steps = 1 + next(6.0) as usize;
            let step = |_| Step {
                gain: 0.05 + next(2.0),
                cost: 0.05 + (next(2.0) * 8.0).round() / 8.0,
            };
            (0..steps).map(step).collect()
        };
        (0..count).map(|_| lever()).collect()
    }

    /// Every answer: which steps, what they gain, the sum and the largest of their costs.
    fn all(levers: &[Vec<Step>]) -> Vec<(f64, f64, f64)> {
        let mut all = vec![(0.0, 0.0, 0.0_f64)];
        for steps in levers {
            let more = all.iter().flat_map(|own| {
                let with =
                    |step: &Step| (own.0 + step.gain, own.1 + step.cost, own.2.max(step.cost));
                steps.iter().map(with).collect::<Vec<_>>()
            });
            let more: Vec<_> = more.collect();
            all.extend(more);
        }
        all
    }

    #[test]
    fn steps_cost_what_brute_force_says() {
        let mut seed = 11_u64;
        let mut next = |most: f64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f64 / 16_777_216.0 * most
        };
        let (mut found, mut none) = (0, 0);
        for _ in 0..2_000 {
            let levers = drawn(&mut next);
            let gap = 0.05 + next(5.0);
            let enough = all(&levers).into_iter().filter(|own| own.0 >= gap);
            let enough: Vec<_> = enough.collect();
            let least =
                |cost: fn(&(f64, f64, f64)) -> f64| enough.iter().map(cost).reduce(f64::min);
            for (taken, least, is_sum) in [
                (cheapest(&levers, gap), least(|own| own.1), true),
                (evenest(&levers, gap), least(|own| own.2), false),
            ] {
                assert_eq!(taken.is_some(), least.is_some(), "{levers:?} {gap}");
                let (Some(taken), Some(least)) = (taken, least) else {
                    none += 1;
                    continue;
                };
                found += 1;
                assert!(
                    (taken.cost - least).abs() < 1e-12,
                    "{taken:?} {least} {levers:?} {gap}"
                );
                let steps = levers.iter().zip(&taken.steps);
                let steps: Vec<Step> = steps.filter_map(|(own, at)| Some(own[(*at)?])).collect();
                let gained: f64 = steps.iter().map(|step| step.gain).sum();
                assert!(taken.is_exact && gained >= gap - 1e-9);
                let costs = steps.iter().map(|step| step.cost);
                let cost = if is_sum {
                    costs.sum()
                } else {
                    costs.fold(0.0, f64::max)
                };
                assert!(
                    (cost - taken.cost).abs() < 1e-12,
                    "what is told is what it costs"
                );
            }
        }
        assert!(found > 1_000 && none > 100, "{found} {none}");
    }

    #[test]
    fn many_steps_of_a_lever_are_no_trouble() {
        let far = |n: usize| -> Vec<Step> {
            let step = |at: usize| Step {
                gain: (at as f64).sqrt(),
                cost: (at as f64).powf(0.7) + (at % 7) as f64 * 0.3,
            };
            (1..=n).map(step).collect()
        };
        let levers = [far(5_000), far(3_000), far(40)];
        let found = cheapest(&levers, 60.0).unwrap();
        assert!(found.is_exact && found.cost > 0.0);
    }
}
