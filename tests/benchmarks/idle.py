"""What Studio costs while nothing happens: memory and CPU of each process of a home.

Run: ``python -m tests.benchmarks.idle``. Memory is PSS: pages shared by n processes count an n-th
for each. The targets are 400 MB and 1 % of a core beside a bare JupyterLab.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from studio_ext.home import Home
from studio_ext.launch import end, ensure
from studio_ext.processes.tree import descendants

from .jobs import cpu

SETTLE, WATCH = 40.0, 30.0


def pss(pid: int) -> float:
    """Megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} tells no PSS")


def title(pid: int, daemon: int) -> str:
    return "daemon" if pid == daemon else "fork server"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        home = Home(Path(temporary))
        try:
            daemon = ensure(home)["pid"]
            time.sleep(SETTLE)
            pids = [daemon, *(process.pid for process in descendants(daemon))]
            before = {pid: cpu([pid]) for pid in pids}
            time.sleep(WATCH)
            print(f"{'process':<22} {'PSS MB':>8} {'% of a core':>12}")
            total = [0.0, 0.0]
            for pid in pids:
                work = 100 * (cpu([pid]) - before[pid]) / WATCH
                memory = pss(pid)
                total = [total[0] + memory, total[1] + work]
                print(f"{title(pid, daemon):<22} {memory:>8.0f} {work:>12.2f}")
            print(f"{'together':<22} {total[0]:>8.0f} {total[1]:>12.2f}")
        finally:
            end(home)


if __name__ == "__main__":
    main()
