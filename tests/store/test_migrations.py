"""An old database becomes today's with all it holds; a newer one is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from studio_ext.store import Store
from studio_ext.store.migrations import STEPS, SchemaTooNew


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database as the first step left it, with one transition."""
    path = tmp_path / "studio.db"
    store = Store(f"sqlite:///{path}", clock=lambda: 1.0)
    with store.write() as tx:
        tx.insert("Model", "us-east-1", "a", name="a", arn="arn:a", body={})
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE transitions DROP COLUMN name")
        connection.execute("DELETE FROM schema_steps WHERE step > 1")
    connection.close()
    return path


def test_an_old_database_is_brought_up_and_copied_aside(old: Path) -> None:
    store = Store(f"sqlite:///{old}")
    with store.write() as tx:
        resource = tx.get("Model", "us-east-1", "a")
        assert resource is not None
        tx.update(resource, status="Ready")
    with store.read() as reader:
        assert [(t.key, t.name) for t in reader.changes(0)] == [("a", ""), ("a", "a")]
    store.close()
    assert old.with_name("studio.db.step1.bak").exists()


def test_a_later_studios_database_is_refused(old: Path) -> None:
    with sqlite3.connect(old) as connection:
        connection.execute("INSERT INTO schema_steps VALUES (?, 0)", (len(STEPS) + 1,))
    connection.close()
    with pytest.raises(SchemaTooNew, match="upgrade"):
        Store(f"sqlite:///{old}")
