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
