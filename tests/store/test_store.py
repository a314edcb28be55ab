"""The store keeps what was committed, in order, once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from studio_ext.store import Condition, Query, Store
from studio_ext.store.store import Exists, Leased, Stale


@pytest.fixture
def store(database: str):
    ticks = iter(range(1, 10_000))
    store = Store(database, clock=lambda: float(next(ticks)))
    yield store
    store.close()


def add(store: Store, name: str, **options):
    with store.write() as tx:
        return tx.insert(
            "Model", "us-east-1", name, name=name, arn=f"arn:{name}",
            body=options.pop("body", {"ModelName": name}), **options,
        )  # fmt: skip


def test_what_is_inserted_is_read_back_whole(store: Store) -> None:
    made = add(store, "a", tags={"team": "x"}, status="Ready", body={"deep": {"list": [1, "2"]}})
    with store.read() as reader:
        assert reader.get("Model", "us-east-1", "a") == made
        assert reader.by_arn("arn:a") == made
        assert reader.by_id(made.id) == made
        assert reader.tags("arn:a") == {"team": "x"}
        assert reader.get("Model", "eu-west-1", "a") is None


def test_a_key_is_taken_once(store: Store) -> None:
    add(store, "a")
    with pytest.raises(Exists, match="Model a exists"):
        add(store, "a")
    with store.read() as reader:
        assert len(reader.changes(0)) == 1


def test_an_update_of_an_old_row_is_refused(store: Store) -> None:
    old = add(store, "a")
    with store.write() as tx:
        new = tx.update(old, status="Ready", message="done")
    assert (new.status, new.version) == ("Ready", 2)
    with pytest.raises(Stale), store.write() as tx:
        tx.update(old, status="Lost")
    with pytest.raises(Stale), store.write() as tx:
        tx.delete(old)
    with store.read() as reader:
        assert [(t.action, t.status) for t in reader.history(old.id)] == [
            ("create", ""),
            ("update", "Ready"),
        ]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    heard = []
    store.subscribe(heard.extend)
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        tx.insert("Model", "r", "a", name="a", arn=f"arn:{tx.last_seq()}", body={}, status="X")
        tx.set_tags("arn", {"n": str(1 // (1 - tx.last_seq()))})
    with store.read() as reader:
        assert reader.get("Model", "r", "a") is None
        assert reader.last_seq() == 0
    assert heard == []


def test_listeners_hear_of_what_was_committed(store: Store) -> None:
    heard = []
    store.subscribe(heard.extend)
    made = add(store, "a")
    with store.write() as tx:
        tx.delete(made, "asked for")
    assert [(t.action, t.message) for t in heard] == [("create", ""), ("delete", "asked for")]
    with store.read() as reader:
        assert reader.changes(heard[0].seq) == heard[1:]
        assert reader.tags("arn:a") == {}


@pytest.mark.parametrize("order", ["created", "modified", "name", "status"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_each_row_once_in_order(store: Store, order: str, descending: bool) -> None:
    for number in range(25):
        add(store, f"m{number % 7}-{number}", status="AB"[number % 2])
    query = Query("Model", "us-east-1", order=order, descending=descending, limit=4)
    seen, after = [], None
    while True:
        with store.read() as reader:
            page = reader.page(Query(**{**_fields(query), "after": after}))
        seen += page.rows
        after = page.next
        if after is None:
            break
    values = [(getattr(row, order), row.id) for row in seen]
    assert len(seen) == 25
    assert values == sorted(values, reverse=descending)


def _fields(query: Query) -> dict:
    return {name: getattr(query, name) for name in query.__slots__}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("name", "contains", "LPH"), ["alpha"]),
        (Condition("name", "contains", "%"), []),
        (Condition("name", "prefix", "b"), ["beta"]),
        (Condition("name", "prefix", "B"), []),
        (Condition("status", "eq", "Ready"), ["alpha"]),
        (Condition("Source.Uri", "eq", "s3://x"), ["beta"]),
        (Condition("Size", "gt", 3), ["beta"]),
        (Condition("On", "eq", True), ["alpha"]),
        (Condition("created", "le", 2.0), ["alpha"]),
    ],
)
def test_conditions(store: Store, condition: Condition, expected: list[str]) -> None:
    add(store, "alpha", status="Ready", body={"Size": 3, "On": True})
    add(store, "beta", body={"Size": 5, "On": False, "Source": {"Uri": "s3://x"}})
    with store.read() as reader:
        query = Query("Model", "us-east-1", (condition,), order="name", descending=False)
        assert [row.name for row in reader.page(query).rows] == expected
        assert reader.count(query) == len(expected)


def test_one_attempt_at_a_time_and_tokens_grow(store: Store) -> None:
    job = add(store, "job")
    with store.write() as tx:
        first = tx.claim(job, "d1")
    with pytest.raises(Leased), store.write() as tx:
        tx.claim(job, "d2")
    with store.write() as tx:
        assert tx.mark_attempt(first.token, pid=7, pid_started=9)
        assert tx.end_attempt(first.token, "vanished")
        second = tx.claim(job, "d2")
        assert not tx.mark_attempt(first.token, pid=8)
        assert not tx.end_attempt(first.token, "completed")
    assert second.token > first.token
    assert second.number == 2
    with store.read() as reader:
        assert [a.token for a in reader.open_attempts()] == [second.token]
        assert [a.outcome for a in reader.attempts(job.id)] == ["vanished", ""]


def test_commits_are_on_disk_before_they_are_answered(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/studio.db")
    with store.read() as reader:
        ask = reader._connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar() == "wal"
        assert ask("PRAGMA synchronous").scalar() == 2
    store.close()
    assert sqlite3.connect(tmp_path / "studio.db").execute("SELECT 1").fetchone() == (1,)


def test_what_ran_and_when_it_ended(store: Store) -> None:
    add(store, "never")
    for name in ("once", "twice", "runs"):
        row = add(store, name, status="Done")
        with store.write() as tx:
            first = tx.claim(row, "/x")
            tx.end_attempt(first.token, "vanished")
            if name != "once":
                second = tx.claim(row, "/y")
                if name == "twice":
                    tx.end_attempt(second.token, "completed")
    with store.read() as reader:
        found = {each.name: each for each in reader.ran()}
        ends = {name: reader.attempts(row.id)[-1].ended for name in ("once", "twice")
                if (row := reader.get("Model", "us-east-1", name))}  # fmt: skip
    assert list(found) == ["once", "twice", "runs"]
    assert found["runs"].ended is None
    assert {name: found[name].ended for name in ends} == ends
    assert (found["once"].kind, found["once"].status) == ("Model", "Done")


def test_counts_by_kind_and_region(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    with store.read() as reader:
        assert reader.counts() == {"Model": {"us-east-1": 2}}
