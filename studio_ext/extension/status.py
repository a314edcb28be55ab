"""``studio/status``: where the daemon is, and with ``?disk=1`` what lies on its disk.

It is started when there is none.
"""

from __future__ import annotations

import json

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import StudioAPIHandler, reaching


class StatusHandler(StudioAPIHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        with reaching():
            found = await self.upstream.record()
            told = {
                "url": found["url"],
                "version": found["version"],
                "home": str(self.home.root),
                "cores": found["cores"],
            }
            if self.get_query_argument("disk", ""):
                answer = await self.upstream.ask("GET", "/studio/disk", service="studio")
                if answer.status != 200:
                    raise web.HTTPError(502, "the daemon cannot count; see: studio logs")
                told["disk"] = json.loads(answer.body)
        self.send(told)
