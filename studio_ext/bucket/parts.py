"""Uploads in parts: each a folder beside the buckets, with its head and the parts that have come.

They are plain files, so an upload goes on where it was after the daemon's end, however that came.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import AwsError
from ..files import TEMPORARY, Draft, read_json, sync_directory, write_json
from .files import copy_into, open_plain
from .folder import FolderObjects

MIN_PART = 5 << 20  # bytes of every part but the last, as S3
LASTS = 7 * 86400.0  # seconds that an upload is kept without being touched

_FOLDER = ".uploads"  # no bucket can have this name
_HEAD = "head.json"
_ID = re.compile(r"[0-9a-f]{44}")
_PART = re.compile(r"(\d{5})-([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Part:
    """A part that has arrived.

    Attributes:
        number: 1 to 10,000.
        md5: of its content, in hex.
        size: bytes.
        modified: epoch seconds.
    """

    number: int
    md5: str
    size: int
    modified: float

    @property
    def etag(self) -> str:
        return f'"{self.md5}"'

    @property
    def name(self) -> str:
        return f"{self.number:05}-{self.md5}"


@dataclass(frozen=True, slots=True)
class PartsUpload:
    """An upload in parts that was begun and has not ended.

    Attributes:
        headers: what is to be kept beside the object.
        created: epoch seconds.
        folder: where its parts are.
    """

    id: str
    bucket: str
    key: str
    headers: Mapping[str, str]
    created: float
    folder: Path


class PartsUploads:
    """The uploads in parts of all buckets.

    Every step leaves what a kill at any moment may find: an upload with its head or none, a part
    whole or absent, an object whole or as it was. Parts may come all at once; of those who complete
    or abort one upload, the caller lets one in at a time.
    """

    def __init__(self, objects: FolderObjects) -> None:
        self._objects = objects
        self._root = objects.root / _FOLDER
        self._root.mkdir(mode=0o700, exist_ok=True)
        self._keeping = threading.Lock()

    def begin(self, bucket: str, key: str, headers: Mapping[str, str]) -> PartsUpload:
        now = time.time()
        # The time in front puts uploads of one key in the order in which S3 lists them.
        upload = f"{int(now * 1000):012x}{secrets.token_hex(16)}"
        folder = self._root / upload
        folder.mkdir(mode=0o700, parents=True)
        head = {"bucket": bucket, "key": key, "headers": dict(headers), "created": now}
        write_json(folder / _HEAD, head, mode=0o600, sync=True)
        sync_directory(self._root)
        return PartsUpload(upload, bucket, key, headers, now, folder)

    def find(self, bucket: str, key: str, upload: str) -> PartsUpload:
        """The upload of exactly this object.

        Raises:
            AwsError: ``NoSuchUpload``.
        """
        found = self._read(upload) if _ID.fullmatch(upload) else None
        if found is None or (found.bucket, found.key) != (bucket, key):
            raise no_such_upload(bucket, upload)
        return found

    def of_bucket(self, bucket: str) -> list[PartsUpload]:
        """The bucket's, by key and age."""
        found = (upload for upload in self._all() if upload.bucket == bucket)
        return sorted(found, key=lambda upload: (upload.key, upload.id))

    def draft(self, upload: PartsUpload) -> Draft:
        """A file for a part to come.

        Raises:
            AwsError: ``NoSuchUpload``, when it has ended meanwhile.
        """
        with _still_there(upload):
            return Draft(upload.folder)

    def keep(self, upload: PartsUpload, number: int, draft: Draft, md5: str) -> None:
        """Makes a draft that is sealed the part of this number, on disk.

        Raises:
            AwsError: ``NoSuchUpload``, when it has ended meanwhile.
        """
        name = f"{number:05}-{md5}"
        with _still_there(upload):
            with self._keeping:  # two of one number must not remove each other
                draft.publish(upload.folder / name)
                for other in os.listdir(upload.folder):
                    if other.startswith(name[:6]) and other != name:
                        (upload.folder / other).unlink(missing_ok=True)
            sync_directory(upload.folder)

    def parts(self, upload: PartsUpload) -> list[Part]:
        """Parts that have arrived, by number.

        Raises:
            AwsError: ``NoSuchUpload``, when it has ended meanwhile.
        """
        with _still_there(upload):
            found = sorted(_parts(upload.folder), key=lambda part: (part.number, part.modified))
        # A kill may have left two of one number: the newer one counts.
        return list({part.number: part for part in found}.values())

    def join(self, upload: PartsUpload, wanted: Sequence[tuple[int, str]], target: BinaryIO) -> str:
        """Writes parts one after the other.

        Args:
            wanted: number and MD5 of each.

        Returns:
            The object's ETag.

        Raises:
            AwsError: ``InvalidPartOrder``, ``InvalidPart``, ``EntityTooSmall``, ``NoSuchUpload``.
        """
        with _still_there(upload):
            stored = {(part.number, part.md5): part for part in _parts(upload.folder)}
        for number, md5 in _chosen(wanted, stored):
            part = stored[number, md5]
            try:
                with open_plain(upload.folder / part.name) as file:
                    copied = copy_into(file, target)
            except FileNotFoundError:  # it was sent again meanwhile
                raise _no_such_part(number, md5) from None
            if copied != part.size:
                raise _no_such_part(number, md5)
        digests = b"".join(bytes.fromhex(md5) for _, md5 in wanted)
        return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(wanted)}"'

    def end(self, upload: PartsUpload) -> None:
        """Forgets the upload, and with it its parts.

        Raises:
            AwsError: ``NoSuchUpload``, when it has ended already.
        """
        # Under another name first: it ends at once, and nobody can put anything into it.
        grave = self._root / f"{TEMPORARY}{os.getpid()}_{upload.id}"
        with _still_there(upload):
            upload.folder.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def drop_bucket(self, bucket: str) -> None:
        """Forgets the uploads of a bucket that is gone."""
        for upload in self.of_bucket(bucket):
            with contextlib.suppress(AwsError):  # it ended by itself in this moment
                self.end(upload)

    def sweep(self) -> int:
        """Removes uploads untouched for a week, and what dead processes left unfinished anywhere.

        Call it before this process writes.

        Returns:
            How many uploads and files.
        """
        removed = 0
        for entry in list(os.scandir(self._root)):
            if _ID.fullmatch(entry.name):
                upload = self._read(entry.name)
                if (
                    upload is not None
                    and self._objects.has_bucket(upload.bucket)
                    and time.time() - entry.stat().st_mtime < LASTS
                ):
                    continue
            elif not entry.name.startswith(TEMPORARY):
                continue
            shutil.rmtree(entry.path, ignore_errors=True)
            removed += 1
        return removed + self._objects.sweep()

    def _all(self) -> Iterator[PartsUpload]:
        for name in os.listdir(self._root):
            upload = self._read(name) if _ID.fullmatch(name) else None
            if upload is not None:
                yield upload

    def _read(self, upload: str) -> PartsUpload | None:
        folder = self._root / upload
        head = read_json(folder / _HEAD)
        return None if head is None else PartsUpload(id=upload, folder=folder, **head)


