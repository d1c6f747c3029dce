"""100,000 rows with flips through a program, against the program's own time on the same rows.

    python3 benches/program.py [--rows 100000] [--binary target/release/fair-audit]

The program is fixtures/model/score_sklearn.py (scikit-learn and pandas must be there) and, with nothing but Python,
score.py. Both run in turn, five times each; the medians' ratio is printed. The bar is 1.3.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

here = Path(__file__).resolve().parent.parent
arguments = argparse.ArgumentParser()
arguments.add_argument("--rows", type=int, default=100_000)
arguments.add_argument("--runs", type=int, default=5)
arguments.add_argument("--binary", default=here / "target/release/fair-audit")
arguments.add_argument("--buffered", action="store_true", help="though PYTHONUNBUFFERED is set")
asked = arguments.parse_args()

with open(here / "fixtures/german.csv", newline="") as file:
    table = list(csv.DictReader(file))
names = ["sex", "age_group", "foreign_worker", "purpose", "housing", "duration_months", "credit_amount"]
rows = [{name: row[name] for name in names} for row in (table[at % len(table)] for at in range(asked.rows))]
# The program's columns and no other: what is asked twice is asked of the program alone as well.
other = {"male": "female", "female": "male"}


def write(path, rows):
    with open(path, "w", newline="") as file:
        lines = csv.DictWriter(file, names)
        lines.writeheader()
        lines.writerows(rows)


# As a program is run by hand: it writes what it has when its buffer is full, not each line by itself.
plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def timed(command, stdin=None):
    start = time.perf_counter()
    with open(stdin) if stdin else open("/dev/null") as file:
        subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                       env=plain if asked.buffered else None)
    return time.perf_counter() - start


with tempfile.TemporaryDirectory() as folder:
    once, twice = Path(folder) / "once.csv", Path(folder) / "twice.csv"
    write(once, rows)
    write(twice, rows + [row | {"sex": other[row["sex"]]} for row in rows])
    for script in ("score_sklearn.py", "score.py"):
        program = [sys.executable, str(here / "fixtures/model" / script)]
        ours = [asked.binary, "counterfactual", once, "--flip", "sex", "--model", " ".join(program), "--no-config",
                "--no-infer"]
        times = [(timed(ours), timed(program, twice)) for _ in range(asked.runs)]
        with_us, alone = (statistics.median(own) for own in zip(*times))
        print(f"{script}: {with_us:.2f} s with fair-audit, {alone:.2f} s alone, ratio {with_us / alone:.2f}")
