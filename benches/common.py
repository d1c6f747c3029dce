"""What the benches share: an environment, the binary, paired runs, the table that they print."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def parser(about, runs, smaller):
    """The options that every bench has."""
    own = argparse.ArgumentParser(description=about)
    own.add_argument("--quick", action="store_true", help=f"{smaller}, three runs")
    own.add_argument("--dir", type=Path, default=ROOT / "target/bench", help="where tables are kept")
    own.add_argument("--runs", type=int, help=f"paired runs [default: {runs}, with --quick 3]")
    own.add_argument("--tool", help="a fair-audit to time instead of building one")
    return own


def environment(folder):
    """A virtual environment with what requirements.txt pins, made once."""
    python = folder / "venv/bin/python"
    stamp = folder / "venv/stamp"
    wanted = (HERE / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return python, folder / "venv/bin/duckdb"


def binary(name="fair-audit", *target):
    """The release binary, or another target, built now."""
    build = ["cargo", "build", "--release", "--locked", "--message-format=json", *target]
    out = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [json.loads(line).get("executable") for line in out.splitlines() if '"executable"' in line]
    return next(path for path in built if path and Path(path).stem.split("-")[:name.count("-") + 1] == name.split("-"))


def run(command):
    """Wall seconds, CPU seconds and peak megabytes of one run, by the kernel's own account."""
    with open(os.devnull, "wb") as nowhere, tempfile.TemporaryFile() as complaints:
        start = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdout=nowhere, stderr=complaints)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            complaints.seek(0)
            sys.exit(f"{command}\nended with {child.returncode}: {complaints.read().decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def paired(runs, *commands):
    """Medians for each command, run in turn, and the median ratio of the last's wall to the first's."""
    for command in commands:
        run(command)
    rounds = [[run(command) for command in commands] for _ in range(runs)]
    medians = [[statistics.median(r[i][k] for r in rounds) for k in range(3)] for i in range(len(commands))]
    return medians, statistics.median(r[-1][0] / r[0][0] for r in rounds)


class Lines:
    """The rows of the table, printed as they come."""

    def __init__(self):
        print("| what | ours | theirs | ratio | bar | met |")
        print("|:--|--:|--:|--:|--:|:--|")

    def add(self, what, ours, other, ratio, bar, met):
        verdict = ("yes" if met else "NO") if bar else ""
        print(f"| {what} | {ours} | {other} | {ratio} | {bar} | {verdict} |", flush=True)


def shown(median):
    wall, cpu, memory = median
    return f"{wall:.3f} s, {cpu:.2f} CPU s, {memory:.0f} MB"
