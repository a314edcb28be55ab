from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from studio_ext.identity.keys import Credential


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def message_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Message"])


def fetch(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> Any:
    request = urllib.request.Request(url, data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def temporary(served: Any, bucket: str) -> list[str]:
    names = [path.name for path in (served.objects.root / bucket).rglob("*")]
    return [name for name in names if name.startswith(".studio")]


# Objects


def test_put_get_head_delete(s3: Any, bucket: str, served: Any) -> None:
    body = os.urandom(300_000)
    put = s3.put_object(Bucket=bucket, Key="a/b ü+&.bin", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert (served.objects.root / bucket / "a/b ü+&.bin").read_bytes() == body
    got = s3.get_object(Bucket=bucket, Key="a/b ü+&.bin")
    assert got["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key="a/b ü+&.bin")["ContentLength"] == len(body)
    s3.delete_object(Bucket=bucket, Key="a/b ü+&.bin")
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="a/b ü+&.bin")
    assert code_of(caught) == "NoSuchKey"
    assert f"aws s3 ls s3://{bucket}/a/" in message_of(caught)


def test_empty_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""


def test_ranges(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="x", Range="bytes=2-4")
    assert got["Body"].read() == b"234"  # boto3 would refuse the whole object's checksum here
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == "bytes 2-4/10"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="x", Range="bytes=20-30")
    assert code_of(caught) == "InvalidRange"


def test_metadata_outlives_the_server_and_ends_with_the_content(
    s3: Any, bucket: str, served: Any
) -> None:
    s3.put_object(
        Bucket=bucket, Key="t.csv", Body=b"a,b", ContentType="text/x-mine",
        ContentEncoding="gzip", ContentDisposition='attachment; filename="ü.csv"',
        CacheControl="no-cache", Metadata={"lower-case": "Value", "n": "1"},
    )  # fmt: skip
    served.restart()
    head = s3.head_object(Bucket=bucket, Key="t.csv")
    assert head["ContentType"] == "text/x-mine"
    assert head["ContentEncoding"] == "gzip"
    # The bytes are as they were sent; botocore sends UTF-8 and reads Latin-1.
    disposition = head["ContentDisposition"].encode("latin-1").decode()
    assert disposition == 'attachment; filename="ü.csv"'
    assert head["CacheControl"] == "no-cache"
    assert head["Metadata"] == {"lower-case": "Value", "n": "1"}
    (served.objects.root / bucket / "t.csv").write_bytes(b"edited by hand")
    head = s3.head_object(Bucket=bucket, Key="t.csv")
    assert head["Metadata"] == {}
    assert head["ContentType"] != "text/x-mine"
    assert s3.get_object(Bucket=bucket, Key="t.csv")["Body"].read() == b"edited by hand"


def test_checksums_are_compared_and_given_back(s3: Any, bucket: str) -> None:
    digest = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    s3.put_object(Bucket=bucket, Key="x", Body=b"content", ChecksumSHA256=digest)
    got = s3.get_object(Bucket=bucket, Key="x", ChecksumMode="ENABLED")
    assert got["ChecksumSHA256"] == digest
    assert got["Body"].read() == b"content"
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="y", Body=b"content", ChecksumSHA256=wrong)
    assert code_of(caught) == "BadDigest"
    with pytest.raises(ClientError) as caught:
        s3.head_object(Bucket=bucket, Key="y")
    assert code_of(caught) == "404"


def test_response_headers_can_be_asked_for(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    head = s3.head_object(Bucket=bucket, Key="x", ResponseContentType="text/y")
    assert head["ContentType"] == "text/y"


def test_tags(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"content", Tagging="a=1&b=%C3%BC")
    assert s3.get_object_tagging(Bucket=bucket, Key="x")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "ü"},
    ]
    got = s3.get_object(Bucket=bucket, Key="x")
    assert (got["TagCount"], got["Body"].read()) == (2, b"content")
    tags = [{"Key": "c", "Value": "<&>"}]
    s3.put_object_tagging(Bucket=bucket, Key="x", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="x")["TagSet"] == tags
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"content"
    s3.delete_object_tagging(Bucket=bucket, Key="x")
    assert s3.get_object_tagging(Bucket=bucket, Key="x")["TagSet"] == []


