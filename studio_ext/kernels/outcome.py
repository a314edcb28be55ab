"""What the caller of an execution sees: what happens on the way, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from studio_ext.errors import StudioError

State = Literal["completed", "failed", "stopped", "dead"]
Engine = Literal["auto", "stock", "fork", "inprocess"]
EngineUsed = Literal["stock", "fork", "inprocess"]
Stream = Literal["stdout", "stderr"]


class NotebookError(StudioError):
    """The notebook cannot be run at all: unreadable, no such kernel, a parameter that is code."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one execution ended.

    Attributes:
        state: ``completed``; ``failed`` (a cell raised); ``stopped`` (asked to, whatever the
            running cell made of it); ``dead`` (the kernel ended under the notebook).
        cell_index: the cell that raised, was stopped or was running, counted from 0 among all
            cells of the output notebook; None when there was none.
        ename, evalue: the error's name and message, as Python prints them.
        traceback: plain text, without colours.
        exit_code: what the kernel process exited with, when it ended by itself.
        signal: the signal that ended the kernel, such as 9.
        duration: seconds from the start of the kernel to the end of its last cell.
        engine: the engine that ran the cells: ``stock``, ``fork`` or ``inprocess``.
        fallback: why a faster engine was not used; empty when the first choice was.
        save_error: why the output on disk is older than the result; empty when it is current.
    """

    state: State
    cell_index: int | None = None
    ename: str = ""
    evalue: str = ""
    traceback: str = ""
    exit_code: int | None = None
    signal: int | None = None
    duration: float = 0.0
    engine: EngineUsed = "stock"
    fallback: str = ""
    save_error: str = ""


class Listener(Protocol):
    """Told of progress, on the thread that called ``execute``; an exception ends the run."""

    def kernel(self, connection: Path) -> None:
        """A kernel was launched that anybody with this connection file can talk to."""

    def started(self, total_cells: int) -> None:
        """The kernel is ready. ``total_cells`` counts the code cells that will run."""

    def cell_started(self, index: int, of: int) -> None:
        """Code cell ``index`` (from 0) of ``of`` begins."""

    def cell_finished(self, index: int, of: int, ok: bool) -> None:
        """Code cell ``index`` ended."""

    def text(self, stream: Stream, text: str) -> None:
        """A piece of output, as it is printed; not always whole lines."""

    def saved(self, path: Path) -> None:
        """The output notebook on disk is new."""


class Silent:
    """A listener that does not listen."""

    def kernel(self, connection: Path) -> None: ...

    def started(self, total_cells: int) -> None: ...

    def cell_started(self, index: int, of: int) -> None: ...

    def cell_finished(self, index: int, of: int, ok: bool) -> None: ...

    def text(self, stream: Stream, text: str) -> None: ...

    def saved(self, path: Path) -> None: ...
