"""Executions as they really happen: in a runner, a process of its own that a fork server forked."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest

from studio_ext.kernels.client import ForkRefused, ServedChild
from studio_ext.kernels.forks import ForkServers

HARNESS = Path(__file__).with_name("harness.py")
ENGINES = ("stock", "fork", "inprocess")


@dataclass
class Ran:
    """What an execution left: its outcome, what the listener was told, and the notebook."""

    outcome: dict[str, Any]
    events: list[list[Any]]
    path: Path
    threads: int
    leftovers: list[str]
    nb: Any = field(init=False)

    def __post_init__(self) -> None:
        self.nb = nbformat.read(self.path, as_version=4)

    @property
    def text(self) -> str:
        """What was printed, in order."""
        return "".join(event[2] for event in self.events if event[0] == "text")

    @property
    def statuses(self) -> list[str]:
        return [cell.metadata.papermill.status for cell in self.nb.cells]


@pytest.fixture(scope="session")
def servers() -> Iterator[ForkServers]:
    """Real fork servers, started once."""
    runtime = Path(tempfile.mkdtemp(prefix="studio-t-"))
    forks = ForkServers(runtime)
    forks.wait(os.environ, 120)
    yield forks
    forks.close()
    shutil.rmtree(runtime)


@pytest.fixture(scope="session")
def fork(servers: ForkServers) -> Callable[..., ServedChild]:
    """Fork a call, for sure: a server that edited files made stale is replaced."""

    def fork(target: str, args: Any, *, env: dict[str, str] | None = None, **more: Any) -> Any:
        order = {"kind": "call", "target": target, "args": args, "argv": [target], **more}
        env = {**os.environ, **(env or {})}
        env.pop("PYTEST_CURRENT_TEST", None)  # ipykernel leaves descriptors alone under pytest
        null = os.open(os.devnull, os.O_RDWR)
        try:
            for _ in range(5):
                try:
                    return servers.child(order, env=env, cwd=Path("/"), fds=[null, 1, 2])
                except ForkRefused:
                    servers.wait(env, 120)
        finally:
            os.close(null)
        raise AssertionError("the fork server refused five times")

    return fork


@pytest.fixture(scope="session")
def start(fork: Callable[..., ServedChild]) -> Callable[..., tuple[ServedChild, Path]]:
    """Start a runner with a request for ``harness.py``; returns it and its folder."""

    def start(folder: Path, *cells: str, **request: Any) -> tuple[ServedChild, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        sources = [cell if isinstance(cell, dict) else {"source": cell} for cell in cells]
        request = {"cells": sources, "folder": str(folder), "engine": "fork", **request}
        (folder / "request.json").write_text(json.dumps(request))
        arguments = {
            "path_name": str(HARNESS),
            "init_globals": {"FOLDER": str(folder)},
            "run_name": "harness",
        }
        return fork("runpy:run_path", arguments), folder

    return start


@pytest.fixture(scope="session")
def run(start: Callable[..., tuple[ServedChild, Path]]) -> Callable[..., Ran]:
    """Execute cells in a runner, to the end."""

    def run(folder: Path, *cells: Any, **request: Any) -> Ran:
        runner, folder = start(folder, *cells, **request)
        assert runner.wait(120) == 0
        return result(folder)

    return run


def result(folder: Path) -> Ran:
    said = json.loads((folder / "result.json").read_text())
    return Ran(path=folder / "output.ipynb", **said)