def test_listing_and_batch_delete(s3: Any, bucket: str) -> None:
    keys = [f"d/{number:03}" for number in range(25)] + ["e", "f/g"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 10}
    )
    assert [item["Key"] for page in pages for item in page.get("Contents", [])] == keys
    level = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in level["CommonPrefixes"]] == ["d/", "f/"]
    assert [each["Key"] for each in level["Contents"]] == ["e"]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(deleted["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_batch_delete_tells_each_keys_fate(s3: Any, bucket: str, served: Any) -> None:
    for key in ("a", "b & <c>"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1", ContentType="text/x-mine")
    keys = [{"Key": key} for key in ("a", "b & <c>", "none", "../out")]
    found = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert {each["Key"] for each in found["Deleted"]} == {"a", "b & <c>", "none"}
    assert [(each["Key"], each["Code"]) for each in found["Errors"]] == [
        ("../out", "InvalidArgument")
    ]
    assert served.door.headers.etags(bucket, "", "z") == {}
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys[:1], "Quiet": True})
    assert "Deleted" not in quiet


def test_listing_levels_markers_and_small_pages(s3: Any, bucket: str) -> None:
    for key in ("a", "b/1", "b/2/x", "b-", "c/1", "c0", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for operation in ("list_objects", "list_objects_v2"):
        for delimiter, wanted in (
            ("/", ["a", "b-", "b/", "c/", "c0", "d"]),
            ("-", ["a", "b-", "b/1", "b/2/x", "c/1", "c0", "d"]),
            ("", ["a", "b-", "b/1", "b/2/x", "c/1", "c0", "d"]),
        ):
            for size in (1, 2, 1000):
                pages = s3.get_paginator(operation).paginate(
                    Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": size}
                )
                found = [
                    name
                    for page in pages
                    for name in sorted(
                        [each["Key"] for each in page.get("Contents", [])]
                        + [each["Prefix"] for each in page.get("CommonPrefixes", [])]
                    )
                ]
                assert found == wanted
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b/1", Prefix="b")
    assert [each["Key"] for each in after["Contents"]] == ["b/2/x"]
    below = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="b/")
    assert [each["Key"] for each in below["Contents"]] == ["b/1"]
    assert [each["Prefix"] for each in below["CommonPrefixes"]] == ["b/2/"]
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)


