"""Files that are whole or absent, whatever dies while they are written."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

TEMPORARY = ".studio_"
"""How names begin of what is not whole yet; hidden, and nobody else's."""

_OWNED = re.compile(re.escape(TEMPORARY) + r"(\d+)_")


class Draft:
    """A file that is being written in the folder of its place, under a name that tells by whom.

    Leaving its ``with`` block discards it, unless it was published.

    Args:
        folder: on the file system of the place that it will take.

    Raises:
        OSError: as the system says; ``FileNotFoundError`` without the folder.
    """

    def __init__(self, folder: Path, *, mode: int = 0o600) -> None:
        self._path = folder / f"{TEMPORARY}{os.getpid()}_{secrets.token_hex(8)}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.file: BinaryIO = os.fdopen(os.open(self._path, flags, mode), "w+b")
        self._ended = False

    def seal(self) -> None:
        """Brings the content to the disk, so that a power cut leaves no empty file."""
        self.file.flush()
        os.fsync(self.file.fileno())

    def publish(self, path: Path) -> None:
        """Takes the name ``path`` in one step, replacing what has it."""
        self.file.close()
        os.replace(self._path, path)
        self._ended = True

    def discard(self) -> None:
        """Removes the file; after ``publish`` it does nothing."""
        if not self._ended:
            self._ended = True
            with contextlib.suppress(OSError):  # what was not flushed may not fit the disk
                self.file.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.discard()


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = 0o600, sync: bool = False) -> Iterator[BinaryIO]:
    """Opens a file that takes the name ``path`` in one step when the block ends well.

    A reader sees the old bytes or the new, never part of them.

    Args:
        sync: the bytes and the name are on disk when the block has ended.

    Raises:
        OSError: as the system says; the old file is untouched and no temporary one stays.
    """
    with Draft(path.parent, mode=mode) as draft:
        yield draft.file
        if sync:
            draft.seal()
        draft.publish(path)
    if sync:
        sync_directory(path.parent)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = False) -> None:
    """Replaces ``path`` by ``data``, as :func:`replacing` does."""
    with replacing(path, mode=mode, sync=sync) as file:
        file.write(data)


def write_json(path: Path, value: Any, *, mode: int = 0o644, sync: bool = False) -> None:
    write_whole(path, json.dumps(value, indent=1).encode(), mode=mode, sync=sync)


def read_json(path: Path) -> Any:
    """The file's value; None when there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def sync_directory(path: Path) -> None:
    """Make names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_orphan(name: str, *, ours: bool = False) -> bool:
    """Whether this is the name of something that a dead process left unfinished.

    Args:
        ours: count what bears this process's number too, for it has not begun to write: in a
            container, numbers come again.
    """
    found = _OWNED.match(name)
    if found is None:
        return False
    owner = int(found[1])
    if owner == os.getpid():
        return ours
    try:
        os.kill(owner, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    return False


def sweep(directory: Path, *, ours: bool = False) -> int:
    """Removes files that dead processes left directly in ``directory``; returns how many."""
    gone = 0
    for path in directory.glob(f"{TEMPORARY}*"):
        if is_orphan(path.name, ours=ours):
            with contextlib.suppress(OSError):
                path.unlink()
                gone += 1
    return gone
