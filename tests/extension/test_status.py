"""Where the daemon is."""

from __future__ import annotations

import json


async def test_the_daemon_is_started_and_serves_jupyters_folder(
    jp_fetch, home, jp_root_dir
) -> None:
    answer = json.loads((await jp_fetch("studio", "status")).body)
    record = home.daemon()
    assert answer == {
        "url": record["url"], "version": record["version"], "home": str(home.root),
        "cores": record["cores"],
    }  # fmt: skip
    assert jp_root_dir.resolve() in home.roots


async def test_what_lies_on_the_disk(jp_fetch, client) -> None:
    client("s3").create_bucket(Bucket="disk")
    client("s3").put_object(Bucket="disk", Key="a/b", Body=b"x" * 1000)
    answer = json.loads((await jp_fetch("studio", "status", params={"disk": "1"})).body)
    disk = answer["disk"]
    assert disk.keys() == {"free", "total", "jobs", "buckets", "environments"}
    assert disk["buckets"] == [{"name": "disk", "bytes": 1000, "objects": 1}]
    assert 0 < disk["free"] <= disk["total"]
