"""Steps hold whom they should, as long as they should."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from studio_ext import failpoints
from studio_ext.failpoints import failpoint

from .studio import until


def test_a_step_costs_nothing_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(failpoints.VARIABLE, raising=False)
    failpoint("nobody looks at the name")


def test_a_step_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))
    failpoint("runner.cell")  # it is not armed
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AssertionError, match=r"'runner\.sell' is no step"):
        failpoint("runner.sell")


def test_an_armed_step_holds_until_it_is_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))
    (tmp_path / "runner.cell").touch()
    held = threading.Thread(target=failpoint, args=["runner.cell"])
    held.start()
    reached = tmp_path / "runner.cell.reached"
    until(lambda: reached.exists() and reached.read_text() == str(os.getpid()), "the step")
    assert held.is_alive()
    (tmp_path / "runner.cell").unlink()
    held.join(30)
    assert not held.is_alive()


def test_a_forgotten_step_lets_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))
    monkeypatch.setattr(failpoints, "PATIENCE", 0.05)
    (tmp_path / "runner.cell").touch()
    failpoint("runner.cell")
    assert (tmp_path / "runner.cell.reached").exists()


def test_every_step_is_reached_somewhere() -> None:
    package = Path(failpoints.__file__).parent
    sources = "".join(path.read_text() for path in package.rglob("*.py"))
    assert [step for step in failpoints.STEPS if f'failpoint("{step}")' not in sources] == []
