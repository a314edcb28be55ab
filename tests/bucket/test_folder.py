from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext.bucket.folder import FolderObjects
from studio_ext.errors import AwsError, ValidationException


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    objects = FolderObjects(tmp_path / "s3")
    objects.create_bucket("data")
    return objects


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"content")
    return path


def keys(objects: FolderObjects, prefix: str = "") -> list[str]:
    return [item.key for item in objects.list("data", prefix)]


def test_publish_fetch_and_delete(objects: FolderObjects, source: Path, tmp_path: Path) -> None:
    stored = objects.publish(source, "data", "a/b/c.txt")
    assert (stored.size, stored.key) == (7, "a/b/c.txt")
    assert objects.find("data", "a/b/c.txt") == stored
    target = tmp_path / "in" / "c.txt"
    objects.fetch(stored, target)
    assert target.read_bytes() == b"content"
    target.write_bytes(b"changed by the job")
    assert (objects.root / "data/a/b/c.txt").read_bytes() == b"content"
    assert objects.delete("data", "a/b/c.txt")
    assert not objects.delete("data", "a/b/c.txt")
    assert os.listdir(objects.root / "data") == []  # emptied folders go too


def test_move_takes_the_file(objects: FolderObjects, source: Path) -> None:
    inode = source.stat().st_ino
    objects.publish(source, "data", "model.tar.gz", move=True)
    assert not source.exists()
    assert (objects.root / "data/model.tar.gz").stat().st_ino == inode


def test_copy_is_no_hard_link(objects: FolderObjects, source: Path) -> None:
    objects.publish(source, "data", "x")
    assert (objects.root / "data/x").stat().st_nlink == 1
    assert (objects.root / "data/x").stat().st_ino != source.stat().st_ino


def test_lists_in_the_order_of_s3(objects: FolderObjects, source: Path) -> None:
    wanted = ["B", "a", "a-b/x", "a.txt", "a/b", "a0", "b/1", "b/10", "b/2", "ä", "\U0001f600"]
    for key in wanted:
        if key != "a":  # cannot be beside a/b in a folder
            objects.publish(source, "data", key)
    assert keys(objects) == [key for key in wanted if key != "a"]
    assert keys(objects, "b/1") == ["b/1", "b/10"]
    assert keys(objects, "a/") == ["a/b"]
    assert keys(objects, "nothing/here") == []


def test_an_object_and_a_folder_of_one_name(objects: FolderObjects, source: Path) -> None:
    objects.publish(source, "data", "x")
    objects.publish(source, "data", "d/y")
    for key in ("x/y", "x/y/z", "d"):
        with pytest.raises(AwsError, match=f"s3://data/{key} cannot be stored"):
            objects.publish(source, "data", key)
    assert keys(objects) == ["d/y", "x"]
    assert objects.find("data", "d") is None
    assert objects.find("data", "x/y") is None


def test_an_empty_folder_is_not_in_the_way(objects: FolderObjects, source: Path) -> None:
    (objects.root / "data/d/e").mkdir(parents=True)
    objects.publish(source, "data", "d")
    assert keys(objects) == ["d"]


def test_missing_things_are_named(objects: FolderObjects, source: Path, tmp_path: Path) -> None:
    stored = objects.publish(source, "data", "x")
    objects.delete("data", "x")
    with pytest.raises(AwsError, match="no object s3://data/x") as caught:
        objects.fetch(stored, tmp_path / "out")
    assert caught.value.code == "NoSuchKey"
    assert not (tmp_path / "out").exists()
    with pytest.raises(AwsError, match="aws s3 mb s3://nope") as caught:
        list(objects.list("nope"))
    assert caught.value.code == "NoSuchBucket"


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "", "a/", "a\0b", "."])
def test_no_key_leaves_the_bucket(objects: FolderObjects, source: Path, key: str) -> None:
    with pytest.raises(ValidationException):
        objects.publish(source, "data", key)
    with pytest.raises(ValidationException):
        objects.find("data", key)


def test_links_are_no_objects(objects: FolderObjects, source: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    bucket = objects.root / "data"
    (bucket / "folder").symlink_to(outside)
    (bucket / "file").symlink_to(outside / "secret")
    (objects.root / "linked").symlink_to(outside)
    assert keys(objects) == []
    assert objects.buckets() == ["data"]
    assert not objects.has_bucket("linked")
    with pytest.raises(AwsError, match="through a link") as caught:
        objects.publish(source, "data", "folder/x")
    assert caught.value.code == "AccessDenied"
    with pytest.raises(AwsError, match="through a link"):
        objects.find("data", "folder/secret")
    with pytest.raises(AwsError, match="through a link"):
        objects.find("data", "file")
    assert os.listdir(outside) == ["secret"]


def test_odd_files_are_not_listed(objects: FolderObjects) -> None:
    bucket = os.fsencode(objects.root / "data")
    os.mkfifo(bucket + b"/fifo")
    with open(bucket + b"/latin-\xe4", "wb"):
        pass
    with open(bucket + b"/.studio_1_x", "wb"):
        pass
    assert keys(objects) == []


def test_a_failed_publish_keeps_the_old_object(
    objects: FolderObjects, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.publish(source, "data", "x")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio_ext.bucket.folder.copy_into", full)
    source.write_bytes(b"new")
    with pytest.raises(OSError, match="No space left"):
        objects.publish(source, "data", "x")
    assert (objects.root / "data/x").read_bytes() == b"content"
    assert os.listdir(objects.root / "data") == ["x"]


def test_sweep_takes_what_nobody_writes(objects: FolderObjects, tmp_path: Path) -> None:
    bucket = objects.root / "data"
    (bucket / "deep").mkdir()
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    dead_one, live_one = f".studio_{dead}_a", f".studio_{os.getppid()}_b"
    for name in (dead_one, f"deep/{dead_one}", live_one, ".studio_odd", "real"):
        (bucket / name).write_text("")
    (bucket / f".studio_{os.getpid()}_c").write_text("")  # of an earlier process of our number
    (bucket / "link").symlink_to(tmp_path)
    (tmp_path / dead_one).write_text("")
    assert objects.sweep() == 3
    left = sorted(path.name for path in bucket.rglob("*") if path.is_file())
    assert left == sorted([live_one, ".studio_odd", "real"])
    assert (tmp_path / dead_one).exists()


def test_delete_prefix(objects: FolderObjects, source: Path) -> None:
    for key in ("a/1", "a/2", "ab", "b"):
        objects.publish(source, "data", key)
    assert objects.delete_prefix("data", "a/") == 2
    assert keys(objects) == ["ab", "b"]
    with pytest.raises(ValidationException, match="expected what to delete"):
        objects.delete_prefix("data", "")


def test_a_level_shows_folders_that_somebody_made(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path)
    objects.create_bucket("data")
    (tmp_path / "data" / "b").mkdir()
    (tmp_path / "data" / "c" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("1")
    assert [str(each) for each in objects.level("data")] == ["s3://data/a.txt", "b/", "c/"]
    assert list(objects.level("data", after="b/")) == ["c/"]
    assert list(objects.list("data")) == [objects.find("data", "a.txt")]
