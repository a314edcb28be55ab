"""Messages on their way to one reader, who may be slow or never read at all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

LIMIT = 1000


class Mailbox(AsyncIterator[list[str]]):
    """Gives what came since the last look, oldest first, until it is closed.

    A reader who falls behind by more than ``limit`` messages loses them all and gets ``[]``
    instead: look again at the state itself. So memory stays bounded, whoever does not read.

    Threads: the event loop's.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._messages: deque[str] = deque()
        self._lost = self._closed = False
        self._news = asyncio.Event()

    def put(self, message: str) -> None:
        if self._lost or self._closed:
            return
        if len(self._messages) >= self._limit:
            self.lose()
        else:
            self._messages.append(message)
            self._news.set()

    def lose(self) -> None:
        """Let the reader look again, instead of whatever is under way."""
        self._messages.clear()
        self._lost = True
        self._news.set()

    def close(self) -> None:
        self._closed = True
        self._messages.clear()
        self._news.set()

    async def __anext__(self) -> list[str]:
        await self._news.wait()
        if self._closed:
            raise StopAsyncIteration
        self._news.clear()
        found, self._lost = list(self._messages), False
        self._messages.clear()
        return found
