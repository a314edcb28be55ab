"""Data without labels, and its requests, for tests of unsupervised algorithms."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from studio_ext.algorithms.data import Data
from studio_ext.formats import recordio
from studio_ext.formats.table import Table

ROOT = Path(__file__).parents[2]
RECORDIO = "application/x-recordio-protobuf"
LOADERS = {
    "digits": load_digits,
    "cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "iris": load_iris,
    "wine": load_wine,
}


def rows_of(name: str, seed: int = 0) -> Any:
    """The features of one of scikit-learn's data sets, shuffled."""
    features = LOADERS[name]().data
    return features[np.random.default_rng(seed).permutation(len(features))].astype(np.float32)


def unlabelled(features: Any, test: Any = None) -> Data:
    tables = {"train": Table(features)}
    if test is not None:
        tables["test"] = Table(test)
    return Data(tables)


def bodies(rows: Any) -> list[tuple[str, bytes]]:
    """The same rows as a request in every content type and form."""
    lists = rows.astype(float).tolist()
    thin = sparse.csr_matrix(rows)
    keyed = [
        {"data": {"features": {"keys": row.indices.tolist(), "shape": [row.shape[1]],
                               "values": row.data.astype(float).tolist()}}}
        for row in thin
    ]  # fmt: skip
    plain = [{"features": row} for row in lists]
    nested = [{"data": {"features": {"values": row}}} for row in lists]
    return [
        ("text/csv", "\n".join(",".join(f"{v:.9g}" for v in row) for row in rows).encode()),
        (RECORDIO, recordio.write(rows)),
        (RECORDIO, recordio.write(thin)),
        ("application/json", json.dumps({"instances": plain}).encode()),
        ("application/json", json.dumps({"instances": nested}).encode()),
        ("application/json", json.dumps({"instances": keyed}).encode()),
        ("application/jsonlines", "\n".join(json.dumps(one) for one in plain).encode()),
    ]


def channel_files(features: Any, kind: str, folder: str = "train") -> Mapping[str, Any]:
    """Features written as a channel of a content type, ``text/csv`` or recordio."""
    path = Path("input") / "data" / folder
    path.mkdir(parents=True)
    if kind == RECORDIO:
        (path / "data.pbr").write_bytes(recordio.write(features))
    else:
        np.savetxt(path / "data.csv", features, "%.9g", ",")
    return {"path": str(path), "content_type": kind}


def answer_of_a_fresh_process(package: str, body: bytes) -> bytes:
    """What the model in ``model`` answers to CSV in a process that only serves."""
    Path("body").write_bytes(body)
    code = (
        f"from {package} import serving as s;"
        "print(s.predict(s.load('model'), open('body', 'rb').read(), 'text/csv', None)[0].decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    return done.stdout.strip().encode()
