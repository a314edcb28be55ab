from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.ntm import loop, pictures, training
from studio_ext.algorithms.ntm.contract import ACTIVATIONS, NTM, OPTIMIZERS
from studio_ext.algorithms.ntm.documents import Documents
from studio_ext.algorithms.ntm.training import Fit
from studio_ext.formats import recordio
from studio_ext.formats.errors import DataError
from tests.algorithms.ntm.data import corpus

TINY = {
    "feature_dim": "60", "num_topics": "5", "epochs": "3", "mini_batch_size": "100",
    "optimizer": "adam", "learning_rate": "0.01",
}  # fmt: skip


def small() -> Documents:
    return corpus(rows=300)[0]


def fit(data: Documents | None = None, **given: str) -> Fit:
    return training.train(TINY | given, data or small(), "model")


CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("num_topics", "4", {}),
    ("batch_norm", "true", {}),
    ("clip_gradient", "0.001", {"optimizer": "sgd", "learning_rate": "0.01"}),
    ("encoder_layers", "7", {}),
    *(("encoder_layers_activation", name, {}) for name in ACTIVATIONS[1:]),
    ("epochs", "2", {}),
    ("learning_rate", "0.02", {}),
    ("mini_batch_size", "50", {}),
    ("num_patience_epochs", "1", {"epochs": "9", "tolerance": "0.1"}),
    *(("optimizer", name, {}) for name in OPTIMIZERS if name != "adam"),
    ("rescale_gradient", "0.5", {"optimizer": "sgd", "learning_rate": "0.001"}),
    ("sub_sample", "0.5", {}),
    ("tolerance", "0.1", {"epochs": "9", "num_patience_epochs": "1"}),
    ("weight_decay", "0.5", {}),
]


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str, others: dict[str, str]) -> None:
    assert fit(**others, **{name: value}).history != fit(**others).history


def test_no_hyperparameter_is_forgotten() -> None:
    changed = {name for name, _, _ in CHANGES}
    assert {h.name for h in NTM.hyperparameters} == changed | {"feature_dim"}


def test_the_same_data_gives_the_same_model() -> None:
    torch.rand(3)
    first = fit()
    torch.rand(5)
    assert fit().metrics == first.metrics


def test_encoder_layers() -> None:
    assert fit().model.facts["layers"] == (15, 10)
    for text in ("[8, 4]", "8,4", " 8, 4"):
        assert NTM.check({**TINY, "encoder_layers": text})["encoder_layers"] == (8, 4)
    sizes = [m.out_features for m in fit(encoder_layers="8,4").model.network.encoder[::2]]
    assert sizes == [8, 4]


def test_topics_are_those_that_made_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    data, truth = corpus()
    named = Documents(data.counts, [f"word{i}" for i in range(60)])
    done = fit(named, epochs="40", learning_rate="0.03")
    found = done.model.topics()
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-4)
    alike = (found / np.linalg.norm(found, axis=1, keepdims=True)) @ (
        truth / np.linalg.norm(truth, axis=1, keepdims=True)
    ).T
    assert alike.max(0).min() > 0.9
    best = truth[alike[done.topics[0].number].argmax()]
    assert done.topics[0].words[0][0] == f"word{best.argmax()}"
    assert sum(topic.share for topic in done.topics) == pytest.approx(1, rel=1e-4)
    assert f"topic {done.topics[0].number}: word" in capsys.readouterr().out
    assert "topic" in repr(pictures.topic_words(done.topics))
    assert "mean coherence" in repr(pictures.shares(done.topics))
    assert done.metrics["train"]["uniqueness"] > 0.5


