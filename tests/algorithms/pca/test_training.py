from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.pca import pictures, training
from studio_ext.algorithms.pca.contract import PCA
from studio_ext.algorithms.pca.training import Fit
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError
from tests.algorithms.unlabelled import rows_of, unlabelled

ROWS = rows_of("digits")[:400]
BASE = {"num_components": "5", "feature_dim": "64", "mini_batch_size": "100"}
MODES = ["regular", "randomized"]


def fit(features: Any = ROWS, test: Any = None, **given: str) -> Fit:
    given = {**BASE, "feature_dim": str(features.shape[1]), **given}
    return training.train(given, unlabelled(features, test), "model")


def reference(features: Any, shift: bool = True) -> tuple[Any, Any]:
    """All singular values and directions, descending."""
    rows = np.asarray(features, np.float64)
    found = np.linalg.svd(rows - (rows.mean(0) if shift else 0), full_matrices=False)
    return found[1], found[2].T


def agree(done: Fit, features: Any, shift: bool = True, close: float = 1e-5) -> None:
    singular, directions = reference(features, shift)
    count = len(done.model.singular)
    np.testing.assert_allclose(done.model.singular[::-1], singular[:count], rtol=close)
    cosines = (done.model.directions[:, ::-1] * directions[:, :count]).sum(0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=close)


@pytest.mark.parametrize("shift", ["true", "false"])
@pytest.mark.parametrize("form", ["dense", "sparse", "wide", "wide sparse"])
def test_regular_is_exact(form: str, shift: str) -> None:
    dense = ROWS[:40] if "wide" in form else ROWS
    rows = sparse.csr_matrix(dense) if "sparse" in form else dense
    agree(fit(rows, subtract_mean=shift), dense, shift == "true")


@pytest.mark.parametrize("shift", ["true", "false"])
@pytest.mark.parametrize("form", ["dense", "sparse", "wide"])
def test_randomized_is_close(form: str, shift: str) -> None:
    dense = ROWS[:40] if form == "wide" else ROWS
    rows = sparse.csr_matrix(dense) if form == "sparse" else dense
    done = fit(rows, subtract_mean=shift, algorithm_mode="randomized")
    agree(done, dense, shift == "true", close=1e-3)


