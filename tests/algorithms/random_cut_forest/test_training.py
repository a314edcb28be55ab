from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.random_cut_forest import forest, pictures, serving, training
from studio_ext.algorithms.random_cut_forest.contract import RANDOM_CUT_FOREST
from studio_ext.algorithms.random_cut_forest.training import Fit, Scores
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 4)).astype(np.float32)
FAR = RNG.normal(size=(6, 4)).astype(np.float32) + 9
TEST = Table(np.concatenate([FAR, ROWS[:194]]), np.repeat([1.0, 0.0], [6, 194]).astype("f4"))
BASE = {"feature_dim": "4", "num_trees": "50", "num_samples_per_tree": "32"}


def fit(features: Any = ROWS, test: Table | None = None, **given: str) -> Fit:
    tables = {"train": Table(features)} | ({} if test is None else {"test": test})
    return training.train({**BASE, **given}, Data(tables), "model")


def test_anomalies_are_found() -> None:
    done = fit(test=TEST)
    scores = done.scores["test"]
    assert scores.values[:6].min() > scores.values[6:].max()
    assert scores.cut == pytest.approx(scores.values.mean() + 3 * scores.values.std())
    assert done.metrics["test"]["recall"] == 1.0
    assert done.metrics["test"]["f1"] > 0.7


def test_metrics_of_known_answers() -> None:
    values = np.array([2.0, 2.0, 2.0, 0.0, 0.0, 0.0])
    scores = Scores(np.arange(6), values, 1.0, np.array([1, 1, 0, 0, 0, 1]))
    found = training.judge(scores, ("accuracy", "precision_recall_fscore"))
    third = pytest.approx(2 / 3)
    assert found == {"accuracy": third, "precision": third, "recall": third, "f1": third}
    nothing = Scores(np.arange(2), np.zeros(2), 1.0, np.zeros(2))
    assert training.judge(nothing, ("precision_recall_fscore",))["f1"] == 0.0


@pytest.mark.parametrize(("name", "value"), [("num_trees", "60"), ("num_samples_per_tree", "64")])
def test_a_hyperparameter_changes_the_scores(name: str, value: str) -> None:
    without, given = fit().model.scores(FAR), fit(**{name: value}).model.scores(FAR)
    assert np.abs(without - given).max() > 1e-3


def test_the_forest_is_as_large_as_asked_for() -> None:
    done = fit(num_trees="64")
    assert sum(done.model.sizes) == 64
    options = [grove.options() for grove in done.model.groves]
    assert tuple(one["num_trees"] for one in options) == done.model.sizes
    assert {one["sample_size"] for one in options} == {32}


def test_trees_hold_no_more_than_their_rows() -> None:
    """A row that is in the tree is usual; with one row in a tree's sample of 32 few are."""
    few, all_rows = fit(num_samples_per_tree="3"), fit(num_samples_per_tree="300")
    assert few.model.scores(ROWS).std() < all_rows.model.scores(FAR).mean()


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows(rows: int) -> None:
    scores = fit(ROWS[:rows]).model.scores(ROWS)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("samples", ["3", "4"])
def test_the_smallest_trees(samples: str) -> None:
    scores = fit(num_samples_per_tree=samples).model.scores(np.concatenate([ROWS, FAR]))
    assert scores[-6:].mean() > scores[:-6].mean()


def test_rows_that_are_all_alike() -> None:
    done = fit(np.ones((50, 4), np.float32))
    same, other = done.model.scores(np.array([[1, 1, 1, 1], [1, 1, 1, 2]], np.float32))
    assert other > 2 * same


def test_the_same_job_gives_the_same_scores() -> None:
    assert np.array_equal(fit().model.scores(FAR), fit().model.scores(FAR))


def test_sparse_rows_score_like_dense_ones() -> None:
    thin = fit(sparse.csr_matrix(ROWS)).model.scores(sparse.csr_matrix(FAR))
    np.testing.assert_allclose(thin, fit().model.scores(FAR))


def test_wide_rows_keep_fewer_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit()
    size = Path("model/model_algo-1").stat().st_size
    monkeypatch.setattr(forest, "BOXES", 1)
    np.testing.assert_allclose(fit().model.scores(FAR), whole.model.scores(FAR), rtol=1e-5)
    assert Path("model/model_algo-1").stat().st_size < size


