#!/usr/bin/env python3
"""Makes one large table of decisions, in pieces of a million rows (constant memory); seeded.

    make_table.py ROWS OUT.parquet [--codec zstd|snappy] [--doubles]
    make_table.py ROWS OUT.csv

Columns: id, sex (2), race (6), age_band (5), region (50), education (16), income, score, label, pred,
weight. One row in a hundred lacks a group, in each group column alone. The decision follows the score
(score >= 0.5), the label follows what the score sees, with group differences in both.
`--doubles` writes label and pred as floating-point numbers, as data frames that once had gaps do.
"""
import argparse

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

PIECE = 1_000_000
SEXES = ["Female", "Male"]
RACES = ["White", "Hispanic", "Black", "Asian", "Mixed", "Native"]
BANDS = ["18-29", "30-39", "40-49", "50-64", "65+"]
REGIONS = [f"Region {i:02d}" for i in range(50)]
SCHOOLS = [f"Grade {i:02d}" for i in range(16)]
RACE_SHARES = np.array([0.58, 0.19, 0.13, 0.06, 0.03, 0.01])
RACE_LEAN = np.array([0.2, -0.2, -0.4, 0.2, 0.0, -0.3])
GROUPS = ["sex", "race", "age_band", "region", "education"]


def piece(rows, first, rng, doubles, plain):
    zipf = 1 / np.arange(1, len(REGIONS) + 1)
    codes = {
        "sex": rng.choice(2, rows, p=[0.49, 0.51]),
        "race": rng.choice(6, rows, p=RACE_SHARES),
        "age_band": rng.choice(5, rows, p=[0.24, 0.22, 0.2, 0.24, 0.1]),
        "region": rng.choice(len(REGIONS), rows, p=zipf / zipf.sum()),
        "education": rng.binomial(15, 0.6, rows),
    }
    names = dict(zip(GROUPS, (SEXES, RACES, BANDS, REGIONS, SCHOOLS)))
    z = 0.25 * (codes["education"] - 9) + RACE_LEAN[codes["race"]] + 0.2 * codes["sex"]
    z = z + rng.normal(0, 1, rows)
    label = rng.random(rows) < 1 / (1 + np.exp(-z))
    score = np.round(1 / (1 + np.exp(-(z + 0.3 * RACE_LEAN[codes["race"]] + rng.normal(0, 0.7, rows)))), 6)
    number = np.float64 if doubles else np.int8
    columns = {"id": np.arange(first, first + rows)}
    for name in GROUPS:
        groups = pa.array(codes[name].astype(np.int8), mask=rng.random(rows) < 0.01)
        groups = pa.DictionaryArray.from_arrays(groups, names[name])
        columns[name] = groups.cast(pa.string()) if plain else groups
    columns |= {
        "income": np.round(np.exp(10 + 0.1 * codes["education"] + rng.normal(0, 0.5, rows)), 2),
        "score": score,
        "label": label.astype(number),
        "pred": (score >= 0.5).astype(number),
        "weight": np.round(rng.lognormal(0, 0.5, rows), 4),
    }
    return pa.table(columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int)
    parser.add_argument("out")
    parser.add_argument("--codec", default="zstd", choices=["zstd", "snappy"])
    parser.add_argument("--doubles", action="store_true")
    asked = parser.parse_args()
    text = asked.out.endswith(".csv")
    writer = None
    for first in range(0, asked.rows, PIECE):
        rng = np.random.default_rng([1, first // PIECE])
        table = piece(min(PIECE, asked.rows - first), first, rng, asked.doubles, text)
        if writer is None and text:
            options = pc.WriteOptions(quoting_style="none")
            writer = pc.CSVWriter(asked.out, table.schema, write_options=options)
        elif writer is None:
            writer = pq.ParquetWriter(asked.out, table.schema, compression=asked.codec)
        writer.write_table(table) if text else writer.write_table(table, row_group_size=PIECE)
    writer.close()


if __name__ == "__main__":
    main()
