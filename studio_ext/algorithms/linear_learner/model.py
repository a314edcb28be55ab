"""A linear model on raw features, and its artefact ``model_algo-1``.

The artefact is a zip, as SageMaker's is: MXNet's ``mx-mod-symbol.json`` and ``mx-mod-0000.params``
(``fc0_weight``, ``fc0_bias``), and what else a prediction needs in ``additional-params.json``.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.algorithms.linear_learner.losses import sigmoid
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"
PARAMS, SYMBOL, EXTRA = "mx-mod-0000.params", "mx-mod-symbol.json", "additional-params.json"


@dataclass(frozen=True, slots=True)
class LinearModel:
    """``features @ weights + bias``.

    Attributes:
        weights: shape (features, outputs); one output, or one for each class.
        bias: shape (outputs,).
        predictor_type: as the hyperparameter.
        loss: its name.
        threshold: of a binary classifier, on ``scores``.
    """

    weights: Any
    bias: Any
    predictor_type: str
    loss: str
    threshold: float = 0.5

    @property
    def features(self) -> int:
        return int(self.weights.shape[0])

    def scores(self, features: Any) -> Any:
        """What a prediction's ``score`` is.

        Numbers of a regressor; the probability of class 1 (or the margin, of hinge_loss) of a
        binary classifier; a probability for each class of a multiclass one.
        """
        raw = features @ self.weights + self.bias
        if self.predictor_type == "multiclass_classifier":
            shares = np.exp(raw - raw.max(1, keepdims=True))
            return shares / shares.sum(1, keepdims=True)
        raw = raw[:, 0]
        return sigmoid(raw) if self.loss == "logistic" else raw

    def labels(self, scores: Any) -> Any:
        """The class of each row of scores; the scores themselves of a regressor."""
        if self.predictor_type == "multiclass_classifier":
            return scores.argmax(1)
        if self.predictor_type == "binary_classifier":
            return (scores >= self.threshold).astype(np.int64)
        return scores

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        weights, bias = self.weights.T.astype(np.float32), self.bias.astype(np.float32)
        extra = {
            "predictor_type": self.predictor_type,
            "loss": self.loss,
            "threshold": self.threshold,
            "feature_dim": self.features,
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(PARAMS, mxnet.dump({"arg:fc0_weight": weights, "arg:fc0_bias": bias}))
            archive.writestr(SYMBOL, json.dumps(_symbol(len(bias))))
            archive.writestr(EXTRA, json.dumps(extra))

        def write(part: Path) -> None:
            part.write_bytes(packed.getvalue())

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> LinearModel:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of linear-learner")
        try:
            with zipfile.ZipFile(path) as archive:
                arrays = mxnet.load(archive.read(PARAMS))
                extra: Mapping[str, Any] = json.loads(archive.read(EXTRA))
            return cls(
                weights=arrays["arg:fc0_weight"].T.astype(np.float64),
                bias=arrays["arg:fc0_bias"].astype(np.float64),
                predictor_type=extra["predictor_type"],
                loss=extra["loss"],
                threshold=float(extra["threshold"]),
            )
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise DataError(
                f"{path.name} cannot be read as a linear-learner model ({error}); expected a zip "
                f"of {PARAMS} and {EXTRA}"
            ) from error


def _symbol(outputs: int) -> dict[str, Any]:
    """One fully connected layer in MXNet's graph format."""
    inputs: list[dict[str, Any]] = [
        {"op": "null", "name": n, "inputs": []} for n in ("data", "fc0_weight", "fc0_bias")
    ]
    layer = {
        "op": "FullyConnected",
        "name": "fc0",
        "attrs": {"num_hidden": str(outputs)},
        "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]],
    }
    return {
        "nodes": [*inputs, layer],
        "arg_nodes": [0, 1, 2],
        "node_row_ptr": [0, 1, 2, 3, 4],
        "heads": [[3, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10900]},
    }
