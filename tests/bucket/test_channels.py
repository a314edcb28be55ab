from __future__ import annotations

import gzip
import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from studio_ext.bucket.channels import ChannelError, Host, check, stage
from studio_ext.bucket.folder import FolderObjects
from studio_ext.formats import augmented


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    objects = FolderObjects(tmp_path / "s3")
    objects.create_bucket("data")
    return objects


def put(objects: FolderObjects, key: str, content: bytes = b"1") -> None:
    path = objects.root / "data" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def channel(uri: str, name: str = "train", kind: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri, **more.pop("source", {})}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **more}


def staged(
    objects: FolderObjects, tmp_path: Path, one: dict[str, Any], host: Host | None = None
) -> list[str]:
    folder = tmp_path / f"input-{len(os.listdir(tmp_path))}"
    stage([one], folder, objects, host)
    top = folder / one["ChannelName"]
    assert not list(folder.glob(".*"))
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [
        ("s3://data/a/train/", ["1.csv", "deep/2.csv"]),
        ("s3://data/a/train", ["1.csv", "deep/2.csv", "train2/3.csv"]),
        ("s3://data/a/tr", ["train/1.csv", "train/deep/2.csv", "train2/3.csv"]),
        ("s3://data/a/train/1.csv", ["1.csv"]),
        ("s3://data", ["a/train/1.csv", "a/train/deep/2.csv", "a/train2/3.csv", "b"]),
    ],
)
def test_layout_below_a_prefix(
    objects: FolderObjects, tmp_path: Path, prefix: str, wanted: list[str]
) -> None:
    for key in ("a/train/1.csv", "a/train/deep/2.csv", "a/train2/3.csv", "b"):
        put(objects, key)
    assert staged(objects, tmp_path, channel(prefix)) == wanted


def test_what_is_told_of_a_channel(objects: FolderObjects, tmp_path: Path) -> None:
    put(objects, "t/a.csv", b"12345")
    put(objects, "v/b.csv", b"1")
    found = stage(
        [
            channel("s3://data/t", ContentType="text/csv"),
            channel("s3://data/v", "validation", InputMode="FastFile"),
        ],
        tmp_path / "in",
        objects,
    )
    train = found["train"]
    assert (train.content_type, train.files, train.size) == ("text/csv", 1, 5)
    assert train.path == tmp_path / "in" / "train"
    assert found["validation"].content_type is None
    (train.path / "a.csv").write_text("changed")
    assert (objects.root / "data/t/a.csv").read_bytes() == b"12345"


def test_manifest(objects: FolderObjects, tmp_path: Path) -> None:
    for key in ("p/x/1", "p/2", "p/3"):
        put(objects, key)
    put(objects, "m", json.dumps([{"prefix": "s3://data/p/"}, "x/1", "2"]).encode())
    assert staged(objects, tmp_path, channel("s3://data/m", kind="ManifestFile")) == ["2", "x/1"]


def test_augmented_manifest(objects: FolderObjects, tmp_path: Path) -> None:
    put(objects, "img/1.jpg", b"j")
    lines = [{"source-ref": "s3://data/img/1.jpg", "class": n, "other": "x"} for n in range(2)]
    put(objects, "m.jsonl", "\n".join(map(json.dumps, lines)).encode())
    one = channel("s3://data/m.jsonl", kind="AugmentedManifestFile",
                  source={"AttributeNames": ["class", "source-ref"]})  # fmt: skip
    found = stage([one], tmp_path / "in", objects)["train"]
    assert found.files == 2
    text = (found.path / "m.jsonl").read_text().splitlines()
    assert [list(json.loads(line).items()) for line in text] == [
        [("class", n), ("source-ref", "data/img/1.jpg")] for n in range(2)
    ]
    assert (found.path / "data/img/1.jpg").read_bytes() == b"j"


def test_augmented_manifest_as_a_stream(objects: FolderObjects, tmp_path: Path) -> None:
    put(objects, "img/1.jpg", b"jpeg!")
    boxes = {"annotations": [{"class_id": 0}]}
    lines = [{"source-ref": "s3://data/img/1.jpg", "box": boxes, "class": "0", "other": "x"}] * 2
    put(objects, "m.jsonl", "\n".join(map(json.dumps, lines)).encode())
    names = {"AttributeNames": ["source-ref", "box", "class"]}
    one = channel("s3://data/m.jsonl", kind="AugmentedManifestFile", source=names,
                  InputMode="Pipe", RecordWrapperType="RecordIO")  # fmt: skip
    found = stage([one], tmp_path / "in", objects)["train"]
    assert [path.name for path in found.path.iterdir()] == ["train.rec"]
    assert not list((tmp_path / "in").glob(".*"))
    assert found.size == (found.path / "train.rec").stat().st_size
    entries = augmented.read(found.path, "train", names["AttributeNames"])
    assert [entry.values[0].read() for entry in entries] == [b"jpeg!"] * 2
    assert [entry.values[1:] for entry in entries] == [(boxes, 0)] * 2


def test_objects_in_pipe_mode_are_files(objects: FolderObjects, tmp_path: Path) -> None:
    put(objects, "t/a.rec")
    assert staged(objects, tmp_path, channel("s3://data/t/", InputMode="Pipe")) == ["a.rec"]


def test_sharding_deals_every_object_to_one_host(objects: FolderObjects, tmp_path: Path) -> None:
    for number in range(7):
        put(objects, f"t/{number}")
    for shuffle in ({}, {"ShuffleConfig": {"Seed": 3}}):
        one = channel(
            "s3://data/t/", source={"S3DataDistributionType": "ShardedByS3Key"}, **shuffle
        )
        shares = [staged(objects, tmp_path, one, Host(index, 3)) for index in range(3)]
        assert sorted(map(len, shares)) == [2, 2, 3]
        assert sorted(itertools.chain(*shares)) == [str(number) for number in range(7)]
    assert shares[0] != ["0", "3", "6"]


