from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import hadamard as scipy_hadamard

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.knn import index, training
from studio_ext.algorithms.knn.contract import KNN
from studio_ext.algorithms.knn.evaluation import evaluate
from studio_ext.algorithms.knn.model import KnnModel
from studio_ext.algorithms.knn.pictures import by_k
from studio_ext.algorithms.knn.projection import hadamard, projection
from studio_ext.algorithms.knn.training import Fit
from studio_ext.algorithms.knn.votes import means, votes
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table
from tests.algorithms.conftest import split

CLASSES = {"predictor_type": "classifier", "feature_dim": "64", "k": "5", "sample_size": "5000"}
NUMBERS = {"predictor_type": "regressor", "feature_dim": "10", "k": "5", "sample_size": "5000"}
IVF = {"index_type": "faiss.IVFFlat"}
PQ = {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "8"}
SIGN = {"dimension_reduction_type": "sign", "dimension_reduction_target": "8"}


def fit(data: Data, given: Mapping[str, str], **more: str) -> Fit:
    return training.train({**given, **more}, data, "model")


def digits() -> Data:
    data = split("digits", test=True)
    return Data({name: data.tables[name] for name in ("train", "test")})


# name, value, what is given before, what else the value needs
CHANGES: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    ("k", "2", {}, {}),
    ("sample_size", "300", {}, {}),
    ("index_type", "faiss.IVFFlat", {}, {"faiss_index_ivf_nlists": "500"}),
    ("index_type", "faiss.IVFPQ", {}, {"faiss_index_pq_m": "4"}),
    ("faiss_index_ivf_nlists", "500", IVF, {}),
    ("faiss_index_pq_m", "3", PQ, {}),
    ("index_metric", "COSINE", {}, {}),
    ("index_metric", "INNER_PRODUCT", {}, {}),
    ("dimension_reduction_type", "sign", {}, {"dimension_reduction_target": "8"}),
    ("dimension_reduction_type", "fjlt", SIGN, {}),
    ("dimension_reduction_target", "9", SIGN, {}),
]


def found(fit: Fit, data: Data) -> tuple[Any, Any]:
    return fit.model.neighbours(data.tables["test"].features[:100], fit.values["k"])


@pytest.mark.parametrize(("name", "value", "before", "others"), CHANGES)
def test_a_hyperparameter_changes_the_neighbours(
    name: str,
    value: str,
    before: dict[str, str],
    others: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index, "LEAST_PROBED", 1)  # else the cells of so few rows miss nothing
    monkeypatch.setattr(index, "PROBED", 0.0)
    data = digits()
    without = found(fit(data, {**CLASSES, **before}), data)
    given = found(fit(data, {**CLASSES, **before, **others, name: value}), data)
    assert not np.array_equal(without[0], given[0])


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"feature_dim", "predictor_type", "mini_batch_size"}
    assert {h.name for h in KNN.hyperparameters} == {name for name, *_ in CHANGES} | elsewhere


@pytest.mark.parametrize("size", ["1", "7", "100000"])
def test_the_batch_size_changes_time_and_memory_only(size: str) -> None:
    data = split("digits", test=True)
    few = Data({name: Table(t.features[:40], t.labels[:40]) for name, t in data.tables.items()})
    few = Data({"train": few.train, "test": few.tables["test"]})
    whole = found(fit(few, CLASSES), few)
    parts = found(fit(few, CLASSES, mini_batch_size=size), few)
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-5)
    np.testing.assert_array_equal(parts[1], whole[1])


