"""What all jobs share: stop, update and delete know the status."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio_ext.control.contract import Progress
from studio_ext.errors import AwsError
from studio_ext.kinds.training import TrainingJob
from studio_ext.store import Store

from .conftest import CALLER
from .jobs import own, surroundings

NAME = {"TrainingJobName": "a"}


@pytest.fixture
def kind(store: Store, tmp_path: Path) -> TrainingJob:
    found = TrainingJob(store, surroundings(tmp_path), clock=lambda: 1000.0)
    found.create(own(), CALLER)
    return found


def described(kind: TrainingJob) -> dict[str, Any]:
    return kind.describe(dict(NAME), CALLER)


def move(kind: TrainingJob, status: str) -> None:
    """As the controller would."""
    with kind.store.write() as transaction:
        found = transaction.get("TrainingJob", CALLER.region, "a")
        assert found is not None
        transaction.update(found, status=status)


def test_stop_asks_once(kind: TrainingJob) -> None:
    assert kind.stop(dict(NAME), CALLER) == {}
    first = described(kind)
    assert first["TrainingJobStatus"] == "Stopping"
    assert first["SecondaryStatus"] == "Stopping"
    assert kind.stop(dict(NAME), CALLER) == {}
    assert described(kind) == first


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_an_end_is_an_end(kind: TrainingJob, status: str) -> None:
    move(kind, status)
    for verb in ("stop", "update"):
        with pytest.raises(AwsError, match=f"'a' in status {status}; expected status InProgress"):
            getattr(kind, verb)(dict(NAME), CALLER)
    kind.delete(dict(NAME), CALLER)
    with pytest.raises(AwsError, match="Could not find training job"):
        described(kind)


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_what_runs_is_not_deleted(kind: TrainingJob, status: str) -> None:
    move(kind, status)
    with pytest.raises(AwsError, match=f"in status {status}; expected status Completed or"):
        kind.delete(dict(NAME), CALLER)
    assert described(kind)["TrainingJobStatus"] == status


def test_an_update_merges(kind: TrainingJob) -> None:
    warm = {"KeepAlivePeriodInSeconds": 60}
    kind.update({**NAME, "ResourceConfig": warm, "ProfilerConfig": {"DisableProfiler": True}},
                CALLER)  # fmt: skip
    found = described(kind)
    assert found["ResourceConfig"] == {**own()["ResourceConfig"], **warm}
    assert found["ProfilerConfig"] == {"DisableProfiler": True}


def test_what_it_is_doing_is_told_while_it_runs(kind: TrainingJob, tmp_path: Path) -> None:
    line = '{"t": 1.0, "name": "loss", "value": 0.5, "step": 1}\n'
    (tmp_path / "metrics.jsonl").write_text(line)
    where: Callable[[int], Any] = lambda _: (tmp_path, Progress(2, 5))  # noqa: E731
    kind.surroundings.running = where
    found = described(kind)
    assert found["ProgressInfo"] == {"CurrentStep": 2, "TotalStepCountPerEpoch": 5}
    assert [each["MetricName"] for each in found["FinalMetricDataList"]] == ["loss"]
    move(kind, "Completed")
    assert "ProgressInfo" not in described(kind)
