"""Worlds whose bias is known: tables drawn from equations, and what the equations make of every question.

Two groups, 60 % `a` and 40 % `b`; `fair_many` has five of the same size. In the worlds of one score (fair, direct, proxy, mixed, coefficients; their equations
are those of fixtures/model/worlds.py) `decided` is whether it reaches 0.5, `approved` is drawn with the score itself as
chance, and `repaid` with the chance of the saved model, whose log odds are 4 (score - 0.5). So one table has a
deterministic decision, a linear probability and a logistic one, all with the same planted effects. The worlds of recourse
and of individual fairness have equations of their own, below.
"""
import json
import sys
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
sys.path.insert(0, str(FIXTURES / "model"))
from worlds import HELD, WORLDS  # noqa: E402

SHARES = {"a": 0.6, "b": 0.4}
GAIN = 4.0  # log odds of the saved model for each point of the score
AREA = {"proxy": {"a": 0.7, "b": 0.3}, "mixed": {"a": 0.7, "b": 0.3}}  # the share of north, else a half
SHIFT = {name: {"a": 0.3 if name in ("proxy", "mixed", "coefficients") else 0.0, "b": 0.0} for name in WORLDS}
NUMBERS = ["skill", "points", "area", "chat"]
# Recourse: half of each group is refused; of these so many have something held against them, which nobody can
# change, and the others lack up to so much skill.
LACK = {"recourse": {"a": 1.0, "b": 2.0}, "recourse_fair": {"a": 1.0, "b": 1.0}}
BARRED = {"recourse": {"a": 0.1, "b": 0.4}, "recourse_fair": {"a": 0.1, "b": 0.1}}
# Individual fairness: ten levels of skill, from 5 on positive, but for so many that are turned at random.
TURNED = {"individual": {"a": 0.0, "b": 0.15}, "individual_fair": {"a": 0.1, "b": 0.1}}
ALL = [*WORLDS, *LACK, *TURNED]


def north(world):
    return AREA.get(world, {"a": 0.5, "b": 0.5})


# Tables.


def table(world, rows, seed):
    """Columns by name; exactly 60 % of the rows are of `a`."""
    rng = np.random.default_rng([seed, ALL.index(world)])
    group = np.where(np.arange(rows) < round(SHARES["a"] * rows), "a", "b")
    rng.shuffle(group)
    if world in LACK:
        return recourse(world, group, rng)
    if world in TURNED:
        return individual(world, group, rng)
    by = lambda values: np.where(group == "a", values["a"], values["b"])
    own = WORLDS[world]
    skill, chat = (rng.random(rows).round(4) for _ in range(2))
    points = (rng.random(rows) + by(SHIFT[world])).round(4)
    area = rng.random(rows) < by(north(world))
    score = by(own["base"]) + own["skill"] * (skill - 0.5) + by(own["points"]) * (points - own["middle"])
    score = score + own["area"] * area
    yes = lambda is_yes: np.where(is_yes, "yes", "no")
    if world == "fair_many":
        group = np.array(list("abcde"))[rng.permutation(rows) % 5]
    return {"group": group, "skill": skill, "points": points, "area": np.where(area, "north", "south"), "chat": chat,
            "decided": yes(score >= 0.5), "approved": yes(rng.random(rows) < score),
            "repaid": yes(rng.random(rows) < logistic(GAIN * (score - 0.5)))}  # fmt: skip


def recourse(world, group, rng):
    by = lambda values: np.where(group == "a", values["a"], values["b"])
    is_refused = rng.random(len(group)) < 0.5
    skill = np.where(is_refused, -by(LACK[world]) * (1 - rng.random(len(group))), rng.random(len(group)))
    held = is_refused & (rng.random(len(group)) < by(BARRED[world]))
    decided = np.where((skill >= 0) & ~held, "yes", "no")
    return {"group": group, "skill": skill.round(4), "held": held.astype(int), "decided": decided}


