"""One real daemon for every test that only needs an API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .daemon import Studio, serving


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose notebooks the daemon may run by path."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="session")
def served(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A running daemon with a short grace."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, "--root", str(notebooks), "--grace", "2") as studio:
        yield studio
