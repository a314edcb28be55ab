from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.algorithms.object2vec import loop, training
from studio_ext.algorithms.object2vec.contract import COMPARATORS, NETWORKS, OBJECT2VEC, OPTIMIZERS
from studio_ext.algorithms.object2vec.evaluation import embeddings, evaluate
from studio_ext.algorithms.object2vec.pairs import PairData
from studio_ext.algorithms.object2vec.training import Fit
from studio_ext.formats.errors import DataError, UnsupportedContentType
from tests.algorithms.object2vec.data import kinds, records

TINY = {
    "enc0_max_seq_len": "6", "enc0_vocab_size": "30", "enc0_token_embedding_dim": "6",
    "enc_dim": "8", "mlp_dim": "6", "epochs": "2", "learning_rate": "0.01",
}  # fmt: skip
OTHER = {"enc1_network": "hcnn", "enc1_max_seq_len": "6", "enc1_vocab_size": "30",
         "enc1_token_embedding_dim": "6"}  # fmt: skip
POOLED = {"enc0_network": "pooled_embedding"}
LONGER = {"epochs": "20", "early_stopping_patience": "5", "early_stopping_tolerance": "0.000001",
          "enc_dim": "16", "mlp_activation": "relu", "learning_rate": "0.02"}  # fmt: skip


def fit(data: PairData | None = None, **given: str) -> Fit:
    return training.train(TINY | given, data or kinds(120), "model")


