"""Channels of text: a sentence a line, of tokens separated by spaces; classes as ``__label__x``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio_ext.algorithms.blazingtext.contract import TEXT
from studio_ext.formats.channel import ContentType
from studio_ext.formats.errors import DataError, UnsupportedContentType
from studio_ext.formats.files import data_files, open_plain

LABEL = "__label__"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A channel as one file, which is what fastText reads.

    Attributes:
        name: of the channel.
        path: of the file, UTF-8, a sentence a line, no blank ones.
        sentences: how many.
        words, labels: how often each occurs.
    """

    name: str
    path: Path
    sentences: int
    words: Counter[str] = field(repr=False)
    labels: Counter[str]


def read_corpus(name: str, channel: Mapping[str, Any], folder: Path, *, labelled: bool) -> Corpus:
    """Check a channel and write its lines to one file in ``folder``.

    Args:
        labelled: whether each line must begin with its labels.

    Raises:
        UnsupportedContentType: it is neither plain text nor JSON lines.
        DataError: no sentence, no UTF-8, a line without label or words; names the file and line.
    """
    kind = ContentType.parse(channel.get("content_type") or TEXT[0]).name
    if kind not in TEXT:
        raise UnsupportedContentType(
            f"channel '{name}' has content type '{channel['content_type']}'; expected one of "
            f"{', '.join(TEXT)}"
        )
    words: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    path, sentences = folder / f"{name}.txt", 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for where, line in _lines(name, Path(channel["path"]), kind):
            tokens = line.split()
            if not tokens:
                continue
            marks = [token for token in tokens if token.startswith(LABEL)]
            if labelled and not (marks and tokens[0].startswith(LABEL)):
                raise DataError(
                    f"{where} begins with '{tokens[0][:40]}'; expected a label such as {LABEL}1"
                )
            if labelled and len(marks) == len(tokens):
                raise DataError(f"{where} has labels and no words; expected a sentence after them")
            labels.update(marks)
            words.update(token for token in tokens if not token.startswith(LABEL))
            out.write(" ".join(tokens) + "\n")
            sentences += 1
    if not sentences:
        raise DataError(f"channel '{name}' has no sentences: every line is blank")
    return Corpus(name, path, sentences, words, labels)


def _lines(name: str, path: Path, kind: str) -> Iterator[tuple[str, str]]:
    """(place for messages, text) of each line of each file."""
    for file in data_files(path, name):
        with open_plain(file) as handle:
            for number, raw in enumerate(handle, 1):
                where = f"{file.name}: line {number}"
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise DataError(f"{where} is not UTF-8 text ({error})") from error
                if kind == "application/jsonlines" and line.strip():
                    line = _manifest(line, where)
                yield where, line


def _manifest(line: str, where: str) -> str:
    """Of an augmented manifest: ``{"source": "a sentence", "label": 1}``, or a list of labels."""
    expected = f'{where}: expected {{"source": "a sentence", "label": 1}}'
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise DataError(f"{expected}; it is not JSON ({error})") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("source"), str):
        raise DataError(f"{expected}; it has no text as source")
    labels = entry.get("label", [])
    labels = labels if isinstance(labels, list) else [labels]
    if not all(isinstance(one, int | str) and str(one).split() == [str(one)] for one in labels):
        raise DataError(f"{expected}; the label {labels} is no number or word")
    marks = [str(one) if str(one).startswith(LABEL) else f"{LABEL}{one}" for one in labels]
    return " ".join([*marks, entry["source"]])
