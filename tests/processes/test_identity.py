"""A process is told from every later one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from studio_ext.processes.identity import Identity, look

SLEEP = [sys.executable, "-ISc", "import time; time.sleep(600)"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP) as process:
        yield process
        process.kill()


def test_a_process_is_alive_until_it_ends(child: subprocess.Popen[bytes]) -> None:
    who = Identity.of(child.pid)
    assert who is not None
    assert who.alive()
    assert who.age() < 60
    assert who.send(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not who.alive(), "a corpse is not alive"
    assert who.open() is None
    assert not who.send(signal.SIGKILL)
    child.wait()
    assert Identity.of(child.pid) is None


def test_a_later_process_with_the_number_is_another(child: subprocess.Popen[bytes]) -> None:
    who = Identity.of(child.pid)
    assert who is not None
    earlier = Identity(who.pid, who.started - 1)
    assert not earlier.alive()
    assert earlier.open() is None
    assert not earlier.send(signal.SIGKILL)
    assert who.alive(), "the signal for the earlier one went to the later one"


def test_we_know_ourselves() -> None:
    own = Identity.own()
    assert own.pid == os.getpid()
    found = look(os.getpid())
    assert found is not None
    assert (found.parent, found.session) == (os.getppid(), os.getsid(0))


def test_a_name_with_brackets_and_blanks_is_no_trap() -> None:
    code = "open('/proc/self/comm', 'w').write('a) R 1 (b'); print('named', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-ISc", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"named\n"
        found = look(process.pid)
        process.kill()
    assert found is not None
    assert found.parent == os.getpid()


def test_no_process_has_a_negative_number() -> None:
    assert look(-1) is None
    assert Identity.of(-1) is None
    assert not Identity(-1, -1).alive()
