"""What a run says is kept line by line, and read as far as it is whole."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path

import pytest

from studio_ext.runs import journal
from studio_ext.runs.journal import EVENTS, LOG, METRICS, Journal, Tail, read, read_log


def made(folder: Path, **options: object) -> Journal:
    return Journal(folder, clock=lambda: 5.0, **options)  # type: ignore[arg-type]


def lines(folder: Path) -> list[str]:
    return [entry["m"] for entry in read_log(folder)]


def test_lines_are_kept_when_they_end(tmp_path: Path) -> None:
    book = made(tmp_path)
    book.text("stdout", "one\ntw")
    book.text("stderr", "error")
    assert lines(tmp_path) == ["one"]
    book.text("stdout", "o\r\n\n")
    assert lines(tmp_path) == ["one", "two", ""]
    book.close()
    assert lines(tmp_path) == ["one", "two", "", "error"]
    assert read_log(tmp_path, 1, 2) == [{"m": "two", "t": 5.0}, {"m": "", "t": 5.0}]


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    book = made(tmp_path)
    book.text("stdout", "x" * (journal.LONGEST_LINE + 5))
    book.text("stdout", "y")
    book.close()
    assert [len(line) for line in lines(tmp_path)] == [journal.LONGEST_LINE, 1]


def test_metrics_are_found_and_counted(tmp_path: Path) -> None:
    patterns = [
        {"Name": "loss", "Regex": "loss=([^ ]+)"},
        {"Name": "maybe", "Regex": "(x)?y"},
    ]
    book = made(tmp_path, metrics=patterns)
    book.text("stdout", "loss=1.5\nnothing\nloss=nan\nloss=much y\nloss=-2e-1 done\n")
    book.close()
    assert read(tmp_path, METRICS) == [
        {"name": "loss", "value": 1.5, "step": 0, "t": 5.0},
        {"name": "loss", "value": -0.2, "step": 1, "t": 5.0},
    ]
    assert book.final["loss"]["value"] == -0.2
    assert journal.final_metrics(tmp_path)["loss"]["step"] == 1


def test_secrets_are_not_shown_and_short_ones_do_not_blacken_the_log(tmp_path: Path) -> None:
    book = made(tmp_path, secrets=["hunter22", "hunter22-long", "a"])
    book.text("stdout", "banana hunter22-long hunter22\n")
    book.close()
    assert lines(tmp_path) == ["banana **** ****"]


def test_phases_and_cells_ring(tmp_path: Path) -> None:
    rings: list[int] = []
    book = made(tmp_path, ring=lambda: rings.append(1))
    book.phase("Training", "now")
    book.cell(1, 3, None)
    book.close()
    assert len(rings) == 2
    assert read(tmp_path, EVENTS) == [
        {"event": "phase", "name": "Training", "message": "now", "t": 5.0},
        {"event": "cell", "index": 1, "of": 3, "ok": None, "t": 5.0},
    ]


def test_a_tail_gives_each_entry_once_and_waits_for_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    tail = Tail(path)
    assert tail.read() == []
    path.write_text('{"a": 1}\n{"a"')
    assert tail.read() == [{"a": 1}]
    with path.open("a") as file:
        file.write(': 2}\ntorn}\n[1]\n\n{"a": 3}\n')
    assert tail.read() == [{"a": 2}, {"a": 3}]
    assert tail.read() == []


def test_a_full_disk_costs_lines_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = made(tmp_path)
    write = os.write

    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def part(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:5])

    for behaviour, word in ((write, "one"), (full, "lost"), (part, "torn"), (write, "two")):
        monkeypatch.setattr(os, "write", behaviour)
        book.text("stdout", f"{word}\n")
    book.text("stdout", "three\n")
    book.close()
    assert lines(tmp_path) == ["one", "two", "three"]


def test_what_is_written_is_json_lines(tmp_path: Path) -> None:
    book = made(tmp_path)
    book.text("stdout", "ü\u2028\x00\n")
    book.close()
    (line,) = (tmp_path / LOG).read_bytes().splitlines()
    assert json.loads(line) == {"m": "ü\u2028\x00", "t": 5.0}


def test_output_rings_but_not_for_every_line(tmp_path: Path) -> None:
    rings: list[int] = []
    book = made(tmp_path, ring=lambda: rings.append(1))
    begin = time.monotonic()
    while time.monotonic() - begin < 2.5 * journal.QUIET:
        book.text("stdout", "line\n")
    book.close()
    assert len(rings) == 3
