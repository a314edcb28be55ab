"""Training jobs through an unmodified boto3, from request to artefact."""

from __future__ import annotations

import io
import json
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from ..daemon import PATIENCE, Studio, channel, notebook, request

XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
LINEAR = "174872318107.dkr.ecr.us-west-2.amazonaws.com/linear-learner:1"
WAY = ["Starting", "Downloading", "Training", "Uploading"]

# A job of the standard library that shows what it was given, and leaves one of everything.
SHOW = """
import json, os, pathlib, time
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "x.txt").read_text()
for epoch in range(3):
    print(f"epoch {epoch}: loss={1 / (epoch + 1):.3f}")
pathlib.Path(os.environ["SM_MODEL_DIR"], "weights.txt").write_text(data.upper())
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "given.json").write_text(json.dumps(
    [depth, rate, loud, word, layers]))
pathlib.Path(os.environ["SM_CHECKPOINT_DIR"]).joinpath("step.txt").open("a").write("step ")
"""
DEFAULTS = "depth = 1\nrate = 0.5\nloud = False\nword = 'a'\nlayers = [1]"


@pytest.fixture(scope="module")
def sagemaker(served: Studio) -> Any:
    return served.client("sagemaker")


@pytest.fixture(scope="module")
def show(served: Studio, bucket: str) -> str:
    served.put(bucket, "data/x.txt", "text")
    return served.put(bucket, "code/show.ipynb", notebook(SHOW, parameters=DEFAULTS))


@pytest.fixture(scope="module")
def quick(served: Studio, bucket: str) -> str:
    """The URI of a notebook that does next to nothing."""
    return served.put(bucket, "code/quick.ipynb", notebook("print('done')"))


@pytest.fixture(scope="module")
def slow(served: Studio, bucket: str) -> str:
    """The URI of a notebook that saves a model and then goes on until it is ended."""
    sources = ["open('model/early.txt', 'w').write('early')", "import time\ntime.sleep(300)"]
    return served.put(bucket, "code/slow.ipynb", notebook(*sources))


