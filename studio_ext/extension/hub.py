"""One connection to the daemon's feed for all browsers of a Jupyter server."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from tornado.httputil import HTTPHeaders

from ..errors import StudioError
from ..pages.mailbox import Mailbox
from .exchange import Exchange, Unreachable
from .upstream import NoDaemon, Upstream

PATIENCE = 35.0  # seconds of silence that mean trouble; the daemon is never silent for so long
LOOK = 0.5  # seconds between looks for a daemon that was stopped and not by us to be started
SLOWEST = 10.0  # seconds, at most, between two attempts to reach one that will not come up

STOPPED = "the daemon was stopped; start it with: studio start"
GONE = "the daemon has gone; it is being started again"


class Hub:
    """Follows the daemon's feed while somebody listens, and hands every message to all.

    A daemon that died is started again; one that was asked to stop is waited for, because its
    user meant it. Either way ``offline`` is told once, and the new daemon's ``hello`` follows.

    Threads: the event loop's.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._mailboxes: set[Mailbox] = set()
        self._work: asyncio.Task[None] | None = None
        self._exchange: Exchange | None = None
        self._connected = False
        self._offline = ""

    def join(self) -> Mailbox:
        """A mailbox that gets every message, ``hello`` or ``offline`` first."""
        mailbox = Mailbox()
        if self._connected:
            mailbox.lose()  # so that it asks for its own hello
        elif self._offline:
            mailbox.put(self._offline)
        self._mailboxes.add(mailbox)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._follow())
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        mailbox.close()
        self._mailboxes.discard(mailbox)
        if not self._mailboxes:
            self.close()

    def close(self) -> None:
        """Let go of the daemon and of everybody."""
        for mailbox in self._mailboxes:
            mailbox.close()
        self._mailboxes.clear()
        if self._work is not None:
            self._work.cancel()
            self._work = None
        if self._exchange is not None:
            self._exchange.abort()
            self._exchange = None
        self._connected, self._offline = False, ""

    async def hello(self) -> str:
        """What is so now, for one who has lost messages or never had any."""
        try:
            answer = await self._upstream.ask("GET", "/studio/events?once", service="studio")
        except (NoDaemon, Unreachable) as error:
            return self._offline or _offline(f"{error}")
        return answer.body.decode()

    async def _follow(self) -> None:
        pause = 0.0
        while True:
            await asyncio.sleep(pause)
            began = time.monotonic()
            reason = await self._listen()
            stopped = not self._upstream.home.record.exists()
            # One that comes up and goes down again at once must not keep the machine busy.
            pause = 0.0 if time.monotonic() - began > SLOWEST else min(SLOWEST, 2 * pause + 0.2)
            self._lost(STOPPED if stopped and reason == GONE else reason)
            while stopped and self._upstream.home.daemon() is None:
                await asyncio.sleep(LOOK)

    async def _listen(self) -> str:
        """Hand on messages until there are no more. Returns why."""
        rest = b""
        try:
            async with asyncio.timeout(None) as patience:
                loop = asyncio.get_running_loop()

                async def on_head(status: int, headers: HTTPHeaders) -> None:
                    if status != 200:
                        raise NoDaemon(f"the daemon answers {status}; see: studio doctor")

                async def on_data(data: bytes) -> None:
                    nonlocal rest
                    patience.reschedule(loop.time() + PATIENCE)
                    *lines, rest = (rest + data).split(b"\n")
                    for line in filter(None, lines):
                        self._hand_out(line.decode())

                self._exchange = await self._upstream.open(
                    "GET", "/studio/events", service="studio"
                )
                patience.reschedule(loop.time() + PATIENCE)
                await self._exchange.answer(on_head, on_data)
        except TimeoutError:
            return "the daemon has stopped to answer; see: studio status"
        except Unreachable:
            return GONE
        except StudioError as error:
            return f"{error}"
        return GONE

    def _hand_out(self, message: str) -> None:
        self._connected, self._offline = True, ""
        for mailbox in self._mailboxes:
            mailbox.put(message)

    def _lost(self, reason: str) -> None:
        if self._connected or not self._offline:
            self._connected, self._offline = False, _offline(reason)
            for mailbox in self._mailboxes:
                mailbox.put(self._offline)


def _offline(reason: str) -> str:
    message: dict[str, Any] = {"type": "offline", "since": time.time(), "reason": reason}
    return json.dumps(message)
