"""The training loop: windows from all series at random, an epoch at a time."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from studio_ext.algorithms import job
from studio_ext.algorithms.deepar.layout import Layout
from studio_ext.algorithms.deepar.model import Model
from studio_ext.algorithms.deepar.network import Network
from studio_ext.algorithms.deepar.series import Series
from studio_ext.algorithms.deepar.windows import Batch, Store
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import progress, quality
from studio_ext.algorithms.networks import repeatable
from studio_ext.formats.errors import DataError

SEVERAL = 4  # windows of an epoch for each that fits into the data without overlap
CLIP = 10.0  # largest norm of a step's slopes
PATIENCE, FALL, LEAST = 10, 0.5, 5e-5  # epochs without progress, then the step size falls


class Training:
    """The state of a training: the network, the windows, and the best weights seen."""

    def __init__(self, values: Mapping[str, Any], series: Sequence[Series]) -> None:
        self.values = values
        self.layout = Layout.of(values, series)
        self.rng = np.random.default_rng(0)
        with repeatable(1):
            self.network = Network(self.layout)
        long_enough = [one for one in series if len(one) >= self.layout.horizon]
        self.store = Store(self.layout, long_enough)
        # A forecast may begin anywhere after a whole context, where the series is long enough.
        last = self.store.lengths - self.layout.horizon
        self.first = np.minimum(self.layout.context, last)
        self.choices = np.cumsum(last - self.first + 1)
        self.losses: list[float] = []
        self.best: Any = None
        self.best_epoch = -1
        self.drawn = 0

    def run(self) -> None:
        """All epochs, or fewer when the loss stops falling."""
        size, cells = self.values["mini_batch_size"], self.layout.cells
        patience = self.values.get("early_stopping_patience") or math.inf
        optimizer = torch.optim.Adam(self.network.parameters(), self.values["learning_rate"])
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=FALL,
            patience=PATIENCE,
            min_lr=min(LEAST, self.values["learning_rate"]),
        )
        with repeatable(job.threads(size * 4 * cells * cells), seed=1):
            for epoch in range(self.values["epochs"]):
                loss = self._epoch(optimizer)
                scheduler.step(loss)
                self._keep(epoch, loss)
                quality("train", "loss", loss, epoch=epoch)
                progress(epoch + 1, self.values["epochs"])
                if epoch - self.best_epoch >= patience:
                    log(f"stopped early: no improvement for {epoch - self.best_epoch} epochs")
                    break

    def model(self) -> Model:
        """The model of the epoch with the least loss."""
        self.network.load_state_dict(self.best)
        return Model(self.layout, self.network.eval())

    def _epoch(self, optimizer: Any) -> float:
        size, width = self.values["mini_batch_size"], self.layout.context + self.layout.horizon
        windows = max(size, SEVERAL * int(self.store.lengths.sum()) // width)
        self.network.train()
        total = 0.0
        steps = -(-windows // size)
        for _ in range(steps):
            loss = self.network.loss(self._draw(size))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
            optimizer.step()
            total += loss.item()
            self.drawn += size
        if not math.isfinite(total):
            raise DataError(
                "training diverged: the loss is infinite; expected a smaller learning_rate, or a "
                "likelihood that fits the target"
            )
        return total / steps

    def _draw(self, size: int) -> Batch:
        """Windows at random, every place of every series being as likely."""
        drawn = self.rng.integers(self.choices[-1], size=size)
        rows = np.searchsorted(self.choices, drawn, "right")
        into = drawn - np.concatenate([[0], self.choices])[rows]
        return self.store.batch(rows, self.first[rows] + into)

    def _keep(self, epoch: int, loss: float) -> None:
        if not self.losses or loss < min(self.losses):
            self.best, self.best_epoch = copy.deepcopy(self.network.state_dict()), epoch
        self.losses.append(loss)
