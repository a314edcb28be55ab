"""The notebooks of KNN, Factorization Machines, BlazingText and IP Insights."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from studio_ext.algorithms.catalogue import named
from studio_ext.formats import recordio
from tests.algorithms.blazingtext.texts import channel, language, moods
from tests.algorithms.conftest import split
from tests.algorithms.factorization_machines.test_training import BINARY, pairs
from tests.algorithms.ipinsights.logins import texts
from tests.notebooks.conftest import Execute, outputs, pictures
from tests.notebooks.test_algorithms import channels


def run(execute: Execute, name: str, given: dict[str, str], inputs: Any, folder: Path) -> Any:
    """Execute the notebook of an algorithm as a job does."""
    return execute(
        named(name).notebook,
        {
            "hyperparameters": given,
            "channels": inputs,
            "model_dir": str(folder / "model"),
            "output_dir": str(folder / "output"),
        },
    )


def check(notebook: Any, folder: Path, artefacts: set[str], drawn: list[str]) -> dict[str, Any]:
    """What every job leaves; its metrics."""
    assert {path.name for path in (folder / "model").iterdir()} == artefacts
    found = pictures(notebook)
    assert list(found) == drawn
    for name, one in found.items():
        assert len(base64.b64decode(one.data["image/png"])) < 80_000, name
        assert len(one.data["text/plain"]) > 10, "a picture has a caption"
    assert "<table>" in outputs(notebook, "metrics")[-1].data["text/html"]
    metrics: dict[str, Any] = json.loads((folder / "output" / "metrics.json").read_text())
    return metrics


def test_knn(execute: Execute, tmp_path: Path) -> None:
    data = split("digits")
    data = type(data)({"train": data.train, "test": data.tables["validation"]})
    given = {"predictor_type": "classifier", "feature_dim": "64", "k": "3", "sample_size": "900"}
    notebook = run(execute, "knn", given, channels(data, tmp_path), tmp_path)
    metrics = check(notebook, tmp_path, {"model_algo-1"}, ["outcome", "by-k"])
    assert metrics["test"]["accuracy"] > 0.9


def test_factorization_machines(execute: Execute, tmp_path: Path) -> None:
    inputs = {}
    for name, rows in (("train", 300), ("test", 50)):
        table = pairs(rows)
        path = tmp_path / f"{name}.pbr"
        path.write_bytes(recordio.write(table.features, table.labels))
        inputs[name] = {"path": str(path), "content_type": "application/x-recordio-protobuf"}
    given = {**BINARY, "epochs": "3"}
    notebook = run(execute, "factorization-machines", given, inputs, tmp_path)
    metrics = check(notebook, tmp_path, {"model_algo-1"}, ["learning-curves", "outcome"])
    assert set(metrics) == {"train", "test"}


@pytest.mark.parametrize("mode", ["skipgram", "supervised"])
def test_blazingtext(
    execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("train", "validation") if mode == "supervised" else ("train",)
    inputs = {}
    for name in names:
        inputs[name] = channel(name, moods() if mode == "supervised" else language(300))
        inputs[name]["path"] = str(tmp_path / inputs[name]["path"])
    given = {"mode": mode, "vector_dim": "10", "epochs": "2"}
    notebook = run(execute, "blazingtext", given, inputs, tmp_path)
    artefacts = {"model.bin"} if mode == "supervised" else {"vectors.bin", "vectors.txt"}
    metrics = check(notebook, tmp_path, artefacts, ["outcome"])
    assert set(metrics) == set(names)
    assert "<table>" in outputs(notebook, "details")[-1].data["text/html"]


def test_ipinsights(execute: Execute, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    inputs = {}
    for name, rows in (("train", 500), ("validation", 100)):
        path = tmp_path / f"{name}.csv"
        path.write_text("".join(f"{a},{b}\n" for a, b in texts(rows, 1)))
        inputs[name] = {"path": str(path), "content_type": "text/csv"}
    given = {"num_entity_vectors": "200", "vector_dim": "8", "epochs": "2"}
    notebook = run(execute, "ipinsights", given, inputs, tmp_path)
    metrics = check(notebook, tmp_path, {"model_algo-1"}, ["learning-curves", "outcome"])
    assert "discriminator_auc" in metrics["validation"]
