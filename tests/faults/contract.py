"""What must hold for a job that has ended, and for a home where all have, whatever was killed."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat

from .studio import BUCKET, ENDED, Studio, until

RUBBISH = (".studio_*", "studio-k-*")


def check_job(studio: Studio, name: str, allowed: Iterable[str]) -> dict[str, Any]:
    """The whole contract of one job; returns its description."""
    said = studio.end_of(name)
    status = said["TrainingJobStatus"]
    assert status in set(allowed), (name, status, said.get("FailureReason"))
    _check_history(studio, name, status)
    _check_secondary(said, retried="RetryStrategy" in said)
    _check_artefacts(studio, name, said)
    if "RetryStrategy" not in said:
        noted = studio.noted(name)
        assert noted.count("started") <= 1, f"{name} ran twice: {noted}"
        assert noted.count("finished") <= 1, f"{name} ran twice: {noted}"
        assert status != "Completed" or noted[-1:] == ["finished"], (name, noted)
    return said


def check_home(studio: Studio) -> None:
    """Nothing is left but the daemon, its fork server and what people asked for."""
    jobs = studio.rows("SELECT key, status FROM resources WHERE kind = 'TrainingJob'")
    assert jobs, "no job was created: nothing was proved"
    assert {status for _, status in jobs} <= ENDED, jobs
    assert studio.rows("SELECT token FROM attempts WHERE ended IS NULL") == []
    check_nobody_left(studio)
    assert sockets(studio) <= {"bell", "fork", "kernels"}  # the last is an empty folder
    rubbish = sorted(
        str(path) for pattern in RUBBISH for path in studio.root.rglob(pattern)
    )  # fmt: skip
    assert rubbish == []
    assert list(studio.temporary.iterdir()) == []
    assert studio.reader.torn == []
    assert studio.reader.reads > 0, "the reader read nothing"


def check_nobody_left(studio: Studio) -> None:
    """What jobs started has ended, or ends in a moment."""
    until(lambda: strangers(studio) == [], "all but the daemon's fork server to end", 60)


def strangers(studio: Studio) -> list[str]:
    """Processes of the home that are neither the daemon nor its fork server."""
    assert studio.daemon is not None
    ours = {studio.daemon.pid, studio.fork_server()}
    return [_words(pid) for pid in studio.processes() if pid not in ours]


def sockets(studio: Studio) -> set[str]:
    names = {path.name for path in studio.runtime.rglob("*")}
    return {"fork" if name.startswith("fork-") else name for name in names}


def check_gone(studio: Studio) -> None:
    """After the daemon has ended: no process, no socket."""
    until(lambda: studio.processes() == [], "every process of the home to end", 60)
    assert list((studio.root / "run").iterdir()) == []


def _check_history(studio: Studio, name: str, status: str) -> None:
    """Exactly one transition into a terminal status, and none after it."""
    history = [
        row[0] for row in studio.rows(
            "SELECT status FROM transitions WHERE key = ? ORDER BY seq", name
        )
    ]  # fmt: skip
    ends = [each for each in history if each in ENDED]
    assert ends == [status], (name, history)
    assert history[-1] == status, (name, history)


def _check_secondary(said: dict[str, Any], *, retried: bool) -> None:
    past = said["SecondaryStatusTransitions"]
    names = [each["Status"] for each in past]
    assert names[0] == "Starting", names
    assert all(before["EndTime"] == after["StartTime"] for before, after in pairwise(past)), past
    assert all(each["StartTime"] <= each["EndTime"] for each in past), past
    assert sum(name in ENDED | {"MaxRuntimeExceeded"} for name in names) == 1, names
    assert retried or len(set(names)) == len(names), f"told twice: {names}"


def _check_artefacts(studio: Studio, name: str, said: dict[str, Any]) -> None:
    status, found = said["TrainingJobStatus"], studio.objects(name)
    place = studio.home.buckets / BUCKET / "out" / name / "output"
    assert found <= {"model.tar.gz", "output.tar.gz", "notebook.ipynb"}, found
    assert ("ModelArtifacts" in said) == ("model.tar.gz" in found), (status, found)
    if status == "Completed":
        assert found == {"model.tar.gz", "output.tar.gz", "notebook.ipynb"}, found
        _check_notebook(place / "notebook.ipynb", whole=True)
    if status == "Failed":
        assert "model.tar.gz" not in found
        assert said["FailureReason"], said
    if "model.tar.gz" in found:
        assert {"weights.bin"} <= _members(place / "model.tar.gz")
    if "output.tar.gz" in found:
        assert {"result.txt"} <= _members(place / "output.tar.gz")
    if "notebook.ipynb" in found:
        _check_notebook(place / "notebook.ipynb", whole=False)


def _check_notebook(path: Path, *, whole: bool) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    if whole:
        statuses = {cell.metadata.papermill.status for cell in notebook.cells}
        assert statuses == {"completed"}, statuses


def _members(path: Path) -> set[str]:
    """Names in an archive, all of whose bytes are read."""
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is None or len(file.read()) == member.size
        return {member.name for member in archive}


def _words(pid: int) -> str:
    try:
        return f"{pid} {Path(f'/proc/{pid}/cmdline').read_text()[:200]}"
    except OSError:
        return f"{pid}"
