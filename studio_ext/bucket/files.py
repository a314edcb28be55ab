"""Streams into files that are whole or absent, and copies that share blocks but never content."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..files import sync_directory

if sys.platform == "linux":
    import fcntl

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of one file with another, copy on write


@contextlib.contextmanager
def replacing(path: Path, *, prefix: str = ".tmp-", durable: bool = True) -> Iterator[BinaryIO]:
    """Opens a temporary file beside ``path`` that takes its name when the block ends well.

    Args:
        path: the file to make or to replace; its folder exists.
        prefix: begins the temporary file's name.
        durable: reach the disk before the name changes, so that a power cut leaves no empty file.
    """
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if durable:
        sync_directory(path.parent)


def copy_into(source: BinaryIO, target: BinaryIO) -> None:
    """Copies a file's content: by reflink where the file system shares blocks, else by bytes.

    Never a hard link: a job that writes to its input would change the bucket.
    """
    if sys.platform == "linux":
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
            return
        except OSError as error:
            unsupported = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS)
            if error.errno not in unsupported:
                raise
    shutil.copyfileobj(source, target, 1 << 20)


def open_plain(path: Path) -> BinaryIO:
    """Opens a regular file for reading; links, fifos and devices are refused with ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not _is_plain(descriptor):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        os.set_blocking(descriptor, True)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _is_plain(descriptor: int) -> bool:
    return os.fstat(descriptor).st_mode & 0o170000 == 0o100000
