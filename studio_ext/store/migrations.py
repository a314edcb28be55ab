"""Numbered steps from an empty database to today's tables.

A step, once released, never changes. A file database is copied aside before steps run on one
that holds data; a database that is newer than the code is refused.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from ..errors import StudioError
from .schema import metadata


class SchemaTooNew(StudioError):
    """The database was written by a later Studio."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the database has schema {found}, this Studio knows up to {known}; "
            "run: pip install --upgrade studio-ext"
        )
        self.found, self.known = found, known


def _first(connection: Connection) -> None:
    metadata.create_all(connection)


def _name_transitions(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns("transitions")}
    if "name" not in columns:  # the first step makes today's tables
        connection.execute(text("ALTER TABLE transitions ADD COLUMN name TEXT NOT NULL DEFAULT ''"))


STEPS: tuple[Callable[[Connection], None], ...] = (_first, _name_transitions)


def migrate(engine: Engine, *, steps: tuple[Callable[[Connection], None], ...] = STEPS) -> int:
    """Bring the database to the newest schema, in one transaction.

    Returns:
        How many steps ran.

    Raises:
        SchemaTooNew: nothing was changed.
    """
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS schema_steps "
                "(step INTEGER PRIMARY KEY, at DOUBLE PRECISION)"
            )
        )
        done = connection.execute(
            text("SELECT COALESCE(MAX(step), 0) FROM schema_steps")
        ).scalar_one()
        if done > len(steps):
            raise SchemaTooNew(done, len(steps))
        if done == len(steps):
            return 0
    if done:
        _back_up(engine, done)
    with engine.begin() as connection:
        for number in range(done + 1, len(steps) + 1):
            steps[number - 1](connection)
            connection.execute(
                text("INSERT INTO schema_steps (step, at) VALUES (:step, :at)"),
                {"step": number, "at": time.time()},
            )
    return len(steps) - done


def _back_up(engine: Engine, step: int) -> Path | None:
    """Copy a SQLite file aside, whole, through SQLite's own backup; others have their own tools."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    source = Path(engine.url.database)
    target = source.with_name(f"{source.name}.step{step}.bak")
    partial = target.with_suffix(".tmp")
    with sqlite3.connect(source) as old, sqlite3.connect(partial) as new:
        old.backup(new)
    old.close()
    new.close()
    shutil.move(partial, target)
    return target
