"""Studio in a Jupyter server: its routes, and what they share."""

from __future__ import annotations

from pathlib import Path

from jupyter_server.extension.application import ExtensionApp

from ..home import Home
from . import contents
from .aws import AwsHandler
from .events import EventsHandler
from .hub import Hub
from .model import ModelHandler
from .notebook import NotebookHandler
from .s3 import S3Handler
from .status import StatusHandler
from .upstream import Upstream


class StudioApp(ExtensionApp):
    """Studio in a Jupyter server."""

    name = "studio_ext"
    app_name = "Studio"
    load_other_extensions = True

    def initialize_settings(self) -> None:
        home = Home.current()
        home.make()
        root = getattr(self.serverapp, "root_dir", "")
        if root:
            home.serve_root(Path(root))
        self._show_kernels(home)
        upstream = Upstream(home)
        self.settings.update(
            studio_upstream=upstream,
            studio_hub=Hub(upstream),
            studio_contents=contents.StudioContents(upstream, parent=self.serverapp),
        )

    def _show_kernels(self, home: Home) -> None:
        """Have Jupyter list the kernels of running jobs, so that consoles can be attached.

        They stay the jobs' own: Jupyter neither restarts nor ends them. Somebody who has chosen
        another folder for kernels from outside keeps it.
        """
        kernels = getattr(self.serverapp, "kernel_manager", None)
        if kernels is not None and getattr(kernels, "external_connection_dir", "") is None:
            kernels.external_connection_dir = str(home.consoles)

    def initialize_handlers(self) -> None:
        self.handlers.extend(
            [
                (r"/studio/aws(/.*)?", AwsHandler),
                (r"/studio/s3(?:/(.*))?", S3Handler),
                (r"/studio/status", StatusHandler),
                (r"/studio/events", EventsHandler),
                (r"/studio/model", ModelHandler),
                (r"/studio/notebook", NotebookHandler),
                *contents.ROUTES,
            ]
        )

    async def stop_extension(self) -> None:
        """Let the daemon go on by itself."""
        self.settings["studio_hub"].close()
