"""What XGBoost's hyperparameters must satisfy together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext.algorithms.xgboost.vocabulary import (
    CLASSIFIERS,
    GROWERS,
    LINEAR_UPDATERS,
    OF_CLASSES,
    OF_NUMBERS,
    OF_SURVIVAL,
    OF_TWO_CLASSES,
    REVISERS,
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
