"""``studio/events``: a WebSocket on which the browser hears what happens."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..pages.mailbox import Mailbox
from .base import StudioHandler
from .hub import Hub


class EventsHandler(WebSocketMixin, WebSocketHandler, StudioHandler):
    """One browser. It is only told; what it says is not listened to.

    One that does not read is sent nothing more until it does, and is then told to look again.
    """

    ping_interval = 10_000  # milliseconds; proxies close what is silent for longer

    _mailbox: Mailbox | None = None
    _work: asyncio.Task[None] | None = None

    @property
    def hub(self) -> Hub:
        return self.settings["studio_hub"]

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        await self.permit("execute")
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        self._mailbox = self.hub.join()
        self._work = asyncio.get_running_loop().create_task(self._tell(self._mailbox))

    async def _tell(self, mailbox: Mailbox) -> None:
        with contextlib.suppress(WebSocketClosedError):
            async for messages in mailbox:
                for message in messages or [await self.hub.hello()]:
                    await self.write_message(message)
            self.close()  # the hub is closing

    def on_message(self, message: str | bytes) -> None:
        """Nothing that a browser says here means anything."""

    def on_close(self) -> None:
        if self._mailbox is not None:
            self.hub.leave(self._mailbox)
        if self._work is not None:
            self._work.cancel()
