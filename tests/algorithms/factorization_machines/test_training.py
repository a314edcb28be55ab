from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn import metrics as sk

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.factorization_machines import training
from studio_ext.algorithms.factorization_machines.contract import (
    FACTORIZATION_MACHINES as FM,
    PARTS,
)
from studio_ext.algorithms.factorization_machines.evaluation import evaluate
from studio_ext.algorithms.factorization_machines.machine import (
    Batches,
    Parameters,
    gradient,
    scores,
)
from studio_ext.algorithms.factorization_machines.metrics import measure
from studio_ext.algorithms.factorization_machines.optimizer import Adam
from studio_ext.algorithms.factorization_machines.training import Fit, Training
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError
from studio_ext.formats.table import Table

WIDTH = 40
BINARY = {"predictor_type": "binary_classifier", "feature_dim": "40", "num_factors": "4"}
NUMBERS = {**BINARY, "predictor_type": "regressor"}
FAST = {"mini_batch_size": "50", "factors_lr": "0.02", "linear_lr": "0.02",
        "factors_init_sigma": "0.05"}  # fmt: skip


def pairs(rows: int = 400, seed: int = 0, binary: bool = True) -> Table:
    """One of 20 users likes one of 20 things when a hidden sign of both agrees."""
    rng = np.random.default_rng(seed)
    user, thing = rng.integers(0, 20, rows), rng.integers(20, 40, rows)
    hidden = np.where(np.random.default_rng(9).random((40, 2)) < 0.5, -1.0, 1.0)
    labels = (hidden[user] * hidden[thing]).sum(1)
    columns = np.column_stack([user, thing]).ravel()
    features = sparse.csr_matrix(
        (np.ones(2 * rows, np.float32), columns, np.arange(0, 2 * rows + 1, 2)), (rows, WIDTH)
    )
    return Table(features, (labels > 0 if binary else labels).astype(np.float32))


def data(binary: bool = True) -> Data:
    return Data({"train": pairs(binary=binary), "test": pairs(200, 1, binary)})


def fit(found: Data, given: Mapping[str, str], **more: str) -> Fit:
    return training.train({**given, **FAST, **more}, found, "model")


# name, value, and what else must be given for it to matter
CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("num_factors", "2", {}),
    ("epochs", "2", {}),
    ("mini_batch_size", "10", {}),
    ("clip_gradient", "0.0001", {}),
    ("rescale_grad", "7", {}),
    ("eps", "0.1", {}),
    *(
        (f"{part}_{name}", value, others)
        for part in PARTS
        for name, value, others in (
            ("lr", "0.5", {}),
            ("wd", "2", {}),
            ("init_method", "uniform", {f"{part}_init_scale": "0.3"}),
            ("init_sigma", "0.5", {}),
            ("init_scale", "0.5", {f"{part}_init_method": "uniform", f"{part}_init_scale": "0.1"}),
            ("init_value", "0.5", {f"{part}_init_method": "constant", f"{part}_init_value": "0.1"}),
        )
    ),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str, others: dict[str, str]) -> None:
    found = data()
    before = {} if name.endswith("method") else others
    one = fit(found, {**BINARY, **before}).model.raw(found.train.features)
    two = fit(found, BINARY, **{**others, name: value}).model.raw(found.train.features)
    assert np.abs(one - two).max() > 1e-6


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"predictor_type", "feature_dim"}
    assert {h.name for h in FM.hyperparameters} == {name for name, *_ in CHANGES} | elsewhere


@pytest.mark.parametrize("part", PARTS)
def test_the_start_is_drawn_as_asked(part: str) -> None:
    def drawn(**more: str) -> Any:
        given = {
            **BINARY,
            "feature_dim": "3000",
            **{f"{part}_init_{k}": v for k, v in more.items()},
        }
        values = training.all_values(given)
        return getattr(training.start(values, np.random.default_rng(0)), part)

    assert drawn(method="constant", value="0.25").ravel()[0] == 0.25
    uniform = drawn(method="uniform", scale="2")
    assert np.abs(uniform).max() <= 2
    if part != "bias":
        assert uniform.std() == pytest.approx(4 / 12**0.5, rel=0.05)
        assert drawn(sigma="3").std() == pytest.approx(3, rel=0.05)


def test_a_number_that_changes_nothing_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    training.all_values({**BINARY, "linear_init_scale": "1"})
    notice = "notice: linear_init_scale changes nothing, as linear_init_method is not uniform"
    assert notice in capsys.readouterr().out


