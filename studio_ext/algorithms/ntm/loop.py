"""The training loop of the topic model."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch

from studio_ext.algorithms import job
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import progress, quality
from studio_ext.algorithms.networks import optimizer_of, repeatable
from studio_ext.algorithms.ntm.documents import Documents
from studio_ext.algorithms.ntm.model import Model, dense, named
from studio_ext.formats.errors import DataError


class Training:
    """The state of a training: the network and the best weights seen."""

    def __init__(self, values: dict[str, Any], data: Documents) -> None:
        self.values, self.data = values, data
        self.rng = np.random.default_rng(0)
        with repeatable(1):
            self.current = Model.make(values)
        # A batch of one document has no deviation to normalise by.
        filled = np.flatnonzero(np.diff(data.train.indptr))
        if len(filled) < 2:
            raise DataError(
                f"channel 'train' has {len(filled)} documents with words; expected at least 2"
            )
        self.filled = filled
        self.history: dict[str, dict[str, list[float]]] = {}
        self.best: Any = None
        self.best_epoch, self.best_loss = -1, math.inf
        self.seen = 0

    def run(self) -> None:
        """All epochs, or fewer when the loss stops falling by ``tolerance``."""
        values, network = self.values, self.current.network
        optimizer = optimizer_of(
            values["optimizer"],
            network.parameters(),
            values["learning_rate"],
            values["weight_decay"],
        )
        watched, waited = math.inf, 0
        held_out = self.data.counts.get("validation")
        threads = job.threads(values["mini_batch_size"] * values["feature_dim"])
        with repeatable(threads, seed=1):
            for epoch in range(values["epochs"]):
                found = self._epoch(optimizer)
                self._record("train", found, epoch)
                if held_out is not None:
                    found = self.current.losses(held_out)
                    self._record("validation", found, epoch)
                progress(epoch + 1, values["epochs"])
                loss = found["total_loss"]
                if loss < self.best_loss:
                    self.best = copy.deepcopy(network.state_dict())
                    self.best_epoch, self.best_loss = epoch, loss
                better = loss < watched - values["tolerance"] * abs(watched)
                # Small steps add up: what is waited for is progress since the last that counted.
                if better or watched == math.inf:
                    watched, waited = loss, 0
                else:
                    waited += 1
                if waited >= values["num_patience_epochs"]:
                    log(f"stopped early: no improvement for {waited} epochs")
                    break

    def model(self) -> Model:
        """The model of the epoch with the least loss."""
        self.current.network.load_state_dict(self.best)
        self.current.network.eval()
        return self.current

    def _epoch(self, optimizer: Any) -> dict[str, float]:
        """One pass over a sample; the mean losses on the way."""
        values, network = self.values, self.current.network
        count = max(2, round(values["sub_sample"] * len(self.filled)))
        order = self.rng.permutation(self.filled)[:count]
        sums = np.zeros(2)
        network.train()
        for rows in _batches(order, values["mini_batch_size"]):
            pair = network.losses(dense(self.data.train[rows]))
            optimizer.zero_grad()
            (pair[0] + pair[1]).mean().backward()
            self._shape_slopes()
            optimizer.step()
            sums += [float(one.detach().double().sum()) for one in pair]
        if not np.isfinite(sums).all():
            raise DataError(
                "training diverged: the loss is infinite; expected a smaller learning_rate, or "
                "clip_gradient"
            )
        self.seen += len(order)
        return named(sums / len(order))

    def _shape_slopes(self) -> None:
        """As ``rescale_gradient`` and then ``clip_gradient`` say."""
        parameters = list(self.current.network.parameters())
        if self.values["rescale_gradient"] != 1:
            for parameter in parameters:
                parameter.grad *= self.values["rescale_gradient"]
        if self.values.get("clip_gradient"):
            torch.nn.utils.clip_grad_value_(parameters, self.values["clip_gradient"])

    def _record(self, channel: str, found: dict[str, float], epoch: int) -> None:
        own = self.history.setdefault(channel, {})
        for name, value in found.items():
            own.setdefault(name, []).append(value)
        quality(channel, "total_loss", found["total_loss"], epoch=epoch)


def _batches(order: Any, size: int) -> list[Any]:
    """Pieces of ``size`` and a rest; a rest of one joins the piece before it."""
    size = max(2, size)
    cuts = list(range(size, len(order) - 1, size))
    return np.split(order, cuts)
