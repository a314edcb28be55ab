from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from studio_ext.algorithms.blazingtext import engine, training
from studio_ext.algorithms.blazingtext.contract import BLAZINGTEXT
from studio_ext.algorithms.blazingtext.evaluation import details, evaluate
from studio_ext.algorithms.blazingtext.model import Classifier, WordVectors
from studio_ext.algorithms.blazingtext.pictures import outcome
from studio_ext.algorithms.blazingtext.training import Fit
from studio_ext.algorithms.hyperparameters import HyperparameterError
from studio_ext.formats.errors import DataError

from .texts import channel, language, moods

WORDS = {"mode": "skipgram", "vector_dim": "10", "epochs": "2", "sampling_threshold": "0.01"}
MOODS = {"mode": "supervised", "vector_dim": "10", "learning_rate": "0.5", "word_ngrams": "1"}


def fit(given: Mapping[str, str], inputs: Mapping[str, Any] | None = None) -> Fit:
    if inputs is None:
        lines = moods() if given["mode"] == "supervised" else language(300)
        inputs = {"train": channel("train", lines)}
        if given["mode"] == "supervised":
            inputs["validation"] = channel("validation", moods(100, 1))
    return training.train(given, training.read_data(given, inputs), "model")


def numbers(done: Fit) -> Any:
    """What must differ when a hyperparameter matters."""
    if isinstance(done.model, WordVectors):
        return done.model.vectors
    return done.model.classify(["a fine day is sad the", "great"], 2)


SUB = {"subwords": "true", "buckets": "50000"}
STOP = {"early_stopping": "true", "epochs": "9", "min_epochs": "2", "learning_rate": "1e-9"}
# what is given, name, value
CHANGES: list[tuple[dict[str, str], str, str]] = [
    (WORDS, "mode", "cbow"),
    (WORDS, "epochs", "3"),
    (WORDS, "learning_rate", "0.2"),
    (WORDS, "min_count", "20"),
    (WORDS, "vector_dim", "11"),
    (WORDS, "window_size", "1"),
    (WORDS, "negative_samples", "2"),
    (WORDS, "sampling_threshold", "0.001"),
    (WORDS, "subwords", "true"),
    ({**WORDS, **SUB}, "buckets", "20"),
    ({**WORDS, **SUB}, "min_char", "4"),
    ({**WORDS, **SUB}, "max_char", "4"),
    (MOODS, "epochs", "1"),
    (MOODS, "learning_rate", "0.1"),
    (MOODS, "vector_dim", "4"),
    (MOODS, "min_count", "140"),
    (MOODS, "word_ngrams", "2"),
    ({**MOODS, "word_ngrams": "3"}, "buckets", "2"),
    ({**MOODS, "epochs": "8", "learning_rate": "1"}, "early_stopping", "true"),
    ({**MOODS, **STOP, "learning_rate": "0.001"}, "min_epochs", "3"),
]


def differ(one: Fit, two: Fit) -> bool:
    first, second = numbers(one), numbers(two)
    if isinstance(first, list):
        return bool(first != second)
    return first.shape != second.shape or not np.array_equal(first, second)


@pytest.mark.parametrize(("given", "name", "value"), CHANGES)
def test_a_hyperparameter_changes_the_model(given: dict[str, str], name: str, value: str) -> None:
    assert differ(fit(given), fit({**given, name: value}))


def test_no_hyperparameter_is_forgotten() -> None:
    elsewhere = {"batch_size", "evaluation", "patience"}
    assert {h.name for h in BLAZINGTEXT.hyperparameters} == {n for _, n, _ in CHANGES} | elsewhere


def test_patience_is_epochs_without_improvement(capsys: pytest.CaptureFixture[str]) -> None:
    for patience, epochs in (("1", 2), ("3", 4)):
        done = fit({**MOODS, **STOP, "patience": patience})  # no step changes anything
        assert len(done.history["validation"]["accuracy"]) == epochs
        assert done.epochs == 2
        out = capsys.readouterr().out
        assert f"stopped early: no improvement for {patience} epochs" in out
        assert "kept the model of 2 epochs" in out


