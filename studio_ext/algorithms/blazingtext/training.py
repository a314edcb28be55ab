"""Train BlazingText: word vectors, or a classifier of sentences.

The log has ``#train_accuracy: …`` and ``#validation_accuracy: …`` of a classifier, and
``#mean_rho: …`` of word vectors where a channel ``wordsim`` brings pairs to judge them by.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms.blazingtext import engine, wordsim
from studio_ext.algorithms.blazingtext.contract import BLAZINGTEXT, SUPERVISED
from studio_ext.algorithms.blazingtext.corpus import Corpus, read_corpus
from studio_ext.algorithms.blazingtext.model import Classifier, WordVectors
from studio_ext.algorithms.data import html_table
from studio_ext.algorithms.hyperparameters import defaults
from studio_ext.algorithms.job import log, write_whole
from studio_ext.formats.errors import DataError


@dataclass(frozen=True)
class Text:
    """Attributes: corpora by channel, whose files go when this goes, and pairs to judge by."""

    corpora: Mapping[str, Corpus]
    pairs: Mapping[str, wordsim.Pairs]

    def summary(self) -> TextSummary:
        return TextSummary(self.corpora)


class TextSummary:
    """A small table of what was read, as a notebook shows it."""

    HEAD = ("channel", "sentences", "tokens", "distinct words", "labels")

    def __init__(self, corpora: Mapping[str, Corpus]) -> None:
        self.rows = [
            (name, f"{one.sentences:,}", f"{sum(one.words.values()):,}", f"{len(one.words):,}",
             f"{len(one.labels):,}")
            for name, one in corpora.items()
        ]  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join("  ".join(line) for line in (self.HEAD, *self.rows))

    def _repr_html_(self) -> str:
        return html_table(self.HEAD, self.rows)


@dataclass(frozen=True, slots=True)
class Fit:
    """A finished training.

    Attributes:
        model: word vectors or a classifier.
        history: channel -> metric -> value for each number of epochs that was tried.
        epochs: that the model was trained for.
        metrics: channel -> metric -> value.
        values: all hyperparameters, typed.
        seconds: spent training, without reading.
    """

    model: WordVectors | Classifier
    history: dict[str, dict[str, list[float]]]
    epochs: int
    metrics: dict[str, dict[str, float]]
    values: Mapping[str, Any]
    seconds: float


def read_data(
    hyperparameters: Mapping[str, str], channels: Mapping[str, Mapping[str, Any]]
) -> Text:
    """Check the hyperparameters, then read the channels.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
    """
    values = all_values(hyperparameters)
    labelled = values["mode"] == SUPERVISED
    known = ("train", "validation") if labelled else ("train", "wordsim")
    for name in channels:
        if name not in known:
            raise DataError(
                f"channel '{name}' has no use in mode {values['mode']}; expected "
                f"{' and '.join(known)}"
            )
    if "train" not in channels:
        raise DataError("channel 'train' is missing; blazingtext needs it")
    if labelled and values["early_stopping"] and "validation" not in channels:
        raise DataError("channel 'validation' is missing; early_stopping=true needs it")
    folder = Path(tempfile.mkdtemp(prefix="blazingtext-"))
    try:
        data = _read(channels, folder, labelled)
    except BaseException:
        shutil.rmtree(folder)
        raise
    weakref.finalize(data, shutil.rmtree, folder, ignore_errors=True)
    return data


def _read(channels: Mapping[str, Mapping[str, Any]], folder: Path, labelled: bool) -> Text:
    corpora = {
        name: read_corpus(name, channels[name], folder, labelled=labelled)
        for name in ("train", "validation")
        if name in channels
    }
    for name, corpus in corpora.items():
        log(f"channel '{name}': {corpus.sentences:,} sentences, {len(corpus.words):,} words")
    if "validation" in corpora:
        _same_labels(corpora["train"], corpora["validation"])
    pairs = wordsim.read_pairs(channels["wordsim"]) if "wordsim" in channels else {}
    return Text(corpora, pairs)


def _same_labels(train: Corpus, validation: Corpus) -> None:
    """Raise DataError when no label is in both; notice those that training has not."""
    unknown = sorted(set(validation.labels) - set(train.labels))
    if len(unknown) == len(validation.labels):
        raise DataError(
            f"channel 'validation' has no label that channel 'train' has; it has {unknown[0]}, "
            f"expected such as {next(iter(train.labels))}"
        )
    if unknown:
        log(
            f"notice: {len(unknown)} labels of channel 'validation' are not in channel 'train', "
            f"such as {unknown[0]}; sentences with no other label are not judged"
        )


def all_values(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Typed hyperparameters, with the documented defaults of those that were not given."""
    given = BLAZINGTEXT.check(hyperparameters)
    values = defaults(BLAZINGTEXT.hyperparameters) | given
    for notice in notices(given, values):
        log(f"notice: {notice}")
    return values


