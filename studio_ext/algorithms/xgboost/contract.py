"""XGBoost's hyperparameters, metrics and channels, as SageMaker documents them.

Sources: the developer guide's table (XGBoost up to 1.5) and the container's own list (3.0-5);
where they differ the container decides. What XGBoost has dropped since is refused by name with the
reason, or named in the log where it never changed a result.
"""

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
    text,
)
from studio_ext.algorithms.xgboost.rules import rules
from studio_ext.algorithms.xgboost.vocabulary import (
    MAXIMIZED,
    MINIMIZED,
    OBJECTIVES,
    feature_sets,
    metrics,
    signs,
    updaters,
)

NO_GPU = "this installation of XGBoost has no GPU support; use tree_method=hist"
SHARE = Interval(0, 1)
POSITIVE_SHARE = Interval(0, 1, open_low=True)
NOT_NEGATIVE = Interval(0)

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    integer("num_round", "Rounds of boosting.", 1, required=True, tunable=Tunable(1, 4000)),
    integer("num_class", "Classes of a multi: objective, labelled 0 to num_class - 1.", 2),
    choice(
        "objective",
        "What is learnt.",
        *OBJECTIVES,
        default="reg:squarederror",
        refused={
            "aft_loss_distribution": "it is a hyperparameter of survival:aft, not an objective",
        },
    ),
    text("eval_metric", "Metrics printed each round, comma-separated.", metrics),
    integer(
        "early_stopping_rounds", "Rounds without improvement of the last metric to stop after.", 1
    ),
    choice("booster", "Kind of model.", "gbtree", "gblinear", "dart", default="gbtree"),
    number(
        "eta",
        "Step size of each round.",
        SHARE,
        default="0.3",
        aliases=("learning_rate",),
        tunable=Tunable(0.1, 0.5),
    ),
    number(
        "gamma",
        "Least loss reduction for a split.",
        NOT_NEGATIVE,
        default="0",
        aliases=("min_split_loss",),
        tunable=Tunable(0, 5),
    ),
    integer(
        "max_depth",
        "Greatest depth of a tree, 0 for no limit.",
        0,
        default="6",
        tunable=Tunable(0, 10),
    ),
    number(
        "min_child_weight",
        "Least sum of weights in a leaf.",
        NOT_NEGATIVE,
        default="1",
        tunable=Tunable(0, 120),
    ),
    number(
        "max_delta_step",
        "Greatest step of a leaf, 0 for no limit.",
        NOT_NEGATIVE,
        default="0",
        tunable=Tunable(0, 10),
    ),
    number(
        "subsample",
        "Share of rows for each tree.",
        POSITIVE_SHARE,
        default="1",
        tunable=Tunable(0.5, 1),
    ),
    choice(
        "sampling_method", "How rows are sampled.", "uniform", "gradient_based", default="uniform"
    ),
    number(
        "colsample_bytree",
        "Share of features for each tree.",
        POSITIVE_SHARE,
        default="1",
        tunable=Tunable(0.5, 1),
    ),
    number(
        "colsample_bylevel",
        "Share of features for each depth.",
        POSITIVE_SHARE,
        default="1",
        tunable=Tunable(0.1, 1),
    ),
    number(
        "colsample_bynode",
        "Share of features for each split.",
        POSITIVE_SHARE,
        default="1",
        tunable=Tunable(0.1, 1),
    ),
    number(
        "lambda",
        "L2 regularisation.",
        NOT_NEGATIVE,
        default="1",
        aliases=("reg_lambda",),
        tunable=Tunable(0, 1000),
    ),
    number(
        "alpha",
        "L1 regularisation.",
        NOT_NEGATIVE,
        default="0",
        aliases=("reg_alpha",),
        tunable=Tunable(0, 1000),
    ),
    choice(
        "tree_method",
        "How splits are found.",
        "auto",
        "exact",
        "approx",
        "hist",
        "gpu_hist",
        default="auto",
        refused={"gpu_hist": NO_GPU},
    ),
    number(
        "sketch_eps",
        "Width of a bin with tree_method=approx; 1 / max_bin.",
        Interval(0, 1, open_low=True, open_high=True),
        default="0.03",
    ),
    number("scale_pos_weight", "Weight of positive rows.", Interval(0, open_low=True), default="1"),
    text("updater", "Steps that build or revise the trees, comma-separated.", updaters),
    choice(
        "dsplit",
        "How data is split between machines.",
        "row",
        "col",
        default="row",
        refused={"col": "a job runs on one machine, so its data is not split"},
    ),
    integer(
        "refresh_leaf", "Whether updater=refresh renews leaves too.", interval=SHARE, default="1"
    ),
    choice(
        "process_type",
        "Grow new trees, or update those of a given model.",
        "default",
        "update",
        default="default",
    ),
    choice(
        "grow_policy", "Where the tree grows next.", "depthwise", "lossguide", default="depthwise"
    ),
    integer("max_leaves", "Greatest number of leaves, 0 for no limit.", 0, default="0"),
    integer("max_bin", "Bins of a feature.", 2, default="256"),
    choice(
        "predictor",
        "Where predictions are made.",
        "auto",
        "cpu_predictor",
        "gpu_predictor",
        default="auto",
        refused={"gpu_predictor": NO_GPU},
    ),
    text("monotone_constraints", "-1, 0 or 1 for each feature.", signs),
    text("interaction_constraints", "Sets of features that may interact.", feature_sets),
    integer("num_parallel_tree", "Trees of each round.", 1, default="1"),
    choice("sample_type", "How dart drops trees.", "uniform", "weighted", default="uniform"),
    choice("normalize_type", "How dart weighs new trees.", "tree", "forest", default="tree"),
    number("rate_drop", "Share of trees that dart drops.", SHARE, default="0.0"),
    integer("one_drop", "Whether dart drops at least one tree.", interval=SHARE, default="0"),
    number("skip_drop", "Chance that dart drops none.", SHARE, default="0.0"),
    number(
        "lambda_bias",
        "L2 regularisation of gblinear's bias.",
        SHARE,
        default="0",
        refused={
            "*": "XGBoost has dropped it; leave it out",
        },
    ),
    number(
        "tweedie_variance_power",
        "Variance of reg:tweedie: near 2 gamma, near 1 Poisson.",
        Interval(1, 2, open_low=True, open_high=True),
        default="1.5",
    ),
    number(
        "base_score", "Prediction before the first round; estimated where not given.", NOT_NEGATIVE
    ),
    choice(
        "aft_loss_distribution",
        "Noise of survival:aft.",
        "normal",
        "logistic",
        "extreme",
        default="normal",
    ),
    number(
        "aft_loss_distribution_scale",
        "Scale of that noise.",
        Interval(0, open_low=True),
        default="1",
    ),
    integer(
        "seed", "Seed of the random numbers.", interval=Interval(-(2**31), 2**31 - 1), default="0"
    ),
    integer("nthread", "Threads; chosen by the size of the data where not given.", 1),
    integer(
        "verbosity",
        "0 silent, 1 warnings, 2 information, 3 debugging.",
        interval=Interval(0, 3),
        default="1",
    ),
    integer(
        "csv_weights",
        "1 when the second CSV column is the row's weight.",
        interval=SHARE,
        default="0",
    ),
    flag(
        "deterministic_histogram",
        "Same histograms each time; CPU histograms always are.",
        default="true",
    ),
    flag(
        "single_precision_histogram",
        "Histograms of 32-bit numbers.",
        default="false",
        refused={
            "true": "XGBoost has dropped it; leave it out",
        },
    ),
    integer(
        "prob_buffer_row",
        "Rows buffered by updater grow_skmaker.",
        1,
        refused={
            "*": "it belongs to the updater grow_skmaker, which XGBoost has dropped; leave it out",
        },
    ),
    flag(
        "use_dask_gpu_training", "Train on several GPUs.", default="false", refused={"true": NO_GPU}
    ),
    flag(
        "save_model_on_termination",
        "Keep the model so far when the job is stopped.",
        default="true",
    ),
    integer("_kfold", "Folds of cross-validation; one model each, predictions averaged.", 2),
    integer("_num_cv_round", "How often the folds are drawn anew.", 1, default="1"),
    choice(
        "_tuning_objective_metric",
        "The tuning job's objective; it is printed each round.",
        *(f"validation:{name}" for name in sorted(MAXIMIZED + MINIMIZED)),
    ),
)


