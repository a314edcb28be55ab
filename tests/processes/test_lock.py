"""A lock is one process's, and ends with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from studio_ext.processes.lock import Lock


def test_a_lock_is_taken_once(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.take()
    assert first.take(), "it is ours already"
    assert not second.take()
    first.release()
    first.release()
    assert second.take()
    assert not first.take()
    second.release()
    assert (tmp_path / "lock").exists(), "removing the file would let two hold it"


def test_a_shared_lock_keeps_out_who_wants_it_alone(tmp_path: Path) -> None:
    first, second, alone = (Lock(tmp_path / "lock") for _ in range(3))
    assert first.take(shared=True)
    assert second.take(shared=True)
    assert not alone.take()
    first.release()
    assert not alone.take()
    second.release()
    assert alone.take()
    assert not first.take(shared=True)


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from studio_ext.processes.lock import Lock;"
        "lock = Lock(Path(sys.argv[1])); print(lock.take(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        lock = Lock(path)
        assert not lock.take()
        holder.kill()
        holder.wait()
        assert lock.take()
        lock.release()


def test_what_we_start_does_not_hold_our_lock(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    with subprocess.Popen([sys.executable, "-ISc", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        assert Lock(tmp_path / "lock").take()
        child.kill()