def notices(given: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """What was given and changes nothing, or is done in another way."""
    found = []
    if values["mode"] == "batch_skipgram":
        found.append(
            "mode batch_skipgram is trained as skipgram: the objective is the same, and sharing "
            "negative samples within a batch is a matter of speed"
        )
    if "batch_size" in given:
        found.append("batch_size changes nothing on one machine")
    if values["mode"] != SUPERVISED and not values["subwords"]:
        named = [name for name in ("min_char", "max_char", "buckets") if name in given]
        found += [f"{name} changes nothing without subwords=true" for name in named]
    if values["mode"] == SUPERVISED and not values["early_stopping"]:
        named = [name for name in ("patience", "min_epochs") if name in given]
        found += [f"{name} changes nothing without early_stopping=true" for name in named]
    if values["mode"] == SUPERVISED and values["word_ngrams"] == 1 and "buckets" in given:
        found.append("buckets changes nothing with word_ngrams=1")
    return found


def train(hyperparameters: Mapping[str, str], data: Text, model_dir: str | Path) -> Fit:
    """Train, judge and save the artefacts.

    Raises:
        HyperparameterError, DataError: names what is wrong and what was expected.
        KeyboardInterrupt: the job was stopped; the best classifier of early stopping is saved.
    """
    values = all_values(hyperparameters)
    if values["mode"] == SUPERVISED:
        return _classifier(values, data, Path(model_dir))
    return _vectors(values, data, Path(model_dir))


def _vectors(values: Mapping[str, Any], data: Text, folder: Path) -> Fit:
    start = time.perf_counter()
    corpus = data.corpora["train"]
    model = WordVectors.of(engine.fit(corpus, values, values["epochs"]))
    seconds = time.perf_counter() - start
    log(f"{len(model.words):,} words have vectors of {values['vector_dim']} dimensions")
    _speed(corpus, values["epochs"], seconds)
    model.save(folder)
    metrics = {"train": {"words": float(len(model.words))}}
    if values["evaluation"] and data.pairs:
        found = wordsim.evaluate(model, data.pairs)
        log(f"Evaluating word embeddings\n{json.dumps(found, indent=4, sort_keys=True)}")
        if math.isnan(found["mean_rho"]):
            log("notice: too few of the pairs are known to tell mean_rho")
        else:
            log(f"#mean_rho: {found['mean_rho']:.6g}")
            metrics["train"]["mean_rho"] = found["mean_rho"]
        write_whole(folder / wordsim.FILE, lambda part: wordsim.save(found, part))
    elif values["evaluation"]:
        log(
            "notice: evaluation: WordSimilarity-353 is not part of Studio; a channel 'wordsim' "
            "with its files brings train:mean_rho and eval.json"
        )
    return Fit(model, {}, values["epochs"], metrics, values, seconds)


def _classifier(values: Mapping[str, Any], data: Text, folder: Path) -> Fit:
    """The classifier; with early stopping the best of several numbers of epochs.

    fastText lets the step size fall to 0 in the last epoch, so each number of epochs is a training
    of its own.
    """
    start = time.perf_counter()
    corpus, held_out = data.corpora["train"], data.corpora.get("validation")
    last = values["epochs"]
    first = min(values["min_epochs"], last) if values["early_stopping"] else last
    best: tuple[float, int, Any] | None = None
    history: dict[str, dict[str, list[float]]] = {}
    try:
        for epochs in range(first, last + 1):
            found = engine.fit(corpus, values, epochs)
            _speed(corpus, epochs, time.perf_counter() - start)
            judged = _judge(found, corpus, "train", history)
            if held_out is not None:
                judged = _judge(found, held_out, "validation", history)
            if best is None or judged > best[0]:
                best = judged, epochs, found
            elif epochs - best[1] >= values["patience"]:
                log(f"stopped early: no improvement for {values['patience']} epochs")
                break
    except KeyboardInterrupt:
        if best is not None:
            Classifier(best[2]).save(folder)
            log("stopped: the best model so far is saved as model.bin")
        raise
    assert best is not None  # there is one round at least
    model = Classifier(best[2])
    model.save(folder)
    at = best[1] - first
    metrics = {name: {"accuracy": one["accuracy"][at]} for name, one in history.items()}
    if first < last:
        log(f"kept the model of {best[1]} epochs")
        for name, one in metrics.items():
            log(f"#{name}_accuracy: {one['accuracy']:.6g}")
    return Fit(model, history, best[1], metrics, values, time.perf_counter() - start)


def _judge(found: Any, corpus: Corpus, channel: str, history: dict[str, Any]) -> float:
    """The share of sentences whose first guess is right, told and remembered."""
    count, accuracy, _ = found.test(str(corpus.path))
    log(f"#{channel}_accuracy: {accuracy:.6g}\nNumber of {channel} examples: {count}")
    history.setdefault(channel, {}).setdefault("accuracy", []).append(float(accuracy))
    return float(accuracy)


def _speed(corpus: Corpus, epochs: int, seconds: float) -> None:
    rate = sum(corpus.words.values()) * epochs / max(seconds, 1e-9)
    log(f"##### trained {epochs} epochs at {rate / 1e6:.3f} million words/second #####")
