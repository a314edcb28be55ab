"""The files of a channel: which there are, in which order, and their plain bytes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO

from studio_ext.formats.errors import DataError


def data_files(path: Path, channel: str) -> list[Path]:
    """The non-empty data files at ``path``, a file or a folder, by relative name.

    Names that begin with ``.`` or ``_`` (such as ``_SUCCESS``) are skipped, as are files of no
    bytes.

    Raises:
        DataError: there is none; names the channel and the path.
    """
    if path.is_file():
        found = [path]
    else:
        found = sorted(file for file in path.rglob("*") if file.is_file() and _visible(file, path))
    files = [file for file in found if file.stat().st_size > 0]
    if not files:
        raise DataError(
            f"channel '{channel}' is empty: no file with data in '{path}'; expected at least one. "
            f"Check the channel's S3Uri: aws s3 ls --recursive <S3Uri>"
        )
    return files


def _visible(file: Path, root: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in file.relative_to(root).parts)


def open_plain(file: Path) -> IO[bytes]:
    """The file's bytes, unpacked when it begins as a gzip file does (whatever its name)."""
    handle = file.open("rb")
    if handle.read(2) == b"\x1f\x8b":
        handle.close()
        return gzip.open(file, "rb")  # type: ignore[return-value]
    handle.seek(0)
    return handle
