"""Train Object2Vec: two encoders and a comparison, on pairs of token sequences.

The log has the metrics of each epoch, as in ``#quality_metric: host=algo-1, epoch=0, validation
accuracy <score>=0.91``, and of the model that was kept at the end.
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
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import quality, throughput
from studio_ext.algorithms.object2vec.contract import OBJECT2VEC, encoder_of
from studio_ext.algorithms.object2vec.pairs import PairData, read_pairs
from studio_ext.algorithms.object2vec.pretrained import read_pretrained
from studio_ext.formats.errors import DataError

need("torch", "deep")

from studio_ext.algorithms.object2vec.loop import Training  # noqa: E402
from studio_ext.algorithms.object2vec.model import Model  # noqa: E402

TABLES = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: of the epoch with the least loss.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        metrics: channel -> metric -> value, of the model.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: Model
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    metrics: dict[str, dict[str, float]]
    values: Mapping[str, Any]
    seconds: float


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(OBJECT2VEC.hyperparameters) | OBJECT2VEC.check(hyperparameters)


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> PairData:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    known = [channel.name for channel in OBJECT2VEC.channels]
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' is not known to object2vec; expected {', '.join(known)}"
            )
    if "train" not in channels:
        raise DataError("channel 'train' is missing; object2vec needs it")
    encoders = {which: encoder_of(values, which) for which in ("enc0", "enc1")}
    sizes = (encoders["enc0"]["vocab_size"], encoders["enc1"]["vocab_size"])
    classes = values["num_classes"] if values["output_layer"] == "softmax" else None
    found = {
        name: read_pairs(name, channels[name], sizes, classes)
        for name in TABLES
        if name in channels
    }
    for name, pairs in found.items():
        log(f"channel '{name}': {len(pairs):,} pairs")
        for which, own in (("enc0", pairs.first), ("enc1", pairs.second)):
            most = encoders[which]["max_seq_len"]
            cut = int((np.diff(own.starts) > most).sum())
            if cut:
                log(
                    f"notice: {cut:,} sequences of {which} in channel '{name}' are cut off after "
                    f"{which}_max_seq_len={most} tokens"
                )
    pretrained = {
        which: read_pretrained(which, own, channels.get("auxiliary"))
        for which, own in encoders.items()
        if own["pretrained_embedding_file"]
    }
    return PairData(found, pretrained)


def train(hyperparameters: Mapping[str, str], data: PairData, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best model so far is saved.
    """
    start = time.perf_counter()
    training = Training(all_values(hyperparameters), data)
    parameters = sum(p.numel() for p in training.current.network.parameters())
    log(f"a network of {parameters:,} weights")
    try:
        training.run()
    except KeyboardInterrupt:
        if training.best is not None:
            training.model().save(Path(model_dir))
            log("stopped: the best model so far is saved as model_algo-1")
        raise
    model = training.model()
    model.save(Path(model_dir))
    seconds = time.perf_counter() - start
    metrics = {name: model.metrics(pairs) for name, pairs in data.channels.items()}
    for channel, found in metrics.items():
        for name, value in found.items():
            quality(channel, name, value, kind="score" if name == "accuracy" else "loss")
    throughput(training.seen, seconds)
    return Fit(
        model=model,
        history=training.history,
        best_epoch=training.best_epoch,
        metrics=metrics,
        values=training.values,
        seconds=seconds,
    )
