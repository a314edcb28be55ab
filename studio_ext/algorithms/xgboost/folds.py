"""Cross-validation: ``_kfold`` models on train and validation together, predictions averaged.

The folds are drawn anew ``_num_cv_round`` times; classes are spread evenly over them. The models
are saved as ``xgboost-model-0``, ``-1``, … and what each row was predicted to be while it was held
out is written to ``predictions.csv``, as the container does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.job import log, write_whole
from studio_ext.algorithms.xgboost import training
from studio_ext.algorithms.xgboost.callbacks import RoundLog, line
from studio_ext.algorithms.xgboost.matrix import matrix
from studio_ext.algorithms.xgboost.models import FILE, save
from studio_ext.algorithms.xgboost.rules import is_classifier
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import concatenate


def cross_validate(
    values: Mapping[str, Any], data: Data, model_dir: Path, output_dir: Path, threads: int
) -> training.Fit:
    """Train and save one model for each fold; the history is the mean over the folds.

    Raises:
        DataError: fewer rows than folds, or ranking data, whose lists folds would cut.
    """
    table = concatenate(list(data.tables.values()), list(data.tables))
    count, repeats = values["_kfold"], values.get("_num_cv_round", 1)
    if table.rows < count:
        raise DataError(f"_kfold: '{count}' folds of {table.rows} rows; expected fewer folds")
    if str(values.get("objective")).startswith("rank:"):
        raise DataError("_kfold is not available with ranking: folds would cut the lists")
    start = time.perf_counter()
    whole = matrix(table, values, threads, channel="train")
    strata = table.labels if is_classifier(values) else None
    rng = np.random.default_rng(values.get("seed", 0) & (1 << 32) - 1)
    models, histories, held_out = [], [], []
    for number, (inside, outside) in enumerate(folds(table.rows, count, repeats, strata, rng)):
        log(f"fold {number + 1} of {count * repeats}")
        model, history = _one(values, whole, inside, outside, threads)
        save(model, model_dir / f"{FILE}-{number}")
        models.append(model)
        histories.append(history)
        held_out.append((outside, model.predict(whole.slice(outside))))
    history = _mean(histories)
    fit = training.Fit(tuple(models), history, 0, None, values, time.perf_counter() - start)
    log(line(values["num_round"], fit.final()))
    _write_predictions(output_dir / "predictions.csv", table.labels, held_out)
    return fit


def folds(
    rows: int, count: int, repeats: int, strata: Any, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(inside, outside) row numbers of each fold; each row is outside once in each repetition."""
    for _ in range(repeats):
        order = rng.permutation(rows)
        if strata is not None:
            order = order[np.argsort(strata[order], kind="stable")]
        fold = np.empty(rows, np.int64)
        fold[order] = np.arange(rows) % count
        for number in range(count):
            yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def _one(
    values: Mapping[str, Any], whole: Any, inside: Any, outside: Any, threads: int
) -> tuple[Any, training.History]:
    parts = [(whole.slice(inside), "train"), (whole.slice(outside), "validation")]
    history: training.History = {}
    patience = training.patience_of(values)
    with training.warnings_logged():
        model = xgboost.train(
            training.parameters(values, threads),
            parts[0][0],
            num_boost_round=values["num_round"],
            evals=parts,
            custom_metric=training.custom_metric(values),
            evals_result=history,
            callbacks=[RoundLog(), *([patience] if patience else [])],
            verbose_eval=False,
        )
    return training.best_of(model, patience), history


def _mean(histories: list[training.History]) -> training.History:
    """Metric by metric, over as many rounds as every fold had."""
    return {
        channel: {
            name: np.mean(_even([one[channel][name] for one in histories]), axis=0).tolist()
            for name in metrics
        }
        for channel, metrics in histories[0].items()
    }


def _even(series: list[list[float]]) -> list[list[float]]:
    shortest = min(map(len, series))
    return [one[:shortest] for one in series]


def _write_predictions(path: Path, labels: Any, held_out: list[tuple[Any, Any]]) -> None:
    """A row for each row of the data: its label, then its mean prediction (one or per class)."""
    shape = held_out[0][1].shape[1:]
    total, times = np.zeros((len(labels), *shape)), np.zeros(len(labels))
    for rows, predictions in held_out:
        total[rows] += predictions
        times[rows] += 1
    mean = total.reshape(len(labels), -1) / times[:, None]
    table = np.column_stack([labels, mean])

    def write(part: Path) -> None:
        np.savetxt(part, table, fmt="%.9g", delimiter=",")

    write_whole(path, write)
