"""IP Insights' hyperparameters, metrics and channels, as SageMaker documents them."""

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

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer(
        "num_entity_vectors",
        "Vectors of entities; each entity gets one by a hash of its name.",
        interval=Interval(1, 250_000_000),
        required=True,
        tunable=Tunable(10_000, 1_000_000),
    ),
    integer(
        "vector_dim",
        "Dimensions of the vectors of entities and addresses.",
        interval=Interval(4, 4096),
        required=True,
        tunable=Tunable(8, 256),
    ),
    integer("epochs", "Passes over the pairs.", 1, default="10", tunable=Tunable(1, 100)),
    number(
        "learning_rate",
        "Step size.",
        Interval(1e-6, 10),
        default="0.001",
        tunable=Tunable(1e-4, 0.1, "Logarithmic"),
    ),
    integer(
        "mini_batch_size",
        "Pairs of a step.",
        interval=Interval(1, 500_000),
        default="10000",
        tunable=Tunable(100, 50_000),
    ),
    integer(
        "num_ip_encoder_layers",
        "Hidden layers between the bits of an address and its vector.",
        interval=Interval(0, 100),
        default="1",
        tunable=Tunable(1, 10),
    ),
    integer(
        "random_negative_sampling_rate",
        "Random addresses that each pair is held against.",
        interval=Interval(0, 500),
        default="1",
        tunable=Tunable(0, 10),
    ),
    integer(
        "shuffled_negative_sampling_rate",
        "Addresses of other pairs of the step that each pair is held against.",
        interval=Interval(0, 500),
        default="1",
        tunable=Tunable(0, 10),
    ),
    number(
        "weight_decay",
        "L2 regularisation.",
        Interval(0, 10),
        default="0.00001",
        tunable=Tunable(0, 1),
    ),
    integer(
        "batch_metrics_publish_interval",
        "Steps between lines that tell the speed.",
        1,
        default="1000",
    ),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """Without negative samples every pair would be as likely as any other."""
    names = ("random_negative_sampling_rate", "shuffled_negative_sampling_rate")
    if any(values.get(name, 1) for name in names):
        return []
    return [f"{' and '.join(names)} are both 0; expected one of them to be at least 1"]


IPINSIGHTS = Algorithm(
    name="ipinsights",
    title="IP Insights",
    images=("ipinsights",),
    tags=r"latest|1",
    package="studio_ext.algorithms.ipinsights",
    notebook="algorithms/ipinsights.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(
        Metric(
            "validation:discriminator_auc",
            pattern("validation", "discriminator_auc"),
            maximize=True,
        ),
        Metric("train:loss", pattern("train", "loss"), maximize=False, tunable=False),
    ),
    channels=(
        Channel("train", ("text/csv",), required=True),
        Channel("validation", ("text/csv",)),
    ),
    inference_types=("text/csv", "application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines"),
)