@pytest.fixture(scope="module")
def shown(served: Studio, bucket: str, show: str, sagemaker: Any) -> dict[str, Any]:
    """The description of a job that used everything, and ended."""
    wanted = request(
        "shown", show, bucket,
        HyperParameters={
            "depth": "7", "rate": "1", "loud": "true", "word": '"5"', "layers": "[8, 9]",
        },
        InputDataConfig=[channel("train", f"s3://{bucket}/data/")],
        CheckpointConfig={"S3Uri": f"s3://{bucket}/checkpoints"},
        RetryStrategy={"MaximumRetryAttempts": 2},
        Environment={"COLOUR": "green"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )  # fmt: skip
    wanted["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "loss", "Regex": "loss=([0-9.]+)"}
    ]
    arn = sagemaker.create_training_job(**wanted)["TrainingJobArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:training-job/shown"
    job = served.end_of("shown")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return job


def unpacked(studio: Studio, uri: str) -> dict[str, bytes]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = studio.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as tar:
        return {
            member.name: tar.extractfile(member).read()  # type: ignore[union-attr]
            for member in tar
            if member.isfile()
        }


def keys(studio: Studio, bucket: str, prefix: str) -> set[str]:
    pages = studio.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=bucket, Prefix=prefix).search("Contents[].Key")
    return {key.removeprefix(prefix) for key in found if key}


def names(sagemaker: Any, **filters: Any) -> list[str]:
    pages = sagemaker.get_paginator("list_training_jobs").paginate(**filters)
    return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


def reached(studio: Studio, name: str, cell: int) -> None:
    """Wait until a job executes a cell, from 1."""
    limit = time.monotonic() + PATIENCE
    while True:
        job = studio.until(name, "InProgress")
        if job.get("ProgressInfo", {}).get("CurrentStep") == cell:
            return
        assert time.monotonic() < limit, job
        time.sleep(0.05)


# -- algorithms ---------------------------------------------------------------------------------


def test_xgboost(served: Studio, bucket: str, sagemaker: Any) -> None:
    rows = [f"{int(x > 20)},{x},{x % 3}" for x in range(40)]
    for part in ("train", "validation"):
        served.put(bucket, f"xgb/{part}/data.csv", "\n".join(rows))
    inputs = [
        channel(part, f"s3://{bucket}/xgb/{part}/", "text/csv") for part in ("train", "validation")
    ]
    hyperparameters = {"objective": "binary:logistic", "num_round": "5", "eval_metric": "error"}
    sagemaker.create_training_job(
        **request("xgb", XGBOOST, bucket, HyperParameters=hyperparameters, InputDataConfig=inputs)
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="xgb", WaiterConfig={"Delay": 1}
    )
    job = sagemaker.describe_training_job(TrainingJobName="xgb")
    assert job["HyperParameters"] == hyperparameters
    metrics = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert metrics["validation:error"] == 0.0
    model = unpacked(served, job["ModelArtifacts"]["S3ModelArtifacts"])
    assert list(model) == ["xgboost-model"]
    assert len(model["xgboost-model"]) > 500
    assert "output/notebook.ipynb" in keys(served, bucket, "out/xgb/")


def test_linear_learner(served: Studio, bucket: str, sagemaker: Any) -> None:
    rows = [f"{2 * x + 1},{x}" for x in range(200)]
    uri = served.put(bucket, "linear/train.csv", "\n".join(rows))
    sagemaker.create_training_job(
        **request(
            "linear", LINEAR, bucket,
            HyperParameters={
                "predictor_type": "regressor", "epochs": "3", "num_models": "2",
                "mini_batch_size": "20", "feature_dim": "1",
            },
            InputDataConfig=[channel("train", uri, "text/csv")],
        )
    )  # fmt: skip
    job = served.end_of("linear")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    metrics = {each["MetricName"] for each in job["FinalMetricDataList"]}
    assert any(name.startswith("train:") for name in metrics)
    assert unpacked(served, job["ModelArtifacts"]["S3ModelArtifacts"])


# -- notebooks ----------------------------------------------------------------------------------


def test_parameters_have_the_types_of_the_notebooks_own(
    served: Studio, bucket: str, shown: Any
) -> None:
    output = unpacked(served, f"s3://{bucket}/out/shown/output/output.tar.gz")
    assert json.loads(output["given.json"]) == [7, 1.0, True, "5", [8, 9]]
    model = unpacked(served, shown["ModelArtifacts"]["S3ModelArtifacts"])
    assert model == {"weights.txt": b"TEXT"}


def test_what_the_sdk_reads(shown: dict[str, Any], bucket: str) -> None:
    assert shown["OutputDataConfig"]["KmsKeyId"] == ""
    assert shown["EnableNetworkIsolation"] is False
    assert shown["EnableManagedSpotTraining"] is False
    assert shown["EnableInterContainerTrafficEncryption"] is False
    assert shown["SecondaryStatus"] == "Completed"
    ways = [each["Status"] for each in shown["SecondaryStatusTransitions"]]
    assert [way for way in ways if way != "Pending"] == [*WAY, "Completed"]
    for before, after in zip(
        shown["SecondaryStatusTransitions"], shown["SecondaryStatusTransitions"][1:], strict=False
    ):
        assert before["StartTime"] <= before["EndTime"] == after["StartTime"]
    assert shown["CreationTime"] <= shown["TrainingStartTime"] <= shown["TrainingEndTime"]
    assert shown["TrainingTimeInSeconds"] >= 1
    assert shown["BillableTimeInSeconds"] >= 1
    assert shown["RetryStrategy"] == {"MaximumRetryAttempts": 2}
    assert shown["Environment"] == {"COLOUR": "green"}
    model = f"s3://{bucket}/out/shown/output/model.tar.gz"
    assert shown["ModelArtifacts"] == {"S3ModelArtifacts": model}
    assert "FailureReason" not in shown


def test_metrics_are_read_from_what_it_prints(shown: dict[str, Any]) -> None:
    (metric,) = shown["FinalMetricDataList"]
    assert metric["MetricName"] == "loss"
    assert metric["Value"] == pytest.approx(0.333)
    assert shown["TrainingStartTime"] <= metric["Timestamp"] <= shown["TrainingEndTime"]


def test_the_log(served: Studio, shown: dict[str, Any]) -> None:
    logs, group = served.client("logs"), "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="shown/")[
        "logStreams"
    ]
    assert stream["logStreamName"].startswith("shown/algo-1-")
    asked = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
    page = logs.get_log_events(**asked, startFromHead=True)
    lines = [event["message"] for event in page["events"]]
    assert lines == [f"epoch {n}: loss={1 / (n + 1):.3f}" for n in range(3)]
    again = logs.get_log_events(**asked, nextToken=page["nextForwardToken"])
    assert again["events"] == []
    assert again["nextForwardToken"] == page["nextForwardToken"]


def test_checkpoints_come_back(
    served: Studio, bucket: str, show: str, shown: Any, sagemaker: Any
) -> None:
    read = served.client("s3").get_object
    assert read(Bucket=bucket, Key="checkpoints/step.txt")["Body"].read() == b"step "
    sagemaker.create_training_job(
        **request(
            "resumed", show, bucket,
            InputDataConfig=[channel("train", f"s3://{bucket}/data/")],
            CheckpointConfig={"S3Uri": f"s3://{bucket}/checkpoints"},
        )
    )  # fmt: skip
    assert served.end_of("resumed")["TrainingJobStatus"] == "Completed"
    assert read(Bucket=bucket, Key="checkpoints/step.txt")["Body"].read() == b"step step "


