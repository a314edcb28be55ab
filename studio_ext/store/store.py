"""The store: every change is one transaction, and every change leaves a transition behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ..errors import StudioError
from . import database, query, schema
from .migrations import migrate
from .query import Page, Query
from .rows import Attempt, Ran, Resource, Transition


def _by(*names: str) -> Select[Any]:
    columns = schema.resources.c
    return select(schema.resources).where(*(columns[name] == bindparam(name) for name in names))


# Built once: putting the expression together costs ten times what running it does.
_BY_KEY, _BY_ID, _BY_ARN = _by("kind", "region", "key"), _by("id"), _by("arn")


class Exists(StudioError):
    """A resource of that kind, region and key is there already."""


class Stale(StudioError):
    """The row was changed or deleted by somebody else since it was read."""


class Leased(StudioError):
    """Another attempt at that job has not ended."""


class Reader:
    """Looks at one consistent state."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """For tables that another room keeps in the same database."""
        return self._connection

    def get(self, kind: str, region: str, key: str) -> Resource | None:
        return self._resource(_BY_KEY, kind=kind, region=region, key=key)

    def by_id(self, number: int) -> Resource | None:
        return self._resource(_BY_ID, id=number)

    def by_arn(self, arn: str) -> Resource | None:
        return self._resource(_BY_ARN, arn=arn)

    def page(self, wanted: Query) -> Page:
        rows = [_to_resource(row) for row in self._connection.execute(query.to_select(wanted))]
        if len(rows) <= wanted.limit:
            return Page(rows)
        rows = rows[: wanted.limit]
        return Page(rows, query.cursor(wanted, rows[-1]))

    def count(self, wanted: Query) -> int:
        return int(self._connection.execute(query.to_count(wanted)).scalar_one())

    def counts(self) -> dict[str, dict[str, int]]:
        """How many resources there are, by kind and region."""
        columns = schema.resources.c
        rows = self._connection.execute(
            select(columns.kind, columns.region, func.count()).group_by(
                columns.kind, columns.region
            )
        )
        found: dict[str, dict[str, int]] = {}
        for kind, region, number in rows:
            found.setdefault(kind, {})[region] = number
        return found

    def tags(self, arn: str) -> dict[str, str]:
        table = schema.tags
        rows = self._connection.execute(
            select(table.c.key, table.c.value).where(table.c.arn == arn).order_by(table.c.key)
        )
        return {row.key: row.value for row in rows}

    def changes(self, after: int, limit: int = 1000) -> list[Transition]:
        """Transitions beyond sequence number ``after``, oldest first: the outbox."""
        table = schema.transitions
        rows = self._connection.execute(
            select(table).where(table.c.seq > after).order_by(table.c.seq).limit(limit)
        )
        return [Transition(**row._mapping) for row in rows]

    def history(self, resource_id: int) -> list[Transition]:
        """All transitions of one resource, oldest first."""
        table = schema.transitions
        rows = self._connection.execute(
            select(table).where(table.c.resource_id == resource_id).order_by(table.c.seq)
        )
        return [Transition(**row._mapping) for row in rows]

    def last_seq(self) -> int:
        highest = select(func.coalesce(func.max(schema.transitions.c.seq), 0))
        return int(self._connection.execute(highest).scalar_one())

    def attempts(self, resource_id: int) -> list[Attempt]:
        """Every attempt at a job, oldest first."""
        table = schema.attempts
        rows = self._connection.execute(
            select(table).where(table.c.resource_id == resource_id).order_by(table.c.token)
        )
        return [Attempt(**row._mapping) for row in rows]

    def ran(self) -> list[Ran]:
        """Every resource of which there was an attempt, oldest first."""
        row, each = schema.resources.c, schema.attempts.c
        under_way = func.count().filter(each.ended.is_(None))
        last = case((under_way == 0, func.max(each.ended)))
        rows = self._connection.execute(
            select(row.kind, row.region, row.key, row.name, row.status, last)
            .join_from(schema.resources, schema.attempts, each.resource_id == row.id)
            .group_by(row.id)
            .order_by(row.id)
        )
        return [Ran(*found) for found in rows]

    def open_attempts(self) -> list[Attempt]:
        """Every attempt that holds its job's lease, oldest first."""
        table = schema.attempts
        rows = self._connection.execute(
            select(table).where(table.c.ended.is_(None)).order_by(table.c.token)
        )
        return [Attempt(**row._mapping) for row in rows]

    def _resource(self, statement: Select[Any], **values: Any) -> Resource | None:
        row = self._connection.execute(statement, values).first()
        return None if row is None else _to_resource(row)


