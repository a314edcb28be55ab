"""Copies that share blocks but never content, and files that are files."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20
_MOST = 1 << 30  # bytes of one copy by the kernel, which takes no more than 2 GB
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.ETXTBSY)


def copy_into(source: BinaryIO, target: BinaryIO, start: int = 0, length: int | None = None) -> int:
    """Adds bytes of one file to another: by the kernel, which shares blocks where it can.

    Never a hard link: a job that writes to its input would change the bucket.

    Args:
        start, length: which bytes; all that follow without a length.

    Returns:
        How many were there to copy.
    """
    if length is None:
        length = max(0, os.fstat(source.fileno()).st_size - start)
    target.seek(0, os.SEEK_END)  # the rest goes past its buffer
    done = 0
    while done < length:
        count = _copy(source.fileno(), target.fileno(), start + done, length - done)
        if not count:  # somebody cut the file short
            break
        done += count
    target.seek(0, os.SEEK_END)
    return done


def _copy(source: int, target: int, start: int, most: int) -> int:
    if sys.platform == "linux":
        try:
            count = os.copy_file_range(source, target, min(most, _MOST), start)
            if count:
                return count
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
    piece = os.pread(source, min(most, _PIECE), start)
    left = memoryview(piece)
    while left:
        left = left[os.write(target, left) :]
    return len(piece)


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
