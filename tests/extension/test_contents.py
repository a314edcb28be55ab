"""The drive: buckets and runs as JupyterLab's file browser sees them."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from studio_ext.extension.contents import LARGEST
from studio_ext.home import Home

from ..daemon import notebook

Fetch = Callable[..., Awaitable[Any]]
Refused = Callable[..., Awaitable[tuple[int, str]]]
Drive = Callable[..., Awaitable[Any]]

BUCKET = "drive"


@pytest.fixture
def drive(jp_fetch: Fetch, client: Callable[[str], Any]) -> Drive:
    """``drive("buckets/x", "PUT", type="file", …)``: the answer's model."""
    client("s3").create_bucket(Bucket=BUCKET)

    async def ask(path: str, method: str = "GET", /, params: Any = None, **body: Any) -> Any:
        parts = [part for part in path.split("/") if part]
        sent = {"body": json.dumps(body)} if method in ("PUT", "POST", "PATCH") else {}
        answer = await jp_fetch(
            "studio", "contents", *parts, method=method, params=params or {}, **sent
        )
        return json.loads(answer.body) if answer.body else None

    return ask


def names(model: dict[str, Any]) -> list[str]:
    return sorted(each["name"] for each in model["content"])


def text(content: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": content}


async def test_the_top_has_buckets_and_jobs(drive: Drive) -> None:
    top = await drive("")
    assert names(top) == ["buckets", "jobs"]
    assert not any(each["writable"] for each in top["content"])
    assert BUCKET in names(await drive("buckets"))
    assert (await drive("jobs"))["type"] == "directory"


async def test_files_are_written_read_renamed_copied_and_deleted(
    drive: Drive, client: Callable[[str], Any]
) -> None:
    place = f"buckets/{BUCKET}/deep/ü & b.csv"
    await drive(place, "PUT", **text("a,b\n1,2\n"))
    found = client("s3").get_object(Bucket=BUCKET, Key="deep/ü & b.csv")["Body"].read()
    assert found == b"a,b\n1,2\n"
    read = await drive(place)
    assert (read["content"], read["format"], read["size"]) == ("a,b\n1,2\n", "text", 8)
    assert names(await drive(f"buckets/{BUCKET}")) == ["deep"]
    moved = await drive(place, "PATCH", path=f"buckets/{BUCKET}/new.csv")
    assert moved["path"] == f"buckets/{BUCKET}/new.csv"
    copied = await drive(f"buckets/{BUCKET}", "POST", copy_from=moved["path"])
    assert copied["name"] == "new-Copy1.csv"
    for path in (moved["path"], copied["path"]):
        await drive(path, "DELETE")
    assert names(await drive(f"buckets/{BUCKET}")) == []


async def test_folders_are_made_renamed_and_deleted_when_empty(
    drive: Drive, refused: Refused
) -> None:
    made = await drive(f"buckets/{BUCKET}", "POST", type="directory")
    assert made["name"] == "Untitled Folder"
    await drive(f"{made['path']}/x.txt", "PUT", **text("1"))
    await drive(made["path"], "PATCH", path=f"buckets/{BUCKET}/named")
    assert (await drive(f"buckets/{BUCKET}/named/x.txt"))["content"] == "1"
    status, words = await refused("studio", "contents", "buckets", BUCKET, "named", method="DELETE")
    assert (status, "not empty" in words) == (400, True)
    await drive(f"buckets/{BUCKET}/named/x.txt", "DELETE")  # as in S3, its folder goes with it
    await drive(f"buckets/{BUCKET}/empty", "PUT", type="directory")
    assert names(await drive(f"buckets/{BUCKET}")) == ["empty"]
    await drive(f"buckets/{BUCKET}/empty", "DELETE")
    assert names(await drive(f"buckets/{BUCKET}")) == []


async def test_buckets_are_made_and_deleted_as_folders(drive: Drive) -> None:
    await drive("buckets/made-here", "PUT", type="directory")
    assert "made-here" in names(await drive("buckets"))
    await drive("buckets/made-here", "DELETE")
    assert "made-here" not in names(await drive("buckets"))


async def test_large_files_arrive_in_chunks(drive: Drive, client: Callable[[str], Any]) -> None:
    place = f"buckets/{BUCKET}/large.bin"
    pieces = [bytes([0xFF - number]) * 1_000_000 for number in range(4)]
    for number, piece in zip((1, 2, 3, -1), pieces, strict=True):
        await drive(
            place, "PUT", type="file", format="base64", chunk=number,
            content=base64.b64encode(piece).decode(),
        )  # fmt: skip
        if number != -1:
            assert names(await drive(f"buckets/{BUCKET}")) == []
    body = client("s3").get_object(Bucket=BUCKET, Key="large.bin")["Body"].read()
    assert body == b"".join(pieces)
    read = await drive(place)
    assert (read["format"], read["size"]) == ("base64", 4_000_000)
    await drive(place, "DELETE")


async def test_notebooks_are_never_trusted(drive: Drive, client: Callable[[str], Any]) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="n.ipynb", Body=notebook("1").encode())
    found = await drive(f"buckets/{BUCKET}/n.ipynb")
    assert found["type"] == "notebook"
    assert [cell["metadata"]["trusted"] for cell in found["content"]["cells"]] == [False]
    saved = await drive(
        f"buckets/{BUCKET}/n.ipynb", "PUT", type="notebook", content=found["content"]
    )
    assert saved["type"] == "notebook"
    made = await drive(f"buckets/{BUCKET}/n.ipynb/checkpoints", "POST")
    assert [each["id"] for each in await drive(f"buckets/{BUCKET}/n.ipynb/checkpoints")] == [
        made["id"]
    ]


