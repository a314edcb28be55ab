"""Cluster centres, and their artefact ``model_algo-1``: one MXNet array, as SageMaker writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from studio_ext.algorithms.job import threads, write_whole
from studio_ext.algorithms.kmeans.centers import nearest
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"


@dataclass(frozen=True, slots=True)
class Clusters:
    """K-means' model; ``centers`` is float32 of shape (k, features)."""

    centers: Any

    @property
    def features(self) -> int:
        return int(self.centers.shape[1])

    def assign(self, features: Any) -> tuple[Any, Any]:
        """The number of each row's cluster, and the Euclidean distance to its centre."""
        with threadpool_limits(threads(features.shape[0] * features.shape[1])):
            which, squares = nearest(features, self.centers)
        return which, np.sqrt(squares)

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        data = mxnet.dump([self.centers.astype(np.float32)])

        def write(part: Path) -> None:
            part.write_bytes(data)

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> Clusters:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not a table of centres.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of kmeans")
        arrays = list(mxnet.load(path.read_bytes()).values())
        if len(arrays) != 1 or arrays[0].ndim != 2:
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise DataError(
                f"{FILE} cannot be read as a kmeans model: it holds arrays of {shapes}; expected "
                f"one of shape (k, features)"
            )
        return cls(arrays[0])
