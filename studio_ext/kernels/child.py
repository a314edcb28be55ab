"""Turning a fork of a warm process into what a fresh process would have been."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import itertools
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from studio_ext.kernels.environment import THREADS
from studio_ext.processes import tree

OOM_SCORE = 500  # a job dies before the daemon does


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to be.

    Attributes:
        argv: its ``sys.argv``.
        env: its whole environment.
        cwd: its working directory.
        fds: what becomes its descriptors 0, 1 and 2.
        keep: descriptors that stay open under their numbers.
        limits: resource limits, such as ``{"RLIMIT_AS": bytes}``.
        threads: raise BLAS and OpenMP to the threads that ``env`` asks for; starts threads.
        dies_with_parent: have the system kill it when its parent is gone.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    fds: Sequence[int]
    keep: Sequence[int] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    threads: bool = False
    dies_with_parent: bool = False


def run(order: Order, work: Callable[[], Any]) -> NoReturn:
    """In a child, right after the fork: become ``order``, do ``work``, and exit like Python."""
    code = 1
    try:
        become(order)
        work()
        code = 0
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            code = leaving.code or 0
        else:
            print(leaving.code, file=sys.stderr)
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    leave(code)


def leave(code: int) -> NoReturn:
    """End this process as a finished interpreter does: threads, exit handlers, buffers."""
    for end in (
        threading._shutdown,  # type: ignore[attr-defined]
        atexit._run_exitfuncs,
        sys.stdout.flush,
        sys.stderr.flush,
    ):
        try:
            end()
        except BaseException:
            code = code or 1
            with contextlib.suppress(BaseException):
                traceback.print_exc()
    os._exit(code & 0xFF)


def become(order: Order) -> None:
    """Take on ``order``: signals, session, descriptors, environment, what libraries remember."""
    gc.freeze()  # no collection may ever close what belongs to the parent
    if order.dies_with_parent:
        tree.die_with_parent()
    _default_signals()
    os.setsid()
    _descriptors(order)
    env = dict(order.env)  # it may be os.environ itself
    os.environ.clear()
    os.environ.update(env)
    os.chdir(order.cwd)
    time.tzset()
    sys.argv = list(order.argv)
    asyncio.set_event_loop(None)
    asyncio._set_running_loop(None)
    _refresh_libraries(order)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OOM_SCORE))
    if order.limits:
        import resource

        for name, value in order.limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))
    if order.threads:
        set_threads(order.env)


def _default_signals() -> None:
    signal.set_wakeup_fd(-1)
    for signum in signal.valid_signals():
        if callable(signal.getsignal(signum)):
            signal.signal(signum, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    tree.prctl(tree.PR_SET_CHILD_SUBREAPER, 0)


def _descriptors(order: Order) -> None:
    """0, 1 and 2 as ordered, everything else closed: nothing of the parent's stays open."""
    high = [os.dup(fd) for fd in order.fds]  # one of them may itself be 0, 1 or 2
    for number, fd in enumerate(high):
        os.dup2(fd, number)
    edges = [2, *sorted(order.keep), os.sysconf("SC_OPEN_MAX")]
    for low, end in itertools.pairwise(edges):
        os.closerange(low + 1, end)
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__


def _refresh_libraries(order: Order) -> None:
    """What modules read or drew when the parent imported them."""
    random.seed()
    loaded: dict[str, Any] = dict(sys.modules)
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()  # the legacy global one; default_rng() is always fresh
    if "tempfile" in loaded:
        loaded["tempfile"].tempdir = None
    if "multiprocessing.process" in loaded:
        process = loaded["multiprocessing.process"]
        process.ORIGINAL_DIR = order.cwd
        fresh = process.AuthenticationString(os.urandom(32))
        process.current_process()._config["authkey"] = fresh
    if "matplotlib" in loaded:
        matplotlib = loaded["matplotlib"]
        backend = order.env.get("MPLBACKEND") or matplotlib.rcsetup._auto_backend_sentinel
        dict.__setitem__(matplotlib.rcParams, "backend", backend)


def thread_request(env: Mapping[str, str]) -> dict[str, int]:
    """Threads that a fresh process in ``env`` would give ``blas`` and ``openmp``."""
    cores = len(os.sched_getaffinity(0))

    def first(*names: str) -> int:
        for name in names:
            value = env.get(name, "").partition(",")[0].strip()
            if value.isdigit() and int(value) > 0:
                return int(value)
        return cores

    return {"blas": first(*THREADS[1:], "OMP_NUM_THREADS"), "openmp": first("OMP_NUM_THREADS")}


_libraries: list[Any] = []


def find_thread_libraries() -> None:
    """Look up the loaded BLAS and OpenMP libraries once, so that children need not."""
    with contextlib.suppress(ImportError):
        import threadpoolctl  # type: ignore[import-untyped]

        _libraries[:] = threadpoolctl.ThreadpoolController().lib_controllers


def set_threads(env: Mapping[str, str]) -> None:
    """Give each BLAS and OpenMP library the threads that ``env`` asks for.

    A fork server has one thread, so its BLAS was told to use one; the environment of the job came
    too late for it. OpenMP keeps the number per thread: it holds for the main thread.
    """
    wanted = thread_request(env)
    for library in _libraries:
        if library.user_api in wanted and library.num_threads != wanted[library.user_api]:
            library.set_num_threads(wanted[library.user_api])


def kernel(arguments: Sequence[str]) -> None:
    """Be an IPython kernel until it is shut down. ``arguments`` as of ``ipykernel_launcher``."""
    from ipykernel.kernelapp import IPKernelApp

    # 1 stands for init: no thread that polls for the parent, and no banner on the real stdout.
    app = IPKernelApp.instance(parent_handle=1)
    app.initialize(list(arguments))
    integrate_matplotlib()
    app.start()
    # Its exit handler stops the thread of the outputs first. A control thread that is still busy
    # with the shutdown request would then wait ten seconds for that one to flush.
    for thread in (app.control_thread, app.shell_channel_thread):
        if thread is not None and thread.is_alive():
            thread.stop()
            thread.join(5)


def integrate_matplotlib() -> None:
    """Let the first figure choose the backend that importing pyplot in a kernel would.

    pyplot was imported when there was no kernel. The inline backend itself is never preloaded: it
    ties itself to the shell when it is imported, which the first figure does.
    """
    if "matplotlib" in sys.modules and "MPLBACKEND" in os.environ:
        rc = sys.modules["matplotlib"].rcParams
        dict.__setitem__(rc, "backend", os.environ["MPLBACKEND"])
