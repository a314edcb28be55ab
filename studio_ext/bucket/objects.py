"""Objects of a bucket as files: what runners and the controller need of S3, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object.

    Attributes:
        size: bytes.
        mtime_ns: when it was last changed, epoch nanoseconds.
    """

    bucket: str
    key: str
    size: int
    mtime_ns: int

    @property
    def modified(self) -> float:
        """Epoch seconds."""
        return self.mtime_ns / 1e9

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Objects(Protocol):
    """Where objects are kept. Two implementations: a folder, and any S3.

    Names are checked (``uri.check_bucket``, ``uri.check_key``): no key reaches outside its bucket.
    A bucket that is not there raises ``NoSuchBucket``, an object ``NoSuchKey``.
    """

    def buckets(self) -> list[str]:
        """Names of all buckets, sorted."""
        ...

    def has_bucket(self, bucket: str) -> bool: ...

    def create_bucket(self, bucket: str) -> None:
        """Makes the bucket; one that is there already is left alone."""
        ...

    def list(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose key starts with ``prefix``, in S3's order: by the key's UTF-8 bytes."""
        ...

    def find(self, bucket: str, key: str) -> StoredObject | None:
        """The object of exactly this key."""
        ...

    def exists(self, bucket: str, key: str) -> bool: ...

    def fetch(self, item: StoredObject, path: Path) -> None:
        """Writes the object to ``path``, whole or not at all. Folders above it are made."""
        ...

    def publish(self, path: Path, bucket: str, key: str, *, move: bool = False) -> StoredObject:
        """Makes the file ``path`` the object, whole or not at all, replacing an older one.

        Args:
            move: the file may be taken instead of copied.
        """
        ...

    def delete(self, bucket: str, key: str) -> bool:
        """Removes the object; ``False`` when there was none."""
        ...

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        """Removes every object under ``prefix``, which is not empty; returns how many."""
        ...