def test_a_mean_far_from_0_costs_no_digits() -> None:
    rows = (np.random.default_rng(0).normal(size=(1000, 4)) * [4, 3, 2, 1]).astype(np.float32)
    far = rows + np.float32(100_000)
    agree(fit(far, num_components="4"), far, close=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_as_many_components_as_features_and_rows_without_variance(mode: str) -> None:
    rows = np.outer(np.arange(30), [1, 2, 0]).astype(np.float32)
    done = fit(rows, num_components="3", algorithm_mode=mode)
    np.testing.assert_allclose(done.model.singular[:2], 0, atol=1e-3)
    products = done.model.directions.T @ done.model.directions
    np.testing.assert_allclose(products, np.eye(3), atol=1e-6)
    same = fit(np.ones((30, 3), np.float32), num_components="3", algorithm_mode=mode)
    assert same.metrics["train"]["explained_variance"] == 1.0
    wide = fit(np.ones((3, 8), np.float32), num_components="2", algorithm_mode=mode)
    assert np.isfinite(wide.model.directions).all()


def test_the_artefact_is_ascending() -> None:
    done = fit()
    arrays = mxnet.load(Path("model/model_algo-1").read_bytes())
    assert {name: one.shape for name, one in arrays.items()} == {
        "mean": (1, 64), "s": (5,), "v": (64, 5),
    }  # fmt: skip
    np.testing.assert_allclose(arrays["mean"][0], ROWS.mean(0), rtol=1e-5)
    assert (np.diff(arrays["s"]) > 0).all()
    np.testing.assert_allclose(arrays["v"], done.model.directions, atol=1e-6)


def test_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(ROWS[:300], ROWS[300:])
    directions = done.model.directions
    for name, rows in (("train", ROWS[:300]), ("test", ROWS[300:])):
        shifted = rows - ROWS[:300].mean(0)
        left = shifted - shifted @ directions @ directions.T
        found = done.metrics[name]
        assert found["reconstruction_mse"] == pytest.approx(np.square(left).mean(), rel=1e-4)
        share = 1 - np.square(left).sum() / np.square(shifted).sum()
        assert found["explained_variance"] == pytest.approx(share, rel=1e-4)
    out = capsys.readouterr().out
    assert "#quality_metric: host=algo-1, test explained_variance <score>=0." in out
    thin = fit(sparse.csr_matrix(ROWS[:300]), sparse.csr_matrix(ROWS[300:]))
    assert thin.metrics["test"] == pytest.approx(done.metrics["test"], rel=1e-4)


def test_the_hyperparameters_that_change_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    regular, few = fit(), fit(algorithm_mode="randomized", extra_components="0")
    assert fit(num_components="3").model.singular.tolist() == pytest.approx(
        regular.model.singular[2:].tolist()
    )
    assert not np.allclose(fit(subtract_mean="false").model.singular, regular.model.singular)
    exactly = reference(ROWS)[0][:5].sum()
    many = fit(algorithm_mode="randomized", extra_components="40")
    assert few.model.singular.sum() < many.model.singular.sum() <= exactly * (1 + 1e-9)
    np.testing.assert_allclose(fit(mini_batch_size="7").model.singular, regular.model.singular)
    capsys.readouterr()
    fit(extra_components="3")
    assert "notice: extra_components changes nothing" in capsys.readouterr().out
    assert training.all_values(BASE)["extra_components"] == 10
    assert training.all_values({**BASE, "num_components": "12"})["extra_components"] == 12


def test_batches_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit().model.singular
    monkeypatch.setattr(training, "BATCH_CELLS", 64 * 150)
    np.testing.assert_allclose(fit().model.singular, whole)
    np.testing.assert_allclose(fit(sparse.csr_matrix(ROWS)).model.singular, whole)


@pytest.mark.parametrize("mode", MODES)
def test_the_same_job_gives_the_same_components(mode: str) -> None:
    first, second = (fit(algorithm_mode=mode).model.directions for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"feature_dim": "2", "num_components": "1"}, "mini_batch_size is missing"),
        ({**BASE, "num_components": "65"}, "expected at most feature_dim=64"),
        ({**BASE, "extra_components": "-2"}, "extra_components: '-2' is not valid"),
        ({**BASE, "algorithm_mode": "exact"}, "expected one of regular, randomized"),
        ({**BASE, "num_components": "x"}, "num_components: 'x' is not valid"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        PCA.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,\n", "row 2, feature f1 is missing; pca expects a number"),
        ("1,2,3\n4,5,6", "channel 'train' has 3 features; expected feature_dim=2"),
        ("1,2\n", "has 1 rows; expected at least num_components=2"),
        ("1,inf\n2,3\n", "data.csv: line 1, column 2: found 'inf'; expected a number"),
    ],
)
def test_what_is_wrong_in_data(text: str, message: str) -> None:
    Path("data.csv").write_text(text)
    channels = {"train": {"path": "data.csv", "content_type": "text/csv;label_size=0"}}
    given = {"num_components": "2", "feature_dim": "2", "mini_batch_size": "10"}
    with pytest.raises(DataError) as caught:
        training.read_data(given, channels)
    assert message in str(caught.value)


def test_what_is_too_wide_to_be_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "WIDEST", 1)
    Path("data.csv").write_text("1,2\n3,4\n")
    channels = {"train": {"path": "data.csv", "content_type": "text/csv"}}
    given = {"num_components": "2", "feature_dim": "2", "mini_batch_size": "10"}
    with pytest.raises(DataError, match=r"regular would need 0 GB.*expected algorithm_mode=rando"):
        training.read_data(given, channels)
    assert training.read_data({**given, "algorithm_mode": "randomized"}, channels)


@pytest.mark.parametrize("components", [1, 64])
def test_the_pictures(components: int) -> None:
    data = unlabelled(ROWS)
    done = training.train({**BASE, "num_components": str(components)}, data, "model")
    found = pictures.scree(done)
    assert found.png.startswith(b"\x89PNG")
    assert f"{components} components hold" in repr(found)
    if components == 64:
        assert "hold 100.0% of the variance" in repr(found)
    assert "400 rows along the first two components" in repr(pictures.plane(done, data))
