#!/usr/bin/env python3
"""Times `fair-audit profile` against DuckDB's SUMMARIZE on 30 columns; see README.md here."""
import os
import subprocess

from common import Lines, binary, environment, paired, parser, shown

# 30 columns: who, a label and a decision, texts of few and of many values, whole numbers, floats,
# dates, and an id that never repeats. Some are missing now and then, as in life.
COLUMNS = """
    CASE WHEN hash(i) % 100 < 48 THEN 'Female' ELSE 'Male' END AS sex,
    ['White', 'Black', 'Asian', 'Other', 'Native'][(1 + least(4, (hash(i + 1) % 100) // 24))::INTEGER] AS race,
    18 + (hash(i + 2) % 60)::INTEGER AS age,
    (hash(i + 3) % 100 < 30)::INTEGER AS label,
    (hash(i + 4) % 100 < 35)::INTEGER AS pred,
    (hash(i + 5) % 1000000) / 1e6 AS score,
    i AS id,
    'street ' || (hash(i + 6) % 3000000) AS address,
    'town ' || (hash(i + 7) % 20000) AS town,
    'job ' || (hash(i + 8) % 300) AS job,
    'region ' || (hash(i + 9) % 16) AS region,
    CASE WHEN hash(i + 10) % 10 = 0 THEN NULL ELSE 'school ' || (hash(i + 10) % 8) END AS school,
    CASE WHEN hash(i + 11) % 20 = 0 THEN NULL ELSE hash(i + 11) % 2 = 0 END AS married,
    DATE '2001-01-01' + (hash(i + 12) % 7000)::INTEGER AS opened,
    TIMESTAMP '2020-01-01' + to_seconds((hash(i + 13) % 100000000)::BIGINT) AS seen,
    exp((hash(i + 14) % 12000) / 1e3) AS income,
    CASE WHEN hash(i + 15) % 15 = 0 THEN NULL ELSE (hash(i + 15) % 1000003) / 7.0 END AS debt,
    (hash(i + 16) % 100000)::BIGINT AS postcode,
    (hash(i + 17) % 12)::INTEGER AS months,
    sqrt(hash(i + 18) % 1000000007) AS f1, ln(1 + hash(i + 19) % 1000000007) AS f2,
    sin(hash(i + 20) % 1000003) AS f3, cos(hash(i + 21) % 1000003) * 1e6 AS f4,
    (hash(i + 22) % 1000)::INTEGER AS n1, (hash(i + 23) % 5000)::INTEGER AS n2,
    (hash(i + 24) % 2)::INTEGER AS n3, ((hash(i + 25) % 200000) / 100)::DECIMAL(12, 2) AS amount,
    'c' || (hash(i + 26) % 2) AS c1, 'c' || (hash(i + 27) % 40) AS c2, 'c' || (hash(i + 28) % 900) AS c3
"""


def table(duckdb, folder, rows):
    """The table, made once; written under another name first, so that half a table is never used."""
    path = folder / f"profile_{rows}.parquet"
    if not path.exists():
        half = path.with_name("half_" + path.name)
        sql = f"COPY (SELECT {COLUMNS} FROM range({rows}) t(i)) TO '{half}' (FORMAT parquet, CODEC 'zstd')"
        subprocess.run([str(duckdb), ":memory:", sql], check=True)
        half.rename(path)
    return path


def main():
    asked = parser(__doc__, 5, "a twentieth of the rows").parse_args()
    rows = 500_000 if asked.quick else 10_000_000
    runs = asked.runs or (3 if asked.quick else 5)
    asked.dir.mkdir(parents=True, exist_ok=True)
    _, duckdb = environment(asked.dir)
    tool = asked.tool or binary()
    path = table(duckdb, asked.dir, rows)
    ours = [tool, "profile", path, "-s", "sex,race", "-y", "label", "-p", "pred", "--no-infer", "--no-config",
            "-f", "json"]  # fmt: skip
    theirs = [duckdb, ":memory:", f"CREATE TEMP TABLE answer AS SELECT * FROM (SUMMARIZE SELECT * FROM '{path}')"]
    print(f"{rows:,} rows × 30 columns, {os.cpu_count()} processors, medians of {runs} paired runs\n")
    lines = Lines()
    (mine, other), ratio = paired(runs, ours, theirs)
    lines.add("whole profile, Parquet", shown(mine), shown(other), f"{1 / ratio:.2f}", "≤ 4", ratio >= 1 / 4)
    lines.add("memory of the profile", f"{mine[2]:.0f} MB", f"{other[2]:.0f} MB", "", "", True)
    (two, one), ratio = paired(max(2, runs // 2), [*ours, "-j", "2"], [*ours, "-j", "1"])
    lines.add("whole profile: -j 2, -j 1", shown(two), shown(one), f"{ratio:.2f}", "", True)


if __name__ == "__main__":
    main()