def test_a_model_that_is_not_compressed(served: Studio, bucket: str, sagemaker: Any) -> None:
    source = (
        "import pathlib\npathlib.Path('model/deep').mkdir()\n"
        "pathlib.Path('model/a.txt').write_text('a')\npathlib.Path('model/deep/b').write_text('b')"
    )
    uri = served.put(bucket, "code/plain.ipynb", notebook(source))
    wanted = request("plain", uri, bucket)
    wanted["OutputDataConfig"]["CompressionType"] = "NONE"
    sagemaker.create_training_job(**wanted)
    job = served.end_of("plain")
    place = f"s3://{bucket}/out/plain/output/model/"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == place
    assert keys(served, bucket, "out/plain/output/") == {"model/a.txt", "model/deep/b",
                                                         "notebook.ipynb"}  # fmt: skip


def test_a_notebook_under_a_served_folder(
    served: Studio, notebooks: Path, bucket: str, sagemaker: Any
) -> None:
    (notebooks / "deep").mkdir()
    path = notebooks / "deep" / "über mich.ipynb"
    path.write_text(notebook("print('said', word)", parameters="word = 'a'"))
    images = {"by-path": "deep/über mich.ipynb", "by-uri": path.as_uri()}
    for name, image in images.items():
        sagemaker.create_training_job(
            **request(name, image, bucket, HyperParameters={"word": "hello"})
        )
    for name in images:
        assert served.end_of(name)["TrainingJobStatus"] == "Completed"
        output = served.client("s3").get_object(
            Bucket=bucket, Key=f"out/{name}/output/notebook.ipynb"
        )
        assert "said hello" in output["Body"].read().decode()
    assert "hello" not in path.read_text()


def test_a_notebook_that_fails(served: Studio, bucket: str, sagemaker: Any) -> None:
    source = ["open('output/data/part.txt', 'w').write('part')", "raise ValueError('no such luck')"]
    uri = served.put(bucket, "code/fails.ipynb", notebook(*source, "print('never')"))
    sagemaker.create_training_job(**request("fails", uri, bucket))
    with pytest.raises(WaiterError):
        sagemaker.get_waiter("training_job_completed_or_stopped").wait(
            TrainingJobName="fails", WaiterConfig={"Delay": 1}
        )
    job = sagemaker.describe_training_job(TrainingJobName="fails")
    assert job["FailureReason"] == "AlgorithmError: ValueError: no such luck (cell 2)"
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == job["FailureReason"]
    assert "ModelArtifacts" not in job
    assert keys(served, bucket, "out/fails/output/") == {"notebook.ipynb", "output.tar.gz"}


def test_a_jobs_key_ends_with_it(served: Studio, bucket: str, sagemaker: Any) -> None:
    source = (
        "import json, os, boto3\n"
        "arn = boto3.client('sts').get_caller_identity()['Arn']\n"
        "names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']\n"
        "json.dump([arn, *[os.environ[name] for name in names]], open('output/data/k.json', 'w'))\n"
        "print('secret', os.environ['AWS_SECRET_ACCESS_KEY'])"
    )
    uri = served.put(bucket, "code/key.ipynb", notebook(source))
    sagemaker.create_training_job(**request("key", uri, bucket))
    job = served.end_of("key")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    kept = unpacked(served, f"s3://{bucket}/out/key/output/output.tar.gz")["k.json"]
    arn, access, secret, token = json.loads(kept)
    assert ":assumed-role/StudioExecutionRole/key" in arn
    (line,) = served.log_of("key")
    assert line.startswith("secret ")
    assert secret not in line
    import boto3

    late = boto3.client(
        "sagemaker", endpoint_url=served.url, region_name="us-east-1", aws_access_key_id=access,
        aws_secret_access_key=secret, aws_session_token=token,
    )  # fmt: skip
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        late.list_training_jobs()


# -- verbs --------------------------------------------------------------------------------------


def test_tags(sagemaker: Any, shown: dict[str, Any]) -> None:
    arn = shown["TrainingJobArn"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "0"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "0"}]


