"""Who asks, and what can be asked: the kinds' side of an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Caller(Protocol):
    """On whose behalf: the part of a request's signature that nouns care about."""

    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...


Operation = Callable[[dict[str, Any], Caller], Mapping[str, Any]]
