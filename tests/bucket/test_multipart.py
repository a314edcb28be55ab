"""Uploads in parts, as boto3 has them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from studio_ext.bucket import handler, multipart
from studio_ext.identity.keys import Keys

SERVE = Path(__file__).with_name("serve.py")
PART = 5 << 20
CHUNK = 1 << 20


@contextlib.contextmanager
def refused(code: str, status: int = 0) -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["Error"]["Code"] == code
    assert status in (0, answer["ResponseMetadata"]["HTTPStatusCode"])


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def begin(s3: Any, bucket: str, key: str = "big", **more: Any) -> dict[str, str]:
    """What every request on the upload names."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
    assert (upload["Bucket"], upload["Key"]) == (bucket, key)
    return {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}


def send(s3: Any, place: dict[str, str], *bodies: bytes, first: int = 1) -> list[dict[str, Any]]:
    return [
        {"PartNumber": n, "ETag": s3.upload_part(**place, PartNumber=n, Body=body)["ETag"]}
        for n, body in enumerate(bodies, first)
    ]


def complete(s3: Any, place: dict[str, str], parts: list[dict[str, Any]], **more: Any) -> Any:
    return s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts}, **more)


def read(s3: Any, bucket: str, key: str = "big") -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def left(served: Any, bucket: str) -> list[str]:
    """What is in the bucket's folder, and what uploads of anybody left unfinished."""
    found = [path.name for path in (served.objects.root / bucket).rglob("*") if path.is_file()]
    uploads = served.objects.root / ".uploads"
    return sorted(found + [path.name for path in uploads.rglob(".studio_*")])


