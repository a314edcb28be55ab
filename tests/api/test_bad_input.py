"""What is wrong is refused in AWS's words, names the value, and leaves nothing half-written."""

from __future__ import annotations

import http.client
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from studio_ext.bucket import archives
from studio_ext.kinds.training_request import REFUSED

from ..daemon import Studio, channel, notebook, request

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROUNDS = {"num_round": "2"}
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def plain(served: Studio, bucket: str) -> str:
    """A notebook without parameters."""
    served.put(bucket, "train/a.csv", "0,1\n1,2\n")
    return served.put(bucket, "plain.ipynb", notebook("print('ran')"))


def world(studio: Studio) -> tuple[set[str], list[str]]:
    """Every file of the home, and every job."""
    files = {str(path.relative_to(studio.home.root)) for path in studio.home.root.rglob("*")}
    pages = studio.client("sagemaker").get_paginator("list_training_jobs").paginate()
    return files, [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


@contextmanager
def nothing_changes(studio: Studio) -> Iterator[None]:
    before = world(studio)
    yield
    assert world(studio) == before


def refusal(studio: Studio, wanted: dict[str, Any]) -> str:
    """The message with which a job is refused."""
    client = studio.client("sagemaker")
    with nothing_changes(studio), pytest.raises(ClientError) as refused:
        client.create_training_job(**wanted)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


# -- code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1", ["mine:1", "sagemaker-xgboost"]),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgbost:1.7-1", ["xgbost"]),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:9-9", ["9-9", "matches"]),
        ("s3://nowhere-at-all/a.ipynb", ["s3://nowhere-at-all/a.ipynb", "aws s3 cp"]),
        ("s3://test-bad-input/nothing.ipynb", ["nothing.ipynb", "is not there"]),
        ("s3://test-bad-input/../../daemon.ipynb", ["..", "between slashes"]),
        ("nothing.ipynb", ["'nothing.ipynb'", "is in no folder that Studio serves"]),
        ("../outside.ipynb", ["'../outside.ipynb'", "no folder"]),
        ("file:///etc/passwd.ipynb", ["no folder that Studio serves"]),
        ("link.ipynb", ["'link.ipynb'", "no folder"]),
        ("linked/outside.ipynb", ["no folder"]),
        ("file:///%2e%2e/%2e%2e/outside.ipynb", ["no folder"]),
    ],
)
def test_an_image_that_is_nothing(
    served: Studio, notebooks: Path, bucket: str, image: str, words: list[str]
) -> None:
    outside = notebooks.parent / "outside.ipynb"
    outside.write_text(notebook("print('escaped')"))
    for name, target in (("link.ipynb", outside), ("linked", notebooks.parent)):
        if not (notebooks / name).is_symlink():
            (notebooks / name).symlink_to(target)
    said = refusal(served, request("bad", image, bucket))
    assert all(word in said for word in words), said


# -- hyperparameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"num_round": "0"}, ["num_round: '0'", "at least 1"]),
        ({"num_round": "many"}, ["num_round: 'many'", "integer"]),
        ({**ROUNDS, "eta": "1.5"}, ["eta: '1.5'", "at most 1"]),
        ({**ROUNDS, "eta": "nan"}, ["eta: 'nan'"]),
        ({**ROUNDS, "max_dpeth": "3"}, ["max_dpeth", "did you mean max_depth?"]),
        ({**ROUNDS, "nonsense": "3"}, ["nonsense", "'3'", "expected one of"]),
        ({**ROUNDS, "objective": "reg:nothing"}, ["objective: 'reg:nothing'", "reg:squarederror"]),
        ({}, ["num_round is missing"]),
    ],
)
def test_hyperparameters_of_an_algorithm(
    served: Studio, bucket: str, plain: str, given: dict[str, str], words: list[str]
) -> None:
    inputs = [channel("train", f"s3://{bucket}/train/", "text/csv")]
    said = refusal(
        served, request("bad", XGBOOST, bucket, HyperParameters=given, InputDataConfig=inputs)
    )
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    "name", ["a b", "a=1;import os", "__import__('os')", "1a", "class", "ünï cödé"]
)
def test_parameters_that_are_code(served: Studio, bucket: str, plain: str, name: str) -> None:
    said = refusal(served, request("bad", plain, bucket, HyperParameters={name: "1"}))
    assert repr(name) in said
    assert "expected a Python name" in said


