"""The bucket on any S3 server, through boto3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ConnectionError as S3Unreachable, HTTPClientError

from ..errors import AwsError, ValidationException
from ..files import replacing
from .files import open_plain
from .folder import no_such_bucket, no_such_key
from .objects import StoredObject
from .uri import check_bucket, check_key, check_prefix

T = TypeVar("T")

_MISSING_KEY = ("404", "NoSuchKey", "NotFound")


class S3Objects:
    """Objects of an S3 server.

    A server that is away is asked again, at growing intervals, until ``patience`` seconds have
    passed; so a job outlives a restart of its S3.

    Args:
        client: a boto3 S3 client.
        patience: seconds.
    """

    def __init__(self, client: Any, *, patience: float = 120.0) -> None:
        self._client = client
        self._patience = patience

    def buckets(self) -> list[str]:
        answer = self._ask(self._client.list_buckets)
        return sorted(bucket["Name"] for bucket in answer["Buckets"])

    def has_bucket(self, bucket: str) -> bool:
        check_bucket(bucket)
        try:
            self._ask(partial(self._client.head_bucket, Bucket=bucket))
        except AwsError as error:
            if error.code in ("404", "NoSuchBucket"):
                return False
            raise
        return True

    def create_bucket(self, bucket: str) -> None:
        if self.has_bucket(bucket):
            return
        region = self._client.meta.region_name
        place: dict[str, Any] = {}
        if region != "us-east-1":  # the one region that S3 refuses to hear named
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self._ask(partial(self._client.create_bucket, Bucket=bucket, **place))

    def list(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        check_bucket(bucket)
        more: dict[str, str] = {"Prefix": check_prefix(prefix)}
        while True:
            page = self._ask(
                partial(self._client.list_objects_v2, Bucket=bucket, **more),
                missing=partial(no_such_bucket, bucket),
            )
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):  # a console's folder marker is no file
                    yield _stored(bucket, entry["Key"], entry["Size"], entry["LastModified"])
            if not page.get("IsTruncated"):
                return
            more = {"Prefix": prefix, "ContinuationToken": page["NextContinuationToken"]}

    def find(self, bucket: str, key: str) -> StoredObject | None:
        check_bucket(bucket)
        check_key(key)
        try:
            head = self._ask(partial(self._client.head_object, Bucket=bucket, Key=key))
        except AwsError as error:
            if error.code not in _MISSING_KEY:
                raise
            if not self.has_bucket(bucket):
                raise no_such_bucket(bucket) from None
            return None
        return _stored(bucket, key, head["ContentLength"], head["LastModified"])

    def exists(self, bucket: str, key: str) -> bool:
        return self.find(bucket, key) is not None

    def fetch(self, item: StoredObject, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)

        def download() -> None:
            with replacing(path) as file:
                self._client.download_fileobj(item.bucket, item.key, file)

        self._ask(download, missing=partial(no_such_key, item.bucket, item.key))

    def publish(self, path: Path, bucket: str, key: str, *, move: bool = False) -> StoredObject:
        check_bucket(bucket)
        check_key(key)

        def upload() -> None:
            with open_plain(path) as file:
                self._client.upload_fileobj(file, bucket, key)

        self._ask(upload, missing=partial(no_such_bucket, bucket))
        status = path.stat()
        if move:
            path.unlink()
        return StoredObject(bucket, key, status.st_size, time.time_ns())

    def delete(self, bucket: str, key: str) -> bool:
        if self.find(bucket, key) is None:
            return False
        self._ask(partial(self._client.delete_object, Bucket=bucket, Key=key))
        return True

    def delete_prefix(self, bucket: str, prefix: str) -> int:
        if not prefix:
            raise ValidationException(f"prefix '': expected what to delete in bucket {bucket!r}")
        keys = [item.key for item in self.list(bucket, prefix)]
        for start in range(0, len(keys), 1000):  # DeleteObjects takes a thousand
            batch = {"Objects": [{"Key": key} for key in keys[start : start + 1000]]}
            self._ask(partial(self._client.delete_objects, Bucket=bucket, Delete=batch))
        return len(keys)

    def _ask(self, call: Callable[[], T], *, missing: Callable[[], AwsError] | None = None) -> T:
        """Calls until an answer comes; every call here may be repeated without harm.

        Raises:
            AwsError: what S3 answered, or ``ServiceUnavailable`` when it did not.
        """
        deadline = time.monotonic() + self._patience
        pause = 0.1
        while True:
            try:
                return call()
            except ClientError as error:
                if missing is not None and _code(error) in (*_MISSING_KEY, "NoSuchBucket"):
                    raise missing() from None
                if not _is_passing(error):
                    raise _in_our_words(error) from error
                problem: Exception = error
            except (S3Unreachable, HTTPClientError) as error:
                problem = error
            if time.monotonic() + pause > deadline:
                raise AwsError(
                    f"S3 at {self._client.meta.endpoint_url} does not answer: {problem}",
                    code="ServiceUnavailable",
                    status=503,
                ) from problem
            time.sleep(pause)
            pause = min(pause * 2, 5.0)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _in_our_words(error: ClientError) -> AwsError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return AwsError(str(error), code=_code(error) or "S3Error", status=status)


def _is_passing(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status in (500, 502, 503, 504) or _code(error) in ("SlowDown", "RequestTimeout")


def _stored(bucket: str, key: str, size: int, modified: Any) -> StoredObject:
    return StoredObject(bucket, key, size, int(modified.timestamp() * 1e9))
