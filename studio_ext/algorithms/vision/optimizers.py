"""Optimizers and learning rates by their hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

Rate = Callable[[int, float], float]
"""The learning rate in an epoch (from 0), when a share (0 to 1) of all steps is done."""


def optimizer(net: Any, values: Mapping[str, Any]) -> Any:
    """The optimizer of a network's trainable weights.

    Weight decay is for sgd, nag and, where the algorithm says so (``decays``), others; never of
    biases and normalisations, as in MXNet's networks.
    """
    name, rate = values["optimizer"], values["learning_rate"]
    decayed = name in values.get("decays", ("sgd", "nag"))
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {
            "params": [p for p in trained if p.ndim > 1],
            "weight_decay": values["weight_decay"] if decayed else 0.0,
        },
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if name in ("sgd", "nag"):
        momentum = values["momentum"]
        nesterov = name == "nag" and momentum > 0
        return torch.optim.SGD(groups, rate, momentum=momentum, nesterov=nesterov)
    if name == "adam":
        betas = values.get("beta_1", 0.9), values.get("beta_2", 0.999)
        return torch.optim.Adam(groups, rate, betas=betas, eps=values.get("eps", 1e-8))
    if name == "rmsprop":
        return torch.optim.RMSprop(
            groups,
            rate,
            alpha=values.get("gamma1", values.get("gamma", 0.9)),
            momentum=values.get("gamma2", 0.0),
            eps=values.get("eps", 1e-8) or 1e-8,
        )
    if name == "adagrad":
        return torch.optim.Adagrad(groups, rate)
    return torch.optim.Adadelta(groups, rate)


def steps(values: Mapping[str, Any]) -> Rate:
    """Falls by ``lr_scheduler_factor`` after each epoch of ``lr_scheduler_step``."""
    falls, factor = values.get("lr_scheduler_step") or (), values["lr_scheduler_factor"]

    def rate(epoch: int, share: float) -> float:
        return float(values["learning_rate"] * factor ** sum(epoch >= fall for fall in falls))

    return rate


def poly(values: Mapping[str, Any]) -> Rate:
    """Falls to 0 by (1 - share) ** 0.9, as in DeepLab (arXiv 1706.05587, section 4.1)."""
    return lambda epoch, share: float(values["learning_rate"] * (1 - share) ** 0.9)


def cosine(values: Mapping[str, Any]) -> Rate:
    """Falls to 0 along half a cosine (arXiv 1608.03983 without restarts)."""
    return lambda epoch, share: float(values["learning_rate"] * (1 + math.cos(math.pi * share)) / 2)