def soon(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def half_a_part(served: Any, place: dict[str, str], number: int, size: int) -> socket.socket:
    """A connection on which half of a part was sent."""
    s3 = served.client(signature_version="s3v4")
    link = s3.generate_presigned_url("upload_part", Params={**place, "PartNumber": number})
    parts = urlsplit(link)
    client = socket.create_connection((str(parts.hostname), parts.port or 0))
    client.sendall(
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Length: {size}\r\n\r\n".encode()
    )
    client.sendall(b"n" * (size // 2))
    return client


def ask(served: Any, method: str, target: str, body: bytes) -> str:
    """The answer, head and body, to what boto3 does not send."""
    request = AWSRequest(method, f"{served.url}/{target}", data=body)
    root = served.keys.root
    S3SigV4Auth(Credentials(root.access_key, root.secret_key), "s3", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(
            f"{method} /{target} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n{head}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        answer = b""
        while more := client.recv(1 << 16):
            answer += more
    return answer.decode()


def post(served: Any, place: dict[str, str], body: bytes) -> str:
    """The answer to completing an upload with this document."""
    target = f"{place['Bucket']}/{place['Key']}?uploadId={place['UploadId']}"
    return ask(served, "POST", target, body)


# The whole way


def test_parts_become_an_object(s3: Any, bucket: str, served: Any) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    place = begin(s3, bucket, "d/big ü", ContentType="text/big", Metadata={"k": "v"}, Tagging="a=1")
    first = content(PART)
    parts = send(s3, place, first)
    assert parts[0]["ETag"] == f'"{hashlib.md5(first).hexdigest()}"'
    copied = s3.upload_part_copy(
        **place, PartNumber=2, CopySource={"Bucket": bucket, "Key": "source"},
        CopySourceRange="bytes=3-6",
    )["CopyPartResult"]  # fmt: skip
    assert copied["ETag"] == f'"{hashlib.md5(b"3456").hexdigest()}"'
    parts.append({"PartNumber": 2, "ETag": copied["ETag"]})
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="d/big ü")
    assert left(served, bucket) == ["source"]
    done = complete(s3, place, parts)
    digests = hashlib.md5(first).digest() + hashlib.md5(b"3456").digest()
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert (done["Bucket"], done["Key"]) == (bucket, "d/big ü")
    got = s3.get_object(Bucket=bucket, Key="d/big ü")
    assert got["Body"].read() == first + b"3456"
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/big", {"k": "v"}, 1)
    assert got["ETag"] == done["ETag"]
    assert left(served, bucket) == ["big ü", "source"]
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == done["ETag"]
    for call in (
        lambda: complete(s3, place, parts),
        lambda: s3.abort_multipart_upload(**place),
        lambda: s3.list_parts(**place),
        lambda: send(s3, place, b"late"),
    ):
        with refused("NoSuchUpload", 404):
            call()


def test_a_hundred_megabytes_with_the_transfer_manager(
    s3: Any, bucket: str, served: Any, tmp_path: Path
) -> None:
    pieces = [content(CHUNK, seed) for seed in range(100)]
    (tmp_path / "large").write_bytes(b"".join(pieces))
    s3.upload_file(str(tmp_path / "large"), bucket, "large")
    head = s3.head_object(Bucket=bucket, Key="large")
    digests = b"".join(
        hashlib.md5(b"".join(pieces[at : at + 8])).digest() for at in range(0, 100, 8)
    )
    assert head["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-13"'
    s3.copy(
        {"Bucket": bucket, "Key": "large"}, bucket, "copy",
        Config=TransferConfig(multipart_threshold=CHUNK, multipart_chunksize=32 << 20),
    )  # fmt: skip
    assert s3.head_object(Bucket=bucket, Key="copy")["ETag"].endswith('-4"')
    s3.download_file(bucket, "copy", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    assert left(served, bucket) == ["copy", "large"]
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads") is None


def test_an_upload_goes_on_after_a_restart(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket, ContentType="text/x")
    bodies = [content(PART), b"end"]
    (first,) = send(s3, place, bodies[0])
    served.restart()
    (listed,) = s3.list_parts(**place)["Parts"]
    assert (listed["PartNumber"], listed["ETag"], listed["Size"]) == (1, first["ETag"], PART)
    (second,) = send(s3, place, bodies[1], first=2)
    served.restart()
    complete(s3, place, [first, second])
    served.restart()
    assert read(s3, bucket) == b"".join(bodies)
    assert s3.head_object(Bucket=bucket, Key="big")["ContentType"] == "text/x"


class Killable:
    """The door in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, 0
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SERVE), str(self.home), str(self.port)],
            env={**os.environ, "PYTHONPATH": str(SERVE.parents[2])},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def client(self, **config: Any) -> Any:
        root = Keys(self.home / "identity").root
        return boto3.session.Session().client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.port}", region_name="us-east-1",
            aws_access_key_id=root.access_key, aws_secret_access_key=root.secret_key,
            config=Config(retries={"max_attempts": 0}, **config),
        )  # fmt: skip


def test_an_upload_goes_on_after_a_kill(tmp_path: Path) -> None:
    door = Killable(tmp_path)
    try:
        s3 = door.client()
        s3.create_bucket(Bucket="data")
        place = begin(s3, "data", Metadata={"k": "v"})
        bodies = [content(PART), content(PART, 2), b"end"]
        parts = send(s3, place, bodies[0])
        uploads = tmp_path / "s3/.uploads"
        with half_a_part(door, place, 2, 2 * PART):
            assert soon(lambda: list(uploads.rglob(".studio_*")) != [])
            door.kill()
        door.start()
        assert list(uploads.rglob(".studio_*")) == []
        assert [part["PartNumber"] for part in s3.list_parts(**place)["Parts"]] == [1]
        parts += send(s3, place, *bodies[1:], first=2)
        complete(s3, place, parts)
        assert read(s3, "data") == b"".join(bodies)
        assert s3.head_object(Bucket="data", Key="big")["Metadata"] == {"k": "v"}
        assert list(uploads.iterdir()) == []
    finally:
        door.kill()


# Who comes at once


def test_parts_may_come_at_once_and_in_any_order(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    bodies = {number: content(PART, number) for number in (9, 2, 5, 7)}
    with ThreadPoolExecutor(4) as hands:
        sent = {
            number: hands.submit(send, s3, place, body, first=number)
            for number, body in bodies.items()
        }
    complete(s3, place, [sent[number].result()[0] for number in sorted(bodies)])
    assert read(s3, bucket) == b"".join(bodies[number] for number in sorted(bodies))


def test_of_two_who_complete_at_once_one_wins(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    one, two = content(PART), b"end"
    parts = send(s3, place, one, two)

    def finish(chosen: list[dict[str, Any]]) -> str:
        client = served.client()
        try:
            complete(client, place, chosen)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        finally:
            client.close()
        return "done"

    with ThreadPoolExecutor(4) as hands:
        chosen = [parts, parts[:1], parts, parts[1:]]
        found = list(hands.map(finish, chosen))
    assert sorted(found) == ["NoSuchUpload"] * 3 + ["done"]
    wanted = {0: one + two, 1: one, 2: one + two, 3: two}[found.index("done")]
    assert read(s3, bucket) == wanted


def test_an_abort_ends_a_part_that_is_under_way(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    uploads = served.objects.root / ".uploads" / place["UploadId"]
    with half_a_part(served, place, 1, 2 * PART) as client:
        assert soon(lambda: list(uploads.glob(".studio_*")) != [])
        s3.abort_multipart_upload(**place)
        assert not uploads.exists()
        client.sendall(b"n" * PART)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"<Code>NoSuchUpload</Code>" in answer
    assert left(served, bucket) == []
    with refused("NoSuchUpload", 404):
        s3.abort_multipart_upload(**place)


def test_a_client_that_goes_leaves_no_part(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    uploads = served.objects.root / ".uploads" / place["UploadId"]
    with half_a_part(served, place, 1, 2 * PART):
        assert soon(lambda: list(uploads.glob(".studio_*")) != [])
    assert soon(lambda: os.listdir(uploads) == ["head.json"])
    assert "Parts" not in s3.list_parts(**place)


def test_a_client_that_waits_long_is_told_to_wait_on(
    s3: Any, bucket: str, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, real = threading.Event(), multipart.PartsUploads.join

    def join(*arguments: Any) -> str:
        slow.wait(30)
        return real(*arguments)

    monkeypatch.setattr(handler, "_PATIENCE", 0.05)
    monkeypatch.setattr(multipart.PartsUploads, "join", join)
    impatient = served.client(read_timeout=1)
    place = begin(s3, bucket)
    parts = send(s3, place, b"content")
    threading.Timer(2.5, slow.set).start()
    assert complete(impatient, place, parts)["ETag"].endswith('-1"')
    assert read(s3, bucket) == b"content"
    # An error that comes after the head of the answer is in its body, and is an error still.
    slow.clear()
    place = begin(s3, bucket)
    (part,) = send(s3, place, b"other")
    threading.Timer(0.5, slow.set).start()
    served.audited.clear()
    with refused("InvalidPart"):
        complete(impatient, place, [{**part, "ETag": parts[0]["ETag"]}])
    assert served.audited[-1] == ("s3", "CompleteMultipartUpload", "InvalidPart")
    impatient.close()


# What is refused


def test_parts_that_do_not_fit_leave_the_upload_as_it_was(
    s3: Any, bucket: str, served: Any
) -> None:
    s3.put_object(Bucket=bucket, Key="big", Body=b"old")
    place = begin(s3, bucket)
    large, small = content(PART), content(PART - 1)
    parts = send(s3, place, large, small, b"end")
    absent = {"PartNumber": 4, "ETag": parts[0]["ETag"]}
    other = {"PartNumber": 1, "ETag": parts[1]["ETag"]}
    for code, chosen in (
        ("InvalidPartOrder", [parts[2], parts[0]]),
        ("InvalidPartOrder", [parts[0], parts[0]]),
        ("InvalidPart", [parts[0], absent]),
        ("InvalidPart", [other]),
        ("InvalidPart", [{"PartNumber": 1, "ETag": '"../head.json"'}]),
        ("EntityTooSmall", [parts[0], parts[1], parts[2]]),
        ("MalformedXML", []),
    ):
        with refused(code, 400):
            complete(s3, place, chosen)
    assert read(s3, bucket) == b"old"
    assert left(served, bucket) == ["big"]
    assert len(s3.list_parts(**place)["Parts"]) == 3
    complete(s3, place, [parts[0], parts[2]])  # any selection will do
    assert read(s3, bucket) == large + b"end"


@pytest.mark.parametrize("number", [0, 10_001, -1, 2**40])
def test_numbers_of_parts(s3: Any, bucket: str, number: int) -> None:
    place = begin(s3, bucket)
    source = {"Bucket": bucket, "Key": "source"}
    s3.put_object(**source, Body=b"x")
    for call in (
        lambda: s3.upload_part(**place, PartNumber=number, Body=b"x"),
        lambda: s3.upload_part_copy(**place, PartNumber=number, CopySource=source),
    ):
        with refused("InvalidArgument", 400):
            call()
    with refused("InvalidArgument", 400):
        complete(s3, place, [{"PartNumber": number, "ETag": '"x"'}])


@pytest.mark.parametrize(
    "upload", ["", "../x", "..%2Fx", ".", "../../identity", "x" * 10_000, "0" * 44, "%00", "ü"]
)
def test_ids_of_nothing(s3: Any, bucket: str, served: Any, upload: str) -> None:
    place = {"Bucket": bucket, "Key": "big", "UploadId": upload}
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    before = sorted(served.home.rglob("*"))
    for call in (
        lambda: s3.upload_part(**place, PartNumber=1, Body=b"x"),
        lambda: s3.upload_part(**place, PartNumber=1, Body=content(3 << 20)),
        lambda: s3.upload_part_copy(
            **place, PartNumber=1, CopySource={"Bucket": bucket, "Key": "source"}
        ),
        lambda: s3.list_parts(**place),
        lambda: complete(s3, place, [{"PartNumber": 1, "ETag": '"x"'}]),
        lambda: s3.abort_multipart_upload(**place),
    ):
        with refused("NoSuchUpload", 404):
            call()
    assert sorted(served.home.rglob("*")) == before


def test_an_upload_is_of_one_key(s3: Any, bucket: str, served: Any) -> None:
    served.objects.create_bucket(f"{bucket}-2")
    place = begin(s3, bucket)
    for other in ({"Key": "other"}, {"Bucket": f"{bucket}-2"}):
        with refused("NoSuchUpload", 404):
            send(s3, {**place, **other}, b"x")
    with refused("NoSuchBucket", 404):
        begin(s3, "not-there")
    with refused("NotImplemented", 501):
        begin(s3, bucket, "folder/")


def test_documents_that_are_none(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    (part,) = send(s3, place, b"x")
    listed = f"<Part><PartNumber>1</PartNumber><ETag>{part['ETag']}</ETag></Part>"
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    for body, code in (
        (b"", "MalformedXML"),
        (b"<CompleteMultipartUpload>", "MalformedXML"),
        (f"{bomb}<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode(),
         "MalformedXML"),
        (f"{bomb}<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode("utf-16"),
         "MalformedXML"),
        (f"<C>{listed * 10_001}</C>".encode(), "MalformedXML"),
        (b"<C><Part><PartNumber>one</PartNumber></Part></C>", "InvalidArgument"),
        (b"<C>" + b" " * (5 << 20) + b"</C>", "MaxMessageLengthExceeded"),
    ):  # fmt: skip
        assert f"<Code>{code}</Code>" in post(served, place, body)
    assert "<ETag>" in post(served, place, f"<C>{listed}</C>".encode())


def test_ten_thousand_parts_are_read(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    listed = "".join(
        f"<Part><ETag>&quot;{number:032x}&quot;</ETag><PartNumber>{number}</PartNumber>"
        f"<ChecksumSHA256>{'A' * 43}=</ChecksumSHA256></Part>"
        for number in range(1, 10_001)
    )
    answer = post(served, place, f"<CompleteMultipartUpload>{listed}</C>".encode())
    assert "<Code>MalformedXML</Code>" in answer
    document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>"
    assert "no part 1 with ETag" in post(served, place, document.encode())


# Conditions and checksums


def test_conditions_hold_when_the_object_appears(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    parts = send(s3, place, b"new")
    etag = s3.put_object(Bucket=bucket, Key="big", Body=b"old")["ETag"]
    with refused("PreconditionFailed", 412):
        complete(s3, place, parts, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        complete(s3, place, parts, IfMatch='"other"')
    assert read(s3, bucket) == b"old"
    complete(s3, place, parts, IfMatch=etag)
    assert read(s3, bucket) == b"new"


def test_an_object_that_appears_while_parts_are_joined_counts(
    s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = multipart.PartsUploads.join

    def join(*arguments: Any) -> str:
        s3.put_object(Bucket=bucket, Key="big", Body=b"meanwhile")
        return real(*arguments)

    place = begin(s3, bucket)
    parts = send(s3, place, b"new")
    monkeypatch.setattr(multipart.PartsUploads, "join", join)
    with refused("PreconditionFailed", 412):
        complete(s3, place, parts, IfNoneMatch="*")
    assert read(s3, bucket) == b"meanwhile"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_of_parts(s3: Any, bucket: str, algorithm: str) -> None:
    place = begin(s3, bucket, ChecksumAlgorithm=algorithm)
    body = b"content"
    digest = {
        "CRC32": zlib.crc32(body).to_bytes(4, "big"),
        "SHA1": hashlib.sha1(body).digest(),
        "SHA256": hashlib.sha256(body).digest(),
    }[algorithm]
    right = base64.b64encode(digest).decode()
    name = f"Checksum{algorithm}"
    sent = s3.upload_part(**place, PartNumber=1, Body=body, ChecksumAlgorithm=algorithm)
    assert sent[name] == right
    declared = s3.upload_part(**place, PartNumber=2, Body=body, **{name: right})
    assert declared[name] == right
    with refused("BadDigest", 400):
        s3.upload_part(**place, PartNumber=3, Body=b"other", **{name: right})
    assert [part["PartNumber"] for part in s3.list_parts(**place)["Parts"]] == [1, 2]
    complete(s3, place, [{"PartNumber": 1, "ETag": sent["ETag"], name: right}])


def test_content_md5_of_parts(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    right = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    s3.upload_part(**place, PartNumber=1, Body=b"content", ContentMD5=right)
    with refused("BadDigest", 400):
        s3.upload_part(**place, PartNumber=1, Body=b"other", ContentMD5=right)
    (part,) = s3.list_parts(**place)["Parts"]
    assert part["Size"] == len(b"content")


def test_checksums_of_the_whole(s3: Any, bucket: str) -> None:
    first, last = content(PART), b"end"
    whole = base64.b64encode(zlib.crc32(first + last).to_bytes(4, "big")).decode()
    place = begin(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = send(s3, place, first, last)
    with refused("BadDigest", 400):
        complete(s3, place, parts, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT")
    with refused("InvalidRequest", 400):
        complete(s3, place, parts, MpuObjectSize=PART)
    complete(
        s3, place, parts, ChecksumCRC32=whole, ChecksumType="FULL_OBJECT", MpuObjectSize=PART + 3
    )
    got = s3.get_object(Bucket=bucket, Key="big", ChecksumMode="ENABLED")
    assert got["ChecksumCRC32"] == whole
    assert got["Body"].read() == first + last
    place = begin(s3, bucket, "composite")
    complete(s3, place, send(s3, place, b"x"), ChecksumCRC32="AAAAAA==-1")
    assert "ChecksumCRC32" not in s3.head_object(
        Bucket=bucket, Key="composite", ChecksumMode="ENABLED"
    )


# Copied parts


def test_copied_parts(s3: Any, bucket: str) -> None:
    source = {"Bucket": bucket, "Key": "a b"}
    body = content(3 * CHUNK)
    etag = s3.put_object(**source, Body=body)["ETag"]
    place = begin(s3, bucket)

    def copy(number: int, **more: Any) -> Any:
        return s3.upload_part_copy(**place, PartNumber=number, CopySource=source, **more)

    assert copy(1)["CopyPartResult"]["ETag"] == etag
    part = copy(2, CopySourceRange=f"bytes=17-{2 * CHUNK + 3}", CopySourceIfMatch=etag)
    wanted = hashlib.md5(body[17 : 2 * CHUNK + 4]).hexdigest()
    assert part["CopyPartResult"]["ETag"] == f'"{wanted}"'
    for text in (f"bytes=0-{len(body)}", "bytes=5-3", "bytes=-5", "bytes=5-", "0-5"):
        with refused("InvalidRange", 416):
            copy(3, CopySourceRange=text)
    with refused("PreconditionFailed", 412):
        copy(3, CopySourceIfNoneMatch=etag)
    with refused("NoSuchKey", 404):
        s3.upload_part_copy(
            **place, PartNumber=3, CopySource={"Bucket": bucket, "Key": "not there"}
        )
    assert [part["Size"] for part in s3.list_parts(**place)["Parts"]] == [
        len(body), 2 * CHUNK - 13,
    ]  # fmt: skip


# Lists


def test_parts_in_pages(s3: Any, bucket: str) -> None:
    place = begin(s3, bucket)
    sent = {n: f"{n}".encode() for n in (1, 2, 3, 5, 8, 10_000)}
    for number, body in sent.items():
        send(s3, place, b"replaced", first=number)
        send(s3, place, body, first=number)
    for size in (1, 2, 5, 6, 1000):
        pages = list(
            s3.get_paginator("list_parts").paginate(**place, PaginationConfig={"PageSize": size})
        )
        assert len(pages) == -(-len(sent) // min(size, 1000))
        found = [part for page in pages for part in page["Parts"]]
        assert {part["PartNumber"]: part["ETag"] for part in found} == {
            number: f'"{hashlib.md5(body).hexdigest()}"' for number, body in sent.items()
        }
        assert [part["PartNumber"] for part in found] == list(sent)
    page = s3.list_parts(**place, MaxParts=2, PartNumberMarker=3)
    assert (page["IsTruncated"], page["NextPartNumberMarker"], page["MaxParts"]) == (True, 8, 2)
    assert s3.list_parts(**place, MaxParts=0)["IsTruncated"] is False
    assert "Parts" not in s3.list_parts(**place, PartNumberMarker=10_000)
    with refused("InvalidArgument", 400):
        s3.list_parts(**place, MaxParts=-1)


def test_uploads_in_pages(s3: Any, bucket: str) -> None:
    keys = ["a", "b/1", "b/1", "b/2/x", "b-", "c", "ü & <x>"]
    wanted = [(key, begin(s3, bucket, key)["UploadId"]) for key in keys]
    wanted.sort(key=lambda each: (each[0].encode(), keys.index(each[0])))
    for size in (1, 2, 3, 1000):
        for encoding in ({}, {"EncodingType": "url"}):
            pages = s3.get_paginator("list_multipart_uploads").paginate(
                Bucket=bucket, PaginationConfig={"PageSize": size}, **encoding
            )
            found = [each for page in pages for each in page["Uploads"]]
            assert [each["UploadId"] for each in found] == [upload for _, upload in wanted]
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [
        key for key, _ in wanted
    ]
    some = s3.list_multipart_uploads(Bucket=bucket, Prefix="b/")["Uploads"]
    assert [each["Key"] for each in some] == ["b/1", "b/1", "b/2/x"]
    after = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b/1")["Uploads"]
    assert [each["Key"] for each in after] == ["b/2/x", "c", "ü & <x>"]
    with refused("NoSuchBucket", 404):
        s3.list_multipart_uploads(Bucket="not-there")


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_uploads_by_level(s3: Any, bucket: str, size: int) -> None:
    for key in ("a", "b/1", "b/2/x", "c/1", "d"):
        begin(s3, bucket, key)
    pages = list(
        s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
        )
    )
    keys = [each["Key"] for page in pages for each in page.get("Uploads", [])]
    levels = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
    assert (keys, levels) == (["a", "d"], ["b/", "c/"])


def test_a_bucket_takes_its_uploads_with_it(s3: Any, bucket: str, served: Any) -> None:
    place = begin(s3, bucket)
    send(s3, place, b"x")
    s3.delete_bucket(Bucket=bucket)
    assert not (served.objects.root / ".uploads" / place["UploadId"]).exists()
    with refused("NoSuchBucket", 404):
        s3.list_parts(**place)
    s3.create_bucket(Bucket=bucket)
    with refused("NoSuchUpload", 404):
        s3.list_parts(**place)


def test_a_full_disk_leaves_the_upload(
    s3: Any, bucket: str, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    place = begin(s3, bucket)
    parts = send(s3, place, b"content")
    with monkeypatch.context() as patch:
        patch.setattr("studio_ext.bucket.parts.copy_into", full)
        with refused("InternalError", 500):
            complete(s3, place, parts)
    assert left(served, bucket) == []
    complete(s3, place, parts)
    assert read(s3, bucket) == b"content"


def test_a_part_without_an_upload_is_no_object(s3: Any, bucket: str, served: Any) -> None:
    answer = ask(served, "PUT", f"{bucket}/x?partNumber=1", b"x")
    assert "<Code>InvalidArgument</Code>" in answer
    assert left(served, bucket) == []
