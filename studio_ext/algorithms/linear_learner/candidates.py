"""The models trained side by side: the one asked for first, then its neighbours.

A hyperparameter that is ``auto`` contributes several values; one that is given contributes itself
and values close to it (a given 0 stays 0). Combinations are taken nearest first.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MODELS = 32
OUTPUTS = 2048  # scores of a row, of all models together, that are still quick to compute

LEARNING_RATES = {
    "adam": (0.01, 0.1, 0.03, 0.003),
    "rmsprop": (0.01, 0.03, 0.003, 0.001),
    "sgd": (0.1, 0.3, 0.03, 0.01),
}
DECAYS = (0.0, 1e-4, 1e-2)
SPARSITIES = (0.0, 1e-4, 1e-2)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What differs between the models, each of shape (models,)."""

    learning_rate: Any
    wd: Any
    l1: Any
    positive_weight: Any

    @property
    def count(self) -> int:
        return len(self.learning_rate)


def optimizer_of(values: Mapping[str, Any]) -> str:
    return "adam" if values["optimizer"] == "auto" else str(values["optimizer"])


def candidates(values: Mapping[str, Any], outputs: int, balance: float) -> Candidates:
    """The grid.

    Args:
        values: all hyperparameters, typed.
        outputs: scores of one model for a row.
        balance: negative rows for each positive one.
    """
    asked = values["num_models"]
    count = max(1, min(MODELS, OUTPUTS // outputs)) if asked == "auto" else asked
    rates = _near(values["learning_rate"], LEARNING_RATES[optimizer_of(values)], (1, 3, 1 / 3, 0.1))
    decays = _near(values["wd"], DECAYS, (1, 3, 1 / 3))
    sparsities = _near(values["l1"], SPARSITIES, (1, 3, 1 / 3))
    weights = {
        "balanced": (balance,),
        "auto": (1.0, balance, float(np.sqrt(balance))),
    }.get(values["positive_example_weight_mult"], (values["positive_example_weight_mult"],))
    axes = (rates, decays, sparsities, weights)
    places = sorted(itertools.product(*(range(len(axis)) for axis in axes)), key=_distance)
    grid = [tuple(axis[i] for axis, i in zip(axes, place, strict=True)) for place in places]
    chosen = list(itertools.islice(itertools.cycle(grid), count))
    return Candidates(*(np.array(column, np.float32) for column in zip(*chosen, strict=True)))


def _distance(place: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return sum(place), place


def _near(given: Any, auto: tuple[float, ...], factors: tuple[float, ...]) -> tuple[float, ...]:
    if given == "auto":
        return auto
    return tuple(given * factor for factor in factors) if given else (0.0,)
