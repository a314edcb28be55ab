from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import papermill
import pytest

from studio_ext.algorithms.catalogue import ALGORITHMS, Algorithm
from studio_ext.algorithms.data import Data
from tests.algorithms.conftest import split
from tests.notebooks.conftest import ROOT, Execute, outputs, pictures, text

JOBS = {
    "xgboost": (
        "digits",
        {
            "num_round": "8",
            "objective": "multi:softprob",
            "num_class": "10",
            "eval_metric": "mlogloss,merror",
        },
        "xgboost-model",
        "importance",
    ),
    "linear-learner": (
        "diabetes",
        {"predictor_type": "regressor", "mini_batch_size": "50"},
        "model_algo-1",
        "weights",
    ),
}


def channels(data: Data, folder: Path) -> dict[str, Any]:
    found = {}
    for name, table in data.tables.items():
        path = folder / "input" / "data" / name
        path.mkdir(parents=True)
        rows = np.column_stack([np.asarray(table.labels), table.features])
        head = ",".join(["label", *(f"column{i}" for i in range(table.columns))])
        np.savetxt(path / "data.csv", rows, "%.9g", ",", header=head, comments="")
        found[name] = {"path": str(path), "content_type": "text/csv"}
    return found


TABULAR = [algorithm for algorithm in ALGORITHMS if algorithm.name in JOBS]


@pytest.mark.parametrize("algorithm", TABULAR, ids=lambda a: a.name)
def test_a_job(execute: Execute, tmp_path: Path, algorithm: Algorithm) -> None:
    data, hyperparameters, artefact, last = JOBS[algorithm.name]
    model, output = tmp_path / "model", tmp_path / "output"
    notebook = execute(
        algorithm.notebook,
        {
            "hyperparameters": hyperparameters,
            "channels": channels(split(data), tmp_path),
            "model_dir": str(model),
            "output_dir": str(output),
        },
    )
    assert [path.name for path in model.iterdir()] == [artefact]
    metrics = json.loads((output / "metrics.json").read_text())
    assert set(metrics) == {"train", "validation"}

    found = pictures(notebook)
    assert list(found) == ["learning-curves", "outcome", last]
    for name, one in found.items():
        png = base64.b64decode(one.data["image/png"])
        assert len(png) < 60_000, name
        assert len(one.data["text/plain"]) > 10, "a picture has a caption"
    assert "column" in found[last].data["text/plain"], "features are named"
    for cell in ("data", "metrics"):
        assert "<table>" in outputs(notebook, cell)[-1].data["text/html"]
    log = text(notebook, "training")
    objective = next(m for m in algorithm.metrics if m.tunable and re.search(m.regex, log))
    assert float(re.findall(objective.regex, log)[-1]) > 0


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").rglob("*.ipynb")), ids=lambda p: p.name
)
def test_shipped_notebooks_are_clean(path: Path) -> None:
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_the_parameters_are_those_of_a_job(algorithm: Algorithm) -> None:
    found = papermill.inspect_notebook(str(ROOT / "notebooks" / algorithm.notebook))
    assert list(found) == ["hyperparameters", "channels", "model_dir", "output_dir"]
