"""Pretrained embeddings: a text file of a word and its numbers a line, and a JSON vocabulary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.job import log
from studio_ext.formats.errors import DataError
from studio_ext.formats.files import data_files, open_plain


def read_pretrained(which: str, own: Mapping[str, Any], given: Mapping[str, Any] | None) -> Any:
    """Embeddings of an encoder's tokens, (tokens, numbers), NaN in rows that the file lacks.

    Args:
        which: ``enc0`` or ``enc1``.
        own: the encoder's values.
        given: the auxiliary channel.

    Raises:
        DataError: a file is missing, or not what it should be.
    """
    if given is None:
        raise DataError(
            f"{which}_pretrained_embedding_file needs the channel 'auxiliary' with that file"
        )
    files = {file.name: file for file in data_files(Path(given["path"]), "auxiliary")}
    for name in (own["vocab_file"], own["pretrained_embedding_file"]):
        if name not in files:
            raise DataError(f"channel 'auxiliary' has {', '.join(files)}; expected {name}")
    numbers = _vocabulary(files[own["vocab_file"]], own["vocab_size"])
    width = own["token_embedding_dim"]
    found = np.full((own["vocab_size"], width), np.nan, np.float32)
    source = files[own["pretrained_embedding_file"]]
    with open_plain(source) as handle:
        for place, line in enumerate(handle, 1):
            word, *texts = line.decode("utf-8", "replace").rstrip().split(" ")
            if place == 1 and len(texts) == 1:
                continue  # word2vec's first line: how many words, of how many numbers
            if word not in numbers:
                continue
            if len(texts) != width:
                raise DataError(
                    f"{source.name}: line {place} has {len(texts)} numbers; expected "
                    f"{which}_token_embedding_dim={width}"
                )
            try:
                found[numbers[word]] = [float(text) for text in texts]
            except ValueError as error:
                raise DataError(f"{source.name}: line {place}: {error}") from error
    known = int((~np.isnan(found[:, 0])).sum())
    log(f"{which}: {known:,} of {len(found):,} tokens have pretrained embeddings")
    return found


def _vocabulary(file: Path, size: int) -> dict[str, int]:
    try:
        found = json.loads(file.read_text("utf-8"))
        right = isinstance(found, dict) and all(
            type(one) is int and 0 <= one < size for one in found.values()
        )
    except ValueError:
        right = False
    if not right:
        raise DataError(
            f"{file.name} is not a vocabulary; expected a JSON object of words and their numbers "
            f"from 0 to {size - 1}"
        )
    return found
