"""Steps of adam, sgd and rmsprop for many models at once, with L1, L2 and a falling step size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from studio_ext.algorithms.linear_learner.candidates import Candidates, optimizer_of

BETA_1, BETA_2, DECAY, MOMENTUM = 0.9, 0.999, 0.9, 0.9
TINY = 1e-8
FALLS = 20  # of the step size in a whole training, when left to choose
FACTOR, LEAST = 0.8, 1e-5


def _or(value: Any, auto: float) -> float:
    return auto if value == "auto" else float(value)


class Schedule:
    """The step size in time: falls by a factor every few steps, down to a least one."""

    def __init__(self, values: Mapping[str, Any], steps: int) -> None:
        self.on = values["use_lr_scheduler"]
        self.every = int(_or(values["lr_scheduler_step"], max(1, math.ceil(steps / FALLS))))
        self.factor = _or(values["lr_scheduler_factor"], FACTOR)
        self.least = _or(values["lr_scheduler_minimum_lr"], LEAST)

    def rate(self, start: Any, step: int) -> Any:
        """The step size at ``step``; never above where it started."""
        if not self.on:
            return start
        return np.maximum(
            start * self.factor ** (step // self.every), np.minimum(self.least, start)
        )


class Optimizer:
    """Moves weights (features, models x outputs) and biases (models x outputs).

    Args:
        values: all hyperparameters, typed.
        models: what differs between the models.
        outputs: columns of a model.
        steps: of the whole training, for the schedule.
    """

    def __init__(
        self, values: Mapping[str, Any], models: Candidates, outputs: int, steps: int
    ) -> None:
        self.kind = optimizer_of(values)
        self.beta_1 = _or(values["beta_1"], BETA_1)
        self.beta_2 = _or(values["beta_2"], BETA_2)
        self.momentum = _or(values["momentum"], MOMENTUM)
        self.use_bias = values["use_bias"]
        self.bias_rate = _or(values["bias_lr_mult"], 1.0)
        self.bias_wd = _or(values["bias_wd_mult"], 0.0)
        self.rates = np.repeat(models.learning_rate, outputs)
        self.wd = np.repeat(models.wd, outputs)
        self.l1 = np.repeat(models.l1, outputs)
        self.schedule = Schedule(values, steps)
        self.step = 0
        self.first: list[Any] = [0.0, 0.0]
        self.second: list[Any] = [0.0, 0.0]

    def move(self, weights: Any, bias: Any, by_weights: Any, by_bias: Any) -> None:
        """One step along the gradients, in place."""
        rate = self.schedule.rate(self.rates, self.step)
        self.step += 1
        weights -= rate * self._direction(0, by_weights + self.wd * weights)
        if self.l1.any():
            weights[...] = np.sign(weights) * np.maximum(np.abs(weights) - rate * self.l1, 0)
        if self.use_bias:
            slope = by_bias + self.bias_wd * self.wd * bias
            bias -= self.bias_rate * rate * self._direction(1, slope)

    def _direction(self, which: int, slope: Any) -> Any:
        if self.kind == "sgd":
            self.first[which] = self.momentum * self.first[which] + slope
            return self.first[which]
        if self.kind == "rmsprop":
            self.second[which] = DECAY * self.second[which] + (1 - DECAY) * slope**2
            return slope / (np.sqrt(self.second[which]) + TINY)
        self.first[which] = self.beta_1 * self.first[which] + (1 - self.beta_1) * slope
        self.second[which] = self.beta_2 * self.second[which] + (1 - self.beta_2) * slope**2
        mean = self.first[which] / (1 - self.beta_1**self.step)
        square = self.second[which] / (1 - self.beta_2**self.step)
        return mean / (np.sqrt(square) + TINY)
