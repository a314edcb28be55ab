"""A trained factorization machine and its artefact ``model_algo-1``.

The artefact is a zip, as SageMaker's is: MXNet arrays ``v`` (features, factors), ``w1_weight``
(features, 1) and ``w0_weight`` (1, 1) in ``params``, and ``meta.json``.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.factorization_machines.machine import Batches, Parameters, scores
from studio_ext.algorithms.factorization_machines.metrics import sigmoid
from studio_ext.algorithms.job import write_whole
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"
PARAMS, META = "params", "meta.json"
ROWS = 10_000  # scored at once


@dataclass(frozen=True, slots=True)
class Machine:
    """Parameters and what they predict (``binary_classifier`` or ``regressor``)."""

    parameters: Parameters
    predictor_type: str

    @property
    def features(self) -> int:
        return len(self.parameters.linear)

    @property
    def binary(self) -> bool:
        return self.predictor_type == "binary_classifier"

    def raw(self, features: Any) -> Any:
        """Scores of shape (rows,) before the logistic function; ``features`` sparse or dense."""
        from scipy import sparse

        matrix, batches = sparse.csr_matrix(features), Batches(self.features)
        found = [np.empty(0, np.float32)]
        for start in range(0, matrix.shape[0], ROWS):
            batch = batches.take(matrix, start, min(start + ROWS, matrix.shape[0]))
            own = self.parameters.linear[batch.columns], self.parameters.factors[batch.columns]
            found.append(scores(batch, self.parameters.bias, *own)[0])
        return np.concatenate(found)

    def answers(self, raw: Any) -> Any:
        """What a prediction's ``score`` is: a probability, or the number itself."""
        return sigmoid(raw) if self.binary else raw

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        own = self.parameters
        arrays = {
            "arg:v": own.factors,
            "arg:w1_weight": own.linear[:, None],
            "arg:w0_weight": own.bias[:, None],
        }
        meta = {"predictor_type": self.predictor_type, "feature_dim": self.features}

        def write(part: Path) -> None:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(PARAMS, mxnet.dump(arrays))
                archive.writestr(META, json.dumps(meta))

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> Machine:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(
                f"'{model_dir}' has no {FILE}; expected the artefact of factorization-machines"
            )
        try:
            with zipfile.ZipFile(path) as archive:
                arrays = mxnet.load(archive.read(PARAMS))
                meta = json.loads(archive.read(META))
            own = Parameters(
                bias=arrays["arg:w0_weight"].ravel(),
                linear=arrays["arg:w1_weight"].ravel(),
                factors=arrays["arg:v"],
            )
            return cls(own, meta["predictor_type"])
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise DataError(
                f"{path.name} cannot be read as a factorization-machines model ({error}); expected "
                f"a zip of {PARAMS} and {META}"
            ) from error
