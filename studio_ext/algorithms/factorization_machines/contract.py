"""Factorization Machines' hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    choice,
    integer,
    number,
)
from studio_ext.algorithms.metric_lines import pattern

POSITIVE = Interval(0, open_low=True)
NOT_NEGATIVE = Interval(0)
WIDE = Tunable(1e-8, 512, "Logarithmic")

# Part -> what it is, step size, decay, deviation at the start.
PARTS = {
    "bias": ("the bias", "0.1", "0.01", "0.01"),
    "linear": ("the linear terms", "0.001", "0.001", "0.01"),
    "factors": ("the factors", "0.0001", "0.00001", "0.001"),
}
NEEDS = {"uniform": "scale", "normal": "sigma", "constant": "value"}


def _of_parts() -> Iterator[Hyperparameter]:
    """Step sizes, decays and initial values of the three parts of the model."""
    for part, (what, rate, decay, sigma) in PARTS.items():
        yield number(
            f"{part}_lr", f"Step size of {what}.", NOT_NEGATIVE, default=rate, tunable=WIDE
        )
        yield number(
            f"{part}_wd", f"Weight decay of {what}.", NOT_NEGATIVE, default=decay, tunable=WIDE
        )
        yield choice(
            f"{part}_init_method",
            f"Distribution of {what} at the start.",
            *NEEDS,
            default="normal",
        )
        yield number(
            f"{part}_init_scale",
            f"Half width of the uniform distribution of {what}.",
            NOT_NEGATIVE,
            tunable=WIDE,
        )
        yield number(
            f"{part}_init_sigma",
            f"Standard deviation of the normal distribution of {what}.",
            NOT_NEGATIVE,
            default=sigma,
            tunable=WIDE,
        )
        yield number(f"{part}_init_value", f"Constant value of {what}.", Interval(), tunable=WIDE)


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("feature_dim", "Features of a row.", 1, required=True),
    integer("num_factors", "Factors of a feature.", 1, required=True),
    choice(
        "predictor_type",
        "Whether the label is 0 or 1, or a number.",
        "binary_classifier",
        "regressor",
        required=True,
    ),
    integer("epochs", "Passes over the training data.", 1, default="1", tunable=Tunable(1, 1000)),
    integer("mini_batch_size", "Rows of a step.", 1, default="1000", tunable=Tunable(100, 10_000)),
    *_of_parts(),
    number("clip_gradient", "Largest absolute value of a gradient.", POSITIVE),
    number(
        "rescale_grad",
        "What the gradient, a sum over the rows of a step, is multiplied by; 1 / rows if absent.",
        POSITIVE,
    ),
    number("eps", "What keeps a step from dividing by 0.", POSITIVE),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """A uniform or constant start needs its number, which has no default."""
    return [
        f"{part}_init_{needed} is missing; {part}_init_method {method} needs it"
        for part in PARTS
        for method, needed in NEEDS.items()
        if method != "normal"
        and values.get(f"{part}_init_method") == method
        and f"{part}_init_{needed}" not in values
    ]


LOSSES = ("rmse", "binary_classification_cross_entropy", "mse", "absolute_loss")
SCORES = ("binary_classification_accuracy", "binary_f_beta")


def _metrics() -> tuple[Metric, ...]:
    return tuple(
        Metric(
            f"{channel}:{name}",
            pattern(channel, name),
            maximize=name in SCORES,
            tunable=channel == "test",
        )
        for channel in ("train", "test")
        for name in (*LOSSES, *SCORES)
    )


RECORDIO = "application/x-recordio-protobuf"

FACTORIZATION_MACHINES = Algorithm(
    name="factorization-machines",
    title="Factorization Machines",
    images=("factorization-machines",),
    tags=r"latest|1",
    package="studio_ext.algorithms.factorization_machines",
    notebook="algorithms/factorization_machines.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=_metrics(),
    channels=(
        Channel("train", (RECORDIO,), required=True),
        Channel("test", (RECORDIO,)),
    ),
    inference_types=("application/json", "application/jsonlines", RECORDIO),
    accept=("application/json", "application/jsonlines", RECORDIO),
)
