#!/usr/bin/env python3
"""Times fitting and `fair-audit mitigate` against scikit-learn and fairlearn; see README.md here."""
import os
import statistics
import subprocess
import sys
from pathlib import Path

from common import HERE, ROOT, Lines, binary, environment, parser

SOLVERS = ["newton-cholesky", "lbfgs"]
ADULT = 48_842
LEFT_OUT = ["fnlwgt", "pred", "score", "split"]


def tables(python, folder, source, rows, adult):
    """Made with numpy and pandas, which this interpreter need not have; returns columns of both matrices."""
    making = HERE / "mitigate_tables.py"
    command = [python, making, folder, source, str(rows), str(adult), ",".join(LEFT_OUT)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return told.split()


def timed(command):
    """Wall and CPU seconds: as it prints them, of the fit alone; of all the process else."""
    before = os.times()
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    after = os.times()
    if done.returncode != 0:
        sys.exit(f"{command}\nended with {done.returncode}: {done.stderr}")
    told = done.stdout.split()
    if len(told) == 2:
        return [float(t) for t in told]
    cpu = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return [after.elapsed - before.elapsed, cpu]


def paired(runs, ours, others, warm=True):
    """Medians of each command, run in turn, and median ratios (wall, CPU) of each other to ours."""
    commands = [ours, *others]
    if warm:
        for command in commands:
            timed(command)
    rounds = [[timed(command) for command in commands] for _ in range(runs)]
    middle = lambda values: statistics.median(values)
    medians = [[middle(r[i][k] for r in rounds) for k in (0, 1)] for i in range(len(commands))]
    ratios = [[middle(r[i][k] / max(r[0][k], 0.01) for r in rounds) for k in (0, 1)] for i in range(1, len(commands))]
    return medians, ratios


def shown(median):
    return f"{median[0]:.2f} s, {median[1]:.2f} CPU s"


def reached(python, name, data, columns, out):
    """Of a fit: the largest gradient by unit of weight; of a reduction: its error and worst gap."""
    told = subprocess.run([python, HERE / "mitigate_tables.py", "judge", name, data, columns, out], check=True,
                          stdout=subprocess.PIPE, text=True)  # fmt: skip
    return told.stdout.strip()


def fits(lines, python, fit, folder, name, data, columns, runs, bar, by):
    """One fit against each solver; the bar is that of the fastest."""
    out = [folder / f"told_{name}_{who}" for who in ["ours", *SOLVERS]]
    ours = [fit, name, data, columns, out[0]]
    theirs = [[python, HERE / "mitigate_theirs.py", name, solver, data, columns, own]
              for solver, own in zip(SOLVERS, out[1:])]  # fmt: skip
    medians, ratios = paired(runs, ours, theirs)
    fastest = min(range(len(SOLVERS)), key=lambda at: medians[at + 1][by])
    own = reached(python, name, data, columns, out[0])
    for at, solver in enumerate(SOLVERS):
        other = reached(python, name, data, columns, out[at + 1])
        wall, cpu = ratios[at]
        lines.add(f"{name}, {solver}", f"{shown(medians[0])} ({own})", f"{shown(medians[at + 1])} ({other})",
                  f"{wall:.1f} wall, {cpu:.1f} CPU", f"≥ {bar} {('wall', 'CPU')[by]}" if at == fastest else "",
                  ratios[at][by] >= bar)  # fmt: skip


def main():
    options = parser(__doc__, 5, "a twentieth of the rows of the fit, a quarter of the others'")
    options.add_argument("--adult", type=Path, default=ROOT / "fixtures/adult.csv",
                         help="Adult, repeated to 48,842 rows [default: that of fixtures]")  # fmt: skip
    options.add_argument("--python", type=Path, help="one that has requirements.txt instead of an environment")
    options.add_argument("--fit", help="the built benches/fit.rs")
    asked = options.parse_args()
    rows, adult = (50_000, ADULT // 4) if asked.quick else (1_000_000, ADULT)
    runs = asked.runs or (3 if asked.quick else 5)
    asked.dir.mkdir(parents=True, exist_ok=True)
    python = asked.python or environment(asked.dir)[0]
    tool = asked.tool or binary()
    fit = asked.fit or binary("fit", "--bench", "fit")
    wide, encoded, table, columns = tables(python, asked.dir, asked.adult, rows, adult)
    print(f"{os.cpu_count()} processors, medians of {runs} paired runs\n")
    lines = Lines()
    fits(lines, python, fit, asked.dir, "logistic", wide, "30", runs, 3, by=0)
    for name in ("gradient_parity", "gradient_odds"):
        fits(lines, python, fit, asked.dir, name, encoded, columns, runs, 10, by=1)
    # Of the solvers the one that reductions are fastest with: minutes a run.
    solver = SOLVERS[0]
    ours = [tool, "mitigate", table, "-s", "sex,race", "--attribute", "sex", "-y", "income=>50K", "--no-infer",
            "--no-config"]  # fmt: skip
    theirs = [python, HERE / "mitigate_theirs.py", "comparison", solver, table]
    (mine, other), [(wall, cpu)] = paired(max(1, runs // 2), ours, [theirs], warm=False)
    lines.add(f"comparison, {solver}", shown(mine), shown(other), f"{wall:.1f} wall, {cpu:.1f} CPU", "≥ 10 wall", wall >= 10)


if __name__ == "__main__":
    main()
