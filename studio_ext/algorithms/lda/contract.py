"""LDA's hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    integer,
    number,
)
from studio_ext.algorithms.metric_lines import pattern

POSITIVE = Interval(0, open_low=True)

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("num_topics", "Topics to find.", 1, required=True, tunable=Tunable(1, 150)),
    integer("feature_dim", "Words of the vocabulary.", 1, required=True),
    integer(
        "mini_batch_size",
        "Documents of the training channel; it changes no result.",
        1,
        required=True,
    ),
    number(
        "alpha0",
        "Sum of the topics' prior: small for documents of few topics each.",
        POSITIVE,
        default="1.0",
        tunable=Tunable(0.1, 10),
    ),
    integer("max_restarts", "Starts of the decomposition; the best is kept.", 1, default="10"),
    integer("max_iterations", "Steps of the decomposition, at most.", 1, default="1000"),
    number("tol", "Change at which the decomposition stops.", POSITIVE, default="1e-8"),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    topics, words = values["num_topics"], values["feature_dim"]
    if topics is None or words is None or topics <= words:
        return []
    return [f"num_topics: '{topics}' is not valid; expected at most feature_dim={words}"]


CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

LDA = Algorithm(
    name="lda",
    title="Latent Dirichlet Allocation",
    images=("lda",),
    tags=r"latest|1",
    package="studio_ext.algorithms.lda",
    notebook="algorithms/lda.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(Metric("test:pwll", pattern("test", "pwll"), maximize=True),),
    channels=(Channel("train", CONTENT_TYPES, required=True), Channel("test", CONTENT_TYPES)),
    inference_types=("text/csv", "application/json", "application/x-recordio-protobuf"),
    accept=("application/json", "application/x-recordio-protobuf", "text/csv"),
)
