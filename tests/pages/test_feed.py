"""What is told of what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio_ext.control.contract import Progress
from studio_ext.control.reports import Load
from studio_ext.control.run import Run
from studio_ext.pages import feed as module
from studio_ext.pages.feed import Feed
from studio_ext.pages.mailbox import Mailbox
from studio_ext.store import Store

PLACE = {"kind": "TrainingJob", "region": "r", "name": "a", "key": "a"}


class Machine:
    """A controller with one run."""

    def __init__(self, folder: Path) -> None:
        self.load = Load(2, 1, 3)
        self.run = Run(1, 1, "TrainingJob", folder, region="r", key="a", name="a", since=5.0)
        self.audience: Any = None

    def subscribe(self, audience: Any) -> None:
        self.audience = audience

    def running(self) -> list[Run]:
        return [self.run]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    store = Store(f"sqlite:///{tmp_path}/db", clock=lambda: 7.0)
    machine = Machine(tmp_path)
    feed = Feed(store, machine, lambda: {"version": "1", "url": "http://x"})  # type: ignore[arg-type]
    store.subscribe(feed.changed)
    yield SimpleNamespace(store=store, machine=machine, feed=feed)
    store.close()


def told(mailbox: Mailbox) -> list[dict[str, Any]]:
    """The messages in a mailbox."""
    found = asyncio.run(asyncio.wait_for(anext(mailbox), 5))
    assert all(line.endswith("\n") and "\n" not in line[:-1] for line in found)
    return [json.loads(line) for line in found]


def test_hello_is_what_is_so_now(house: SimpleNamespace) -> None:
    with house.store.write() as tx:
        tx.insert("Model", "r", "m", name="m", arn="arn:m", body={})
        tx.insert("Model", "s", "m", name="m", arn="arn:m2", body={})
        tx.insert("Action", "r", "x", name="x", arn="arn:x", body={})
    progress = {"type": "progress", **PLACE, "cell": 0, "of": 0, "started": 5.0}
    assert json.loads(house.feed.hello()) == {
        "type": "hello", "version": "1", "url": "http://x", "cores": 2, "busy": 1, "waiting": 3,
        "running": [progress], "counts": {"Model": {"r": 1, "s": 1}, "Action": {"r": 1}},
    }  # fmt: skip


def test_a_listener_is_first_told_to_look(house: SimpleNamespace) -> None:
    with house.feed.listening() as mailbox:
        assert told(mailbox) == []
    assert house.feed._mailboxes == set()


def test_every_change_is_told(house: SimpleNamespace) -> None:
    with house.feed.listening() as mailbox:
        told(mailbox)
        with house.store.write() as tx:
            made = tx.insert("Trial", "r", "parent/t", name="t", arn="arn:t", body={})
        with house.store.write() as tx:
            changed = tx.update(made, status="Failed", message="x" * 2000)
            tx.delete(changed)
        messages = told(mailbox)
    assert [each["action"] for each in messages] == ["created", "changed", "deleted"]
    assert messages[0] == {
        "type": "change", "kind": "Trial", "region": "r", "name": "t", "key": "parent/t",
        "action": "created", "status": "", "message": "", "at": 7.0, "seq": 1,
    }  # fmt: skip
    assert len(messages[1]["message"]) == module.LONGEST
    assert [each["seq"] for each in messages] == [1, 2, 3]


def test_runs_are_told(house: SimpleNamespace) -> None:
    run, feed = house.machine.run, house.feed
    assert house.machine.audience is feed
    with feed.listening() as mailbox:
        told(mailbox)
        run.progress = Progress(2, 7)
        feed.moved(run)
        feed.printed(run)
        feed.loaded(Load(2, 2, 0))
        assert told(mailbox) == [
            {"type": "progress", **PLACE, "cell": 2, "of": 7, "started": 5.0},
            {"type": "news", **PLACE},
            {"type": "load", "cores": 2, "busy": 2, "waiting": 0},
        ]


def test_texts_are_data(house: SimpleNamespace) -> None:
    name = "</script>\n\u2028\"'<img onerror=x>\U0001f600"
    with house.feed.listening() as mailbox:
        told(mailbox)
        house.machine.run.name = name
        house.feed.printed(house.machine.run)
        assert told(mailbox)[0]["name"] == name


def test_nobody_listens_so_nothing_is_formatted(
    house: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_line", None)
    with house.store.write() as tx:
        tx.insert("Model", "r", "m", name="m", arn="arn:m", body={})
    house.feed.printed(house.machine.run)
