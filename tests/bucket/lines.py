"""Kills each step of an upload in parts before every line at which the disk is another than it was,
and looks at what is left.

Run as a program with a folder to work in; prints how many times each step was killed. It forks, so
it has no threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from studio_ext import files
from studio_ext.bucket import (
    files as bucket_files,
    folder,
    headers,
    multipart,
    operations,
    parts,
    upload,
)
from studio_ext.bucket.answer import Answer, Ask
from studio_ext.bucket.folder import FolderObjects
from studio_ext.bucket.headers import ObjectHeaders
from studio_ext.bucket.operations import Operations
from studio_ext.bucket.parts import PartsUpload, PartsUploads
from studio_ext.bucket.payload import PlainPayload
from studio_ext.bucket.request import S3Request
from studio_ext.store import Store

WATCHED = {
    module.__file__
    for module in (files, bucket_files, folder, headers, multipart, operations, parts, upload)
}
BUCKET, KEY = "data", "deep/key"
OLD, ONE, TWO, AGAIN = b"old", b"one" * 100, b"two" * 100, b"again" * 100
HEADERS = {"content-type": "text/x", "x-amz-meta-k": "v"}
parts.MIN_PART = 1  # so that bytes are enough to prove it


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


ETAG = f'"{hashlib.md5(bytes.fromhex(md5(ONE) + md5(TWO))).hexdigest()}-2"'


class Door:
    """What a daemon has of a home. A new one is a daemon that was started again."""

    def __init__(self, home: Path) -> None:
        self.objects = FolderObjects(home / "s3")
        self.store = Store(f"sqlite:///{home}/studio.db")
        self.headers = ObjectHeaders(self.store)
        self.uploads = PartsUploads(self.objects)
        self.operations = Operations(self.objects, self.headers, self.uploads)

    def ask(self, operation: str, document: bytes = b"", **query: str) -> Answer:
        request = S3Request(operation, BUCKET, KEY, query)
        headers = dict(HEADERS) if operation == "CreateMultipartUpload" else {}
        if operation == "UploadPartCopy":
            headers["x-amz-copy-source"] = f"{BUCKET}/source"
        found = self.operations.find(request)(Ask(request, headers, document, "us-east-1"))
        assert isinstance(found, Answer)
        return found

    def send(self, number: int, content: bytes, upload: str) -> None:
        query = {"partNumber": str(number), "uploadId": upload}
        request = S3Request("UploadPart", BUCKET, KEY, query)
        body = self.operations.receive(request, PlainPayload(len(content), None, {}), "")
        assert body is not None
        body.absorb(content[:100])
        body.absorb(content[100:])
        self.operations.keep(Ask(request, {}, b"", "us-east-1"), body)

    def complete(self, upload: str) -> None:
        named = ((1, md5(ONE)), (2, md5(TWO)))
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in named
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        self.ask("CompleteMultipartUpload", document, uploadId=upload)

    def upload(self) -> PartsUpload | None:
        found = self.uploads.of_bucket(BUCKET)
        assert len(found) <= 1
        assert all(each.headers == HEADERS and each.key == KEY for each in found)
        return found[0] if found else None

    def parts(self) -> dict[int, str]:
        """Numbers and MD5s of parts, all of which are whole."""
        upload = self.upload()
        assert upload is not None
        found = self.uploads.parts(upload)
        for part in found:
            content = (upload.folder / part.name).read_bytes()
            assert (md5(content), len(content)) == (part.md5, part.size)
        return {part.number: part.md5 for part in found}

    def object(self) -> bytes | None:
        path = self.objects.path(BUCKET, KEY)
        return path.read_bytes() if path.exists() else None


@dataclass(frozen=True)
class Step:
    """What is killed.

    Attributes:
        before: puts a home into the state before it.
        act: the step, of a new daemon, given the upload's id.
        check: what must hold after it, given whether it went through.
    """

    before: Callable[[Door], Any]
    act: Callable[[Door, str], Any]
    check: Callable[[Door, bool], Any]


def begin(door: Door) -> str:
    door.ask("CreateMultipartUpload")
    upload = door.upload()
    assert upload is not None
    return upload.id


def begin_and_send(door: Door) -> None:
    upload = begin(door)
    door.send(1, ONE, upload)
    door.send(2, TWO, upload)


def begin_and_leave_more(door: Door) -> None:
    stale = begin(door)
    door.send(1, ONE, stale)
    root = door.objects.root / ".uploads"
    os.utime(root / stale, (0, 0))
    (root / stale).rename(root / "kept")
    begin_and_send(door)
    (root / "kept").rename(root / stale)
    dead = str(2**22 + 1)  # larger than any process's number
    (root / f".studio_{dead}_grave").mkdir()
    (root / f".studio_{dead}_grave/00001-x").touch()
    (door.objects.root / BUCKET / f".studio_{dead}_a").touch()


def check_begun(door: Door, done: bool) -> None:
    assert door.upload() is not None or not done


def check_sent(door: Door, done: bool) -> None:
    assert door.parts() in ([{1: md5(ONE)}] if done else [{}, {1: md5(ONE)}])


def check_sent_again(door: Door, done: bool) -> None:
    after = {1: md5(AGAIN), 2: md5(TWO)}
    assert door.parts() in ([after] if done else [after, {1: md5(ONE), 2: md5(TWO)}])


def check_copied(door: Door, done: bool) -> None:
    assert door.parts() in ([{1: md5(OLD)}] if done else [{}, {1: md5(OLD)}])


def check_completed(door: Door, done: bool) -> None:
    upload = door.upload()
    if upload is not None:
        assert not done
        assert door.object() in (OLD, ONE + TWO)
        assert door.parts() == {1: md5(ONE), 2: md5(TWO)}
        door.complete(upload.id)  # as a client that had no answer asks again
    assert door.upload() is None
    assert door.object() == ONE + TWO
    path = door.objects.path(BUCKET, KEY)
    kept = door.headers.get(BUCKET, KEY, path.stat())
    assert kept == {**HEADERS, "etag": ETAG}


def check_swept(door: Door, _: bool) -> None:
    assert door.parts() == {1: md5(ONE), 2: md5(TWO)}
    assert len(list((door.objects.root / ".uploads").iterdir())) == 1


def check_aborted(door: Door, done: bool) -> None:
    if door.upload() is not None:
        assert not done
        assert door.parts() == {1: md5(ONE), 2: md5(TWO)}
    assert door.object() == OLD


STEPS = {
    "begin": Step(lambda door: None, lambda door, _: begin(door), check_begun),
    "send": Step(begin, lambda door, upload: door.send(1, ONE, upload), check_sent),
    "send again": Step(
        begin_and_send, lambda door, upload: door.send(1, AGAIN, upload), check_sent_again
    ),
    "copy": Step(
        begin,
        lambda door, upload: door.ask("UploadPartCopy", partNumber="1", uploadId=upload),
        check_copied,
    ),
    "complete": Step(
        begin_and_send, lambda door, upload: door.complete(upload), check_completed
    ),
    "abort": Step(
        begin_and_send,
        lambda door, upload: door.ask("AbortMultipartUpload", uploadId=upload),
        check_aborted,
    ),
    "sweep": Step(
        begin_and_leave_more, lambda door, _: door.uploads.sweep(), check_swept
    ),
}  # fmt: skip


def run(act: Callable[[Door], Any], home: Path, reach: Callable[[int], None]) -> int:
    """Lets a new daemon act in a child, which calls ``reach`` before each line of what is watched.

    Returns:
        How the child ended, as ``os.waitstatus_to_exitcode`` has it.
    """
    child = os.fork()
    if child == 0:
        line, door = 0, Door(home)

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal line
            if frame.f_code.co_filename not in WATCHED:
                return None
            if event == "line":
                line += 1
                reach(line)
            return trace

        sys.settrace(trace)
        act(door)
        sys.settrace(None)
        reach(line + 1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def changes(act: Callable[[Door], Any], home: Path) -> list[int]:
    """The lines before which the disk is another than it was before the line above."""
    found = home.with_name("lines")
    last: list[Any] = []

    def reach(line: int) -> None:
        nonlocal last
        now = sorted(
            (str(path), status.st_size, status.st_mtime_ns)
            for path in home.rglob("*")
            for status in [path.lstat()]
        )
        if now != last:
            last = now
            with found.open("a") as file:
                file.write(f"{line}\n")

    assert run(act, home, reach) == 0
    return [int(line) for line in found.read_text().split()]


def prove(step: Step, room: Path) -> int:
    """Kills the step wherever the disk has changed, and looks; returns how many times."""
    start, home = room / "start", room / "home"
    door = Door(start)
    door.objects.create_bucket(BUCKET)
    for key in (KEY, "source"):
        (start / "source").write_bytes(OLD)
        door.objects.publish(start / "source", BUCKET, key)
    step.before(door)
    upload = max((each.id for each in door.uploads.of_bucket(BUCKET)), default="")
    door.store.close()

    def act(door: Door) -> None:
        step.act(door, upload)

    def kill_at(last: int) -> Callable[[int], None]:
        return lambda line: os.kill(os.getpid(), signal.SIGKILL) if line == last else None

    shutil.copytree(start, home)
    *lines, end = changes(act, home)
    for line in (*lines, end, 0):
        shutil.rmtree(home)
        shutil.copytree(start, home)
        assert run(act, home, kill_at(line)) == (-signal.SIGKILL if line else 0)
        door = Door(home)
        door.uploads.sweep()
        assert list(home.rglob(".studio_*")) == []
        try:
            step.check(door, not line)
        except AssertionError:
            print(f"killed before line {line} of what is watched", file=sys.stderr)
            raise
        finally:
            door.store.close()
    return len(lines) + 1


def main() -> None:
    room = Path(sys.argv[1])
    found = {}
    for name, step in STEPS.items():
        (room / name).mkdir()
        found[name] = prove(step, room / name)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
