"""Train XGBoost: from hyperparameters and channels to ``xgboost-model``.

The log has a line for each round, as CloudWatch shows SageMaker's:
``[0]#011train-rmse:1.25000#011validation-rmse:1.50000``.
"""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xgboost

from studio_ext.algorithms import job
from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.job import log
from studio_ext.algorithms.xgboost.callbacks import (
    Checkpoints,
    Patience,
    RoundLog,
    latest_checkpoint,
)
from studio_ext.algorithms.xgboost.contract import XGBOOST
from studio_ext.algorithms.xgboost.matrix import matrices
from studio_ext.algorithms.xgboost.metrics import evaluator
from studio_ext.algorithms.xgboost.models import FILE, given_model, save
from studio_ext.algorithms.xgboost.rules import metric_names
from studio_ext.algorithms.xgboost.vocabulary import CUSTOM, MAXIMIZED
from studio_ext.formats.errors import DataError

Channels = Mapping[str, Mapping[str, Any]]
History = dict[str, dict[str, list[float]]]

# What XGBoost is not given: ours, or dropped by it without a change of results.
OURS = {
    "num_round", "eval_metric", "early_stopping_rounds", "csv_weights", "save_model_on_termination",
    "_kfold", "_num_cv_round", "_tuning_objective_metric", "dsplit", "predictor", "sketch_eps",
    "deterministic_histogram", "single_precision_histogram", "use_dask_gpu_training",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        models: the boosters; several after cross-validation, whose predictions are averaged.
        history: channel -> metric -> value after each round (mean of the folds).
        first_round: the number of the history's first round: not 0 when training was resumed.
        best_round: the number of the round that early stopping kept, else None.
        values: the hyperparameters, typed.
        seconds: spent training, without reading.
    """

    models: tuple[Any, ...]
    history: History
    first_round: int
    best_round: int | None
    values: Mapping[str, Any]
    seconds: float

    def final(self) -> dict[str, dict[str, float]]:
        """channel -> metric -> value of the model that was kept."""
        at = -1 if self.best_round is None else self.best_round - self.first_round
        return {
            channel: {name: series[at] for name, series in metrics.items()}
            for channel, metrics in self.history.items()
        }


def read_data(hyperparameters: Mapping[str, str], channels: Channels) -> Data:
    """Check the hyperparameters, then read the channels.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = XGBOOST.check(hyperparameters)
    return read_tables(XGBOOST, channels, weights=bool(values.get("csv_weights")))


def train(
    hyperparameters: Mapping[str, str],
    data: Data,
    model_dir: str | Path,
    output_dir: str | Path,
    channels: Channels,
) -> Fit:
    """Train and save.

    Args:
        hyperparameters: as the request has them.
        data: from ``read_data``.
        model_dir: gets ``xgboost-model``.
        output_dir: gets ``predictions.csv`` of a cross-validation.
        channels: the job's channels; ``model`` holds a model to go on from.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the model so far is saved (the best so far with
            early stopping), unless ``save_model_on_termination`` is false.
    """
    values = XGBOOST.check(hyperparameters)
    threads = values.get("nthread") or job.threads(data.train.rows * data.train.columns)
    for notice in notices(values, data):
        log(f"notice: {notice}")
    if "_kfold" in values:
        from studio_ext.algorithms.xgboost.folds import cross_validate

        return cross_validate(values, data, Path(model_dir), Path(output_dir), threads)
    made = matrices(data, values, threads)
    start = time.perf_counter()
    return _boost(values, made, Path(model_dir), threads, channels, start)


def _boost(
    values: Mapping[str, Any],
    made: dict[str, Any],
    model_dir: Path,
    threads: int,
    channels: Channels,
    start: float,
) -> Fit:
    folder = job.checkpoint_directory()
    earlier, left = None, values["num_round"]
    if "model" in channels:
        earlier = given_model(channels["model"]["path"])
    resumed = latest_checkpoint(folder) if folder else None
    if resumed is not None:
        earlier = resumed
        left = max(0, left - earlier.num_boosted_rounds())
        log(f"resuming from a checkpoint of {earlier.num_boosted_rounds()} rounds")
    update = values.get("process_type") == "update"
    if update and earlier is None:
        raise DataError(
            "process_type: 'update' needs a model to update; expected a channel named 'model' with "
            f"{FILE} or a model.tar.gz"
        )
    first = 0 if earlier is None or update else earlier.num_boosted_rounds()
    rounds, patience = RoundLog(first), patience_of(values, first)
    callbacks: list[Any] = [rounds] + ([patience] if patience else [])
    if folder:
        callbacks.append(Checkpoints(folder, first))
    history: History = {}
    try:
        with warnings_logged():
            booster = xgboost.train(
                parameters(values, threads),
                made["train"],
                num_boost_round=left,
                evals=[(matrix, name) for name, matrix in made.items()],
                custom_metric=custom_metric(values),
                evals_result=history,
                callbacks=callbacks,
                xgb_model=earlier,
                verbose_eval=False,
            )
    except KeyboardInterrupt:
        if values.get("save_model_on_termination", True) and rounds.has_rounds():
            save(best_of(rounds.model, patience), model_dir / FILE)
            log(f"stopped: the model so far is saved as {FILE}")
        raise
    except xgboost.core.XGBoostError as error:
        raise DataError(f"XGBoost refused: {reason(error)}") from error
    booster = best_of(booster, patience)
    save(booster, model_dir / FILE)
    return Fit(
        models=(booster,),
        history=history,
        first_round=first,
        best_round=patience.best_round if patience else None,
        values=values,
        seconds=time.perf_counter() - start,
    )


def parameters(values: Mapping[str, Any], threads: int) -> dict[str, Any]:
    """The parameters of ``xgboost.train`` for typed hyperparameters."""
    given = {name: value for name, value in values.items() if name not in OURS}
    if given.get("objective") == "reg:linear":
        given["objective"] = "reg:squarederror"
    if "updater" in given:
        given["updater"] = ",".join(given["updater"])
    if "monotone_constraints" in given:
        given["monotone_constraints"] = str(tuple(given["monotone_constraints"]))
    if "interaction_constraints" in given:
        given["interaction_constraints"] = str(given["interaction_constraints"])
    if uses_sketch_eps(values):
        given["max_bin"] = math.ceil(1 / values["sketch_eps"])
    names = metric_names(values)
    native = [name for name in names if name not in CUSTOM]
    if native:
        given["eval_metric"] = native
    elif names:
        given["disable_default_eval_metric"] = True
    return given | {"nthread": threads}


def custom_metric(values: Mapping[str, Any]) -> Any:
    """The function that computes the metrics which XGBoost does not have, or None."""
    names = [name for name in metric_names(values) if name in CUSTOM]
    return evaluator(names, values.get("objective", ""), values.get("num_class", 2))


def patience_of(values: Mapping[str, Any], first: int = 0) -> Patience | None:
    """Early stopping on the last metric that was asked for, as the container does."""
    rounds = values.get("early_stopping_rounds")
    if rounds is None:
        return None
    asked = values.get("eval_metric") or metric_names(values)
    metric = asked[-1] if asked else None
    return Patience(rounds, metric, str(metric).partition("@")[0] in MAXIMIZED, first)


def best_of(booster: Any, patience: Patience | None) -> Any:
    """The booster up to its best round; whole without early stopping, and when it is linear."""
    if patience is None or patience.best_round is None:
        return booster
    if '"gblinear"' in booster.save_config():
        return booster
    return booster[: patience.best_round + 1]


def uses_sketch_eps(values: Mapping[str, Any]) -> bool:
    return (
        "sketch_eps" in values and values.get("tree_method") == "approx" and "max_bin" not in values
    )


def notices(values: Mapping[str, Any], data: Data) -> list[str]:
    """What was asked for and changes nothing, or was understood in a way worth knowing."""
    found = []
    if "sketch_eps" in values and not uses_sketch_eps(values):
        found.append("sketch_eps has an effect with tree_method=approx and without max_bin only")
    if values.get("deterministic_histogram") is False:
        found.append("deterministic_histogram has an effect on GPUs only")
    if values.get("csv_weights") and data.train.weights is None:
        found.append("csv_weights has an effect on text/csv only")
    if "early_stopping_rounds" in values and data.validation is None:
        found.append("no validation channel: early stopping watches the training data")
    if str(values.get("objective")).startswith("rank:") and data.train.groups is None:
        found.append("the data has no query ids (qid): all rows are ranked as one list")
        if data.train.weights is not None:
            found.append("weights have an effect on lists, not on the rows of one list")
    return found


@contextmanager
def warnings_logged() -> Iterator[None]:
    """XGBoost's warnings as lines of the log."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for text in dict.fromkeys(str(one.message) for one in caught):
                log(f"notice: XGBoost: {_plain(text)}")


def reason(error: Exception) -> str:
    """XGBoost's message without its source position and stack."""
    return _plain(str(error).partition("Stack trace")[0])


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\[[\d:]+\] (WARNING: )?(\S+:\d+: )?", "", text).split())
