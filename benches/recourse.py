"""Whether every way that recourse tells turns the decision, when the row is scored anew by other code.

    python3 benches/recourse.py [--data DIR] [--binary target/release/fair-audit] [--only NAME,NAME]

Of each table (the fixtures german and adult; of DIR those of TABLES that lie there) a logistic regression and a tree
are fitted and saved. For every row of the table the way is asked for (`--row`, so that no row is left out), by sums of
deviations, and by shares of rows (`--cost percentile`, `--norm l1` and `max`). Each way is put into the row, and the
row is scored here, from the coefficients and nodes of the saved file, with none of fair-audit's code. The same for a
program: this script, as `--score MODEL.json`, of which nothing is known but its scores. Standard library alone.

Counted are rows that are refused, ways, ways that do not turn the decision (the law: none), and ways that leave what
the table has. What a search costs is held against the exact way of the same logistic regression, row by row.
"""

import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

here = Path(__file__).resolve().parent.parent
COMPAS = (["-s", "sex,race,age_cat", "-y", "two_year_recid=1", "--ignore",
           "pred,score,decile_score,score_text,is_recid,c_charge_desc,w_test"], "negative")
TABLES = {
    "compas_6172": COMPAS,
    "compas": COMPAS,
    "german": (["-s", "sex,age_group,foreign_worker", "-y", "credit=good", "--ignore", "pred,score,split,w_test"],
               "positive"),
    "adult_test": (["-s", "sex,race", "-y", "income=>50K", "--ignore", "pred,score,fnlwgt,w_test,split"], "positive"),
    "ricci": (["-s", "Race", "-y", "Promoted=1", "--ignore", "pred,w_test"], "positive"),
    "heart_failure": (["-s", "sex,age_group", "-y", "DEATH_EVENT=1", "--ignore", "pred,score,split,w_test"], "negative"),
    "student_por": (["-s", "sex,address", "-y", "class=High", "--ignore", "pred,score,split,w_test,G3"], "positive"),
}


def model_of(path):
    """The features, encoder and plain model of a saved file."""
    saved = json.loads(Path(path).read_text())
    plain = next(own for own in saved["models"] if own["scenario"] == "plain")
    assert all(cut == {"kind": "at", "threshold": 0.5} for cut in plain["cuts"]), plain["cuts"]
    return saved, plain["model"]


def number(text, nulls):
    try:
        x = float(text)
    except ValueError:
        return math.nan
    return math.nan if text in nulls or not math.isfinite(x) else x


def encoded(saved, row):
    """A row of the matrix, from the words of a table."""
    nulls = {"", *saved["recipe"]["null"]}
    cells = [0.0] * len(saved["encoder"]["names"])
    for feature, (first, part) in zip(saved["features"], saved["encoder"]["parts"]):
        text = row[feature["name"]]
        if part["kind"] == "number":
            x = number(text, nulls)
            if math.isfinite(x):
                cells[first] = min(max((x / part["unit"] - part["middle"]) / part["scale"], -1e9), 1e9)
            elif part["has_missing"]:
                cells[first + 1] = 1.0
        elif part["kind"] == "levels":
            value = None if text in nulls else text
            if value in part["levels"]:
                cells[first + part["levels"].index(value)] = 1.0
            elif value != part["baseline"] and part["has_other"]:
                cells[first + len(part["levels"])] = 1.0
        else:
            assert part["kind"] == "nothing", part["kind"]
    return cells


def scored(model, cells):
    if model["kind"] == "columns":
        return scored(model["inner"], [cells[at] for at in model["kept"]])
    if model["kind"] == "constant":
        return model["score"]
    if model["kind"] == "logistic":
        x = model["intercept"] + sum(b * z for b, z in zip(model["coefficients"], cells))
        return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
    assert model["kind"] == "tree", model["kind"]
    node = model["nodes"][0]
    while "column" in node:
        node = model["nodes"][node["below" if cells[node["column"]] <= node["cut"] else "above"]]
    return node["positive"] / node["weight"]


def changes(sentence, names):
    """What a sentence says, `column` were value instead of …, by column."""
    found = {}
    for name in names:
        _, there, rest = sentence.partition(f"`{name}` were ")
        if there:
            found[name] = rest.split(" instead of ")[0].strip("`")
    return found


