"""The environments of scripts, listed and removed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio_ext.environments.environments import Environments
from studio_ext.environments.spec import Spec

from .conftest import Verb


def test_listed_and_removed(studio: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    assert studio("environments") == (0, "no environment was needed so far\n", "")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    made = Environments(tmp_path / "environments").make(Spec("Small", python, ()))
    code, out, _ = studio("environments")
    assert (code, out.splitlines()[0].split()[0]) == (0, made.path.name)
    assert out.endswith(f"Python {python}  Small\n")
    assert studio("environments", "--remove-unused") == (0, "none is unused\n", ""), "it is held"
    made.release()
    assert studio("environments", "--remove-unused", "--days", 1)[1] == "none is unused\n"
    _, out, _ = studio("environments", "--remove-unused")
    assert out == f"removed {made.path.name}  Small\n0 left\n"
    assert not made.path.exists()
