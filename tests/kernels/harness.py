"""Runs in a forked runner: does the request in ``FOLDER`` and writes what it saw."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import json
import os
import signal
import tempfile
import threading
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from studio_ext.kernels.execute import execute
from studio_ext.kernels.stop import Stop
from studio_ext.processes import tree

folder = Path(FOLDER)  # type: ignore[name-defined]  # noqa: F821  given by run_path
request = json.loads((folder / "request.json").read_text())
events: list[list[object]] = []


class Listener:
    """Writes down everything; shows the texts as they come in ``text.log``."""

    def kernel(self, connection: Path) -> None: ...

    def started(self, total_cells: int) -> None:
        events.append(["started", total_cells])

    def cell_started(self, index: int, of: int) -> None:
        events.append(["cell_started", index, of])

    def cell_finished(self, index: int, of: int, ok: bool) -> None:
        events.append(["cell_finished", index, of, ok])

    def text(self, stream: str, text: str) -> None:
        events.append(["text", stream, text if len(text) < 10_000 else text[:20]])
        with (folder / "text.log").open("a") as log:
            log.write(text[:10_000])

    def saved(self, path: Path) -> None:
        events.append(["saved"])


def notebook() -> object:
    nb = new_notebook()
    for cell in request["cells"]:
        if cell.get("markdown"):
            nb.cells.append(new_markdown_cell(cell["source"]))
            continue
        metadata = {"tags": cell.get("tags", [])}
        nb.cells.append(new_code_cell(cell["source"], metadata=metadata))
    nb.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nb


os.environ.update(request.get("env", {}))
stop = Stop()
signal.signal(signal.SIGTERM, lambda *_: stop.request(request.get("grace", 10)))
if request.get("before"):
    exec(request["before"])
outcome = execute(
    notebook(),
    folder / "output.ipynb",
    request.get("parameters", {}),
    engine=request["engine"],
    kernel_name=request.get("kernel"),
    cwd=folder,
    env=os.environ,
    listener=Listener(),
    stop=stop,
    start_timeout=request.get("start_timeout", 60),
)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
left = [process.pid for process in tree.descendants(os.getpid())]
with contextlib.suppress(ValueError):
    left.remove(os.getpid())
said = {
    "outcome": dataclasses.asdict(outcome),
    "events": events,
    "threads": threading.active_count(),
    "leftovers": [str(pid) for pid in left]
    + glob.glob(str(folder / ".studio_*"))
    + [
        path
        for path in glob.glob(os.path.join(tempfile.gettempdir(), "studio-k-*"))
        if os.stat(path).st_mtime > os.stat(folder / "request.json").st_mtime
    ],
}
(folder / "result.json").write_text(json.dumps(said))