def test_scores_and_gradients_are_those_of_the_equation() -> None:
    rng = np.random.default_rng(0)
    dense = (rng.normal(size=(9, 12)) * (rng.random((9, 12)) < 0.4)).astype(np.float32)
    bias, linear = np.ones(1, np.float32), rng.normal(size=12).astype(np.float32)
    factors = rng.normal(size=(12, 3)).astype(np.float32)
    batch = Batches(12).take(sparse.csr_matrix(dense), 2, 8)
    assert sorted(batch.columns) == np.flatnonzero(dense[2:8].any(0)).tolist()

    def expected(row: Any, v: Any) -> float:
        pair = sum(v[i] @ v[j] * row[i] * row[j] for i in range(12) for j in range(i))
        return float(bias[0] + row @ linear + pair)

    own = linear[batch.columns], factors[batch.columns]
    found, products = scores(batch, bias, *own)
    np.testing.assert_allclose(found, [expected(row, factors) for row in dense[2:8]], rtol=1e-4)
    slope = np.arange(1, 7, dtype=np.float32)
    moves = gradient(batch, slope, products, own[1])
    assert moves.bias[0] == 21
    np.testing.assert_allclose(moves.linear, (slope @ dense[2:8])[batch.columns], rtol=1e-4)
    step = 1e-3
    for at in ((0, 0), (3, 2)):
        moved = factors.astype(float)
        moved[batch.columns[at[0]], at[1]] += step
        change = sum(
            s * (expected(row, moved) - expected(row, factors))
            for s, row in zip(slope, dense[2:8], strict=True)
        )
        assert moves.factors[at] == pytest.approx(change / step, rel=1e-2, abs=1e-3)


def test_adam_is_adam() -> None:
    torch = pytest.importorskip("torch")
    values = training.all_values({**BINARY, "feature_dim": "3", "linear_lr": "0.1"})
    parameters = training.start(values, np.random.default_rng(0))
    theirs = torch.nn.Parameter(torch.tensor(parameters.linear.copy()))
    optimizer = torch.optim.Adam([theirs], 0.1, weight_decay=0.001)
    adam, slope = Adam(values, parameters), np.array([1, -2, 30], np.float32)
    ones = np.ones(1, np.float32)
    for turn in range(1, 5):
        moves = Parameters(ones, slope * turn * 10, np.ones((3, 4), np.float32))
        adam.move(moves, np.arange(3), 10)
        theirs.grad = torch.tensor(slope * turn)
        optimizer.step()
    np.testing.assert_allclose(parameters.linear, theirs.detach().numpy(), rtol=1e-4)
    assert adam.first["bias"][0] == pytest.approx(0.1 * (1 - 0.9**4), rel=0.1)


def test_columns_that_do_not_occur_stay() -> None:
    found = data()
    wide = {**BINARY, "feature_dim": "60", "factors_wd": "5", "linear_wd": "5"}
    features = found.train.features.copy()
    features.resize((features.shape[0], 60))
    start = training.start(training.all_values({**wide, **FAST}), np.random.default_rng(0))
    done = fit(Data({"train": Table(features, found.train.labels)}), wide)
    np.testing.assert_array_equal(done.model.parameters.factors[40:], start.factors[40:])
    assert not np.array_equal(done.model.parameters.factors[:40], start.factors[:40])


def test_it_learns_what_a_linear_model_cannot() -> None:
    done = fit(data(), BINARY, epochs="60")
    assert done.metrics["test"]["binary_classification_accuracy"] > 0.95
    done = fit(data(False), NUMBERS, epochs="80")
    assert done.metrics["test"]["rmse"] < 0.5


def test_dense_rows_are_like_sparse_ones() -> None:
    thin = data()
    full = Data({n: Table(t.features.toarray(), t.labels) for n, t in thin.tables.items()})
    assert fit(full, BINARY).metrics == fit(thin, BINARY).metrics


def test_the_same_job_gives_the_same_model() -> None:
    assert fit(data(), BINARY).metrics == fit(data(), BINARY).metrics