def individual(world, group, rng):
    skill = rng.integers(0, 10, len(group))
    turned = rng.random(len(group)) < np.where(group == "a", TURNED[world]["a"], TURNED[world]["b"])
    decided = (skill >= 5) ^ turned
    return {"group": group, "skill": skill, "score": np.where(decided, 0.8, 0.2), "decided": np.where(decided, "yes", "no")}


def text(columns):
    lines = [",".join(columns)]
    lines += [",".join(str(value) for value in row) for row in zip(*columns.values())]
    return "\n".join(lines) + "\n"


def logistic(x):
    return 1 / (1 + np.exp(-x))


def model(world):
    """The world's own model as `fair-audit mitigate --model-out` would save it."""
    number = lambda at, middle: [at, {"kind": "number", "unit": 1.0, "middle": middle, "scale": 1.0, "has_missing": False}]
    level = lambda at, other, own: [at, {"kind": "levels", "levels": [other], "baseline": own, "has_other": False}]
    if world in LACK:
        features, parts = ["skill", "held"], [number(0, 0.0), number(1, 0.0)]
        names, coefficients, intercept = features, [1.0, -HELD], 0.0
    else:
        own = WORLDS[world]
        is_seen = own["base"]["a"] != own["base"]["b"]
        features = ["group"] * is_seen + NUMBERS
        at = int(is_seen)
        parts = [level(0, "b", "a")] * is_seen
        parts += [number(at, 0.5), number(at + 1, own["middle"]), level(at + 2, "north", "south"), number(at + 3, 0.5)]
        names = ["group=b"] * is_seen + ["skill", "points", "area=north", "chat"]
        coefficients = [GAIN * x for x in [own["base"]["b"] - own["base"]["a"]] * is_seen
                        + [own["skill"], own["points"]["a"], own["area"], 0.0]]  # fmt: skip
        intercept = GAIN * (own["base"]["a"] - 0.5)
    kinds, groups = {"group": "text", "area": "text"}, "abcde" if world == "fair_many" else "ab"
    recipe = {"label": "repaid=yes", "sensitive": ["group"], "bins": [], "control": [], "weight": None, "counts": None,
              "null": [], "ignore": [], "features": [], "with_sensitive": "group" in features, "attribute": "group",
              "model": "logistic", "method": ["plain"], "folds": 5, "seed": 0}  # fmt: skip
    planted = {"scenario": "plain", "stage": "none", "weights": [], "numbers": {},
               "model": {"kind": "columns", "kept": list(range(len(names))),
                         "inner": {"kind": "logistic", "coefficients": coefficients, "intercept": intercept}},
               "cuts": [{"kind": "at", "threshold": 0.5}] * len(groups)}  # fmt: skip
    return {"schema": "fair-audit/model/1", "version": "0.1.0", "inputs": [], "recipe": recipe, "rows": 1000,
            "base_rates": [0.5] * len(groups),
            "groups": {"columns": [{"name": "group", "cuts": None}], "values": [{"group": g} for g in groups]},
            "features": [{"name": name, "values": kinds.get(name, "number")} for name in features],
            "encoder": {"parts": parts, "names": names}, "models": [planted]}  # fmt: skip


# Truths.


def flip(world, own, to, along=False):
    """Shares of `own` before and after, gained and lost, and the mean change of score, as if of `to`.

    Skill is uniform and moves with nobody, so that of each value of the other columns the share that turns is a
    length; over points it is a mean of 200,000 midpoints (off by less than 1e-9).
    """
    said, shift = WORLDS[world], SHIFT[world]
    points = (np.arange(200_000) + 0.5) / 200_000 + shift[own]
    moved = points + (shift[to] - shift[own] if along else 0.0)
    here, there = north(world)[own], north(world)[to] if along else north(world)[own]
    both, up, down = min(here, there), max(there - here, 0.0), max(here - there, 0.0)
    ways = [(1, 1, both), (0, 1, up), (1, 0, down), (0, 0, 1 - both - up - down)]
    sums = np.zeros(5)
    for was, is_, share in ways:
        before = said["base"][own] + said["points"][own] * (points - said["middle"]) + said["area"] * was
        after = said["base"][to] + said["points"][to] * (moved - said["middle"]) + said["area"] * is_
        least = [np.clip(0.5 + (0.5 - x) / said["skill"], 0, 1) for x in (before, after)]
        gained = np.maximum(least[0] - least[1], 0).mean()
        lost = np.maximum(least[1] - least[0], 0).mean()
        sums += share * np.array([1 - least[0].mean(), 1 - least[1].mean(), gained, lost, (after - before).mean()])
    return dict(zip(["before", "after", "gained", "lost", "score_change"], sums.tolist()))


