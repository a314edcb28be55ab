from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from studio_ext.algorithms.data import Data
from studio_ext.formats.table import Table

from .quality import PROPERTY, Comparison

LOADERS = {
    "digits": load_digits,
    "cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "wine": load_wine,
}
Split = Callable[..., Data]


@pytest.fixture(autouse=True)
def _no_job_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each test in a directory and environment of its own, as a job is."""
    monkeypatch.chdir(tmp_path)
    for name in ("SM_CHECKPOINT_DIR", "SM_NUM_CPUS", "SAGEMAKER_BATCH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SAGEMAKER_INFERENCE_OUTPUT", raising=False)


def split(name: str, seed: int = 0, test: bool = False) -> Data:
    """A data set of scikit-learn's, shuffled, in train, validation and perhaps test."""
    features, labels = LOADERS[name](return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(features))
    features, labels = features[order].astype(np.float32), labels[order].astype(np.float32)
    first, second = int(0.6 * len(labels)), int(0.8 * len(labels))
    parts = {"train": slice(0, first), "validation": slice(first, second)}
    if test:
        parts["test"] = slice(second, None)
    return Data({key: Table(features[part], labels[part]) for key, part in parts.items()})


@pytest.fixture
def csv_channels(tmp_path: Path) -> Callable[[Data], Mapping[str, Mapping[str, Any]]]:
    """Writes data as CSV channels and returns what a job's notebook gets of them."""

    def write(data: Data) -> Mapping[str, Mapping[str, Any]]:
        channels = {}
        for name, table in data.tables.items():
            folder = tmp_path / "input" / "data" / name
            folder.mkdir(parents=True)
            rows = np.column_stack([np.asarray(table.labels), table.features])
            np.savetxt(folder / "data.csv", rows, fmt="%.9g", delimiter=",")
            channels[name] = {"path": str(folder), "content_type": "text/csv"}
        return channels

    return write


@pytest.fixture
def quality(record_property: Callable[[str, Any], None]) -> Callable[..., None]:
    """Compares with a reference: ``quality("kmeans", "digits", "msd", ours, "sklearn", theirs)``.

    The comparison is printed at the end of the run; a worse result than noise explains fails.
    """

    def compare(*fields: Any, **more: Any) -> None:
        found = Comparison(*fields, **more)
        record_property(PROPERTY, found.plain())
        assert found.holds(), f"worse by {-found.lead:.4g}, noise is {found.noise:.4g}: {found}"

    return compare