CHANGES: list[tuple[str, str, dict[str, str]]] = [
    ("enc0_max_seq_len", "3", POOLED),
    ("enc0_vocab_size", "40", {}),
    ("enc0_network", "bilstm", {}),
    ("enc0_network", "pooled_embedding", {}),
    ("enc0_cnn_filter_width", "1", {}),
    ("enc0_layers", "1", {}),
    ("enc0_layers", "2", {"enc0_network": "bilstm"}),
    ("enc0_token_embedding_dim", "4", {}),
    ("enc1_network", "bilstm", OTHER),
    ("enc1_network", "pooled_embedding", OTHER),
    ("enc1_max_seq_len", "3", OTHER),
    ("enc1_vocab_size", "40", OTHER),
    ("enc1_cnn_filter_width", "1", OTHER),
    ("enc1_layers", "1", OTHER),
    ("enc1_token_embedding_dim", "5", OTHER),
    ("enc_dim", "9", {}),
    ("tied_token_embedding_weight", "true", POOLED),
    *(("comparator_list", name, POOLED) for name in COMPARATORS),
    ("mlp_layers", "0", POOLED),
    ("mlp_dim", "7", POOLED),
    ("mlp_activation", "relu", POOLED),
    ("mlp_activation", "tanh", POOLED),
    ("output_layer", "mean_squared_error", POOLED),
    ("num_classes", "3", POOLED),
    ("negative_sampling_rate", "2", POOLED),
    ("bucket_width", "2", POOLED),
    ("dropout", "0.5", POOLED),
    ("epochs", "1", POOLED),
    ("mini_batch_size", "16", POOLED),
    *(("optimizer", name, POOLED) for name in OPTIMIZERS if name != "adam"),
    ("learning_rate", "0.02", POOLED),
    ("weight_decay", "0.5", POOLED),
    ("early_stopping_patience", "1", POOLED | {"early_stopping_tolerance": "0.1", "epochs": "8"}),
    ("early_stopping_tolerance", "0.1", POOLED | {"early_stopping_patience": "1", "epochs": "8",
                                                  "learning_rate": "0.03"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "others"), CHANGES)
def test_a_hyperparameter_changes_the_model(name: str, value: str, others: dict[str, str]) -> None:
    assert fit(**others | {name: value}).history != fit(**others).history


def test_no_hyperparameter_is_forgotten() -> None:
    changed = {name for name, _, _ in CHANGES}
    elsewhere = {"token_embedding_storage_type"} | {
        f"{which}_{part}"
        for which in ("enc0", "enc1")
        for part in ("pretrained_embedding_file", "vocab_file", "freeze_pretrained_embedding")
    }
    assert {h.name for h in OBJECT2VEC.hyperparameters} == changed | elsewhere


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_learns(network: str) -> None:
    done = fit(kinds(400), **LONGER, enc0_network=network)
    assert done.metrics["test"]["accuracy"] > 0.8


@pytest.mark.parametrize("network", NETWORKS)
def test_padding_changes_nothing(network: str) -> None:
    model = fit(enc0_network=network, epochs="1").model
    own = kinds(120).channels["test"].first
    alone = np.concatenate(
        [model.batch(0, own, np.array([row])).detach().numpy() for row in range(len(own))]
    )
    np.testing.assert_allclose(model.embeddings(0, own), alone, rtol=1e-3, atol=1e-5)


def test_the_same_data_gives_the_same_model() -> None:
    torch.rand(3)
    first = fit()
    torch.rand(5)
    assert fit().metrics == first.metrics


@pytest.mark.parametrize("optimizer", ["adam", "adagrad", "sgd"])
def test_row_sparse_slopes_train_too(optimizer: str) -> None:
    given = {**POOLED, "optimizer": optimizer, "learning_rate": "0.05", "epochs": "3"}
    dense = fit(**given).metrics["test"]["cross_entropy"]
    thin = fit(**given, token_embedding_storage_type="row_sparse").metrics["test"]["cross_entropy"]
    assert thin == pytest.approx(dense, abs=0.15)


def test_regression() -> None:
    done = fit(kinds(400), **POOLED | LONGER, output_layer="mean_squared_error")
    assert set(done.metrics["test"]) == {"mean_squared_error"}
    assert done.metrics["test"]["mean_squared_error"] < 0.2  # .25 without learning
    assert evaluate(done, kinds(400)).task == "numbers"


def test_negative_samples_make_labels_learnable() -> None:
    data = kinds(400)
    train = data.channels["train"]
    same = [row for row in records(train) if row["label"]]
    Path("train.json").write_text("\n".join(json.dumps(row) for row in same))
    given = TINY | POOLED | LONGER | {"negative_sampling_rate": "2"}
    positive = training.read_data(given, {"train": {"path": "train.json"}})
    whole = PairData({**positive.channels, "test": data.channels["test"]}, {})
    scores = training.train(given, whole, "model")
    model = scores.model
    test = data.channels["test"]
    found = model.scores(model.raw(test.first, test.second))[:, 1]
    assert found[test.labels > 0].mean() > found[test.labels == 0].mean() + 0.1


def auxiliary(width: int = 6) -> dict[str, Any]:
    Path("aux").mkdir(exist_ok=True)
    Path("aux/vocab.json").write_text(json.dumps({f"w{i}": i for i in range(30)}))
    numbers = np.random.default_rng(0).normal(size=(29, width))
    text = "\n".join(f"w{i} " + " ".join(f"{v:.4f}" for v in row) for i, row in enumerate(numbers))
    Path("aux/glove.txt").write_text(f"29 {width}\n{text}\n")
    for name, own in kinds(120).channels.items():
        Path(f"{name}.json").write_text("\n".join(json.dumps(row) for row in records(own)))
    return {
        "train": {"path": "train.json", "content_type": "application/jsonlines"},
        "auxiliary": {"path": "aux", "content_type": None},
    }


FILES = {"enc0_pretrained_embedding_file": "glove.txt", "enc0_vocab_file": "vocab.json"}


def test_pretrained_embeddings() -> None:
    channels = auxiliary()
    data = training.read_data(TINY | POOLED | FILES, channels)
    given = data.pretrained["enc0"][:29]
    frozen = training.train(TINY | POOLED | FILES, data, "model").model.network.encoders
    for encoder in frozen:  # enc1 is like enc0
        np.testing.assert_allclose(encoder.tokens.weight.detach().numpy()[:29], given)
    free = TINY | POOLED | FILES | {"enc0_freeze_pretrained_embedding": "False"}
    moved = training.train(free, data, "model").model.network.encoders
    assert np.abs(moved[0].tokens.weight.detach().numpy()[:29] - given).max() > 1e-3
    second = OTHER | {"enc1_network": "pooled_embedding", "enc1_vocab_file": "vocab.json",
                      "enc1_pretrained_embedding_file": "glove.txt",
                      "enc1_freeze_pretrained_embedding": "true"}  # fmt: skip
    data = training.read_data(TINY | POOLED | second, channels)
    assert list(data.pretrained) == ["enc1"]
    kept = training.train(TINY | POOLED | second, data, "model").model.network.encoders[1]
    np.testing.assert_allclose(kept.tokens.weight.detach().numpy()[:29], given)


def test_what_is_wrong_in_pretrained_embeddings() -> None:
    channels = auxiliary(width=5)
    for given, used, message in (
        (FILES, channels, "line 2 has 5 numbers; expected enc0_token_embedding_dim=6"),
        (FILES | {"enc0_vocab_file": "v.json"}, channels, "'auxiliary' has glove.txt, vocab.json"),
        (FILES | {"enc0_vocab_file": "glove.txt"}, channels, "glove.txt is not a vocabulary"),
        (FILES, {"train": channels["train"]}, "needs the channel 'auxiliary'"),
    ):
        with pytest.raises(DataError) as caught:
            training.read_data(TINY | given, used)
        assert message in str(caught.value)


def test_the_log_is_as_clients_parse_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit()
    out = capsys.readouterr().out
    found = {m.name: [float(v) for v in re.findall(m.regex, out)] for m in OBJECT2VEC.metrics}
    for channel in ("train", "validation"):
        for name in ("cross_entropy", "accuracy"):
            every = [*done.history[channel][name], done.metrics[channel][name]]
            assert found[f"{channel}:{name}"] == pytest.approx(every, rel=1e-4)
    assert found["test:accuracy"] == [pytest.approx(done.metrics["test"]["accuracy"], rel=1e-4)]
    assert "#progress_metric: host=algo-1, completed 50 % of epochs" in out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"comparator_list": "concat, sum"}, "expected some of hadamard, concat, abs_diff"),
        ({"enc0_network": "lstm"}, "expected one of hcnn, bilstm, pooled_embedding"),
        ({"enc1_network": "hcnn"}, "enc1_vocab_size is missing; enc1_network hcnn needs it"),
        ({"enc0_vocab_file": "a"}, "expected both or none"),
        ({"enc0_vocab_file": "a/b"}, "expected a file name of letters"),
        ({"enc1_vocab_size": "31", "tied_token_embedding_weight": "True"}, "expected 30 with tied"),
        ({"token_embedding_storage_type": "row_sparse", "optimizer": "rmsprop"},
         "'row_sparse' is not available with optimizer rmsprop; expected adagrad, adam, sgd"),
        ({"token_embedding_storage_type": "row_sparse", "weight_decay": "1"}, "moves every row"),
        ({"num_classes": "1"}, "num_classes: '1' is not valid"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        OBJECT2VEC.check(TINY | given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "train.json: line 1 is not valid JSON"),
        ('\n{"label": 1, "in0": [1]}', "line 2 has no tokens in in1"),
        ('{"label": 1, "in0": [], "in1": [1]}', "line 1 has no tokens in in0"),
        ('{"label": 1, "in0": [1.5], "in1": [1]}', "line 1 has the token 1.5 in in0"),
        ('{"label": 1, "in0": [1], "in1": [30]}', "0 to 29, as enc1_vocab_size=30 has"),
        ('{"in0": [1], "in1": [1]}', "line 1 has the label null; expected a number"),
        ('{"label": 2, "in0": [1], "in1": [1]}', "expected a whole number from 0 to 1, as num_c"),
        ("\n", "channel 'train' has no pairs"),
    ],
)
def test_what_is_wrong_in_data(text: str, message: str) -> None:
    Path("train.json").write_text(text)
    with pytest.raises(DataError) as caught:
        training.read_data(TINY, {"train": {"path": "train.json"}})
    assert message in str(caught.value)


