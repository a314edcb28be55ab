"""``model.tar.gz`` and ``output.tar.gz``: packed whole, unpacked without trust."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import ValidationException
from ..files import TEMPORARY, replacing
from .files import open_plain

MAX_BYTES = 64 << 30
MAX_MEMBERS = 1_000_000
_MAX_PADDING = 16 << 20


class ArchiveError(ValidationException):
    """An archive that is broken or that we will not unpack.

    Attributes:
        member: the name inside the archive, ``""`` when the archive as a whole is meant.
    """

    def __init__(self, archive: Path, member: str, message: str) -> None:
        at = f", member {member!r}" if member else ""
        super().__init__(f"{archive.name}{at}: {message}")
        self.member = member


@dataclass(frozen=True, slots=True)
class Packed:
    """What :func:`pack` made.

    Attributes:
        files: number of files inside.
        size: bytes of the archive.
        skipped: relative paths left out, each with its reason.
    """

    files: int
    size: int
    skipped: tuple[str, ...]


def pack(folder: Path, archive: Path, *, level: int = 1) -> Packed:
    """Packs all that ``folder`` holds; the archive appears whole or not at all.

    Equal content and times give equal bytes: members are sorted, and owners and the gzip time are
    left out. Links to files inside the folder are packed as those files, since :func:`unpack`
    takes no links; other links, sockets, fifos and devices are skipped and reported.

    Args:
        level: zlib's; 1 is a few times faster than 6 and little larger.
    """
    skipped: list[str] = []
    files = 0
    archive.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(archive, sync=True) as raw,
        gzip.GzipFile("", "wb", level, raw, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in _members(folder, skipped):
            if path.is_dir():
                tar.addfile(_header(name + "/", path.stat(), tarfile.DIRTYPE))
                continue
            with open_plain(path) as file:
                tar.addfile(_header(name, os.fstat(file.fileno()), tarfile.REGTYPE), file)
            files += 1
    return Packed(files, archive.stat().st_size, tuple(skipped))


def unpack(
    archive: Path, folder: Path, *, max_bytes: int = MAX_BYTES, max_members: int = MAX_MEMBERS
) -> int:
    """Unpacks a tar, gzipped or not, into ``folder``; returns how many files.

    Only plain files and folders with relative names are taken. ``folder`` must be absent or empty;
    when an error is raised it stays so.

    Args:
        max_bytes: of the unpacked content.

    Raises:
        ArchiveError: names the member.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ArchiveError(archive, "", f"cannot be unpacked into {folder.name!r}: not empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder.parent))
    try:
        files = _unpack(archive, room, max_bytes, max_members)
        os.chmod(room, 0o755)
        os.replace(room, folder)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise ArchiveError(
            archive, "", f"is no whole tar or tar.gz archive: {error or 'it ends too early'}"
        ) from None
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return files


def _unpack(archive: Path, room: Path, max_bytes: int, max_members: int) -> int:
    left, files = max_bytes, 0
    # The stream mode reads forwards only, so that a member's size bounds what is read for it.
    with _open(archive) as plain, tarfile.open(fileobj=plain, mode="r|", bufsize=1 << 20) as tar:
        for count, member in enumerate(tar, 1):
            if count > max_members:
                raise ArchiveError(archive, member.name, f"expected at most {max_members} members")
            path = room.joinpath(*_parts(archive, member))
            left -= member.size if member.isreg() else 0
            if left < 0:
                raise ArchiveError(
                    archive, member.name, f"expected at most {max_bytes} bytes of content"
                )
            try:
                if member.isdir():
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(tar, member, path)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                raise ArchiveError(
                    archive, member.name, "is both a file and a folder, or there twice"
                ) from None
            files += 1
        # Only at its end does gzip compare its checksum; tar's padding lies before that.
        if len(plain.read(_MAX_PADDING + 1)) > _MAX_PADDING:
            raise ArchiveError(archive, "", "goes on after the end of the tar")
    return files


def _open(archive: Path) -> BinaryIO:
    with archive.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(archive)) if zipped else archive.open("rb")


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None  # a regular file
    mode = 0o755 if member.mode & 0o100 else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    os.utime(path, (max(member.mtime, 0), max(member.mtime, 0)))


def _parts(archive: Path, member: tarfile.TarInfo) -> list[str]:
    name = member.name
    if not (member.isreg() or member.isdir()):
        kind = "a link" if member.issym() or member.islnk() else "a device or fifo"
        raise ArchiveError(archive, name, f"is {kind}; expected only files and folders")
    if name.startswith("/") or "\0" in name or "\\" in name:
        raise ArchiveError(archive, name, "expected a relative name with forward slashes")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ArchiveError(archive, name, "leads out of the archive; expected no '..'")
    if not parts and not member.isdir():
        raise ArchiveError(archive, name, "expected a name")
    return parts


def _members(folder: Path, skipped: list[str]) -> Iterator[tuple[str, Path]]:
    top = folder.resolve()

    def walk(inner: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        for entry in sorted(os.scandir(inner), key=lambda entry: os.fsencode(entry.name)):
            name, path = prefix + entry.name, Path(entry.path)
            if entry.is_symlink():
                path = path.resolve()
                if not (path.is_file() and path.is_relative_to(top)):
                    skipped.append(f"{name}: a link to no file inside the folder")
                    continue
                yield name, path
            elif entry.is_dir():
                yield name, path
                yield from walk(path, f"{name}/")
            elif entry.is_file():
                yield name, path
            else:
                skipped.append(f"{name}: neither a file nor a folder")

    return walk(top, "")


def _header(name: str, status: os.stat_result, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = status.st_size if kind == tarfile.REGTYPE else 0
    info.mode = stat.S_IMODE(status.st_mode) & 0o755
    info.mtime = int(status.st_mtime)
    return info
