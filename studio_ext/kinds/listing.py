"""List operations: the API's filters, order and pages as queries of the store."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import StudioError, ValidationException
from ..store import Condition, Cursor, Query
from ..store.query import Operator
from .noun import ListModel, Noun

_OPERATORS: dict[str, Operator] = {
    "After": "gt", "Before": "lt", "Contains": "contains", "Prefix": "prefix", "Equals": "eq",
}  # fmt: skip
_SUFFIX = re.compile(r"(\w+?)(After|Before|Contains|Prefix|Equals)")
_CREATED = re.compile(r"Creat\w*")
_MODIFIED = re.compile(r"LastModified\w*|LastUpdated\w*|Modified\w*|Updated\w*")


class UnknownFilter(StudioError):
    """A filter of the model means nothing to its kind: the class must say what it means."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter compares: a column or a path into the body."""

    field: str
    op: Operator


class Listing:
    """Translates one List operation.

    Args:
        noun: whose resources are listed.
        model: the operation.
        paths: filters and sort values that their names do not explain, to a column or a path
            into the body; ``""`` for a filter that the kind applies itself.

    Raises:
        UnknownFilter: the model has a filter or sort value that nobody explains.
    """

    def __init__(self, noun: Noun, model: ListModel, paths: Mapping[str, str]) -> None:
        self._noun, self.model, self._paths = noun, model, paths
        known = {name: self._filter(name) for name in model.filters}
        self._filters = {name: one for name, one in known.items() if one.field}
        self._orders = {value: self._order(value) for value in model.sort_by}

    def query(self, params: Mapping[str, Any], kind: str, region: str) -> Query:
        """The query of a request's page."""
        where = tuple(
            Condition(one.field, one.op, params[name])
            for name, one in self._filters.items()
            if name in params
        )
        order = params.get("SortOrder")
        return Query(
            kind,
            region,
            where,
            order=self._orders.get(params.get("SortBy", self.model.default_sort), "created"),
            descending=(
                self.model.default_descending if order is None else order.upper() != "ASCENDING"
            ),
            limit=self._limit(params.get("MaxResults")),
            after=position(params.get("NextToken")),
        )

    def _limit(self, asked: int | None) -> int:
        if asked is not None and asked < 0:  # where the model forgets to say so
            raise ValidationException(f"MaxResults is {asked}; expected at least 1")
        return asked or self.model.default_size  # 0 is how some clients leave it out

    def _filter(self, name: str) -> Filter:
        found = _SUFFIX.fullmatch(name)
        stem, op = (found[1], _OPERATORS[found[2]]) if found else (name, "eq")
        if name in self._paths:
            return Filter(self._paths[name], op)
        return Filter(self._field(stem, name), op)

    def _order(self, value: str) -> str:
        if value in self._paths:
            return self._paths[value]
        plain = value.replace("_", "").lower()
        members = (*self.model.summary.members, *self._noun.fields.members)
        stem = next((member for member in members if member.lower() == plain), value.title())
        return self._field(stem.replace("_", ""), value)

    def _field(self, stem: str, name: str) -> str:
        noun = self._noun
        if stem in ("Name", noun.title):
            return "name"
        if stem in ("Status", noun.status):
            return "status"
        if _CREATED.fullmatch(stem):
            return "created"
        if _MODIFIED.fullmatch(stem):
            return "modified"
        if stem in noun.fields.members or stem in noun.verbs["create"].inputs:
            return stem
        raise UnknownFilter(
            f"{self.model.operation.name} has {name!r}, which {noun.name} does not explain"
        )


def position(token: str | None) -> Cursor | None:
    """The place in a list that a page token stands for."""
    if token is None:
        return None
    value, number = json.loads(token)
    return Cursor(value, number)


def token(cursor: Cursor | None) -> str | None:
    """A place in a list as a page token; sealing it is the wire's business."""
    return None if cursor is None else json.dumps([cursor.value, cursor.id])


def stamps(members: Mapping[str, Any]) -> dict[str, str]:
    """Which of a shape's times are a row's creation and which its last change."""
    found = {}
    for name, member in members.items():
        if member.type == "timestamp" and _CREATED.fullmatch(name):
            found[name] = "created"
        elif member.type == "timestamp" and _MODIFIED.fullmatch(name):
            found[name] = "modified"
    return found
