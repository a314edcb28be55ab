"""What a BlazingText job's notebook tells of its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.blazingtext.corpus import LABEL
from studio_ext.algorithms.blazingtext.model import Classifier, WordVectors
from studio_ext.algorithms.blazingtext.training import Fit, Text
from studio_ext.algorithms.data import html_table
from studio_ext.algorithms.report import CLASSES, Report

ASKED, NEAREST, COMMON = 10, 5, 30


@dataclass(frozen=True, slots=True)
class TextReport(Report):
    """Attributes: model; names, of classes, that ``actual`` and ``predicted`` number."""

    model: Any = None
    names: Sequence[str] = ()


class Cells:
    """A table of words, as a notebook shows it."""

    def __init__(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.head, self.rows = head, rows

    def __repr__(self) -> str:
        return "\n".join("  ".join(line) for line in (self.head, *self.rows))

    def _repr_html_(self) -> str:
        return html_table(self.head, self.rows)


def evaluate(fit: Fit, data: Text) -> TextReport:
    """Of word vectors their metrics; a classifier predicts its held-out channel."""
    empty = np.empty(0, np.int64)
    if not isinstance(fit.model, Classifier):
        return TextReport("train", CLASSES, empty, empty, fit.metrics, {}, model=fit.model)
    channel = "validation" if "validation" in data.corpora else "train"
    corpus = data.corpora[channel]
    actual, sentences = [], []
    with corpus.path.open(encoding="utf-8") as lines:
        for line in lines:
            tokens = line.split()
            actual.append([token for token in tokens if token.startswith(LABEL)])
            sentences.append(" ".join(token for token in tokens if not token.startswith(LABEL)))
    said = [labels[0] if labels else "" for labels, _ in fit.model.classify(sentences, 1)]
    # Of several labels the one that was said, where it is among them.
    true = [one if one in marks else marks[0] for one, marks in zip(said, actual, strict=True)]
    names, codes = np.unique([*true, *said], return_inverse=True)
    return TextReport(
        channel=channel,
        task=CLASSES,
        actual=codes[: len(true)],
        predicted=codes[len(true) :],
        metrics=fit.metrics,
        importance={},
        model=fit.model,
        names=[str(name).removeprefix(LABEL) for name in names],
    )


def details(report: TextReport) -> Cells:
    """Nearest neighbours of some frequent words, or how well each class is found."""
    if isinstance(report.model, WordVectors):
        return nearest(report.model)
    rows = []
    for code, name in enumerate(report.names):
        of, said = report.actual == code, report.predicted == code
        hits = float((of & said).sum())
        rows.append(
            (
                name,
                f"{of.sum():,}",
                f"{hits / max(said.sum(), 1):.3f}",
                f"{hits / max(of.sum(), 1):.3f}",
            )
        )
    return Cells(("label", "sentences", "precision", "recall"), rows)


def nearest(model: WordVectors) -> Cells:
    """Some words, the very commonest passed over, and those of the greatest cosine to them."""
    count = len(model.words)
    first = COMMON if count > 4 * COMMON else 0
    rows = []
    for word in range(first, min(first + ASKED, count)):
        near = ", ".join(f"{name} {cosine:.2f}" for name, cosine in model.nearest(word, NEAREST))
        rows.append((model.words[word], near))
    return Cells(("word", "nearest words and their cosine"), rows)
