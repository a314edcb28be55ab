from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import papermill
import pytest

from studio_ext.algorithms.catalogue import ALGORITHMS, Algorithm, named
from studio_ext.algorithms.data import Data
from studio_ext.algorithms.deepar.series import Series
from tests.algorithms.conftest import split
from tests.algorithms.deepar.data import daily, hold_out
from tests.algorithms.ntm.data import corpus
from tests.algorithms.object2vec.data import kinds, records
from tests.notebooks.conftest import ROOT, Execute, outputs, pictures, text

Write = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True)
class Job:
    """A small job of an algorithm, and what comes of it.

    Attributes:
        write: writes the channels under a folder and returns them as the notebook gets them.
        artefact: the only file of the model.
        pictures: the cells that show one.
        judged: channels that have metrics.
        words: what the caption of the last picture names.
    """

    write: Write
    hyperparameters: Mapping[str, str]
    artefact: str
    pictures: tuple[str, ...]
    judged: tuple[str, ...] = ("train", "validation")
    words: str = "column"


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


def time_series(folder: Path) -> dict[str, Any]:
    """Channels train and test of DeepAR."""
    every = hold_out(daily(), 5).channels
    return {name: lines(folder, name, map(record, own)) for name, own in every.items()}


def record(one: Series) -> dict[str, Any]:
    return {"start": str(one.start).replace("T", " "), "target": one.target.tolist()}


def lines(folder: Path, name: str, records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A channel of one file of JSON Lines."""
    path = folder / "input" / "data" / name
    path.mkdir(parents=True)
    (path / "data.json").write_text("\n".join(json.dumps(one) for one in records))
    return {"path": str(path), "content_type": "application/jsonlines"}


def documents(folder: Path) -> dict[str, Any]:
    """Channels of a topic model: counts of words, and their names."""
    counts, _ = corpus(rows=300)
    found = {}
    for name in ("train", "validation"):
        path = folder / "input" / "data" / name
        path.mkdir(parents=True)
        np.savetxt(path / "data.csv", counts.counts[name].toarray(), "%g", ",")
        found[name] = {"path": str(path), "content_type": "text/csv"}
    path = folder / "input" / "data" / "auxiliary"
    path.mkdir()
    (path / "vocab.txt").write_text("\n".join(f"word{i}" for i in range(60)))
    return found | {"auxiliary": {"path": str(path), "content_type": "text/plain"}}


def token_pairs(folder: Path) -> dict[str, Any]:
    """Channels of Object2Vec."""
    own = kinds(120).channels
    return {name: lines(folder, name, records(own[name])) for name in ("train", "validation")}


JOBS = {
    "xgboost": Job(
        lambda folder: channels(split("digits"), folder),
        {
            "num_round": "8",
            "objective": "multi:softprob",
            "num_class": "10",
            "eval_metric": "mlogloss,merror",
        },
        "xgboost-model",
        ("learning-curves", "outcome", "importance"),
    ),
    "linear-learner": Job(
        lambda folder: channels(split("diabetes"), folder),
        {"predictor_type": "regressor", "mini_batch_size": "50"},
        "model_algo-1",
        ("learning-curves", "outcome", "weights"),
    ),
    "forecasting-deepar": Job(
        time_series,
        {
            "time_freq": "1D",
            "context_length": "7",
            "prediction_length": "5",
            "epochs": "2",
            "num_cells": "6",
            "mini_batch_size": "16",
        },
        "model_algo-1",
        ("learning-curves", "outcome", "calibration"),
        judged=("train", "test"),
        words="0.5:",
    ),
    "ntm": Job(
        documents,
        {"feature_dim": "60", "num_topics": "5", "epochs": "2"},
        "model_algo-1",
        ("learning-curves", "topics", "shares"),
        words="mean coherence",
    ),
    "object2vec": Job(
        token_pairs,
        {
            "enc0_max_seq_len": "8",
            "enc0_vocab_size": "30",
            "enc0_token_embedding_dim": "6",
            "enc_dim": "8",
            "mlp_dim": "6",
            "epochs": "2",
        },
        "model_algo-1",
        ("learning-curves", "outcome", "embeddings"),
        words="in0",
    ),
}


@pytest.mark.parametrize("algorithm", [named(name) for name in JOBS], ids=lambda a: a.name)
def test_a_job(execute: Execute, tmp_path: Path, algorithm: Algorithm) -> None:
    job = JOBS[algorithm.name]
    model, output = tmp_path / "model", tmp_path / "output"
    notebook = execute(
        algorithm.notebook,
        {
            "hyperparameters": job.hyperparameters,
            "channels": job.write(tmp_path),
            "model_dir": str(model),
            "output_dir": str(output),
        },
    )
    assert [path.name for path in model.iterdir()] == [job.artefact]
    metrics = json.loads((output / "metrics.json").read_text())
    assert set(metrics) == set(job.judged)

    found = pictures(notebook)
    assert tuple(found) == job.pictures
    for name, one in found.items():
        png = base64.b64decode(one.data["image/png"])
        assert len(png) < 60_000, name
        assert len(one.data["text/plain"]) > 10, "a picture has a caption"
    assert job.words in found[job.pictures[-1]].data["text/plain"]
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
