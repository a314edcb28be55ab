"""Secondary statuses: one open at a time, and time never runs backwards."""

from __future__ import annotations

from typing import Any

from studio_ext.kinds import secondary


def past(body: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    return [
        (each["Status"], each["StartTime"], each.get("EndTime"))
        for each in body["SecondaryStatusTransitions"]
    ]


def test_one_ends_where_the_next_begins() -> None:
    body = secondary.enter({"a": 1}, "Starting", 1.0)
    body = secondary.enter(body, "Downloading", 2.5, "fetching")
    assert past(body) == [("Starting", 1.0, 2.5), ("Downloading", 2.5, None)]
    assert (body["a"], body["SecondaryStatus"]) == (1, "Downloading")
    said = [each["StatusMessage"] for each in body["SecondaryStatusTransitions"]]
    assert said == [secondary.MESSAGES["Starting"], "fetching"]


def test_entering_again_only_changes_the_words() -> None:
    body = secondary.enter({}, "Training", 1.0, "a")
    body = secondary.enter(body, "Training", 9.0, "b")
    assert past(body) == [("Training", 1.0, None)]
    assert body["SecondaryStatusTransitions"][0]["StatusMessage"] == "b"


def test_a_clock_that_was_set_back() -> None:
    body = secondary.close(secondary.enter({}, "Training", 100.0), "Failed", 40.0)
    assert past(body) == [("Training", 100.0, 100.0), ("Failed", 100.0, 100.0)]


def test_bodies_are_not_shared() -> None:
    first = secondary.enter({}, "Starting", 1.0)
    secondary.enter(first, "Training", 2.0)
    assert past(first) == [("Starting", 1.0, None)]


def test_what_was_entered() -> None:
    body = secondary.enter({}, "Training", 5.0)
    assert secondary.entered(body, "Training", 5.0)
    assert secondary.entered(body, "Training", 4.0)
    assert not secondary.entered(body, "Training", 6.0)
    assert not secondary.entered(body, "Uploading", 5.0)
    assert not secondary.entered({}, "Training", 0.0)
