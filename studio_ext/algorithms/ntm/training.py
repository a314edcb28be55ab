"""Train the Neural Topic Model: a variational autoencoder of documents' word counts.

The log has the losses of each epoch, as in ``#quality_metric: host=algo-1, epoch=1, validation
total_loss <loss>=310.4``, and the words of each topic at the end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms.extras import need
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log
from studio_ext.algorithms.metric_lines import quality, throughput
from studio_ext.algorithms.ntm.contract import NTM
from studio_ext.algorithms.ntm.documents import Documents, read_documents
from studio_ext.algorithms.ntm.topics import Topic, describe, uniqueness

need("torch", "deep")

from studio_ext.algorithms.ntm.loop import Training  # noqa: E402
from studio_ext.algorithms.ntm.model import Model  # noqa: E402


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: of the epoch with the least loss.
        history: channel -> metric -> value after each epoch.
        best_epoch: (from 0) that the model is of.
        metrics: channel -> metric -> value, of the model.
        topics: the largest first.
        weights: topic weights of the training documents.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: Model
    history: dict[str, dict[str, list[float]]]
    best_epoch: int
    metrics: dict[str, dict[str, float]]
    topics: list[Topic]
    weights: Any
    values: Mapping[str, Any]
    seconds: float


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(NTM.hyperparameters) | NTM.check(hyperparameters)


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> Documents:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    return read_documents(channels, all_values(hyperparameters)["feature_dim"])


def train(hyperparameters: Mapping[str, str], data: Documents, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best model so far is saved.
    """
    start = time.perf_counter()
    training = Training(all_values(hyperparameters), data)
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
    metrics = {name: model.losses(counts) for name, counts in data.counts.items()}
    for channel, found in metrics.items():
        quality(channel, "total_loss", found["total_loss"])
    throughput(training.seen, seconds)
    weights = model.weights(data.train)
    topics = describe(model.topics(), weights, data)
    metrics["train"] |= {
        "coherence": sum(topic.coherence for topic in topics) / len(topics),
        "uniqueness": uniqueness(topics),
    }
    if data.words:
        log(
            "notice: WETC needs word vectors and is not computed; the number before a topic is its "
            "coherence (NPMI) in the training documents"
        )
    for topic in topics:
        words = " ".join(word for word, _ in topic.words)
        log(f"[{topic.coherence:.2f}, {topic.share:.1%}] topic {topic.number}: {words}")
    return Fit(
        model=model,
        history=training.history,
        best_epoch=training.best_epoch,
        metrics=metrics,
        topics=topics,
        weights=weights,
        values=training.values,
        seconds=seconds,
    )
