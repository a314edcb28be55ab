"""One notebook by each engine against papermill with the stock kernel.

    python -m tests.benchmarks.kernels [rounds]

Rounds are interleaved; medians are printed, and the medians of the ratios within a round. CPU is
that of all processes of an execution: the runner, its kernel and what they start. CPU counts, wall
time is beside it. Both sides have OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from studio_ext.kernels.client import ForkRefused
from studio_ext.kernels.forks import ForkServers

HEAVY = [
    "alpha = 1",
    "import numpy as np, pandas as pd, sklearn, matplotlib.pyplot as plt, xgboost as xgb\n"
    "from sklearn.linear_model import LogisticRegression\nfrom sklearn.datasets import load_iris",
    "X, y = load_iris(return_X_y=True)\nm = LogisticRegression(max_iter=200).fit(X, y)\n"
    "b = xgb.XGBClassifier(n_estimators=5, nthread=1).fit(X, y)",
    "print(m.score(X, y), b.score(X, y))",
]
STANDARD = [
    "alpha = 1",
    "import json, statistics, csv",
    "x = statistics.mean(range(100))",
    "print(x)",
]
UNKNOWN = [
    "alpha = 1",
    "import sqlalchemy.orm, cryptography.x509, hypothesis",
    "print(hypothesis.__name__)",
    "alpha",
]
NOTEBOOKS = {"heavy": HEAVY, "standard library": STANDARD, "not preloaded": UNKNOWN}
ENGINES = ("stock", "fork", "inprocess")

PAPERMILL = """
import json, logging, resource, sys, time, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
import papermill
from nbformat.v4 import new_code_cell, new_notebook
cells, output = json.loads(sys.argv[1]), sys.argv[2]
nb = new_notebook(cells=[new_code_cell(cell) for cell in cells])
nb.cells[0].metadata.tags = ["parameters"]
nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
def spent():
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
before, begin = spent(), time.perf_counter()
papermill.execute_notebook(nb, output, {"alpha": 2}, progress_bar=False)
print(spent() - before, time.perf_counter() - begin)
"""


def papermill(cells: list[str], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of ``papermill.execute_notebook``, without papermill's own import."""
    done = subprocess.run(
        [sys.executable, "-c", PAPERMILL, json.dumps(cells), str(folder / "papermill.ipynb")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    cpu, wall = map(float, done.stdout.split())
    return cpu, wall


def run(cells: list[str], folder: Path, engine: str) -> None:
    """Execute in this process, a forked runner."""
    from nbformat.v4 import new_code_cell, new_notebook

    from studio_ext.kernels.execute import execute
    from studio_ext.kernels.outcome import Silent

    nb = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    nb.cells[0].metadata["tags"] = ["parameters"]
    outcome = execute(
        nb, folder / "ours.ipynb", {"alpha": 2}, engine=engine,  # type: ignore[arg-type]
        cwd=folder, env=os.environ, listener=Silent(),
    )  # fmt: skip
    if (outcome.state, outcome.engine, outcome.fallback) != ("completed", engine, ""):
        sys.exit(f"{outcome}")


def ours(servers: ForkServers, cells: list[str], folder: Path, engine: str) -> tuple[float, float]:
    """CPU and wall seconds of a runner from the request to its end, all of it."""
    null = os.open(os.devnull, os.O_RDWR)
    arguments = {
        "path_name": __file__,
        "init_globals": {"REQUEST": [cells, str(folder), engine]},
        "run_name": "runner",
    }
    order = {"kind": "call", "target": "runpy:run_path", "args": arguments, "argv": ["benchmark"]}
    try:
        while True:
            begin = time.perf_counter()
            try:
                child = servers.child(order, env=os.environ, cwd=folder, fds=[null, 1, 2])
                break
            except ForkRefused:  # a file on disk has changed
                servers.wait(os.environ, 300)
    finally:
        os.close(null)
    status = child.wait(300)
    wall = time.perf_counter() - begin
    assert status == 0, status
    assert child.rusage is not None
    return child.rusage[0] + child.rusage[1], wall


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = Path(tempfile.mkdtemp(prefix="studio-b-"))
    os.environ["OMP_NUM_THREADS"] = "1"
    servers = ForkServers(folder / "r")
    started = servers.wait(os.environ, 300)
    print(f"fork server: {started['seconds']} s to start, {os.cpu_count()} cores, {rounds} rounds")
    print(f"{'notebook':<17}{'engine':<11}{'CPU s':>8}{'wall s':>8}{'CPU':>8}{'wall':>8}")
    try:
        for name, cells in NOTEBOOKS.items():
            taken: dict[str, list[tuple[float, float]]] = {}
            for number in range(rounds + 1):
                for engine in ("papermill", *ENGINES):
                    spent = (
                        papermill(cells, folder)
                        if engine == "papermill"
                        else ours(servers, cells, folder, engine)
                    )
                    if number:  # the first round warms the disk
                        taken.setdefault(engine, []).append(spent)
            for engine, figures in taken.items():
                cpu, wall = (statistics.median(column) for column in zip(*figures, strict=True))
                pairs = list(zip(taken["papermill"], figures, strict=True))
                times = [
                    statistics.median(base[i] / figure[i] for base, figure in pairs) for i in (0, 1)
                ]
                print(
                    f"{name:<17}{engine:<11}{cpu:8.3f}{wall:8.3f}{times[0]:7.1f}x{times[1]:7.1f}x",
                    flush=True,
                )
    finally:
        servers.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
elif __name__ == "runner":
    cells, folder, engine = REQUEST  # type: ignore[name-defined]  # noqa: F821  given by run_path
    run(cells, Path(folder), engine)
