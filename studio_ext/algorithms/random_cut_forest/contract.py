"""Random Cut Forest's hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    integer,
    some_of,
    text,
)
from studio_ext.algorithms.metric_lines import pattern

ACCURACY, RATES = "accuracy", "precision_recall_fscore"
TOO_SMALL = "a tree of fewer than 3 rows cannot tell one row from another; expected 3 to 2048"

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("feature_dim", "Features of a row.", interval=Interval(1, 10_000), required=True),
    integer(
        "num_trees",
        "Trees; more make scores less noisy.",
        interval=Interval(50, 1000),
        default="100",
        tunable=Tunable(50, 1000),
    ),
    integer(
        "num_samples_per_tree",
        "Rows of a tree; about one in so many is thought to be an anomaly.",
        interval=Interval(1, 2048),
        default="256",
        refused={"1": TOO_SMALL, "2": TOO_SMALL},
        tunable=Tunable(1, 2048),
    ),
    text(
        "eval_metrics",
        f"What is reported of the test channel: a JSON list of {ACCURACY}, {RATES}.",
        some_of(ACCURACY, RATES),
        default=f'["{ACCURACY}", "{RATES}"]',
    ),
    # Not in the guide's table; the SDK's RandomCutForest sends it, always 1000.
    integer("mini_batch_size", "Rows read at once; it changes no result.", 1, default="1000"),
)

CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

RANDOM_CUT_FOREST = Algorithm(
    name="randomcutforest",
    title="Random Cut Forest",
    images=("randomcutforest",),
    tags=r"latest|1",
    package="studio_ext.algorithms.random_cut_forest",
    notebook="algorithms/random_cut_forest.ipynb",
    hyperparameters=HYPERPARAMETERS,
    metrics=(Metric("test:f1", pattern("test", "f1"), maximize=True),),
    channels=(Channel("train", CONTENT_TYPES, required=True), Channel("test", CONTENT_TYPES)),
    inference_types=(*CONTENT_TYPES, "application/json", "application/jsonlines"),
    accept=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
)
