"""Giving a process its own ``/opt/ml``, the folder that SageMaker's containers have.

In a mount namespace of its own, where the system allows one, the process and all that it starts see
a job's folder at ``/opt/ml``; everybody else sees ``/opt`` as it is. Virtual environments live in
``/opt`` too, so every other entry stays where it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from pathlib import Path

from studio_ext.processes import tree

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
OPT = Path("/opt")


class Refused(Exception):
    """A step was not allowed, and which."""


def bind_opt_ml(directory: Path) -> str:
    """Show ``directory`` as ``/opt/ml`` to this process and what it starts from now on.

    Call it while the process has one thread. Returns an empty string when it is done, else the
    reason why not; then nothing has changed for the process.
    """
    if not tree.LINUX:
        return "namespaces are Linux's"
    if not OPT.is_dir():
        return "there is no /opt to put ml into; as root: mkdir /opt"
    if tree.threads() != 1:
        return f"this process has {tree.threads()} threads, a new namespace needs one"
    return rehearse(directory) or _bind(directory)


def rehearse(directory: Path) -> str:
    """Try it in a fork first: a namespace that was half made cannot be left again."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, _bind(directory).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8", errors="replace") as stream:
        reason = stream.read()
    _, status = os.waitpid(pid, 0)
    return reason or (f"trying it ended with status {status}" if status else "")


def _bind(directory: Path) -> str:
    handles: list[int] = []
    try:
        _unshare()
        source = _hold(directory, handles)
        target = OPT / "ml"
        if not target.is_dir():
            _cover(handles)
            try:
                target.mkdir()
            except OSError as error:
                raise Refused(f"mkdir {target}: {error.strerror}") from error
        _call("mount", source.encode(), bytes(target), None, MS_BIND | MS_REC, None)
    except Refused as error:
        return str(error)
    finally:
        for handle in handles:
            os.close(handle)
    return ""


def _hold(path: Path, handles: list[int]) -> str:
    """A name of ``path`` that stays good when something is mounted over it."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    handles.append(handle)
    return f"/proc/self/fd/{handle}"


def _unshare() -> None:
    uid, gid = os.getuid(), os.getgid()
    try:
        _call("unshare", CLONE_NEWNS)  # root keeps its rights over files of others
    except Refused:
        _call("unshare", CLONE_NEWUSER | CLONE_NEWNS)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            try:
                Path(f"/proc/self/{name}").write_text(text)
            except OSError as error:
                raise Refused(f"/proc/self/{name}: {error.strerror}") from error
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)


def _cover(handles: list[int]) -> None:
    """A file system of our own over ``/opt``, with all that was there bound back into it."""
    entries = [
        (OPT / name, os.lstat(OPT / name).st_mode, _hold(OPT / name, handles))
        for name in os.listdir(OPT)
    ]
    links = {path: os.readlink(path) for path, mode, _ in entries if stat.S_ISLNK(mode)}
    _call("mount", b"tmpfs", bytes(OPT), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=1m")
    try:
        for path, mode, source in entries:
            if path in links:
                path.symlink_to(links[path])
                continue
            if stat.S_ISDIR(mode):
                path.mkdir()
            else:
                path.touch()
            _call("mount", source.encode(), bytes(path), None, MS_BIND | MS_REC, None)
    except (OSError, Refused) as error:
        with contextlib.suppress(Refused):
            _call("umount2", bytes(OPT), MNT_DETACH)
        raise Refused(str(error)) from error


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        raise Refused(f"{name}: {os.strerror(ctypes.get_errno())}")
