"""The training loop of Object2Vec."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy, mse_loss

from studio_ext.algorithms import job
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import progress, quality
from studio_ext.algorithms.networks import optimizer_of, repeatable
from studio_ext.algorithms.object2vec.model import Model
from studio_ext.algorithms.object2vec.pairs import PairData
from studio_ext.formats.errors import DataError


class Training:
    """The state of a training: the network and the best weights seen."""

    def __init__(self, values: dict[str, Any], data: PairData) -> None:
        self.values, self.data = values, data
        self.pairs = data.channels["train"]
        self.rng = np.random.default_rng(0)
        with repeatable(1):
            self.current = Model.make(values)
        for number, which in enumerate(("enc0", "enc1")):
            if which in data.pretrained:
                self._pretrained(number, data.pretrained[which])
        self.history: dict[str, dict[str, list[float]]] = {}
        self.best: Any = None
        self.best_epoch, self.best_loss = -1, math.inf
        self.seen = 0

    def run(self) -> None:
        """All epochs, or fewer when the loss stops falling by the tolerance."""
        values = self.values
        optimizers = self._optimizers()
        watched, waited = math.inf, 0
        held_out = self.data.channels.get("validation")
        work = values["mini_batch_size"] * values["enc_dim"] * values["enc0_token_embedding_dim"]
        with repeatable(job.threads(work), seed=1):
            for epoch in range(values["epochs"]):
                found = self._epoch(optimizers)
                self._record("train", found, epoch)
                if held_out is not None:
                    found = self.current.metrics(held_out)
                    self._record("validation", found, epoch)
                progress(epoch + 1, values["epochs"])
                loss = next(iter(found.values()))
                if loss < self.best_loss:
                    self.best = copy.deepcopy(self.current.network.state_dict())
                    self.best_epoch, self.best_loss = epoch, loss
                better = loss < watched - values["early_stopping_tolerance"]
                waited = 0 if better or watched == math.inf else waited + 1
                watched = min(watched, loss)
                if waited >= values["early_stopping_patience"]:
                    log(f"stopped early: no improvement for {waited} epochs")
                    break

    def model(self) -> Model:
        """The model of the epoch with the least loss."""
        self.current.network.load_state_dict(self.best)
        self.current.network.eval()
        return self.current

    def _pretrained(self, number: int, found: Any) -> None:
        """Put in the embeddings that the file has, and keep them there if they are frozen."""
        tokens = self.current.network.encoders[number].tokens
        known = ~np.isnan(found[:, 0])
        with torch.no_grad():
            tokens.weight[:-1][torch.from_numpy(known)] = torch.from_numpy(found[known])
        if self.current.facts[f"enc{number}"]["freeze_pretrained_embedding"]:
            tokens.weight.requires_grad_(False)

    def _optimizers(self) -> list[Any]:
        """One for all weights; with row_sparse and adam another for the tokens' embeddings."""
        values, network = self.values, self.current.network
        # Said explicitly, or torch warns that it does not look for broken sparse tensors.
        torch.sparse.check_sparse_tensor_invariants.disable()
        moved = [p for p in network.parameters() if p.requires_grad]
        tables = {encoder.tokens.weight for encoder in network.encoders}
        rows = [p for p in moved if p in tables]
        settings = (values["learning_rate"], values["weight_decay"])
        apart = (
            rows
            and values["token_embedding_storage_type"] == "row_sparse"
            and values["optimizer"] == "adam"
        )
        if not apart:
            return [optimizer_of(values["optimizer"], moved, *settings)]
        rest = [p for p in moved if p not in tables]
        return [
            optimizer_of("adam", rest, *settings),
            torch.optim.SparseAdam(rows, lr=values["learning_rate"]),
        ]

    def _epoch(self, optimizers: list[Any]) -> dict[str, float]:
        """One pass; the mean metrics on the way."""
        network, softmax = self.current.network, self.current.classifies
        network.train()
        total = right = count = 0.0
        for rows, others, labels in self._batches():
            raw = network.compare(
                self.current.batch(0, self.pairs.first, rows),
                self.current.batch(1, self.pairs.second, others),
            )
            wanted = torch.from_numpy(labels)
            loss = cross_entropy(raw, wanted.long()) if softmax else mse_loss(raw[:, 0], wanted)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            total += loss.item() * len(labels)
            right += float((raw.argmax(1) == wanted).sum()) if softmax else 0.0
            count += len(labels)
        if not math.isfinite(total):
            raise DataError(
                "training diverged: the loss is infinite; expected a smaller learning_rate"
            )
        self.seen += int(count)
        if not softmax:
            return {"mean_squared_error": total / count}
        return {"cross_entropy": total / count, "accuracy": right / count}

    def _batches(self) -> Iterator[tuple[Any, Any, Any]]:
        """Rows of in0 and of in1, and labels, in mini-batches in random order.

        Negative samples pair the in0 of a pair that is not of label 0 with any in1.
        """
        size, rate = self.values["mini_batch_size"], self.values["negative_sampling_rate"]
        rows = np.arange(len(self.pairs))
        others, labels = rows, self.pairs.labels
        if rate:
            positive = np.repeat(np.flatnonzero(labels != 0), rate)
            random = self.rng.integers(len(rows), size=len(positive))
            rows, others = np.concatenate([rows, positive]), np.concatenate([rows, random])
            labels = np.concatenate([labels, np.zeros(len(positive), np.float32)])
        order = self.rng.permutation(len(rows))
        width = self.values["bucket_width"]
        if width:
            lengths = np.maximum(
                self.pairs.first.lengths(self.current.most(0))[rows],
                self.pairs.second.lengths(self.current.most(1))[others],
            )
            buckets = lengths[order] // width
            parts = [order[buckets == one] for one in np.unique(buckets)]
        else:
            parts = [order]
        batches = [part[at : at + size] for part in parts for at in range(0, len(part), size)]
        for number in self.rng.permutation(len(batches)):
            chosen = batches[number]
            yield rows[chosen], others[chosen], labels[chosen]

    def _record(self, channel: str, found: dict[str, float], epoch: int) -> None:
        own = self.history.setdefault(channel, {})
        for name, value in found.items():
            own.setdefault(name, []).append(value)
            kind = "score" if name == "accuracy" else "loss"
            quality(channel, name, value, kind=kind, epoch=epoch)
