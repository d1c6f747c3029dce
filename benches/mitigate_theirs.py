"""What `mitigate.py` times of scikit-learn and fairlearn: prints wall and CPU seconds without imports.

    logistic SOLVER DATA COLUMNS OUT      coefficients, as benches/fit.rs
    gradient_parity SOLVER DATA COLUMNS OUT     each row's chance of a positive decision
    comparison SOLVER TABLE.csv           the usual scenarios in five folds
"""
import sys
import time
import warnings

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, EqualizedOdds, ExponentiatedGradient
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# As ours: a bound of 0.01 on rates, prices of at most 100, a duality gap of 0.001.
SLACK, GAP = 0.01, 1e-3


def model(solver, tol=1e-4):
    return LogisticRegression(C=1.0, solver=solver, tol=tol, max_iter=1000)


def gradient(kind, solver):
    constraint = DemographicParity if kind == "gradient_parity" else EqualizedOdds
    return ExponentiatedGradient(model(solver), constraint(difference_bound=SLACK), eps=SLACK, nu=GAP, max_iter=50)


def one(name, solver, data, columns, out):
    columns = int(columns)
    data = np.fromfile(data).reshape(-1, columns + 3)
    x = np.ascontiguousarray(data[:, :columns])
    y, weights, groups = data[:, columns].astype(int), data[:, columns + 1].copy(), data[:, columns + 2].astype(int)
    wall, cpu = time.perf_counter(), time.process_time()
    if name == "logistic":
        fitted = model(solver, tol=1e-8).fit(x, y, weights)
    else:
        fitted = gradient(name, solver).fit(x, y, sensitive_features=groups)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = np.append(fitted.coef_, fitted.intercept_) if name == "logistic" else fitted._pmf_predict(x)[:, 1]
    told.astype("<f8").tofile(out)
    print(wall, cpu)


def cells(y, groups, sums):
    """Weights that depend on label and group."""
    table = pd.crosstab(groups, y)
    factor = sums(table)
    return np.array([factor.at[g, v] for g, v in zip(groups, y)])


def reweighing(table):
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.values.sum()
    return expected / table


def equal(table):
    return table.values.sum() / table.size / table


def scenarios(solver, x, y, groups, held, held_groups):
    """Scores and decisions of the held-out rows for each of the eight."""
    plain = model(solver).fit(x, y)
    for weighing in (None, reweighing, equal):
        own = plain if weighing is None else model(solver).fit(x, y, cells(y, groups, weighing))
        scores = own.predict_proba(held)[:, 1]
        yield scores, (scores >= 0.5).astype(int)
    for constraint in ("demographic_parity", "true_positive_rate_parity", "equalized_odds"):
        own = ThresholdOptimizer(estimator=plain, constraints=constraint, prefit=True, predict_method="predict_proba",
                                 objective="accuracy_score")  # fmt: skip
        own.fit(x, y, sensitive_features=groups)
        scores = own._pmf_predict(held, sensitive_features=held_groups)[:, 1]
        yield scores, own.predict(held, sensitive_features=held_groups, random_state=0)
    for kind in ("gradient_parity", "gradient_odds"):
        own = gradient(kind, solver)
        own.fit(x, y, sensitive_features=groups)
        yield own._pmf_predict(held)[:, 1], own.predict(held, random_state=0)


def comparison(solver, path):
    wall, cpu = time.perf_counter(), time.process_time()
    table = pd.read_csv(path, na_values=["?"])
    y = (table.pop("income") == ">50K").astype(int).to_numpy()
    groups = table.pop("sex").to_numpy()
    table = table.drop(columns=["race"])
    scores = np.zeros((8, len(y)))
    decisions = np.zeros((8, len(y)), dtype=int)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    strata = pd.Series(groups) + y.astype(str)
    for train, held in folds.split(table, strata):
        texts = OneHotEncoder(min_frequency=0.005, handle_unknown="infrequent_if_exist", sparse_output=False)
        encode = make_column_transformer((StandardScaler(), make_column_selector(dtype_include="number")),
                                         (texts, make_column_selector(dtype_exclude="number")))  # fmt: skip
        x = encode.fit_transform(table.iloc[train])
        own = scenarios(solver, x, y[train], groups[train], encode.transform(table.iloc[held]), groups[held])
        for at, (score, decision) in enumerate(own):
            scores[at, held] = score
            decisions[at, held] = decision
    rates = {"accuracy": accuracy_score, "selected": selection_rate, "tpr": true_positive_rate,
             "fpr": false_positive_rate}  # fmt: skip
    for score, decision in zip(scores, decisions):
        frame = MetricFrame(metrics=rates, y_true=y, y_pred=decision, sensitive_features=groups)
        measures = [frame.overall["accuracy"], balanced_accuracy_score(y, decision), roc_auc_score(y, score),
                    log_loss(y, np.clip(score, 1e-15, 1 - 1e-15)), *frame.difference()]  # fmt: skip
        print(*(f"{value:.4f}" for value in measures), file=sys.stderr)
    print(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "comparison":
        comparison(*sys.argv[2:])
    else:
        one(*sys.argv[1:])
