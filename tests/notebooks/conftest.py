from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

ROOT = Path(__file__).parents[2]
Execute = Callable[..., Any]


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Runs a shipped notebook with papermill, as its own kernel and in a directory of its own."""
    # The kernel finds the code under test, wherever pytest was started.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(name: str, parameters: dict[str, Any] | None = None) -> Any:
        output = tmp_path / "output.ipynb"
        papermill.execute_notebook(
            str(ROOT / "notebooks" / name),
            str(output),
            parameters=parameters,
            cwd=str(tmp_path),
            progress_bar=False,
            kernel_name="python3",
        )
        notebook = nbformat.read(output, as_version=4)
        nbformat.validate(notebook)
        return notebook

    return run


def outputs(notebook: Any, cell: str) -> list[Any]:
    """The outputs of the cell with an id."""
    found: list[Any] = next(one.outputs for one in notebook.cells if one.id == cell)
    return found


def text(notebook: Any, cell: str) -> str:
    """What a cell printed."""
    return "".join(one.text for one in outputs(notebook, cell) if one.output_type == "stream")


def pictures(notebook: Any) -> dict[str, Any]:
    """The outputs that are PNGs, by cell."""
    return {
        one.id: output
        for one in notebook.cells
        if one.cell_type == "code"
        for output in one.outputs
        if "image/png" in output.get("data", {})
    }