CONTENT_TYPES = (
    "text/libsvm",
    "text/x-libsvm",
    "text/csv",
    "application/x-parquet",
    "application/x-recordio-protobuf",
)

XGBOOST = Algorithm(
    name="xgboost",
    title="XGBoost",
    images=("sagemaker-xgboost", "xgboost"),
    tags=r"latest|1|\d+\.\d+-\d+(-cpu-py3)?|\d+\.\d+(\.\d+)?",
    package="studio_ext.algorithms.xgboost",
    notebook="algorithms/xgboost.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=tuple(
        Metric(
            f"{channel}:{name}",
            rf"\[[0-9]+\].*#011{channel}-{name}(?:@[^:]*)?:([^#\s]+)",
            maximize=name in MAXIMIZED,
            tunable=channel == "validation",
        )
        for channel in ("train", "validation")
        for name in sorted(MAXIMIZED + MINIMIZED)
    ),
    channels=(
        Channel("train", CONTENT_TYPES, required=True),
        Channel("validation", CONTENT_TYPES),
        Channel("model", ("application/x-sagemaker-model",)),
    ),
    inference_types=(
        "text/csv",
        "text/libsvm",
        "text/x-libsvm",
        "application/x-recordio-protobuf",
    ),
    accept=(
        "text/csv",
        "application/json",
        "application/jsonlines",
        "application/x-recordio-protobuf",
    ),
    max_instances_reason="XGBoost uses all cores of one machine here and is not distributed",
)
