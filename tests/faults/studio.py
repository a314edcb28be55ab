"""A Studio under fire: a real daemon in a home of its own, and a hand that kills."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import nbformat
from botocore.config import Config

from studio_ext.home import Home
from studio_ext.processes import tree as family
from studio_ext.processes.identity import Identity, look

from .notebooks import JOBS, notebook

PATIENCE = 120.0  # seconds for anything that must happen; a noisy machine is slow, not wrong
ENDED = {"Completed", "Failed", "Stopped"}
BUCKET = "faults"
ROLE = "arn:aws:iam::123456789012:role/StudioExecutionRole"
SERVE = Path(__file__).with_name("serve.py")


def until(found: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true answer of ``found``, asked again and again."""
    began = time.monotonic()
    while not (answer := found()):
        now = time.monotonic()
        assert now - began < patience, f"waited {patience:g} s for {what}"
        time.sleep(min(0.1, 0.01 + (now - began) / 20))
    return answer


class Studio:
    """One home, its daemon, and clients of it."""

    def __init__(self, root: Path, *, home: Path | None = None, grace: float = 3.0) -> None:
        self.root, self.grace = root, grace
        self.home = Home(home or root / "home")
        self.failpoints, self.witnesses = root / "failpoints", root / "witnesses"
        self.temporary = root / "tmp"
        for folder in (self.failpoints, self.witnesses, self.temporary, root / "run"):
            folder.mkdir()
        self.daemon: subprocess.Popen[bytes] | None = None
        self.hands = ThreadPoolExecutor(8)
        self._count = 0
        self.reader = PollingReader(self.home)

    # -- the daemon -------------------------------------------------------------------------

    @property
    def runtime(self) -> Path:
        (found,) = (self.root / "run").iterdir()
        return found

    def launch(self, **variables: str) -> subprocess.Popen[bytes]:
        """Start a daemon, whether or not there is one."""
        env = {n: v for n, v in os.environ.items() if not n.startswith(("STUDIO_", "AWS_"))}
        env |= {
            "STUDIO_HOME": str(self.home.root),
            "STUDIO_FAILPOINTS": str(self.failpoints),
            "STUDIO_CORES": "4",
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **variables,
        }
        with open(self.root / "daemon.out", "ab") as out:
            return subprocess.Popen(
                [sys.executable, str(SERVE), "--grace", str(self.grace)],
                env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    def start(self, **variables: str) -> None:
        """Start the daemon and wait until it serves."""
        self.daemon = self.launch(**variables)
        record = until(self._serves, "the daemon to serve")
        assert record["pid"] == self.daemon.pid
        keys = json.loads((self.home.identity / "keys.json").read_text())
        session = boto3.session.Session(keys["access_key"], keys["secret_key"])
        config = Config(connect_timeout=5, read_timeout=100, retries={"max_attempts": 0})
        where = {"endpoint_url": record["url"], "region_name": "us-east-1", "config": config}
        self.sagemaker = session.client("sagemaker", **where)
        self.s3 = session.client("s3", **where)

    def _serves(self) -> Any:
        assert self.daemon is not None
        assert self.daemon.poll() is None, (self.root / "daemon.out").read_text()[-2000:]
        return self.home.daemon()

    def furnish(self) -> None:
        """Put the notebooks into the bucket."""
        self.s3.create_bucket(Bucket=BUCKET)
        for name in JOBS:
            body = notebook(name).encode()
            self.s3.put_object(Bucket=BUCKET, Key=f"code/{name}.ipynb", Body=body)

    def warm(self) -> None:
        """Wait for a fork server."""
        until(lambda: list(self.runtime.glob("fork-*.sock")), "a fork server")

    def stop(self) -> None:
        """SIGTERM the daemon and wait for its end."""
        assert self.daemon is not None
        self.daemon.terminate()
        assert self.daemon.wait(PATIENCE) == 0

    def close(self) -> None:
        for path in self.failpoints.iterdir():
            path.unlink(missing_ok=True)
        self.reader.stop()
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.kill()
            self.daemon.wait()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.hands.shutdown()

    # -- jobs -------------------------------------------------------------------------------

    def submit(self, job: str = "steady", pause: float = 0.0, **more: Any) -> str:
        """Create a training job in the background; returns its name."""
        self._count += 1
        name = f"{job}-{self._count}"
        request = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": f"s3://{BUCKET}/code/{job}.ipynb",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
            },
            "HyperParameters": {"witness": str(self.witnesses / name), "pause": str(pause)},
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            **more,
        }  # fmt: skip
        self.created: Future[Any] = self.hands.submit(self.sagemaker.create_training_job, **request)
        return name

    def stop_job(self, name: str) -> Future[Any]:
        return self.hands.submit(self.sagemaker.stop_training_job, TrainingJobName=name)

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.sagemaker.describe_training_job(TrainingJobName=name))

    def status(self, name: str) -> str:
        """As the database has it, whether or not a daemon is there; ``""`` for no such job."""
        found = self.rows("SELECT status FROM resources WHERE key = ?", name)
        return str(found[0][0]) if found else ""

    def end_of(self, name: str) -> dict[str, Any]:
        """Wait for the job's end; its description."""
        until(lambda: self.status(name) in ENDED, f"the end of {name}")
        return self.describe(name)

    def rows(self, query: str, *values: Any) -> list[Any]:
        database = self.home.root / "studio.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as found:
            return found.execute(query, values).fetchall()

    def folder(self, name: str) -> Path:
        """The folder of the newest attempt."""
        return max(
            (self.home.jobs / "TrainingJob" / "us-east-1" / name).iterdir(),
            key=lambda path: int(path.name),
        )

    def noted(self, name: str) -> list[str]:
        """What the job says it did."""
        path = self.witnesses / name
        return path.read_text().split() if path.exists() else []

    def objects(self, name: str) -> set[str]:
        """What the job published, below its output."""
        place = self.home.buckets / BUCKET / "out" / name / "output"
        return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}

    # -- processes --------------------------------------------------------------------------

    def runner(self, name: str) -> int | None:
        """The job's runner, if one lives."""
        try:
            said = json.loads((self.folder(name) / "runner.json").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return said["pid"] if Identity(said["pid"], said["started"]).alive() else None

    def kernel(self, name: str) -> int | None:
        runner = self.runner(name)
        kernels = [] if runner is None else family.children(runner)
        return kernels[0] if kernels else None

    def fork_server(self) -> int | None:
        assert self.daemon is not None
        for pid in family.children(self.daemon.pid):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_text()
                if "forkserver" in words and Identity.of(pid):
                    return pid
        return None

    def kill(self, pid: int) -> float:
        """SIGKILL; returns when (monotonic seconds), once it is dead."""
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        if self.daemon is not None and pid == self.daemon.pid:
            self.daemon.wait()
        until(lambda: Identity.of(pid) is None, f"the death of {pid}")
        return began

    def processes(self) -> list[int]:
        """Everything that has to do with this home: by command, environment, folder or file."""
        needle = os.fsencode(self.root)
        return [
            pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
            if pid != os.getpid() and _alive(pid) and _mentions(pid, needle)
        ]  # fmt: skip

    # -- failpoints -------------------------------------------------------------------------

    def arm(self, step: str) -> None:
        (self.failpoints / f"{step}.reached").unlink(missing_ok=True)
        (self.failpoints / step).touch()

    def held(self, step: str) -> int:
        """Wait until a process is held at the step; which."""
        reached = self.failpoints / f"{step}.reached"
        return int(until(lambda: reached.exists() and reached.read_text(), f"{step} to be reached"))

    def release(self, step: str) -> None:
        (self.failpoints / step).unlink(missing_ok=True)


class PollingReader:
    """Reads every output notebook of a home all the while, and remembers what it cannot parse."""

    def __init__(self, home: Home) -> None:
        self.reads, self.torn = 0, list[str]()
        self._home = home
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        seen: dict[Path, int] = {}
        while not self._ended.wait(0.03):
            for path in self._notebooks():
                with contextlib.suppress(FileNotFoundError):
                    changed = path.stat().st_mtime_ns
                    if seen.get(path) != changed:
                        self._read(path)
                        seen[path] = changed

    def _notebooks(self) -> Iterator[Path]:
        yield from self._home.jobs.glob("*/*/*/*/notebook.ipynb")
        yield from self._home.buckets.glob(f"{BUCKET}/out/*/output/notebook.ipynb")

    def _read(self, path: Path) -> None:
        text = path.read_text()
        try:
            nbformat.validate(nbformat.reads(text, as_version=4))
        except Exception as error:
            self.torn.append(f"{path} ({len(text)} characters): {error}")
        self.reads += 1


def _alive(pid: int) -> bool:
    found = look(pid)
    return found is not None and found.state not in "ZX"


def _mentions(pid: int, needle: bytes) -> bool:
    place = Path(f"/proc/{pid}")
    for name in ("cmdline", "environ", "maps"):
        with contextlib.suppress(OSError):
            if needle in (place / name).read_bytes():
                return True
    with contextlib.suppress(OSError):
        links = [place / "cwd", *(place / "fd").iterdir()]
        for link in links:
            with contextlib.suppress(OSError):
                if os.fsencode(os.readlink(link)).startswith(needle):
                    return True
    return False
