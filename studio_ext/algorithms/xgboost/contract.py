"""XGBoost's hyperparameters, metrics and channels, as SageMaker documents them.

Sources: the developer guide's table (XGBoost up to 1.5) and the container's own list (3.0-5);
where they differ the container decides. What XGBoost has dropped since is refused by name with the
reason, or named in the log where it never changed a result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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

NO_GPU = "this installation of XGBoost has no GPU support; use tree_method=hist"
SHARE = Interval(0, 1)
POSITIVE_SHARE = Interval(0, 1, open_low=True)
NOT_NEGATIVE = Interval(0)

# fmt: off
MAXIMIZED = (
    "accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro",
    "interval-regression-accuracy", "map", "ndcg", "precision", "precision_macro",
    "precision_micro", "r2", "recall", "recall_macro", "recall_micro",
)
MINIMIZED = (
    "aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "logloss", "mae",
    "mape", "merror", "mlogloss", "mphe", "mse", "poisson-nloglik", "rmse", "rmsle",
    "tweedie-nloglik",
)
OF_CLASSES = (
    "accuracy", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "precision",
    "precision_macro", "precision_micro", "recall", "recall_macro", "recall_micro",
)
OBJECTIVES = (
    "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax",
    "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear",
    "reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror",
    "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft", "survival:cox",
)
# fmt: on
OF_SURVIVAL = ("aft-nloglik", "interval-regression-accuracy")
OF_TWO_CLASSES = ("f1_binary", "precision", "recall")
OF_NUMBERS = ("mse", "r2")
CUSTOM = (*OF_CLASSES, *OF_NUMBERS)  # computed here; the rest by XGBoost itself
WITH_THRESHOLD = ("error", "ndcg", "map", "tweedie-nloglik")
CLASSIFIERS = ("binary:", "multi:", "reg:logistic")

GROWERS = ("grow_colmaker", "grow_histmaker", "grow_quantile_histmaker")
REVISERS = ("refresh", "prune")
LINEAR_UPDATERS = ("shotgun", "coord_descent")
DROPPED_UPDATERS = ("distcol", "grow_local_histmaker", "grow_skmaker")


def _updaters(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    for name in names:
        if name in DROPPED_UPDATERS:
            raise ValueError(f"another updater: XGBoost has dropped {name}")
        if name not in (*GROWERS, *REVISERS, *LINEAR_UPDATERS, "sync"):
            raise ValueError(
                f"a comma-separated list of {', '.join((*GROWERS, *REVISERS))}, sync, or of "
                f"{' or '.join(LINEAR_UPDATERS)} with booster=gblinear"
            )
    return names


def _metrics(value: str) -> tuple[str, ...]:
    names = tuple(name.strip(" '\"") for name in value.strip("[]").split(","))
    for name in names:
        base, at, threshold = name.partition("@")
        if base not in MAXIMIZED + MINIMIZED:
            raise ValueError(f"names among {', '.join(sorted(MAXIMIZED + MINIMIZED))}")
        if at and (base not in WITH_THRESHOLD or not _is_threshold(threshold)):
            raise ValueError(f"a number after @, with one of {', '.join(WITH_THRESHOLD)}")
    return tuple(dict.fromkeys(names))


def _is_threshold(value: str) -> bool:
    try:
        float(value.removesuffix("-"))
    except ValueError:
        return False
    return True


def _signs(value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.strip("()[] ").split(",") if part.strip()]
    if not parts or any(part.lstrip("+") not in ("-1", "0", "1") for part in parts):
        raise ValueError("a tuple of -1, 0 and 1, such as (1, 0, -1)")
    return tuple(int(part) for part in parts)


def _feature_sets(value: str) -> list[list[int]]:
    expected = ValueError("a list of lists of feature numbers, such as [[0, 1], [2, 3, 4]]")
    try:
        sets = json.loads(value.replace("(", "[").replace(")", "]"))
    except ValueError:
        raise expected from None
    if not isinstance(sets, list) or not sets:
        raise expected
    for features in sets:
        right = isinstance(features, list) and all(
            isinstance(feature, int) and feature >= 0 for feature in features
        )
        if not right:
            raise expected
    return sets


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
    text("eval_metric", "Metrics printed each round, comma-separated.", _metrics),
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
    text("updater", "Steps that build or revise the trees, comma-separated.", _updaters),
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
    text("monotone_constraints", "-1, 0 or 1 for each feature.", _signs),
    text("interaction_constraints", "Sets of features that may interact.", _feature_sets),
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


def metric_names(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The metrics asked for, the tuning job's objective last; empty for the objective's own."""
    names = dict.fromkeys(values.get("eval_metric") or ())
    objective = values.get("_tuning_objective_metric")
    if objective:
        name = objective.partition(":")[2]
        names.pop(name, None)
        names[name] = None
    return tuple(names)


