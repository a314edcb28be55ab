"""``studio start``, ``stop`` and ``status``, on a home of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from studio_ext.home import Home
from studio_ext.launch import end

from ..daemon import PATIENCE, notebook
from .conftest import STUDIO, Verb


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "run").mkdir()
    names = {"STUDIO_HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run")}
    with mock.patch.dict(os.environ, names):
        found = Home.current()
        yield found
        end(found)
    assert [path for path in (folder / "run").rglob("*") if path.is_socket()] == []


def pid(home: Home) -> int:
    found = home.daemon()
    assert found is not None
    return int(found["pid"])


def test_without_a_daemon(studio: Verb, home: Home) -> None:
    code, out, err = studio("status")
    assert (code, err) == (1, "")
    assert out == f"no daemon is running in {home.root}; start one with: studio start\n"
    assert studio("stop") == (0, "no daemon is running; start one with: studio start\n", "")
    assert not home.root.exists()


def test_two_at_once_start_one(home: Home) -> None:
    starts = [
        subprocess.Popen([*STUDIO, "start"], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for start in starts:
        out, _ = start.communicate(timeout=120)
        assert start.returncode == 0
        assert f"its home is {home.root}" in out
    assert home.daemon() is not None


def test_starting_again_is_status(studio: Verb, home: Home) -> None:
    before = pid(home)
    assert studio("start") == studio("status")
    code, out, _ = studio("status")
    assert code == 0
    url = home.daemon()["url"]  # type: ignore[index]
    assert f"answers at {url}; its home is {home.root}\n  nothing is running" in out
    assert pid(home) == before


def test_options_make_a_new_daemon_on_the_same_port(
    studio: Verb, home: Home, tmp_path: Path
) -> None:
    before = home.daemon()
    assert before is not None
    code, out, _ = studio("start", "--root", tmp_path, "--grace", "1")
    assert code == 0
    assert pid(home) != before["pid"]
    assert f"Studio answers at {before['url']}" in out
    assert tmp_path.resolve() in home.roots


def test_jobs_are_shown_and_stopped(studio: Verb, home: Home, tmp_path: Path) -> None:
    (tmp_path / "long.ipynb").write_text(notebook("import time\ntime.sleep(300)"))
    words = [*STUDIO, "run", str(tmp_path / "long.ipynb"), "--name", "long"]
    watching = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    limit = time.monotonic() + PATIENCE
    while "  long " not in studio("status")[1]:
        assert watching.poll() is None, watching.communicate()[0]
        assert time.monotonic() < limit
        time.sleep(0.1)
    code, out, _ = studio("stop", "--jobs")
    assert (code, out) == (0, "the daemon has ended\n")
    assert home.daemon() is None
    watching.communicate(timeout=120)
    assert watching.returncode == 1


def test_a_port_that_is_taken(studio: Verb, home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = studio("start", "--port", port)
    assert (code, out) == (1, "")
    assert err.startswith(f"studio: the daemon did not start: port {port} on 127.0.0.1 is taken")
    assert "studio start --port 0" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "70000"), "argument --port: invalid port value: '70000'"),
        (("--port", "http"), "argument --port: invalid port value: 'http'"),
        (("--root", "/nowhere/at/all"), "argument --root: invalid folder value: '/nowhere/at/all'"),
    ],
)
def test_options_that_are_wrong(studio: Verb, words: tuple[str, ...], said: str) -> None:
    code, _, err = studio("start", *words)
    assert code == 2
    assert said in err