# -- data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda job: job["OutputDataConfig"].update(S3OutputPath="s3://no-such-bucket/out"),
            ["OutputDataConfig.S3OutputPath", "'no-such-bucket' does not exist", "aws s3 mb"],
        ),
        (
            lambda job: job["InputDataConfig"].append(channel("more", "s3://no-such-bucket/x")),
            ["channel 'more'", "'no-such-bucket' does not exist"],
        ),
        (
            lambda job: job["InputDataConfig"].append(channel("more", "s3://test-bad-input/no/")),
            ["No S3 objects found under", "s3://test-bad-input/no/", "'more'"],
        ),
        (
            lambda job: job["InputDataConfig"].append(channel("more", "s3://test-bad-input/../x")),
            ["channel 'more'", "'s3://test-bad-input/../x'", "'..'"],
        ),
        (
            lambda job: job["InputDataConfig"].append(channel("..", "s3://test-bad-input/train/")),
            ["channel '..'"],
        ),
        (
            lambda job: job["InputDataConfig"].append(job["InputDataConfig"][0]),
            ["channel 'train'", "twice"],
        ),
        (
            lambda job: job.update(CheckpointConfig={"S3Uri": "s3://no-such-bucket/x"}),
            ["CheckpointConfig.S3Uri", "'no-such-bucket'"],
        ),
        (
            lambda job: job["OutputDataConfig"].update(S3OutputPath="s3://test-bad-input/a/../b"),
            ["OutputDataConfig.S3OutputPath: 's3://test-bad-input/a/../b'", "'..'"],
        ),
        (
            lambda job: job["OutputDataConfig"].update(S3OutputPath="s3://test-bad-input/a//b"),
            ["'s3://test-bad-input/a//b'", "empty"],
        ),
    ],
)
def test_places_of_data(
    served: Studio, bucket: str, plain: str, change: Change, words: list[str]
) -> None:
    inputs = [channel("train", f"s3://{bucket}/train/")]
    wanted = request("bad", plain, bucket, InputDataConfig=inputs)
    change(wanted)
    said = refusal(served, wanted)
    assert all(word in said for word in words), said


def test_channels_of_an_algorithm(served: Studio, bucket: str, plain: str) -> None:
    def said(*inputs: dict[str, Any]) -> str:
        return refusal(
            served,
            request("bad", XGBOOST, bucket, HyperParameters=ROUNDS, InputDataConfig=[*inputs]),
        )

    place = f"s3://{bucket}/train/"
    assert "needs the channel 'train'" in said(channel("validation", place, "text/csv"))
    assert "channel 'trian' is not one of" in said(channel("trian", place, "text/csv"))
    strange = said(channel("train", place, "application/pdf"))
    assert "'application/pdf'" in strange
    assert "text/csv" in strange


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,1.5\n1,blue\n", ["blue", "a.csv"]),
        ("0,1,2\n1,2\n", ["a.csv"]),
        ("", ["channel 'train' is empty"]),
    ],
    ids=["text", "ragged", "empty"],
)
def test_a_csv_that_is_wrong(
    served: Studio, bucket: str, text: str, words: list[str], request: pytest.FixtureRequest
) -> None:
    name = f"csv-{request.node.callspec.id}"
    uri = served.put(bucket, f"{name}/a.csv", text)
    job = failed(
        served, bucket, name, XGBOOST, HyperParameters=ROUNDS,
        InputDataConfig=[channel("train", uri, "text/csv")],
    )  # fmt: skip
    assert job["FailureReason"].startswith("ClientError: ")
    assert all(word in job["FailureReason"] for word in words), job["FailureReason"]


