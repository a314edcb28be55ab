"""``studio env``: prints variables for a shell, and prepares files on request."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TextIO

from .environment import SHELLS, Endpoint, client_environment, render, sdk_environment
from .keys import Credential
from .profile import Profile
from .sdk import EndpointTable

_QUESTION = """\
The sagemaker SDK asks botocore for the address of STS, and botocore reads
  {path}
before its own table. Studio would write a copy there in which STS is this machine.
It counts for EVERY program of this account: sagemaker sessions with real AWS would ask
Studio who they are until you run: studio env --sdk --undo
{backup}Write it? [y/N] """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``studio env``."""
    parser.add_argument("--shell", choices=SHELLS, default="sh", help="form of the output")
    parser.add_argument(
        "--sdk", action="store_true", help="also prepare the sagemaker SDK; asks first"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--undo", action="store_true", help="with --sdk or --profile: take it back")
    parser.add_argument(
        "--profile", nargs="?", const="studio", metavar="NAME",
        help="write a profile into ~/.aws and print only AWS_PROFILE",
    )  # fmt: skip


def run(
    arguments: argparse.Namespace,
    endpoint: Endpoint | None,
    credential: Credential | None,
    *,
    out: TextIO | None = None,
    err: TextIO | None = None,
    ask: Callable[[str], str] = input,
) -> int:
    """Does what was asked; returns the exit code.

    Args:
        endpoint, credential: of the running Studio; not needed to undo.
        out: gets what a shell reads; ``err`` gets what people read.
    """
    out, err = out or sys.stdout, err or sys.stderr
    if arguments.undo:
        return _undo(arguments, err)
    assert endpoint is not None
    assert credential is not None
    values = client_environment(endpoint, credential)
    if arguments.sdk:
        if endpoint.tls_port is None:
            again = "studio stop && studio start"
            print(f"Studio does not answer on https; restart it with: {again}", file=err)
            return 1
        if not _agreed(arguments, ask, err):
            print("nothing written", file=err)
            return 1
        table = EndpointTable.of_user()
        if table.install(endpoint.tls_port):
            print(f"wrote {table.path}; to take it back: studio env --sdk --undo", file=err)
        values |= sdk_environment(endpoint)
    if arguments.profile:
        profile = Profile(arguments.profile)
        profile.write(endpoint, credential)
        print(f"wrote profile {profile.name!r} into {profile.config.parent}", file=err)
        ours = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                "AWS_DEFAULT_REGION", "AWS_REGION")  # fmt: skip
        # Keys in the environment would win over the profile's.
        values |= dict.fromkeys(ours) | {"AWS_PROFILE": profile.name}
    out.write(render(values, arguments.shell))
    return 0


def _undo(arguments: argparse.Namespace, err: TextIO) -> int:
    if arguments.profile:
        profile = Profile(arguments.profile)
        gone = profile.remove()
        print(f"profile {profile.name!r} {'removed' if gone else 'was not there'}", file=err)
        return 0
    table = EndpointTable.of_user()
    gone = table.undo()
    print(f"{table.path} {'is as it was' if gone else 'is not of Studio; left alone'}", file=err)
    return 0


def _agreed(arguments: argparse.Namespace, ask: Callable[[str], str], err: TextIO) -> bool:
    table = EndpointTable.of_user()
    if arguments.yes or table.is_ours:
        return True
    backup = f"The file that is there is kept as {table.backup.name}.\n" if (
        table.path.exists()
    ) else ""  # fmt: skip
    err.write(_QUESTION.format(path=table.path, backup=backup))
    err.flush()
    try:
        return ask("").strip().lower() in ("y", "yes")
    except EOFError:
        return False
