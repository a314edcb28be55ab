"""Texts become what the notebook's own defaults are, or are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from studio_ext.kernels.outcome import NotebookError
from studio_ext.runs.parameters import ParameterError, typed

DEFAULTS = """
rounds = 10
rate: float = 0.1
name = "a"
fast = True
sizes = [1, 2]
more = {"a": 1}
anything = None
seed: "int" = None
"""


def write(folder: Path, source: str | None, **metadata: Any) -> Path:
    cells = [v4.new_code_cell("import os")]
    if source is not None:
        cells.append(v4.new_code_cell(source, metadata={"tags": ["parameters"]}))
    path = folder / "mine.ipynb"
    nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write(tmp_path, DEFAULTS)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rounds", "12", 12),
        ("rate", "1", 1.0),
        ("rate", "1e-3", 0.001),
        ("name", "12", "12"),
        ("name", '"quoted by the SDK"', "quoted by the SDK"),
        ("name", '"a" and "b"', '"a" and "b"'),
        ("name", "__import__('os').abort()", "__import__('os').abort()"),
        ("fast", "false", False),
        ("fast", "True", True),
        ("sizes", "[3, 4]", [3, 4]),
        ("more", '{"b": [true, null]}', {"b": [True, None]}),
        ("anything", "7", 7),
        ("anything", "seven", "seven"),
        ("anything", "__import__('os').abort()", "__import__('os').abort()"),
    ],
)
def test_a_text_takes_the_type_of_the_default(
    notebook: Path, name: str, text: str, value: object
) -> None:
    found = typed(notebook, {name: text})
    assert found == {name: value}
    assert type(found[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rounds", "many", "'rounds' is 'many'; expected a whole number, like its default 10"),
        ("rounds", "1.5", "expected a whole number"),
        ("rounds", "true", "expected a whole number"),
        ("rate", "false", "expected a number"),
        ("rate", "fast", "expected a number"),
        ("fast", "1", "expected true or false"),
        ("sizes", '{"a": 1}', "expected a list"),
        ("sizes", "__import__('os').abort()", "expected a list"),
        ("more", "[1]", "expected an object"),
        ("raunds", "1", "no parameter 'raunds'; did you mean 'rounds'?"),
        ("zzz", "1", "no parameter 'zzz'; it has anything, fast, more, name"),
        ("rounds = 1; x", "1", "no parameter"),
    ],
)
def test_what_does_not_fit_is_named(notebook: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        typed(notebook, {name: text})
    assert said in str(refused.value)


def test_a_notebook_without_parameters_takes_none(tmp_path: Path) -> None:
    path = write(tmp_path, None)
    with pytest.raises(ParameterError, match=r"no cell tagged 'parameters'.*a, b; tag the cell"):
        typed(path, {"b": "1", "a": "2"})


def test_a_file_that_is_no_notebook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text("{")
    with pytest.raises(NotebookError, match=r"broken\.ipynb is not a notebook"):
        typed(path, {"a": "1"})


def test_parameters_of_a_language_that_nobody_reads_are_taken_as_they_read(tmp_path: Path) -> None:
    spec = {"name": "ir", "language": "R", "display_name": "R"}
    path = write(tmp_path, "rounds <- 10", kernelspec=spec)
    assert typed(path, {"rounds": "12", "name": "a"}) == {"rounds": 12, "name": "a"}
