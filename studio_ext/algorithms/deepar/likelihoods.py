"""The distribution of a point, from the numbers that the network puts out for it.

Source: Salinas et al., "DeepAR: Probabilistic Forecasting with Autoregressive Recurrent Networks",
section 3. Numbers are shape (..., width); ``scale`` is the window's, of shape (..., ).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.functional import softplus

from studio_ext.algorithms.deepar.series import Series
from studio_ext.formats.errors import DataError

WIDTHS = {
    "student-T": 3,
    "gaussian": 2,
    "negative-binomial": 2,
    "beta": 2,
    "deterministic-L1": 1,
}
TINY = 1e-6


def distribution(name: str, numbers: Any, scale: Any) -> Any:
    """A ``torch.distributions`` object, of all likelihoods but deterministic-L1."""
    made = torch.distributions
    first, second = numbers[..., 0], softplus(numbers[..., 1]) + TINY
    if name == "student-T":
        freedom = 2 + softplus(numbers[..., 2])
        return made.StudentT(freedom, first * scale, second * scale, validate_args=False)
    if name == "gaussian":
        return made.Normal(first * scale, second * scale, validate_args=False)
    if name == "negative-binomial":
        mean, shape = (softplus(first) + TINY) * scale, second / scale.sqrt()
        logits = mean.log() + shape.log()
        return made.NegativeBinomial(1 / shape, logits=logits, validate_args=False)
    return made.Beta(softplus(first) + TINY, second, validate_args=False)


def loss(name: str, numbers: Any, target: Any, scale: Any) -> Any:
    """The negative log likelihood of each point; the absolute error over the scale, of L1."""
    if name == "deterministic-L1":
        return (numbers[..., 0] - target / scale).abs()
    return -distribution(name, numbers, scale).log_prob(target)


def sample(name: str, numbers: Any, scale: Any) -> Any:
    """One value of each point."""
    if name == "deterministic-L1":
        return numbers[..., 0] * scale
    drawn = distribution(name, numbers, scale).sample()
    return drawn.clamp(TINY, 1 - TINY) if name == "beta" else drawn


def neutral(name: str) -> float:
    """A value that has a finite loss, to stand where none was observed."""
    return 0.5 if name == "beta" else 0.0


def check_target(name: str, series: Series, where: str) -> None:
    """Raise DataError for a value that the likelihood gives no probability to."""
    known = series.target[~np.isnan(series.target)]
    if name == "negative-binomial":
        wrong, expected = (known < 0) | (known != np.floor(known)), "whole numbers from 0"
    elif name == "beta":
        wrong, expected = (known <= 0) | (known >= 1), "numbers above 0 and below 1"
    else:
        return
    if wrong.any():
        raise DataError(
            f"{where} has the target {known[wrong][0]:g}; expected {expected} with likelihood "
            f"{name}"
        )
