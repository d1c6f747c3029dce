"""Makes the tables of `mitigate.py`, and judges what came of fitting to them."""
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def write(path, x, y, weights, groups):
    np.column_stack([x, y, weights, groups]).astype("<f8").tofile(path)


def main(folder, source, rows, adult, left_out):
    folder, rows, adult = Path(folder), int(rows), int(adult)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 30))
    x[:, 1:] += 0.5 * x[:, :-1]
    eta = x @ draw.normal(scale=0.3, size=30) - 1
    y = draw.random(rows) < 1 / (1 + np.exp(-eta))
    wide = folder / f"fit_{rows}.f64"
    write(wide, x, y, draw.uniform(0.2, 3, rows), np.zeros(rows))

    own = pd.read_csv(source, na_values=["?"]).drop(columns=left_out.split(","), errors="ignore")
    own = pd.concat([own] * -(-adult // len(own)), ignore_index=True).iloc[:adult]
    table = folder / f"adult_{adult}.csv"
    own.to_csv(table, index=False)
    y, groups = own.pop("income") == ">50K", own.pop("sex") == "Male"
    own = own.drop(columns=["race"])
    numbers = own.select_dtypes("number")
    numbers = (numbers - numbers.mean()) / numbers.std(ddof=0)
    texts = pd.get_dummies(own.select_dtypes(exclude="number"), drop_first=True, dtype=float)
    texts = texts.loc[:, texts.mean() >= 0.005]
    encoded = folder / f"adult_{adult}.f64"
    x = pd.concat([numbers, texts], axis=1)
    write(encoded, x, y, np.ones(adult), groups)
    print(wide, encoded, table, x.shape[1])


def judge(name, data, columns, out):
    columns = int(columns)
    data, told = np.fromfile(data).reshape(-1, columns + 3), np.fromfile(out)
    x, y, weights, groups = data[:, :columns], data[:, columns], data[:, columns + 1], data[:, columns + 2]
    if name == "logistic":
        off = weights * (1 / (1 + np.exp(-(x @ told[:-1] + told[-1]))) - y)
        gradient = np.append(off @ x + told[:-1], off.sum())
        print(f"gradient {np.abs(gradient).max() / weights.sum():.0e}")
        return
    error = np.where(y == 1, 1 - told, told).mean()
    parts = [np.ones(len(y), dtype=bool)] if name == "gradient_parity" else [y == 0, y == 1]
    gaps = [abs(told[part & (groups == g)].mean() - told[part].mean()) for part in parts for g in (0, 1)]
    print(f"error {error:.4f}, gap {max(gaps):.4f}")


if __name__ == "__main__":
    judge(*sys.argv[2:]) if sys.argv[1] == "judge" else main(*sys.argv[1:])