def test_the_loss_is_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit()
    out = capsys.readouterr().out
    found = {m.name: [float(v) for v in re.findall(m.regex, out)] for m in NTM.metrics}
    for channel in ("train", "validation"):
        kept = done.metrics[channel]
        assert kept["total_loss"] == pytest.approx(kept["recons"] + kept["kld"])
        every = [*done.history[channel]["total_loss"], kept["total_loss"]]
        assert found[f"{channel}:total_loss"] == pytest.approx(every, rel=1e-4)
    assert found["test:total_loss"] == [pytest.approx(done.metrics["test"]["total_loss"], rel=1e-4)]
    assert "#progress_metric: host=algo-1, completed 100 % of epochs" in out
    losses = done.history["validation"]["total_loss"]
    assert done.best_epoch == int(np.argmin(losses))
    assert done.metrics["validation"]["total_loss"] == pytest.approx(min(losses))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_topics": "1"}, "num_topics: '1' is not valid; expected an integer at least 2"),
        ({"encoder_layers": "0"}, "expected positive integers separated by commas"),
        ({"optimizer": "adamw"}, "expected one of adadelta, adagrad"),
        ({"sub_sample": "0"}, "sub_sample: '0' is not valid"),
        ({"encoder_layers_activation": "gelu"}, "expected one of sigmoid, tanh, relu"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        NTM.check(TINY | given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n", "channel 'train' has 2 features; expected feature_dim=3"),
        ("1,2,0\n1,-1,0\n", "row 2, word 1 has the count -1; expected a number of at least 0"),
        ("1,2,\n", "row 1, word 2 has the count nan"),
        ("1,2,x\n3,4,5\n", "line 1, column 3"),
        ("0,0,0\n1,0,0\n", "channel 'train' has 1 documents with words; expected at least 2"),
    ],
)
def test_what_is_wrong_in_data(text: str, message: str) -> None:
    Path("train.csv").write_text(text)
    channels = {"train": {"path": "train.csv", "content_type": "text/csv"}}
    given = TINY | {"feature_dim": "3"}
    with pytest.raises(DataError) as caught:
        training.train(given, training.read_data(given, channels), "model")
    assert message in str(caught.value)


def test_the_vocabulary() -> None:
    Path("train.csv").write_text("1,2\n3,0\n")
    Path("aux").mkdir()
    channels = {
        "train": {"path": "train.csv", "content_type": "text/csv"},
        "auxiliary": {"path": "aux", "content_type": "text/plain"},
    }
    given = TINY | {"feature_dim": "2"}
    Path("aux/vocab.txt").write_text("tree\nhäuser\n")
    data = training.read_data(given, channels)
    assert data.word(1) == "häuser"
    assert "named" in repr(data.summary())
    Path("aux/vocab.txt").write_text("tree\n")
    with pytest.raises(DataError, match=r"vocab\.txt has 1 lines; expected 2"):
        training.read_data(given, channels)
    Path("aux/vocab.txt").rename("aux/words.txt")
    with pytest.raises(DataError, match=r"'auxiliary' has words\.txt; expected a file named vocab"):
        training.read_data(given, channels)


def test_dense_and_sparse_records_read_like_csv() -> None:
    rows = np.array([[1, 0, 2], [0, 3, 0]], np.float32)
    np.savetxt("a.csv", rows, "%g", ",")
    Path("a.pbr").write_bytes(recordio.write(rows))
    thin = sparse.csr_matrix(rows[:, :3])
    Path("b.pbr").write_bytes(recordio.write(thin))
    for path, kind in (("a.csv", "text/csv"), ("a.pbr", None), ("b.pbr", None)):
        given = TINY | {"feature_dim": "3"}
        data = training.read_data(given, {"train": {"path": path, "content_type": kind}})
        np.testing.assert_array_equal(data.train.toarray(), rows)


def test_a_model_that_diverges_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "named", lambda pair: {"total_loss": 0.0})
    data = small()
    data.train.data[0] = 1e38
    with pytest.raises(DataError, match="training diverged"):
        fit(data, optimizer="sgd", learning_rate="1")


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = loop.Training._epoch

    def stop(self: loop.Training, optimizer: Any) -> Any:
        if self.best is not None:
            signal.raise_signal(signal.SIGINT)
        return whole(self, optimizer)

    monkeypatch.setattr(loop.Training, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]
