"""PCA's hyperparameters and channels, as SageMaker documents them; it has no metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel
from studio_ext.algorithms.hyperparameters import Hyperparameter, choice, flag, integer

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("feature_dim", "Features of a row.", 1, required=True),
    integer("num_components", "Principal components to find.", 1, required=True),
    integer("mini_batch_size", "Rows of a step, at least.", 1, required=True),
    choice(
        "algorithm_mode",
        "Exact, or randomized for many rows and features.",
        "regular",
        "randomized",
        default="regular",
    ),
    integer(
        "extra_components",
        "Components found beside those asked for, to be more accurate (randomized); -1 for as "
        "many as num_components, and 10 at least.",
        -1,
        default="-1",
    ),
    flag(
        "subtract_mean",
        "Whether features are shifted to mean 0, in training and inference.",
        default="true",
    ),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    components, features = values["num_components"], values["feature_dim"]
    if components is None or features is None or components <= features:
        return []
    return [f"num_components: '{components}' is not valid; expected at most feature_dim={features}"]


CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

PCA = Algorithm(
    name="pca",
    title="PCA",
    images=("pca",),
    tags=r"latest|1",
    package="studio_ext.algorithms.pca",
    notebook="algorithms/pca.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(),
    channels=(Channel("train", CONTENT_TYPES, required=True), Channel("test", CONTENT_TYPES)),
    inference_types=(*CONTENT_TYPES, "application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
)
