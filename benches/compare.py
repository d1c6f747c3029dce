#!/usr/bin/env python3
"""Times fair-audit against DuckDB's command line and prints one Markdown table; see README.md here."""
import json
import os
import subprocess
import sys
from itertools import combinations

from common import HERE, Lines, binary, environment, paired, parser, shown

GROUPS = ["sex", "race", "age_band", "region", "education"]
METRICS = ["selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value",
           "accuracy", "auc", "expected_calibration_error", "brier_score", "log_loss", "fair_loss",
           "just_loss"]  # fmt: skip
OTHERS = "age_band,region,education,income,id,score,weight"


def table(python, folder, rows, suffix, *options):
    """A table, made once; written under another name first, so that half a table is never used."""
    path = folder / f"{rows}{''.join(options).replace('--', '_')}{suffix}"
    if not path.exists():
        half = path.with_name("half_" + path.name)
        subprocess.run([python, HERE / "make_table.py", str(rows), half, *options], check=True)
        half.rename(path)
    return path


def ours_counts(tool, path, *more):
    return [tool, path, "-s", "sex,race", "-y", "label", "-p", "pred", "--intersect", "2",
            "--no-infer", "--ignore", OTHERS, "-P", "none", "-q", "--exit-zero", *more]  # fmt: skip


def ours_full(tool, path, *more):
    """Its whole table: what is not printed is not computed."""
    metrics = ["--metrics", ",".join(METRICS)] if "-f" not in more else []
    return [tool, path, "-s", ",".join(GROUPS), "-y", "label", "-p", "pred", "--score", "score",
            "--weight", "weight", "--intersect", "2", "--no-infer", "--exit-zero", *metrics, *more]  # fmt: skip


def ours_small(tool, path, *more):
    """As somebody would type it: roles, three sensitive columns and their pairs are found out."""
    return [tool, path, "--exit-zero", *more]


def source(path):
    return f"read_csv('{path}')" if path.suffix == ".csv" else f"'{path}'"


def sql_counts(path):
    columns = "sex, race, label, pred"
    return f"SELECT {columns}, count(*) AS n FROM {source(path)} GROUP BY {columns}"


def sql_full(path):
    """Weighted counts by label, decision and 100 score bins, for five attributes and all ten pairs.

    It asks for less than the audit: no exact AUC, no calibration, no intervals, no verdict.
    """
    sides = "label, pred, bin"
    sets = [f"({sides})"]
    sets += [f"({g}, {sides})" for g in GROUPS]
    sets += [f"({a}, {b}, {sides})" for a, b in combinations(GROUPS, 2)]
    return (
        f"SELECT {', '.join(GROUPS)}, {sides}, count(*) AS n, sum(weight) AS w, sum(weight * weight) AS ww,"
        f" sum(weight * score) AS ws FROM (SELECT *, least(floor(score * 100), 99)::INTEGER AS bin"
        f" FROM {source(path)}) GROUP BY GROUPING SETS ({', '.join(sets)})"
    )


def theirs(duckdb, sql):
    """Their query; the answer stays a table, so that writing its many lines costs them nothing."""
    return [duckdb, ":memory:", f"CREATE TEMP TABLE answer AS {sql}"]


def check_counts(tool, duckdb, path):
    """Both must have counted the same before either is timed."""
    ours = subprocess.run([str(c) for c in ours_counts(tool, path) if c != "-q"] + ["-f", "json"],
                          check=True, stdout=subprocess.PIPE).stdout  # fmt: skip
    ours = {
        tuple(group["group"][name] for name in ("sex", "race")): group["counts"]
        for group in json.loads(ours)["groups"] if group["attribute"] == "sex*race"
    }  # fmt: skip
    sql = f"SELECT sex, race, label::INTEGER y, pred::INTEGER p, n FROM ({sql_counts(path)})"
    rows = json.loads(subprocess.run([str(duckdb), "-json", ":memory:", sql],
                                     check=True, stdout=subprocess.PIPE).stdout)  # fmt: skip
    name = {(1, 1): "tp", (0, 1): "fp", (1, 0): "fn", (0, 0): "tn"}
    wrong = [r for r in rows if ours[r["sex"], r["race"]][name[r["y"], r["p"]]] != r["n"]]
    if wrong or not rows:
        sys.exit(f"{path}: counts differ from DuckDB's: {wrong[:3]}")


