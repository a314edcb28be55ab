"""What a run leaves is packed whole; what it had not finished is swept away."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from studio_ext.bucket import archives
from studio_ext.runs import layout, packing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    layout.make(tmp_path, {})
    (tmp_path / "model/weights.bin").write_bytes(b"w")
    (tmp_path / "output/data/result.txt").write_text("r")
    (tmp_path / "notebook.ipynb").write_text("{}")
    return tmp_path


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return archive.getnames()


def test_all_is_packed(folder: Path) -> None:
    found = packing.pack(folder, model=True)
    assert found == {
        "model": "model.tar.gz", "output": "output.tar.gz", "notebook": "notebook.ipynb"
    }  # fmt: skip
    assert names(folder / "model.tar.gz") == ["weights.bin"]
    assert names(folder / "output.tar.gz") == ["result.txt"]


def test_a_failed_run_keeps_its_model_to_itself(folder: Path) -> None:
    assert "model" not in packing.pack(folder, model=False)
    assert not (folder / "model.tar.gz").exists()


def test_nothing_is_packed_of_nothing(tmp_path: Path) -> None:
    assert packing.pack(tmp_path, model=True) == {}
    layout.make(tmp_path, {})
    assert packing.pack(tmp_path, model=True) == {}


def test_only_our_own_rubbish_is_swept(folder: Path) -> None:
    ours = [
        ".studio_77_a", "code/.studio_77_a", "input/config/.studio_77_a",
        "input/data/train/.studio_77_a", "input/data/.studio_manifest-train",
        "checkpoints/deep/.studio_x",
    ]  # fmt: skip
    theirs = ["model/.studio_1_x", "output/data/.studio_1_x", "studio_1_x", "code/a.ipynb"]
    for name in ours + theirs:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (folder / ".studio_abc").mkdir()
    (folder / ".studio_abc/file").write_text("x")
    packing.sweep(folder)
    assert [name for name in ours if (folder / name).exists()] == []
    assert [name for name in theirs if not (folder / name).exists()] == []
    assert not (folder / ".studio_abc").exists()


def test_room_is_made_of_what_can_be_spared_first(folder: Path) -> None:
    (folder / "input/data/train").mkdir()
    packing.pack(folder, model=True)
    packing.make_room(folder, everything=False)
    assert not (folder / "input/data").exists()
    assert (folder / "model.tar.gz").exists()
    packing.make_room(folder, everything=True)
    assert sorted(os.listdir(folder)) == [
        "checkpoints",
        "code",
        "input",
        "notebook.ipynb",
        "output",
    ]


def test_an_archive_that_does_not_fit_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.os, "fstat", full)
    with pytest.raises(OSError, match="No space"):
        packing.pack(folder, model=True)
    monkeypatch.undo()
    assert [
        path.name for path in folder.iterdir() if "tar" in path.name or "studio" in path.name
    ] == []