def parts(world):
    """The gap in `approved`, taken apart: whole, and by feature. All is linear, and within a group independent."""
    own = WORLDS[world]
    apart = {"points": SHIFT[world]["a"] - SHIFT[world]["b"], "area": north(world)["a"] - north(world)["b"],
             "skill": 0.0, "chat": 0.0}  # fmt: skip
    slopes = {"points": own["points"], "area": {"a": own["area"], "b": own["area"]},
              "skill": {"a": own["skill"], "b": own["skill"]}, "chat": {"a": 0.0, "b": 0.0}}  # fmt: skip
    mean = {g: own["base"][g] + own["points"][g] * (0.5 + SHIFT[world][g] - own["middle"]) + own["area"] * north(world)[g]
            for g in "ab"}  # fmt: skip
    # Points vary as much within either group, so that what is fitted beside the group is the mean slope.
    pooled = {name: sum(SHARES[g] * slopes[name][g] for g in "ab") for name in slopes}
    features = {name: {"explained": apart[name] * pooled[name], "endowments": apart[name] * slopes[name]["b"],
                       "interaction": apart[name] * (slopes[name]["a"] - slopes[name]["b"])} for name in slopes}  # fmt: skip
    whole = {part: sum(feature[part] for feature in features.values()) for part in ("explained", "endowments", "interaction")}
    whole["gap"] = mean["a"] - mean["b"]
    whole["unexplained"] = whole["gap"] - whole["explained"]
    whole["coefficients"] = whole["gap"] - whole["endowments"] - whole["interaction"]
    return whole, features


def contributions(world):
    """Of each feature of the saved model: the mean of `a`, of `b`, and how far apart they are, in log odds."""
    own = WORLDS[world]
    means = {"skill": {"a": 0.5, "b": 0.5}, "points": {g: 0.5 + SHIFT[world][g] for g in "ab"}, "area": north(world),
             "group": {"a": 1.0, "b": 0.0}}  # fmt: skip
    slopes = {"skill": own["skill"], "points": own["points"]["a"], "area": own["area"],
              "group": own["base"]["a"] - own["base"]["b"]}  # fmt: skip
    found = {"chat": {"a": 0.0, "b": 0.0, "apart": 0.0}}
    for name, mean in means.items():
        if name == "group" and slopes[name] == 0:
            continue
        middle = sum(SHARES[g] * mean[g] for g in "ab")
        found[name] = {g: GAIN * slopes[name] * (mean[g] - middle) for g in "ab"}
        found[name]["apart"] = GAIN * slopes[name] * (mean["a"] - mean["b"])
    return found


