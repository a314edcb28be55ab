"""Numbers in a log."""

from __future__ import annotations

import pytest

from studio_ext.frameworks.readings import Readings, split
from studio_ext.frameworks.results import Note, Results


def read(*lines: str, definitions: tuple[tuple[str, str], ...] = ()) -> Readings:
    found = Readings([{"Name": name, "Regex": regex} for name, regex in definitions])
    for line in lines:
        found.take(line)
    return found


@pytest.mark.parametrize(
    ("line", "values"),
    [
        (
            "Epoch[3] Train-accuracy=0.97 Time cost=1.5",
            {"Train-accuracy": 0.97, "cost": 1.5},
        ),
        ("epoch: 3, loss: 1e-3; val_loss: .5", {"loss": 0.001, "val_loss": 0.5}),
        ("loss = -2", {"loss": -2.0}),
        ("started at 12:30:45 on port=8080", {}),
        ("version=1.2.3 path=a/b x=3a loss=nan", {}),
        ("no numbers here", {}),
    ],
)
def test_what_looks_like_a_metric(line: str, values: dict[str, float]) -> None:
    assert {name: found[0] for name, found in read(line).values.items()} == values


def test_definitions_are_all_that_counts_when_there_are_some() -> None:
    found = read(
        "loss=1 other=2", "loss=0.5", "loss=bad",
        definitions=(("train:loss", r"loss=([\w.]+)"), ("never", "x(.)")),
    )  # fmt: skip
    assert found.values == {"train:loss": [1.0, 0.5]}
    assert found.history() == {"train": {"loss": [1.0, 0.5]}}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Train-accuracy", ("train", "accuracy")),
        ("validation:rmse", ("validation", "rmse")),
        ("val_loss", ("validation", "loss")),
        ("training loss", ("train", "loss")),
        ("value", ("script", "value")),
        ("_odd", ("script", "_odd")),
    ],
)
def test_a_name_may_have_a_channel(name: str, parts: tuple[str, str]) -> None:
    assert split(name) == parts


def test_what_came_once_is_no_curve_beside_others() -> None:
    found = read("samples=100", "loss=3", "loss=2")
    assert found.history() == {"script": {"loss": [3.0, 2.0]}}
    assert found.last() == {"script": {"samples": 100.0, "loss": 2.0}}


def test_results_are_a_picture_and_a_table() -> None:
    results = Results(read("train:loss=3 val:loss=4", "train:loss=2 val:loss=3"))
    assert "train loss 2, validation loss 3" in repr(results.curves())
    assert repr(results.table()).splitlines()[-1].split() == ["loss", "2", "3"]


def test_a_quiet_script_has_a_sentence_instead() -> None:
    empty = Results(read("hello"))
    assert isinstance(empty.curves(), Note)
    assert isinstance(empty.table(), Note)
    assert "no metric" in repr(empty.table())
    once = Results(read("loss=1"))
    assert repr(once.curves()) == "No metric was logged more than once."
    assert "loss" in repr(once.table())
