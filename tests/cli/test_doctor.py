"""``studio doctor``: says what is missing, and the command that fixes it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from studio_ext.cli import doctor
from studio_ext.home import Home

from ..daemon import Studio
from .conftest import Verb


def test_all_is_well(studio: Verb, at_home: Studio) -> None:
    code, out, err = studio("doctor")
    assert (code, err) == (0, "")
    assert "FAIL" not in out
    for name in ("Python", "disk", "/opt/ml", "fast kernels"):
        assert f"ok    {name} " in out
    assert f"answers at {at_home.url}" in out


def test_no_daemon_is_only_worth_a_note(
    studio: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    code, out, _ = studio("doctor")
    assert code == 0
    assert "note  daemon             not running\n" in out
    assert "run: studio start\n" in out
    assert not (tmp_path / "home").exists()


def test_each_fault_has_its_cure(
    studio: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "requires", lambda _: ["a-b>=1,<2", "c; extra == 'x'"])
    monkeypatch.setattr(doctor.metadata, "version", gone)
    monkeypatch.setattr(doctor, "ROOM", 1 << 80)
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 2))
    found = {finding.name: finding for finding in doctor.examine(Home(tmp_path / "home"))}
    assert found["a-b"].cure == "pip install 'a-b>=1,<2'"
    assert "c" not in found
    assert found["Python"].cure == "install Python 3.11 to 3.13"
    assert found["disk"].cure.startswith("du ")
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path / "home"))
    code, out, _ = studio("doctor")
    assert code == 1
    assert "FAIL  Python             3.10.2" in out