def test_etags_agree_and_cost_no_reading(s3: Any, bucket: str, served: Any) -> None:
    put = s3.put_object(Bucket=bucket, Key="put", Body=b"1")["ETag"]
    large = served.objects.root / bucket / "by-hand"
    with large.open("wb") as file:
        file.truncate(64 << 30)  # hashing it would take minutes
    listed = {each["Key"]: each["ETag"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert listed["put"] == put == '"c4ca4238a0b923820dcc509a6f75849b"'
    for key in ("put", "by-hand"):
        assert s3.head_object(Bucket=bucket, Key=key)["ETag"] == listed[key]
    part = s3.get_object(
        Bucket=bucket, Key="by-hand", Range="bytes=60000000000-60000000009",
        IfMatch=listed["by-hand"],
    )  # fmt: skip
    assert part["Body"].read() == b"\0" * 10
    large.write_text("changed")
    assert s3.head_object(Bucket=bucket, Key="by-hand")["ETag"] != listed["by-hand"]


def test_files_put_by_hand_are_objects_at_once(s3: Any, bucket: str, served: Any) -> None:
    (served.objects.root / bucket / "by hand.txt").write_text("1")
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"] == "by hand.txt"
    (served.objects.root / bucket / "by hand.txt").write_text("22")
    assert s3.get_object(Bucket=bucket, Key="by hand.txt")["Body"].read() == b"22"


def test_copies(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a b", Body=b"1", ContentType="text/a", Metadata={"k": "v"})
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "a b"})
    head = s3.head_object(Bucket=bucket, Key="c")
    assert (head["ContentType"], head["Metadata"]) == ("text/a", {"k": "v"})
    s3.copy_object(
        Bucket=bucket, Key="a b", CopySource={"Bucket": bucket, "Key": "a b"},
        MetadataDirective="REPLACE", ContentType="text/b", Metadata={"n": "w"},
    )  # fmt: skip
    head = s3.head_object(Bucket=bucket, Key="a b")
    assert (head["ContentType"], head["Metadata"]) == ("text/b", {"n": "w"})
    assert s3.get_object(Bucket=bucket, Key="a b")["Body"].read() == b"1"
    with pytest.raises(ClientError) as caught:
        s3.copy_object(Bucket=bucket, Key="d", CopySource={"Bucket": bucket, "Key": "none"})
    assert code_of(caught) == "NoSuchKey"


def test_large_files_with_the_transfer_manager(
    s3: Any, bucket: str, tmp_path: Path, served: Any
) -> None:
    (tmp_path / "large").write_bytes(os.urandom(20 << 20))
    s3.upload_file(str(tmp_path / "large"), bucket, "large")
    s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copy")
    s3.download_file(bucket, "copy", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    assert temporary(served, bucket) == []


# Conditions


def test_conditional_writes(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="x", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="x", Body=b"2", IfNoneMatch="*")
    assert code_of(caught) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"1"
    s3.put_object(Bucket=bucket, Key="x", Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="x", Body=b"4", IfMatch=etag)
    assert code_of(caught) == "PreconditionFailed"
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="none", Body=b"4", IfMatch=etag)
    assert code_of(caught) == "NoSuchKey"


def test_conditional_reads(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="x", Body=b"1")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="x", IfMatch=etag)["Body"].read() == b"1"
    for wrong in (
        {"IfMatch": '"no"'},
        {"IfUnmodifiedSince": datetime.now(UTC) - timedelta(days=1)},
    ):
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=bucket, Key="x", **wrong)
        assert code_of(caught) == "PreconditionFailed"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="x", IfNoneMatch=etag)
    assert code_of(caught) == "304"


# Names


@pytest.mark.parametrize("key", ["../x", "a/../../x", "a//b", ".", "a/./b", "..", "a\x01b"])
def test_bad_keys_are_refused(s3: Any, bucket: str, key: str) -> None:
    for call in (
        lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"x"),
        lambda: s3.get_object(Bucket=bucket, Key=key),
        lambda: s3.copy_object(Bucket=bucket, Key="y", CopySource={"Bucket": bucket, "Key": key}),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_of(caught) == "InvalidArgument"


def test_links_lead_nowhere(s3: Any, bucket: str, served: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (served.objects.root / bucket / "out").symlink_to(tmp_path)
    (served.objects.root / bucket / "file").symlink_to(tmp_path / "secret")
    for key in ("out/secret", "file"):
        for call in (
            lambda key=key: s3.get_object(Bucket=bucket, Key=key),
            lambda key=key: s3.put_object(Bucket=bucket, Key=key, Body=b"x"),
            lambda key=key: s3.copy_object(
                Bucket=bucket, Key="y", CopySource={"Bucket": bucket, "Key": key}
            ),
        ):
            with pytest.raises(ClientError) as caught:
                call()
            assert code_of(caught) == "AccessDenied"
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "out/secret"}]})
    assert (tmp_path / "secret").read_text() == "s"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_key_and_a_key_below_it(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="x/y", Body=b"1")
    assert code_of(caught) == "InvalidArgument"
    assert f"s3://{bucket}/x/y cannot be stored" in message_of(caught)
    s3.put_object(Bucket=bucket, Key="d/y", Body=b"1")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="d", Body=b"1")
    assert code_of(caught) == "InvalidArgument"


def test_folder_markers(s3: Any, bucket: str, served: Any) -> None:
    s3.put_object(Bucket=bucket, Key="d/e/", Body=b"")
    assert (served.objects.root / bucket / "d/e").is_dir()
    assert s3.head_object(Bucket=bucket, Key="d/e/")["ContentLength"] == 0
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="f/", Body=b"content")
    assert code_of(caught) == "InvalidArgument"
    s3.delete_object(Bucket=bucket, Key="d/e/")
    with pytest.raises(ClientError):
        s3.head_object(Bucket=bucket, Key="d/e/")


