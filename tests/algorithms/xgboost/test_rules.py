from __future__ import annotations

import pytest

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.xgboost.contract import XGBOOST
from studio_ext.algorithms.xgboost.rules import metric_names

LINEAR = {"booster": "gblinear"}
UPDATE = {"process_type": "update"}
MULTI = {"objective": "multi:softmax", "num_class": "3"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objective": "multi:softmax"}, "num_class is missing; objective multi:softmax needs"),
        ({"num_class": "3"}, "num_class: '3' is only for objective multi:softmax"),
        ({"objective": "aft_loss_distribution"}, "a hyperparameter of survival:aft"),
        ({**LINEAR, "monotone_constraints": "(1)"}, "not available with booster=gblinear"),
        ({**LINEAR, "updater": "prune"}, "updater: 'prune' is not valid with booster=gblinear"),
        ({"updater": "shotgun"}, "updater: 'shotgun' needs booster=gblinear, not gbtree"),
        ({"updater": "prune"}, "expected exactly one of grow_colmaker"),
        ({"updater": "grow_colmaker,grow_histmaker"}, "expected exactly one of"),
        ({"updater": "grow_skmaker"}, "expected another updater: XGBoost has dropped grow_skmaker"),
        ({"updater": "grow"}, "updater: 'grow' is not valid; expected a comma-separated list"),
        (UPDATE, "process_type: 'update' needs updater=refresh, prune or both"),
        ({**UPDATE, "updater": "grow_colmaker"}, "is not valid with process_type=update"),
        ({"tree_method": "exact", "max_depth": "0"}, "max_depth: '0' (no limit) needs"),
        ({"tree_method": "exact", "grow_policy": "lossguide"}, "grow_policy: 'lossguide' needs"),
        ({"objective": "binary:logistic", "base_score": "1"}, "base_score: '1.0' is not valid"),
        ({"_num_cv_round": "2"}, "_num_cv_round needs _kfold"),
        ({**UPDATE, "updater": "prune", "_kfold": "2"}, "_kfold is not available with"),
        ({"eval_metric": "auc,logloss,mape@3"}, "expected a number after @, with one of error"),
        ({"eval_metric": "acuracy"}, "eval_metric: 'acuracy' is not valid; expected names among"),
        ({"eval_metric": "error@x"}, "expected a number after @"),
        ({"eval_metric": "accuracy"}, "'accuracy' needs an objective that predicts classes"),
        ({**MULTI, "eval_metric": "recall"}, "'recall' is for two classes, not num_class=3"),
        ({**MULTI, "eval_metric": "mse"}, "'mse' needs an objective of regression"),
        ({"eval_metric": "aft-nloglik"}, "'aft-nloglik' needs objective survival:aft"),
        ({"monotone_constraints": "(2)"}, "expected a tuple of -1, 0 and 1"),
        ({"interaction_constraints": "[0, 1]"}, "expected a list of lists of feature numbers"),
        ({"interaction_constraints": "__import__('os')"}, "expected a list of lists"),
    ],
)
def test_what_is_wrong_together(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        XGBOOST.check({"num_round": "1", **given})
    assert message in str(caught.value)


@pytest.mark.parametrize("metric", ["error@0.7", "ndcg@5", "ndcg@5-", "map", "['auc', 'error']"])
def test_metrics(metric: str) -> None:
    values = XGBOOST.check({"num_round": "1", "objective": "rank:ndcg", "eval_metric": metric})
    assert values["eval_metric"][0] in ("error@0.7", "ndcg@5", "ndcg@5-", "map", "auc")


def test_the_tuning_objective_comes_last() -> None:
    given = {"eval_metric": "rmse,mae", "_tuning_objective_metric": "validation:rmse"}
    assert metric_names(XGBOOST.check({"num_round": "1", **given})) == ("mae", "rmse")
    assert metric_names({}) == ()