def main():
    options = parser(__doc__, 11, "a twentieth of the rows")
    options.add_argument("--linear", action="store_true", help="also 100 million rows")
    asked = options.parse_args()
    rows = 500_000 if asked.quick else 10_000_000
    runs = asked.runs or (3 if asked.quick else 11)
    asked.dir.mkdir(parents=True, exist_ok=True)
    python, duckdb = environment(asked.dir)
    tool = asked.tool or binary()
    make = lambda rows, suffix, *options: table(python, asked.dir, rows, suffix, *options)
    plain = make(rows, ".parquet")
    doubles = make(rows, ".parquet", "--codec", "snappy", "--doubles")
    text = make(rows, ".csv")
    small = make(49_000, ".parquet")
    small_text = make(49_000, ".csv")
    for path in (plain, doubles, text, small, small_text):
        check_counts(tool, duckdb, path)

    version = subprocess.run([str(duckdb), "--version"], stdout=subprocess.PIPE, text=True).stdout.split()[0]
    print(f"{rows:,} rows, {os.cpu_count()} processors, medians of {runs} paired runs; theirs: DuckDB {version}\n")
    lines = Lines()
    for what, path, bar in (("Parquet", plain, 3), ("snappy, double labels", doubles, 2), ("CSV", text, 5)):
        (ours, other), ratio = paired(runs, ours_counts(tool, path), theirs(duckdb, sql_counts(path)))
        lines.add(f"counts, {what}", shown(ours), shown(other), f"{ratio:.1f}", f"≥ {bar}", ratio >= bar)
        lines.add(f"memory of counts, {what}", f"{ours[2]:.0f} MB", f"{other[2]:.0f} MB", "", "≤ 100 MB", ours[2] <= 100)
    full = ours_full(tool, plain)
    (ours, other), ratio = paired(max(3, runs // 2), full, theirs(duckdb, sql_full(plain)))
    lines.add("full audit, Parquet", shown(ours), shown(other), f"{ratio:.1f}", "≥ 2", ratio >= 2)
    each = ours[2] * 1024 * 1024 / rows
    lines.add("memory of the full audit", f"{each:.0f} bytes a row", "", "", "≤ 100", each <= 100 or asked.quick)
    (ours, other), ratio = paired(3, ours_full(tool, plain, "-f", "json"), theirs(duckdb, sql_full(plain)))
    lines.add("every metric, JSON", shown(ours), shown(other), f"{ratio:.1f}", "", True)
    for what, path in (("Parquet", small), ("CSV", small_text)):
        (ours, other), ratio = paired(runs, ours_small(tool, path), theirs(duckdb, sql_counts(path)))
        lines.add(f"49,000 rows, {what}", shown(ours), shown(other), f"{ratio:.1f}", "≤ 0.05 s", ours[0] <= 0.05)
        (ours, other), ratio = paired(runs, ours_full(tool, path), theirs(duckdb, sql_full(path)))
        lines.add(f"49,000 rows, full audit, {what}", shown(ours), shown(other), f"{ratio:.1f}", "", True)
    for what, command in (("counts, CSV", ours_counts(tool, text)), ("full audit", full)):
        (two, one), ratio = paired(max(3, runs // 2), [*command, "-j", "2"], [*command, "-j", "1"])
        lines.add(f"{what}: -j 2, -j 1", shown(two), shown(one), f"{ratio:.2f}", "≥ 1.6", ratio >= 1.6)
    growth(lines, make, tool, rows, asked.linear, max(3, runs // 3))


def growth(lines, make, tool, rows, hundred, runs):
    """Ten times the rows may cost ten times the time, and a little noise."""
    sizes = [rows // 10, rows] + ([10 * rows] if hundred else [])
    paths = [make(size, ".parquet") for size in sizes]
    for what, command in (("counts", ours_counts), ("full audit", ours_full)):
        walls = []
        for size, path in zip(sizes, paths):
            if what == "full audit" and size > 20_000_000:
                continue
            (median,), _ = paired(runs, command(tool, path))
            walls.append((size, median))
        for (less, before), (more, after) in zip(walls, walls[1:]):
            ratio = after[0] / before[0]
            lines.add(f"{what}: {more:,} rows, {less:,} rows", shown(after), shown(before), f"{ratio:.1f}", "≤ 11", ratio <= 11)


if __name__ == "__main__":
    main()
