"""Documents as counts of words, and the vocabulary that names the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from studio_ext.algorithms.data import Summary
from studio_ext.algorithms.job import log
from studio_ext.algorithms.ntm.contract import NTM
from studio_ext.formats.channel import ContentType, read_channel
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files

VOCABULARY = "vocab.txt"
TABLES = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Documents:
    """Counts by channel, and the vocabulary.

    Attributes:
        counts: channel -> float32 ``csr_matrix`` of shape (documents, words); ``train`` is there.
        words: the vocabulary, or None where no auxiliary channel names it.
    """

    counts: Mapping[str, Any]
    words: Sequence[str] | None = None

    @property
    def train(self) -> Any:
        return self.counts["train"]

    def word(self, index: int) -> str:
        return self.words[index] if self.words else str(index)

    def summary(self) -> DocumentsSummary:
        return DocumentsSummary(self)


class DocumentsSummary(Summary):
    """A small table of what was read, as a notebook shows it."""

    HEAD = ("channel", "documents", "words", "words a document", "different ones", "vocabulary")

    def __init__(self, documents: Documents) -> None:
        named = "named" if documents.words else "numbers only"
        self.rows = [
            (
                name,
                f"{counts.shape[0]:,}",
                f"{counts.shape[1]:,}",
                f"{counts.sum() / counts.shape[0]:.1f}",
                f"{counts.nnz / counts.shape[0]:.1f}",
                named,
            )
            for name, counts in documents.counts.items()
        ]


def read_documents(channels: Mapping[str, Mapping[str, Any]], words: int) -> Documents:
    """Read the channels of a job.

    Args:
        words: of the vocabulary, ``feature_dim``.

    Raises:
        DataError: a channel is missing, unknown, of another width, or has what is no count.
    """
    known = [channel.name for channel in NTM.channels]
    for name in channels:
        if name not in known:
            raise DataError(f"channel '{name}' is not known to ntm; expected {', '.join(known)}")
    if "train" not in channels:
        raise DataError("channel 'train' is missing; ntm needs it")
    counts = {}
    for name in TABLES:
        if name in channels:
            counts[name] = _counts(name, channels[name], words)
            log(f"channel '{name}': {counts[name].shape[0]:,} documents of {words:,} words")
    given = channels.get("auxiliary")
    return Documents(counts, _vocabulary(Path(given["path"]), words) if given else None)


def _counts(name: str, given: Mapping[str, Any], words: int) -> Any:
    content_type = given.get("content_type")
    # A channel may say so itself, but none has a label unless it does.
    kind = ContentType.parse(content_type or "")
    table = read_channel(
        name,
        given["path"],
        content_type,
        default=NTM.channels[0].content_types[0],
        accepts=NTM.channels[0].content_types,
        label_size=kind.integer("label_size", 0),
    )
    for notice in table.notices:
        log(f"notice: {notice}")
    return check_counts(table, words, f"channel '{name}'", f"feature_dim={words}")


def check_counts(table: Any, words: int, where: str, expected: str) -> Any:
    """The table's counts as a sparse matrix of ``words`` columns.

    Raises:
        DataError: another width, a missing or a negative count; names the row (from 1).
    """
    features = table.features
    if features.shape[1] != words and not (table.sparse and features.shape[1] < words):
        raise DataError(f"{where} has {features.shape[1]} features; expected {expected}")
    counts = sparse.csr_matrix(features, dtype=np.float32)
    counts.resize((counts.shape[0], words))
    wrong = ~(counts.data >= 0)
    if wrong.any():
        at = int(np.argmax(wrong))
        row = int(np.searchsorted(counts.indptr, at, "right"))
        raise DataError(
            f"{where}: row {row}, word {counts.indices[at]} has the count {counts.data[at]:g}; "
            f"expected a number of at least 0"
        )
    return counts


def _vocabulary(path: Path, words: int) -> list[str]:
    files = {file.name: file for file in data_files(path, "auxiliary")}
    if VOCABULARY not in files:
        raise DataError(
            f"channel 'auxiliary' has {', '.join(files)}; expected a file named {VOCABULARY}"
        )
    try:
        lines = files[VOCABULARY].read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{VOCABULARY} is not UTF-8 text ({error})") from error
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) != words:
        raise DataError(
            f"{VOCABULARY} has {len(lines):,} lines; expected {words:,}, one word a line, as "
            f"feature_dim has"
        )
    return [line.strip() for line in lines]