def test_shuffled_lines_are_the_same_for_the_same_seed(
    objects: FolderObjects, tmp_path: Path
) -> None:
    put(objects, "m", "\n".join(json.dumps({"n": n}) for n in range(20)).encode())

    def lines(seed: int, name: str) -> str:
        one = channel("s3://data/m", kind="AugmentedManifestFile", ShuffleConfig={"Seed": seed},
                      source={"AttributeNames": ["n"]})  # fmt: skip
        return (stage([one], tmp_path / name, objects)["train"].path / "m").read_text()

    assert lines(1, "a") == lines(1, "b") != lines(2, "c")


def test_gzip(objects: FolderObjects, tmp_path: Path) -> None:
    put(objects, "t/a.csv.gz", gzip.compress(b"1,2"))
    put(objects, "bad/b.gz", b"not gzip")
    one = channel("s3://data/t", CompressionType="Gzip")
    found = stage([one], tmp_path / "in", objects)["train"]
    assert (found.path / "a.csv").read_bytes() == b"1,2"
    assert found.size == 3
    with pytest.raises(ChannelError, match=r"s3://data/bad/b\.gz is no gzip file"):
        stage([channel("s3://data/bad", CompressionType="Gzip")], tmp_path / "in2", objects)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (channel("s3://nope/x"), "bucket 'nope' does not exist.*aws s3 mb s3://nope"),
        (channel("s3://data/none/"), "no object under s3://data/none/; .*aws s3 ls s3://data/none/"),
        (channel("s3://data/m0", kind="ManifestFile"), "no object s3://data/m0"),
        (channel("s3://data/m1", kind="ManifestFile"), "manifest s3://data/m1 is no JSON"),
        (channel("s3://data/m2", kind="ManifestFile"), "expected a list that begins with"),
        (channel("s3://data/m3", kind="ManifestFile"), "no object s3://data/none, which s3://data/m3"),
        (channel("s3://data/m4", kind="ManifestFile"), "'\\.\\.' part"),
        (channel("s3://data/m1", kind="AugmentedManifestFile", source={"AttributeNames": ["a"]}),
         "line 1 is no JSON object"),
        (channel("s3://data/m5", kind="AugmentedManifestFile", source={"AttributeNames": ["a"]}),
         "line 2 has no attribute 'a'"),
        (channel("s3://data/clash"), "have the same place 'x'"),
    ],
)  # fmt: skip
def test_errors_name_channel_and_uri(
    objects: FolderObjects, tmp_path: Path, one: dict[str, Any], words: str
) -> None:
    put(objects, "m1", b"{nonsense")
    put(objects, "m2", b'["a"]')
    put(objects, "m3", b'[{"prefix": "s3://data/"}, "none"]')
    put(objects, "m4", b'[{"prefix": "s3://data/p/"}, "../../../etc/passwd"]')
    put(objects, "m5", b'{"a": 1}\n{"b": 1}')
    put(objects, "clash/x")
    put(objects, "clashx")
    if "clash" in str(one):
        put(objects, "clash/clashx")
        words = "have the same place 'clashx'"
    with pytest.raises(ChannelError, match=words) as caught:
        stage([one], tmp_path / "in", objects)
    assert caught.value.message.startswith("channel 'train': ")
    assert caught.value.uri


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ([channel("data/x")], "'data/x' is not an S3 URI"),
        ([channel("s3://data/a/../b")], "'\\.\\.' part"),
        ([channel("s3://data/x", "..")], "expected a name"),
        ([channel("s3://data/x", "a/b")], "expected a name"),
        ([channel("s3://data/x"), channel("s3://data/y")], "is there twice"),
        ([channel("s3://data/x", InputMode="Pipe")], "'Pipe' is not offered"),
        ([channel("s3://data/x", RecordWrapperType="RecordIO")], "'RecordIO'"),
        ([channel("s3://data/x", kind="AugmentedManifestFile")], "expected AttributeNames"),
        ([channel("s3://data", kind="ManifestFile")], "expected a manifest's URI"),
        ([{"ChannelName": "train", "DataSource": {"FileSystemDataSource": {}}}],
         "DataSource has FileSystemDataSource"),
    ],
)  # fmt: skip
def test_what_can_be_refused_at_once(config: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ChannelError, match=words):
        check(config)


def test_the_algorithms_mode_is_the_channels() -> None:
    one = channel("s3://data/x")
    check([one])
    with pytest.raises(ChannelError, match="Pipe"):
        check([one], mode="Pipe")
    check([{**one, "InputMode": "File"}], mode="Pipe")
    check([one], mode="Pipe", pipe=True)


@pytest.mark.parametrize("wrapper", ["None", "RecordIO"])
def test_pipe_mode_wraps_augmented_manifests_only(wrapper: str) -> None:
    manifest = channel("s3://data/m", kind="AugmentedManifestFile",
                       source={"AttributeNames": ["source-ref"]})  # fmt: skip
    for one, right in ((channel("s3://data/x"), "None"), (manifest, "RecordIO")):
        one["RecordWrapperType"] = wrapper
        if wrapper == right:
            check([one], mode="Pipe", pipe=True)
            continue
        with pytest.raises(ChannelError, match=f"'{wrapper}'.*expected '{right}'"):
            check([one], mode="Pipe", pipe=True)
