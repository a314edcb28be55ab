from __future__ import annotations

import importlib.util
import re
import signal
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.ipinsights import training
from studio_ext.algorithms.ipinsights.contract import IPINSIGHTS
from studio_ext.algorithms.ipinsights.evaluation import evaluate
from studio_ext.algorithms.ipinsights.pairs import Pairs, bits, hash_of
from studio_ext.algorithms.ipinsights.pictures import pair_scores
from studio_ext.algorithms.ipinsights.training import Fit, PairsData
from studio_ext.formats.errors import DataError

from .logins import data, pairs, texts

pytest.importorskip("torch")

GIVEN = {"num_entity_vectors": "1000", "vector_dim": "8", "epochs": "2",
         "mini_batch_size": "200", "learning_rate": "0.01"}  # fmt: skip


def fit(found: PairsData | None = None, **more: str) -> Fit:
    return training.train({**GIVEN, **more}, found or data(), "model")


CHANGES = [
    ("num_entity_vectors", "20"),
    ("vector_dim", "9"),
    ("epochs", "1"),
    ("learning_rate", "0.002"),
    ("mini_batch_size", "100"),
    ("num_ip_encoder_layers", "0"),
    ("num_ip_encoder_layers", "2"),
    ("random_negative_sampling_rate", "2"),
    ("shuffled_negative_sampling_rate", "0"),
    ("weight_decay", "1"),
]


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str) -> None:
    found = data(600)
    scores = [fit(found, **more).model.scores(found.channels["train"])
              for more in ({}, {name: value})]  # fmt: skip
    assert np.abs(scores[0] - scores[1]).max() > 1e-5


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"batch_metrics_publish_interval"}
    assert {h.name for h in IPINSIGHTS.hyperparameters} == {name for name, _ in CHANGES} | elsewhere


def test_the_speed_is_told_every_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    fit(batch_metrics_publish_interval="4", epochs="1")  # of ten steps
    out = capsys.readouterr().out
    assert len(re.findall(r"Epoch\[0\] Batch \[[48]\] Speed: \S+ samples/sec loss=", out)) == 2
    fit(batch_metrics_publish_interval="11", epochs="1")
    assert "Speed:" not in capsys.readouterr().out


def test_it_tells_usual_pairs_from_unusual_ones() -> None:
    found = data(4000)
    done = fit(found, epochs="8")
    assert done.metrics["validation"]["discriminator_auc"] > 0.97
    usual = found.channels["validation"]
    others = Pairs(np.roll(usual.entities, 7), usual.addresses)  # addresses of other users
    assert np.median(done.model.scores(usual)) > np.median(done.model.scores(others)) + 1


def test_the_same_job_gives_the_same_model() -> None:
    assert fit().metrics == fit().metrics


def test_entities_far_apart_do_not_move() -> None:
    """Vectors that no entity of the training has stay as they began."""
    found = PairsData({"train": pairs(texts(300, 1, users=3))})
    one, two = fit(found, epochs="1"), fit(found, epochs="4")
    used = np.unique(found.channels["train"].rows(1000))
    assert len(used) == 3
    same = (one.model.embedding == two.model.embedding).all(1)
    assert not same[used].any()
    assert same.sum() == 997


def test_bits_and_hashes() -> None:
    address = "192.168.1.2"
    found = bits(np.array([int(IPv4Address(address)), 0], np.uint32))
    word = "".join(f"{int(octet):08b}" for octet in address.split("."))
    assert found[0].tolist() == [2 * int(bit) - 1 for bit in word]
    assert found[1].tolist() == [-1] * 32
    assert hash_of("user1") == hash_of("user1") != hash_of("user2")


