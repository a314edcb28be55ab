"""What a run says while it runs: append-only files of one JSON object a line.

``log.jsonl``      ``{"t": seconds, "m": text}``, a line of output
``metrics.jsonl``  ``{"t", "name", "value", "step"}``, a metric found in the output
``events.jsonl``   ``{"t", "event": "phase", "name", "message"}`` and
                   ``{"t", "event": "cell", "index", "of", "ok"}`` (``ok`` is None at its start)

A writer appends whole lines in one write; a reader ignores a last line without its end.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

LOG, METRICS, EVENTS = "log.jsonl", "metrics.jsonl", "events.jsonl"
LONGEST_LINE = 256 * 1024  # CloudWatch's limit for one event
QUIET = 0.25  # seconds, at least, between two rings for output


class Journal:
    """The writing side, in the runner."""

    def __init__(
        self,
        directory: Path,
        *,
        metrics: Iterable[Mapping[str, str]] = (),
        secrets: Iterable[str] = (),
        ring: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._files = {
            name: os.open(directory / name, flags, 0o644) for name in (LOG, METRICS, EVENTS)
        }
        self._patterns = [(each["Name"], re.compile(each["Regex"])) for each in metrics]
        self._secrets = sorted((s for s in secrets if len(s) > 3), key=len, reverse=True)
        self._partial: dict[str, str] = {}
        self._steps: dict[str, int] = {}
        self._torn: set[str] = set()
        self._ring, self._clock = ring, clock
        self._rung = float("-inf")
        self.final: dict[str, dict[str, Any]] = {}

    def text(self, stream: str, text: str) -> None:
        """Log output as it comes; lines are recorded when they end."""
        *lines, rest = (self._partial.pop(stream, "") + text).split("\n")
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], ""
        if rest:
            self._partial[stream] = rest
        if lines:
            self._log(lines)

    def flush(self) -> None:
        """Record what no line end followed."""
        rest, self._partial = list(self._partial.values()), {}
        if rest:
            self._log(rest)

    def phase(self, name: str, message: str = "") -> None:
        """Enter a secondary status."""
        self._write(EVENTS, [{"event": "phase", "name": name, "message": message}])
        self._ring()

    def cell(self, index: int, of: int, ok: bool | None) -> None:
        """Start (``ok`` None) or end a cell; ``index`` counts from 1."""
        self._write(EVENTS, [{"event": "cell", "index": index, "of": of, "ok": ok}])
        self._ring()

    def close(self) -> None:
        self.flush()
        for descriptor in self._files.values():
            os.close(descriptor)

    def _log(self, lines: list[str]) -> None:
        shown = [self._clean(line.rstrip("\r"))[:LONGEST_LINE] for line in lines]
        self._write(LOG, [{"m": line} for line in shown])
        found = [metric for line in shown for metric in self._measure(line)]
        if found:
            self._write(METRICS, found)
            self.final |= {metric["name"]: metric for metric in found}
        now = time.monotonic()
        if now - self._rung >= QUIET:
            self._rung = now
            self._ring()

    def _measure(self, line: str) -> Iterable[dict[str, Any]]:
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match is None or match.lastindex is None:
                continue
            try:
                value = float(match[1])
            except (TypeError, ValueError):
                continue
            if math.isfinite(value):
                step = self._steps[name] = self._steps.get(name, -1) + 1
                yield {"name": name, "value": value, "step": step}

    def _clean(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "****")
        return line

    def _write(self, name: str, entries: list[dict[str, Any]]) -> None:
        now = self._clock()
        for entry in entries:
            entry["t"] = now
        data = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
        if name in self._torn:
            data = b"\n" + data
        # A full disk must not end the job that is about to say so, nor a torn line spoil the next.
        try:
            written = os.write(self._files[name], data)
        except OSError:
            return
        self._torn.discard(name)
        if written < len(data):
            self._torn.add(name)


class Tail:
    """The reading side: each call gives the entries that came since the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read(self) -> list[dict[str, Any]]:
        try:
            with open(self.path, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        return list(_entries(data[:end]))


def read_log(directory: Path, start: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    """Entries of the log from the ``start``-th (0 is the first) on, ``limit`` at most."""
    entries = read(directory, LOG)
    return entries[start : None if limit is None else start + limit]


def read(directory: Path, name: str) -> list[dict[str, Any]]:
    """Every whole entry of one of the files."""
    return Tail(directory / name).read()


def final_metrics(directory: Path) -> dict[str, dict[str, Any]]:
    """The last value of each metric."""
    return {entry["name"]: entry for entry in read(directory, METRICS)}


def _entries(data: bytes) -> Iterable[dict[str, Any]]:
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # torn by a crash or a full disk
        if isinstance(entry, dict):
            yield entry
