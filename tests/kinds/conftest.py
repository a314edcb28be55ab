"""The whole service over an in-memory clock, called as the wire calls it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studio_ext.kinds.registry import SageMakerService, records
from studio_ext.store import Store
from studio_ext.wire import Caller

from ..serving import ACCOUNT, KEY, REGION

Call = Callable[..., dict[str, Any]]
CALLER = Caller(KEY.access_key, KEY.arn, ACCOUNT, REGION)
ELSEWHERE = Caller(KEY.access_key, KEY.arn, ACCOUNT, "eu-west-1")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    ticks = itertools.count(1_800_000_000)
    found = Store(database, clock=lambda: float(next(ticks)))
    yield found
    found.close()


@pytest.fixture
def call(store: Store) -> Call:
    """Call an operation: ``call("CreateModel", ModelName="a")``."""
    ticks = itertools.count(1_900_000_000)
    operations = SageMakerService(
        store, records(store, clock=lambda: float(next(ticks)))
    ).operations()

    def operate(name: str, caller: Caller = CALLER, **params: Any) -> dict[str, Any]:
        return dict(operations[name](params, caller))

    return operate
