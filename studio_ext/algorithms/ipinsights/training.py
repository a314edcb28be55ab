"""Train IP Insights: tell the pairs that occur from random and shuffled ones.

The log has, after each epoch, ``validation discriminator_auc``: the chance that a pair of the
validation channel scores higher than the same entity with a random address.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.extras import need
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.ipinsights.contract import IPINSIGHTS
from studio_ext.algorithms.ipinsights.model import IpModel
from studio_ext.algorithms.ipinsights.pairs import Pairs, PairsSummary, read_pairs
from studio_ext.algorithms.job import log, threads
from studio_ext.algorithms.linear_learner.metrics import roc_auc
from studio_ext.algorithms.metric_lines import progress, quality, throughput
from studio_ext.formats.errors import DataError


@dataclass(frozen=True, slots=True)
class PairsData:
    """Attributes: pairs by channel."""

    channels: Mapping[str, Pairs]

    def summary(self) -> PairsSummary:
        return PairsSummary(self.channels)


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: after the last epoch.
        history: channel -> metric -> value after each epoch.
        metrics: channel -> metric -> value, of the model.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: IpModel
    history: dict[str, dict[str, list[float]]]
    metrics: dict[str, dict[str, float]]
    values: Mapping[str, Any]
    seconds: float


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> PairsData:
    """Check the hyperparameters, then read the channels.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    need("torch", "deep")
    all_values(hyperparameters)
    known = [channel.name for channel in IPINSIGHTS.channels]
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' is not known to ipinsights; expected {', '.join(known)}"
            )
    if "train" not in channels:
        raise DataError("channel 'train' is missing; ipinsights needs it")
    found = {name: read_pairs(name, channels[name]) for name in known if name in channels}
    for name, pairs in found.items():
        log(f"channel '{name}': {pairs.count:,} pairs")
    return PairsData(found)


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(IPINSIGHTS.hyperparameters) | IPINSIGHTS.check(hyperparameters)


def train(hyperparameters: Mapping[str, str], data: PairsData, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the model so far is saved.
    """
    need("torch", "deep")
    import torch

    from studio_ext.algorithms.ipinsights.network import Network

    start = time.perf_counter()
    values = all_values(hyperparameters)
    pairs, held_out = data.channels["train"], data.channels.get("validation")
    torch.set_num_threads(threads(values["mini_batch_size"] * values["vector_dim"] * 4))
    network = Network(values)
    history: dict[str, dict[str, list[float]]] = {"train": {"loss": []}}
    if held_out is not None:
        history["validation"] = {"discriminator_auc": []}
    try:
        for epoch in range(values["epochs"]):
            loss = _epoch(network, pairs, values, epoch)
            if not np.isfinite(loss):
                raise DataError(
                    f"the training diverged in epoch {epoch}: the loss is {loss}; expected a "
                    f"smaller learning_rate"
                )
            history["train"]["loss"].append(loss)
            quality("train", "loss", loss, "loss", epoch=epoch)
            if held_out is not None:
                auc = discriminate(network.model(), held_out)[0]
                history["validation"]["discriminator_auc"].append(auc)
                quality("validation", "discriminator_auc", auc, "score", epoch=epoch)
            progress(epoch + 1, values["epochs"])
    except KeyboardInterrupt:
        if history["train"]["loss"]:
            network.model().save(Path(model_dir))
            log("stopped: the model so far is saved as model_algo-1")
        raise
    model = network.model()
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    throughput(pairs.count * values["epochs"], seconds)
    metrics = {
        channel: {name: series[-1] for name, series in own.items()}
        for channel, own in history.items()
    }
    return Fit(model, history, metrics, values, seconds)


def _epoch(network: Any, pairs: Pairs, values: Mapping[str, Any], epoch: int) -> float:
    """One pass; the mean loss on the way."""
    rows, size = pairs.rows(values["num_entity_vectors"]), values["mini_batch_size"]
    order = network.rng.permutation(pairs.count)
    total, every, since = 0.0, values["batch_metrics_publish_interval"], time.perf_counter()
    for batch, begin in enumerate(range(0, pairs.count, size), 1):
        some = order[begin : begin + size]
        total += network.step(rows[some], pairs.addresses[some]) * len(some)
        if batch % every == 0:
            now = time.perf_counter()
            speed, since = every * size / max(now - since, 1e-9), now
            mean = total / (begin + len(some))
            log(f"Epoch[{epoch}] Batch [{batch}] Speed: {speed:.2f} samples/sec loss={mean:.6g}")
    return total / pairs.count


def discriminate(model: IpModel, pairs: Pairs) -> tuple[float, Any, Any]:
    """The AUC of pairs against the same entities with random addresses, and both scores."""
    drawn = np.random.default_rng(1).integers(0, 2**32, pairs.count, np.uint32)
    true, false = model.scores(pairs), model.scores(Pairs(pairs.entities, drawn))
    positive = np.arange(2 * pairs.count) < pairs.count
    return float(roc_auc(positive, np.concatenate([true, false]))), true, false
