"""Principal components, and their artefact ``model_algo-1``: MXNet arrays ``mean``, ``s``, ``v``.

As SageMaker has them, components are in ascending order: the first principal one is the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"


@dataclass(frozen=True, slots=True)
class Components:
    """A linear projection.

    Attributes:
        mean: of each feature, zeros when it is not subtracted; shape (features,).
        singular: singular values of the shifted training rows, ascending; shape (components,).
        directions: one column of length 1 for each; shape (features, components).
    """

    mean: Any
    singular: Any
    directions: Any

    @property
    def features(self) -> int:
        return int(self.directions.shape[0])

    def project(self, features: Any) -> Any:
        """Coordinates of rows, shape (rows, components), in the order of the components.

        The shift comes after the product, which leaves sparse rows sparse; in float64, so that
        a large mean costs no digits.
        """
        directions = self.directions.astype(np.float64)
        return features @ directions - self.mean.astype(np.float64) @ directions

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        data = mxnet.dump(
            {
                "mean": self.mean.astype(np.float32)[None],
                "s": self.singular.astype(np.float32),
                "v": self.directions.astype(np.float32),
            }
        )

        def write(part: Path) -> None:
            part.write_bytes(data)

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> Components:
        """The model of a directory.

        Raises:
            DataError: there is none, or it has no mean, s and v that fit.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of pca")
        arrays = mxnet.load(path.read_bytes())
        try:
            mean, singular, directions = arrays["mean"].ravel(), arrays["s"], arrays["v"]
            fits = directions.shape == (len(mean), len(singular))
        except (KeyError, TypeError):
            fits = False
        if not fits:
            found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            raise DataError(
                f"{FILE} cannot be read as a pca model: it holds {found}; expected mean "
                f"(1, features), s (components,) and v (features, components)"
            )
        return cls(mean, singular, directions)
