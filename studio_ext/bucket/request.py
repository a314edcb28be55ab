"""An S3 request: which operation, on which bucket and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from ..errors import AwsError
from .uri import check_bucket, check_key, check_prefix

MAX_PARTS = 10_000

# (method, what the path names, subresource in the query) -> operation
_OPERATIONS = {
    ("GET", "service", ""): "ListBuckets",
    ("PUT", "bucket", ""): "CreateBucket",
    ("HEAD", "bucket", ""): "HeadBucket",
    ("DELETE", "bucket", ""): "DeleteBucket",
    ("GET", "bucket", ""): "ListObjects",
    ("GET", "bucket", "location"): "GetBucketLocation",
    ("GET", "bucket", "versioning"): "GetBucketVersioning",
    ("GET", "bucket", "uploads"): "ListMultipartUploads",
    ("POST", "bucket", "delete"): "DeleteObjects",
    ("GET", "object", ""): "GetObject",
    ("HEAD", "object", ""): "HeadObject",
    ("PUT", "object", ""): "PutObject",
    ("DELETE", "object", ""): "DeleteObject",
    ("GET", "object", "tagging"): "GetObjectTagging",
    ("PUT", "object", "tagging"): "PutObjectTagging",
    ("DELETE", "object", "tagging"): "DeleteObjectTagging",
    ("POST", "object", "uploads"): "CreateMultipartUpload",
    ("PUT", "object", "uploadId"): "UploadPart",
    ("POST", "object", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "object", "uploadId"): "AbortMultipartUpload",
    ("GET", "object", "uploadId"): "ListParts",
}

# What a bucket can have and ours never do; asked for by tools that look before they leap.
_ABSENT = {
    "cors": "NoSuchCORSConfiguration",
    "encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "lifecycle": "NoSuchLifecycleConfiguration",
    "object-lock": "ObjectLockConfigurationNotFoundError",
    "policy": "NoSuchBucketPolicy",
    "replication": "ReplicationConfigurationNotFoundError",
    "tagging": "NoSuchTagSet",
    "website": "NoSuchWebsiteConfiguration",
}

_PLAIN = frozenset(
    ("continuation-token", "delimiter", "encoding-type", "fetch-owner", "key-marker", "list-type",
     "marker", "max-keys", "max-parts", "max-uploads", "part-number-marker", "partNumber", "prefix",
     "start-after", "upload-id-marker", "versionId")
)  # fmt: skip

# What a link of signature version 2 carries beside its question.
_LINK = frozenset(("AWSAccessKeyId", "Expires", "Signature", "content-md5", "content-type"))

_WRITES = frozenset(("PutObject", "CopyObject", "CreateMultipartUpload", "CompleteMultipartUpload"))


@dataclass(frozen=True, slots=True)
class S3Request:
    """What is asked.

    Attributes:
        operation: S3's name of it.
        bucket: ``""`` for ListBuckets.
        key: ``""`` for operations on buckets.
        query: parameters that have a meaning, decoded.
        is_folder: the key was sent with a last slash: the marker of a folder.
    """

    operation: str
    bucket: str = ""
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    is_folder: bool = False

    @property
    def writes(self) -> bool:
        """Whether it makes an object under its key."""
        return self.operation in _WRITES

    @classmethod
    def parse(
        cls, method: str, path: str, query: str, headers: Mapping[str, str], virtual: str = ""
    ) -> S3Request:
        """Reads the request.

        Args:
            path: percent-encoded, as sent.
            virtual: the bucket that the host name begins with, if it does.

        Raises:
            AwsError: ``NotImplemented``, or what is wrong with the name of bucket or key.
        """
        whole = unquote(path, errors="surrogateescape").removeprefix("/")
        bucket, _, key = (virtual, "", whole) if virtual else whole.partition("/")
        parameters = _parameters(query)
        level = "object" if key else "bucket" if bucket else "service"
        subresource = _subresource(parameters)
        operation = _OPERATIONS.get((method, level, subresource), "")
        if not operation:
            raise _not_offered(method, level, bucket, subresource)
        if "x-amz-copy-source" in headers:
            copies = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
            operation = copies.get(operation, operation)
        if bucket:
            check_bucket(bucket)
        is_folder = key.endswith("/")
        if key:
            key = check_key(key.removesuffix("/") if is_folder else key)
        if operation == "ListObjects":
            check_prefix(parameters.get("prefix", ""))
        if parameters.get("versionId", "null") != "null":
            raise _not_implemented("versions are not kept here; leave VersionId out")
        if operation in ("PutObject", "CopyObject") and "partNumber" in parameters:
            raise _bad_argument("partNumber comes without an uploadId; expected both or neither")
        if operation in ("GetObject", "HeadObject") and parameters.pop("partNumber", "1") != "1":
            raise _not_implemented("parts are not kept here; leave PartNumber out, or use Range")
        parameters.pop("versionId", None)
        return cls(operation, bucket, key, parameters, is_folder)


def part_number(text: str) -> int:
    """The number of a part.

    Raises:
        AwsError: ``InvalidArgument``.
    """
    if _is_number(text) and 0 < int(text) <= MAX_PARTS:
        return int(text)
    raise _bad_argument(f"partNumber is {text[:40]!r}; expected 1 to {MAX_PARTS}")


def count(query: Mapping[str, str], name: str, otherwise: int) -> int:
    """A parameter that counts.

    Raises:
        AwsError: ``InvalidArgument``.
    """
    text = query.get(name, str(otherwise))
    if not _is_number(text):
        raise _bad_argument(f"{name} is {text[:40]!r}; expected a number from 0")
    return int(text)


def copy_source(headers: Mapping[str, str]) -> tuple[str, str]:
    """Bucket and key of ``x-amz-copy-source``, checked."""
    text = headers["x-amz-copy-source"]
    name, _, version = text.partition("?")
    if version and version != "versionId=null":
        raise _not_implemented("versions are not kept here; leave the VersionId out of CopySource")
    bucket, _, key = unquote(name, errors="surrogateescape").removeprefix("/").partition("/")
    return check_bucket(bucket), check_key(key)


def _parameters(query: str) -> dict[str, str]:
    """Query parameters without those of signatures and of clients' own."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    return {
        name: value
        for name, value in pairs
        if not name.lower().startswith("x-") and name not in _LINK
    }


def _subresource(parameters: Mapping[str, str]) -> str:
    names = [name for name in parameters if name not in _PLAIN and not name.startswith("response-")]
    if len(names) > 1:
        raise _not_implemented(f"query parameters {', '.join(names)} together are not offered")
    return names[0] if names else ""


def _not_offered(method: str, level: str, bucket: str, subresource: str) -> AwsError:
    if method == "GET" and level == "bucket" and subresource in _ABSENT:
        return AwsError(
            f"bucket {bucket!r} has no {subresource}, and none can be set",
            code=_ABSENT[subresource],
            status=404,
        )
    about = f" ?{subresource}" if subresource else ""
    return _not_implemented(f"{method} {level}{about} is not offered by Studio's buckets")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _bad_argument(message: str) -> AwsError:
    return AwsError(message, code="InvalidArgument", status=400)


def _not_implemented(message: str) -> AwsError:
    return AwsError(message, code="NotImplemented", status=501)