def test_what_is_wrong_in_channels() -> None:
    Path("a").write_text("1")
    with pytest.raises(UnsupportedContentType, match="channel 'train' has content type 'text/csv'"):
        training.read_data(TINY, {"train": {"path": "a", "content_type": "text/csv"}})
    with pytest.raises(DataError, match="channel 'train' is missing"):
        training.read_data(TINY, {"test": {"path": "a"}})
    with pytest.raises(DataError, match="channel 'model' is not known"):
        training.read_data(TINY, {"model": {"path": "a"}})


def test_a_model_that_diverges_says_so() -> None:
    with pytest.raises(DataError, match="training diverged"):
        fit(**POOLED, output_layer="mean_squared_error", optimizer="sgd", learning_rate="1",
            mlp_layers="5", epochs="20")  # fmt: skip
    assert not Path("model").exists()


def test_a_stopped_job_keeps_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = loop.Training._epoch

    def stop(self: loop.Training, optimizers: Any) -> Any:
        if self.best is not None:
            signal.raise_signal(signal.SIGINT)
        return whole(self, optimizers)

    monkeypatch.setattr(loop.Training, "_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit()
    assert [path.name for path in Path("model").iterdir()] == ["model_algo-1"]


def test_the_report_and_the_picture(capsys: pytest.CaptureFixture[str]) -> None:
    data = kinds(120)
    done = fit(data)
    report = evaluate(done, data)
    assert (report.channel, report.task) == ("test", "classes")
    right = (report.actual == report.predicted).mean()
    assert right == pytest.approx(done.metrics["test"]["accuracy"])
    assert "Embeddings of 18 objects of in0 and of in1 of test" in repr(embeddings(done, data))
    assert "pairs" in repr(data.summary())
