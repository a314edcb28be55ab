"""What is built: the SageMaker service as the sum of its kinds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from ..errors import StudioError
from ..store import Store
from . import edge, experiments, governance, inference, lineage, monitoring, notebooks, workforce
from .caller import Operation
from .kind import Kind
from .tags import Tags

RECORDS: tuple[type[Kind], ...] = (
    inference.Model,
    inference.EndpointConfig,
    inference.AIWorkloadConfig,
    notebooks.NotebookInstanceLifecycleConfig,
    notebooks.StudioLifecycleConfig,
    notebooks.AppImageConfig,
    notebooks.CodeRepository,
    monitoring.DataQualityJobDefinition,
    monitoring.ModelQualityJobDefinition,
    monitoring.ModelBiasJobDefinition,
    monitoring.ModelExplainabilityJobDefinition,
    experiments.Experiment,
    experiments.Trial,
    experiments.TrialComponent,
    lineage.Action,
    lineage.Artifact,
    lineage.Context,
    governance.ModelCard,
    workforce.Workforce,
    workforce.Workteam,
    edge.DeviceFleet,
)


class Group(Protocol):
    """Operations that belong together, such as those of one kind."""

    def operations(self) -> dict[str, Operation]: ...


class Twice(StudioError):
    """Two groups answer one operation."""


def records(store: Store, *, clock: Callable[[], float] = time.time) -> list[Group]:
    """Every noun without a lifecycle, and associations among them."""
    return [*(kind(store, clock=clock) for kind in RECORDS), lineage.Associations(store)]


class SageMakerService:
    """The ``sagemaker`` service for the wire: tags, and the operations of ``groups``.

    Raises:
        Twice: two groups answer the same operation.
    """

    name = "sagemaker"

    def __init__(self, store: Store, groups: Iterable[Group]) -> None:
        self._operations: dict[str, Operation] = {}
        for group in (Tags(store), *groups):
            found = group.operations()
            both = self._operations.keys() & found.keys()
            if both:
                raise Twice(f"{', '.join(sorted(both))}: answered by two kinds; expected one")
            self._operations.update(found)

    def operations(self) -> dict[str, Operation]:
        return dict(self._operations)
