"""Train LDA: topics from the moments of word counts, then made likelier.

1. The moments of one, two and three words, whitened, are decomposed (``max_restarts``,
   ``max_iterations``, ``tol``): a topic for each component, its prior from the component's weight.
2. A few steps of variational expectation maximisation settle the topics. SageMaker leaves this
   out; topics found from few documents gain most by it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data, read_data as read_tables
from studio_ext.algorithms.features import check_present, fit_width
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log, threads
from studio_ext.algorithms.lda.contract import LDA
from studio_ext.algorithms.lda.decomposition import decompose
from studio_ext.algorithms.lda.model import Topics
from studio_ext.algorithms.lda.moments import Moments
from studio_ext.algorithms.metric_lines import progress, quality, throughput
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

SETTLING = 12  # steps of expectation maximisation
EFFORT = 500_000_000  # documents x words x topics of such a step: of more, some are drawn
ETA = 0.01  # count that every word has in every topic beforehand
JUDGED = 2000  # training documents that are judged


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: the topics, the most frequent first.
        history: per-word log likelihood of (some) training documents before each settling step.
        metrics: channel -> metric -> value.
        values: all hyperparameters, typed.
        seconds: spent training, without reading and judging.
    """

    model: Topics
    history: list[float]
    metrics: dict[str, dict[str, float]]
    values: Mapping[str, Any]
    seconds: float


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> Data:
    """Check the hyperparameters, then read the channels and check their values.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    data = read_tables(LDA, channels, labelled=())
    for name, table in data.tables.items():
        fit_width(name, table, values["feature_dim"])
        check_present(f"channel '{name}'", table, LDA.name)
        check_counts(f"channel '{name}'", table)
    long = int((np.asarray(data.train.features.sum(1)) >= 3).sum())
    if long < values["num_topics"]:
        raise DataError(
            f"channel 'train' has {long} documents of at least 3 words; expected at least "
            f"num_topics={values['num_topics']}"
        )
    return data


def check_counts(where: str, table: Table) -> None:
    """Raise DataError unless all features are whole numbers of at least 0."""
    cells = table.features.data if table.sparse else table.features
    if not ((cells < 0) | (cells != np.floor(cells))).any():
        return
    dense = table.dense()
    row, column = np.argwhere((dense < 0) | (dense != np.floor(dense)))[0]
    raise DataError(
        f"{where}: row {row + 1}, feature {table.name(column)} is {dense[row, column]:g}; lda "
        f"expects counts of words, whole numbers of at least 0"
    )


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    return defaults(LDA.hyperparameters) | LDA.check(hyperparameters)


def train(hyperparameters: Mapping[str, str], data: Data, model_dir: str | Path) -> Fit:
    """Train, judge and save ``model_algo-1``.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the topics so far are saved, if there are any.
    """
    from scipy import sparse
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    start = time.perf_counter()
    values, table = all_values(hyperparameters), data.train
    if values["mini_batch_size"] != table.rows:
        log(f"notice: mini_batch_size changes nothing: all {table.rows:,} documents are taken")
    counts = sparse.csr_matrix(table.features, dtype=np.float64)
    rng = np.random.default_rng(0)
    with threadpool_limits(threads(table.rows * table.columns)):
        model = spectral(counts, values, rng)
        history: list[float] = []
        try:
            for step, likelier in enumerate(settled(model, counts, rng, history), 1):
                model = likelier
                progress(step, SETTLING)
        except KeyboardInterrupt:
            model.save(Path(model_dir))
            log("stopped: the topics so far are saved as model_algo-1")
            raise
        order = np.argsort(-model.alpha, kind="stable")
        model = Topics(model.alpha[order], model.beta[order])
        model.save(Path(model_dir))
        seconds = time.perf_counter() - start
        metrics = {name: judge(model, one) for name, one in data.tables.items()}
    for name, found in metrics.items():
        quality(name, "pwll", found["pwll"], "score")
    throughput(table.rows, seconds)
    return Fit(model, history, metrics, values, seconds)


def spectral(counts: Any, values: Mapping[str, Any], rng: np.random.Generator) -> Topics:
    """The topics that the moments say."""
    topics, alpha0 = values["num_topics"], values["alpha0"]
    moments = Moments.of(counts, alpha0)
    mean = moments.mean()
    if topics == 1:
        return Topics(np.array([alpha0]), mean[None])
    whitening, back = moments.whitening(topics)
    weights, vectors = decompose(
        moments.triples(whitening),
        values["max_restarts"],
        values["max_iterations"],
        values["tol"],
        rng,
    )
    beta = np.maximum((back @ vectors).T, 0)
    # A component that noise made may have no positive part.
    beta += 1e-3 * mean * np.maximum(beta.sum(1, keepdims=True), 1e-6)
    alpha = 1 / np.square(np.maximum(weights, 1e-6 * weights.max()))
    return Topics(alpha0 * alpha / alpha.sum(), beta / beta.sum(1, keepdims=True))


def settled(
    model: Topics, counts: Any, rng: np.random.Generator, history: list[float]
) -> Iterator[Topics]:
    """Yields the model after each step of expectation maximisation; ``alpha`` keeps its sum."""
    documents, words = counts.shape
    some = max(1, min(documents, EFFORT // (words * len(model.alpha))))
    alpha0 = model.alpha.sum()
    for _ in range(SETTLING):
        part = counts if some == documents else counts[rng.choice(documents, some, replace=False)]
        gamma, used, bound = model.infer(part)
        history.append(bound / part.sum())
        beta = used + ETA
        shares = (gamma / gamma.sum(1, keepdims=True)).mean(0)
        model = Topics(alpha0 * shares, beta / beta.sum(1, keepdims=True))
        yield model


def judge(model: Topics, table: Table) -> dict[str, float]:
    """The bound of the log likelihood per word, of at most ``JUDGED`` documents."""
    rows = np.linspace(0, table.rows - 1, min(table.rows, JUDGED)).astype(int)
    part = table.features[rows]
    return {"pwll": model.infer(part)[2] / max(1.0, float(part.sum()))}
