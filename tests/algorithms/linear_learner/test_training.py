from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import log_loss, roc_auc_score

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.linear_learner import training
from studio_ext.algorithms.linear_learner.contract import LINEAR_LEARNER, LOSSES
from studio_ext.algorithms.linear_learner.evaluation import evaluate
from studio_ext.algorithms.linear_learner.loop import Training
from studio_ext.algorithms.linear_learner.training import Fit
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table
from tests.algorithms.conftest import split

BINARY = {"predictor_type": "binary_classifier"}
REGRESSOR = {"predictor_type": "regressor"}
MULTI = {"predictor_type": "multiclass_classifier", "num_classes": "10"}
SMALL = {"mini_batch_size": "50"}


def fit(data: Data, **given: str) -> Fit:
    return training.train({**SMALL, **given}, data, "model")


def predictions(done: Fit, data: Data) -> Any:
    return done.model.scores(data.held_out()[1].features)


def test_metrics_are_those_of_the_kept_model() -> None:
    data = split("cancer", test=True)
    labels = data.held_out()[1].labels
    done = fit(data, **BINARY)
    found = done.metrics["test"]
    assert found["binary_classification_accuracy"] > 0.94
    assert found["objective_loss"] == pytest.approx(
        log_loss(labels, predictions(done, data)), rel=1e-4
    )
    assert found["roc_auc_score"] == pytest.approx(roc_auc_score(labels, predictions(done, data)))
    assert (
        fit(split("digits", test=True), **MULTI).metrics["test"]["multiclass_top_k_accuracy"] > 0.98
    )