def test_the_model_scores_as_the_network_does() -> None:
    from studio_ext.algorithms.ipinsights.network import Network

    values = training.all_values({**GIVEN, "num_ip_encoder_layers": "2"})
    network, some = Network(values), data().channels["train"]
    rows = some.rows(1000)
    import torch

    with torch.no_grad():
        own = network.entities(torch.from_numpy(rows))
        theirs = (own * network.encode(some.addresses)).sum(1).numpy()
    np.testing.assert_allclose(network.model().scores(some), theirs, rtol=1e-4, atol=1e-6)


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = data()
    done = fit(found, epochs="3")
    out = capsys.readouterr().out
    assert "#quality_metric: host=algo-1, epoch=2, validation discriminator_auc <score>=" in out
    auc, loss = (re.findall(metric.regex, out) for metric in IPINSIGHTS.metrics)
    history = done.history["validation"]["discriminator_auc"]
    assert [float(one) for one in auc] == [pytest.approx(one, rel=1e-4) for one in history]
    assert len(loss) == 3
    value, true, false = training.discriminate(done.model, found.channels["validation"])
    assert value == pytest.approx(
        roc_auc_score([1] * len(true) + [0] * len(false), np.concatenate([true, false]))
    )
    assert done.metrics["validation"]["discriminator_auc"] == pytest.approx(value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "num_entity_vectors is missing; expected an integer at least 1 and at most 250000000"),
        ({**GIVEN, "vector_dim": "3"}, "vector_dim: '3' is not valid; expected an integer at lea"),
        ({**GIVEN, "learning_rate": "11"}, "learning_rate: '11' is not valid"),
        (
            {
                **GIVEN,
                "random_negative_sampling_rate": "0",
                "shuffled_negative_sampling_rate": "0",
            },
            "are both 0; expected one of them to be at least 1",
        ),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        IPINSIGHTS.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,1.2.3.4\nb\n", "data: line 2 has 1 columns; expected 2"),
        ("a,1.2.3.4,5\n", "data: line 1 has 3 columns; expected 2"),
        ("a,1.2.3.4\nb,1.2.3.400\n", "data: line 2, column 2: found '1.2.3.400'; expected an IPv4"),
        ("a,::1\n", "data: line 1, column 2: found '::1'; expected an IPv4 address"),
        ("entity,ip\na,1.2.3.4\n", "data: line 1, column 2: found 'ip'"),
        (",1.2.3.4\n", "data: line 1, column 1 is empty"),
        ("a,1.2.3.4\nü,1.2.3.4\n", "data: line 2 is not UTF-8 text"),
        ("\n\n", "channel 'train' has no rows"),
    ],
)
def test_what_is_wrong_in_data(text: str, message: str) -> None:
    Path("data").write_text(text, encoding="latin-1")
    with pytest.raises(DataError) as caught:
        training.read_data(GIVEN, {"train": {"path": "data", "content_type": "text/csv"}})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"test": {}}, "channel 'test' is not known to ipinsights; expected train, validation"),
        ({"validation": {}}, "channel 'train' is missing"),
        ({"train": {"path": "x", "content_type": "text/plain"}}, "expected text/csv"),
    ],
)
def test_what_is_wrong_in_channels(inputs: Mapping[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        training.read_data(GIVEN, inputs)
    assert message in str(caught.value)


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HyperparameterError, match=r"pip install 'studio-ext\[deep\]'"):
        training.read_data(GIVEN, {})


def test_a_model_that_diverges_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_epoch", lambda *_: float("nan"))
    with pytest.raises(DataError, match=r"diverged in epoch 0.*expected a smaller learning_rate"):
        fit()
    assert not Path("model").exists()


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = training._epoch

    def stop(network: Any, found: Pairs, values: Mapping[str, Any], epoch: int) -> float:
        if epoch == 1:
            signal.raise_signal(signal.SIGINT)
        return whole(network, found, values, epoch)

    monkeypatch.setattr(training, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


def test_reading_and_what_the_notebook_shows() -> None:
    Path("train").mkdir()
    rows = texts(500, 1)
    Path("train/a.csv").write_text("".join(f"{a},{b}\n" for a, b in rows[:200]))
    Path("train/b.csv").write_text("".join(f'"{a}", {b}\r\n' for a, b in rows[200:]))
    read = training.read_data(GIVEN, {"train": {"path": "train"}})
    straight = pairs(rows)
    np.testing.assert_array_equal(read.channels["train"].entities, straight.entities)
    np.testing.assert_array_equal(read.channels["train"].addresses, straight.addresses)
    assert "train  500  " in repr(read.summary())
    assert "<table>" in read.summary()._repr_html_()
    done = fit(read)
    report = evaluate(done, read)
    assert report.channel == "train"
    assert f"AUC {report.auc:.4f}" in repr(pair_scores(report))
    assert set(done.metrics) == {"train"}