@pytest.mark.parametrize("kind", [{}, IVF, PQ, SIGN])
def test_the_same_job_gives_the_same_model(kind: dict[str, str]) -> None:
    data = digits()
    one, two = (found(fit(data, CLASSES, **kind), data) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_distances() -> None:
    points = np.array([[3, 4], [1, 0], [0, 2]], np.float32)
    data = Data({"train": Table(points, np.arange(3, dtype=np.float32))})
    given = {**NUMBERS, "feature_dim": "2", "k": "3"}
    query = np.array([[2, 0]], np.float32)
    for metric, distances, nearest in (
        ("L2", [1, 17**0.5, 8**0.5], 1),
        ("INNER_PRODUCT", [-6, -2, 0], 0),
        ("COSINE", [0.4, 0, 1], 1),
    ):
        model = fit(data, given, index_metric=metric).model
        near, numbers = model.neighbours(query, 3)
        assert near[0].tolist() == sorted(near[0].tolist())
        assert numbers[0, 0] == nearest
        place = numbers[0].tolist()
        wanted = {"L2": [17**0.5, 1, 8**0.5]}.get(metric, distances)
        assert near[0].tolist() == pytest.approx([wanted[i] for i in place], abs=1e-6)


def test_more_votes_win_and_the_nearer_of_equals() -> None:
    labels = np.array([[2, 1, 1, 2, 2], [7, 8, 9, 9, 8]], np.float32)
    assert votes(labels).tolist() == [[2, 2, 1, 1, 2], [7, 7, 7, 9, 9]]
    assert means(labels)[0].tolist() == [2, 1.5, 4 / 3, 1.5, 1.6]


def test_cells_with_too_few_points_are_searched_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST_PROBED", 1)
    monkeypatch.setattr(index, "PROBED", 0.0)
    data = digits()
    done = fit(data, CLASSES, **IVF, faiss_index_ivf_nlists="500", k="20")
    numbers = found(done, data)[1]
    assert (numbers >= 0).all()
    assert done.model.index.nprobe == 1


@pytest.mark.parametrize("kind", ["sign", "fjlt"])
def test_projections_keep_distances(kind: str) -> None:
    rng = np.random.default_rng(0)
    for points in (rng.normal(size=(40, 300)), np.eye(40, 300)):
        matrix = projection(kind, 300, 200, 1000, np.random.default_rng(1))
        assert matrix.shape == (300, 200)
        before = np.linalg.norm(points[:, None] - points[None], axis=2)[np.triu_indices(40, 1)]
        moved = points @ matrix
        after = np.linalg.norm(moved[:, None] - moved[None], axis=2)[np.triu_indices(40, 1)]
        assert np.mean(after / before) == pytest.approx(1, abs=0.05)
        assert np.std(after / before) < 0.1


def test_the_hadamard_transform() -> None:
    matrix = np.random.default_rng(0).normal(size=(16, 3))
    np.testing.assert_allclose(hadamard(matrix), scipy_hadamard(16) @ matrix / 4)


def test_a_part_of_a_row_for_each_byte() -> None:
    data = digits()
    assert fit(data, CLASSES, **{**PQ, "faiss_index_pq_m": "12"}).model.index.d == 72
    reduced = fit(data, CLASSES, **{**PQ, **SIGN, "faiss_index_pq_m": "3"})
    assert reduced.model.index.d == 9
    assert reduced.model.projection.shape == (64, 9)


@pytest.mark.parametrize("more", [{}, SIGN])
def test_sparse_rows_are_like_dense_ones(more: dict[str, str]) -> None:
    data = digits()
    thin = Data(
        {
            name: Table(sparse.csr_matrix(table.features), table.labels)
            for name, table in data.tables.items()
        }
    )
    assert fit(thin, CLASSES, **more).metrics == fit(data, CLASSES, **more).metrics


@pytest.mark.parametrize(("given", "metric"), [(CLASSES, "accuracy"), (NUMBERS, "mse")])
def test_the_log_is_as_clients_parse_it(
    given: dict[str, str], metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = split("digits" if metric == "accuracy" else "diabetes", test=True)
    data = Data({"train": data.train, "test": data.tables["test"]})
    done = fit(data, given)
    out = capsys.readouterr().out
    assert f"#test_score (algo-1) : ('{metric}', {done.metrics['test'][metric]})" in out
    printed = {m.name: re.findall(m.regex, out) for m in KNN.metrics}
    value = printed.pop(f"test:{metric}")
    assert [float(one) for one in value] == [pytest.approx(done.metrics["test"][metric], rel=1e-5)]
    assert list(printed.values()) == [[]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "feature_dim is missing"),
        ({**CLASSES, "k": "0"}, "k: '0' is not valid; expected an integer at least 1"),
        ({**CLASSES, "k": "6000"}, "k: '6000' is not valid; expected at most sample_size=5000"),
        ({**CLASSES, "predictor_type": "both"}, "expected one of classifier, regressor"),
        ({**CLASSES, "index_type": "Flat"}, "expected one of faiss.Flat, faiss.IVFFlat"),
        ({**CLASSES, "dimension_reduction_type": "sign"}, "dimension_reduction_target is missing"),
        (
            {**CLASSES, "dimension_reduction_target": "3"},
            "dimension_reduction_target: '3' is only for a dimension_reduction_type",
        ),
        ({**CLASSES, **SIGN, "dimension_reduction_target": "64"}, "expected an integer below feat"),
        ({**CLASSES, "index_type": "faiss.IVFPQ"}, "faiss_index_pq_m is missing"),
        ({**CLASSES, **PQ, "faiss_index_pq_m": "5"}, "'5' is not valid; expected one of 1, 2, 3"),
        ({**CLASSES, **PQ, "index_metric": "COSINE"}, "index_metric: 'COSINE' is not valid with"),
        ({**CLASSES, "faiss_index_pq_m": "4"}, "faiss_index_pq_m: '4' is only for index_type"),
        ({**CLASSES, "faiss_index_ivf_nlists": "4"}, "faiss_index_ivf_nlists: '4' is only for"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        KNN.check(given)
    assert message in str(caught.value)


TWO = {**NUMBERS, "feature_dim": "2", "k": "1"}


@pytest.mark.parametrize(
    ("given", "rows", "message"),
    [
        (TWO, "1,5,\n1,5,6\n", "row 1, feature f1 is missing; knn expects a number"),
        (TWO, "1,5\n", "channel 'train' has 1 features; expected feature_dim=2"),
        (TWO, "1,5,x\n", "train.csv: line 1, column 3: found 'x'; expected a number"),
        ({**TWO, "k": "3"}, "1,5,6\n1,5,6\n", "channel 'train' has 2 rows; expected at least k=3"),
        ({**TWO, **PQ}, "1,5,6\n1,5,6\n", "2 training rows are too few for index_type faiss.IVFPQ"),
        (
            {**TWO, **IVF, "faiss_index_ivf_nlists": "3"},
            "1,5,6\n1,5,6\n",
            "2 training rows cannot fill faiss_index_ivf_nlists=3 cells",
        ),
    ],
)
def test_what_is_wrong_in_data(given: dict[str, str], rows: str, message: str) -> None:
    Path("train.csv").write_text(rows)
    channel = {"path": "train.csv", "content_type": "text/csv"}
    with pytest.raises(DataError) as caught:
        training.train(given, training.read_data(given, {"train": channel}), "model")
    assert message in str(caught.value)
    assert not Path("model").exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\0" * 12, "train.pbr: record 1 at byte 0 begins with 0x00000000"),
        (recordio.write(np.ones((2, 2), np.float32)), "channel 'train' has no labels"),
        (
            recordio.write(np.array([[1, np.nan]], np.float32), np.ones(1, np.float32)),
            "row 1, feature f1 is missing",
        ),
        (recordio.write(sparse.csr_matrix(np.eye(3)), np.ones(3)), "has 3 features; expected feat"),
    ],
)
def test_what_is_wrong_in_recordio(body: bytes, message: str) -> None:
    Path("train.pbr").write_bytes(body)
    with pytest.raises(DataError) as caught:
        training.read_data(TWO, {"train": {"path": "train.pbr", "content_type": None}})
    assert message in str(caught.value)


def test_narrow_sparse_rows_are_widened() -> None:
    thin = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    Path("train.pbr").write_bytes(recordio.write(thin, np.arange(3, dtype=np.float32)))
    given = {**TWO, "feature_dim": "7"}
    data = training.read_data(given, {"train": {"path": "train.pbr"}})
    assert data.train.columns == 7
    assert fit(data, given).model.index.d == 7


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(model: KnnModel, table: Table, channel: str) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(training, "judge", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(digits(), CLASSES)
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


def test_the_report_of_a_test_channel() -> None:
    data = digits()
    done = fit(data, CLASSES)
    report = evaluate(done, data)
    assert (report.task, report.channel, report.k) == ("classes", "test", 5)
    assert len(report.by_k) == training.SHOWN_K
    assert report.by_k[4] == done.metrics["test"]["accuracy"]
    assert report.by_k[2] == fit(data, CLASSES, k="3").metrics["test"]["accuracy"]
    assert f"accuracy {report.by_k[4]:.4g} at k=5" in repr(by_k(report))


@pytest.mark.parametrize(("given", "name"), [(CLASSES, "digits"), (NUMBERS, "diabetes")])
def test_the_report_without_one_leaves_rows_out(given: dict[str, str], name: str) -> None:
    data = Data({"train": split(name).train})
    report = evaluate(fit(data, given), data)
    assert report.channel == "train, left out"
    one = report.by_k[0]  # a row does not find itself
    assert one < 1 if name == "digits" else one > 1000
    assert report.metrics == {report.channel: {report.metric: report.by_k[4]}}
    assert "at k=5" in repr(by_k(report))


def test_a_report_on_as_few_rows_as_neighbours() -> None:
    data = split("digits")
    few = Data({"train": Table(data.train.features[:5], data.train.labels[:5])})
    assert len(evaluate(fit(few, CLASSES), few).by_k) >= 5