def skewed(seed: int = 0, rows: int = 600, classes: int = 2) -> Data:
    """Noisy classes of which the first has most rows."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 5)).astype(np.float32)
    drive = features[:, 0] + 0.5 * features[:, 1] + rng.normal(0, 0.8, rows)
    labels = np.digitize(drive, np.linspace(1.0, 2.0, classes - 1)).astype(np.float32)
    half = rows // 2
    return Data(
        {
            "train": Table(features[:half], labels[:half]),
            "validation": Table(features[half:], labels[half:]),
        }
    )


ONE = {"num_models": "1"}
# predictor type, name, value, and what else must be given for it to matter
CHANGES: list[tuple[dict[str, str], str, str, dict[str, str]]] = [
    (BINARY, "loss", "hinge_loss", ONE),
    (REGRESSOR, "loss", "absolute_loss", ONE),
    (REGRESSOR, "loss", "huber_loss", ONE),
    (REGRESSOR, "loss", "quantile_loss", ONE),
    (REGRESSOR, "loss", "eps_insensitive_squared_loss", {**ONE, "loss_insensitivity": "0.5"}),
    (REGRESSOR, "loss", "eps_insensitive_absolute_loss", ONE),
    (REGRESSOR, "epochs", "2", {}),
    (REGRESSOR, "mini_batch_size", "20", {}),
    (REGRESSOR, "learning_rate", "0.002", ONE),
    (REGRESSOR, "l1", "0.1", ONE),
    (REGRESSOR, "wd", "0.5", ONE),
    (REGRESSOR, "num_models", "1", {}),
    (REGRESSOR, "optimizer", "sgd", ONE),
    (REGRESSOR, "optimizer", "rmsprop", ONE),
    (REGRESSOR, "beta_1", "0.5", ONE),
    (REGRESSOR, "beta_2", "0.5", ONE),
    (REGRESSOR, "momentum", "0.1", {**ONE, "optimizer": "sgd"}),
    (BINARY, "use_bias", "false", ONE),
    (BINARY, "bias_lr_mult", "0.1", ONE),
    (BINARY, "bias_wd_mult", "10", {**ONE, "wd": "0.1"}),
    (BINARY, "init_bias", "3", ONE),
    (REGRESSOR, "init_method", "normal", ONE),
    (REGRESSOR, "init_scale", "2", ONE),
    (REGRESSOR, "init_sigma", "2", {**ONE, "init_method": "normal"}),
    (REGRESSOR, "use_lr_scheduler", "false", ONE),
    (REGRESSOR, "lr_scheduler_step", "1", ONE),
    (REGRESSOR, "lr_scheduler_factor", "0.1", ONE),
    (REGRESSOR, "lr_scheduler_minimum_lr", "0.009", ONE),
    (REGRESSOR, "normalize_data", "false", ONE),
    (REGRESSOR, "normalize_label", "false", ONE),
    (REGRESSOR, "unbias_data", "false", ONE),
    (REGRESSOR, "unbias_label", "false", ONE),
    (REGRESSOR, "num_point_for_scaler", "5", ONE),
    (
        REGRESSOR,
        "early_stopping_patience",
        "1",
        {"early_stopping_tolerance": "0.05", "epochs": "15"},
    ),
    (REGRESSOR, "early_stopping_tolerance", "0.5", {"epochs": "15"}),
    (BINARY, "positive_example_weight_mult", "9", ONE),
    (BINARY, "positive_example_weight_mult", "balanced", ONE),
    (BINARY, "positive_example_weight_mult", "auto", {}),
    (MULTI | {"num_classes": "3"}, "balance_multiclass_weights", "true", ONE),
    (BINARY, "margin", "0.1", {**ONE, "loss": "hinge_loss"}),
    (REGRESSOR, "quantile", "0.9", {**ONE, "loss": "quantile_loss"}),
    (REGRESSOR, "loss_insensitivity", "1", {**ONE, "loss": "eps_insensitive_squared_loss"}),
    (REGRESSOR, "huber_delta", "0.1", {**ONE, "loss": "huber_loss"}),
]


@pytest.mark.parametrize(("kind", "name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(
    kind: dict[str, str], name: str, value: str, others: dict[str, str]
) -> None:
    data = skewed(classes=3 if "num_classes" in kind else 2)
    if kind is REGRESSOR:
        data = split("diabetes")
    without = predictions(fit(data, **kind, **{"epochs": "4", **others}), data)
    given = predictions(fit(data, **kind, **{"epochs": "4", **others, name: value}), data)
    assert np.abs(given - without).max() > 1e-6


THRESHOLDS = [
    ("binary_classifier_model_selection_criteria", "precision_at_target_recall", {}),
    ("binary_classifier_model_selection_criteria", "loss_function", {}),
    ("f_beta", "5", {"binary_classifier_model_selection_criteria": "f_beta"}),
    (
        "target_recall",
        "0.99",
        {"binary_classifier_model_selection_criteria": "precision_at_target_recall"},
    ),
    (
        "target_precision",
        "0.95",
        {"binary_classifier_model_selection_criteria": "recall_at_target_precision"},
    ),
    ("num_calibration_samples", "30", {}),
]


@pytest.mark.parametrize(("name", "value", "others"), THRESHOLDS)
def test_a_hyperparameter_changes_the_threshold(
    name: str, value: str, others: dict[str, str]
) -> None:
    data = skewed()
    without = fit(data, **BINARY, **ONE, **others).model.threshold
    assert fit(data, **BINARY, **ONE, **others, **{name: value}).model.threshold != without


def test_no_hyperparameter_is_forgotten() -> None:
    tested = {name for _, name, _, _ in CHANGES} | {name for name, _, _ in THRESHOLDS}
    elsewhere = {"predictor_type", "num_classes", "feature_dim", "accuracy_top_k"}
    assert {h.name for h in LINEAR_LEARNER.hyperparameters} == tested | elsewhere


def test_top_k_is_a_metric() -> None:
    data = split("digits")
    one = fit(data, **MULTI, accuracy_top_k="1").metrics["validation"]
    assert one["multiclass_top_k_accuracy"] == one["multiclass_accuracy"]
    five = fit(data, **MULTI, accuracy_top_k="5").metrics["validation"]
    assert five["multiclass_top_k_accuracy"] > one["multiclass_accuracy"]


@pytest.mark.parametrize("target", ["0.5", "0.9"])
def test_targets_are_held_on_the_validation_data(target: str) -> None:
    data = skewed(rows=2000)
    criterion = "binary_classifier_model_selection_criteria"
    found = fit(data, **BINARY, **{criterion: "precision_at_target_recall"}, target_recall=target)
    assert found.metrics["validation"]["recall"] >= float(target)
    found = fit(data, **BINARY, **{criterion: "recall_at_target_precision"}, target_precision="0.7")
    assert found.metrics["validation"]["precision"] >= 0.7


def test_f1_is_better_when_selected() -> None:
    data = skewed(rows=2000)
    criterion = "binary_classifier_model_selection_criteria"
    plain = fit(data, **BINARY, **{criterion: "loss_function"}).metrics["validation"]
    f1 = fit(data, **BINARY, **{criterion: "f1"}).metrics["validation"]
    assert f1["binary_f_beta"] > plain["binary_f_beta"]


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_quantile_is_the_share_of_labels_above(quantile: float) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 3)).astype(np.float32)
    labels = (features[:, 0] + rng.normal(size=4000)).astype(np.float32)
    data = Data({"train": Table(features, labels)})
    done = fit(data, **REGRESSOR, loss="quantile_loss", quantile=str(quantile))
    assert (labels > predictions(done, data)).mean() == pytest.approx(quantile, abs=0.04)


def test_l1_leaves_out_what_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1000, 10)).astype(np.float32)
    data = Data({"train": Table(features, (3 * features[:, 0]).astype(np.float32))})
    done = fit(data, **REGRESSOR, **ONE, l1="0.1", epochs="40")
    assert np.count_nonzero(np.abs(done.weights) > 0.01) == 1
    assert np.count_nonzero(done.weights) < 4
    assert next(iter(evaluate(done, data).importance)) == "f0"


def test_sparse_features_train_like_dense_ones() -> None:
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(800, 6)) * (rng.random((800, 6)) < 0.4)).astype(np.float32)
    labels = (features @ np.arange(6) + 2).astype(np.float32)
    thin = Data({"train": Table(sparse.csr_matrix(features), labels)})
    done = fit(thin, **REGRESSOR, epochs="40")
    assert done.metrics["train"]["rmse"] < 0.1


@pytest.mark.parametrize(
    ("kind", "loss"), [(kind, loss) for kind, losses in LOSSES.items() for loss in losses]
)
def test_every_loss_has_the_slope_it_says(kind: str, loss: str) -> None:
    given = {"predictor_type": kind, "loss": loss}
    if kind == "multiclass_classifier":
        given["num_classes"] = "3"
    from studio_ext.algorithms.linear_learner.losses import loss_of

    function = loss_of(training.all_values(given))[1]
    rng = np.random.default_rng(0)
    shape = (40, 2, 3) if "num_classes" in given else (40, 2)
    scores = rng.normal(0, 2, shape)
    labels = rng.integers(0, 2, 40).astype(float)
    values, slopes = function(scores, labels)
    step = 1e-6
    for index in np.ndindex(shape[2:]):
        moved = scores.copy()
        moved[(..., *index)] += step
        change = (function(moved, labels)[0] - values) / step
        np.testing.assert_allclose(change, slopes[(..., *index)], atol=1e-4)


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(split("cancer", test=True), **BINARY, epochs="2")
    out = capsys.readouterr().out
    assert "#progress_metric: host=algo-1, completed 50 % of epochs" in out
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    found: dict[str, list[float]] = {}
    for metric in LINEAR_LEARNER.metrics:
        found[metric.name] = [float(value) for value in re.findall(metric.regex, out)]
    assert len(found["train:objective_loss"]) == 3  # each epoch, then the model kept
    assert len(found["validation:objective_loss"]) == 3
    for name in ("binary_classification_accuracy", "precision", "recall", "roc_auc_score"):
        for channel in ("validation", "test"):
            assert found[f"{channel}:{name}"] == [
                pytest.approx(done.metrics[channel][name], rel=1e-4)
            ]


@pytest.mark.parametrize("kind", LOSSES)
def test_every_documented_metric_is_printed(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = {"regressor": "diabetes", "binary_classifier": "cancer"}.get(kind, "digits")
    given = MULTI if name == "digits" else {"predictor_type": kind}
    fit(split(name, test=True), **given, epochs="1")
    out = capsys.readouterr().out
    printed = {m.name.partition(":")[2] for m in LINEAR_LEARNER.metrics if re.search(m.regex, out)}
    of = {
        "regressor": {"absolute_loss", "mse", "rmse"},
        "binary_classifier": {"binary_classification_accuracy", "binary_f_beta", "precision",
                              "recall", "roc_auc_score"},
        "multiclass_classifier": {"dcg", "macro_f_beta", "macro_precision", "macro_recall",
                                  "multiclass_accuracy", "multiclass_top_k_accuracy"},
    }  # fmt: skip
    assert printed == of[kind] | {"objective_loss"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "predictor_type is missing"),
        ({"predictor_type": "multiclass_classifier"}, "num_classes is missing"),
        ({**BINARY, "num_classes": "3"}, "num_classes: '3' is only for"),
        ({**BINARY, "loss": "squared_loss"}, "expected auto or logistic, hinge_loss"),
        ({**BINARY, "normalize_label": "true"}, "normalize_label: 'true' is only for"),
        ({**BINARY, "epoch": "3"}, "did you mean epochs?"),
        ({**BINARY, "target_recall": "1"}, "target_recall: '1' is not valid"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        LINEAR_LEARNER.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "rows", "message"),
    [
        (BINARY, "2,1\n0,1\n", "row 1 has the label 2; expected a whole number from 0 to 1"),
        (MULTI, "1.5,1\n0,1\n", "row 1 has the label 1.5; expected a whole number from 0 to 9"),
        (REGRESSOR, "1,5,\n1,5,6\n", "row 1, feature f1 is missing; linear-learner expects"),
        ({**REGRESSOR, "feature_dim": "3"}, "1,5\n", "has 1 features; expected feature_dim=3"),
    ],
)
def test_what_is_wrong_in_data(given: dict[str, str], rows: str, message: str) -> None:
    Path("train.csv").write_text(rows)
    with pytest.raises(DataError) as caught:
        training.read_data(given, {"train": {"path": "train.csv", "content_type": "text/csv"}})
    assert message in str(caught.value)


def test_a_model_that_diverges_says_so() -> None:
    with pytest.raises(DataError, match=r"every model diverged.*expected a smaller learning_rate"):
        fit(split("diabetes"), **REGRESSOR, **ONE, optimizer="sgd", learning_rate="1e30")
    assert not Path("model").exists()


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Training._judge

    def stop(self: Training, epoch: int) -> tuple[float, int]:
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)
        return whole(self, epoch)

    monkeypatch.setattr(Training, "_judge", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(split("diabetes"), **REGRESSOR)
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


def test_reading_and_the_report(csv_channels: Any) -> None:
    channels = csv_channels(split("digits"))
    data = training.read_data(MULTI, channels)
    done = training.train({**MULTI, **SMALL}, data, "model")
    report = evaluate(done, data)
    assert (report.task, report.channel) == ("classes", "validation")
    assert sum(report.importance.values()) == pytest.approx(1)
    assert (report.actual == report.predicted).mean() == pytest.approx(
        done.metrics["validation"]["multiclass_accuracy"]
    )
