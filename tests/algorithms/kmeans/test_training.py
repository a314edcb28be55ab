from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.kmeans import pictures, training
from studio_ext.algorithms.kmeans.centers import Stream
from studio_ext.algorithms.kmeans.contract import KMEANS
from studio_ext.algorithms.kmeans.training import Fit
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError
from tests.algorithms.unlabelled import RECORDIO, channel_files, rows_of, unlabelled

ROWS = rows_of("digits")[:400]
BASE = {"k": "10", "feature_dim": "64", "mini_batch_size": "100"}


def fit(features: Any = ROWS, test: Any = None, **given: str) -> Fit:
    return training.train({**BASE, **given}, unlabelled(features, test), "model")


def test_sizes_metrics_and_the_artefact() -> None:
    done = fit(ROWS[:300], ROWS[300:])
    centers = done.model.centers
    squares = np.square(ROWS[:, None] - centers).sum(2)
    assert done.sizes.tolist() == np.bincount(squares[:300].argmin(1), minlength=10).tolist()
    found = done.metrics["test"]
    assert found["msd"] == pytest.approx(squares[300:].min(1).mean(), rel=1e-5)
    assert found["ssd"] == pytest.approx(100 * found["msd"])
    arrays = mxnet.load(Path("model/model_algo-1").read_bytes())
    assert list(arrays) == ["0"], "MXNet loads it as a list"
    assert arrays["0"].tolist() == centers.tolist()


def test_blobs_are_found() -> None:
    rng = np.random.default_rng(0)
    middles = rng.normal(0, 20, (5, 3))
    rows = (middles[rng.integers(0, 5, 1000)] + rng.normal(size=(1000, 3))).astype(np.float32)
    done = fit(rows, k="5", feature_dim="3")
    apart = np.linalg.norm(done.model.centers[:, None] - middles, axis=2)
    assert (apart.min(0) < 0.4).all()
    assert len(set(apart.argmin(0))) == 5


# name, value, and what else must be given for it to matter
CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("k", "9", {}),
    ("epochs", "3", {}),
    ("mini_batch_size", "300", {}),
    ("init_method", "kmeans++", {}),
    ("extra_center_factor", "2", {}),
    ("half_life_time_size", "50", {}),
    ("local_lloyd_init_method", "random", {"local_lloyd_num_trials": "1"}),
    ("local_lloyd_max_iter", "1", {}),
    ("local_lloyd_tol", "1", {"local_lloyd_num_trials": "1"}),
    ("local_lloyd_num_trials", "1", {}),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_centres(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, others: dict[str, str]
) -> None:
    monkeypatch.setattr(training, "SETTLING", 0)  # which may lead different starts together
    without, given = fit(**others).model.centers, fit(**{**others, name: value}).model.centers
    assert without.shape != given.shape or np.abs(without - given).max() > 1e-4


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"feature_dim", "eval_metrics", "force_dense"}
    assert {h.name for h in KMEANS.hyperparameters} == {name for name, *_ in CHANGES} | elsewhere


def test_the_same_job_gives_the_same_centres() -> None:
    assert np.array_equal(fit().model.centers, fit().model.centers)


def test_settling_lowers_the_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = fit().metrics["train"]["msd"]
    monkeypatch.setattr(training, "SETTLING", 0)
    assert settled < fit().metrics["train"]["msd"]


def test_a_half_life_is_what_its_name_says() -> None:
    stream = Stream(np.zeros((1, 1), np.float32), np.array([4.0]), 10)
    stream.take(np.ones((10, 1), np.float32))
    assert stream.weights.tolist() == [12.0]
    assert stream.centers[0, 0] == pytest.approx(10 / 12)


def test_sparse_rows_cluster_like_dense_ones() -> None:
    dense, thin = fit(), fit(sparse.csr_matrix(ROWS))
    assert thin.metrics["train"]["msd"] == pytest.approx(dense.metrics["train"]["msd"], rel=0.02)


@pytest.mark.parametrize("method", ["random", "kmeans++"])
def test_fewer_different_rows_than_clusters(method: str) -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 20, 0)
    done = fit(rows, k="5", feature_dim="3", init_method=method)
    assert done.metrics["train"]["msd"] < 1e-6
    assert np.isfinite(done.model.centers).all()


@pytest.mark.parametrize("k", ["1", "30"])
def test_as_few_and_as_many_clusters_as_there_are_rows(k: str) -> None:
    done = fit(ROWS[:30], k=k)
    assert done.model.centers.shape == (int(k), 64)
    if k == "1":
        np.testing.assert_allclose(done.model.centers[0], ROWS[:30].mean(0), atol=1e-4)


