"""KNN's hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import Hyperparameter, Tunable, choice, integer
from studio_ext.algorithms.metric_lines import pattern

FLAT, IVF, IVFPQ = "faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"
L2, INNER_PRODUCT, COSINE = "L2", "INNER_PRODUCT", "COSINE"
SUBVECTORS = (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96)


def _subvectors(text: str) -> int:
    if not text.isdecimal() or int(text) not in SUBVECTORS:
        raise ValueError(f"one of {', '.join(map(str, SUBVECTORS))}")
    return int(text)


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("feature_dim", "Features of a row.", 1, required=True),
    integer("k", "Neighbours that are asked.", 1, required=True, tunable=Tunable(1, 1024)),
    choice(
        "predictor_type",
        "Whether the neighbours vote for a class or are averaged.",
        "classifier",
        "regressor",
        required=True,
    ),
    integer(
        "sample_size",
        "Training rows that are kept, drawn at random.",
        1,
        required=True,
        tunable=Tunable(256, 20_000_000),
    ),
    choice(
        "dimension_reduction_type",
        "Random projection to fewer dimensions: of signs, or the fast Johnson-Lindenstrauss "
        "transform.",
        "sign",
        "fjlt",
    ),
    integer("dimension_reduction_target", "Dimensions after the projection.", 1),
    choice("index_type", "How neighbours are found.", FLAT, IVF, IVFPQ, default=FLAT),
    choice("index_metric", "What is near.", L2, INNER_PRODUCT, COSINE, default=L2),
    integer(
        "faiss_index_ivf_nlists",
        "Cells of an IVF index; auto is the square root of the rows.",
        1,
        words=("auto",),
        default="auto",
    ),
    Hyperparameter(
        "faiss_index_pq_m",
        integer("", "").kind,
        parse=_subvectors,
        help="Bytes that faiss.IVFPQ keeps of a row, one for each part of it.",
    ),
    integer("mini_batch_size", "Rows that are indexed and searched at once.", 1, default="5000"),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    wrong = []
    kind, target = values.get("dimension_reduction_type"), values.get("dimension_reduction_target")
    index = values.get("index_type", FLAT)
    if kind is not None and target is None:
        wrong.append(
            f"dimension_reduction_target is missing; dimension_reduction_type {kind} needs it"
        )
    if kind is None and target is not None:
        wrong.append(
            f"dimension_reduction_target: '{target}' is only for a dimension_reduction_type, sign "
            f"or fjlt"
        )
    if target is not None and target >= values["feature_dim"]:
        wrong.append(
            f"dimension_reduction_target: '{target}' is not valid; expected an integer below "
            f"feature_dim={values['feature_dim']}"
        )
    if index == IVFPQ:
        if values.get("index_metric", L2) != L2:
            wrong.append(
                f"index_metric: '{values['index_metric']}' is not valid with index_type {IVFPQ}; "
                f"expected {L2}"
            )
        if "faiss_index_pq_m" not in values:
            wrong.append(f"faiss_index_pq_m is missing; index_type {IVFPQ} needs it")
    elif "faiss_index_pq_m" in values:
        wrong.append(
            f"faiss_index_pq_m: '{values['faiss_index_pq_m']}' is only for index_type {IVFPQ}, "
            f"not {index}"
        )
    if index == FLAT and values.get("faiss_index_ivf_nlists", "auto") != "auto":
        wrong.append(
            f"faiss_index_ivf_nlists: '{values['faiss_index_ivf_nlists']}' is only for index_type "
            f"{IVF} or {IVFPQ}, not {FLAT}"
        )
    if values["k"] > values["sample_size"]:
        wrong.append(
            f"k: '{values['k']}' is not valid; expected at most sample_size={values['sample_size']}"
        )
    return wrong


CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

KNN = Algorithm(
    name="knn",
    title="K-Nearest Neighbors",
    images=("knn",),
    tags=r"latest|1",
    package="studio_ext.algorithms.knn",
    notebook="algorithms/knn.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=(
        Metric("test:accuracy", pattern("test", "accuracy"), maximize=True),
        Metric("test:mse", pattern("test", "mse"), maximize=False),
    ),
    channels=(
        Channel("train", CONTENT_TYPES, required=True),
        Channel("test", CONTENT_TYPES),
    ),
    inference_types=("application/json", "application/jsonlines", *CONTENT_TYPES),
    accept=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
)