def test_metrics_equal_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    labels, raw = rng.integers(0, 2, 300), rng.normal(size=300)
    chance, said = 1 / (1 + np.exp(-raw)), raw >= 0
    assert measure(True, raw, labels) == {
        "binary_classification_cross_entropy": pytest.approx(sk.log_loss(labels, chance)),
        "binary_classification_accuracy": pytest.approx(sk.accuracy_score(labels, said)),
        "binary_f_beta": pytest.approx(sk.f1_score(labels, said)),
    }
    assert measure(False, np.array([1, 2]), np.array([2, 4])) == {
        "rmse": pytest.approx(2.5**0.5),
        "mse": 2.5,
        "absolute_loss": 1.5,
    }


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (BINARY, ["binary_classification_cross_entropy", "binary_classification_accuracy",
                  "binary_f_beta"]),
        (NUMBERS, ["rmse", "mse", "absolute_loss"]),
    ],
)  # fmt: skip
def test_the_log_is_as_clients_parse_it(
    given: dict[str, str], names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = fit(data(given is BINARY), given, epochs="3")
    out = capsys.readouterr().out
    assert "#quality_metric: host=algo-1, epoch=2, train " in out
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    printed = {m.name: re.findall(m.regex, out) for m in FM.metrics if re.search(m.regex, out)}
    assert set(printed) == {f"{channel}:{name}" for name in names for channel in ("train", "test")}
    for name in names:
        assert [float(v) for v in printed[f"test:{name}"]] == [
            pytest.approx(done.metrics["test"][name], rel=1e-4)
        ]
        assert [float(v) for v in printed[f"train:{name}"]] == [
            pytest.approx(v, rel=1e-4) for v in done.history["train"][name]
        ]
        assert done.history["test"][name][-1] == pytest.approx(done.metrics["test"][name])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "num_factors is missing"),
        ({**BINARY, "bias_init_method": "uniform"}, "bias_init_scale is missing; bias_init_method"),
        ({**BINARY, "factors_init_method": "constant"}, "factors_init_value is missing"),
        ({**BINARY, "factors_lr": "-1"}, "factors_lr: '-1' is not valid; expected a number at"),
        ({**BINARY, "linear_init_method": "xavier"}, "expected one of uniform, normal, constant"),
        ({**BINARY, "epoch": "3"}, "did you mean epochs?"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        FM.check(given)
    assert message in str(caught.value)


ONES = np.ones(2, np.float32)


@pytest.mark.parametrize(
    ("given", "body", "message"),
    [
        (BINARY, b"\0" * 20, "train.pbr: record 1 at byte 0 begins with 0x00000000"),
        (BINARY, recordio.write(np.ones((2, 3), np.float32), ONES), "has 3 features; expected"),
        (BINARY, recordio.write(sparse.csr_matrix(np.eye(2, 50)), ONES), "has 50 features; exp"),
        (
            BINARY,
            recordio.write(sparse.csr_matrix(np.eye(2, 40)), 2 * ONES),
            "row 1 has the label 2",
        ),
        (NUMBERS, recordio.write(sparse.csr_matrix(np.eye(2, 40))), "has no labels"),
        (
            NUMBERS,
            recordio.write(sparse.csr_matrix(np.diag([1, np.nan])), ONES),
            "row 2, feature f1 is not a number",
        ),
        (
            {**NUMBERS, "feature_dim": "2"},
            recordio.write(np.array([[1, 1], [np.nan, 2]], np.float32), ONES),
            "row 2, feature f0 is not a number",
        ),
    ],
)
def test_what_is_wrong_in_data(given: dict[str, str], body: bytes, message: str) -> None:
    Path("train.pbr").write_bytes(body)
    with pytest.raises(DataError) as caught:
        training.read_data(given, {"train": {"path": "train.pbr", "content_type": None}})
    assert message in str(caught.value)


def test_csv_is_refused() -> None:
    Path("train.csv").write_text("1,2\n")
    with pytest.raises(DataError, match="expected one of application/x-recordio-protobuf"):
        training.read_data(BINARY, {"train": {"path": "train.csv", "content_type": "text/csv"}})


def test_a_model_that_diverges_says_so() -> None:
    found = data(False)
    with pytest.raises(DataError, match=r"diverged in epoch \d+: rmse is \S+; expected a smaller"):
        fit(found, NUMBERS, factors_lr="1e20", epochs="9")
    assert not Path("model").exists()


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Training._epoch

    def stop(self: Training, matrix: Any, labels: Any) -> Any:
        if self.optimizer.step:
            signal.raise_signal(signal.SIGINT)
        return whole(self, matrix, labels)

    monkeypatch.setattr(Training, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit(data(), BINARY, epochs="5")
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


@pytest.mark.parametrize("binary", [True, False])
def test_the_report(binary: bool) -> None:
    found = data(binary)
    done = fit(found, BINARY if binary else NUMBERS)
    report = evaluate(done, found)
    assert (report.channel, report.task) == ("test", "classes" if binary else "numbers")
    if binary:
        right = (report.actual == report.predicted).mean()
        assert right == pytest.approx(done.metrics["test"]["binary_classification_accuracy"])
