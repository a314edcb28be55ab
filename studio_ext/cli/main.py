"""``studio``: one command, a verb each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from .. import __version__, launch
from ..errors import StudioError


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    command: Callable[[argparse.Namespace], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 2
    try:
        return command(options)
    except StudioError as error:
        print(f"studio: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    from ..identity import command as env_command
    from . import demo, doctor, env, logs, run, service

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
    verb("doctor", "what is missing, and the command that fixes it", doctor.doctor)
    return parser
