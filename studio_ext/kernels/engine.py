"""One execution: the kernel, the cells, a stop, a death, and what is left in the notebook."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from studio_ext.kernels.book import Book
from studio_ext.kernels.cells import DRAIN, Cells
from studio_ext.kernels.kernel import GRACE, Kernel, KernelDied
from studio_ext.kernels.outcome import Listener, Outcome, State
from studio_ext.kernels.stop import Stop
from studio_ext.processes import tree
from studio_ext.processes.identity import Process, look

LAST_WORDS = 1.0  # seconds, once a stopped cell's children have ended
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Execution:
    """Runs the cells of ``nb`` in ``kernel`` and keeps its file at ``output`` true meanwhile."""

    def __init__(
        self, nb: NotebookNode, output: Path, kernel: Kernel, listener: Listener, stop: Stop
    ) -> None:
        self.kernel, self.listener, self.stop = kernel, listener, stop
        self.book = Book(nb, output, before_save=self._settle, saved=listener.saved)
        self.cells: Cells | None = None
        self._asked = asyncio.Event()
        self._told = False  # the kernel, to stop

    def _settle(self) -> None:
        if self.cells is not None:
            self.cells.settle()

    async def run(self, cwd: Path, env: Mapping[str, str], start_timeout: float) -> Outcome:
        """Start the kernel, run every cell, end the kernel and whatever it left behind."""
        begin = time.monotonic()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.stop.fileno(), self._on_stop)
        spare = frozenset(tree.children(os.getpid()))
        launched = False
        helpers: list[asyncio.Task[None]] = []
        self.book.notebook_start()
        try:
            await self.kernel.launch(cwd, env)
            launched = True
            if self.kernel.connection is not None:
                self.listener.kernel(self.kernel.connection)
            engine, fallback = self.kernel.engine, self.kernel.refused
            helpers += [asyncio.ensure_future(self._save()), asyncio.ensure_future(self._stop())]
            outcome = await self._start_and_run(start_timeout)
            if self.stop.requested:
                await self._last_words()
        except BaseException:
            self.book.close(ok=False)
            raise
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            loop.remove_reader(self.stop.fileno())
            if launched:
                await self._end_kernel()
            await self.kernel.close()
            if tree.is_subreaper():
                tree.kill_below(os.getpid(), spare=spare)
        self.book.close(ok=outcome.state == "completed")
        return replace(
            outcome,
            duration=time.monotonic() - begin,
            engine=engine,
            fallback=fallback,
            save_error=self.book.error,
        )

    async def _end_kernel(self) -> None:
        last = [asyncio.ensure_future(self.cells.listen())] if self.cells is not None else []
        await self.kernel.shutdown(grace=min(GRACE, self.stop.remaining))
        if last:
            await asyncio.wait(last, timeout=DRAIN)
            last[0].cancel()
            await asyncio.gather(*last, return_exceptions=True)

    async def _start_and_run(self, start_timeout: float) -> Outcome:
        ready = asyncio.ensure_future(self.kernel.ready(start_timeout))
        asked = asyncio.ensure_future(self._asked.wait())
        await asyncio.wait({ready, asked}, return_when="FIRST_COMPLETED")
        asked.cancel()
        if not ready.done():
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
            return Outcome("stopped")
        try:
            ready.result()
        except (KernelDied, TimeoutError) as error:
            if self.stop.requested:
                return Outcome("stopped")
            status = await self.kernel.exit_status()
            return _dead(None, str(error), status)
        self.cells = Cells(self.book, self.kernel, self.listener.text)
        outcome = await self._run_cells(self.cells)
        self.book.nb.metadata["language_info"] = self.kernel.language_info
        self.cells.set_widgets_metadata()
        return outcome

    async def _run_cells(self, cells: Cells) -> Outcome:
        nb = self.book.nb
        runs = [
            i for i, cell in enumerate(nb.cells) if cell.cell_type == "code" and cell.source.strip()
        ]
        self.listener.started(len(runs))
        number = 0
        for index, cell in enumerate(nb.cells):
            if self.stop.requested:
                return Outcome("stopped")
            self.book.cell_start(cell, index)
            code = index in runs
            if code:
                self.listener.cell_started(number, len(runs))
            outcome = await self._run_cell(cells, cell, index)
            self.book.cell_complete(nb.cells[index], cell_index=index)
            if code:
                ok = outcome is None or outcome.state == "completed"
                self.listener.cell_finished(number, len(runs), ok)
                number += 1
            if outcome is not None:
                return outcome
        return Outcome("stopped" if self.stop.requested else "completed")

    async def _run_cell(self, cells: Cells, cell: NotebookNode, index: int) -> Outcome | None:
        """Run one cell; None when the next may follow."""
        try:
            await cells.async_execute_cell(cell, index)
        except CellExecutionError as error:
            state: State = "stopped" if self.stop.requested else "failed"
            if error.ename == "SystemExit" and error.evalue in ("", "0", "None"):
                return Outcome("stopped" if self.stop.requested else "completed")
            self.book.cell_failed(index)
            return Outcome(state, index, error.ename, error.evalue, _traceback(cell, error))
        except DeadKernelError:
            text = f"the kernel {await self.kernel.exit_text()}"
            status = await self.kernel.exit_status()
            if self.stop.requested and self._told:
                text = "stopped: the cell did not end within the grace given to it"
            cell.outputs.append(
                new_output("error", ename="DeadKernelError", evalue=text, traceback=[text])
            )
            self.book.cell_failed(index)
            dead = _dead(index, text, status)
            return replace(dead, state="stopped") if self._told else dead
        return None

    async def _save(self) -> None:
        """Bring outputs of a long cell to the disk while it runs."""
        while True:
            await asyncio.sleep(0.25)
            self.book.tick()

    def _on_stop(self) -> None:
        self.stop.drain()
        self._asked.set()

    async def _stop(self) -> None:
        """Once asked: children first, then the kernel, and at the deadline all of them for good.

        The kernel is told when its children are gone or half of the grace is over, because
        ``subprocess.run`` kills its child as soon as the kernel is interrupted.
        """
        await self._asked.wait()
        self._told = True
        below = self._terminate_children()
        half = self.stop.remaining / 2
        await self._gone(below, until=lambda: self.stop.remaining <= half)
        if below:  # the cell that waited for them may have its last words
            await asyncio.sleep(min(LAST_WORDS, self.stop.remaining / 2))
        await self.kernel.terminate_or_interrupt()
        while self.stop.remaining > 0:  # it may be asked again, with less grace
            self._asked.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self.stop.remaining)
        await self.kernel.kill()

    def _terminate_children(self) -> list[Process]:
        below = [
            p for p in tree.descendants(self.kernel.pid) if not tree.ignores(p.pid, signal.SIGTERM)
        ]
        return [process for process in below if tree.send(process, signal.SIGTERM)]

    async def _gone(self, processes: list[Process], until: Callable[[], bool]) -> None:
        while processes and not until():
            await asyncio.sleep(0.02)
            now = [(process, look(process.pid)) for process in processes]
            processes = [
                was
                for was, is_ in now
                if is_ is not None and is_.started == was.started and not is_.zombie
            ]

    async def _last_words(self) -> None:
        """After the stopped cell: what it started has the rest of the grace."""
        await self._gone(self._terminate_children(), until=lambda: self.stop.remaining <= 0)


def _traceback(cell: NotebookNode, error: CellExecutionError) -> str:
    """The traceback that the notebook shows, without colours."""
    shown = [out["traceback"] for out in cell.outputs if out["output_type"] == "error"]
    return COLOURS.sub("", "\n".join(shown[-1]) if shown else str(error.traceback))


def _dead(index: int | None, text: str, status: int | None) -> Outcome:
    code = status if status is not None and status >= 0 else None
    signum = -status if status is not None and status < 0 else None
    return Outcome("dead", index, "DeadKernelError", text, text, exit_code=code, signal=signum)
