"""Jobs: nouns whose resources run to an end and can be stopped on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..bucket.objects import Objects
from ..control.contract import Progress
from ..errors import ValidationException
from ..failpoints import failpoint
from ..store import Attempt, Resource, Store
from .caller import Caller
from .kind import Kind


@dataclass(slots=True)
class Surroundings:
    """What jobs need of the house they run in.

    Attributes:
        objects: the bucket.
        objects_config: how a runner reaches it, as ``Spec.objects`` has it.
        bell: where runners ring.
        environment: the variables of an attempt from elsewhere, such as its credentials.
        roots: folders whose notebooks may be run by path.
        grace: seconds between asking a job to stop and killing it.
        environments: folder of the environments that scripts run in.
        running: the folder and progress of a job's attempt under way, None when there is none.
    """

    objects: Objects
    objects_config: Mapping[str, str]
    bell: Path
    environment: Callable[[Resource, Attempt], Mapping[str, str]]
    roots: Callable[[], tuple[Path, ...]] = tuple
    grace: float = 120.0
    environments: Path = Path("environments")
    running: Callable[[int], tuple[Path, Progress | None] | None] = lambda _: None


class Job(Kind):
    """A noun that runs. A subclass is also a ``JobKind`` for the controller.

    Attributes:
        active: its status while it waits and runs.
        stopping: its status after a stop was asked for.
        ended: the statuses that are its end.
    """

    active: ClassVar[str] = "InProgress"
    stopping: ClassVar[str] = "Stopping"
    ended: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    def __init__(
        self, store: Store, surroundings: Surroundings, *, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(store, clock=clock)
        self.surroundings = surroundings

    @property
    def allowed(self) -> Mapping[str, frozenset[str]]:  # type: ignore[override]
        return {"delete": self.ended}

    def status(self, body: Mapping[str, Any]) -> str:
        return self.active

    def create(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        answer = super().create(params, caller)
        failpoint("api.recorded")
        return answer

    def changed(
        self, transaction: Any, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """An Update merges what it gives into what is there."""
        body = dict(resource.body)
        for name in params.keys() - set(self.model.ids):
            given, old = params[name], body.get(name)
            if isinstance(given, dict) and isinstance(old, dict):
                given = {**old, **given}
            body[name] = given
        return body

    def update(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.write() as transaction:
            resource = self.find(transaction, params, caller, "update")
            if resource.status != self.active:
                raise self._refused("update", resource)
            body = self.changed(transaction, resource, params)
            resource = transaction.update(resource, body=body)
        return self.answer(resource, "update")

    def stop(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Ask for an end. The controller sees to it; asking again changes nothing."""
        with self.store.write() as transaction:
            resource = self.find(transaction, params, caller, "stop")
            if resource.status != self.stopping:
                if resource.status != self.active:
                    raise self._refused("stop", resource)
                body = self.stops(resource)
                transaction.update(resource, status=self.stopping, body=body)
        return {}

    def stops(self, resource: Resource) -> dict[str, Any]:
        """The body after a stop was asked for."""
        return dict(resource.body)

    def derived(self, resource: Resource) -> dict[str, Any]:
        if resource.status in self.ended:
            return {}
        found = self.surroundings.running(resource.id)
        return {} if found is None else self.live(*found)

    def live(self, folder: Path, progress: Progress | None) -> dict[str, Any]:
        """What Describe adds while the job runs."""
        return {}

    def _refused(self, verb: str, resource: Resource) -> ValidationException:
        return ValidationException(
            f"Cannot {verb} {self.model.words} '{resource.key}' in status {resource.status}; "
            f"expected status {self.active}"
        )
