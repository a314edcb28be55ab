"""Parameters of notebooks, for forms."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ..daemon import notebook

Fetch = Callable[..., Awaitable[Any]]
Refused = Callable[..., Awaitable[tuple[int, str]]]


async def test_names_types_defaults_and_help(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    cell = 'rate: float = 0.1  # how fast\nrounds = 5\nname = "<b>x</b>"'
    (jp_root_dir / "a b.ipynb").write_text(notebook("pass", parameters=cell))
    answer = await jp_fetch("studio", "notebook", params={"path": "a b.ipynb"})
    found = json.loads(answer.body)
    assert found["kernel"]["language"] == "python"
    assert (found["hasParameters"], found["warnings"]) == (True, [])
    assert found["parameters"] == [
        {"name": "rate", "type": "float", "default": "0.1", "help": "how fast"},
        {"name": "rounds", "type": "", "default": "5", "help": ""},
        {"name": "name", "type": "", "default": '"<b>x</b>"', "help": ""},
    ]


async def test_a_notebook_whose_kernel_was_never_chosen(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    made = json.loads(notebook("pass", parameters="rounds = 5"))
    made["metadata"] = {
        "kernelspec": {"name": "", "display_name": ""},
        "language_info": {"name": ""},
    }
    (jp_root_dir / "new.ipynb").write_text(json.dumps(made))
    answer = await jp_fetch("studio", "notebook", params={"path": "new.ipynb"})
    found = json.loads(answer.body)
    assert found["kernel"] == {"name": "python3", "language": "python"}
    assert [each["name"] for each in found["parameters"]] == ["rounds"]


async def test_without_a_parameters_cell_it_says_what_to_do(
    jp_fetch: Fetch, jp_root_dir: Path
) -> None:
    (jp_root_dir / "plain.ipynb").write_text(notebook("1"))
    answer = await jp_fetch("studio", "notebook", params={"path": "plain.ipynb"})
    found = json.loads(answer.body)
    assert not found["hasParameters"]
    assert "tagged 'parameters'" in found["warnings"][0]


@pytest.mark.parametrize(
    ("path", "status"),
    [("none.ipynb", 404), ("../../etc/passwd", 404), ("text.txt", 400), ("", 400), ("/", 400)],
)
async def test_what_is_no_notebook_is_refused(
    refused: Refused, jp_root_dir: Path, path: str, status: int
) -> None:
    (jp_root_dir / "text.txt").write_text("not JSON")
    assert (await refused("studio", "notebook", params={"path": path}))[0] == status
