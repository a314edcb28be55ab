"""NTM's hyperparameters, metrics and channels, as SageMaker documents them.

Sources: the developer guide's ``ntm_hyperparameters`` and ``ntm-tuning``, and the SDK's validators;
where they differ the wider range is taken.
"""

from __future__ import annotations

import re

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    choice,
    flag,
    integer,
    number,
    text,
)

AUTO = ("auto",)
OPTIMIZERS = ("adadelta", "adagrad", "adam", "rmsprop", "sgd")
ACTIVATIONS = ("sigmoid", "tanh", "relu")
LARGEST = 1_000_000


def sizes(value: str) -> tuple[int, ...]:
    """``100, 50`` as (100, 50); the SDK sends a list, ``[100, 50]``."""
    found = re.fullmatch(r"\[?\s*(\d{1,7}(?:\s*,\s*\d{1,7})*)\s*\]?", value)
    numbers = tuple(int(one) for one in found[1].split(",")) if found else ()
    if not numbers or 0 in numbers:
        raise ValueError("positive integers separated by commas, such as 100,50")
    return numbers


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer(
        "feature_dim", "Words of the vocabulary.", interval=Interval(1, LARGEST), required=True
    ),
    integer("num_topics", "Topics.", interval=Interval(2, 1000), required=True),
    flag("batch_norm", "Whether the encoder normalises mini-batches.", default="false"),
    number("clip_gradient", "Largest size of a slope; none if not given.", Interval(1e-3)),
    text("encoder_layers", "Sizes of the encoder's layers.", sizes, words=AUTO, default="auto"),
    choice(
        "encoder_layers_activation",
        "Activation of the encoder's layers.",
        *ACTIVATIONS,
        default="sigmoid",
    ),
    integer("epochs", "Passes over the training data, at most.", 1, default="50"),
    number(
        "learning_rate",
        "Step size.",
        Interval(1e-6, 1),
        default="0.001",
        tunable=Tunable(1e-4, 0.1, "Logarithmic"),
    ),
    integer(
        "mini_batch_size",
        "Documents of a step.",
        interval=Interval(1, 10_000),
        default="256",
        tunable=Tunable(16, 2048),
    ),
    integer("num_patience_epochs", "Epochs without improvement to stop after.", 1, default="3"),
    choice("optimizer", "How steps are made.", *OPTIMIZERS, default="adadelta"),
    number(
        "rescale_gradient",
        "What slopes are multiplied by.",
        Interval(1e-3, 1),
        default="1.0",
        tunable=Tunable(0.1, 1.0),
    ),
    number(
        "sub_sample",
        "Share of the documents that an epoch is trained on.",
        Interval(0, 1, open_low=True),
        default="1.0",
    ),
    number("tolerance", "Least relative improvement.", Interval(1e-6, 0.1), default="0.001"),
    number(
        "weight_decay",
        "L2 regularisation.",
        Interval(0, 1),
        default="0.0",
        tunable=Tunable(0.0, 1.0),
    ),
)

CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

NTM = Algorithm(
    name="ntm",
    title="Neural Topic Model",
    images=("ntm",),
    tags=r"latest|1",
    package="studio_ext.algorithms.ntm",
    notebook="algorithms/ntm.ipynb",
    hyperparameters=HYPERPARAMETERS,
    metrics=tuple(
        Metric(
            f"{channel}:total_loss",
            rf"#quality_metric: host=\S+, (?:epoch=\d+, )?{channel} total_loss <loss>=(\S+)",
            maximize=False,
            tunable=channel != "train",
        )
        for channel in ("validation", "train", "test")
    ),
    channels=(
        Channel("train", CONTENT_TYPES, required=True),
        Channel("validation", CONTENT_TYPES),
        Channel("test", CONTENT_TYPES),
        Channel("auxiliary", ("text/plain",)),
    ),
    inference_types=(
        "text/csv",
        "application/json",
        "application/jsonlines",
        "application/x-recordio-protobuf",
    ),
    accept=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
)
