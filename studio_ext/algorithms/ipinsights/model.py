"""A trained model and its artefact ``model_algo-1``; predicting needs numpy only.

The artefact is a zip of MXNet arrays, ``params``: ``entity_embedding`` (vectors, dimensions) and of
each layer of the encoder ``layer0_weight`` (outputs, inputs) and ``layer0_bias``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.ipinsights.pairs import Pairs, bits
from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE, PARAMS, EMBEDDING = "model_algo-1", "params", "entity_embedding"
ROWS = 20_000  # scored at once


@dataclass(frozen=True, slots=True)
class IpModel:
    """Attributes: embedding of entities, and (weight, bias) of each layer of the encoder."""

    embedding: Any
    layers: Sequence[tuple[Any, Any]]

    def entity_vectors(self, pairs: Pairs) -> Any:
        """Shape (pairs, dimensions); an entity never seen has the vector of its hash."""
        return self.embedding[pairs.rows(len(self.embedding))]

    def ip_vectors(self, addresses: Any) -> Any:
        """Shape (addresses, dimensions)."""
        found = bits(addresses)
        for number, (weight, bias) in enumerate(self.layers):
            found = found @ weight.T + bias
            if number < len(self.layers) - 1:
                np.maximum(found, 0, out=found)
        return found

    def scores(self, pairs: Pairs) -> Any:
        """The dot product of each pair's vectors: the higher, the more usual the pair."""
        parts = [np.empty(0, np.float32)]
        for start in range(0, pairs.count, ROWS):
            part = Pairs(
                pairs.entities[start : start + ROWS], pairs.addresses[start : start + ROWS]
            )
            vectors = self.entity_vectors(part), self.ip_vectors(part.addresses)
            parts.append(np.einsum("ij,ij->i", *vectors))
        return np.concatenate(parts)

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        arrays = {EMBEDDING: self.embedding}
        for number, (weight, bias) in enumerate(self.layers):
            arrays |= {f"layer{number}_weight": weight, f"layer{number}_bias": bias}

        def write(part: Path) -> None:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(PARAMS, mxnet.dump(arrays))

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> IpModel:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of ipinsights")
        try:
            with zipfile.ZipFile(path) as archive:
                arrays = mxnet.load(archive.read(PARAMS))
            count = len(arrays) // 2
            names = [(f"layer{i}_weight", f"layer{i}_bias") for i in range(count)]
            return cls(arrays[EMBEDDING], [(arrays[w], arrays[b]) for w, b in names])
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise DataError(
                f"{path.name} cannot be read as an ipinsights model ({error}); expected a zip of "
                f"{PARAMS}"
            ) from error