class Transaction(Reader):
    """Changes that all happen or none.

    Each change of a resource appends its transition in the same transaction, so a reader of
    ``changes`` misses nothing whatever process dies when.
    """

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        super().__init__(connection)
        self._clock = clock
        self.changed: list[Transition] = []

    def insert(
        self,
        kind: str,
        region: str,
        key: str,
        *,
        name: str,
        arn: str,
        body: Mapping[str, Any],
        status: str = "",
        message: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> Resource:
        """Record a new resource.

        Raises:
            Exists: the key is taken.
        """
        now = self._clock()
        values = {
            "kind": kind, "region": region, "key": key, "name": name, "arn": arn,
            "status": status, "created": now, "modified": now, "version": 1, "body": dict(body),
        }  # fmt: skip
        try:
            number = self._connection.execute(
                insert(schema.resources).values(values).returning(schema.resources.c.id)
            ).scalar_one()
        except IntegrityError as error:
            raise Exists(f"{kind} {key} exists already in {region}") from error
        resource = Resource(id=number, **values)  # type: ignore[arg-type]
        self._append("create", resource, message)
        if tags:
            self.set_tags(arn, tags)
        return resource

    def update(
        self,
        resource: Resource,
        *,
        status: str | None = None,
        body: Mapping[str, Any] | None = None,
        message: str = "",
    ) -> Resource:
        """Change a resource; ``body`` replaces the old one whole.

        Raises:
            Stale: the row is not the one that was read.
        """
        table = schema.resources
        values: dict[str, Any] = {"modified": self._clock(), "version": resource.version + 1}
        if status is not None:
            values["status"] = status
        if body is not None:
            values["body"] = dict(body)
        row = self._connection.execute(
            update(table)
            .where(table.c.id == resource.id, table.c.version == resource.version)
            .values(values)
            .returning(table)
        ).first()
        if row is None:
            raise Stale(
                f"{resource.kind} {resource.key} was changed by somebody else; read it again"
            )
        changed = _to_resource(row)
        self._append("update", changed, message)
        return changed

    def delete(self, resource: Resource, message: str = "") -> None:
        """Remove a resource and its tags; its transitions stay.

        Raises:
            Stale: the row is not the one that was read.
        """
        table = schema.resources
        gone = self._connection.execute(
            delete(table).where(table.c.id == resource.id, table.c.version == resource.version)
        )
        if gone.rowcount != 1:
            raise Stale(
                f"{resource.kind} {resource.key} was changed by somebody else; read it again"
            )
        self._connection.execute(delete(schema.tags).where(schema.tags.c.arn == resource.arn))
        self._append("delete", resource, message)

    def set_tags(self, arn: str, values: Mapping[str, str]) -> None:
        table = schema.tags
        if not values:
            return
        self._connection.execute(
            delete(table).where(table.c.arn == arn, table.c.key.in_(list(values)))
        )
        self._connection.execute(
            insert(table),
            [{"arn": arn, "key": key, "value": value} for key, value in values.items()],
        )

    def remove_tags(self, arn: str, keys: list[str]) -> None:
        table = schema.tags
        self._connection.execute(delete(table).where(table.c.arn == arn, table.c.key.in_(keys)))

    def claim(self, resource: Resource, directory: str) -> Attempt:
        """Take the lease on a job for a new attempt.

        Raises:
            Leased: an earlier attempt has not ended.
        """
        table = schema.attempts
        number = 1 + int(
            self._connection.execute(
                select(func.count()).where(table.c.resource_id == resource.id)
            ).scalar_one()
        )
        values = {
            "resource_id": resource.id, "number": number, "directory": directory,
            "claimed": self._clock(), "outcome": "",
        }  # fmt: skip
        try:
            row = self._connection.execute(insert(table).values(values).returning(table)).one()
        except IntegrityError as error:
            raise Leased(f"{resource.kind} {resource.key} has an attempt under way") from error
        return Attempt(**row._mapping)

    def mark_attempt(self, token: int, **values: Any) -> bool:
        """Record facts of an attempt that still holds the lease (pid, stop_asked, ...).

        Returns:
            False when the attempt has ended: its word counts no more.
        """
        table = schema.attempts
        done = self._connection.execute(
            update(table).where(table.c.token == token, table.c.ended.is_(None)).values(values)
        )
        return done.rowcount == 1

    def end_attempt(self, token: int, outcome: str) -> bool:
        """Give the lease back. False when it was given back before."""
        return self.mark_attempt(token, ended=self._clock(), outcome=outcome)

    def _append(self, action: str, resource: Resource, message: str) -> None:
        values = {
            "resource_id": resource.id, "kind": resource.kind, "region": resource.region,
            "key": resource.key, "name": resource.name, "action": action,
            "status": resource.status, "message": message, "at": self._clock(),
        }  # fmt: skip
        table = schema.transitions
        seq = self._connection.execute(
            insert(table).values(values).returning(table.c.seq)
        ).scalar_one()
        self.changed.append(Transition(seq=seq, **values))  # type: ignore[arg-type]


class Store:
    """The state of one Studio home.

    Threads: any thread may read and write; writers take turns. Processes: one, the daemon,
    which holds the home's lock.

    Args:
        url: ``sqlite:////path/studio.db`` or ``postgresql+psycopg://...``.
        clock: epoch seconds, for tests.

    Raises:
        database.NetworkFileSystem: SQLite's locks do not hold there.
        migrations.SchemaTooNew: the database is a later Studio's.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = database.connect(url)
        self._clock = clock
        self._turn = threading.RLock()
        self._listeners: list[Callable[[list[Transition]], None]] = []
        migrate(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def subscribe(self, listener: Callable[[list[Transition]], None]) -> None:
        """Call ``listener`` with the transitions of every transaction, after its commit."""
        self._listeners.append(listener)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self._engine.connect() as connection:
            database.begin_read(connection)
            yield Reader(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction: committed at the end of the block, undone by an exception."""
        with self._turn, self._engine.connect() as connection:
            database.begin_write(connection)
            transaction = Transaction(connection, self._clock)
            try:
                yield transaction
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
        if transaction.changed:
            for listener in self._listeners:
                listener(transaction.changed)


def _to_resource(row: Row[Any]) -> Resource:
    return Resource(**row._mapping)
