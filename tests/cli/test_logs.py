"""``studio logs``: of a job, and of the daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..daemon import Studio, notebook
from .conftest import Verb


def test_a_jobs_log(studio: Verb, at_home: Studio, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(notebook("for n in range(300):\n    print('line', n)"))
    assert studio("run", tmp_path / "a.ipynb", "--quiet", "--name", "logged")[0] == 0
    lines = "".join(f"line {number}\n" for number in range(300))
    assert studio("logs", "logged") == (0, lines, "")
    assert studio("logs", "-f", "logged") == (0, lines, "")


def test_a_job_that_is_not_there(studio: Verb, at_home: Studio) -> None:
    code, out, err = studio("logs", "nobody")
    assert (code, out) == (1, "")
    assert err.startswith("studio: ")
    assert "Could not find training job" in err
    assert err.count("\n") == 1


def test_the_daemons_log(
    studio: Verb, at_home: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert studio("logs") == (0, at_home.home.log.read_text(), "")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    assert studio("logs") == (0, f"{tmp_path / 'daemon.log'} is not there yet\n", "")
    assert list(tmp_path.iterdir()) == []
