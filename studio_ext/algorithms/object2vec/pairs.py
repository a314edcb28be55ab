"""Pairs of token sequences and their labels, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.data import Summary
from studio_ext.formats.errors import DataError, UnsupportedContentType
from studio_ext.formats.files import data_files, open_plain

KINDS = ("application/jsonlines", "application/json", "json", "")


@dataclass(frozen=True, slots=True)
class Sequences:
    """Token sequences end to end.

    Attributes:
        tokens: int64, all tokens.
        starts: of each sequence, and the end of the last: shape (sequences + 1,).
    """

    tokens: Any
    starts: Any

    @classmethod
    def of(cls, every: Sequence[Sequence[int]]) -> Sequences:
        lengths = [len(one) for one in every]
        flat = [token for one in every for token in one]
        return cls(np.array(flat, np.int64), np.concatenate([[0], np.cumsum(lengths)]).astype(int))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def lengths(self, most: int) -> Any:
        return np.minimum(np.diff(self.starts), most)

    def padded(self, rows: Any, most: int, padding: int) -> tuple[Any, Any]:
        """Tokens of some sequences, (rows, longest), the first ``most`` of each; their lengths."""
        lengths = self.lengths(most)[rows]
        places = np.arange(int(lengths.max()))
        inside = places < lengths[:, None]
        at = np.where(inside, self.starts[rows][:, None] + places, 0)
        return np.where(inside, self.tokens[at], padding), lengths


@dataclass(frozen=True, slots=True)
class Pairs:
    """
    Attributes:
        first, second: of ``in0`` and ``in1``.
        labels: float32, shape (pairs,).
    """

    first: Sequences
    second: Sequences
    labels: Any

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class PairData:
    """Pairs by channel (``train`` is always there), and pretrained embeddings by encoder."""

    channels: Mapping[str, Pairs]
    pretrained: Mapping[str, Any]

    def held_out(self) -> tuple[str, Pairs]:
        """What a model is judged by: test, validation, else train."""
        name = next(one for one in ("test", "validation", "train") if one in self.channels)
        return name, self.channels[name]

    def summary(self) -> PairSummary:
        return PairSummary(self)


class PairSummary(Summary):
    """A small table of what was read, as a notebook shows it."""

    HEAD = ("channel", "pairs", "tokens of in0", "tokens of in1", "labels")

    def __init__(self, data: PairData) -> None:
        self.rows = [
            (
                name,
                f"{len(pairs):,}",
                f"{len(pairs.first.tokens) / len(pairs):.1f} each",
                f"{len(pairs.second.tokens) / len(pairs):.1f} each",
                f"{pairs.labels.min():g} to {pairs.labels.max():g}",
            )
            for name, pairs in data.channels.items()
        ]


def tokens_of(record: Any, name: str, vocabulary: int, where: str) -> list[int]:
    """A record's sequence.

    Raises:
        DataError: it is missing or empty, or a token is not of the vocabulary.
    """
    found = record.get(name) if isinstance(record, dict) else None
    if not isinstance(found, list) or not found:
        raise DataError(f"{where} has no tokens in {name}; expected a list of whole numbers")
    for token in found:
        if type(token) is not int or not 0 <= token < vocabulary:
            which = "enc0" if name == "in0" else "enc1"
            raise DataError(
                f"{where} has the token {json.dumps(token)} in {name}; expected whole numbers from "
                f"0 to {vocabulary - 1}, as {which}_vocab_size={vocabulary} has"
            )
    return found


def read_pairs(
    name: str, given: Mapping[str, Any], vocabularies: tuple[int, int], classes: int | None
) -> Pairs:
    """A channel's pairs.

    Args:
        vocabularies: sizes, of in0 and in1.
        classes: how many, or None for labels that are numbers.

    Raises:
        DataError: names the file, the line, what was found and what was expected.
    """
    asked = (given.get("content_type") or "").partition(";")[0].strip().lower()
    if asked not in KINDS:
        raise UnsupportedContentType(
            f"channel '{name}' has content type '{asked}'; expected application/jsonlines"
        )
    first, second, labels = [], [], []
    for where, record in _records(name, given):
        first.append(tokens_of(record, "in0", vocabularies[0], where))
        second.append(tokens_of(record, "in1", vocabularies[1], where))
        labels.append(_label(record, classes, where))
    if not labels:
        raise DataError(f"channel '{name}' has no pairs: every file is blank")
    return Pairs(Sequences.of(first), Sequences.of(second), np.array(labels, np.float32))


def _records(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    from pathlib import Path

    for file in data_files(Path(given["path"]), name):
        with open_plain(file) as handle:
            for number, line in enumerate(handle, 1):
                if not line.strip():
                    continue
                where = f"{file.name}: line {number}"
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise DataError(
                        f"{where} is not valid JSON ({error}); expected one object a line"
                    ) from error
                yield where, record


def _label(record: Mapping[str, Any], classes: int | None, where: str) -> float:
    label = record.get("label")
    if isinstance(label, bool) or not isinstance(label, int | float) or abs(label) > 1e38:
        raise DataError(f"{where} has the label {json.dumps(label)}; expected a number")
    if classes is not None and not (0 <= label < classes and label == int(label)):
        raise DataError(
            f"{where} has the label {label}; expected a whole number from 0 to {classes - 1}, as "
            f"num_classes={classes} has"
        )
    return float(label)
