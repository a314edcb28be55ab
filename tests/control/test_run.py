"""What the controller keeps of a run comes from files that the job can write to as well."""

from __future__ import annotations

import json
from pathlib import Path

from studio_ext.control.contract import Progress
from studio_ext.control.run import MARGIN, Run
from studio_ext.runs.journal import EVENTS, Journal


def test_news_come_once_and_in_order(tmp_path: Path) -> None:
    run = Run(1, 1, "TrainingJob", tmp_path)
    assert run.news() == []
    book = Journal(tmp_path, clock=lambda: 5.0)
    book.phase("Downloading", "data")
    book.cell(1, 4, None)
    assert [entry["name"] for entry in run.news()] == ["Downloading"]
    assert run.progress == Progress(1, 4)
    book.cell(1, 4, True)
    book.cell(2, 4, None)
    assert run.news() == []
    assert run.progress == Progress(2, 4)
    book.close()


def test_nonsense_is_no_news(tmp_path: Path) -> None:
    nonsense = [
        {"event": "cell"}, {"event": "phase", "name": 3, "message": "", "t": 1},
        {"event": "phase", "name": "x"}, {"event": "cell", "index": "1", "of": 2}, {"event": 1},
    ]  # fmt: skip
    good = {"event": "phase", "name": "Training", "message": "", "t": 1.0}
    (tmp_path / EVENTS).write_text("".join(f"{json.dumps(each)}\n" for each in [*nonsense, good]))
    run = Run(1, 1, "TrainingJob", tmp_path)
    assert run.news() == [good]
    assert run.progress is None


def test_patience_follows_orders() -> None:
    run = Run(1, 1, "TrainingJob", Path("x"))
    assert run.limit == float("inf")
    run.heed({"grace": 3, "max_runtime": 100})
    assert (run.grace, run.limit) == (3.0, 103.0 + MARGIN)
    run.heed({})
    assert (run.grace, run.limit) == (3.0, float("inf"))


def test_output_is_measured_whoever_removes_it(tmp_path: Path) -> None:
    run = Run(1, 1, "TrainingJob", tmp_path)
    assert run.printed() == 0
    Journal(tmp_path, clock=lambda: 5.0).text("stdout", "one\n")
    assert run.printed() > 10
