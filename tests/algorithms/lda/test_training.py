from __future__ import annotations

import re
import signal
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.lda import moments as moments_module, pictures, training
from studio_ext.algorithms.lda.contract import LDA
from studio_ext.algorithms.lda.decomposition import decompose
from studio_ext.algorithms.lda.model import Topics
from studio_ext.algorithms.lda.moments import Moments
from studio_ext.algorithms.lda.training import Fit
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError
from tests.algorithms.unlabelled import unlabelled

from .documents import documents, matched

BETA, COUNTS = documents(0, topics=4, words=60, count=300)
BASE = {"num_topics": "4", "feature_dim": "60", "mini_batch_size": "300"}


def fit(features: Any = COUNTS, test: Any = None, **given: str) -> Fit:
    return training.train({**BASE, **given}, unlabelled(features, test), "model")


def test_known_topics_are_found() -> None:
    done = fit()
    assert matched(done.model.beta, BETA) > 0.99
    np.testing.assert_allclose(done.model.beta.sum(1), 1)
    assert (done.model.beta > 0).all()
    assert done.model.alpha.sum() == pytest.approx(1.0)
    assert (np.diff(done.model.alpha) <= 0).all(), "the most frequent topic first"


def test_settling_makes_documents_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    done = fit()
    assert (np.diff(done.history) > -1e-4).all()
    monkeypatch.setattr(training, "SETTLING", 0)
    assert fit().metrics["train"]["pwll"] < done.metrics["train"]["pwll"]


def test_the_spectral_topics_alone_are_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SETTLING", 0)
    assert matched(fit().model.beta, BETA) > 0.97


# name, value, and what else must be given for it to matter
CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("num_topics", "3", {}),
    ("alpha0", "5", {}),
    ("max_restarts", "1", {"max_iterations": "2", "num_topics": "8"}),
    ("max_iterations", "1", {"max_restarts": "1"}),
    ("tol", "10", {"max_restarts": "1"}),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_topics(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, others: dict[str, str]
) -> None:
    monkeypatch.setattr(training, "SETTLING", 0)  # which may lead different starts together
    without, given = fit(**others).model.beta, fit(**{**others, name: value}).model.beta
    assert without.shape != given.shape or np.abs(without - given).max() > 1e-5


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"feature_dim", "mini_batch_size"}
    assert {h.name for h in LDA.hyperparameters} == {name for name, *_ in CHANGES} | elsewhere


def test_the_batch_size_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    whole = fit().model.beta
    assert "notice" not in capsys.readouterr().out
    assert np.array_equal(fit(mini_batch_size="10").model.beta, whole)
    assert "notice: mini_batch_size changes nothing: all 300" in capsys.readouterr().out


def test_the_same_job_gives_the_same_topics() -> None:
    assert np.array_equal(fit().model.beta, fit().model.beta)


def test_sparse_documents_are_like_dense_ones() -> None:
    thin = fit(sparse.csr_matrix(COUNTS), sparse.csr_matrix(COUNTS))
    dense = fit(COUNTS, COUNTS)
    np.testing.assert_allclose(thin.model.beta, dense.model.beta)
    assert thin.metrics["test"] == pytest.approx(dense.metrics["test"])


def words_of(row: Any) -> list[int]:
    return np.repeat(np.arange(len(row)), row.astype(int)).tolist()


@pytest.mark.parametrize("alpha0", [0.5, 2.0])
def test_moments_are_those_of_different_words(
    monkeypatch: pytest.MonkeyPatch, alpha0: float
) -> None:
    """Against all ordered pairs and triples of words, counted one by one."""
    monkeypatch.setattr(moments_module, "CELLS", 20)
    counts = np.array([[2, 1, 0, 1], [1, 1, 1, 0], [0, 3, 1, 1], [0, 0, 1, 1]], float)
    long = counts[:3]
    mean = (long / long.sum(1, keepdims=True)).mean(0)
    pairs, triples = np.zeros((4, 4)), np.zeros((4, 4, 4))
    for row in long:
        found = list(permutations(words_of(row), 2))
        for one in found:
            pairs[one] += 1 / len(found) / 3
        found = list(permutations(words_of(row), 3))
        for one in found:
            triples[one] += 1 / len(found) / 3
    cube = np.einsum("a,b,c->abc", mean, mean, mean)
    mixed = [np.einsum(form, pairs, mean) for form in ("ab,c->abc", "ac,b->abc", "bc,a->abc")]
    expected = triples - alpha0 / (alpha0 + 2) * sum(mixed)
    expected += 2 * alpha0**2 / ((alpha0 + 1) * (alpha0 + 2)) * cube
    moments = Moments.of(sparse.csr_matrix(counts), alpha0)
    np.testing.assert_allclose(moments.mean(), mean)
    np.testing.assert_allclose(moments.triples(np.eye(4)), expected, atol=1e-12)
    whitening, back = moments.whitening(1)
    adjusted = pairs - alpha0 / (alpha0 + 1) * np.outer(mean, mean)
    np.testing.assert_allclose(whitening.T @ adjusted @ whitening, [[1]])
    np.testing.assert_allclose(whitening.T @ back, [[1]])
    assert np.abs(moments.whitening(4)[0]).max() < 1e4, "noise is not blown up"


