"""The notebook of scripts, run by hand: any interpreter will do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import papermill
import pytest

from tests.notebooks.conftest import ROOT, Execute, outputs, pictures, text

NAME = "algorithms/mxnet.ipynb"
LOSSES = "for step in range(3):\n    print(f'train:loss={1 / (1 + step):.2f}')\n"


def parameters(folder: Path, code: str) -> dict[str, Any]:
    (folder / "code").mkdir()
    (folder / "code" / "train.py").write_text(code)
    return {
        "hyperparameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://bucket/sourcedir.tar.gz",
        },
        "python": sys.executable,
    }


def test_a_script(execute: Execute, tmp_path: Path) -> None:
    notebook = execute(NAME, parameters(tmp_path, LOSSES))
    assert text(notebook, "training").splitlines()[0] == "train:loss=1.00"
    assert "train:loss" in outputs(notebook, "script")[0].data["text/markdown"]
    assert list(pictures(notebook)) == ["learning-curves"]
    assert ">0.33</td>" in outputs(notebook, "metrics")[0].data["text/html"]


def test_a_script_that_fails(execute: Execute, tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError: division"):
        execute(NAME, parameters(tmp_path, "1 / 0"))


def test_its_parameters() -> None:
    assert list(papermill.inspect_notebook(str(ROOT / "notebooks" / NAME))) == [
        "hyperparameters", "channels", "model_dir", "output_dir", "metrics", "source", "python",
    ]  # fmt: skip
