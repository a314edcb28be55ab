"""The training loop: epochs, the best weights, early stopping, checkpoints and resuming."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from studio_ext.algorithms import job
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.job import log, write_whole
from studio_ext.algorithms.vision.optimizers import Rate, optimizer

KEPT = 2  # checkpoints in the folder
History = dict[str, dict[str, list[float]]]


class Task(Protocol):
    """What is learnt.

    Attributes:
        net: the network.
        score: the metric of ``judge`` that is to rise.
        steps: batches of an epoch.
    """

    net: Any
    score: str
    steps: int

    def batches(self, rng: np.random.Generator) -> Iterator[Any]:
        """The shuffled, augmented batches of one epoch."""

    def loss(self, batch: Any) -> tuple[Any, dict[str, float]]:
        """The loss of a batch, a scalar tensor, and metrics of it, means over the batch."""

    def judge(self) -> dict[str, float]:
        """Metrics on the validation channel."""

    def tell(
        self,
        epoch: int,
        train: Mapping[str, float],
        validation: Mapping[str, float],
        seconds: float,
    ) -> None:
        """Log an epoch as clients parse it."""


class Loop:
    """The state of a training.

    Args:
        values: typed hyperparameters: epochs, optimizer, early stopping.
        name: of checkpoint files.

    Attributes:
        after: called with the number of epochs done after each.
        best_epoch: (from 0) that ``best`` has the weights of; -1 before the first.
        history: channel -> metric -> value after each epoch.
    """

    def __init__(self, task: Task, values: Mapping[str, Any], rate: Rate, name: str) -> None:
        self.task = task
        self.values = values
        self.rate = rate
        self.name = name
        self.optimizer = optimizer(task.net, values)
        self.half = values.get("precision_dtype") == "float16"
        self.history: History = {"train": {}, "validation": {}}
        self.epoch = 0
        self.best: dict[str, Any] = {}
        self.best_epoch = -1
        self.best_score = -1.0
        self.waited = 0
        self.folder = job.checkpoint_directory()
        self.after: Callable[[int], None] = lambda epoch: None

    def run(self) -> None:
        """Train until the epochs are done or the score rises no more; leave the best weights.

        Raises:
            HyperparameterError: the learning rate lets the loss grow out of bounds.
            KeyboardInterrupt: the job was stopped; the network has the best weights so far.
        """
        self._resume()
        try:
            while self.epoch < self.values["epochs"] and not self._stops():
                self._train_epoch()
        finally:
            if self.best:
                self.task.net.load_state_dict(self.best)
            self.task.net.eval()

    def _train_epoch(self) -> None:
        start, net = time.perf_counter(), self.task.net
        # By the epoch alone, so that a resumed training goes on as it would have.
        torch.manual_seed(self.epoch)
        rng = np.random.default_rng(self.epoch)
        sums: dict[str, float] = {}
        net.train()
        for number, batch in enumerate(self.task.batches(rng)):
            metrics = self._step(batch, number)
            for metric, value in metrics.items():
                sums[metric] = sums.get(metric, 0.0) + value / self.task.steps
        net.eval()
        with torch.inference_mode():
            judged = self.task.judge()
        self._note(sums, judged, time.perf_counter() - start)

    def _step(self, batch: Any, number: int) -> dict[str, float]:
        share = (self.epoch + number / self.task.steps) / self.values["epochs"]
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate(self.epoch, share)
        with torch.autocast("cpu", torch.float16, enabled=self.half):
            loss, metrics = self.task.loss(batch)
        if not torch.isfinite(loss):
            raise HyperparameterError(
                f"learning_rate: '{self.values['learning_rate']:g}' lets the loss become "
                f"{loss.item()} in epoch {self.epoch}; expected a smaller one"
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return metrics

    def _note(
        self, train: Mapping[str, float], judged: Mapping[str, float], seconds: float
    ) -> None:
        for channel, metrics in (("train", train), ("validation", judged)):
            for metric, value in metrics.items():
                self.history[channel].setdefault(metric, []).append(value)
        self.task.tell(self.epoch, train, judged, seconds)
        score = judged[self.task.score]
        tolerance = self.values["early_stopping_tolerance"]
        better = score - self.best_score > tolerance * max(self.best_score, 0.0)
        self.waited = 0 if better or self.best_epoch < 0 else self.waited + 1
        if score > self.best_score or self.best_epoch < 0:
            state = self.task.net.state_dict()
            self.best = {key: tensor.detach().clone() for key, tensor in state.items()}
            self.best_epoch, self.best_score = self.epoch, score
        self.epoch += 1
        self.after(self.epoch)
        self._checkpoint()

    def _stops(self) -> bool:
        values = self.values
        return bool(
            values["early_stopping"]
            and self.epoch >= values["early_stopping_min_epochs"]
            and self.waited >= values["early_stopping_patience"]
        )

    # ---- checkpoints ---------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        if self.folder is None:
            return
        state = {
            "net": self.task.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "history": self.history,
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_score": self.best_score,
            "waited": self.waited,
        }
        write_whole(self._file(self.epoch), lambda part: torch.save(state, part))
        self._file(self.epoch - KEPT).unlink(missing_ok=True)

    def _file(self, epoch: int) -> Path:
        return Path(self.folder or "") / f"{self.name}-checkpoint-{epoch:04}.pt"

    def _resume(self) -> None:
        """Go on from the newest checkpoint that can be read and fits."""
        if self.folder is None or not self.folder.is_dir():
            return
        pattern = rf"{re.escape(self.name)}-checkpoint-(\d+)\.pt"
        files = [path for path in self.folder.iterdir() if re.fullmatch(pattern, path.name)]
        for path in sorted(files, reverse=True):
            try:
                state = torch.load(path, map_location="cpu", weights_only=True)
                self.task.net.load_state_dict(state["net"])
                self.optimizer.load_state_dict(state["optimizer"])
            except Exception as error:  # torch's reader raises anything over a torn file
                reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
                log(f"notice: {path.name} cannot be used ({reason}); an older one is tried")
                continue
            self.best, self.history = state["best"], state["history"]
            self.epoch, self.best_epoch = state["epoch"], state["best_epoch"]
            self.best_score, self.waited = state["best_score"], state["waited"]
            log(f"resuming from a checkpoint after {self.epoch} epochs")
            return
