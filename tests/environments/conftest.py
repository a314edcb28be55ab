from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio_ext.environments.environments import Environments
from studio_ext.environments.spec import Spec

from .wheels import wheel

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that uv knows: packages ``one`` and ``two``, which needs ``one``."""
    folder = tmp_path / "packages"
    folder.mkdir()
    wheel(folder, "one", "1.0")
    wheel(folder, "one", "1.1")
    wheel(folder, "two", "2.0", "one")
    wheel(folder, "broken", "1", code="import not_there")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    return Environments(tmp_path / "environments")


def spec(*requirements: str, name: str = "small", imports: tuple[str, ...] = ()) -> Spec:
    return Spec(name, PYTHON, requirements, imports)
