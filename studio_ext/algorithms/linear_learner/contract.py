"""Linear Learner's hyperparameters, metrics and channels, as SageMaker documents them.

Sources: the developer guide's table and the SDK's validators; where they differ the wider range is
taken.
"""

from __future__ import annotations

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
)

POSITIVE = Interval(0, open_low=True)
NOT_NEGATIVE = Interval(0)
SHARE = Interval(0, 1, open_low=True, open_high=True)
DECAY = Interval(0, 1, open_high=True)
AUTO = ("auto",)

LOSSES = {
    "binary_classifier": ("logistic", "hinge_loss"),
    "multiclass_classifier": ("softmax_loss",),
    "regressor": (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
}

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    choice("predictor_type", "What the label is.", *LOSSES, required=True),
    integer("num_classes", "Classes, labelled 0 to num_classes - 1.", 3),
    choice(
        "loss",
        "What is minimised.",
        "auto",
        *(name for names in LOSSES.values() for name in names),
        default="auto",
    ),
    integer("feature_dim", "Features of a row.", 1, words=AUTO, default="auto"),
    integer("epochs", "Passes over the training data, at most.", 1, default="15"),
    integer("mini_batch_size", "Rows of a step.", 1, default="1000", tunable=Tunable(100, 5000)),
    number(
        "learning_rate",
        "Step size.",
        POSITIVE,
        words=AUTO,
        default="auto",
        tunable=Tunable(1e-5, 1, "Logarithmic"),
    ),
    number(
        "l1",
        "L1 regularisation.",
        NOT_NEGATIVE,
        words=AUTO,
        default="auto",
        tunable=Tunable(1e-7, 1, "Logarithmic"),
    ),
    number(
        "wd",
        "L2 regularisation (weight decay).",
        NOT_NEGATIVE,
        words=AUTO,
        default="auto",
        tunable=Tunable(1e-7, 1, "Logarithmic"),
    ),
    integer(
        "num_models", "Models trained at once; the best is kept.", 1, words=AUTO, default="auto"
    ),
    choice("optimizer", "How steps are made.", "auto", "adam", "sgd", "rmsprop", default="auto"),
    number("beta_1", "Decay of adam's first moment.", DECAY, words=AUTO, default="auto"),
    number("beta_2", "Decay of adam's second moment.", DECAY, words=AUTO, default="auto"),
    number("momentum", "Momentum of sgd.", DECAY, words=AUTO, default="auto"),
    flag("use_bias", "Whether the model has an intercept.", default="true"),
    number(
        "bias_lr_mult", "Step size of the bias, relative.", POSITIVE, words=AUTO, default="auto"
    ),
    number(
        "bias_wd_mult",
        "L2 regularisation of the bias, relative.",
        NOT_NEGATIVE,
        words=AUTO,
        default="auto",
    ),
    number("init_bias", "Bias at the start.", Interval(), default="0"),
    choice(
        "init_method",
        "Distribution of the weights at the start.",
        "uniform",
        "normal",
        default="uniform",
    ),
    number("init_scale", "Half width of the uniform distribution.", POSITIVE, default="0.07"),
    number(
        "init_sigma", "Standard deviation of the normal distribution.", POSITIVE, default="0.01"
    ),
    flag("use_lr_scheduler", "Whether the step size falls in time.", default="true"),
    integer("lr_scheduler_step", "Steps between falls.", 1, words=AUTO, default="auto"),
    number(
        "lr_scheduler_factor",
        "What a fall multiplies the step size by.",
        SHARE,
        words=AUTO,
        default="auto",
    ),
    number("lr_scheduler_minimum_lr", "Least step size.", POSITIVE, words=AUTO, default="auto"),
    flag("normalize_data", "Scale features to mean 0 and deviation 1.", words=AUTO, default="true"),
    flag("normalize_label", "Scale labels so, of a regressor.", words=AUTO, default="auto"),
    flag("unbias_data", "Shift features to mean 0.", words=AUTO, default="auto"),
    flag("unbias_label", "Shift labels to mean 0, of a regressor.", words=AUTO, default="auto"),
    integer(
        "num_point_for_scaler", "Rows that means and deviations are taken from.", 1, default="10000"
    ),
    integer("early_stopping_patience", "Epochs without improvement to stop after.", 1, default="3"),
    number("early_stopping_tolerance", "Least relative improvement.", POSITIVE, default="0.001"),
    choice(
        "binary_classifier_model_selection_criteria",
        "What the best binary model is best at.",
        "accuracy",
        "f1",
        "f_beta",
        "precision_at_target_recall",
        "recall_at_target_precision",
        "cross_entropy_loss",
        "loss_function",
        default="accuracy",
    ),
    number("target_recall", "Recall held for precision_at_target_recall.", SHARE, default="0.8"),
    number(
        "target_precision", "Precision held for recall_at_target_precision.", SHARE, default="0.8"
    ),
    number("f_beta", "Beta of the F score.", POSITIVE, default="1.0"),
    number(
        "positive_example_weight_mult",
        "Weight of positive rows.",
        POSITIVE,
        words=("balanced", "auto"),
        default="1.0",
        tunable=Tunable(1e-5, 1e5, "Logarithmic"),
    ),
    flag("balance_multiclass_weights", "Give every class equal weight.", default="false"),
    integer(
        "num_calibration_samples",
        "Validation rows that the threshold is found on.",
        1,
        words=AUTO,
        default="auto",
    ),
    integer("accuracy_top_k", "k of the top-k accuracy.", 1, default="3"),
    number("margin", "Margin of hinge_loss.", NOT_NEGATIVE, default="1.0"),
    number("quantile", "Quantile of quantile_loss.", SHARE, default="0.5"),
    number(
        "loss_insensitivity",
        "Error below which eps_insensitive losses are 0.",
        POSITIVE,
        default="0.01",
    ),
    number("huber_delta", "Error above which huber_loss is linear.", NOT_NEGATIVE, default="1.0"),
)


