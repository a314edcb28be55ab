"""DeepAR's hyperparameters, metrics and channels, as SageMaker documents them.

Source: the developer guide's ``deepar_hyperparameters`` and ``deepar-tuning``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    choice,
    integer,
    number,
    text,
)

LIKELIHOODS = ("student-T", "gaussian", "negative-binomial", "beta", "deterministic-L1")
IGNORE = "ignore"


def frequency(value: str) -> tuple[int, str]:
    """``5min`` as (5, "min"); the integer may be left out."""
    found = re.fullmatch(r"(\d{0,6})(M|W|D|H|min)", value)
    multiple = int(found[1] or 1) if found else 0
    if found is None or multiple < 1:
        raise ValueError("an integer followed by M, W, D, H or min, such as 5min")
    return multiple, found[2]


def cardinality(value: str) -> Any:
    """``[2, 3]`` as (2, 3); nothing as ``ignore``."""
    if not value:
        return IGNORE
    numbers = _array(value)
    if not numbers or not all(type(n) is int and n > 0 for n in numbers):
        raise ValueError("auto, ignore or an array of positive integers, such as [2, 3]")
    return tuple(numbers)


def count(value: str) -> Any:
    """``2`` as 2; nothing as ``ignore``."""
    if not value:
        return IGNORE
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("auto, ignore or a positive integer")
    return int(value)


def quantiles(value: str) -> tuple[float, ...]:
    """``[0.1, 0.9]`` as (0.1, 0.9)."""
    numbers = _array(value)
    if not numbers or not all(type(n) in (int, float) and 0 < n < 1 for n in numbers):
        raise ValueError("an array of numbers above 0 and below 1, such as [0.1, 0.5, 0.9]")
    return tuple(dict.fromkeys(float(n) for n in numbers))


def _array(value: str) -> list[Any]:
    try:
        found = json.loads(value)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    text("time_freq", "Time between two points, such as 1H or 5min.", frequency, required=True),
    integer(
        "context_length",
        "Points that the model sees before it forecasts.",
        1,
        required=True,
        tunable=Tunable(1, 200),
    ),
    integer("prediction_length", "Points that are forecast.", 1, required=True),
    integer(
        "epochs",
        "Passes over the training data, at most.",
        1,
        required=True,
        tunable=Tunable(1, 1000),
    ),
    text(
        "cardinality",
        "Categories of each categorical feature.",
        cardinality,
        words=("auto", IGNORE),
        default="auto",
    ),
    number(
        "dropout_rate",
        "Share of cells that a step leaves as they are (zoneout).",
        Interval(0, 1, open_high=True),
        default="0.1",
        tunable=Tunable(0.0, 0.2),
    ),
    integer("early_stopping_patience", "Epochs without improvement to stop after.", 1),
    integer(
        "embedding_dimension",
        "Numbers that a category is described with.",
        1,
        default="10",
        tunable=Tunable(1, 50),
    ),
    number(
        "learning_rate",
        "Step size.",
        Interval(0, open_low=True),
        default="1e-3",
        tunable=Tunable(1e-5, 1e-1, "Logarithmic"),
    ),
    choice("likelihood", "Distribution of a point.", *LIKELIHOODS, default="student-T"),
    integer("mini_batch_size", "Windows of a step.", 1, default="128", tunable=Tunable(32, 1028)),
    integer("num_cells", "Cells of a layer.", 1, default="40", tunable=Tunable(30, 200)),
    text(
        "num_dynamic_feat",
        "Feature time series of each target.",
        count,
        words=("auto", IGNORE),
        default="auto",
    ),
    integer(
        "num_eval_samples", "Sample paths that the test channel is judged by.", 1, default="100"
    ),
    integer("num_layers", "Layers of the network.", 1, default="2", tunable=Tunable(1, 8)),
    text(
        "test_quantiles",
        "Quantiles that the test channel is judged at.",
        quantiles,
        default="[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]",
    ),
)

METRICS = (
    Metric("test:RMSE", r"#test_score \(\S+, RMSE\): (\S+)", maximize=False),
    Metric("test:mean_wQuantileLoss", r"#test_score \(\S+, mean_wQuantileLoss\): (\S+)",
           maximize=False),
    Metric("train:final_loss", r"#quality_metric: host=\S+, train final_loss <loss>=(\S+)",
           maximize=False),
    Metric("train:loss", r"#quality_metric: host=\S+, epoch=\d+, train loss <loss>=(\S+)",
           maximize=False, tunable=False),
)  # fmt: skip

JSON_TYPES = ("application/jsonlines", "application/json", "json", "text/json")
PARQUET_TYPES = ("application/x-parquet", "parquet")

DEEPAR = Algorithm(
    name="forecasting-deepar",
    title="DeepAR Forecasting",
    images=("forecasting-deepar",),
    tags=r"latest|1",
    package="studio_ext.algorithms.deepar",
    notebook="algorithms/deepar.ipynb",
    hyperparameters=HYPERPARAMETERS,
    metrics=METRICS,
    channels=(
        Channel("train", JSON_TYPES + PARQUET_TYPES, required=True),
        Channel("test", JSON_TYPES + PARQUET_TYPES),
    ),
    inference_types=("application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines"),
)
