"""All that a job started is found, whatever it did to get away, and nobody else is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio_ext.processes import marks, tree
from studio_ext.processes.identity import Identity, look

# A runner as far as marks go: forks what `CHILD` does, and says every pid.
START = """
import os, subprocess, sys, time
from pathlib import Path
from studio_ext.processes import marks, tree
def say(pid):
    os.write(1, f"{pid}\\n".encode())
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., list[Identity]]]:
    """Run code in a process; returns the processes that it names, one a line, until ``end``."""
    started: list[subprocess.Popen[bytes]] = []
    named: list[Identity] = []

    def start(code: str, *, env: dict[str, str] | None = None) -> list[Identity]:
        process = subprocess.Popen(
            [sys.executable, "-c", START + code, str(tmp_path)],
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout is not None
        found = []
        for line in process.stdout:
            if line == b"end\n":
                break
            who = Identity.of(int(line))
            assert who is not None
            found.append(who)
        named.extend(found)
        return found

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    for who in named:
        who.send(tree.signal.SIGKILL)


def wait_for_end(found: list[Identity]) -> None:
    limit = time.monotonic() + 30
    while any(who.alive() for who in found):
        assert time.monotonic() < limit, f"{found} are still there"
        time.sleep(0.01)


FORKS = """
marks.mark(Path(sys.argv[1]))
if os.fork() == 0:
    os.setsid()
    os.closerange(3, 256)
    if os.fork() == 0:
        os.chdir("/")
        say(os.getpid())
        os.write(1, b"end\\n")
        time.sleep(600)
    os._exit(0)
os.wait()
os._exit(0)
"""


def test_forks_of_a_marked_process_carry_its_mark(
    start: Callable[..., list[Identity]], tmp_path: Path
) -> None:
    (child,) = start(FORKS)  # its parents are dead, its descriptors closed, its session its own
    assert child.alive()
    assert marks.marked(tmp_path) == [child.pid]
    assert marks.kill_marked(tmp_path) == 1
    wait_for_end([child])
    assert marks.kill_marked(tmp_path) == 0


STARTS = """
code = "import time; time.sleep(600)"
first = subprocess.Popen([sys.executable, "-ISc", code], start_new_session=True)
say(first.pid)
clean = "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-ISc', %r]," \\
    " env={}, start_new_session=True).pid, flush=True); print('end', flush=True);" \\
    " time.sleep(600)" % code
second = subprocess.Popen([sys.executable, "-ISc", clean])
say(second.pid)
second.wait()
"""


def test_what_was_started_is_found_by_environment_and_what_that_started_by_descent(
    start: Callable[..., list[Identity]], tmp_path: Path
) -> None:
    found = start(STARTS, env={marks.MARKER: str(tmp_path)})
    assert len(found) == 3
    assert marks.kill_marked(tmp_path) == 4, "they and the process that started them"
    wait_for_end(found)


def test_others_who_look_into_the_folder_are_left_alone(
    start: Callable[..., list[Identity]], tmp_path: Path
) -> None:
    (tmp_path / "log.jsonl").touch()
    (reader,) = start(
        "file = open(Path(sys.argv[1], 'log.jsonl')); os.chdir(sys.argv[1]);"
        "say(os.getpid()); os.write(1, b'end\\n'); time.sleep(600)",
        env={marks.MARKER: f"{tmp_path}0"},
    )
    assert marks.marked(tmp_path) == []
    assert marks.kill_marked(tmp_path) == 0
    assert reader.alive()


ORPHAN = """
tree.become_subreaper()
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(writer, b"here")
        time.sleep(600)
    os._exit(0)
os.wait()
os.read(reader, 4)
(orphan,) = tree.descendants(os.getpid())
say(orphan.pid)
sys.stdin.readline()
assert tree.kill_below(os.getpid()) == 1
assert tree.kill_below(os.getpid()) == 0
say(os.getpid())
os.write(1, b"end\\n")
time.sleep(600)
"""


def test_orphans_end_with_the_rest() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START + ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orphan = Identity.of(int(process.stdout.readline()))
        assert orphan is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert int(process.stdout.readline()) == process.pid
        assert not orphan.alive()
        process.kill()


def test_the_dead_are_buried() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    tree.bury()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_a_process_may_die_with_its_parent(start: Callable[..., list[Identity]]) -> None:
    (child,) = start(
        "import signal\n"
        "if os.fork() == 0:\n"
        "    tree.die_with_parent()\n"
        "    say(os.getpid()); os.write(1, b'end\\n'); time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    parent = Identity.of(look(child.pid).parent)
    assert parent is not None
    parent.send(tree.signal.SIGKILL)
    wait_for_end([child])
