"""A forest of random cut trees that score rows, and its artefact ``model_algo-1``.

The trees are krcf's, which binds AWS's own implementation. krcf keeps its samples by replacing
rows as more arrive, which is most of its time, so the trees are planted in groves of ten: each
grove gets as many rows as its trees hold together, and few are replaced.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio_ext.algorithms.job import write_whole
from studio_ext.formats.errors import DataError

FILE, ABOUT = "model_algo-1", "forest.json"
GROVE = 10  # trees
BOXES = 200_000_000  # bytes that bounding boxes may take; wider rows keep fewer of them
BOX = 14  # bytes of a box, by tree, row and feature
CHUNK = 1000  # rows that are scored at a time


@dataclass(frozen=True, slots=True)
class Forest:
    """Groves of trees.

    Attributes:
        groves: krcf's forests, each of some trees.
        sizes: how many trees each has.
        features: that a row has.
    """

    groves: tuple[Any, ...]
    sizes: tuple[int, ...]
    features: int

    def scores(self, rows: Any) -> Any:
        """The anomaly score of each row, the mean over all trees, shape (rows,); about 1 is usual.

        Args:
            rows: dense or ``scipy.sparse``.
        """
        total = np.zeros(rows.shape[0])
        for start in range(0, rows.shape[0], CHUNK):
            lists = list(_lists(rows[start : start + CHUNK]))
            for grove, size in zip(self.groves, self.sizes, strict=True):
                total[start : start + CHUNK] += [size * grove.score(row) for row in lists]
        return total / sum(self.sizes)

    def save(self, model_dir: Path) -> None:
        """Write ``model_algo-1``, whole or not at all: a zip, which ``model.tar.gz`` packs."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(ABOUT, json.dumps({"features": self.features, "trees": self.sizes}))
            for number, grove in enumerate(self.groves):
                archive.writestr(f"grove-{number}", bytes(grove.to_msgpack()))

        def write(part: Path) -> None:
            part.write_bytes(packed.getvalue())

        write_whole(model_dir / FILE, write)

    @classmethod
    def load(cls, model_dir: str | Path) -> Forest:
        """The model of a directory.

        Raises:
            DataError: there is none, or it is not one of ours.
        """
        import krcf

        path = Path(model_dir) / FILE
        if not path.is_file():
            raise DataError(
                f"'{model_dir}' has no {FILE}; expected the artefact of randomcutforest"
            )
        try:
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read(ABOUT))
                sizes = tuple(int(size) for size in about["trees"])
                groves = tuple(
                    krcf.RandomCutForest.from_msgpack(archive.read(f"grove-{number}"))
                    for number in range(len(sizes))
                )
            return cls(groves, sizes, int(about["features"]))
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise DataError(
                f"{FILE} cannot be read as a randomcutforest model ({error}); expected a zip of "
                f"{ABOUT} and groves"
            ) from error


def plant(rows: Any, trees: int, samples: int, rng: np.random.Generator) -> Iterator[Any]:
    """Yields each grove, grown on rows drawn at random."""
    for number, size in enumerate(sizes_of(trees)):
        grove = _empty(rows.shape[1], size, samples, trees, number)
        count = min(rows.shape[0], samples * size)
        for row in _lists(rows[rng.choice(rows.shape[0], count, replace=False)]):
            grove.update(row)
        yield grove


def sizes_of(trees: int) -> tuple[int, ...]:
    """How many trees each grove gets, nearly the same."""
    return tuple(len(part) for part in np.array_split(np.arange(trees), -(-trees // GROVE)))


def _empty(features: int, size: int, samples: int, trees: int, seed: int) -> Any:
    import krcf

    kept = BOXES / (BOX * trees * samples * features)
    options: Any = {
        "dimensions": features,
        "shingle_size": 1,
        "num_trees": size,
        "sample_size": samples,
        "random_seed": seed,
        "output_after": 1,
        "lambda": 0.0,  # no decay: every row of the stream counts the same
        "bounding_box_cache_fraction": min(1.0, kept),
    }
    return krcf.RandomCutForest(options)


def _lists(rows: Any) -> Iterator[list[float]]:
    """Rows as krcf takes them fastest."""
    dense = rows if isinstance(rows, np.ndarray) else rows.toarray()
    yield from dense.tolist()
