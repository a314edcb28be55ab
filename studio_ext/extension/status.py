"""``studio/status``: where the daemon is; it is started when there is none."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import StudioAPIHandler, reaching


class StatusHandler(StudioAPIHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        with reaching():
            found = await self.upstream.record()
        self.send(
            {
                "url": found["url"],
                "version": found["version"],
                "home": str(self.home.root),
                "cores": found["cores"],
            }
        )