def failed(studio: Studio, bucket: str, name: str, image: str, **more: Any) -> dict[str, Any]:
    """Run a job that must fail, and leave nothing but its notebook; its description."""
    studio.client("sagemaker").create_training_job(**request(name, image, bucket, **more))
    job = studio.end_of(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert "ModelArtifacts" not in job
    place = studio.home.buckets / bucket / "out" / name
    assert {path.name for path in place.rglob("*") if path.is_file()} <= {"notebook.ipynb"}
    folder = studio.home.jobs / "TrainingJob" / "us-east-1" / name
    assert [str(path) for path in folder.rglob("*") if path.name.startswith(".")] == []
    return job


# -- notebooks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        (notebook("a = 1"), {"a": "2"}, ["no cell tagged 'parameters'", "cannot take a"]),
        (notebook("a", parameters="rate = 1"), {"rat": "2"}, ["'rat'", "did you mean 'rate'?"]),
        (notebook("a", parameters="rate = 1"), {"rate": "x"}, ["'rate' is 'x'", "whole number"]),
        (notebook("a", parameters="a = [1]"), {"a": "__import__('os')"}, ["'a' is", "a list"]),
        ("{not json", {}, ["bad.ipynb"]),
        ('{"cells": 5}', {}, ["bad.ipynb"]),
        ("", {}, ["bad.ipynb"]),
    ],
    ids=["untagged", "misspelt", "no-number", "code", "no-json", "no-notebook", "nothing"],
)
def test_a_notebook_that_is_wrong(
    served: Studio, bucket: str, text: str, given: dict[str, str], words: list[str],
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    name = f"nb-{request.node.callspec.id}"
    uri = served.put(bucket, f"{name}/bad.ipynb", text)
    job = failed(served, bucket, name, uri, HyperParameters=given)
    assert job["FailureReason"].startswith("ClientError: ")
    assert all(word in job["FailureReason"] for word in words), job["FailureReason"]


def test_a_value_that_looks_like_code_is_text(served: Studio, bucket: str) -> None:
    value = '"; __import__("os").abort(); "'
    source = "import json\njson.dump(word, open('output/data/word.json', 'w'))"
    uri = served.put(bucket, "text.ipynb", notebook(source, parameters="word = ''"))
    served.client("sagemaker").create_training_job(
        **request("text", uri, bucket, HyperParameters={"word": value})
    )
    assert served.end_of("text")["TrainingJobStatus"] == "Completed"
    body = served.client("s3").get_object(Bucket=bucket, Key="out/text/output/output.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(body["Body"].read())) as tar:
        file = tar.extractfile("word.json")
        assert file is not None
        assert json.load(file) == value


# -- the request itself -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a/b", "../a", "..", "a b", "-a", "a" * 64, "é", "a\n"])
def test_names(served: Studio, bucket: str, plain: str, name: str) -> None:
    said = refusal(served, request(name, plain, bucket))
    assert "rainingJobName" in said
    assert name.splitlines()[0][:40] in said


def refused_values() -> dict[str, Any]:
    """A value for each field that is refused by name."""
    subnets = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    return {
        "VpcConfig": subnets,
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "OutputDataConfig.KmsKeyId": "alias/mine",
        "ResourceConfig.VolumeKmsKeyId": "alias/mine",
        "ResourceConfig.InstanceGroups": [
            {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "a"}
        ],
        "AlgorithmSpecification.ContainerEntrypoint": ["python"],
        "AlgorithmSpecification.ContainerArguments": ["train.py"],
        "AlgorithmSpecification.AlgorithmName": "mine",
    }


@pytest.mark.parametrize("path", refused_values())
def test_fields_that_would_be_a_broken_promise(
    served: Studio, bucket: str, plain: str, path: str
) -> None:
    wanted = request("bad", plain, bucket)
    *parents, name = path.split(".")
    place = wanted[parents[0]] if parents else wanted
    place[name] = refused_values()[path]
    said = refusal(served, wanted)
    assert said == f"{path} is not offered: {REFUSED[path]}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda job: job["ResourceConfig"].update(InstanceCount=2), ["InstanceCount 2"]),
        (lambda job: job["ResourceConfig"].update(InstanceType="m5.large"), ["m5.large"]),
        (lambda job: job["ResourceConfig"].pop("InstanceType"), ["ResourceConfig: expected"]),
        (lambda job: job["AlgorithmSpecification"].pop("TrainingImage"), ["TrainingImage", "URI"]),
        (
            lambda job: job["AlgorithmSpecification"].update(TrainingInputMode="Pipe"),
            ["channel 'train'", "'Pipe'", "'File'"],
        ),
        (
            lambda job: job["StoppingCondition"].update(MaxWaitTimeInSeconds=700),
            ["MaxWaitTimeInSeconds", "EnableManagedSpotTraining"],
        ),
        (
            lambda job: job["AlgorithmSpecification"].update(
                MetricDefinitions=[{"Name": "loss", "Regex": "loss=([0-9"}]
            ),
            ["'loss'", "'loss=([0-9'", "wrong"],
        ),
        (
            lambda job: job["AlgorithmSpecification"].update(
                MetricDefinitions=[{"Name": "loss", "Regex": "loss="}]
            ),
            ["'loss='", "expected one group"],
        ),
        (lambda job: job.update(RoleArn="arn:aws:iam::1:role/x"), ["oleArn"]),
        (
            lambda job: job.update(Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]),
            ["'a'", "twice"],
        ),
    ],
)
def test_fields_that_make_no_sense(
    served: Studio, bucket: str, plain: str, change: Change, words: list[str]
) -> None:
    inputs = [channel("train", f"s3://{bucket}/train/")]
    wanted = request("bad", plain, bucket, InputDataConfig=inputs)
    change(wanted)
    said = refusal(served, wanted)
    assert all(word in said for word in words), said