def no_such_upload(bucket: str, upload: str) -> AwsError:
    return AwsError(
        f"no upload {upload[:60]!r} of this key is under way; see those that are with: "
        f"aws s3api list-multipart-uploads --bucket {bucket}",
        code="NoSuchUpload",
        status=404,
    )


def _no_such_part(number: int, etag: str) -> AwsError:
    return AwsError(
        f"no part {number} with ETag {etag[:60]!r} has arrived; see those that have with: "
        "aws s3api list-parts",
        code="InvalidPart",
        status=400,
    )


def _chosen(
    wanted: Sequence[tuple[int, str]], stored: Mapping[tuple[int, str], Part]
) -> Sequence[tuple[int, str]]:
    """The parts of an object, checked."""
    previous = 0
    for number, _ in wanted:
        if number <= previous:
            raise AwsError(
                f"part {number} follows part {previous}; expected ascending numbers",
                code="InvalidPartOrder",
                status=400,
            )
        previous = number
    for each in wanted:
        if each not in stored:
            raise _no_such_part(*each)
    for each in wanted[:-1]:
        if stored[each].size < MIN_PART:
            raise AwsError(
                f"part {each[0]} has {stored[each].size} bytes; expected at least {MIN_PART} of "
                "every part but the last",
                code="EntityTooSmall",
                status=400,
            )
    return wanted


def _parts(folder: Path) -> Iterator[Part]:
    with os.scandir(folder) as entries:
        for entry in entries:
            found = _PART.fullmatch(entry.name)
            if found is not None:
                with contextlib.suppress(FileNotFoundError):  # sent again in this moment
                    status = entry.stat(follow_symlinks=False)
                    yield Part(int(found[1]), found[2], status.st_size, status.st_mtime)


@contextlib.contextmanager
def _still_there(upload: PartsUpload) -> Iterator[None]:
    """Somebody else may end an upload at any time, and then its folder is gone."""
    try:
        yield
    except FileNotFoundError:
        raise no_such_upload(upload.bucket, upload.id) from None
