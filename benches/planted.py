#!/usr/bin/env python3
"""Whether every method of `explain` and `counterfactual` finds the bias that was planted, and none where none was.

    python3 benches/planted.py --tool target/release/fair-audit   # coverage over many worlds; needs numpy alone
    python3 benches/planted.py --write                            # the small worlds of fixtures/, and their truths

An expectation is a command, the row of a table that it is about, the true number, and whether the method must find
something there (its interval leaves 0 out, its p is below 0.05, its section has something «worth a look») or must not.
"""
import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from planted_worlds import (ALL, FIXTURES, LACK, TURNED, WORLDS, broken, consistency, contributions, flip, importance,
                            model, parts, table, text, ways)  # fmt: skip

ROOT = FIXTURES.parent
ROWS = 1_000  # of the fixtures
# The first seed for which no number of a world is further off than chance makes one of 300 (tests/it/planted.rs).
SEEDS = {"fair_many": 2, "direct": 2, "mixed": 3}
PLAIN = ["{table}", "-s", "group", "--no-infer", "--no-config"]
EXPLAIN, COUNTER = ["explain", *PLAIN], ["counterfactual", *PLAIN]
# Worlds whose model is a logistic regression of the columns.
SAVED = ["fair", "fair_many", "direct", "proxy", "mixed"]


def group(name, **more):
    return {"group": {"group": name} if name in ("a", "b") else {}, **more}


class Expected:
    """What is expected of a world, in order."""

    def __init__(self, world):
        self.world, self.entries = world, []

    def put(self, method, command, section, place, column, truth=None, found=None, **more):
        """`place` is a table and the values that name its row."""
        where = {"table": place[0], "where": place[1]}
        own = {"world": self.world, "method": method, "command": command, "section": section, **where, "column": column}
        truth = None if truth is None else round(float(truth), 12) + 0.0
        own.update({name: x for name, x in {"truth": truth, "found": found, **more}.items() if x is not None})
        self.entries.append(own)

    def fact(self, method, command, section, is_said):
        own = {"world": self.world, "method": method, "command": command, "section": section, "said": is_said}
        self.entries.append(own)


def flips(own):
    world = own.world
    program = f"python3 fixtures/model/worlds.py {world}"
    command = [*COUNTER, "--ignore", "approved,decided,repaid", "--flip", "group", "--match", "--model", program]
    for frm, to in ("ab", "ba"):
        alone, along = flip(world, frm, to), flip(world, frm, to, along=True)
        for method, section, place, truth in [
            ("flip", "flip", ("flips", group(frm, to=to)), alone),
            ("moved along", "match", ("beside", group(frm, to=to, way="moved along")), along),
        ]:
            is_some = truth["gained"] + truth["lost"] > 0
            for column in ("before", "after", "gained", "lost"):
                own.put(method, command, section, place, column, truth[column])
            # The worlds without an effect have no change at all.
            own.put(method, command, section, place, "score_change", truth["score_change"], is_some)
            own.put(method, command, section, place, "p", found=is_some)
        # The nearest row has the same features but for chance: what is left is the group itself.
        if world in ("fair", "direct"):
            place = ("beside", group(frm, to=to, way="nearest row"))
            is_some = world != "fair"
            own.put("nearest row", command, "match", place, "score_change", alone["score_change"], is_some)
            own.put("nearest row", command, "match", place, "p", found=is_some)
    if world != "fair":
        own.fact("flip", command, "flip", flip(world, "b", "a")["gained"] > 0)


def gap(own):
    world = own.world
    command = [*EXPLAIN, "-p", "approved=yes", "--ignore", "decided,repaid", "--only", "gap"]
    whole, features = parts(world)
    for part, truth in whole.items():
        # A part of a few points is not found in every table.
        is_some = None if 1e-9 < abs(truth) < 0.08 else abs(truth) > 1e-9
        own.put("gap", command, "gap", ("gap", {"part": part}), "value", truth, is_some)
    for name, truths in features.items():
        for part, truth in truths.items():
            # Parts of a feature are small: whether they are found is a matter of luck, but where there are none.
            own.put("gap by feature", command, "gap", ("gap_features", {"feature": name}), part, truth,
                    None if truth else False)  # fmt: skip
        if world != "coefficients":
            own.put("gap by feature", command, "gap", ("gap_features", {"feature": name}), "unexplained", 0.0, False)
    if world != "fair":
        own.fact("gap", command, "gap", True)
    if world == "direct":
        # The columns are of the same mix in both groups, so of the model's own decisions nothing is explained either,
        # though the group is one of its columns.
        command = [*EXPLAIN, "-y", "repaid=yes", "--ignore", "approved,decided", "--model", "{model}", "--only", "gap"]
        apart = flip(world, "a", "b")["before"] - flip(world, "b", "a")["before"]
        for part, truth in (("gap", apart), ("explained", 0.0), ("unexplained", apart)):
            own.put("gap beside the group", command, "gap", ("gap", {"part": part}), "value", truth, truth > 0)