class Table:
    def __init__(self, path):
        with open(path, newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.path = path
        self.names = list(self.rows[0])
        self.known = {}

    def values(self, name, nulls):
        """The numbers of a column in order, or its levels."""
        if name not in self.known:
            texts = [row[name] for row in self.rows if row[name] not in nulls]
            numbers = [number(text, nulls) for text in texts]
            is_number = all(math.isfinite(x) for x in numbers)
            self.known[name] = sorted(numbers) if is_number else set(texts)
        return self.known[name]

    def is_within(self, name, to, saved):
        known = self.values(name, {"", *saved["recipe"]["null"]})
        if isinstance(known, set):
            return to in known
        x = float(to)
        is_whole = all(own == int(own) for own in known)
        return known[0] <= x <= known[-1] and (not is_whole or x == int(x))


def asked(binary, table, roles, favorable, model, more):
    rows = [word for at in range(len(table.rows)) for word in ("--row", str(at + 1))]
    command = [binary, "counterfactual", table.path, *roles, "--no-infer", "--no-config", "--favorable", favorable,
               "--recourse", "--model", model, "-f", "json", *more, *rows]
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    section = next(own for own in report["justice"] if own["name"] == "recourse")
    ways = next(own for own in section["tables"] if own["name"] == "rows")["rows"]
    return ways, section["notes"], time.perf_counter() - start


def law(ways, table, saved, model, favorable):
    """Counts, and the cost of each way by row."""
    refused = turned = 0
    wrong, outside, costs = [], [], {}
    names = [feature["name"] for feature in saved["features"]]
    for way in ways:
        at = int(way["row"]) - 1
        row = table.rows[at]
        is_refused = (scored(model, encoded(saved, row)) >= 0.5) != (favorable == "positive")
        refused += is_refused
        if not way["way"].startswith("would have"):
            assert way["way"].startswith("has the favorable") != is_refused, (at + 1, way)
            continue
        assert is_refused, (at + 1, way)
        to = changes(way["way"], names)
        assert to, way
        now = scored(model, encoded(saved, row | to))
        turned += 1
        costs[at] = way["cost"]
        if (now >= 0.5) != (favorable == "positive"):
            wrong.append((at + 1, now, way["way"]))
        outside += [(at + 1, name, value) for name, value in to.items() if not table.is_within(name, value, saved)]
    return refused, turned, wrong, outside, costs


def tried(binary, name, path, folder, program):
    roles, favorable = TABLES[name]
    table = Table(path)
    # Roles that this table has not are left out: `--ignore` names columns that there are.
    at = roles.index("--ignore") + 1
    kept = ",".join(own for own in roles[at].split(",") if own in table.names)
    roles = roles[:at] + [kept] + roles[at + 1:]
    exact = {}
    worst = 0
    for learner in ("logistic", "tree"):
        file = str(folder / f"{name}-{learner}.json")
        fit = [binary, "mitigate", path, *roles, "--no-infer", "--no-config", "--model", learner, "--method", "plain",
               "--model-out", file, "-q"]
        subprocess.run(fit, check=True, stdout=subprocess.DEVNULL)
        saved, model = model_of(file)
        kinds = [("l1", []), ("l1, percentile", ["--cost", "percentile"]),
                 ("max, percentile", ["--cost", "percentile", "--norm", "max"])]
        asks = [(kind, file, more) for kind, more in kinds]
        if learner == "logistic" and program:
            sent = ",".join(feature["name"] for feature in saved["features"])
            command = f"{sys.executable} {Path(__file__).resolve()} --score {file}"
            asks.append(("search", command, ["--model-columns", sent]))
        for kind, asked_of, more in asks:
            ways, notes, seconds = asked(binary, table, roles, favorable, asked_of, more)
            refused, turned, wrong, outside, costs = law(ways, table, saved, model, favorable)
            worst += len(wrong) + len(outside)
            beside = ""
            if learner == "logistic" and kind == "l1":
                exact = costs
            if kind == "search":
                both = [(costs[at], exact[at]) for at in costs if at in exact]
                lower = sum(ours < least - 1e-9 for ours, least in both)
                mean = sum(ours for ours, _ in both) / max(sum(least for _, least in both), 1e-12)
                lost = len(exact) - len(both)
                beside = f"; cost {mean:.3f} of the exact one, lower in {lower}, none where there is one in {lost}"
            notes = [note for note in notes if "cheaper way" in note or "not told" in note or "stand for" in note]
            print(f"| {name} | {len(table.rows):,} | {learner}, {kind} | {refused:,} | {turned:,} | {len(wrong)} | "
                  f"{len(outside)} | {seconds:.1f} s{beside} | {'; '.join(notes)}", flush=True)
            for own in wrong[:3] + outside[:3]:
                print("   ", own, flush=True)
    return worst


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--binary", default=str(here / "target/release/fair-audit"))
    arguments.add_argument("--only", default="")
    arguments.add_argument("--no-program", action="store_true")
    arguments.add_argument("--score")
    own = arguments.parse_args()
    if own.score:
        saved, model = model_of(own.score)
        for row in csv.DictReader(sys.stdin):
            print(scored(model, encoded(saved, row)))
        return 0
    paths = {"german": here / "fixtures/german.csv", "adult": here / "fixtures/adult.csv"}
    TABLES["adult"] = TABLES["adult_test"]
    if own.data:
        paths = {name: own.data / f"{name}.csv" for name in TABLES}
    chosen = {name: path for name, path in paths.items()
              if path.exists() and (not own.only or name in own.only.split(","))}
    with tempfile.TemporaryDirectory() as folder:
        print("| table | rows | model | refused | ways | wrong | outside | |\n|:--|--:|:--|--:|--:|--:|--:|:--|")
        found = [tried(own.binary, name, str(path), Path(folder), not own.no_program) for name, path in chosen.items()]
    return int(sum(found) > 0)


if __name__ == "__main__":
    csv.field_size_limit(1 << 24)
    sys.exit(main())
