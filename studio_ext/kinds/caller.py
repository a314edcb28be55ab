"""Who asks, and what can be asked: the kinds' side of an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Caller(Protocol):
    """On whose behalf: the part of a request's signature that nouns care about."""

    @property
    def access_key(self) -> str: ...
    @property
    def arn(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...


def signature(caller: Caller) -> dict[str, Any]:
    """A caller as the API's UserContext."""
    return {"IamIdentity": {"Arn": caller.arn, "PrincipalId": caller.access_key}}


Operation = Callable[[dict[str, Any], Caller], Mapping[str, Any]]