def is_classifier(values: Mapping[str, Any]) -> bool:
    return str(values.get("objective", "")).startswith(CLASSIFIERS)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    get = values.get
    objective = get("objective", "reg:squarederror")
    booster, method = get("booster", "gbtree"), get("tree_method", "auto")
    multi = objective.startswith("multi:")
    wrong = []
    if multi and get("num_class") is None:
        wrong.append(f"num_class is missing; objective {objective} needs the number of classes")
    if not multi and get("num_class") is not None:
        wrong.append(
            f"num_class: '{get('num_class')}' is only for objective multi:softmax or "
            f"multi:softprob, not {objective}"
        )
    if booster == "gblinear":
        wrong += [
            f"{name} is not available with booster=gblinear"
            for name in ("monotone_constraints", "interaction_constraints", "process_type")
            if get(name) not in (None, "default")
        ]
    if method == "exact" and get("max_depth") == 0:
        wrong.append("max_depth: '0' (no limit) needs tree_method hist or approx, not exact")
    if method == "exact" and get("grow_policy") == "lossguide":
        wrong.append("grow_policy: 'lossguide' needs tree_method hist or approx, not exact")
    if objective in ("binary:logistic", "reg:logistic") and not 0 < get("base_score", 0.5) < 1:
        wrong.append(
            f"base_score: '{get('base_score')}' is not valid; expected a number above 0 and below "
            f"1 with objective {objective}"
        )
    if get("_num_cv_round") and not get("_kfold"):
        wrong.append("_num_cv_round needs _kfold, the number of folds")
    if get("_kfold") and get("process_type") == "update":
        wrong.append("_kfold is not available with process_type=update")
    return wrong + _updater_rules(values, booster) + _metric_rules(values, objective)


def _updater_rules(values: Mapping[str, Any], booster: str) -> list[str]:
    updaters = values.get("updater")
    update = values.get("process_type") == "update"
    if updaters is None:
        return ["process_type: 'update' needs updater=refresh, prune or both"] if update else []
    given = ",".join(updaters)
    if booster == "gblinear":
        if len(updaters) != 1 or updaters[0] not in LINEAR_UPDATERS:
            return [
                f"updater: '{given}' is not valid with booster=gblinear; expected one of "
                f"{', '.join(LINEAR_UPDATERS)}"
            ]
    elif update:
        if not set(updaters) <= set(REVISERS):
            return [
                f"updater: '{given}' is not valid with process_type=update; expected refresh, "
                f"prune or both"
            ]
    elif set(updaters) & set(LINEAR_UPDATERS):
        return [f"updater: '{given}' needs booster=gblinear, not {booster}"]
    elif len(set(updaters) & set(GROWERS)) != 1:
        return [f"updater: '{given}' is not valid; expected exactly one of {', '.join(GROWERS)}"]
    return []


def _metric_rules(values: Mapping[str, Any], objective: str) -> list[str]:
    wrong = []
    for name in metric_names(values):
        base = name.partition("@")[0]
        if base in OF_CLASSES and not is_classifier(values):
            wrong.append(
                f"eval_metric: '{name}' needs an objective that predicts classes, not {objective}"
            )
        elif base in OF_TWO_CLASSES and values.get("num_class", 2) > 2:
            wrong.append(
                f"eval_metric: '{name}' is for two classes, not num_class={values['num_class']}; "
                f"expected f1, f1_macro, precision_macro or recall_macro"
            )
        elif base in OF_NUMBERS and objective.startswith(("multi:", "rank:", "survival:")):
            wrong.append(f"eval_metric: '{name}' needs an objective of regression, not {objective}")
        elif base in OF_SURVIVAL and objective != "survival:aft":
            wrong.append(f"eval_metric: '{name}' needs objective survival:aft, not {objective}")
    return wrong


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
            rf".*\[[0-9]+\].*#011{channel}-{name}(?:@[^:]*)?:(\S+)",
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