def saved(own, costs):
    """Of the parts of importance only the largest are found in any table."""
    world = own.world
    is_found = lambda column, name, part: column == "log_loss" and name in ("skill", "points") and part == "overall"
    command = [*EXPLAIN, "-y", "repaid=yes", "--ignore", "approved,decided", "--model", "{model}", "--only",
               "contributions,importance"]  # fmt: skip
    for name, truth in contributions(world).items():
        for g in "ab":
            place = ("contributions", group(g, attribute="group", feature=name))
            own.put("contributions", command, "contributions", place, "contribution", truth[g])
        place = ("contributions_gap", {"feature": name})
        own.put("contributions", command, "contributions", place, "difference", truth["apart"], abs(truth["apart"]) > 1e-9)
    for name, of in costs.items():
        for part, truth in of.items():
            place = ("importance", group(part, attribute="overall" if part == "overall" else "group", feature=name))
            for column in ("log_loss", "accuracy"):
                own.put("importance", command, "importance", place, column, truth[column],
                        (is_found(column, name, part) or None) if truth[column] else False,
                        error=truth[f"{column}_error"])  # fmt: skip
    if world != "fair":
        own.fact("contributions", command, "contributions", True)


def fidelity(own):
    """A logistic surrogate can represent the decision; the ridge and the finite rows keep it off by little."""
    command = [*EXPLAIN, "-p", "decided=yes", "--ignore", "approved,repaid", "--with-sensitive", "--surrogate", "logistic",
               "--only", "fidelity"]  # fmt: skip
    for part in ("overall", "a", "b"):
        place = ("fidelity", group(part, attribute="overall" if part == "overall" else "group", surrogate="logistic"))
        own.put("fidelity", command, "fidelity", place, "agreement", least=0.95)


def proxies(own):
    world = own.world
    command = ["profile", *PLAIN, "-y", "repaid=yes", "--ignore", "approved,decided"]
    apart = parts(world)[1]
    for name in apart:
        is_proxy = {"points": world in ("proxy", "mixed", "coefficients"), "area": world in ("proxy", "mixed")}
        own.put("proxies", command, "proxies", ("columns", {"column": name}), "p_adjusted", found=is_proxy.get(name, False))


def nothing(own):
    """In a fair world no method has anything to say, of two groups or of five."""
    program = f"python3 fixtures/model/worlds.py {own.world}"
    approved = [*EXPLAIN, "-p", "approved=yes"]
    saved_ = ["-y", "repaid=yes", "--ignore", "approved,decided", "--model", "{model}"]
    for method, section, command in [
        ("flip", "flip", [*COUNTER, "--ignore", "approved,decided,repaid", "--match", "--model", program]),
        ("gap", "gap", [*approved, "--ignore", "decided,repaid", "--only", "gap"]),
        ("contributions", "contributions", [*EXPLAIN, *saved_, "--only", "contributions"]),
        ("consistency", "consistency", [*approved, "--ignore", "decided,repaid", "--only", "consistency"]),
        ("recourse", "recourse", [*COUNTER, *saved_, "--recourse"]),
        ("profile", "any", ["profile", *PLAIN, "-y", "repaid=yes", "--ignore", "approved,decided"]),
    ]:
        own.fact(method, command, section, False)
    command = [*COUNTER, *saved_, "--recourse"]
    if own.world == "fair":
        place = ("gaps", {"group": {"group": "a"}, "other": {"group": "b"}})
        own.put("recourse", command, "recourse", place, "cost", 0.0, False)
        own.put("recourse", command, "recourse", place, "feasible", 0.0, False)