def importance(world, draws=10_000_000, block=500_000):
    """What shuffling a feature costs the saved model, by Monte Carlo, with the standard error of each number.

    Of each draw the expectation over its label is taken, so that only features are drawn.
    """
    own, names = WORLDS[world], [*contributions(world)]
    rng = np.random.default_rng([17, ALL.index(world)])
    sums = {(name, part): np.zeros(5) for name in names for part in ("overall", "a", "b")}

    def drawn():
        is_a = rng.random(block) < SHARES["a"]
        area = rng.random(block) < np.where(is_a, north(world)["a"], north(world)["b"])
        terms = {"group": np.where(is_a, own["base"]["a"], own["base"]["b"]), "skill": own["skill"] * (rng.random(block) - 0.5),
                 "points": own["points"]["a"] * (rng.random(block) + np.where(is_a, SHIFT[world]["a"], 0) - own["middle"]),
                 "area": own["area"] * area, "chat": np.zeros(block)}  # fmt: skip
        return is_a, terms

    for _ in range(draws // block):
        (is_a, terms), (_, others) = drawn(), drawn()
        log_odds = GAIN * (sum(terms.values()) - 0.5)
        chance = logistic(log_odds)
        for name in names:
            after = log_odds + GAIN * (others[name] - terms[name])
            loss = np.logaddexp(0, after) - np.logaddexp(0, log_odds) - chance * (after - log_odds)
            right = (2 * chance - 1) * ((log_odds >= 0).astype(float) - (after >= 0))
            for part, rows in (("overall", slice(None)), ("a", is_a), ("b", ~is_a)):
                own_loss, own_right = loss[rows], right[rows]
                sums[name, part] += [len(own_loss), own_loss.sum(), (own_loss**2).sum(), own_right.sum(), (own_right**2).sum()]
    found = {}
    for (name, part), (n, loss, loss_sq, right, right_sq) in sums.items():
        error = lambda total, square: float(np.sqrt(max(square / n - (total / n) ** 2, 0) / n))
        found.setdefault(name, {})[part] = {"log_loss": loss / n, "log_loss_error": error(loss, loss_sq),
                                            "accuracy": right / n, "accuracy_error": error(right, right_sq)}  # fmt: skip
    return found


def ways(world):
    """Of each group of a world of recourse: the share of refused rows with a way, and its mean cost.

    Half of each group lies at or above 0, so the median is 0, and the median absolute deviation t has a half of all
    rows within it: of those accepted t, of those refused t / lack.
    """
    lack, barred = LACK[world], BARRED[world]
    deviation = 0.5 / sum(SHARES[g] * (0.5 + 0.5 / lack[g]) for g in "ab")
    assert deviation <= 1
    return {g: {"feasible": 1 - barred[g], "cost": lack[g] / 2 / deviation} for g in "ab"}


def consistency(world, rows):
    """Of each group: the mean agreement with the rows of its level of skill, which all share the neighborhood.

    Of `rows` rows, k others are at the same level with k binomial, and E[1 / (1 + k)] = (1 - 0.9^rows) / (0.1 rows).
    """
    turned = TURNED[world]
    others = 1 - (1 - 0.9**rows) / (0.1 * rows)
    counts = {g: round(SHARES[g] * rows) for g in "ab"}
    found = {}
    for own in "ab":
        differ = {g: turned[own] * (1 - turned[g]) + turned[g] * (1 - turned[own]) for g in "ab"}
        share = {g: (counts[g] - (g == own)) / (rows - 1) * others for g in "ab"}
        found[own] = 1 - sum(share[g] * differ[g] for g in "ab")
    return found


def broken(world):
    """Of each group: the share of pairs, within it and with the other, whose scores differ by more than they are apart.

    Scores are 0.2 and 0.8; levels are 0.35 standard deviations apart, so only pairs of the same or the next level can.
    """
    deviation = np.sqrt((10**2 - 1) / 12)
    assert 1 / deviation < 0.6 < 2 / deviation
    turned = TURNED[world]
    found = {}
    for own in "ab":
        for name, other in (("its own", own), ("others", "ba"["ab".index(own)])):
            differ = turned[own] * (1 - turned[other]) + turned[other] * (1 - turned[own])
            # The same level 0.1, the next one 0.18, of which 0.02 across the middle.
            found[own, name] = (0.1 + 0.16) * differ + 0.02 * (1 - differ)
    return found


if __name__ == "__main__":
    print(json.dumps({world: parts(world)[0] for world in WORLDS}, indent=1))
