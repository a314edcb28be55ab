"""Uploads in parts on the disk, whoever is killed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_ext.bucket import parts
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.parts import PartsUpload, PartsUploads
from studio_ext.errors import AwsError

LINES = Path(__file__).with_name("lines.py")


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    objects = FolderObjects(tmp_path / "s3")
    objects.create_bucket("data")
    return objects


@pytest.fixture
def uploads(objects: FolderObjects) -> PartsUploads:
    return PartsUploads(objects)


@pytest.fixture
def upload(uploads: PartsUploads) -> PartsUpload:
    return uploads.begin("data", "d/key", {"content-type": "text/x"})


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def send(uploads: PartsUploads, upload: PartsUpload, number: int, content: bytes) -> None:
    with uploads.draft(upload) as draft:
        draft.file.write(content)
        draft.seal()
        uploads.keep(upload, number, draft, md5(content))


def names(upload: PartsUpload) -> list[str]:
    return sorted(os.listdir(upload.folder))


@contextlib.contextmanager
def refused(code: str, status: int) -> Iterator[pytest.ExceptionInfo[AwsError]]:
    with pytest.raises(AwsError) as caught:
        yield caught
    assert (caught.value.code, caught.value.status) == (code, status)


def test_an_upload_outlives_who_began_it(
    objects: FolderObjects, uploads: PartsUploads, upload: PartsUpload
) -> None:
    send(uploads, upload, 7, b"seven")
    again = PartsUploads(objects)
    found = again.find("data", "d/key", upload.id)
    assert found == upload
    (part,) = again.parts(found)
    assert (part.number, part.md5, part.size) == (7, md5(b"seven"), 5)
    assert names(upload) == [f"00007-{md5(b'seven')}", "head.json"]
    assert objects.buckets() == ["data"]
    assert list(objects.list("data")) == []


def test_an_id_is_of_one_key_and_nothing_but_an_id(
    objects: FolderObjects, uploads: PartsUploads, upload: PartsUpload
) -> None:
    objects.create_bucket("other")
    hostile = [
        "", ".", "..", "../data", f"../.uploads/{upload.id}", upload.id + "x", upload.id + "\n",
        upload.id[:-1], "0" * 44, "x" * 10_000, "\0", "\ud800",
    ]  # fmt: skip
    for bucket, key, name in (
        ("data", "d/other", upload.id),
        ("other", "d/key", upload.id),
        *(("data", "d/key", name) for name in hostile),
    ):
        with refused("NoSuchUpload", 404) as caught:
            uploads.find(bucket, key, name)
        assert len(str(caught.value)) < 300
    assert uploads.begin("data", "d/key", {}).id != upload.id


def test_a_part_sent_again_replaces_the_earlier_one(
    uploads: PartsUploads, upload: PartsUpload
) -> None:
    for content in (b"first", b"second", b"second"):
        send(uploads, upload, 1, content)
    assert names(upload) == [f"00001-{md5(b'second')}", "head.json"]


def test_parts_of_one_number_that_come_at_once_leave_one(
    uploads: PartsUploads, upload: PartsUpload
) -> None:
    contents = [bytes([letter]) * 100 for letter in range(8)]
    threads = [
        threading.Thread(target=send, args=(uploads, upload, 1, content)) for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (part,) = uploads.parts(upload)
    assert names(upload) == [part.name, "head.json"]
    assert (upload.folder / part.name).read_bytes() in contents


def test_of_two_that_a_kill_left_the_newer_counts_and_both_can_be_had(
    uploads: PartsUploads, upload: PartsUpload
) -> None:
    for content, age in ((b"z-old", 100), (b"a-new", 50)):
        path = upload.folder / f"00001-{md5(content)}"
        path.write_bytes(content)
        os.utime(path, (time.time() - age,) * 2)
    assert [part.md5 for part in uploads.parts(upload)] == [md5(b"a-new")]
    for content in (b"z-old", b"a-new"):
        target = io.FileIO(upload.folder / "target", "w+")
        with target:
            uploads.join(upload, [(1, md5(content))], target)  # type: ignore[arg-type]
            target.seek(0)
            assert target.read() == content


def test_joined_parts(
    uploads: PartsUploads, upload: PartsUpload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MIN_PART", 3)
    contents = {3: b"three", 5: b"", 10: b"ten", 9000: b"-"}
    for number, content in contents.items():
        send(uploads, upload, number, content)
    digests = {number: md5(content) for number, content in contents.items()}

    def join(*numbers: int, **other: str) -> tuple[str, bytes]:
        wanted = [(number, other.get(f"n{number}", digests[number])) for number in numbers]
        with open(tmp_path / "target", "w+b") as target:
            target.write(b"before ")
            etag = uploads.join(upload, wanted, target)
            target.seek(0)
            return etag, target.read()

    whole = hashlib.md5(bytes.fromhex(digests[3] + digests[10] + digests[9000])).hexdigest()
    assert join(3, 10, 9000) == (f'"{whole}-3"', b"before threeten-")
    assert join(5)[1] == b"before "
    for code, call in (
        ("InvalidPartOrder", lambda: join(10, 3)),
        ("InvalidPartOrder", lambda: join(3, 3)),
        ("InvalidPart", lambda: join(3, n3=digests[10])),
        ("InvalidPart", lambda: join(3, n3="../head.json")),
        ("EntityTooSmall", lambda: join(3, 5, 10)),
        ("EntityTooSmall", lambda: join(3, 9000) and join(5, 10)),
    ):
        with refused(code, 400):
            call()
    (upload.folder / f"00003-{digests[3]}").unlink()
    with refused("InvalidPart", 400):
        join(3)


def test_what_has_ended_takes_nothing_more(uploads: PartsUploads, upload: PartsUpload) -> None:
    send(uploads, upload, 1, b"one")
    with uploads.draft(upload) as draft:
        draft.file.write(b"two")
        draft.seal()
        uploads.end(upload)
        with refused("NoSuchUpload", 404):
            uploads.keep(upload, 2, draft, md5(b"two"))
    for call in (
        lambda: uploads.end(upload),
        lambda: uploads.draft(upload),
        lambda: uploads.parts(upload),
        lambda: uploads.join(upload, [(1, md5(b"one"))], io.BytesIO()),
        lambda: uploads.find("data", "d/key", upload.id),
    ):
        with refused("NoSuchUpload", 404):
            call()
    assert uploads.of_bucket("data") == []
    assert os.listdir(upload.folder.parent) == []


def test_uploads_are_listed_by_key_and_age(
    objects: FolderObjects, uploads: PartsUploads, upload: PartsUpload
) -> None:
    objects.create_bucket("other")
    uploads.begin("other", "a", {})
    time.sleep(0.002)
    later = [uploads.begin("data", key, {}) for key in ("d/key", "a", "é", "z")]
    wanted = [later[1], upload, later[0], later[3], later[2]]
    assert uploads.of_bucket("data") == wanted
    uploads.drop_bucket("data")
    assert uploads.of_bucket("data") == []
    assert len(uploads.of_bucket("other")) == 1


def test_sweep_takes_what_nobody_waits_for(
    objects: FolderObjects, uploads: PartsUploads, upload: PartsUpload
) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    root = upload.folder.parent
    old, young = (uploads.begin("data", "d/key", {}) for _ in range(2))
    os.utime(old.folder, (time.time() - parts.LASTS - 60,) * 2)
    os.utime(young.folder, (time.time() - parts.LASTS + 60,) * 2)
    objects.create_bucket("gone")
    homeless = uploads.begin("gone", "x", {})
    objects.delete_bucket("gone")
    headless = root / ("0" * 44)
    ended = root / f".studio_{dead}_{'1' * 44}"
    for folder in (headless, ended):
        folder.mkdir()
        (folder / "00001-x").touch()
    (upload.folder / f".studio_{dead}_half").touch()
    (root / "not ours").mkdir()
    assert uploads.sweep() == 5
    left = sorted(path.name for path in root.iterdir())
    assert left == sorted([upload.id, young.id, "not ours"])
    assert names(upload) == ["head.json"]
    assert homeless.id not in left


@pytest.mark.slow
def test_a_kill_at_any_line_loses_nothing(tmp_path: Path) -> None:
    """Wherever the disk has changed since the line before, for each step; see lines.py."""
    ran = subprocess.run(
        [sys.executable, str(LINES), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(LINES.parents[2])},
        capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    kills = json.loads(ran.stdout)
    assert set(kills) == {"begin", "send", "send again", "copy", "complete", "abort", "sweep"}
    assert min(kills.values()) >= 3
    assert kills["complete"] >= 6
