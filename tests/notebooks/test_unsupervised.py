from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.catalogue import named
from tests.algorithms.unlabelled import rows_of
from tests.notebooks.conftest import Execute, outputs, pictures, text

# hyperparameters, the pictures' cells, what the log says
JOBS: dict[str, tuple[dict[str, str], list[str], str]] = {
    "kmeans": ({"k": "10", "feature_dim": "64"}, ["clusters"], "test msd <loss>="),
    "pca": (
        {"num_components": "10", "feature_dim": "64", "mini_batch_size": "500"},
        ["scree", "plane"],
        "test explained_variance <score>=0.7",
    ),
    "randomcutforest": ({"feature_dim": "64", "num_trees": "50"}, ["scores"], "test f1 <score>="),
    "lda": (
        {"num_topics": "5", "feature_dim": "64", "mini_batch_size": "1400"},
        ["topics"],
        "test pwll <score>=-",
    ),
}


def channels(folder: Path, labelled: bool) -> dict[str, Any]:
    rows, found = rows_of("digits"), {}
    for name, part in (("train", rows[:1400]), ("test", rows[1400:])):
        path = folder / "input" / "data" / name
        path.mkdir(parents=True)
        labels = labelled and name == "test"
        lines = np.column_stack([np.arange(len(part)) < 5, part]) if labels else part
        np.savetxt(path / "data.csv", lines, "%g", ",")
        kind = f"text/csv;label_size={int(labels)}"
        found[name] = {"path": str(path), "content_type": kind}
    return found


@pytest.mark.parametrize("name", JOBS)
def test_a_job(execute: Execute, tmp_path: Path, name: str) -> None:
    hyperparameters, cells, said = JOBS[name]
    model, output = tmp_path / "model", tmp_path / "output"
    notebook = execute(
        named(name).notebook,
        {
            "hyperparameters": hyperparameters,
            "channels": channels(tmp_path, labelled=name == "randomcutforest"),
            "model_dir": str(model),
            "output_dir": str(output),
        },
    )
    assert [path.name for path in model.iterdir()] == ["model_algo-1"]
    assert set(json.loads((output / "metrics.json").read_text())) == {"train", "test"}
    found = pictures(notebook)
    assert list(found) == cells
    for cell, one in found.items():
        assert len(base64.b64decode(one.data["image/png"])) < 80_000, cell
        assert len(one.data["text/plain"]) > 10, "a picture has a caption"
    for cell in ("data", "metrics"):
        assert "<table>" in outputs(notebook, cell)[-1].data["text/html"]
    assert said in text(notebook, "training")
