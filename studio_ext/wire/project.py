"""Answers against the model: what the output shape does not know is dropped.

Services may hand out whole rows; only the fields of the answer leave the house. Times may be
``datetime`` or epoch seconds and leave as seconds, the rest of the encoding is the protocols'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..awsmodel import Shape

Projection = Callable[[Any], Any]


class Projector:
    """Compiles and remembers the projections of one model's shapes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Shape, Projection]] = {}

    def project(self, shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
        return self.projection(shape)(value)

    def projection(self, shape: Shape) -> Projection:
        found = self._known.get(id(shape))
        if found is None:
            compiler = _COMPILERS.get(shape.type)
            found = self._known[id(shape)] = (
                shape,
                compiler(self, shape) if compiler else _as_it_is,
            )
        return found[1]


def _as_it_is(value: Any) -> Any:
    return value


def _structure(projector: Projector, shape: Shape) -> Projection:
    late: dict[str, Projection] = {}

    def project(value: Any) -> Any:
        if not late:  # compiled on first use, because shapes may contain themselves
            late.update((name, projector.projection(m)) for name, m in shape.members.items())
        answer = {}
        for name, given in value.items():
            member = late.get(name)
            if member is not None and given is not None:
                answer[name] = given if member is _as_it_is else member(given)
        return answer

    return project


def _list(projector: Projector, shape: Shape) -> Projection:
    def project(value: Any) -> Any:
        item = projector.projection(shape.item)
        return [item(one) for one in value if one is not None]

    return project


def _map(projector: Projector, shape: Shape) -> Projection:
    def project(value: Any) -> Any:
        entry = projector.projection(shape.value)
        return {str(name): entry(one) for name, one in value.items() if one is not None}

    return project


def _timestamp(_: Projector, __: Shape) -> Projection:
    def project(value: Any) -> Any:
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        return float(value)

    return project


_COMPILERS: dict[str, Callable[[Projector, Shape], Projection]] = {
    "structure": _structure, "list": _list, "map": _map, "timestamp": _timestamp,
}  # fmt: skip
