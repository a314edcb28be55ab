"""All files of a run become objects, or none."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.objects import StoredObject
from studio_ext.control import publish as module
from studio_ext.control.contract import Publication
from studio_ext.control.publish import publish
from studio_ext.errors import AwsError


class Flaky(FolderObjects):
    """Fails as it is told to, once for each entry; then it works."""

    def __init__(self, root: Path, failures: list[Exception]) -> None:
        super().__init__(root)
        self.failures, self.asked = failures, 0
        self.create_bucket("bucket")

    def publish(self, path: Path, bucket: str, key: str, *, move: bool = False) -> StoredObject:
        self.asked += 1
        if self.failures and key.endswith("b"):
            raise self.failures.pop(0)
        return super().publish(path, bucket, key, move=move)


@pytest.fixture
def items(tmp_path: Path) -> list[Publication]:
    for name in "ab":
        (tmp_path / name).write_text(name)
    return [Publication(name, tmp_path / name, "bucket", f"out/{name}") for name in "ab"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses take no time, and are counted."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    return pauses


def run(objects: FolderObjects, items: list[Publication]) -> dict[str, str]:
    return dict(asyncio.run(publish(objects, items)))


def keys(objects: FolderObjects) -> list[str]:
    return [item.key for item in objects.list("bucket")]


def test_all_are_published(tmp_path: Path, items: list[Publication]) -> None:
    objects = Flaky(tmp_path / "s3", [])
    assert run(objects, items) == {"a": "s3://bucket/out/a", "b": "s3://bucket/out/b"}
    assert run(objects, items) == {"a": "s3://bucket/out/a", "b": "s3://bucket/out/b"}
    assert keys(objects) == ["out/a", "out/b"]


def test_a_bucket_that_is_away_is_waited_for(
    tmp_path: Path, items: list[Publication], at_once: list[float]
) -> None:
    away = AwsError("try again", code="ServiceUnavailable", status=503)
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    objects = Flaky(tmp_path / "s3", [away, refused, away])
    assert set(run(objects, items)) == {"a", "b"}
    assert objects.asked == 5
    assert at_once == [0.1, 0.2, 0.4]


@pytest.mark.parametrize(
    "refusal",
    [
        AwsError("no such bucket", code="NoSuchBucket", status=404),
        FileNotFoundError(errno.ENOENT, "somebody removed it"),
    ],
)
def test_a_refusal_is_final_and_leaves_nothing(
    tmp_path: Path, items: list[Publication], refusal: Exception, at_once: list[float]
) -> None:
    objects = Flaky(tmp_path / "s3", [refusal])
    with pytest.raises(type(refusal)):
        run(objects, items)
    assert keys(objects) == []
    assert at_once == []


@pytest.mark.parametrize(
    ("number", "seconds"), [(errno.ENOSPC, 10.0), (errno.EIO, module.PATIENCE)]
)
def test_patience_ends(
    tmp_path: Path,
    items: list[Publication],
    number: int,
    seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    objects = Flaky(tmp_path / "s3", [OSError(number, "no") for _ in range(100_000)])

    async def tried() -> float:
        loop = asyncio.get_running_loop()
        now = began = loop.time()

        def later() -> float:
            nonlocal now
            now += 0.5
            return now

        monkeypatch.setattr(loop, "time", later)
        with pytest.raises(OSError, match="no"):
            await publish(objects, items)
        return now - began

    assert seconds <= asyncio.run(tried()) <= seconds + 10
    assert keys(objects) == []