@pytest.mark.parametrize("wanted", [["msd"], ["ssd"], ["msd", "ssd"]])
def test_the_log_is_as_clients_parse_it(
    capsys: pytest.CaptureFixture[str], wanted: list[str]
) -> None:
    text = str(wanted).replace("'", '"')
    done = fit(ROWS[:300], ROWS[300:], epochs="2", eval_metrics=text)
    out = capsys.readouterr().out
    assert "#progress_metric: host=algo-1, completed 50 % of epochs" in out
    assert len(re.findall(r"#quality_metric: host=algo-1, epoch=\d, train msd <loss>=", out)) == 2
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    for metric in KMEANS.metrics:
        name = metric.name.removeprefix("test:")
        values = [float(value) for value in re.findall(metric.regex, out)]
        assert values == (
            [pytest.approx(done.metrics["test"][name], rel=1e-5)] if name in wanted else []
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"k": "3"}, "feature_dim is missing"),
        ({**BASE, "k": "0"}, "k: '0' is not valid; expected an integer at least 1"),
        ({**BASE, "eval_metrics": "msd"}, "expected a JSON list of some of msd, ssd"),
        ({**BASE, "eval_metrics": '["mse"]'}, "expected a JSON list of some of msd, ssd"),
        ({**BASE, "eval_metrics": "[]"}, "expected a JSON list of some of msd, ssd"),
        ({**BASE, "local_lloyd_tol": "2"}, "local_lloyd_tol: '2' is not valid"),
        ({**BASE, "max_iterations": "2"}, "unknown hyperparameter"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        KMEANS.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "content_type", "message"),
    [
        ("1,2\n3,\n", "text/csv", "row 2, feature f1 is missing; kmeans expects a number"),
        ("1\n3\n", "text/csv", "has 1 features; expected feature_dim=2"),
        ("0,1,3\n", "text/csv", "is named so: ContentType text/csv;label_size=1"),
        ("1,2\n3\n", "text/csv", "data.csv: line 2 has 1 columns; expected 2, as in line 1"),
        ("1,a\n", "text/csv", "data.csv: line 1, column 2: found 'a'; expected a number"),
        ("1,2\n", "text/csv", "has 1 rows; expected at least k=2"),
        ("\n", "text/csv", "channel 'train' has no rows"),
        ("1,2\n", "text/libsvm", "has content type 'text/libsvm'; expected one of"),
        ("1,2\n", "application/x-recordio-protobuf", "data.csv: record 1 at byte 0 is cut short"),
    ],
)
def test_what_is_wrong_in_data(text: str, content_type: str, message: str) -> None:
    Path("data.csv").write_text(text)
    channels = {"train": {"path": "data.csv", "content_type": content_type}}
    with pytest.raises(DataError) as caught:
        training.read_data({"k": "2", "feature_dim": "2"}, channels)
    assert message in str(caught.value)


@pytest.mark.parametrize("force", ["True", "false"])
def test_force_dense_fills_rows(force: str) -> None:
    channel = channel_files(sparse.csr_matrix(ROWS), RECORDIO)
    data = training.read_data({**BASE, "force_dense": force}, {"train": channel})
    assert data.train.sparse is (force == "false")
    assert (data.train.dense() == ROWS).all()


def test_labels_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.csv").write_text("7,1,2\n8,3,4\n")
    channels = {"train": {"path": "data.csv", "content_type": "text/csv;label_size=1"}}
    data = training.read_data({"k": "2", "feature_dim": "2"}, channels)
    assert data.train.labels is None
    assert data.train.features.tolist() == [[1, 2], [3, 4]]
    assert "notice: channel 'train': labels are not used" in capsys.readouterr().out
    assert "none" in repr(data.summary())


def test_a_stopped_job_keeps_its_centres(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Stream.take
    calls = []

    def stop(self: Stream, batch: Any) -> float:
        calls.append(len(batch))
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return whole(self, batch)

    monkeypatch.setattr(Stream, "take", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert mxnet.load(Path("model/model_algo-1").read_bytes())["0"].shape == (10, 64)


@pytest.mark.parametrize(("k", "columns"), [(3, 64), (40, 64), (2, 1), (2, 2)])
def test_the_picture(k: int, columns: int) -> None:
    rows = ROWS[:, 20 : 20 + columns] if columns < 64 else ROWS
    data = unlabelled(rows)
    done = training.train({**BASE, "k": str(k), "feature_dim": str(columns)}, data, "model")
    picture = pictures.clusters(done, data)
    assert picture.png.startswith(b"\x89PNG")
    assert f"{k} clusters; the largest has {done.sizes.max()} rows" in repr(picture)


def test_the_picture_of_sparse_rows() -> None:
    data = unlabelled(sparse.csr_matrix(ROWS))
    done = training.train(BASE, data, "model")
    assert "10 clusters" in repr(pictures.clusters(done, data))
