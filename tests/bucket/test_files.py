"""Copies by the kernel, and by bytes where it cannot."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from studio_ext.bucket import files
from studio_ext.bucket.files import copy_into, open_plain

CONTENT = bytes(range(256)) * 10_000


@pytest.fixture(params=["kernel", "bytes"])
def source(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "bytes":

        def cannot(*_: object) -> int:
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(files.os, "copy_file_range", cannot, raising=False)
        monkeypatch.setattr(files, "_PIECE", 1000)
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("part", [(0, None), (5, None), (7, 12_345), (len(CONTENT), None), (3, 0)])
def test_bytes_are_added(source: Path, tmp_path: Path, part: tuple[int, int | None]) -> None:
    start, length = part
    wanted = CONTENT[start:] if length is None else CONTENT[start : start + length]
    with open_plain(source) as file, open(tmp_path / "target", "w+b") as target:
        target.write(b"before ")  # is in Python's buffer still
        assert copy_into(file, target, start, length) == len(wanted)
        target.write(b" after")
        target.seek(0)
        assert target.read() == b"before " + wanted + b" after"
    assert source.stat().st_nlink == 1


def test_a_source_that_was_cut_short_gives_what_it_has(source: Path, tmp_path: Path) -> None:
    with open_plain(source) as file, open(tmp_path / "target", "wb") as target:
        os.truncate(source, 1000)
        assert copy_into(file, target, 10, len(CONTENT)) == 990


def test_a_full_disk_is_told(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "copy_file_range", full, raising=False)
    with (
        open_plain(source) as file,
        open(tmp_path / "target", "wb") as target,
        pytest.raises(OSError, match="No space"),
    ):
        copy_into(file, target)


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "fifo")
    for name in ("link", "fifo", "not there"):
        with pytest.raises(OSError, match=name):
            open_plain(tmp_path / name)
    with pytest.raises(OSError, match=r"regular|directory"):
        open_plain(tmp_path)
