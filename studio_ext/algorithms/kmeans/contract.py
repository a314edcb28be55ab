"""K-means' hyperparameters, metrics and channels, as SageMaker documents them."""

from __future__ import annotations

from studio_ext.algorithms.algorithm import Algorithm, Channel, Metric
from studio_ext.algorithms.hyperparameters import (
    Hyperparameter,
    Interval,
    Tunable,
    choice,
    flag,
    integer,
    number,
    some_of,
    text,
)
from studio_ext.algorithms.metric_lines import pattern

AUTO = ("auto",)
METRICS = ("msd", "ssd")

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("feature_dim", "Features of a row.", 1, required=True),
    integer("k", "Clusters.", 1, required=True),
    integer("epochs", "Passes over the training data.", 1, default="1", tunable=Tunable(1, 10)),
    integer("mini_batch_size", "Rows of a step.", 1, default="5000", tunable=Tunable(3000, 15000)),
    choice(
        "init_method",
        "How the first centres are chosen among the first rows.",
        "random",
        "kmeans++",
        default="random",
        tunable=Tunable(),
    ),
    integer(
        "extra_center_factor",
        "Centres kept while streaming, for each of the k.",
        1,
        words=AUTO,
        default="auto",
        tunable=Tunable(4, 10),
    ),
    integer(
        "half_life_time_size",
        "Rows after which a row counts half for its centre; 0 for no decay.",
        0,
        default="0",
    ),
    choice(
        "local_lloyd_init_method",
        "How Lloyd's procedure starts, that reduces the centres to k.",
        "random",
        "kmeans++",
        default="kmeans++",
    ),
    integer("local_lloyd_max_iter", "Steps of Lloyd's procedure, at most.", 1, default="300"),
    number(
        "local_lloyd_tol",
        "Change of the loss at which Lloyd's procedure stops.",
        Interval(0, 1),
        default="0.0001",
    ),
    integer(
        "local_lloyd_num_trials",
        "Runs of Lloyd's procedure; the best is kept.",
        1,
        words=AUTO,
        default="auto",
    ),
    text(
        "eval_metrics",
        "What is reported of the test channel: a JSON list of msd, ssd.",
        some_of(*METRICS),
        default='["msd"]',
    ),
    # Not in the guide's table; the SDK's KMeans sends it.
    flag("force_dense", "Whether sparse rows are filled with zeros.", default="false"),
)

CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

KMEANS = Algorithm(
    name="kmeans",
    title="K-Means",
    images=("kmeans",),
    tags=r"latest|1",
    package="studio_ext.algorithms.kmeans",
    notebook="algorithms/kmeans.ipynb",
    hyperparameters=HYPERPARAMETERS,
    metrics=tuple(
        Metric(f"test:{name}", pattern("test", name), maximize=False) for name in METRICS
    ),
    channels=(Channel("train", CONTENT_TYPES, required=True), Channel("test", CONTENT_TYPES)),
    inference_types=(*CONTENT_TYPES, "application/json", "application/jsonlines"),
    accept=(
        "application/json",
        "application/jsonlines",
        "application/x-recordio-protobuf",
        "text/csv",
    ),
)