# Buckets


def test_buckets(s3: Any, served: Any) -> None:
    for _ in range(2):  # again, by its owner, is no error in us-east-1
        s3.create_bucket(Bucket="fresh-bucket")
    assert "fresh-bucket" in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket="fresh-bucket", ExpectedBucketOwner="123456789012")
    assert s3.get_bucket_location(Bucket="fresh-bucket")["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket="fresh-bucket")
    with pytest.raises(ClientError) as caught:
        s3.head_bucket(Bucket="fresh-bucket", ExpectedBucketOwner="111111111111")
    assert code_of(caught) == "403"
    s3.put_object(Bucket="fresh-bucket", Key="x", Body=b"")
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket="fresh-bucket")
    assert code_of(caught) == "BucketNotEmpty"
    s3.delete_object(Bucket="fresh-bucket", Key="x")
    s3.delete_bucket(Bucket="fresh-bucket")
    with pytest.raises(ClientError) as caught:
        s3.head_bucket(Bucket="fresh-bucket")
    assert code_of(caught) == "404"
    for call in (
        lambda: s3.list_objects_v2(Bucket="fresh-bucket"),
        lambda: s3.put_object(Bucket="fresh-bucket", Key="x", Body=b""),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_of(caught) == "NoSuchBucket"
        assert "aws s3 mb s3://fresh-bucket" in message_of(caught)


def test_what_is_not_offered_says_so_and_changes_nothing(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"content")
    for call in (
        lambda: s3.put_object_acl(Bucket=bucket, Key="x", ACL="private"),
        lambda: s3.put_bucket_policy(Bucket=bucket, Policy="{}"),
        lambda: s3.get_object(Bucket=bucket, Key="x", VersionId="1"),
        lambda: s3.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        ),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_of(caught) == "NotImplemented"
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"content"
    with pytest.raises(ClientError) as caught:
        s3.get_bucket_policy(Bucket=bucket)
    assert code_of(caught) == "NoSuchBucketPolicy"


# Signatures


def test_presigned_links(served: Any, bucket: str) -> None:
    s3 = served.client(signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "ü/x y"})
    assert fetch(put, "PUT", b"content")[0] == 200
    get = s3.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": "ü/x y", "ResponseContentDisposition": "attachment"},
    )
    status, headers, body = fetch(get)
    assert (status, headers["Content-Disposition"], body) == (200, "attachment", b"content")
    assert fetch(get, "PUT", b"other")[0] == 403
    assert fetch(get.replace("x%20y", "z"))[0] == 403
    assert fetch(get.replace("attachment", "inline"))[0] == 403
    short = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "ü/x y"}, ExpiresIn=1
    )
    time.sleep(2.1)
    status, _, body = fetch(short)
    assert status == 403
    assert b"AccessDenied" in body
    assert b"expired" in body


@pytest.mark.parametrize(
    ("signed", "path", "host"),
    [
        ("https://hub.example/user/a/studio/{}/x", "/user/a/studio/{}/x", "127.0.0.1:1"),
        ("https://hub.example/user/a/studio/{}/x", "/{}/x", "127.0.0.1:1"),
        ("http://{}.localhost:9/x", "/x", "{}.localhost:9"),
    ],
)
def test_proxies_and_buckets_in_host_names(
    served: Any, bucket: str, signed: str, path: str, host: str
) -> None:
    served.objects.root.joinpath(bucket, "x").write_text("content")
    root = served.keys.root
    request = AWSRequest("GET", signed.format(bucket))
    request.headers["Host"] = urlsplit(request.url).netloc
    S3SigV4Auth(Credentials(root.access_key, root.secret_key), "s3", "us-east-1").add_auth(request)
    headers = {**dict(request.headers), "Host": host.format(bucket)}
    status, _, body = fetch(served.url + path.format(bucket), **headers)
    assert (status, body) == (200, b"content")
    assert fetch(served.url + path.format(bucket).replace("x", "y"), **headers)[0] == 403