def test_scoring_goes_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fit().model
    whole = model.scores(ROWS)
    monkeypatch.setattr(forest, "CHUNK", 7)
    assert np.array_equal(model.scores(ROWS), whole)


def test_few_training_rows_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SCORED", 10)
    found = fit().scores["train"]
    assert (found.rows[0], found.rows[-1], len(found.values)) == (0, 299, 10)


@pytest.mark.parametrize(
    ("wanted", "printed"),
    [
        (None, ["accuracy", "precision", "recall", "f1"]),
        ('["accuracy"]', ["accuracy"]),
        ('["precision_recall_fscore"]', ["precision", "recall", "f1"]),
    ],
)
def test_the_log_is_as_clients_parse_it(
    capsys: pytest.CaptureFixture[str], wanted: str | None, printed: list[str]
) -> None:
    done = fit(test=TEST, **({"eval_metrics": wanted} if wanted else {}))
    out = capsys.readouterr().out
    assert "#progress_metric: host=algo-1, completed 20 % of trees" in out
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    found = re.findall(r"#quality_metric: host=algo-1, test (\S+) <score>=(\S+)", out)
    assert [name for name, _ in found] == printed
    (metric,) = RANDOM_CUT_FOREST.metrics
    f1 = [float(value) for value in re.findall(metric.regex, out)]
    assert f1 == ([pytest.approx(done.metrics["test"]["f1"], rel=1e-5)] if "f1" in printed else [])


def test_the_batch_size_of_the_sdk_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    scores = fit(mini_batch_size="1000").model.scores(FAR)
    assert "notice: mini_batch_size changes nothing" in capsys.readouterr().out
    assert np.array_equal(scores, fit().model.scores(FAR))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "feature_dim is missing"),
        ({"feature_dim": "10001"}, "expected an integer at least 1 and at most 10000"),
        ({**BASE, "num_trees": "49"}, "expected an integer at least 50 and at most 1000"),
        ({**BASE, "num_samples_per_tree": "2049"}, "expected an integer at least 1 and at most"),
        ({**BASE, "num_samples_per_tree": "2"}, "'2' is not available here: a tree of fewer"),
        ({**BASE, "eval_metrics": '["f1"]'}, "JSON list of some of accuracy, precision_recall_"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        RANDOM_CUT_FOREST.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ("1,2\n3,\n", "0,1,2\n", "row 2, feature f1 is missing; randomcutforest expects"),
        ("1,2\n", "2,1,2\n", "channel 'test': row 1 has the label 2; expected 1 for an anomaly"),
        ("1,2\n", "0,1\n", "channel 'test' has 1 features; expected 2, as channel 'train'"),
        ("1\n", "0,1\n", "channel 'train' has 1 features; expected feature_dim=2"),
    ],
)
def test_what_is_wrong_in_data(train: str, test: str, message: str) -> None:
    channels = {}
    for name, text in (("train", train), ("test", test)):
        Path(f"{name}.csv").write_text(text)
        channels[name] = {"path": f"{name}.csv", "content_type": "text/csv"}
    with pytest.raises(DataError) as caught:
        training.read_data({"feature_dim": "2"}, channels)
    assert message in str(caught.value)


def test_the_test_channel_needs_labels() -> None:
    Path("data.csv").write_text("1,2\n3,4\n")
    channel = {"path": "data.csv", "content_type": "text/csv;label_size=0"}
    with pytest.raises(DataError, match="channel 'test' has no labels"):
        training.read_data({"feature_dim": "2"}, {"train": channel, "test": channel})


def test_a_stopped_job_keeps_its_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = forest._empty, []

    def stop(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return whole(*given)

    monkeypatch.setattr(forest, "_empty", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    model = serving.load("model")
    assert model.sizes == (10, 10)
    assert model.scores(FAR).min() > 1


@pytest.mark.parametrize("test", [None, TEST])
def test_the_picture(test: Table | None) -> None:
    picture = pictures.scores(fit(test=test))
    assert picture.png.startswith(b"\x89PNG")
    if test is None:
        assert "Anomaly scores of train" in repr(picture)
    else:
        assert "6 of 6 true anomalies" in repr(picture)