async def test_the_hash_tells_that_a_file_was_changed(
    drive: Drive, client: Callable[[str], Any], home: Home
) -> None:
    place, asked = f"buckets/{BUCKET}/h.txt", {"hash": "1"}
    hashes = set()
    for body in (b"one", b"two"):
        client("s3").put_object(Bucket=BUCKET, Key="h.txt", Body=body)
        found = [await drive(place, params={**asked, "content": each}) for each in ("0", "1")]
        assert found[0]["hash"] == found[1]["hash"]
        hashes.add(found[0]["hash"])
    assert len(hashes) == 2
    run = home.jobs / "TrainingJob" / "us-east-1" / "h" / "1"
    run.mkdir(parents=True)
    (run / "notebook.ipynb").write_text(notebook("1"))
    assert (await drive("jobs/TrainingJob/us-east-1/h/1/notebook.ipynb", params=asked))["hash"]


async def test_runs_are_only_for_reading(drive: Drive, refused: Refused, home: Home) -> None:
    run = home.jobs / "TrainingJob" / "us-east-1" / "a" / "1"
    run.mkdir(parents=True)
    (run / "notebook.ipynb").write_text(notebook("1"))
    (run / ".hidden").write_text("x")
    found = await drive("jobs/TrainingJob/us-east-1/a/1")
    assert [(each["name"], each["writable"]) for each in found["content"]] == [
        ("notebook.ipynb", False)
    ]
    assert found["content"][0]["path"] == "jobs/TrainingJob/us-east-1/a/1/notebook.ipynb"
    opened = await drive(found["content"][0]["path"])
    assert opened["content"]["cells"][0]["metadata"]["trusted"] is False
    parts = found["content"][0]["path"].split("/")
    for method, body in (("PUT", text("x")), ("DELETE", None), ("PATCH", {"path": "jobs/x"})):
        options = {"body": json.dumps(body)} if body else {}
        status, words = await refused("studio", "contents", *parts, method=method, **options)
        assert (status, "only for reading" in words) == (403, True)
    assert (run / "notebook.ipynb").exists()