def rules(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between hyperparameters that are right by themselves."""
    kind = values["predictor_type"]
    loss = values.get("loss", "auto")
    wrong = []
    if kind == "multiclass_classifier" and values.get("num_classes") is None:
        wrong.append("num_classes is missing; predictor_type multiclass_classifier needs it")
    if kind != "multiclass_classifier" and values.get("num_classes") is not None:
        wrong.append(
            f"num_classes: '{values['num_classes']}' is only for predictor_type "
            f"multiclass_classifier, not {kind}"
        )
    if loss not in ("auto", *LOSSES[kind]):
        wrong.append(
            f"loss: '{loss}' is not valid with predictor_type {kind}; expected auto or "
            f"{', '.join(LOSSES[kind])}"
        )
    if kind != "regressor":
        wrong += [
            f"{name}: 'true' is only for predictor_type regressor, not {kind}"
            for name in ("normalize_label", "unbias_label")
            if values.get(name) is True
        ]
    return wrong


def _metrics() -> tuple[Metric, ...]:
    # fmt: off
    higher = [
        "binary_classification_accuracy", "binary_f_beta", "dcg", "macro_f_beta",
        "macro_precision", "macro_recall", "multiclass_accuracy", "multiclass_top_k_accuracy",
        "precision", "recall", "roc_auc_score",
    ]
    # fmt: on
    lower = ["absolute_loss", "mse", "objective_loss", "rmse"]
    return tuple(
        Metric(
            f"{channel}:{name}",
            rf"#quality_metric: host=\S+, {channel} {name} <\S+>=(\S+)",
            maximize=name in higher,
            tunable=channel != "train",
        )
        for channel in ("train", "validation", "test")
        for name in sorted(higher + lower)
        if channel != "train" or name == "objective_loss"
    )


CONTENT_TYPES = ("application/x-recordio-protobuf", "text/csv")

LINEAR_LEARNER = Algorithm(
    name="linear-learner",
    title="Linear Learner",
    images=("linear-learner",),
    tags=r"latest|1",
    package="studio_ext.algorithms.linear_learner",
    notebook="algorithms/linear_learner.ipynb",
    hyperparameters=HYPERPARAMETERS,
    rules=rules,
    metrics=_metrics(),
    channels=(
        Channel("train", CONTENT_TYPES, required=True),
        Channel("validation", CONTENT_TYPES),
        Channel("test", CONTENT_TYPES),
    ),
    inference_types=(*CONTENT_TYPES, "application/json", "application/jsonlines"),
    accept=(
        "application/json",
        "application/jsonlines",
        "application/x-recordio-protobuf",
        "text/csv",
    ),
)
