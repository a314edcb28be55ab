"""What the store hands out: plain, immutable rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of any kind.

    Attributes:
        id: the row's number, never used again after deletion.
        kind: the noun of the API, such as ``TrainingJob``.
        region: part of its identity, as on AWS.
        key: unique within (kind, region); a child's is ``parent/name``.
        name: what lists sort and filter by.
        arn: its ARN.
        status: its status, ``""`` for a kind that has none.
        created: epoch seconds.
        modified: epoch seconds.
        version: grows by one with each change; guards against lost updates.
        body: the API's fields.
    """

    id: int
    kind: str
    region: str
    key: str
    name: str
    arn: str
    status: str
    created: float
    modified: float
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of one resource, in the order in which changes were committed.

    Attributes:
        seq: grows with every change of anything.
        name: the resource's, which nobody can look up once it is deleted.
        action: ``create``, ``update`` or ``delete``.
        status: the resource's status after the change.
        message: why, in words.
        at: epoch seconds.
    """

    seq: int
    resource_id: int
    kind: str
    region: str
    key: str
    name: str
    action: str
    status: str
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class Ran:
    """A resource of which there was an attempt.

    Attributes:
        ended: epoch seconds at which the last attempt ended; None while one is under way.
    """

    kind: str
    region: str
    key: str
    name: str
    status: str
    ended: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at running a job, and the lease on it while ``ended`` is None.

    Attributes:
        token: the fencing token; grows with every attempt of anything.
        resource_id: the job.
        number: 1 for the job's first attempt.
        directory: where it runs.
        claimed: epoch seconds.
        pid: the runner's process, once it was started.
        pid_started: that process's start in clock ticks since boot, so that a process that
            got the same number later is not taken for it.
        stop_asked: epoch seconds at which a stop was asked for.
        ended: epoch seconds.
        outcome: how it ended, in one word.
    """

    token: int
    resource_id: int
    number: int
    directory: str
    claimed: float
    pid: int | None
    pid_started: int | None
    stop_asked: float | None
    ended: float | None
    outcome: str
