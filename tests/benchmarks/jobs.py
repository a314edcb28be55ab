"""A notebook through CreateTrainingJob against papermill with the stock kernel.

Run: ``python -m tests.benchmarks.jobs`` on a quiet machine. Rounds are interleaved; ratios are of
medians, and CPU counts every process that works on it: daemon, fork server, runner and
kernel on our side; papermill and its kernel on the other.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from studio_ext.cli.client import Api
from studio_ext.cli.demo import BUCKET, request, upload
from studio_ext.home import Home
from studio_ext.launch import end
from studio_ext.processes.tree import descendants

NOTEBOOKS: dict[str, list[str]] = {
    "four cells, the usual libraries": [
        "n = 5",
        "import numpy as np, pandas as pd, sklearn, matplotlib.pyplot as plt, xgboost as xgb\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.datasets import load_iris",
        "X, y = load_iris(return_X_y=True)\n"
        "a = LogisticRegression(max_iter=200).fit(X, y).score(X, y)\n"
        "b = xgb.XGBClassifier(n_estimators=n, nthread=1).fit(X, y).score(X, y)",
        "print(a, b)",
    ],
    "standard library only": ["n = 5", "import json, math", "x = math.sqrt(n)", "print(x)"],
    "libraries that are not preloaded": [
        "n = 5", "import sqlalchemy.orm, cryptography.x509, boto3", "x = n * 2", "print(x)",
    ],
}  # fmt: skip


def cpu(pids: list[int]) -> float:
    """Seconds that processes and their buried children have worked."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / os.sysconf("SC_CLK_TCK")


def own_cpu() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def papermill(path: Path, folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one run with the stock kernel."""
    import papermill as library

    wall, work = time.perf_counter(), own_cpu()
    library.execute_notebook(str(path), str(folder / "out.ipynb"), progress_bar=False)
    return time.perf_counter() - wall, own_cpu() - work


class Studio:
    """A daemon of its own."""

    def __init__(self, folder: Path) -> None:
        self.api = Api(Home(folder))
        self.sagemaker, self.s3 = self.api.client("sagemaker"), self.api.client("s3")
        self.s3.create_bucket(Bucket="bench")
        self.count = 0

    def put(self, path: Path) -> str:
        self.s3.upload_file(str(path), "bench", path.name)
        return f"s3://bench/{path.name}"

    def create(self, image: str) -> str:
        self.count += 1
        name = f"bench-{self.count}"
        whole = request(name) | {
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "HyperParameters": {},
            "OutputDataConfig": {"S3OutputPath": "s3://bench/out"},
        }
        del whole["InputDataConfig"]
        self.sagemaker.create_training_job(**whole)
        return name

    def wait(self, name: str) -> dict[str, Any]:
        while True:
            job: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
            if job["TrainingJobStatus"] not in ("InProgress", "Stopping"):
                assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
                return job
            time.sleep(0.02)

    def run(self, image: str) -> tuple[float, float]:
        """Wall seconds by the server's own times, and CPU seconds of all its processes."""
        before = self.cpu()
        job = self.wait(self.create(image))
        time.sleep(0.1)  # the runner's and the kernel's burial
        return server_seconds(job), self.cpu() - before

    def cpu(self) -> float:
        daemon = self.api.daemon["pid"]
        return cpu([daemon, *(process.pid for process in descendants(daemon))])


def server_seconds(job: dict[str, Any]) -> float:
    return float((job["LastModifiedTime"] - job["CreationTime"]).total_seconds())


def compare(studio: Studio, folder: Path, rounds: int) -> None:
    print(f"{'notebook':<34} {'':>10} {'ours':>8} {'papermill':>10} {'ratio':>7}")
    for title, cells in NOTEBOOKS.items():
        path = folder / f"{title.replace(' ', '-').replace(',', '')}.ipynb"
        book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        book.cells[0].metadata["tags"] = ["parameters"]
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
        nbformat.write(book, path)
        image = studio.put(path)
        studio.run(image), papermill(path, folder)  # both warm
        pairs = [(studio.run(image), papermill(path, folder)) for _ in range(rounds)]
        for index, what in enumerate(("wall s", "CPU s")):
            ours = statistics.median(pair[0][index] for pair in pairs)
            peer = statistics.median(pair[1][index] for pair in pairs)
            print(f"{title:<34} {what:>10} {ours:>8.3f} {peer:>10.3f} {peer / ours:>6.1f}x")
            title = ""


def throughput(studio: Studio, folder: Path, jobs: int) -> None:
    path = next(folder.glob("four*.ipynb"))
    image = f"s3://bench/{path.name}"

    def ours() -> float:
        began = time.perf_counter()
        names = [studio.create(image) for _ in range(jobs)]
        ends = [studio.wait(name) for name in names]
        assert ends
        return jobs / (time.perf_counter() - began)

    def peers(each: int = 2) -> float:
        began = time.perf_counter()
        once = f"papermill --no-progress-bar {path} {folder}/$0-$i.ipynb 2>/dev/null"
        line = f"for i in $(seq {each}); do {once}; done"
        running = [subprocess.Popen(["sh", "-c", line, str(n)]) for n in range(2)]
        for process in running:
            process.wait()
        return 2 * each / (time.perf_counter() - began)

    pairs = [(ours(), peers()) for _ in range(3)]
    mine, other = (statistics.median(pair[index] for pair in pairs) for index in (0, 1))
    print(f"\njobs per second, two at a time: {mine:.2f}; two papermill CLIs: {other:.2f}; "
          f"{mine / other:.1f}x")  # fmt: skip


def demo(studio: Studio, rounds: int) -> None:
    from .algorithms import xgboost_job

    upload(studio.s3)
    room = Path(tempfile.mkdtemp(dir=studio.api.home.root))
    done: Callable[[str], dict[str, Any]] = studio.wait
    own, plain = [], []
    for number in range(rounds + 1):
        name = f"demo-{number}"
        studio.sagemaker.create_training_job(**request(name))
        own.append(server_seconds(done(name)))
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            xgboost_job(request(name)["HyperParameters"], _channels(studio), room / name)
        plain.append(time.perf_counter() - began)
    ours, function = statistics.median(own[1:]), statistics.median(plain[1:])
    print(f"\nthe demo's job: first after a cold start {own[0]:.2f} s, warm {ours:.2f} s; "
          f"as a function in a warm process {function:.2f} s; "
          f"target {2 * function + 0.5:.2f} s")  # fmt: skip


def _channels(studio: Studio) -> dict[str, Any]:
    root = studio.api.home.buckets / BUCKET
    return {
        "train": {"path": str(root / "digits"), "content_type": "text/csv"},
        "validation": {"path": str(root / "digits-validation"), "content_type": "text/csv"},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        home = folder / "home"
        try:
            studio = Studio(home)
            demo(studio, options.rounds)
            compare(studio, folder, options.rounds)
            throughput(studio, folder, 12)
            print(json.dumps({"python": sys.version.split()[0], "load": os.getloadavg()}))
        finally:
            end(Home(home))


if __name__ == "__main__":
    main()
