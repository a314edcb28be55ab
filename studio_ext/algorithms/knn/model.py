"""A fitted KNN and its artefact ``model_algo-1``: a zip of the FAISS index and what belongs to it.

``index.faiss`` is what ``faiss.deserialize_index`` reads, ``arrays.params`` has MXNet arrays
(``labels`` and, where there is a random projection, ``projection``), ``model.json`` the rest.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.algorithms.knn.contract import COSINE, L2
from studio_ext.algorithms.knn.index import search
from studio_ext.algorithms.knn.votes import means, votes
from studio_ext.formats import mxnet
from studio_ext.formats.errors import DataError

FILE = "model_algo-1"
INDEX, ARRAYS, REST = "index.faiss", "arrays.params", "model.json"


@dataclass(frozen=True, slots=True)
class KnnModel:
    """Points with labels.

    Attributes:
        index: of FAISS.
        labels: float32, of the indexed points in their order.
        projection: shape (features, dimensions), or None.
        features: of a row.
        k: neighbours asked.
        predictor_type, metric: as the hyperparameters.
        batch: rows searched at once.
    """

    index: Any
    labels: Any
    projection: Any
    features: int
    k: int
    predictor_type: str
    metric: str
    batch: int = 5000

    def neighbours(self, features: Any, k: int) -> tuple[Any, Any]:
        """Distances and numbers of the ``k`` nearest points of each row, the nearest first.

        Distances are the smaller the nearer: the Euclidean one; 1 - the cosine of the angle; of
        INNER_PRODUCT the negative product.
        """
        parts = []
        for start in range(0, features.shape[0], self.batch):
            rows = features[start : start + self.batch]
            queries = prepare(rows, self.projection, self.metric, self.index.d)
            found, numbers = search(self.index, queries, k)
            parts.append((self._distances(found), numbers))
        distances, numbers = zip(*parts, strict=True)
        return np.concatenate(distances), np.concatenate(numbers)

    def _distances(self, found: Any) -> Any:
        if self.metric == L2:
            return np.sqrt(np.maximum(found, 0))
        return 1 - found if self.metric == COSINE else -found

    def answers(self, labels: Any) -> Any:
        """What neighbours with these labels (rows, k) say, for each number of them asked."""
        return votes(labels) if self.predictor_type == "classifier" else means(labels)

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all."""
        arrays = {"labels": np.asarray(self.labels, np.float32)}
        if self.projection is not None:
            arrays["projection"] = self.projection
        rest = {
            "features": self.features,
            "k": self.k,
            "predictor_type": self.predictor_type,
            "metric": self.metric,
            "batch": self.batch,
        }

        def write(part: Path) -> None:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(INDEX, faiss.serialize_index(self.index).tobytes())
                archive.writestr(ARRAYS, mxnet.dump(arrays))
                archive.writestr(REST, json.dumps(rest))

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> KnnModel:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(f"'{model_dir}' has no {FILE}; expected the artefact of knn")
        try:
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
                packed = np.frombuffer(archive.read(INDEX), np.uint8)
                arrays = mxnet.load(archive.read(ARRAYS))
                rest: Mapping[str, Any] = json.loads(archive.read(REST))
            return cls(
                index=faiss.deserialize_index(packed),
                labels=arrays["labels"],
                projection=arrays.get("projection"),
                **rest,
            )
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise DataError(
                f"{path.name} cannot be read as a knn model ({error}); expected a zip of {INDEX}, "
                f"{ARRAYS} and {REST}"
            ) from error


def prepare(features: Any, projection: Any, metric: str, width: int) -> Any:
    """Rows as the index holds them: projected, of length 1 for COSINE, padded with zeros.

    Args:
        features: dense or ``scipy.sparse``, shape (rows, features).
        width: of the index.
    """
    if projection is not None:
        points = features @ projection
    else:
        points = features if isinstance(features, np.ndarray) else features.toarray()
    if metric == COSINE:
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(lengths > 0, lengths, 1)
    missing = width - points.shape[1]
    if missing:
        points = np.pad(points, ((0, 0), (0, missing)))
    return np.ascontiguousarray(points, np.float32)
