"""The same for a job of a built-in algorithm, whose cells run in the in-process engine."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest

from .contract import check_nobody_left
from .studio import BUCKET, ENDED, Studio, until

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def train(studio: Studio, **more: Any) -> str:
    rows = "".join(f"{n % 2},{n % 2 + n / 1000},{n % 7}\n" for n in range(200))
    studio.s3.put_object(Bucket=BUCKET, Key="data/train.csv", Body=rows.encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    return studio.submit(
        "xgboost",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={"num_round": "5", "objective": "binary:logistic"},
        InputDataConfig=[
            {"ChannelName": "train", "ContentType": "text/csv",
             "DataSource": {"S3DataSource": source}}
        ],
        **more,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("victim", "status"), [("daemon", "Completed"), ("kernel", "Failed"), ("runner", "Failed")]
)
def test_a_kill_while_it_trains(studio: Studio, victim: str, status: str) -> None:
    studio.arm("runner.cell")
    name = train(studio)
    studio.held("runner.cell")
    finders = {"runner": studio.runner, "kernel": studio.kernel}
    assert studio.daemon is not None
    target = until(lambda: finders[victim](name), victim) if victim in finders else None
    studio.kill(target or studio.daemon.pid)
    if victim == "daemon":
        studio.start()
    studio.release("runner.cell")
    until(lambda: studio.status(name) in ENDED, f"the end of {name}")
    said = studio.describe(name)
    assert said["TrainingJobStatus"] == status, said.get("FailureReason")
    found = studio.objects(name)
    assert ("model.tar.gz" in found) == (status == "Completed")
    if status == "Completed":
        place = studio.home.buckets / BUCKET / "out" / name / "output"
        with tarfile.open(place / "model.tar.gz") as archive:
            assert "xgboost-model" in archive.getnames()
        assert said["FinalMetricDataList"]
    check_nobody_left(studio)
