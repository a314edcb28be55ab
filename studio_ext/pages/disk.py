"""What lies on the disk: folders of jobs, buckets, environments."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..bucket.objects import Objects
from ..store import Store

FRESH = 3.0  # seconds that an answer counts as today's


class Disk:
    """Counts, in a thread, and once for all who ask at the same time.

    Args:
        jobs: folder of attempts, ``<kind>/<region>/<key>/<token>``.
        environments: folder of environments.
        ended: statuses in which a job has ended, by its kind; jobs of other kinds are left out.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        jobs: Path,
        environments: Path,
        ended: Mapping[str, frozenset[str]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._objects, self._clock = store, objects, clock
        self._jobs, self._environments, self._ended = jobs, environments, ended
        self._work: asyncio.Task[dict[str, Any]] | None = None
        self._at = float("-inf")

    async def usage(self) -> dict[str, Any]:
        """``free`` and ``total`` bytes of the file system, and what takes how many of them."""
        if self._work is None or (self._work.done() and self._clock() > self._at + FRESH):
            self._work = asyncio.get_running_loop().create_task(self._count())
        return await asyncio.shield(self._work)

    async def _count(self) -> dict[str, Any]:
        found = await asyncio.to_thread(self.count)
        self._at = self._clock()
        return found

    def count(self) -> dict[str, Any]:
        """Count now. Blocks."""
        space = shutil.disk_usage(self._jobs)
        return {
            "free": space.free,
            "total": space.total,
            "jobs": self._count_jobs(),
            "buckets": [self._count_bucket(name) for name in self._objects.buckets()],
            "environments": [
                {"name": path.name, "bytes": size}
                for path, size in sizes(self._environments, 1).items()
            ],
        }

    def _count_jobs(self) -> list[dict[str, Any]]:
        taken = sizes(self._jobs, 3)
        with self._store.read() as reader:
            ran = reader.ran()
        found = []
        for job in ran:
            folder = self._jobs / job.kind / job.region / job.key
            if folder in taken and job.kind in self._ended:
                over = job.status in self._ended[job.kind]
                found.append(
                    {
                        "kind": job.kind, "region": job.region, "name": job.name,
                        "status": job.status, "ended": job.ended if over else None,
                        "bytes": taken[folder], "directory": str(folder),
                    }
                )  # fmt: skip
        return found

    def _count_bucket(self, name: str) -> dict[str, Any]:
        count = size = 0
        for each in self._objects.list(name):
            count += 1
            size += each.size
        return {"name": name, "bytes": size, "objects": count}


def sizes(folder: Path, depth: int) -> dict[Path, int]:
    """Bytes on disk of the folders so far below ``folder``, itself not counted.

    ``du`` counts: a hundred thousand folders would keep Python's other threads waiting.
    """
    if not folder.is_dir():
        return {}
    command = ["du", "-k", "-d", str(depth), str(folder)]
    # It fails when something is removed under its eyes; what it has counted by then is right.
    told = subprocess.run(command, capture_output=True, check=False)
    found = {}
    for line in told.stdout.decode(errors="surrogateescape").splitlines():
        blocks, _, name = line.partition("\t")
        path = Path(name)
        if len(path.parts) == len(folder.parts) + depth:
            found[path] = int(blocks) * 1024
    return found
