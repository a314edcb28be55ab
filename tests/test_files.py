"""Files that are whole or absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext import files


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1}, mode=0o600, sync=True)
    first = path.stat()
    assert first.st_mode & 0o777 == 0o600
    with path.open("rb") as old:
        files.write_json(path, {"a": 2})
        assert old.read() == b'{\n "a": 1\n}'  # a reader keeps what it opened
    assert files.read_json(path) == {"a": 2}
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    files.write_whole(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["a"]


def test_a_value_that_json_has_not_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(TypeError):
        files.write_json(path, {1, 2})
    assert not path.exists()


def test_what_is_not_there_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert files.read_json(tmp_path / "nothing") is None
    assert files.read_json(tmp_path / "file" / "below") is None
    with pytest.raises(ValueError, match="Expecting value"):
        files.read_json(tmp_path / "file")


def test_sweep_takes_what_the_dead_left_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = tmp_path / f".studio_{int(dead.stdout)}_a"
    mine = tmp_path / f".studio_{os.getpid()}_a"
    kept = [tmp_path / f".studio_{os.getppid()}_a", tmp_path / ".studio_a", tmp_path / "a"]
    for path in (left, mine, *kept):
        path.touch()
    assert files.sweep(tmp_path) == 1
    assert set(tmp_path.iterdir()) == {mine, *kept}
    assert files.sweep(tmp_path, ours=True) == 1
    assert set(tmp_path.iterdir()) == set(kept)


def test_a_draft_is_named_by_who_writes_it(tmp_path: Path) -> None:
    with files.Draft(tmp_path) as draft, files.Draft(tmp_path) as other:
        names = [path.name for path in tmp_path.iterdir()]
        assert len(names) == 2
        assert all(name.startswith(f".studio_{os.getpid()}_") for name in names)
        draft.file.write(b"whole")
        other.file.write(b"half")
        draft.seal()
        draft.publish(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"whole"
    draft.discard()
    assert (tmp_path / "a").exists()
