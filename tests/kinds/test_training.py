"""A training job as the controller sees it: pure answers about rows and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio_ext.bucket.uri import S3Uri
from studio_ext.kinds.training import TrainingJob
from studio_ext.runs.record import Exit
from studio_ext.store import Store

from ..daemon import channel, request
from .jobs import BUCKET, XGBOOST, attempt, job, own, surroundings

Phases = list[dict[str, Any]]


@pytest.fixture
def kind(store: Store, tmp_path: Path) -> TrainingJob:
    return TrainingJob(store, surroundings(tmp_path), clock=lambda: 1000.0)


def begun(kind: TrainingJob, params: dict[str, Any] | None = None) -> dict[str, Any]:
    return kind.initial(params or own(), 900.0)


def phases(*found: tuple[str, float]) -> Phases:
    return [{"name": name, "t": at, "message": ""} for name, at in found]


def ways(body: Any) -> list[str]:
    return [each["Status"] for each in body["SecondaryStatusTransitions"]]


def test_defaults(kind: TrainingJob) -> None:
    params = own(Tags=[{"Key": "a", "Value": "b"}])
    del params["StoppingCondition"]
    body = begun(kind, params)
    assert body["StoppingCondition"] == {"MaxRuntimeInSeconds": 86_400}
    assert body["OutputDataConfig"] == {"KmsKeyId": "", "S3OutputPath": f"s3://{BUCKET}/out"}
    assert "Tags" not in body
    assert ways(body) == ["Starting"]


def test_orders_for_a_notebook_of_the_users(kind: TrainingJob, tmp_path: Path) -> None:
    params = own(
        HyperParameters={"rate": "1"}, Environment={"COLOUR": "red", "SM_MODEL_DIR": "/elsewhere"},
        InputDataConfig=[channel("train", f"s3://{BUCKET}/train")],
    )  # fmt: skip
    spec, environment = kind.prepare(job(begun(kind, params)), attempt(tmp_path / "run"))
    assert (spec.job, spec.token, spec.engine) == ("TrainingJob/a", 7, "auto")
    assert spec.hyperparameters == {"rate": "1"}
    assert spec.parameters == {}
    assert (spec.max_runtime, spec.grace) == (600, 5.0)
    assert environment["COLOUR"] == "red"
    assert environment["SM_MODEL_DIR"] == str(tmp_path / "run/model")  # ours wins
    assert environment["ATTEMPT"] == "7"
    assert environment["TRAINING_JOB_ARN"] == "arn:a"


def test_the_kernel_may_be_named(kind: TrainingJob, tmp_path: Path) -> None:
    asked = own(Environment={"STUDIO_KERNEL": "python3"})
    assert kind.prepare(job(begun(kind, asked)), attempt(tmp_path / "run"))[0].kernel == "python3"
    assert kind.prepare(job(begun(kind)), attempt(tmp_path / "run"))[0].kernel is None


def test_orders_for_an_algorithm(kind: TrainingJob, tmp_path: Path) -> None:
    params = request(
        "a", XGBOOST, BUCKET, HyperParameters={"num_round": "1"},
        InputDataConfig=[channel("train", f"s3://{BUCKET}/train", "text/csv")],
    )  # fmt: skip
    spec, _ = kind.prepare(job(begun(kind, params)), attempt(tmp_path))
    assert spec.engine == "inprocess"
    assert spec.hyperparameters is None
    assert spec.parameters["hyperparameters"] == {"num_round": "1"}
    assert spec.parameters["channels"]["train"]["content_type"] == "text/csv"
    assert {each["Name"] for each in spec.metrics} >= {"train:rmse"}


def test_waiting_is_pending_once(kind: TrainingJob) -> None:
    change = kind.waits(job(begun(kind)), 1.0)
    assert change is not None
    assert change.body is not None
    assert ways(change.body) == ["Starting", "Pending"]
    assert change.status is None
    assert kind.waits(job(dict(change.body)), 2.0) is None


def test_waiting_too_long(kind: TrainingJob) -> None:
    limits = {"MaxRuntimeInSeconds": 9, "MaxPendingTimeInSeconds": 7200}
    body = begun(kind, own(StoppingCondition=limits))
    change = kind.waits(job(body), 7201.0)
    assert change is not None
    assert change.status == "Failed"
    assert "MaxPendingTimeInSeconds (7200)" in change.message


def test_phases_that_are_told_again_change_nothing(kind: TrainingJob) -> None:
    told = phases(("Downloading", 901.0), ("Training", 902.0))
    change = kind.enters(job(begun(kind)), told)
    assert change is not None
    assert change.body is not None
    assert ways(change.body) == ["Starting", "Downloading", "Training"]
    assert change.body["TrainingStartTime"] == 902.0
    assert kind.enters(job(dict(change.body)), told) is None


def test_a_job_that_is_stopping_enters_only_uploading(kind: TrainingJob) -> None:
    body = kind.stops(job(begun(kind)))
    assert kind.enters(job(body, "Stopping"), phases(("Training", 2000.0))) is None
    change = kind.enters(job(body, "Stopping"), phases(("Uploading", 2000.0)))
    assert change is not None
    assert change.body is not None
    assert ways(change.body) == ["Starting", "Stopping", "Uploading"]


@pytest.mark.parametrize(
    ("outcome", "status", "wanted", "second"),
    [
        ("completed", "InProgress", "Completed", "Completed"),
        ("completed", "Stopping", "Stopped", "Stopped"),
        ("stopped", "Stopping", "Stopped", "Stopped"),
        ("stopped", "InProgress", "Stopped", "Stopped"),
        ("timeout", "InProgress", "Stopped", "MaxRuntimeExceeded"),
        ("timeout", "Stopping", "Stopped", "MaxRuntimeExceeded"),
        ("failed", "InProgress", "Failed", "Failed"),
        ("vanished", "InProgress", "Failed", "Failed"),
        ("failed", "Stopping", "Stopped", "Stopped"),
    ],
)
def test_ends(kind: TrainingJob, outcome: Any, status: str, wanted: str, second: str) -> None:
    end = Exit(7, outcome, reason="because", trained=(990.0, 995.0))
    change = kind.settles(job(begun(kind), status), end, {})
    assert change.status == wanted
    assert change.body is not None
    assert change.body["SecondaryStatus"] == second
    assert change.body["TrainingStartTime"] == 990.0
    assert change.body["TrainingEndTime"] == 1000.0
    assert change.body["TrainingTimeInSeconds"] == 10
    assert ("FailureReason" in change.body) is (wanted == "Failed")
    if outcome == "vanished":
        assert change.message.startswith("InternalServerError: because; run it again")


def test_a_reason_is_no_longer_than_aws_lets_it_be(kind: TrainingJob) -> None:
    change = kind.settles(job(begun(kind)), Exit(7, "failed", reason="x" * 5000), {})
    assert change.body is not None
    assert len(change.body["FailureReason"]) == 1024


def test_what_was_published_is_told(kind: TrainingJob) -> None:
    metric = {"name": "loss", "value": 0.5, "t": 950.0}
    end = Exit(7, "completed", metrics=[metric])
    change = kind.settles(job(begun(kind)), end, {"model": "s3://here/out/a/output/model.tar.gz"})
    assert change.body is not None
    model = {"S3ModelArtifacts": "s3://here/out/a/output/model.tar.gz"}
    assert change.body["ModelArtifacts"] == model
    told = {"MetricName": "loss", "Value": 0.5, "Timestamp": 950.0}
    assert change.body["FinalMetricDataList"] == [told]


@pytest.mark.parametrize("compression", ["GZIP", "NONE"])
def test_publications(kind: TrainingJob, tmp_path: Path, compression: str) -> None:
    params = own()
    params["OutputDataConfig"]["CompressionType"] = compression
    folder = tmp_path / "run"
    (folder / "model" / "deep").mkdir(parents=True)
    (folder / "model" / "deep" / "w").write_text("w")
    (folder / "model" / "link").symlink_to("/etc/passwd")
    files = {"model": "model.tar.gz", "notebook": "notebook.ipynb"}
    end = Exit(7, "completed", files=files)
    found = kind.publications(job(begun(kind, params)), end, folder)
    keys = {S3Uri(each.bucket, each.key).key.removeprefix("out/a/output/") for each in found}
    model = "model.tar.gz" if compression == "GZIP" else "model/deep/w"
    assert keys == {model, "notebook.ipynb"}


@pytest.mark.parametrize(
    ("end", "attempts", "again"),
    [
        (Exit(1, "vanished"), 1, True),
        (Exit(1, "vanished"), 2, True),
        (Exit(1, "vanished"), 3, False),
        (Exit(1, "failed", "InternalServerError: no space"), 1, True),
        (Exit(1, "failed", "AlgorithmError: ValueError"), 1, False),
        (Exit(1, "completed"), 1, False),
    ],
)
def test_retries(kind: TrainingJob, end: Exit, attempts: int, again: bool) -> None:
    body = begun(kind, own(RetryStrategy={"MaximumRetryAttempts": 2}))
    assert kind.retries(job(body), end, attempts) is again
    assert kind.retries(job(begun(kind)), end, attempts) is False
