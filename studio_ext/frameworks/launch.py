"""Script mode: what to run, and with which arguments and variables.

The sagemaker SDK packs the user's code as ``sourcedir.tar.gz``, and says in hyperparameters of its
own which file of it is the program; all others become the program's arguments.

Source: the README and the ``ENVIRONMENT_VARIABLES.md`` of the SageMaker Training Toolkit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..errors import StudioError

PROGRAM, SOURCE = "sagemaker_program", "sagemaker_submit_directory"
OWN = "sagemaker_"
TUNING = "_tuning_objective_metric"
LOG_LEVEL = "sagemaker_container_log_level"

# They start the script on several machines, or several times.
DISTRIBUTED = ("sagemaker_parameter_server_enabled", "sagemaker_mpi_enabled")


class LaunchError(StudioError):
    """A request that does not say what to run."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a script-mode job runs.

    Attributes:
        program: a ``.py`` or ``.sh`` file, relative to the source.
        source: the ``s3://`` URI of an archive.
        hyperparameters: the user's, decoded from JSON where they are JSON.
        log_level: of Python's logging.
    """

    program: str
    source: str
    hyperparameters: Mapping[str, Any]
    log_level: int = 20

    @classmethod
    def of(cls, given: Mapping[str, str], environment: Mapping[str, str]) -> Launch:
        """What a request asks for.

        Args:
            environment: its Environment, where the two may stand instead.

        Raises:
            LaunchError: names the hyperparameter and what was expected.
        """
        values = {name: decoded(text) for name, text in given.items()}
        program = values.get(PROGRAM) or environment.get(PROGRAM.upper())
        source = values.get(SOURCE) or environment.get(SOURCE.upper())
        if not program or not source:
            raise LaunchError(
                f"HyperParameters: {PROGRAM if not program else SOURCE} is missing; a script runs "
                f"with {PROGRAM} (such as train.py) and {SOURCE} (such as "
                "s3://bucket/sourcedir.tar.gz), which the sagemaker SDK's entry_point sets"
            )
        for name in DISTRIBUTED:
            if values.get(name):
                raise LaunchError(
                    f"HyperParameters: {name} is {given[name]}, but a job runs on one machine "
                    "here; leave the SDK's distribution out"
                )
        _check(str(program), str(source))
        level = values.get(LOG_LEVEL, 20)
        users = {
            name: value
            for name, value in values.items()
            if not name.startswith(OWN) and name != TUNING
        }
        return cls(str(program), str(source), users, level if isinstance(level, int) else 20)

    @property
    def arguments(self) -> list[str]:
        """The program's arguments: ``--name value``, and ``-n value`` for names of one letter."""
        pairs = (
            (f"--{name}" if len(name) > 1 else f"-{name}", _argument(value))
            for name, value in sorted(self.hyperparameters.items())
        )
        return [word for pair in pairs for word in pair]

    def variables(self) -> dict[str, str]:
        """The ``SM_*`` variables that the script finds beside those of every job."""
        module = PurePosixPath(self.program).stem
        found = {
            "SM_HPS": json.dumps(dict(self.hyperparameters)),
            "SM_USER_ARGS": json.dumps(self.arguments),
            "SM_USER_ENTRY_POINT": self.program,
            "SM_MODULE_NAME": module,
            "SM_MODULE_DIR": self.source,
            "SM_LOG_LEVEL": str(self.log_level),
        }
        for name, value in self.hyperparameters.items():
            found[f"SM_HP_{variable(name)}"] = _argument(value)
        return found


def decoded(text: str) -> Any:
    """What a hyperparameter's text stands for: JSON, which the SDK sends, or itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def variable(name: str) -> str:
    """A name as a part of a variable's."""
    return "".join(letter if letter.isalnum() else "_" for letter in name).upper()


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={each}" for name, each in sorted(value.items()))
    return str(value)


def _check(program: str, source: str) -> None:
    path = PurePosixPath(program)
    if path.is_absolute() or ".." in path.parts:
        raise LaunchError(f"{PROGRAM} is {program!r}; expected a path inside the source")
    if path.suffix not in (".py", ".sh"):
        raise LaunchError(f"{PROGRAM} is {program!r}; expected a .py or .sh file")
    if not source.startswith("s3://"):
        raise LaunchError(
            f"{SOURCE} is {source!r}; expected an archive in a bucket, such as "
            "s3://bucket/sourcedir.tar.gz"
        )
