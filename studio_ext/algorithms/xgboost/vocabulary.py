"""The words that XGBoost's free-text hyperparameters are made of, and how they are read."""

from __future__ import annotations

import json

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


def updaters(value: str) -> tuple[str, ...]:
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


def metrics(value: str) -> tuple[str, ...]:
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


def signs(value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.strip("()[] ").split(",") if part.strip()]
    if not parts or any(part.lstrip("+") not in ("-1", "0", "1") for part in parts):
        raise ValueError("a tuple of -1, 0 and 1, such as (1, 0, -1)")
    return tuple(int(part) for part in parts)


def feature_sets(value: str) -> list[list[int]]:
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