def test_early_stopping_keeps_the_best() -> None:
    done = fit({**MOODS, "early_stopping": "true", "min_epochs": "1", "epochs": "6"})
    accuracy = done.history["validation"]["accuracy"]
    assert done.metrics["validation"]["accuracy"] == max(accuracy)
    assert done.epochs == 1 + accuracy.index(max(accuracy))


@pytest.mark.parametrize(
    ("given", "notice"),
    [
        ({**WORDS, "mode": "batch_skipgram"}, "mode batch_skipgram is trained as skipgram"),
        ({**WORDS, "batch_size": "20"}, "batch_size changes nothing on one machine"),
        ({**WORDS, "min_char": "2"}, "min_char changes nothing without subwords=true"),
        ({**WORDS, "buckets": "10"}, "buckets changes nothing without subwords=true"),
        ({**MOODS, "patience": "2"}, "patience changes nothing without early_stopping=true"),
        ({**MOODS, "buckets": "10"}, "buckets changes nothing with word_ngrams=1"),
        ({**WORDS, **SUB}, "of 50,000 are made, as the text has"),
        (WORDS, "WordSimilarity-353 is not part of Studio; a channel 'wordsim'"),
    ],
)
def test_what_changes_nothing_is_noticed(
    given: dict[str, str], notice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(given)
    out = capsys.readouterr().out
    assert "notice: " in out
    assert notice in out


def test_batch_skipgram_is_skipgram() -> None:
    assert not differ(fit(WORDS), fit({**WORDS, "mode": "batch_skipgram"}))


def test_the_same_job_gives_the_same_model() -> None:
    assert not differ(fit(WORDS), fit(WORDS))
    assert not differ(fit(MOODS), fit(MOODS))


@pytest.mark.parametrize("given", [WORDS, {**WORDS, **SUB}])
def test_vectors_have_the_scale_they_were_learnt_in(given: dict[str, str]) -> None:
    done = fit(given)
    assert {path.name for path in Path("model").iterdir()} == {"vectors.txt", "vectors.bin"}
    head, *lines = Path("model/vectors.txt").read_text().splitlines()
    assert head == f"{len(lines)} 10"
    rows = {line.split()[0]: np.array(line.split()[1:], float) for line in lines}
    assert isinstance(done.model, WordVectors)
    assert list(rows) == done.model.words
    assert "</s>" not in rows
    matrix = done.model.engine.get_input_matrix()
    for word in done.model.words[:5]:
        own = matrix[done.model.engine.get_subwords(word)[1]].mean(0)
        np.testing.assert_allclose(rows[word], own, rtol=1e-4, atol=1e-6)
        upstream = done.model.engine.get_word_vector(word)  # of length 1
        cosine = own @ upstream / np.linalg.norm(own) / np.linalg.norm(upstream)
        assert cosine == pytest.approx(1, abs=1e-4)
    norms = np.linalg.norm(done.model.vectors, axis=1)
    assert np.ptp(norms) > 0.01


def test_the_evaluation_on_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("wordsim")
    folder.mkdir()
    pairs = [("country1", "Capital1", 9), ("country1", "filler3", 1), ("mayor", "street", 8),
             ("bank", "about4x1", 0.5), ("nobody", "bank", 3)]  # fmt: skip
    text = "Word 1,Word 2,Human (mean)\n" + "".join(f"{a},{b},{s}\n" for a, b, s in pairs)
    (folder / "combined.csv").write_text(text)
    (folder / "tabs.txt").write_text("# pairs\n" + "\n".join(f"{a}\t{b}\t{s}" for a, b, s in pairs))
    inputs = {"train": channel("train", language(600)), "wordsim": {"path": "wordsim"}}
    done = fit(WORDS, inputs)
    assert isinstance(done.model, WordVectors)
    found = json.loads(Path("model/eval.json").read_text())
    assert set(found) == {"combined.csv", "tabs.txt", "mean_rho"}
    vectors = dict(zip(done.model.words, done.model.vectors, strict=True))
    cosines = []
    for first, second, _ in pairs[:-1]:
        a, b = vectors[first], vectors[second.lower()]
        cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    rho = spearmanr(cosines, [score for *_, score in pairs[:-1]]).statistic
    for one in ("combined.csv", "tabs.txt"):
        assert found[one] == {
            "not_found": 1, "spearmans_rho": pytest.approx(rho), "total_pairs": 5
        }  # fmt: skip
    out = capsys.readouterr().out
    printed = re.findall(BLAZINGTEXT.metrics[0].regex, out)
    assert [float(one) for one in printed] == [pytest.approx(rho, rel=1e-4)]
    assert done.metrics["train"]["mean_rho"] == pytest.approx(rho)
    Path("model/eval.json").unlink()
    fit({**WORDS, "evaluation": "False"}, inputs)
    assert not Path("model/eval.json").exists()


def test_too_few_pairs_have_no_rho(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pairs.txt").write_text("bank street 5\nbank nobody 3\n")
    done = fit(WORDS, {"train": channel("train", language(300)), "wordsim": {"path": "pairs.txt"}})
    assert "too few of the pairs are known" in capsys.readouterr().out
    assert "mean_rho" not in done.metrics["train"]
    assert math.isnan(json.loads(Path("model/eval.json").read_text())["mean_rho"])


def test_the_log_of_a_classifier(capsys: pytest.CaptureFixture[str]) -> None:
    done = fit(MOODS)
    out = capsys.readouterr().out
    assert "Number of train examples: 300" in out
    for name in ("train", "validation"):
        metric = next(m for m in BLAZINGTEXT.metrics if m.name == f"{name}:accuracy")
        assert [float(v) for v in re.findall(metric.regex, out)] == [
            pytest.approx(done.metrics[name]["accuracy"], rel=1e-4)
        ]
    assert done.metrics["validation"]["accuracy"] > 0.95
    assert [path.name for path in Path("model").iterdir()] == ["model.bin"]


def test_augmented_manifests_are_like_text() -> None:
    lines = moods()
    plain = fit(MOODS, {"train": channel("train", lines)})
    folder = Path("manifest")
    folder.mkdir()
    entries = []
    for at, line in enumerate(lines):
        label, _, text = line.partition(" ")
        own = label.removeprefix("__label__")
        entries.append({"source": text, "label": [own] if at % 2 else own})
    (folder / "data").write_text("\n".join(map(json.dumps, entries)))
    given = {"train": {"path": "manifest", "content_type": "application/jsonlines"}}
    assert not differ(plain, fit(MOODS, given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "mode is missing; expected one of batch_skipgram, skipgram, cbow, supervised"),
        ({"mode": "glove"}, "mode: 'glove' is not valid"),
        ({**WORDS, "word_ngrams": "2"}, "word_ngrams: '2' is only for mode supervised, not skip"),
        ({**MOODS, "window_size": "2"}, "window_size: '2' is only for mode batch_skipgram, skip"),
        (
            {"mode": "batch_skipgram", "subwords": "true"},
            "subwords: 'true' is not available with mode batch_skipgram",
        ),
        ({**WORDS, "min_char": "7"}, "min_char: '7' is not valid; expected at most max_char=6"),
        ({**WORDS, "learning_rate": "0"}, "learning_rate: '0' is not valid; expected a number abo"),
    ],
)
def test_what_is_wrong_in_hyperparameters(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        BLAZINGTEXT.check(given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "body", "message"),
    [
        (MOODS, b"__label__1 a\nno label\n", "data: line 2 begins with 'no'; expected a label"),
        (MOODS, b"__label__1\n", "data: line 1 has labels and no words"),
        (MOODS, b"\n \n", "channel 'train' has no sentences"),
        (WORDS, b"a b\n\xff\xfe\n", "data: line 2 is not UTF-8 text"),
        (WORDS, b"a b c\n", "Empty vocabulary"),
    ],
)
def test_what_is_wrong_in_text(given: dict[str, str], body: bytes, message: str) -> None:
    Path("data").write_bytes(body)
    with pytest.raises(DataError) as caught:
        fit(given, {"train": {"path": "data", "content_type": "text/plain"}})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "data: line 1: expected {\"source\": \"a sentence\", \"label\": 1}; it is not JSON"),
        ('{"label": 1}', "it has no text as source"),
        ('{"source": "a", "label": {"x": 1}}', "the label [{'x': 1}] is no number or word"),
        ('{"source": "a", "label": "two words"}', "is no number or word"),
        ('{"source": "a"}', "begins with 'a'; expected a label"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_manifest(body: str, message: str) -> None:
    Path("data").write_text(body)
    with pytest.raises(DataError) as caught:
        fit(MOODS, {"train": {"path": "data", "content_type": "application/jsonlines"}})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        (
            WORDS,
            {"train": {}, "validation": {}},
            "channel 'validation' has no use in mode skipgram",
        ),
        (MOODS, {"validation": {}}, "channel 'train' is missing"),
        (
            {**MOODS, "early_stopping": "true"},
            {"train": {}},
            "channel 'validation' is missing; early_stopping=true needs it",
        ),
        (
            WORDS,
            {"train": {"path": "x", "content_type": "text/csv"}},
            "channel 'train' has content type 'text/csv'; expected one of text/plain",
        ),
    ],
)
def test_what_is_wrong_in_channels(
    given: dict[str, str], inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        training.read_data(given, inputs)
    assert message in str(caught.value)


def test_labels_that_training_has_not(capsys: pytest.CaptureFixture[str]) -> None:
    train = channel("train", moods())
    with pytest.raises(DataError, match="no label that channel 'train' has; it has __label__x"):
        fit(MOODS, {"train": train, "validation": channel("validation", ["__label__x a b"])})
    lines = ["__label__x a b", *moods(50, 1)]
    fit(MOODS, {"train": train, "validation": channel("validation", lines)})
    assert "notice: 1 labels of channel 'validation' are not in channel 'train'" in (
        capsys.readouterr().out
    )


def test_bad_pairs() -> None:
    Path("pairs.txt").write_text("bank street 5\nbank street\n")
    with pytest.raises(DataError, match=r"pairs\.txt: line 2 is 'bank street'; expected two words"):
        fit(WORDS, {"train": channel("train", language(300)), "wordsim": {"path": "pairs.txt"}})


def test_a_stopped_job_keeps_the_best_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = engine._beside, iter(range(9))

    def stop(work: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return whole(work)

    monkeypatch.setattr(engine, "_beside", stop)
    with pytest.raises(KeyboardInterrupt):
        fit({**MOODS, "early_stopping": "true", "epochs": "9", "min_epochs": "1"})
    assert [path.name for path in Path("model").iterdir()] == ["model.bin"]


def test_an_interrupt_need_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    import _thread
    import time

    start = time.monotonic()

    def long() -> None:
        _thread.interrupt_main()
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt):
        engine._beside(long)
    assert time.monotonic() - start < 10


def test_what_the_notebook_shows_of_words() -> None:
    lines = language(400)
    inputs = {"train": channel("train", lines)}
    data = training.read_data(WORDS, inputs)
    assert "400" in repr(data.summary())
    assert "<table>" in data.summary()._repr_html_()
    done = training.train(WORDS, data, "model")
    report = evaluate(done, data)
    assert "frequent words" in repr(outcome(report))
    assert len(details(report).rows) == 10
    assert report.metrics == {"train": {"words": len(done.model.words)}}  # type: ignore[union-attr]


def test_what_the_notebook_shows_of_labels() -> None:
    inputs = {"train": channel("train", [*moods(), "__label__good __label__bad a fine day"])}
    data = training.read_data(MOODS, inputs)
    done = training.train(MOODS, data, "model")
    assert isinstance(done.model, Classifier)
    report = evaluate(done, data)
    assert (report.channel, list(report.names)) == ("train", ["bad", "good"])
    right = (report.actual == report.predicted).mean()
    assert right == pytest.approx(done.metrics["train"]["accuracy"], abs=0.01)
    assert "Confusion of labels on train" in repr(outcome(report))
    assert [row[0] for row in details(report).rows] == ["bad", "good"]
