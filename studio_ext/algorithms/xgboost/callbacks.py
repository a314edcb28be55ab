"""What happens after each round of boosting: the log, early stopping, checkpoints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import xgboost

from studio_ext.algorithms.job import log
from studio_ext.algorithms.xgboost.models import booster_of, save
from studio_ext.formats.errors import DataError

CHECKPOINT = "xgboost-checkpoint"
KEPT = 5


class RoundLog(xgboost.callback.TrainingCallback):
    """Prints each round as SageMaker's clients parse it, and remembers the model so far.

    XGBoost numbers rounds from 0 in each training; ``first``, here and below, is the number of the
    first round, when training goes on from a model.
    """

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self.model: Any = None

    def before_training(self, model: Any) -> Any:
        self.model = model
        return model

    def has_rounds(self) -> bool:
        return self.model is not None and self.model.num_boosted_rounds() > 0

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        now = self.first + epoch
        log(line(now, {c: {m: s[-1] for m, s in ms.items()} for c, ms in evals_log.items()}))
        return False


def line(number: int, metrics: dict[str, dict[str, float]]) -> str:
    """One round; ``#011`` is a tab as CloudWatch shows it and as the metrics' regexes want it."""
    cells = [
        f"#011{channel}-{name}:{_mean(value):.5f}"
        for channel, values in metrics.items()
        for name, value in values.items()
    ]
    return f"[{number}]{''.join(cells)}"


def _mean(value: Any) -> float:
    return float(value[0] if isinstance(value, tuple) else value)


class Patience(xgboost.callback.TrainingCallback):
    """Stops when a metric of the last channel has not improved for ``rounds`` rounds.

    Args:
        metric: its name; None for the last one.
        maximize: whether higher is better.
    """

    def __init__(self, rounds: int, metric: str | None, maximize: bool, first: int = 0) -> None:
        self.first = first
        self.rounds = rounds
        self.metric = metric
        self.maximize = maximize
        self.best_round: int | None = None
        self.best = 0.0

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        series = self._series(next(reversed(evals_log.values())))
        value = _mean(series[-1])
        better = value > self.best if self.maximize else value < self.best
        if self.best_round is None or better:
            self.best, self.best_round = value, self.first + epoch
        return self.first + epoch - self.best_round >= self.rounds

    def _series(self, metrics: Any) -> Any:
        for name, series in metrics.items():
            # XGBoost prints some with their default threshold, such as ndcg@32.
            if self.metric in (name, name.partition("@")[0]):
                return series
        return next(reversed(metrics.values()))


class Checkpoints(xgboost.callback.TrainingCallback):
    """Keeps the last rounds' models as ``xgboost-checkpoint.<round>``, as the container does."""

    def __init__(self, folder: Path, first: int = 0) -> None:
        self.folder = folder
        self.first = first

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        now = self.first + epoch
        save(model, self.folder / f"{CHECKPOINT}.{now}")
        (self.folder / f"{CHECKPOINT}.{now - KEPT}").unlink(missing_ok=True)
        return False


def latest_checkpoint(folder: Path) -> Any:
    """The booster of the newest checkpoint that can be read, or None."""
    if not folder.is_dir():
        return None
    found = {
        int(match[1]): path
        for path in folder.iterdir()
        if (match := re.fullmatch(rf"{CHECKPOINT}\.(\d+)", path.name))
    }
    for number in sorted(found, reverse=True):
        try:
            return booster_of(found[number].read_bytes(), found[number].name)
        except DataError as error:
            log(f"notice: {error}; an older checkpoint is tried")
    return None
