"""Files that are whole or absent, whatever dies while they are written."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

TEMPORARY = ".tmp"


def temporary(path: Path) -> Path:
    """The name under which ``path`` is written before it takes its own; recognisable, hidden."""
    return path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = False) -> None:
    """Replace ``path`` in one step; a reader sees the old bytes or the new, never part of them.

    Args:
        sync: the bytes and the name are on disk when this returns.

    Raises:
        OSError: as the system says; the old file is untouched and no temporary one stays.
    """
    target = temporary(path)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(target, path)
    except BaseException:
        with contextlib.suppress(OSError):
            target.unlink()
        raise
    if sync:
        sync_directory(path.parent)


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


def sweep(directory: Path) -> int:
    """Remove temporary files that dead processes left directly in ``directory``."""
    gone = 0
    for path in directory.glob(f".*{TEMPORARY}"):
        owner = path.name.removesuffix(TEMPORARY).rpartition(".")[2]
        if owner.isdigit() and os.path.exists(f"/proc/{owner}"):
            continue
        with contextlib.suppress(OSError):
            path.unlink()
            gone += 1
    return gone
