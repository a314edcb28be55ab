from __future__ import annotations

import pytest

from studio_ext.bucket.uri import S3Uri, check_bucket, check_key, check_prefix
from studio_ext.errors import ValidationException


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("s3://data", "data", ""),
        ("s3://data/", "data", ""),
        ("s3://data/train.csv", "data", "train.csv"),
        ("s3://data/a/b/", "data", "a/b/"),
        ("s3://my.data-1/ä ö/ü+%20?#.csv", "my.data-1", "ä ö/ü+%20?#.csv"),
    ],
)
def test_parse(text: str, bucket: str, key: str) -> None:
    assert S3Uri.parse(text) == S3Uri(bucket, key)


def test_text_and_back() -> None:
    assert str(S3Uri.parse("s3://data/a/b/")) == "s3://data/a/b/"
    assert str(S3Uri("data")) == "s3://data"


@pytest.mark.parametrize(
    "text",
    [
        "data/train.csv",
        "https://data/train.csv",
        "S3://data/x",
        "s3://",
        "s3:///key",
        "s3://../etc",
        "s3://a/x",
        "s3://Data/x",
        "s3://da..ta/x",
        "s3://10.0.0.1/x",
        "s3://data/../other/x",
        "s3://data/a/../../x",
        "s3://data/./x",
        "s3://data//x",
        "s3://data/a//x",
        "s3://data/a\0b",
        "s3://data/a\nb",
        "s3://data/" + "k" * 256,
        "s3://data/" + "k/" * 600,
        "s3://data/\ud800",
        "s3://data/a/.studio_x",
    ],
)
def test_refuses_and_names_the_text(text: str) -> None:
    with pytest.raises(ValidationException) as caught:
        S3Uri.parse(text)
    assert repr(text) in caught.value.message or "…" in caught.value.message


def test_join() -> None:
    base = S3Uri.parse("s3://data/jobs/")
    assert str(base.join("j1", "output", "model.tar.gz")) == "s3://data/jobs/j1/output/model.tar.gz"
    assert str(S3Uri("data").join("a", "")) == "s3://data/a"
    with pytest.raises(ValidationException, match=r"'jobs/\.\./x'"):
        base.join("../x")


def test_keys_and_prefixes_differ_by_the_last_slash() -> None:
    assert check_prefix("a/") == "a/"
    assert check_prefix("") == ""
    for key in ("", "a/"):
        with pytest.raises(ValidationException, match="name of an object"):
            check_key(key)


def test_bucket_length() -> None:
    assert check_bucket("a" * 63)
    with pytest.raises(ValidationException) as caught:
        check_bucket("a" * 64)
    assert caught.value.code == "InvalidBucketName"
