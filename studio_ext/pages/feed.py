"""What happens in Studio, as messages for whoever listens, at the moment it happens.

``hello``     what is so now: the first message, and again after messages were lost
``change``    a resource was created, changed or deleted
``progress``  a running job is at another cell
``news``      a running job printed something
``load``      the machine is fuller, or emptier

Each is one JSON object on a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..control.controller import Controller
from ..control.reports import Load
from ..control.run import Run
from ..store import Store, Transition
from .mailbox import Mailbox

ACTIONS = {"create": "created", "update": "changed", "delete": "deleted"}
LONGEST = 1024  # characters of a transition's message


class Feed:
    """Fans out to mailboxes; formats nothing while there is none. An ``Audience``.

    Args:
        facts: what the daemon says of itself: ``version``, ``url``.
    """

    def __init__(
        self, store: Store, controller: Controller, facts: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._store, self._controller, self._facts = store, controller, facts
        self._mailboxes: set[Mailbox] = set()
        controller.subscribe(self)

    @contextmanager
    def listening(self) -> Iterator[Mailbox]:
        """A mailbox that gets everything from now on; first it says to look at ``hello``."""
        mailbox = Mailbox()
        mailbox.lose()
        self._mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)

    def hello(self) -> str:
        """What is so now."""
        with self._store.read() as reader:
            counts = reader.counts()
        running = [_progress(run) for run in self._controller.running()]
        load = _load(self._controller.load)
        return _line({"type": "hello", **self._facts(), **load, "running": running,
                      "counts": counts})  # fmt: skip

    def changed(self, transitions: Iterable[Transition]) -> None:
        """Tell of committed transitions. On the event loop's thread, as all that follow."""
        for each in transitions:
            self._say(_change, each)

    def moved(self, run: Run) -> None:
        self._say(_progress, run)

    def printed(self, run: Run) -> None:
        self._say(_news, run)

    def loaded(self, load: Load) -> None:
        self._say(lambda now: {"type": "load", **_load(now)}, load)

    def _say(self, words: Callable[[Any], dict[str, Any]], about: object) -> None:
        if self._mailboxes:
            line = _line(words(about))
            for mailbox in self._mailboxes:
                mailbox.put(line)


def _change(each: Transition) -> dict[str, Any]:
    return {
        "type": "change", "kind": each.kind, "region": each.region, "name": each.name,
        "key": each.key, "action": ACTIONS[each.action], "status": each.status,
        "message": each.message[:LONGEST], "at": each.at, "seq": each.seq,
    }  # fmt: skip


def _place(run: Run) -> dict[str, Any]:
    return {"kind": run.kind, "region": run.region, "name": run.name, "key": run.key}


def _progress(run: Run) -> dict[str, Any]:
    at = run.progress
    cell, of = (0, 0) if at is None else (at.cell, at.of)
    return {"type": "progress", **_place(run), "cell": cell, "of": of, "started": run.since}


def _news(run: Run) -> dict[str, Any]:
    return {"type": "news", **_place(run)}


def _load(load: Load) -> dict[str, int]:
    return {"cores": load.cores, "busy": load.busy, "waiting": load.waiting}


def _line(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":")) + "\n"