def fitted(own):
    """A model that is fitted here with the group among its columns: what chance makes of it turns decisions."""
    command = [*COUNTER, "-y", "repaid=yes", "--ignore", "approved,decided", "--model", "logistic", "--with-sensitive"]
    own.fact("flip of a fitted model", command, "flip", own.world != "fair")


def recourse(own):
    world = own.world
    truth = ways(world)
    is_planted = world == "recourse"
    plain = [*COUNTER, "--ignore", "decided", "--recourse", "--immutable", "held"]
    program = "python3 fixtures/model/worlds.py recourse"
    for method, more in [("recourse", ["--model", "{model}"]), ("recourse by search", ["--model", program])]:
        command = [*plain, *more]
        for g in "ab":
            place = ("recourse", group(g))
            for column in ("cost", "feasible"):
                own.put(method, command, "recourse", place, column, truth[g][column])
        place = ("gaps", {"group": {"group": "a"}, "other": {"group": "b"}})
        for column in ("cost", "feasible"):
            apart = truth["a"][column] - truth["b"][column]
            own.put(method, command, "recourse", place, column, apart, is_planted)
        # Of a program too: a row could be something else in few ways only, and all of them are tried.
        own.fact(method, command, "recourse", is_planted)


def alike(own, rows):
    world = own.world
    command = [*EXPLAIN, "-p", "decided=yes", "--score", "score", "--only", "consistency"]
    agreed, pairs = consistency(world, rows), broken(world)
    for g in "ab":
        place = ("consistency", group(g, attribute="group", of="decisions"))
        own.put("consistency", command, "consistency", place, "consistency", agreed[g])
        for with_ in ("its own", "others"):
            place = ("lipschitz", group(g, attribute="group", **{"with": with_}))
            own.put("pairs", command, "consistency", place, "broken", pairs[g, with_])
    own.fact("consistency", command, "consistency", world == "individual")


def expected(world, rows, costs):
    """Everything that is expected of a world of so many rows; `costs` are what shuffling costs, by world."""
    own = Expected(world)
    if world in LACK:
        recourse(own)
    elif world in TURNED:
        alike(own, rows)
    else:
        if world != "fair_many":
            flips(own)
            gap(own)
            proxies(own)
        if world in costs:
            saved(own, costs[world])
            fidelity(own)
        if world in ("fair", "direct"):
            fitted(own)
        if world.startswith("fair"):
            nothing(own)
    return own.entries


# Seen.


def is_within(wanted, has):
    if isinstance(wanted, dict):
        return isinstance(has, dict) and all(is_within(x, has.get(name)) for name, x in wanted.items())
    return wanted == has


def line(report, entry):
    sections = [*report.get("justice", []), *(report.get("profile", {}).get("sections") or [])]
    tables = [t for s in sections if s["name"] == entry["section"] for t in s["tables"] if t["name"] == entry["table"]]
    rows = [row for t in tables for row in t["rows"] if is_within(entry["where"], row)]
    # An empty group is that of all rows.
    rows = [row for row in rows if "group" not in entry["where"] or row["group"] == entry["where"]["group"]]
    return rows[0] if len(rows) == 1 else None


def seen(report, entry):
    """`covers`, `found` and `off` (how far the number is from the truth), each None where it is not asked for."""
    if "said" in entry:
        facts = report.get("profile", {}).get("facts") or []
        return {"found": any(entry["section"] in (fact["section"], "any") for fact in facts)}
    row = line(report, entry)
    if row is None or row.get(entry["column"]) is None:
        return {"missing": True}
    value = row[entry["column"]]
    if "least" in entry:
        return {"covers": value >= entry["least"]}
    if entry["column"] in ("p", "p_adjusted"):
        return {"found": value < 0.05}
    limits = row.get(f"{entry['column']}_interval")
    if limits is None:
        return {"missing": True}
    own = {"found": not limits["low"] <= 1e-9 or not limits["high"] >= -1e-9}
    if "truth" in entry:
        slack = 1e-9 + 4 * entry.get("error", 0.0)
        own["covers"] = limits["low"] - slack <= entry["truth"] <= limits["high"] + slack
        own["off"] = value - entry["truth"]
        own["half"] = (limits["high"] - limits["low"]) / 2
    return own


