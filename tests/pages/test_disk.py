"""What is counted is what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_ext.bucket.folder import FolderObjects
from studio_ext.pages.disk import FRESH, Disk, sizes
from studio_ext.store import Store

KB = 1 << 10


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/db", clock=lambda: 7.0)
    yield store
    store.close()


@pytest.fixture
def disk(store: Store, tmp_path: Path) -> Disk:
    (tmp_path / "jobs").mkdir()
    objects = FolderObjects(tmp_path / "s3")
    objects.create_bucket("full")
    objects.create_bucket("empty")
    (tmp_path / "s3/full/a").mkdir()
    (tmp_path / "s3/full/a/one").write_bytes(b"x" * 10)
    (tmp_path / "s3/full/two").write_bytes(b"x" * 5)
    ended = {"TrainingJob": frozenset({"Completed"})}
    return Disk(store, objects, tmp_path / "jobs", tmp_path / "images", ended)


def job(store: Store, folder: Path, name: str, status: str, *, size: int) -> None:
    with store.write() as tx:
        row = tx.insert(
            "TrainingJob", "r", name, name=name, arn=f"arn:{name}", body={}, status=status
        )
        attempt = tx.claim(row, str(folder))
        if status == "Completed":
            tx.end_attempt(attempt.token, "completed")
    place = folder / "jobs/TrainingJob/r" / name / str(attempt.token)
    place.mkdir(parents=True)
    (place / "model").write_bytes(b"x" * size)


def test_jobs_buckets_and_environments(disk: Disk, store: Store, tmp_path: Path) -> None:
    job(store, tmp_path, "done", "Completed", size=100 * KB)
    job(store, tmp_path, "runs", "InProgress", size=10 * KB)
    (tmp_path / "jobs/TrainingJob/r/stray/1").mkdir(parents=True)
    (tmp_path / "images/base").mkdir(parents=True)
    (tmp_path / "images/base/library").write_bytes(b"x" * 50 * KB)
    found = disk.count()
    done, runs = found["jobs"]
    assert 100 * KB <= done.pop("bytes") < 150 * KB
    assert 10 * KB <= runs.pop("bytes") < 60 * KB
    place = f"{tmp_path}/jobs/TrainingJob/r"
    assert done == {"kind": "TrainingJob", "region": "r", "name": "done", "status": "Completed",
                    "ended": 7.0, "directory": f"{place}/done"}  # fmt: skip
    assert (runs["status"], runs["ended"]) == ("InProgress", None)
    assert found["buckets"] == [
        {"name": "empty", "bytes": 0, "objects": 0}, {"name": "full", "bytes": 15, "objects": 2},
    ]  # fmt: skip
    (base,) = found["environments"]
    assert base["name"] == "base"
    assert 50 * KB <= base["bytes"] < 100 * KB
    assert 0 < found["free"] <= found["total"]


def test_a_link_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 1000 * KB)
    (tmp_path / "jobs/one").mkdir(parents=True)
    (tmp_path / "jobs/one/link").symlink_to(tmp_path / "big")
    (tmp_path / "jobs/away").symlink_to(tmp_path)
    assert sizes(tmp_path / "jobs", 1)[tmp_path / "jobs/one"] < 50 * KB
    assert tmp_path / "jobs/away" not in sizes(tmp_path / "jobs", 1)


def test_nothing_is_there(disk: Disk) -> None:
    assert (disk.count()["jobs"], disk.count()["environments"]) == ([], [])


def test_who_asks_at_once_is_answered_once(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    now = 100.0
    monkeypatch.setattr(disk, "count", lambda: counts.append(1) or {"n": len(counts)})
    monkeypatch.setattr(disk, "_clock", lambda: now)

    async def scene() -> None:
        nonlocal now
        found = await asyncio.gather(*(disk.usage() for _ in range(10)))
        assert found == [{"n": 1}] * 10
        assert await disk.usage() == {"n": 1}
        now += FRESH + 0.1
        assert await disk.usage() == {"n": 2}

    asyncio.run(scene())


def test_a_failed_count_is_not_kept(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, int]:
        raise OSError("gone")

    async def scene() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(disk, "count", fail)
            with pytest.raises(OSError, match="gone"):
                await disk.usage()
        assert (await disk.usage())["jobs"] == []

    asyncio.run(scene())
