"""What a warm process stands for: the interpreter, the packages and the variables it read.

A forked child is as good as a fresh process only if nothing that a fresh process would read at
start or at import differs. ``key`` names what is known from outside, ``Snapshot`` watches files.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Read when a process starts or a library is imported, so that a later change has no effect.
IMPORT_TIME = (
    "PYTHON", "LD_", "DYLD_", "GLIBC_", "MALLOC_", "LC_", "LANG", "OMP_", "GOMP_", "KMP_",
    "OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "VECLIB_", "NUMEXPR_", "NPY_", "NUMPY_", "SCIPY_",
    "SKLEARN_", "PANDAS_", "ARROW_", "XGB", "JOBLIB_", "LOKY_", "CUDA_", "NVIDIA_", "ROCR_",
    "TF_", "TORCH_", "PYTORCH_", "JAX_", "XLA_", "NUMBA_", "MPLCONFIGDIR", "PYDEVD_", "ZMQ_",
)  # fmt: skip
# Of these the child can still set what they ask for.
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
)  # fmt: skip


def import_time(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of ``env`` that count at import, without the numbers of threads."""
    return {
        name: value
        for name, value in sorted(env.items())
        if name.startswith(IMPORT_TIME) and name not in THREADS
    }


def _matplotlibrc(env: Mapping[str, str], cwd: Path | None) -> list[object]:
    """The style file that importing matplotlib would read."""
    home = env.get("HOME", os.path.expanduser("~"))
    config = env.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    places = [
        str(cwd / "matplotlibrc") if cwd else "",
        env.get("MATPLOTLIBRC", ""),
        os.path.join(env.get("MATPLOTLIBRC", ""), "matplotlibrc"),
        os.path.join(env.get("MPLCONFIGDIR") or os.path.join(config, "matplotlib"), "matplotlibrc"),
    ]
    for place in places:
        if place and os.path.isfile(place):
            return [os.path.realpath(place), os.stat(place).st_mtime_ns]
    return []


def key(env: Mapping[str, str], cwd: Path | None = None) -> str:
    """Names what a process of this interpreter in ``env`` reads when it starts (12 hex digits)."""
    parts = [
        sys.executable, sys.prefix, sys.version, import_time(env), _matplotlibrc(env, cwd),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def shadows(cwd: Path, modules: Iterable[str]) -> str | None:
    """A file in ``cwd`` that a fresh kernel there might import in place of one of ``modules``."""
    tops = {name.partition(".")[0] for name in modules}
    try:
        entries = list(os.scandir(cwd))
    except OSError:
        return None
    for entry in entries:
        name, _, suffix = entry.name.partition(".")
        if name not in tops:
            continue
        # A folder without __init__ gives way to a module of its name anywhere else.
        package = entry.is_dir() and os.path.exists(os.path.join(entry.path, "__init__.py"))
        if package or suffix in ("py", "pyc") or suffix.endswith("so"):
            return entry.name
    return None


@dataclass(slots=True)
class Snapshot:
    """The modification times of all imported files and of the directories of ``sys.path``."""

    times: dict[str, int] = field(default_factory=dict)

    @classmethod
    def take(cls) -> Snapshot:
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        paths = {name for name in files if name} | {path for path in sys.path if path}
        return cls({path: cls._time(path) for path in paths})

    @staticmethod
    def _time(path: str) -> int:
        try:
            return os.stat(path).st_mtime_ns
        except OSError:
            return -1

    def changed(self) -> str | None:
        """The first path that is not as it was; None when all are."""
        for path, time in self.times.items():
            if self._time(path) != time:
                return path
        return None


@dataclass(frozen=True, slots=True)
class Warm:
    """What this process has preloaded, for the children that it forks."""

    key: str
    modules: frozenset[str]


WARM: Warm | None = None  # set once, by a fork server, and inherited by all that descends from it


def mark_warm(warm: Warm) -> None:
    """Say that this process and the children it forks have ``warm`` preloaded."""
    global WARM
    WARM = warm


def unfit(env: Mapping[str, str], cwd: Path) -> str:
    """Why a kernel for ``env`` in ``cwd`` cannot be forked from here; empty when it can."""
    if WARM is None:
        return "this process was not forked by a fork server"
    if key(env, cwd) != WARM.key:
        return "variables or files that count at import differ from the fork server's"
    shadow = shadows(cwd, WARM.modules)
    return f"{shadow} in the working directory hides a preloaded module" if shadow else ""
