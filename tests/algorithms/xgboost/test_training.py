from __future__ import annotations

import json
import re
import signal
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.xgboost import training
from studio_ext.algorithms.xgboost.contract import XGBOOST
from studio_ext.algorithms.xgboost.evaluation import evaluate, predict_table
from studio_ext.algorithms.xgboost.training import Fit
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table
from tests.algorithms.conftest import split

BINARY = {"objective": "binary:logistic"}
MULTI = {"objective": "multi:softprob", "num_class": "10"}


def fit(data: Data, rounds: int = 5, channels: dict[str, Any] | None = None, **given: str) -> Fit:
    hyperparameters = {"num_round": str(rounds), **given}
    return training.train(hyperparameters, data, "model", "output", channels or {})


def saved_model() -> Any:
    booster = xgboost.Booster()
    booster.load_model(bytearray(Path("model/xgboost-model").read_bytes()))
    return booster


def predictions(done: Fit, data: Data) -> Any:
    return predict_table(done.models, data.held_out()[1])


def numbers(seed: int = 0, rows: int = 400) -> Data:
    """Positive labels that every regression objective takes, and weights."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 6)).astype(np.float32)
    labels = np.exp(0.4 * features[:, 0] + 0.2 * features[:, 1] * features[:, 2])
    labels = (labels + rng.exponential(0.1, rows)).astype(np.float32)
    weights = rng.uniform(0.1, 2, rows).astype(np.float32)
    return Data({"train": Table(features, labels, weights)})


@pytest.mark.parametrize(
    ("name", "given", "model"),
    [
        ("digits", MULTI, xgboost.XGBClassifier),
        ("cancer", BINARY, xgboost.XGBClassifier),
        ("diabetes", {}, xgboost.XGBRegressor),
    ],
)
def test_results_equal_xgboosts_own(name: str, given: dict[str, str], model: Any) -> None:
    data = split(name)
    done = fit(data, 20, **given, max_depth="4", subsample="0.8", seed="3")
    own = model(n_estimators=20, max_depth=4, subsample=0.8, random_state=3, n_jobs=1)
    own.fit(data.train.features, data.train.labels)
    table = data.held_out()[1]
    probabilities = getattr(own, "predict_proba", own.predict)(table.features)
    mine = predictions(done, data)
    if name == "cancer":
        probabilities = probabilities[:, 1]
    np.testing.assert_allclose(mine, probabilities, rtol=1e-5, atol=1e-6)
    assert (predict_table((saved_model(),), table) == mine).all()


# name, value, and what else must be given for it to matter
CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("eta", "0.1", {}),
    ("learning_rate", "0.1", {}),
    ("gamma", "20", {}),
    ("min_split_loss", "20", {}),
    ("max_depth", "2", {}),
    ("min_child_weight", "50", {}),
    ("max_delta_step", "0.05", {}),
    ("subsample", "0.5", {}),
    ("sampling_method", "gradient_based", {"subsample": "0.5", "tree_method": "hist"}),
    ("colsample_bytree", "0.5", {}),
    ("colsample_bylevel", "0.5", {}),
    ("colsample_bynode", "0.5", {}),
    ("lambda", "50", {}),
    ("reg_lambda", "50", {}),
    ("alpha", "5", {}),
    ("reg_alpha", "5", {}),
    ("tree_method", "exact", {}),
    ("tree_method", "approx", {"max_bin": "8"}),
    ("sketch_eps", "0.25", {"tree_method": "approx"}),
    ("updater", "grow_colmaker,prune", {}),
    ("grow_policy", "lossguide", {"max_leaves": "4"}),
    ("max_leaves", "4", {"grow_policy": "lossguide"}),
    ("max_bin", "4", {}),
    ("monotone_constraints", "(-1,0,0,0,0,0)", {}),
    ("interaction_constraints", "[[0],[1],[2,3]]", {}),
    ("num_parallel_tree", "3", {"subsample": "0.5"}),
    ("booster", "dart", {"rate_drop": "0.5"}),
    ("booster", "gblinear", {}),
    ("sample_type", "weighted", {"booster": "dart", "rate_drop": "0.5"}),
    ("normalize_type", "forest", {"booster": "dart", "rate_drop": "0.5"}),
    ("rate_drop", "0.5", {"booster": "dart"}),
    ("one_drop", "1", {"booster": "dart"}),
    ("skip_drop", "0.9", {"booster": "dart", "rate_drop": "0.5"}),
    ("tweedie_variance_power", "1.9", {"objective": "reg:tweedie"}),
    ("base_score", "3", {}),
    ("seed", "7", {"subsample": "0.5"}),
    ("aft_loss_distribution", "extreme", {"objective": "survival:aft"}),
    ("aft_loss_distribution_scale", "2", {"objective": "survival:aft"}),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str, others: dict[str, str]) -> None:
    data = numbers()
    without = predictions(fit(data, 8, **others), data)
    given = predictions(fit(data, 8, **others, **{name: value}), data)
    assert np.abs(given - without).max() > 1e-6


# Those that do not change the model, or change it in a test of their own.
ELSEWHERE = {
    "num_round", "num_class", "objective", "eval_metric", "early_stopping_rounds",
    "scale_pos_weight", "process_type", "refresh_leaf", "nthread", "verbosity", "csv_weights",
    "save_model_on_termination", "_kfold", "_num_cv_round", "_tuning_objective_metric",
}  # fmt: skip
NOTICED = {"deterministic_histogram"}
REFUSED = {
    "dsplit": "col",
    "predictor": "gpu_predictor",
    "tree_method": "gpu_hist",
    "lambda_bias": "0.5",
    "single_precision_histogram": "true",
    "prob_buffer_row": "10",
    "use_dask_gpu_training": "true",
}


def test_no_hyperparameter_is_forgotten() -> None:
    tested = {name for name, _, _ in CHANGES} | ELSEWHERE | NOTICED | set(REFUSED)
    assert {h.name for h in XGBOOST.hyperparameters} <= tested


@pytest.mark.parametrize(("name", "value"), REFUSED.items())
def test_what_is_not_available_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(HyperparameterError, match=f"{name}: '{value}' is not available here: "):
        XGBOOST.check({"num_round": "1", name: value})


def test_what_has_no_effect_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    fit(
        split("diabetes"),
        1,
        deterministic_histogram="false",
        sketch_eps="0.1",
        csv_weights="1",
        max_leaves="3",
        rate_drop="0.5",
    )
    out = capsys.readouterr().out
    assert "notice: deterministic_histogram has an effect on GPUs only" in out
    assert "notice: sketch_eps has an effect with tree_method=approx" in out
    assert "notice: csv_weights has an effect on text/csv only" in out
    assert 'notice: XGBoost: Parameters: { "rate_drop" } are not used.' in out


@pytest.mark.parametrize(
    "objective",
    ["reg:squarederror", "reg:linear", "reg:gamma", "reg:tweedie", "reg:squaredlogerror",
     "reg:pseudohubererror", "reg:absoluteerror", "count:poisson", "survival:cox", "survival:aft"],
)  # fmt: skip
def test_objectives_of_numbers(objective: str) -> None:
    data = numbers()
    done = fit(data, 5, objective=objective)
    assert np.isfinite(predictions(done, data)).all()
    (series,) = done.history["train"].values()
    assert len(series) == 5
    assert done.final()["train"]


@pytest.mark.parametrize("objective", ["binary:logistic", "binary:logitraw", "binary:hinge",
                                       "reg:logistic"])  # fmt: skip
def test_objectives_of_two_classes(objective: str) -> None:
    data = split("cancer")
    report = evaluate(fit(data, 10, objective=objective, eval_metric="accuracy"), data)
    assert report.metrics["validation"]["accuracy"] > 0.9
    assert report.task == "classes"


def test_softmax() -> None:
    data = split("digits")
    done = fit(data, 5, objective="multi:softmax", num_class="10", eval_metric="accuracy,merror")
    final = done.final()["validation"]
    assert final["accuracy"] == pytest.approx(1 - final["merror"], abs=1e-6)
    assert predictions(done, data).ndim == 1


def test_scale_pos_weight_and_weights_change_the_model() -> None:
    data = split("cancer")
    plain = predictions(fit(data, **BINARY), data)
    assert np.abs(predictions(fit(data, **BINARY, scale_pos_weight="5"), data) - plain).max() > 0.01
    weighted = numbers()
    table = weighted.train
    even = Data({"train": Table(table.features, table.labels)})
    assert np.abs(predictions(fit(weighted), even) - predictions(fit(even), even)).max() > 1e-4


def test_survival_takes_negative_labels_as_censored() -> None:
    data = numbers()
    table = data.train
    labels = np.asarray(table.labels).copy()
    labels[::2] *= -1
    censored = Data({"train": Table(table.features, labels)})
    given = {"objective": "survival:aft", "eval_metric": "aft-nloglik,interval-regression-accuracy"}
    assert (
        predictions(fit(censored, **given), data).mean()
        > predictions(fit(data, **given), data).mean()
    )


def test_ranking_by_query(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 4)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.float32)
    groups = np.repeat(np.arange(20), 10)
    weights = np.repeat(rng.uniform(size=20), 10).astype(np.float32)
    data = Data({"train": Table(features, labels, weights, groups)})
    done = fit(data, 5, objective="rank:ndcg", eval_metric="ndcg@5,map")
    assert done.final()["train"]["ndcg@5"] > 0.9
    assert "all rows are ranked as one list" not in capsys.readouterr().out
    fit(Data({"train": Table(features, labels)}), 2, objective="rank:map")
    assert "all rows are ranked as one list" in capsys.readouterr().out
    shuffled = Table(features, labels, None, groups[::-1].copy())
    with pytest.raises(DataError, match="row 11 has qid 18 after 19; expected rows sorted by qid"):
        fit(Data({"train": shuffled}), 2, objective="rank:ndcg")


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(split("digits"), 3, **MULTI, eval_metric="mlogloss,accuracy")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert len(lines) == 3
    final = done.final()
    expected = "".join(
        f"#011{channel}-{name}:{final[channel][name]:.5f}"
        for channel in ("train", "validation")
        for name in ("mlogloss", "accuracy")
    )
    assert lines[2] == f"[2]{expected}"
    regexes = {metric.name: metric.regex for metric in XGBOOST.metrics}
    for channel in ("train", "validation"):
        found = re.search(regexes[f"{channel}:accuracy"], lines[2])
        assert found is not None
        assert float(found[1]) == pytest.approx(final[channel]["accuracy"], abs=1e-5)


def test_the_tuning_objective_is_printed_once() -> None:
    done = fit(
        split("cancer"), 2, **BINARY, eval_metric="f1,auc",
        _tuning_objective_metric="validation:f1",
    )  # fmt: skip
    assert list(done.history["validation"]) == ["auc", "f1"]


def test_early_stopping_keeps_the_best_round() -> None:
    data = split("diabetes")
    done = fit(data, 200, early_stopping_rounds="5", eta="0.5")
    series = done.history["validation"]["rmse"]
    assert len(series) < 200
    assert done.best_round == int(np.argmin(series))
    assert len(series) == done.best_round + 6
    assert done.models[0].num_boosted_rounds() == done.best_round + 1
    assert done.final()["validation"]["rmse"] == min(series)


def test_early_stopping_maximizes_what_is_better_high() -> None:
    done = fit(
        split("cancer"), 60, **BINARY, eval_metric="logloss,accuracy", early_stopping_rounds="8"
    )
    series = done.history["validation"]["accuracy"]
    assert done.best_round == int(np.argmax(series))


@pytest.mark.parametrize(
    ("given", "labels", "message"),
    [
        (MULTI, [0, 10], "row 2 has the label 10; expected a whole number from 0 to 9 (num_class="),
        (MULTI, [0.5, 1], "row 1 has the label 0.5; expected a whole number"),
        (BINARY, [0, 2], "row 2 has the label 2; expected a number from 0 to 1"),
        ({"objective": "count:poisson"}, [-1, 2], "row 1 has the label -1"),
        ({"objective": "reg:gamma"}, [0, 2], "expected a number above 0"),
        ({"process_type": "update", "updater": "prune"}, [0, 2], "expected a channel named"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit(given: dict[str, str], labels: list[float], message: str) -> None:
    table = Table(np.ones((2, 2), np.float32), np.array(labels, np.float32))
    with pytest.raises(DataError, match=re.escape(message)):
        fit(Data({"train": table}), 1, **given)
    assert not Path("model").exists()


def test_refresh_and_prune_a_given_model(tmp_path: Path) -> None:
    data = numbers()
    first = fit(data, 5)
    before = predictions(first, data)
    with tarfile.open("model.tar.gz", "w:gz") as archive:
        archive.add("model/xgboost-model", "xgboost-model")
    (tmp_path / "given").mkdir()
    Path("model.tar.gz").rename(tmp_path / "given" / "model.tar.gz")
    channels = {"model": {"path": str(tmp_path / "given")}}
    other = numbers(seed=9)
    update = {"process_type": "update", "updater": "refresh"}
    after = predictions(fit(other, 5, channels, **update), data)
    structure = predictions(fit(other, 5, channels, **update, refresh_leaf="0"), data)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(structure, before, rtol=1e-5)
    assert fit(data, 3, channels).models[0].num_boosted_rounds() == 8
    (tmp_path / "given" / "model.tar.gz").unlink()
    with pytest.raises(DataError, match="channel 'model' has no model in"):
        fit(data, 3, channels)


def test_a_job_resumes_from_its_checkpoints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = split("diabetes")
    whole = fit(data, 12)
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "checkpointconfig.json").write_text(json.dumps({"LocalPath": "checkpoints"}))
    fit(data, 7)
    names = {path.name for path in Path("checkpoints").iterdir()}
    assert names == {f"xgboost-checkpoint.{number}" for number in range(2, 7)}
    Path("checkpoints/xgboost-checkpoint.7").write_text("cut short")
    capsys.readouterr()
    resumed = fit(data, 12)
    out = capsys.readouterr().out
    assert "an older checkpoint is tried" in out
    assert "resuming from a checkpoint of 7 rounds" in out
    assert re.findall(r"^\[(\d+)\]", out, re.MULTILINE) == ["7", "8", "9", "10", "11"]
    np.testing.assert_allclose(predictions(resumed, data), predictions(whole, data), rtol=1e-5)
    assert resumed.first_round == 7
    assert len(resumed.history["train"]["rmse"]) == 5


@pytest.mark.parametrize("keep", ["true", "false"])
def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch, keep: str) -> None:
    def stop(self: Any, model: Any, epoch: int, evals_log: Any) -> bool:
        if epoch == 3:
            signal.raise_signal(signal.SIGINT)
        return False

    monkeypatch.setattr(training.RoundLog, "after_iteration", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(split("diabetes"), 50, save_model_on_termination=keep)
    assert Path("model/xgboost-model").exists() == (keep == "true")
    assert [path.name for path in Path().glob("model/*part*")] == []
    if keep == "true":
        saved = saved_model()
        assert saved.num_boosted_rounds() == 4


def test_reading_and_the_report(csv_channels: Any) -> None:
    channels = csv_channels(split("cancer"))
    given = {"num_round": "10", **BINARY}
    data = training.read_data(given, channels)
    report = evaluate(training.train(given, data, "model", "output", channels), data)
    assert report.channel == "validation"
    assert sum(report.importance.values()) == pytest.approx(1)
    assert json.loads(report.save("output").read_text()) == report.metrics
    assert "accuracy" in repr(report.table())
    assert "<td" in report.table()._repr_html_()
    with pytest.raises(DataError, match="channel 'train' is missing"):
        training.read_data(given, {})
    with pytest.raises(DataError, match="channel 'tarin' is not known to xgboost"):
        training.read_data(given, {"tarin": channels["train"]})
