"""One server with every regular noun, and a ledger of what was driven through it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from studio_ext.kinds.registry import SageMakerService, records
from studio_ext.store import Store

from ..serving import Server, serving
from .generic import unbuilt


@dataclass
class Ledger:
    """Counts of answers that a client parsed, by verb."""

    kinds: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    operations: dict[str, set[str]] = field(default_factory=dict)

    def note(self, verb: str, operation: str) -> None:
        self.calls[verb] += 1
        self.operations.setdefault(verb, set()).add(operation)


@pytest.fixture(scope="package")
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    seconds = itertools.count(1_800_000_000)
    home: Path = tmp_path_factory.mktemp("conformance")

    def clock() -> float:
        return float(next(seconds))

    store = Store(f"sqlite:///{home / 'studio.db'}", clock=clock)
    groups = [*records(store, clock=clock), *unbuilt(store, clock)]
    with serving([SageMakerService(store, groups)]) as found:
        yield found
    store.close()


@pytest.fixture(scope="package")
def client(server: Server) -> Any:
    return server.client("sagemaker")
