"""Lists over 100,000 training jobs, through the kind and the store as the daemon calls them.

Run: ``python -m tests.benchmarks.lists [rows]``. The target is 50 ms for each.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from studio_ext.bucket.folder import FolderObjects
from studio_ext.kinds.job import Surroundings
from studio_ext.kinds.training import TrainingJob
from studio_ext.store import Store
from studio_ext.store.schema import resources
from studio_ext.wire.service import Caller

CALLER = Caller("key", "arn:aws:sts::123456789012:assumed-role/r/s", "123456789012", "us-east-1")
STATUSES = ("Completed", "Completed", "Completed", "Failed", "Stopped")


def fill(store: Store, rows: int) -> None:
    """Jobs of a year, ended; ``rare`` is in the names of five."""
    chance = random.Random(0)
    body = {
        "SecondaryStatus": "Completed",
        "HyperParameters": {f"p{number}": str(number) for number in range(20)},
        "AlgorithmSpecification": {"TrainingImage": "x" * 80, "TrainingInputMode": "File"},
    }
    with store.write() as transaction:
        transaction.connection.execute(
            insert(resources),
            [
                {
                    "kind": "TrainingJob", "region": "us-east-1", "key": name, "name": name,
                    "arn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}",
                    "status": chance.choice(STATUSES), "created": 1.7e9 + number * 300,
                    "modified": 1.7e9 + number * 300 + 60, "version": 5,
                    "body": body | {"TrainingJobName": name},
                }
                for number in range(rows)
                for name in [f"job-{chance.getrandbits(32):08x}-{number}"
                             + ("-rare" if number % (rows // 5) == 7 else "")]
            ],
        )  # fmt: skip


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = Store(f"sqlite:///{folder / 'studio.db'}")
        fill(store, rows)
        around = Surroundings(FolderObjects(folder), {}, folder / "bell", lambda *_: {})
        kind = TrainingJob(store, around)
        newest = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 100}
        after: Any = None
        for _ in range(min(899, rows // 100 - 2)):
            page = kind.list(newest | ({"NextToken": after} if after else {}), CALLER)
            after = page["NextToken"]
        lists: dict[str, dict[str, Any]] = {
            "first page": newest,
            "page 900": newest | {"NextToken": after},
            "rare NameContains": newest | {"NameContains": "RARE"},
            "Status filter, Name sort": {
                "StatusEquals": "Failed", "SortBy": "Name", "SortOrder": "Ascending",
            },
            "Status sort": {"SortBy": "Status", "SortOrder": "Ascending"},
        }  # fmt: skip
        for title, params in lists.items():
            wall = [_time(lambda given=params: kind.list(dict(given), CALLER)) for _ in range(15)]
            print(f"{title:<28} {statistics.median(wall) * 1000:6.1f} ms")
        store.close()


def _time(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    assert work()["TrainingJobSummaries"]
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
