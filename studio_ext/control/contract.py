"""What the controller asks of a kind of job, and what it tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..runs.record import Exit
from ..runs.spec import Spec
from ..store import Attempt, Resource


@dataclass(frozen=True, slots=True)
class Needs:
    """What an attempt occupies: cores, and memory in bytes."""

    cores: int
    memory: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a job's row, with its message. None keeps what is there."""

    status: str | None = None
    body: Mapping[str, Any] | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A file of the run, by its role in ``Exit.files``, and the object it becomes."""

    role: str
    path: Path
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Cell ``cell`` of ``of``; 0 before the first."""

    cell: int
    of: int


class JobKind(Protocol):
    """A kind whose resources run.

    **Purity.** The methods compute; they write nothing and may be called again for the same
    attempt after a crash. **Ownership.** Between creation and a terminal status only the
    controller changes a job's row, except for the one change from ``active`` to ``stopping``.

    Attributes:
        noun: the store's kind.
        active: status while it waits and runs.
        stopping: status after a stop was asked for.
    """

    @property
    def noun(self) -> str: ...
    @property
    def active(self) -> str: ...
    @property
    def stopping(self) -> str: ...

    def needs(self, job: Resource) -> Needs: ...

    def prepare(self, job: Resource, attempt: Attempt) -> tuple[Spec, dict[str, str]]:
        """The runner's orders and its environment.

        Raises:
            AwsError: the attempt cannot be made; the job fails with the message.
        """
        ...

    def waits(self, job: Resource, waited: float) -> Change | None:
        """The change that waiting for room brings, such as the status ``Pending`` or giving up.

        Args:
            waited: seconds since it was created.
        """
        ...

    def enters(self, job: Resource, phases: list[dict[str, Any]]) -> Change | None:
        """The change that phases of the run bring (``name``, ``message``, ``t``), oldest first.

        After a restart of the daemon all phases of a run come again.
        """
        ...

    def publications(self, job: Resource, end: Exit, folder: Path) -> list[Publication]: ...

    def retries(self, job: Resource, end: Exit, attempts: int) -> bool:
        """Whether the job is tried again after ``attempts`` attempts that began, the last so."""
        ...

    def settles(self, job: Resource, end: Exit, published: Mapping[str, str]) -> Change:
        """The terminal change; ``published`` maps roles to S3 URIs."""
        ...


class Executor(Protocol):
    """Starts runners."""

    async def start(self, directory: Path, environment: Mapping[str, str]) -> Any:
        """Start a runner in ``directory``; returns its ``Identity``."""
        ...