async def test_no_link_of_a_job_leads_out(drive: Drive, refused: Refused, home: Home) -> None:
    run = home.jobs / "TrainingJob" / "us-east-1" / "links" / "1"
    run.mkdir(parents=True)
    (run / "model").mkdir()
    (run / "inside").symlink_to("model")
    (run / "keys").symlink_to(home.identity / "keys.json")
    (run / "home").symlink_to(home.root)
    (run / "passwd").symlink_to("/etc/passwd")
    (run / "pipe").symlink_to("pipe")
    os.mkfifo(run / "fifo")
    place = "jobs/TrainingJob/us-east-1/links/1"
    assert names(await drive(place)) == ["inside", "model"]
    for name in ("keys", "home", "home/identity/keys.json", "passwd", "pipe", "fifo"):
        for asked in ({}, {"content": "0"}, {"type": "file"}, {"type": "directory"}):
            status, words = await refused(
                "studio", "contents", *f"{place}/{name}".split("/"), params=asked
            )
            assert 400 <= status < 500
            assert "secret_key" not in words


async def test_what_no_browser_could_hold_is_refused_in_words(
    drive: Drive, refused: Refused, home: Home
) -> None:
    run = home.jobs / "TrainingJob" / "us-east-1" / "large" / "1"
    run.mkdir(parents=True)
    with open(run / "model.tar.gz", "wb") as file:
        file.truncate(LARGEST + 1)
    place = "jobs/TrainingJob/us-east-1/large/1/model.tar.gz"
    assert (await drive(place, params={"content": "0", "hash": "1"}))["size"] == LARGEST + 1
    status, words = await refused("studio", "contents", *place.split("/"))
    assert (status, "bytes" in words) == (413, True)


async def test_giant_and_hostile_names(drive: Drive, refused: Refused) -> None:
    for name in ("x" * 300, "a" * 5000, "\x01", "\u202e", "con\n", "<b>.txt"):
        place = f"buckets/{BUCKET}/{name}"
        parts = [part for part in place.split("/") if part]
        if len(name) < 100 and name.isprintable():
            assert (await drive(place, "PUT", **text("x")))["path"] == place
            await drive(place, "DELETE")
        elif name != "\u202e":
            body = json.dumps(text("x"))
            status, _ = await refused("studio", "contents", *parts, method="PUT", body=body)
            assert 400 <= status < 500


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nowhere", 404), ("buckets/none-such", 404), ("buckets/drive/none", 404),
        ("jobs/%2e%2e/studio.db", 404), ("jobs/..%2f..%2fstudio.db", 404),
        ("buckets/..%2fjobs", 400), ("buckets/drive/..%2f..%2fstudio.db", 400),
        ("jobs/.hidden", 404),
    ],
)  # fmt: skip
async def test_nothing_else_is_reached(
    drive: Drive, refused: Refused, path: str, status: int
) -> None:
    found, _ = await refused("studio", "contents", *path.split("/"))
    assert found in (status, 400, 403, 404)
    assert found >= 400


async def test_bad_content_changes_nothing(
    drive: Drive, refused: Refused, client: Callable[[str], Any]
) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="kept.txt", Body=b"old")
    for body in (
        {"type": "file", "format": "base64", "content": "\u00e9"}, {"type": "file"},
        {"type": "file", "format": "odd", "content": "x"}, {"type": "odd", "content": "x"},
        {"type": "notebook", "content": {"cells": 1}},
        {"type": "file", "format": "text", "content": "x", "chunk": 2},
    ):  # fmt: skip
        status, _ = await refused(
            "studio", "contents", "buckets", BUCKET, "kept.txt",
            method="PUT", body=json.dumps(body),
        )  # fmt: skip
        assert status == 400, body
    assert client("s3").get_object(Bucket=BUCKET, Key="kept.txt")["Body"].read() == b"old"
    client("s3").delete_object(Bucket=BUCKET, Key="kept.txt")
