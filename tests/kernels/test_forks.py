"""Fork servers: what their children are, how they end, and when they refuse."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio_ext.kernels import environment
from studio_ext.kernels.client import ForkRefused, ServedChild, SpawnedChild, request
from studio_ext.kernels.forks import ForkServers
from studio_ext.processes import tree
from studio_ext.processes.identity import look


def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come true"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    process = look(pid)
    return process is None or process.zombie


@pytest.fixture
def runtime() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="studio-r-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def quick(runtime: Path) -> ForkServers:
    """Servers that import nothing but what they are made of."""
    forks = ForkServers(runtime, usual=False)
    forks.wait(os.environ, 60)
    return forks


def call(forks: ForkServers, target: str, args: Any, **more: Any) -> Any:
    null = os.open(os.devnull, os.O_RDWR)
    env = {**os.environ, **more.pop("env", {})}
    fds = more.pop("fds", None) or [null, 1, 2]
    try:
        return forks.call(target, args, env=env, cwd=more.pop("cwd", Path("/")), fds=fds, **more)
    finally:
        os.close(null)


def python(forks: ForkServers, code: str, **more: Any) -> Any:
    return call(forks, "builtins:exec", [code], **more)


def answer(forks: ForkServers, expression: str, **more: Any) -> Any:
    """What a forked child makes of an expression."""
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    child = python(forks, f"import json, os\nprint(json.dumps({expression}))",
                   fds=[null, writer, 2], **more)  # fmt: skip
    os.close(writer)
    os.close(null)
    with os.fdopen(reader) as stream:
        text = stream.read()
    assert child.wait(20) == 0
    assert isinstance(child, ServedChild)
    return json.loads(text)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("raise SystemExit('words')", 1),
        ("import os; os._exit(3)", 3),
        ("1 / 0", 1),
        ("import os; os.kill(os.getpid(), 11)", -11),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import atexit, os; atexit.register(os._exit, 5)", 5),
        ("import threading, time, os\n"
         "threading.Thread(target=lambda: (time.sleep(.2), os._exit(6))).start()", 6),
    ],
)  # fmt: skip
def test_exit_statuses(quick: ForkServers, code: str, status: int) -> None:
    child = python(quick, code)
    assert isinstance(child, ServedChild)
    assert child.wait(20) == status
    assert child.poll() == status
    assert child.rusage is not None
    assert quick.health()[0]["children"] == []
    quick.close()


def test_what_a_child_is(quick: ForkServers, tmp_path: Path) -> None:
    marker = {"MARK": "x", "TZ": "Asia/Tokyo", "OMP_NUM_THREADS": "1"}
    found = answer(
        quick,
        "{'cwd': os.getcwd(), 'env': dict(os.environ), 'sid': os.getsid(0) == os.getpid(),"
        " 'fds': sorted(os.listdir('/proc/self/fd')), 'tz': __import__('time').tzname[0],"
        " 'argv': __import__('sys').argv, 'path': __import__('sys').path[0],"
        " 'threads': len(os.listdir('/proc/self/task')),"
        " 'oom': open('/proc/self/oom_score_adj').read(),"
        " 'int': __import__('signal').getsignal(2) is __import__('signal').default_int_handler,"
        " 'chld': __import__('signal').getsignal(17) == 0}",
        cwd=tmp_path,
        env=marker,
    )
    assert found["cwd"] == str(tmp_path)
    assert found["env"] == {**os.environ, **marker}
    assert found["sid"]
    assert found["fds"] == ["0", "1", "2", "3"]  # 3 is the directory being listed
    assert found["tz"] == "JST"
    assert found["argv"] == ["builtins:exec"]
    assert found["path"] not in ("", "/")
    assert found["threads"] == 1
    assert found["oom"].strip() == "500"
    assert found["int"]
    assert found["chld"]
    quick.close()


def test_random_numbers_differ(servers: ForkServers) -> None:
    drawn = [
        answer(
            servers,
            "[__import__('random').random(), __import__('numpy').random.rand(),"
            " __import__('numpy').random.default_rng().random(), __import__('uuid').uuid4().hex,"
            " __import__('multiprocessing').current_process().authkey.hex()]",
        )
        for _ in range(2)
    ]
    for one, other in zip(*drawn, strict=True):
        assert one != other


def test_no_descriptor_or_zombie_is_left(quick: ForkServers) -> None:
    server = quick.health()[0]["pid"]
    before = len(os.listdir(f"/proc/{server}/fd"))
    gc.collect()  # what earlier tests let go of must not be counted now and closed later
    ours = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        assert python(quick, "pass").wait(20) == 0
    until(lambda: len(os.listdir(f"/proc/{server}/fd")) <= before)
    assert len(os.listdir("/proc/self/fd")) <= ours
    assert tree.children(server) == []
    quick.close()


def test_limits(quick: ForkServers) -> None:
    child = python(quick, "bytearray(3 << 30)", limits={"RLIMIT_AS": 2 << 30})
    assert child.wait(20) == 1
    assert python(quick, "bytearray(3 << 20)", limits={"RLIMIT_AS": 2 << 30}).wait(20) == 0
    quick.close()


def test_a_server_survives_its_children_and_bad_requests(quick: ForkServers) -> None:
    path = quick.warm(os.environ)
    assert path is not None
    for junk in (b"", b"{\n", b'{"kind": "rm"}\n', b'{"kind": "call"}\n', b"[]\n"):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(path))
            raw.sendall(junk)
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(20)
            said = raw.recv(1000)
            assert b"refused" in said
    assert python(quick, "pass").wait(20) == 0
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    quick.close()


def test_the_owner_leaves(quick: ForkServers, runtime: Path) -> None:
    """Runners go on; the server waits for them, out of reach, and then leaves."""
    server = quick.health()[0]["pid"]
    child = python(quick, "import time; time.sleep(2.5)")
    quick._drop(environment.key(os.environ))
    until(lambda: not list(runtime.iterdir()))
    assert child.poll() is None
    assert child.wait(20) == 0
    until(lambda: gone(server))


def test_runners_outlive_a_killed_server(quick: ForkServers, tmp_path: Path) -> None:
    server = quick.health()[0]["pid"]
    code = f"import time; time.sleep(1); open({str(tmp_path / 'done')!r}, 'w')"
    child = python(quick, code)
    os.kill(server, signal.SIGKILL)
    until((tmp_path / "done").exists)
    assert child.wait(20) in (0, -9999)
    # The next call works at once, and a new server comes by itself.
    assert python(quick, "pass").wait(30) == 0
    until(lambda: quick.warm(os.environ) is not None, 60)
    assert isinstance(python(quick, "pass"), ServedChild)
    quick.close()


def test_a_signal_right_after_the_fork_is_the_childs(quick: ForkServers) -> None:
    for _ in range(20):
        child = call(quick, "time:sleep", [60])
        assert isinstance(child, ServedChild)
        child.terminate()
        assert child.wait(30) == -signal.SIGTERM
    assert len(quick.health()) == 1, "the server itself took it"


def test_a_tied_child_dies_with_its_handle(quick: ForkServers, tmp_path: Path) -> None:
    code = (
        "import subprocess, time\n"
        f"p = subprocess.Popen(['setsid', 'sleep', '100']); open({str(tmp_path / 'p')!r}, 'w')"
        ".write(str(p.pid)); time.sleep(100)"
    )
    tied, loose = python(quick, code, tied=True), python(quick, "import time; time.sleep(100)")
    until(lambda: (tmp_path / "p").exists() and (tmp_path / "p").read_text())
    tied.close()
    loose.close()
    until(lambda: gone(tied.pid))
    until(lambda: gone(int((tmp_path / "p").read_text())))
    assert not gone(loose.pid)
    os.kill(loose.pid, signal.SIGKILL)
    quick.close()


@pytest.mark.parametrize("survive", [False, True])
def test_orphans_of_dead_children(quick: ForkServers, tmp_path: Path, survive: bool) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess\n"
        "a = subprocess.Popen(['sleep', '100'])\n"
        f"open({str(pids)!r}, 'w').write(str(a.pid))\n"
        "os._exit(0)"
    )
    assert python(quick, code, survive=survive).wait(20) == 0
    orphan = int(pids.read_text())
    if survive:
        assert python(quick, "pass").wait(20) == 0  # another death, another look
        assert not gone(orphan)
        os.kill(orphan, signal.SIGKILL)
    until(lambda: gone(orphan))
    quick.close()


def test_changed_files_retire_a_server(runtime: Path, tmp_path: Path) -> None:
    module = tmp_path / "preloaded_here.py"
    module.write_text("VALUE = 1\n")
    forks = ForkServers(runtime, modules=["preloaded_here"], usual=False)
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    try:
        first = forks.wait(env, 60)["pid"]
        assert answer(forks, "__import__('preloaded_here').VALUE", env=env) == 1
        running = python(forks, "import time; time.sleep(4)", env=env)
        module.write_text("VALUE = 23\n")
        until(lambda: isinstance(python(forks, "pass", env=env), SpawnedChild), 10)
        assert running.poll() is None  # what runs is left alone
        assert forks.wait(env, 60)["pid"] != first
        assert answer(forks, "__import__('preloaded_here').VALUE", env=env) == 23
        assert running.wait(20) == 0
        until(lambda: gone(first))
    finally:
        forks.close()


def test_a_module_that_starts_a_thread_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "starts_a_thread.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    forks = ForkServers(runtime, modules=["starts_a_thread"], usual=False)
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    try:
        with pytest.raises(ForkRefused, match="2 threads after preloading"):
            forks.wait(env, 60)
        child = python(forks, "pass", env=env)
        assert isinstance(child, SpawnedChild)
        assert child.wait(30) == 0
    finally:
        forks.close()


def test_variables_that_count_at_import_have_a_server_of_their_own(quick: ForkServers) -> None:
    plain = dict(os.environ)
    assert environment.key(plain) == environment.key({**plain, "OMP_NUM_THREADS": "3", "A": "b"})
    other = {**plain, "PYTHONHASHSEED": "5"}
    assert environment.key(plain) != environment.key(other)
    child = python(quick, "pass", env=other)
    assert isinstance(child, SpawnedChild)
    assert child.wait(30) == 0
    quick.wait(other, 60)
    assert answer(quick, "__import__('sys').flags.hash_randomization", env=other) == 1
    assert len({entry["pid"] for entry in quick.health()}) == 2
    quick.close()


def test_files_that_hide_modules(tmp_path: Path) -> None:
    assert environment.shadows(tmp_path, ["numpy.random", "pandas"]) is None
    (tmp_path / "numpy.txt").touch()
    assert environment.shadows(tmp_path, ["numpy.random"]) is None
    (tmp_path / "numpy.py").touch()
    assert environment.shadows(tmp_path, ["numpy.random"]) == "numpy.py"
    (tmp_path / "pandas").mkdir()  # gives way to the package of its name
    assert environment.shadows(tmp_path, ["pandas"]) is None
    (tmp_path / "pandas" / "__init__.py").touch()
    assert environment.shadows(tmp_path, ["pandas"]) == "pandas"


def test_a_style_file_counts(tmp_path: Path) -> None:
    plain = environment.key({"HOME": str(tmp_path)}, tmp_path)
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 50\n")
    assert environment.key({"HOME": str(tmp_path)}, tmp_path) != plain
    assert environment.key({"HOME": str(tmp_path)}) == plain


def test_two_owners_share_no_socket(quick: ForkServers, runtime: Path) -> None:
    other = ForkServers(runtime, usual=False)
    with pytest.raises(ForkRefused, match="another fork server"):
        other.wait(os.environ, 60)
    assert python(quick, "pass").wait(20) == 0
    quick.close()
    other.close()


def test_a_server_without_owner_leaves_when_idle(runtime: Path) -> None:
    forks = ForkServers(runtime, usual=False, owned=False, idle=1.0)
    pid = forks.wait(os.environ, 60)["pid"]
    path = forks.warm(os.environ)
    assert path is not None
    again = ForkServers(runtime, usual=False, owned=False)
    assert again.warm(os.environ) == path  # another process of the user finds it
    connection, said, _, _ = request(path, {"kind": "ping"})
    connection.close()
    assert said["pid"] == pid
    until(lambda: gone(pid))
    assert list(runtime.iterdir()) == []


def test_fork_without_a_handle(quick: ForkServers, tmp_path: Path) -> None:
    out = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    pid = quick.fork("builtins:print", ["hello"], env=os.environ, cwd=tmp_path, output=out)
    os.close(out)
    assert pid is not None
    until(lambda: gone(pid))
    assert (tmp_path / "log").read_text() == "hello\n"
    quick.close()


def test_a_call_where_nothing_forks(tmp_path: Path) -> None:
    """A fresh process does the same."""
    from studio_ext.kernels.client import spawn

    (tmp_path / "json.py").write_text("raise RuntimeError('hidden')")
    null = os.open(os.devnull, os.O_RDWR)
    code = "import json, sys, os; sys.exit(len(sys.argv) + 10 * (os.getsid(0) == os.getpid()))"
    child = spawn("builtins:exec", [code], env=os.environ, cwd=tmp_path, fds=[null, 1, 2])
    assert child.wait(30) == 11
    os.close(null)


def test_import_is_possible_everywhere() -> None:
    """Systems without forking import the package and fall back."""
    code = (
        "import os, signal, sys, papermill\n"
        "sys.platform = 'darwin'\n"
        "for name in ('pidfd_open',): delattr(os, name)\n"
        "delattr(signal, 'pidfd_send_signal')\n"
        "import studio_ext.kernels.execute, studio_ext.kernels.forks as forks, pathlib\n"
        "assert forks.ForkServers(pathlib.Path('/none')).warm(os.environ) is None\n"
        "from studio_ext.processes import tree; from studio_ext.kernels import confine\n"
        "assert tree.everyone() == {}\n"
        "assert 'Linux' in confine.bind_opt_ml(pathlib.Path('/'))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=env)
