"""Running cells against a kernel, on nbclient: outputs as they come, deaths at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode

from studio_ext.kernels.book import Book
from studio_ext.kernels.kernel import Kernel
from studio_ext.kernels.outcome import Stream
from studio_ext.kernels.papermill import PapermillNotebookClient

STREAM_LIMIT = 10_000_000  # characters of printed text that one cell keeps in the notebook
LATE = ("stream", "display_data", "update_display_data")
DRAIN = 0.1  # seconds in which a dead kernel's last messages still arrive
NOTICE = (
    f"\n[more than {STREAM_LIMIT // 1_000_000} million characters were printed here;"
    " the rest is only in the log]\n"
)


class Cells(PapermillNotebookClient):
    """nbclient's cell execution with four differences.

    A kernel's death is known from its pidfd. What arrives after a cell's end is not lost. Printed
    text goes to ``text`` as it arrives, pieces of one stream become one output, and a cell keeps at
    most ``STREAM_LIMIT`` characters of it.

    Raises (``async_execute_cell``):
        nbclient.exceptions.CellExecutionError: the cell raised.
        nbclient.exceptions.DeadKernelError: the kernel ended.
    """

    def __init__(self, book: Book, kernel: Kernel, text: Callable[[Stream, str], None]) -> None:
        super().__init__(book, km=kernel.manager, iopub_timeout=10**6, timeout=None)
        self.kc = kernel.client
        self.kernel = kernel
        self._text = text
        self._tail: NotebookNode | None = None
        self._pieces: list[str] = []
        self._printed = 0
        self._past: dict[str, tuple[NotebookNode, int]] = {}

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, **kw: Any) -> Any:
        self._printed = 0
        try:
            return await super().async_execute_cell(cell, cell_index, **kw)
        finally:
            self.settle()

    def settle(self) -> None:
        """Bring the last stream output up to date: pieces are joined only when someone looks."""
        if self._tail is not None and len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
            self._tail["text"] = self._pieces[0]

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int
    ) -> NotebookNode | None:
        hooked = self.output_hook_stack.get(msg["parent_header"].get("msg_id"))
        if msg["msg_type"] != "stream":
            return super().output(outs, msg, display_id, cell_index)
        name, text = cast(Stream, msg["content"]["name"]), msg["content"]["text"]
        self._text(name, text)
        room = STREAM_LIMIT - self._printed
        self._printed += len(text)
        if room < 0:
            return None
        if len(text) > room:
            self._printed = STREAM_LIMIT + 1
            text = msg["content"]["text"] = text[:room] + NOTICE
        tail = self._tail
        fresh = not outs or outs[-1] is not tail or hooked or self.clear_before_next_output
        if not fresh and tail is not None and tail["name"] == name:
            self._pieces.append(text)
            return tail
        self.settle()
        added = super().output(outs, msg, display_id, cell_index)
        self._tail, self._pieces = added, [text]
        return added

    async def _async_poll_output_msg(
        self, parent_msg_id: str, cell: NotebookNode, cell_index: int
    ) -> None:
        self._past[parent_msg_id] = (cell, cell_index)
        while True:
            msg = await self.kernel.client.iopub_channel.get_msg(timeout=None)
            if msg["parent_header"].get("msg_id") != parent_msg_id:
                self._take_late(msg)
                continue
            try:
                self.process_message(msg, cell, cell_index)
            except CellExecutionComplete:
                return

    def _take_late(self, msg: dict[str, Any]) -> None:
        """What a process or a thread of an earlier cell printed belongs to that cell."""
        past = self._past.get(msg["parent_header"].get("msg_id"))
        if past is not None and msg["msg_type"] in LATE:
            self.process_message(msg, *past)

    async def listen(self) -> None:
        """After the last cell: take what still comes until the kernel says that it ends."""
        while True:
            msg = await self.kernel.client.iopub_channel.get_msg(timeout=None)
            if msg["msg_type"] == "shutdown_reply":
                self.settle()
                return
            self._take_late(msg)

    async def _async_poll_kernel_alive(self) -> None:
        await asyncio.shield(self.kernel.dead)
        await asyncio.sleep(DRAIN)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()