def asked(tool, command, folder, world, more=()):
    names = {"{table}": str(folder / f"planted_{world}.csv"), "{model}": str(folder / f"planted_{world}_model.json")}
    words = [tool, *(names.get(word, word) for word in command), *more, "-f", "json", "-q"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def write(folder, world, rows, seed):
    (folder / f"planted_{world}.csv").write_text(text(table(world, rows, seed)))
    if world in LACK or world in SAVED:
        (folder / f"planted_{world}_model.json").write_text(json.dumps(model(world), indent=1) + "\n")


def one(tool, world, entries, rows, seed, only):
    """Everything that is seen of one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, world, rows, seed)
        commands = {json.dumps(e["command"]): e["command"] for e in entries if not only or e["method"] in only}
        reports = {key: asked(tool, command, folder, world, ["-j", "1"]) for key, command in commands.items()}
        return {at: seen(reports[key], e) for at, e in enumerate(entries) if (key := json.dumps(e["command"])) in reports}


def named(entry):
    if "said" in entry:
        return "(worth a look)"
    values = [str(x["group"] if isinstance(x, dict) and x else x or "all") for x in entry["where"].values()]
    return f"{entry['table']} {' '.join(v for v in values if v != 'group')}: {entry['column']}"


def summed(world, entries, found, is_all):
    """A line for each method and kind of number; with `is_all` one for each number."""
    lines = defaultdict(lambda: defaultdict(list))
    for own in found:
        for at, result in own.items():
            entry = entries[at]
            own_line = lines[entry["method"], named(entry) if is_all else entry.get("column", "(worth a look)")]
            for name in ("covers", "off", "half"):
                if result.get(name) is not None:
                    own_line[name].append(result[name])
            own_line["missing"].append(result.get("missing", False))
            wanted = entry.get("said", entry.get("found"))
            if wanted is not None and "found" in result:
                own_line["found" if wanted else "false"].append(result["found"])
    mean = lambda list_: sum(list_) / len(list_) if list_ else None
    shown = lambda x, form: "" if x is None else format(x, form)
    for (method, what), own in lines.items():
        off = mean(own["off"])
        missing = f" ({sum(own['missing'])} missing)" if any(own["missing"]) else ""
        print(f"| {world} | {method} | {what}{missing} | {len(own['missing'])} | {shown(mean(own['covers']), '.1%')} | "
              f"{shown(off, '+.4f')} | {shown(mean(own['half']), '.4f')} | {shown(mean(own['found']), '.1%')} | "
              f"{shown(mean(own['false']), '.1%')} |", flush=True)  # fmt: skip


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="write fixtures/planted*")
    options.add_argument("--tool", help="a built fair-audit")
    options.add_argument("--tables", type=int, default=200, help="tables of each world [default: 200]")
    options.add_argument("--rows", type=int, default=2_000, help="rows of a table [default: 2000]")
    options.add_argument("--world", help="only these, by comma")
    options.add_argument("--method", help="only these, by comma")
    options.add_argument("--all", action="store_true", help="a line for each number")
    own = options.parse_args()
    truths = FIXTURES / "planted.json"
    if own.write:
        costs = {world: importance(world) for world in SAVED if world != "fair_many"}
        runs = {}
        for world in ALL:
            write(FIXTURES, world, ROWS, SEEDS.get(world, 1))
            for entry in expected(world, ROWS, costs):
                of = {name: entry.pop(name) for name in ("world", "command")}
                runs.setdefault(json.dumps(of), []).append(json.dumps(entry))
        lines = [f'{key[:-1]}, "expected": [\n' + ",\n".join(entries) + "]}" for key, entries in runs.items()]
        truths.write_text(f'{{"importance": {json.dumps(costs)},\n"runs": [\n' + ",\n".join(lines) + "]}\n")
    if own.tool:
        tool = str(Path(own.tool).resolve())
        costs = json.loads(truths.read_text())["importance"]
        print("| world | method | number | seen | covers | off | half width | found | falsely |")
        print("|:--|:--|:--|--:|--:|--:|--:|--:|--:|")
        only = own.method and own.method.split(",")
        worlds = {world: expected(world, own.rows, costs) for world in (own.world.split(",") if own.world else ALL)}
        found = defaultdict(list)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            for seed in range(own.tables):
                for world, entries in worlds.items():
                    found[world].append(one(tool, world, entries, own.rows, seed, only))
        except KeyboardInterrupt:
            print("interrupted: this is of the tables that were seen", file=sys.stderr)
        for world, entries in worlds.items():
            summed(world, entries, found[world], own.all)


if __name__ == "__main__":
    main()
