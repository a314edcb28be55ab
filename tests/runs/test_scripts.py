"""A script's source and its environment, before the notebook."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio_ext.bucket.folder import FolderObjects
from studio_ext.environments.environments import Environments
from studio_ext.environments.spec import Spec
from studio_ext.errors import StudioError
from studio_ext.runs import layout, scripts
from studio_ext.runs.journal import read, read_log
from studio_ext.runs.record import Exit
from studio_ext.runs.spec import Script, Spec as Orders

EMPTY = Spec("empty", f"{sys.version_info.major}.{sys.version_info.minor}", ())


@pytest.fixture
def objects(tmp_path: Path) -> FolderObjects:
    found = FolderObjects(tmp_path / "s3")
    found.create_bucket("here")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "run"
    layout.make(found, {})
    return found


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script("s3://here/sourcedir.tar.gz", EMPTY.plain(), str(tmp_path / "environments"))


def upload(objects: FolderObjects, *names: str) -> None:
    with tarfile.open(objects.root / "here" / "sourcedir.tar.gz", "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())


def test_the_source_is_unpacked(objects: FolderObjects, folder: Path, script: Script) -> None:
    upload(objects, "train.py", "more/helper.py")
    scripts.stage(script, folder, objects)
    found = sorted(path.name for path in (folder / layout.CODE).rglob("*.py"))
    assert found == ["helper.py", "train.py"]
    assert not list(folder.glob(".*"))


def test_a_source_that_is_gone(objects: FolderObjects, folder: Path, script: Script) -> None:
    with pytest.raises(StudioError, match=r"source s3://here/sourcedir.tar.gz is not there"):
        scripts.stage(script, folder, objects)


def test_a_source_that_leads_out(objects: FolderObjects, folder: Path, script: Script) -> None:
    upload(objects, "../train.py")
    with pytest.raises(StudioError, match=r"leads out of the archive"):
        scripts.stage(script, folder, objects)
    assert not list(folder.glob(".*"))


def test_the_environment_is_made_once(folder: Path, script: Script) -> None:
    assert not scripts.is_ready(script, folder)
    said: list[str] = []
    made = scripts.environment(script, folder, said.append)
    assert said[0].startswith("making the environment empty")
    assert scripts.is_ready(script, folder)
    said.clear()
    assert scripts.environment(script, folder, said.append).path == made.path
    assert said == []
    assert [each.path for each in Environments(Path(script.environments)).every()] == [made.path]


def test_requirements_make_another(
    folder: Path, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ..environments.wheels import wheel

    (tmp_path / "packages").mkdir()
    wheel(tmp_path / "packages", "one", "1.0")
    for name, value in (("FIND_LINKS", str(tmp_path / "packages")), ("NO_INDEX", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
    (folder / layout.CODE / "requirements.txt").write_text("one\n")
    assert not scripts.is_ready(script, folder)
    made = scripts.environment(script, folder, print)
    assert made.spec.requirements == ("one==1.0",)
    assert made.path.name != EMPTY.fingerprint


def test_texts_are_those_of_the_source(folder: Path) -> None:
    (folder / layout.CODE / "train.py").write_text("/opt/ml")
    assert list(scripts.texts(folder)) == ["/opt/ml"]


SLOW = Spec("slow", EMPTY.python, (), imports=("time; time.sleep(25)",))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_while_its_environment_is_made(
    objects: FolderObjects, folder: Path, tmp_path: Path, number: int
) -> None:
    """It ends at once, and no half of an environment is there for the next."""
    upload(objects, "train.py")
    room = tmp_path / "environments"
    orders = Orders(
        job="TrainingJob/a", token=7, bell=str(tmp_path / "bell"), grace=60.0,
        objects={"root": str(objects.root)}, notebook=str(tmp_path / "none.ipynb"),
        engine="inprocess",
        script=Script("s3://here/sourcedir.tar.gz", SLOW.plain(), str(room)),
    )  # fmt: skip
    orders.write(folder)
    with subprocess.Popen([sys.executable, "-m", "studio_ext.runs.runner", str(folder)]) as runner:
        until(lambda: any("trying to import" in each["m"] for each in read_log(folder)))
        began = time.monotonic()
        runner.send_signal(number)
        runner.wait(30)
    assert time.monotonic() - began < 15
    phases = [entry["name"] for entry in read(folder, "events.jsonl") if entry["event"] == "phase"]
    assert phases == ["Downloading", "DownloadingTrainingImage"]
    assert Environments(room).every() == []
    if number == signal.SIGTERM:
        end = Exit.read(folder)
        assert end is not None
        assert (end.outcome, end.files) == ("stopped", {})
    else:
        Environments(room).sweep()
    assert [path.name for path in room.iterdir()] == [f"{SLOW.fingerprint}.lock"]


def until(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.05)
