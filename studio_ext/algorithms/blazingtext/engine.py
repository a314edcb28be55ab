"""fastText: trained in a thread of its own, so that a job that is stopped need not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import fasttext

from studio_ext.algorithms.blazingtext.contract import SUPERVISED
from studio_ext.algorithms.blazingtext.corpus import Corpus
from studio_ext.algorithms.job import log, threads
from studio_ext.formats.errors import DataError

LEAST_BUCKETS = 1024
ROOMY = 4  # buckets for each n-gram that the text can have


def fit(corpus: Corpus, values: Mapping[str, Any], epochs: int) -> Any:
    """A trained fastText model.

    Raises:
        DataError: no word is frequent enough, or the steps were too large.
    """
    common = {
        "input": str(corpus.path),
        "lr": values["learning_rate"],
        "dim": values["vector_dim"],
        "epoch": epochs,
        "minCount": values["min_count"],
        "bucket": _buckets(corpus, values),
        "thread": threads(sum(corpus.words.values()) * values["vector_dim"]),
        "verbose": 0,
    }
    if values["mode"] == SUPERVISED:
        more = {"wordNgrams": values["word_ngrams"], "loss": "softmax"}
        work = lambda: fasttext.train_supervised(**common, **more)  # noqa: E731
    else:
        sub = values["subwords"]
        more = {
            "model": "cbow" if values["mode"] == "cbow" else "skipgram",
            "ws": values["window_size"],
            "neg": values["negative_samples"],
            "t": values["sampling_threshold"],
            "minn": values["min_char"] if sub else 0,
            "maxn": values["max_char"] if sub else 0,
        }
        work = lambda: fasttext.train_unsupervised(**common, **more)  # noqa: E731
    try:
        return _beside(work)
    except ValueError as error:  # an empty dictionary
        raise DataError(
            f"channel '{corpus.name}': {error}; expected words that occur at least min_count="
            f"{values['min_count']} times"
        ) from error
    except RuntimeError as error:  # NaN
        raise DataError(
            f"the training diverged ({error}); expected a smaller learning_rate"
        ) from error


def _beside(work: Callable[[], Any]) -> Any:
    """The result of ``work`` in a thread; an interrupt leaves it alone and is raised at once."""
    done: dict[str, Any] = {}

    def run() -> None:
        try:
            done["result"] = work()
        except Exception as error:
            done["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    if "error" in done:
        raise done["error"]
    return done["result"]


def _buckets(corpus: Corpus, values: Mapping[str, Any]) -> int:
    """As many as asked, or fewer where the text has not nearly so many n-grams to put in them."""
    if values["mode"] == SUPERVISED:
        grams = sum(corpus.words.values()) * (values["word_ngrams"] - 1)
    elif values["subwords"]:
        sizes = range(values["min_char"], values["max_char"] + 1)
        grams = sum(max(0, len(word) + 3 - size) for word in corpus.words for size in sizes)
    else:
        grams = 0
    if not grams:
        return 0
    asked = int(values["buckets"])
    enough = max(LEAST_BUCKETS, 1 << (ROOMY * grams).bit_length())
    if enough < asked:
        log(f"notice: buckets: {enough:,} of {asked:,} are made, as the text has {grams:,} n-grams")
    return min(asked, enough)
