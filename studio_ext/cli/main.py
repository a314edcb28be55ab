"""``studio``: one command, a verb each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from .. import __version__, launch
from ..errors import StudioError
from .client import words


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit code.

    What goes wrong is told in one line: 1 for a refusal or a failure, 2 for a wrong command line.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 2
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except (StudioError, BotoCoreError, ClientError) as error:
        print(f"studio: {words(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has enough; Python flushes once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    from ..identity import command as env_command
    from . import demo, doctor, env, environments, logs, run, service

    parser = argparse.ArgumentParser(
        prog="studio", description="SageMaker on your own Jupyter.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"studio {__version__}")
    verbs = parser.add_subparsers(metavar="COMMAND", title="commands")

    def verb(name: str, words: str, command: Callable[..., int]) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=words, description=words, allow_abbrev=False)
        added.set_defaults(command=command)
        return added

    verb("demo", "train a classifier on scikit-learn's digits, from CSV to model", demo.demo)
    run.arguments(verb("run", "run a notebook as a training job and watch it", run.run))
    verb("status", "what runs, and where", service.status)
    logs.arguments(verb("logs", "print a job's log", logs.logs))
    launch.arguments(verb("start", "start the daemon of this home", service.start))
    service.stop_arguments(verb("stop", "end the daemon; its jobs go on", service.stop))
    env_command.add_arguments(
        verb("env", "variables for boto3, the AWS CLI, s3fs and pandas", env.env)
    )
    environments.arguments(
        verb("environments", "Python environments of scripts", environments.environments)
    )
    verb("doctor", "what is missing, and the command that fixes it", doctor.doctor)
    return parser
