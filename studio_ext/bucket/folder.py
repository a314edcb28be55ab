"""The bucket as a folder: ``root/<bucket>/<key>``."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ..errors import AwsError, ValidationException
from ..files import Draft, is_orphan, replacing, sync_directory
from .files import copy_into, open_plain
from .objects import StoredObject
from .uri import RESERVED, check_bucket, check_key, check_prefix


class FolderObjects:
    """Objects as plain files.

    A link is no object: links are neither listed nor followed, wherever they lead; so nothing
    outside the root is reached through one.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root.resolve()

    def buckets(self) -> list[str]:
        names = (entry.name for entry in os.scandir(self.root) if _is_folder(entry))
        return sorted(name for name in names if _is_bucket(name))

    def has_bucket(self, bucket: str) -> bool:
        path = self.root / check_bucket(bucket)
        return path.is_dir() and not path.is_symlink()

    def create_bucket(self, bucket: str) -> None:
        (self.root / check_bucket(bucket)).mkdir(mode=0o700, exist_ok=True)
        sync_directory(self.root)

    def delete_bucket(self, bucket: str) -> None:
        """Removes an empty bucket.

        Raises:
            AwsError: ``NoSuchBucket``, or ``BucketNotEmpty``.
        """
        if not _remove_empty(self._bucket(bucket)):
            raise AwsError(
                f"bucket {bucket!r} is not empty; empty it with: aws s3 rm --recursive "
                f"s3://{bucket}",
                code="BucketNotEmpty",
                status=409,
            )
        sync_directory(self.root)

    def list(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[StoredObject]:
        """As :class:`Objects` has it; ``after`` skips keys up to and including itself."""
        start, above = self._start(bucket, prefix)
        for key, entry in _walk(start, above, after):
            if key.startswith(prefix):
                with contextlib.suppress(FileNotFoundError):  # removed while we look
                    yield _stored(bucket, key, entry.stat(follow_symlinks=False))

    def level(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[StoredObject | str]:
        """Like :meth:`list`, but one level: what is deeper is its folder's name and ``/``, once.

        An empty folder is one that somebody made: those that become empty are removed.
        """
        start, above = self._start(bucket, prefix)
        for entry, is_folder in _sorted(start):
            key = above + entry.name + "/" * is_folder
            if not key.startswith(prefix):
                continue
            if is_folder:
                folder = Path(entry.path)
                marker = _is_after(key, after) and not _any(_walk(folder, key, ""))
                if marker or _any(_walk(folder, key, after)):
                    yield key
            elif _is_after(key, after):
                with contextlib.suppress(FileNotFoundError):
                    yield _stored(bucket, key, entry.stat(follow_symlinks=False))

    def find(self, bucket: str, key: str) -> StoredObject | None:
        path = self.path(bucket, check_key(key))
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _stored(bucket, key, status) if stat.S_ISREG(status.st_mode) else None

    def exists(self, bucket: str, key: str) -> bool:
        return self.find(bucket, key) is not None

    def fetch(self, item: StoredObject, path: Path) -> None:
        source = self.path(item.bucket, check_key(item.key))
        try:
            file = open_plain(source)
        except OSError:
            raise no_such_key(item.bucket, item.key) from None
        path.parent.mkdir(parents=True, exist_ok=True)
        with file, replacing(path) as target:
            copy_into(file, target)

    def publish(self, path: Path, bucket: str, key: str, *, move: bool = False) -> StoredObject:
        self.clear_way(bucket, key)
        if move and path.stat().st_dev == self.path(bucket, "").stat().st_dev:
            with open_plain(path) as source:
                os.fsync(source.fileno())
            target = self._take(partial(os.replace, path), bucket, key)
        else:
            with open_plain(path) as source, self.draft(bucket) as copy:
                copy_into(source, copy.file)
                copy.seal()
                target = self.publish_draft(copy, bucket, key)
            if move:
                path.unlink()
        return _stored(bucket, key, target.lstat())

    def draft(self, bucket: str) -> Draft:
        """A file for an object to come: in the bucket's own folder, so on its file system, and no
        folder of a key is made for what may fail.
        """
        return Draft(self.path(bucket, ""))

    def publish_draft(self, draft: Draft, bucket: str, key: str) -> Path:
        """Makes a draft that is sealed the object, on disk; returns its file.

        Raises:
            AwsError: as :meth:`clear_way`.
        """
        return self._take(draft.publish, bucket, key)

    def _take(self, rename: Callable[[Path], None], bucket: str, key: str) -> Path:
        target = self.make_room(bucket, key)
        try:
            rename(target)
        except IsADirectoryError:  # somebody stored a key below this one meanwhile
            raise key_conflict(bucket, key) from None
        sync_directory(target.parent)
        return target

    def delete(self, bucket: str, key: str) -> bool:
        path = self.path(bucket, check_key(key))
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        self._prune(bucket, path.parent)
        return True

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        if not prefix:
            raise ValidationException(f"prefix '': expected what to delete in bucket {bucket!r}")
        keys = [item.key for item in self.list(bucket, prefix)]
        return sum(self.delete(bucket, key) for key in keys)

    def sweep(self) -> int:
        """Removes what dead processes left unfinished; returns how many files.

        Call it before this process writes.
        """
        removed = 0
        for folder, _, names in os.walk(self.root):  # follows no links
            for name in names:
                if is_orphan(name, ours=True):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(os.path.join(folder, name))
                        removed += 1
        return removed

    def path(self, bucket: str, key: str) -> Path:
        """The file of an object, which may not exist yet.

        Raises:
            AwsError: ``NoSuchBucket``, or ``AccessDenied`` when a link is on the way.
        """
        path = self._bucket(bucket) / check_prefix(key)
        if os.path.realpath(path) != os.fspath(path):
            raise AwsError(
                f"s3://{bucket}/{key} passes through a link in the bucket's folder; "
                "put the file itself there",
                code="AccessDenied",
                status=403,
            )
        return path

    def _start(self, bucket: str, prefix: str) -> tuple[Path, str]:
        """The folder that holds the prefix, and how its keys begin; the rest is not walked."""
        check_prefix(prefix)
        folder, slash, _ = prefix.rpartition("/")
        return self.path(bucket, folder), folder + slash

    def _bucket(self, bucket: str) -> Path:
        if not self.has_bucket(bucket):
            raise no_such_bucket(bucket)
        return self.root / bucket

    def clear_way(self, bucket: str, key: str) -> None:
        """Makes sure that the object can be stored; empty folders of its name are removed.

        Raises:
            AwsError: its name is the beginning of other keys, or another key the beginning of it.
        """
        target = self.path(bucket, check_key(key))
        if target.is_dir() and not _remove_empty(target):
            raise key_conflict(bucket, key)
        for folder in target.parents:
            if folder.is_dir():
                return
            if folder.exists():
                raise key_conflict(bucket, key)

    def make_room(self, bucket: str, key: str) -> Path:
        """The file of an object, with its folders made.

        Raises:
            AwsError: as :meth:`clear_way`.
        """
        self.clear_way(bucket, key)
        target = self.path(bucket, key)
        # A deletion beside us may prune a folder that we just made: once more, and it is ours.
        with contextlib.suppress(FileNotFoundError):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return target

    def _prune(self, bucket: str, folder: Path) -> None:
        top = self.root / bucket
        while folder != top:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def no_such_bucket(bucket: str) -> AwsError:
    return AwsError(
        f"bucket {bucket!r} does not exist; make it with: aws s3 mb s3://{bucket}",
        code="NoSuchBucket",
        status=404,
    )


def no_such_key(bucket: str, key: str) -> AwsError:
    folder = key.rpartition("/")[0]
    return AwsError(
        f"no object s3://{bucket}/{key}; see what is there with: aws s3 ls s3://{bucket}/{folder}/",
        code="NoSuchKey",
        status=404,
    )


def key_conflict(bucket: str, key: str) -> AwsError:
    return AwsError(
        f"s3://{bucket}/{key} cannot be stored: buckets are folders here, so one key cannot be "
        "both an object and the beginning of others; choose another key",
        code="InvalidArgument",
        status=400,
    )


def _walk(folder: Path, prefix: str, after: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Files below the folder with keys beyond ``after``, in S3's order."""
    for entry, is_folder in _sorted(folder):
        key = prefix + entry.name
        if is_folder:
            # A folder whose every key comes before is not entered.
            if after.startswith(f"{key}/") or _is_after(f"{key}/", after):
                yield from _walk(Path(entry.path), f"{key}/", after)
        elif _is_after(key, after):
            yield key, entry


def _sorted(folder: Path) -> list[tuple[os.DirEntry[str], bool]]:
    """Files and folders that keys can name, in S3's order: a folder sorts as its name and ``/``."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry, _is_folder(entry))
                for entry in entries
                if not entry.name.startswith(RESERVED)
                and _is_unicode(entry.name)
                and not entry.is_symlink()
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [pair for pair in found if pair[1] or pair[0].is_file(follow_symlinks=False)]
    return sorted(found, key=lambda pair: os.fsencode(pair[0].name) + b"/" * pair[1])


def _any(found: Iterator[object]) -> bool:
    return next(found, None) is not None


def _is_after(key: str, after: str) -> bool:
    """In the order of UTF-8, which is that of code points."""
    return key > after


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_unicode(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _remove_empty(folder: Path) -> bool:
    """Removes a tree of empty folders; ``False`` when it holds anything else."""
    for inner, folders, files in os.walk(folder, topdown=False):
        if files or any(os.path.islink(os.path.join(inner, name)) for name in folders):
            return False
        os.rmdir(inner)
    return True


def _is_bucket(name: str) -> bool:
    try:
        check_bucket(name)
    except ValidationException:
        return False
    return True


def _stored(bucket: str, key: str, status: os.stat_result) -> StoredObject:
    return StoredObject(bucket, key, status.st_size, status.st_mtime_ns)
