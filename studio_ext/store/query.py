"""Lists: filters, order and a place to go on from, turned into one indexed SELECT."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Boolean, ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from .rows import Resource
from .schema import resources

Operator = Literal["eq", "in", "contains", "prefix", "gt", "ge", "lt", "le"]

COLUMNS = frozenset({"key", "name", "arn", "status", "created", "modified"})


@dataclass(frozen=True, slots=True)
class Condition:
    """``field op value``; a field that is no column is a path into the body, dots between.

    ``contains`` ignores case, ``prefix`` does not; ``in`` takes a tuple of strings. Body values
    are compared as text, or as numbers when ``value`` is one.
    """

    field: str
    op: Operator
    value: str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its sort value and id. Rows after it are the next page."""

    value: str | float
    id: int


@dataclass(frozen=True, slots=True)
class Query:
    """One list of one kind in one region. ``region=None`` means every region.

    ``order`` is a column or, without an index to help, a path into the body, sorted as text.
    """

    kind: str
    region: str | None
    where: tuple[Condition, ...] = ()
    order: str = "created"
    descending: bool = True
    limit: int = 100
    after: Cursor | None = None

    def matching(self, *conditions: Condition) -> Query:
        """The same list, narrowed."""
        return replace(self, where=self.where + conditions)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, and where the next page starts (None on the last one)."""

    rows: list[Resource] = field(default_factory=list)
    next: Cursor | None = None


def to_select(query: Query) -> Select[Any]:
    """The SELECT of a page: one row more than the limit, to tell whether another follows."""
    column = _sorted_by(query.order)
    statement = select(resources).where(*_filters(query))
    if query.after is not None:
        value, number = literal(query.after.value), literal(query.after.id)
        if query.descending:
            beyond = or_(column < value, and_(column == value, resources.c.id < number))
            bound = column <= value  # a plain bound lets the index start where the page starts
        else:
            beyond = or_(column > value, and_(column == value, resources.c.id > number))
            bound = column >= value
        statement = statement.where(bound, beyond)
    if query.descending:
        statement = statement.order_by(column.desc(), resources.c.id.desc())
    else:
        statement = statement.order_by(column.asc(), resources.c.id.asc())
    return statement.limit(query.limit + 1)


def cursor(query: Query, last: Resource) -> Cursor:
    """Where the page after ``last`` starts."""
    if query.order in COLUMNS:
        return Cursor(getattr(last, query.order), last.id)
    value: Any = last.body
    for step in query.order.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return Cursor("" if value is None else str(value), last.id)


def to_count(query: Query) -> Select[Any]:
    return select(func.count()).select_from(resources).where(*_filters(query))


def _sorted_by(order: str) -> ColumnElement[Any]:
    if order in COLUMNS:
        return resources.c[order]
    return func.coalesce(resources.c.body[tuple(order.split("."))].as_string(), "")


class _Like(FunctionElement[bool]):
    """``LIKE`` that ignores case. SQLite's own does so for ASCII, in half the time of lower()."""

    type = Boolean()
    inherit_cache = True


@compiles(_Like, "sqlite")
def _like(element: _Like, compiler: SQLCompiler, **more: Any) -> str:
    column, pattern = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '/')"


@compiles(_Like)
def _ilike(element: _Like, compiler: SQLCompiler, **more: Any) -> str:
    return _like(element, compiler, **more).replace(" LIKE ", " ILIKE ", 1)


def _escaped(text: str) -> str:
    """``text`` for a pattern in which its own wildcards mean themselves."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _filters(query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [resources.c.kind == query.kind]
    if query.region is not None:
        found.append(resources.c.region == query.region)
    found.extend(_clause(condition) for condition in query.where)
    return found


def _clause(condition: Condition) -> ColumnElement[bool]:
    value = condition.value
    column: ColumnElement[Any]
    if condition.field in COLUMNS:
        column = resources.c[condition.field]
    else:
        path = resources.c.body[tuple(condition.field.split("."))]
        if isinstance(value, bool):
            column = path.as_boolean()
        elif isinstance(value, int | float):
            column = path.as_float()
        else:
            column = path.as_string()
    match condition.op:
        case "eq":
            return column == value
        case "in":
            return column.in_(value if isinstance(value, tuple) else (value,))
        case "contains":
            return _Like(column, literal(f"%{_escaped(str(value))}%"))
        case "prefix":
            # LIKE ignores case on SQLite and not on PostgreSQL; comparing the cut does neither.
            return func.substr(column, 1, len(str(value))) == value
        case "gt":
            return column > value
        case "ge":
            return column >= value
        case "lt":
            return column < value
        case "le":
            return column <= value
