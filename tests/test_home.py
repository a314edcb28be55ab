"""Where a home lies, and whom it belongs to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_ext.files import write_json
from studio_ext.home import Home, UnsafeDirectory, UnusableHome
from studio_ext.processes.identity import Identity


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return Home(tmp_path / "home")


def test_the_current_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for value, place in (("", ".studio"), ("~/mine", "mine")):
        monkeypatch.setenv("STUDIO_HOME", value)
        assert Home.current().root == tmp_path / place
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDIO_HOME", "relative")
    assert Home.current().root == tmp_path / "relative"


def test_the_database_can_be_elsewhere(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.database == f"sqlite:///{home.root}/studio.db"
    monkeypatch.setenv("STUDIO_DATABASE", "postgresql://host/studio")
    assert home.database == "postgresql://host/studio"


def test_everything_is_for_its_owner_alone(home: Home) -> None:
    home.make()
    home.make()
    for folder in (home.root, home.buckets, home.jobs, home.identity, home.runtime):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_sockets_have_short_paths(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = Home(Path("/", *["a-long-name"] * 20))
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert len(str(deep.bell)) < 100
    assert deep.runtime != home.runtime
    assert str(os.getuid()) in deep.runtime.name  # the folder is shared with other users


@pytest.mark.parametrize("name", ["XDG_RUNTIME_DIR", "TMPDIR"])
def test_a_long_folder_for_sockets_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv(name, str(long))
    monkeypatch.setattr("tempfile.tempdir", None)
    home = Home(tmp_path)
    assert long not in home.runtime.parents
    deepest = home.runtime / "run-1234567890" / "studio-k-1234567-12345678" / "k-5"
    assert len(str(deepest)) <= 107


@pytest.mark.parametrize("spoil", ["open", "link"])
def test_a_folder_that_others_can_write_is_refused(home: Home, tmp_path: Path, spoil: str) -> None:
    if spoil == "open":
        home.runtime.mkdir()
        home.runtime.chmod(0o777)
    else:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        home.runtime.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeDirectory, match=f"rm -r {home.runtime}"):
        home.make()


def test_a_home_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableHome, match=r"file/home: Not a directory; .* export STUDIO_HOME="):
        Home(tmp_path / "file" / "home").make()


def test_served_folders_are_remembered_once(home: Home, tmp_path: Path) -> None:
    home.make()
    assert home.roots == ()
    write_json(home.settings, {"theme": "dark"})
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link", tmp_path / "home"):
        home.serve_root(folder)
    assert home.roots == (tmp_path, tmp_path / "home")
    assert '"theme": "dark"' in home.settings.read_text()


def test_a_daemon_is_one_that_lives(home: Home) -> None:
    home.make()
    assert home.daemon() is None
    own = Identity.own()
    write_json(home.record, {"pid": own.pid, "started": own.started})
    found = home.daemon()
    assert found is not None
    assert found["pid"] == os.getpid()
    write_json(home.record, {"pid": own.pid, "started": own.started + 1})  # its number was reused
    assert home.daemon() is None
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    who = Identity.of(child.pid)
    assert who is not None
    write_json(home.record, {"pid": who.pid, "started": who.started})
    assert home.daemon() is not None
    child.communicate()
    assert home.daemon() is None