def send(studio: Studio, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """A signed CreateTrainingJob of any bytes; its status and answer."""
    asked = AWSRequest(
        "POST", studio.url, data=body,
        headers={
            "X-Amz-Target": "SageMaker.CreateTrainingJob",
            "Content-Type": "application/x-amz-json-1.1", **headers,
        },
    )  # fmt: skip
    key = Credentials(studio.key.access_key, studio.key.secret_key)
    SigV4Auth(key, "sagemaker", "us-east-1").add_auth(asked)
    connection = http.client.HTTPConnection(studio.url.removeprefix("http://"), timeout=100)
    try:
        connection.request("POST", "/", body=body, headers=dict(asked.headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"TrainingJobName": }', b"\xff\xfe", b'"text"', b"{" * 5000]
)
def test_invalid_json(served: Studio, body: bytes) -> None:
    with nothing_changes(served):
        status, answer = send(served, body)
    assert status == 400
    assert answer["__type"].endswith("SerializationException")
    assert answer["message"]


def test_unknown_and_mistyped_fields(served: Studio) -> None:
    with nothing_changes(served):
        _, unknown = send(served, b'{"TrainingJobNmae": "a"}')
        _, mistyped = send(served, b'{"TrainingJobName": {"a": 1}}')
    assert "TrainingJobNmae" in unknown["message"]
    assert "'trainingJobName' is an object; expected a string" in mistyped["message"]


def test_a_body_of_100_mb(served: Studio) -> None:
    with nothing_changes(served):
        status, answer = send(served, bytes(100 << 20))
    assert status == 413
    assert answer["__type"].endswith("RequestEntityTooLargeException")
    assert "16777216 bytes" in answer["message"]


# -- archives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../evil", "/evil", "link", "hard", "fifo"])
def test_a_tar_that_reaches_out(tmp_path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    kinds = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE}
    member.type, member.linkname = kinds.get(name, tarfile.REGTYPE), "../secret"
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("good"), io.BytesIO(b""))
        tar.addfile(member, io.BytesIO(b""))
    with pytest.raises(archives.ArchiveError, match=rf"{name}.*expected"):
        archives.unpack(tmp_path / "a.tar.gz", tmp_path / "room")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]