def test_many_words_are_whitened_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = Moments.of(sparse.csr_matrix(COUNTS, dtype=float), 1.0)
    values = moments._greatest_pairs(4)[0]
    monkeypatch.setattr(moments_module, "DENSE", 10)
    np.testing.assert_allclose(np.sort(moments._greatest_pairs(4)[0]), np.sort(values), rtol=1e-6)


def test_a_tensor_is_taken_apart() -> None:
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    weights = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 8.0])
    tensor = np.einsum("i,ai,bi,ci->abc", weights, vectors, vectors, vectors)
    found, columns = decompose(tensor, 10, 1000, 1e-8, rng)
    order = np.argsort(found)
    np.testing.assert_allclose(found[order], weights, rtol=1e-6)
    np.testing.assert_allclose(columns[:, order], vectors, atol=1e-4)


def test_one_topic_is_the_mean() -> None:
    done = fit(num_topics="1")
    assert done.model.beta.shape == (1, 60)
    share = COUNTS.sum(0) / COUNTS.sum()
    np.testing.assert_allclose(done.model.beta[0], share, atol=2e-3)


def test_more_topics_than_there_are() -> None:
    done = fit(num_topics="20")
    assert np.isfinite(done.model.beta).all()
    assert np.isfinite(done.metrics["train"]["pwll"])


def test_documents_without_words_and_short_ones() -> None:
    counts = COUNTS.copy()
    counts[:20] = 0
    counts[20:30] = np.eye(60, dtype=np.float32)[0]
    assert matched(fit(counts).model.beta, BETA) > 0.98


def test_of_many_documents_some_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "EFFORT", 60 * 4 * 100)
    monkeypatch.setattr(training, "JUDGED", 50)
    assert matched(fit().model.beta, BETA) > 0.98


def test_the_likelihood_is_a_bound() -> None:
    """Of one word under a flat prior the likelihood is known: the mean of its probabilities."""
    model = Topics(np.ones(2), np.array([[0.9, 0.1], [0.2, 0.8]]))
    bound = model.infer(np.array([[1.0, 0.0]]))[2]
    assert np.log(0.55) - 0.3 < bound < np.log(0.55)


def test_mixtures_of_plain_documents() -> None:
    model = Topics(np.full(2, 0.1), np.array([[0.99, 0.01], [0.01, 0.99]]))
    found = model.mixtures(np.array([[50, 0], [0, 50], [25, 25], [0, 0]], float))
    np.testing.assert_allclose(found, [[1, 0], [0, 1], [0.5, 0.5], [0.5, 0.5]], atol=0.02)


def test_the_artefact_is_a_list() -> None:
    done = fit()
    arrays = mxnet.load(Path("model/model_algo-1").read_bytes())
    assert list(arrays) == ["0", "1"]
    np.testing.assert_allclose(arrays["0"], done.model.alpha, rtol=1e-6)
    np.testing.assert_allclose(arrays["1"], done.model.beta, rtol=1e-6)


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(COUNTS[:250], COUNTS[250:])
    out = capsys.readouterr().out
    assert "#progress_metric: host=algo-1, completed 100 % of epochs" in out
    assert re.search(r"#throughput_metric: host=algo-1, train throughput=\S+ records/second", out)
    (metric,) = LDA.metrics
    values = [float(value) for value in re.findall(metric.regex, out)]
    assert values == [pytest.approx(done.metrics["test"]["pwll"], rel=1e-5)]
    assert values[0] < 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_topics": "2", "feature_dim": "4"}, "mini_batch_size is missing"),
        ({**BASE, "num_topics": "61"}, "'61' is not valid; expected at most feature_dim=60"),
        ({**BASE, "alpha0": "0"}, "alpha0: '0' is not valid; expected a number above 0"),
        ({**BASE, "tol": "-1"}, "tol: '-1' is not valid"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        LDA.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3,\n", "row 2, feature f1 is missing; lda expects a number"),
        ("1,2\n3,-1\n", "row 2, feature f1 is -1; lda expects counts of words, whole numbers"),
        ("a,b\n0.5,2\n3,1\n", "row 1, feature a is 0.5; lda expects counts"),
        ("1,2,3\n4,5,6", "channel 'train' has 3 features; expected feature_dim=2"),
        ("1,1\n5,5\n", "channel 'train' has 1 documents of at least 3 words; expected at least"),
    ],
)
def test_what_is_wrong_in_data(text: str, message: str) -> None:
    Path("data.csv").write_text(text)
    channels = {"train": {"path": "data.csv", "content_type": "text/csv"}}
    given = {"num_topics": "2", "feature_dim": "2", "mini_batch_size": "10"}
    with pytest.raises(DataError) as caught:
        training.read_data(given, channels)
    assert message in str(caught.value)


def test_a_stopped_job_keeps_its_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = Topics.infer, []

    def stop(self: Topics, counts: Any) -> Any:
        calls.append(counts.shape)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return whole(self, counts)

    monkeypatch.setattr(Topics, "infer", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert matched(Topics.load("model").beta, BETA) > 0.97


@pytest.mark.parametrize("topics", [1, 4, 6])
def test_the_picture(topics: int) -> None:
    data = unlabelled(COUNTS)
    done = training.train({**BASE, "num_topics": str(topics)}, data, "model")
    picture = pictures.topics(done, data)
    assert picture.png.startswith(b"\x89PNG")
    assert f"f{done.model.beta[0].argmax()}" in repr(picture)
    assert ("and 2 more" in repr(picture)) is (topics == 6)