def test_old_signatures_say_what_to_do(served: Any) -> None:
    with pytest.raises(ClientError, match="version 4"):
        served.client(signature_version="s3").list_buckets()


def test_wrong_keys(served: Any, bucket: str) -> None:
    root = served.keys.root
    for credential, code in (
        (Credential("AKIAUNKNOWN", "x" * 40, None, ""), "InvalidAccessKeyId"),
        (Credential(root.access_key, "x" * 40, None, ""), "SignatureDoesNotMatch"),
        (Credential(root.access_key, root.secret_key, "token", ""), "InvalidAccessKeyId"),
    ):
        s3 = served.client(credential)
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="x", Body=b"1" * 100_000)
        assert code_of(caught) == code
        assert not (served.objects.root / bucket / "x").exists()


def test_temporary_credentials_end_with_their_job(served: Any, bucket: str) -> None:
    served.alive.add("7")
    s3 = served.client(served.keys.temporary(session="train", attempt="7"))
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    link = served.client(
        served.keys.temporary(session="train", attempt="7"), signature_version="s3v4"
    ).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})
    assert fetch(link)[2] == b"1"
    served.alive.clear()
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="x")
    assert code_of(caught) == "InvalidAccessKeyId"
    assert fetch(link)[0] == 403


def test_a_body_that_was_not_signed_leaves_nothing(s3: Any, bucket: str, served: Any) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"old")

    def tamper(request: Any, **_: Any) -> None:
        request.body = b"X" * int(request.headers["Content-Length"])

    for size in (4, 3_000_000):
        s3.meta.events.register_last("before-send.s3.PutObject", tamper)
        with pytest.raises(ClientError) as caught:
            s3.put_object(Bucket=bucket, Key="x", Body=b"1" * size)
        s3.meta.events.unregister("before-send.s3.PutObject", tamper)
        assert code_of(caught) == "XAmzContentSHA256Mismatch"
        assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"old"
    assert _soon(lambda: temporary(served, bucket) == [])


def test_everything_is_audited(s3: Any, bucket: str, served: Any) -> None:
    served.audited.clear()
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="none")
    assert served.audited == [("s3", "PutObject", "OK"), ("s3", "GetObject", "NoSuchKey")]


# Breaking off


def test_a_client_that_goes_leaves_the_old_object(s3: Any, bucket: str, served: Any) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"old")
    link = served.client(signature_version="s3v4").generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "x"}
    )
    parts = urlsplit(link)
    with socket.create_connection((str(parts.hostname), parts.port or 0)) as client:
        client.sendall(
            f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Length: 5000000\r\n\r\n".encode()
        )
        client.sendall(b"n" * 3_000_000)
        assert _soon(lambda: temporary(served, bucket) != [])
    assert _soon(lambda: temporary(served, bucket) == [])
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"old"


def test_content_md5_is_compared(s3: Any, bucket: str, served: Any) -> None:
    right = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    s3.put_object(Bucket=bucket, Key="x", Body=b"content", ContentMD5=right)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="x", Body=b"other", ContentMD5=right)
    assert code_of(caught) == "BadDigest"
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"content"
    assert temporary(served, bucket) == []


def test_aws_cli(served: Any, bucket: str, tmp_path: Path) -> None:
    root = served.keys.root
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "AWS_ENDPOINT_URL": served.url,
        "AWS_ACCESS_KEY_ID": root.access_key, "AWS_SECRET_ACCESS_KEY": root.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    (tmp_path / "big").write_bytes(os.urandom(9 << 20))
    for arguments in (
        ["cp", str(tmp_path / "big"), f"s3://{bucket}/d/big"],
        ["cp", f"s3://{bucket}/d/big", f"s3://{bucket}/e/big"],
        ["sync", f"s3://{bucket}/e", str(tmp_path / "back")],
    ):
        subprocess.run(["aws", "s3", *arguments], env=environment, check=True, capture_output=True)
    assert (tmp_path / "back/big").read_bytes() == (tmp_path / "big").read_bytes()


def _soon(condition: Any, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