def test_lists(served: Studio, bucket: str, quick: str, sagemaker: Any) -> None:
    for name in ("list-b", "list-a", "list-c"):
        sagemaker.create_training_job(**request(name, quick, bucket))
        served.end_of(name)
    mine = {"NameContains": "list-"}
    assert names(sagemaker, **mine) == ["list-b", "list-a", "list-c"]
    assert names(sagemaker, **mine, SortOrder="Descending") == ["list-c", "list-a", "list-b"]
    by_name = {"SortBy": "Name", "SortOrder": "Ascending"}
    assert names(sagemaker, **mine, **by_name) == ["list-a", "list-b", "list-c"]
    paged = {"PaginationConfig": {"PageSize": 1}}
    assert names(sagemaker, **mine, **by_name, **paged) == ["list-a", "list-b", "list-c"]
    by_status = {"SortBy": "Status", "SortOrder": "Ascending"}
    assert sorted(names(sagemaker, **mine, **by_status)) == ["list-a", "list-b", "list-c"]
    assert names(sagemaker, **mine, StatusEquals="Failed") == []
    assert len(names(sagemaker, **mine, StatusEquals="Completed")) == 3
    early, late = (datetime.now(UTC) + timedelta(minutes=sign) for sign in (-9, 9))
    assert len(names(sagemaker, **mine, CreationTimeAfter=early, CreationTimeBefore=late)) == 3
    assert names(sagemaker, **mine, CreationTimeBefore=early) == []
    assert names(sagemaker, **mine, LastModifiedTimeAfter=late) == []
    found = sagemaker.list_training_jobs(**mine, MaxResults=1)["TrainingJobSummaries"][0]
    assert found["TrainingJobStatus"] == "Completed"
    assert found["TrainingEndTime"] <= found["LastModifiedTime"]


def test_stop_keeps_the_model(served: Studio, bucket: str, slow: str, sagemaker: Any) -> None:
    sagemaker.create_training_job(**request("stopped", slow, bucket))
    reached(served, "stopped", 2)
    with pytest.raises(ClientError, match="in status InProgress; expected") as refused:
        sagemaker.delete_training_job(TrainingJobName="stopped")
    assert refused.value.response["Error"]["Code"] in ("ResourceInUse", "ValidationException")
    sagemaker.stop_training_job(TrainingJobName="stopped")
    job = served.end_of("stopped")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    ways = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert ways[-3:] == ["Stopping", "Uploading", "Stopped"]
    model = unpacked(served, job["ModelArtifacts"]["S3ModelArtifacts"])
    assert model == {"early.txt": b"early"}
    with pytest.raises(ClientError, match="status Stopped"):
        sagemaker.stop_training_job(TrainingJobName="stopped")


def test_the_longest_time(served: Studio, bucket: str, slow: str, sagemaker: Any) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    sagemaker.create_training_job(**request("timed", slow, bucket, StoppingCondition=limit))
    job = served.end_of("timed")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "ModelArtifacts" in job


def test_a_name_is_taken_until_it_is_deleted(
    served: Studio, bucket: str, quick: str, sagemaker: Any
) -> None:
    wanted = request("again", quick, bucket)
    sagemaker.create_training_job(**wanted)
    with pytest.raises(ClientError, match="already exist") as refused:
        sagemaker.create_training_job(**wanted)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    first = served.end_of("again")
    sagemaker.delete_training_job(TrainingJobName="again")
    with pytest.raises(ClientError, match=r'Could not find training job ".*/again"'):
        sagemaker.describe_training_job(TrainingJobName="again")
    assert "again" not in names(sagemaker, NameContains="again")
    sagemaker.create_training_job(**wanted)
    second = served.end_of("again")
    assert second["TrainingJobStatus"] == "Completed"
    assert second["CreationTime"] > first["CreationTime"]


def test_regions_share_nothing(served: Studio, bucket: str, quick: str, sagemaker: Any) -> None:
    far = served.client("sagemaker", "eu-west-1")
    sagemaker.create_training_job(**request("here", quick, bucket))
    with pytest.raises(ClientError, match="Could not find"):
        far.describe_training_job(TrainingJobName="here")
    assert names(far) == []
    arn = far.create_training_job(**request("here", quick, bucket))["TrainingJobArn"]
    assert arn == "arn:aws:sagemaker:eu-west-1:123456789012:training-job/here"
    assert served.end_of("here", "eu-west-1")["TrainingJobStatus"] == "Completed"
    assert served.end_of("here")["TrainingJobStatus"] == "Completed"


def test_update(served: Studio, bucket: str, slow: str, sagemaker: Any) -> None:
    sagemaker.create_training_job(**request("updated", slow, bucket))
    sagemaker.update_training_job(
        TrainingJobName="updated", RemoteDebugConfig={"EnableRemoteDebug": False}
    )
    job = sagemaker.describe_training_job(TrainingJobName="updated")
    assert job["RemoteDebugConfig"] == {"EnableRemoteDebug": False}
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    sagemaker.stop_training_job(TrainingJobName="updated")
    assert served.end_of("updated")["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="status Stopped"):
        sagemaker.update_training_job(
            TrainingJobName="updated", RemoteDebugConfig={"EnableRemoteDebug": False}
        )
