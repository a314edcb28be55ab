"""``studio run NOTEBOOK -p name=value``: a notebook of yours as a training job."""

from __future__ import annotations

import argparse
import re
import secrets
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import StudioError
from ..identity.keys import ACCOUNT, DEFAULT_ROLE
from .client import Api
from .watch import watch


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", help="a file, or s3://bucket/name.ipynb")
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
        help="set a parameter of the notebook; may be given again",
    )  # fmt: skip
    parser.add_argument("--name", help="the job's name")
    parser.add_argument(
        "--input", action="append", default=[], metavar="NAME=S3URI",
        help="data for the job, in $SM_CHANNEL_<NAME>; may be given again",
    )  # fmt: skip
    parser.add_argument("--instance-type", default="ml.m5.large")
    parser.add_argument("--max-runtime", type=int, default=86_400, metavar="SECONDS")
    parser.add_argument("--quiet", action="store_true", help="do not print the log")


def run(options: argparse.Namespace) -> int:
    """Upload the notebook, run it, show how it goes."""
    parameters = _pairs(options.parameter, "-p")
    inputs = _pairs(options.input, "--input")
    uri: str = options.notebook
    body = None if uri.startswith("s3://") else _read(uri)
    api = Api()
    bucket, key = _bucket(api), ""
    if body is not None:
        key = f"notebooks/{secrets.token_hex(4)}/{Path(uri).name}"
        api.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        uri = f"s3://{bucket}/{key}"
    name = options.name or _name(uri)
    try:
        api.client("sagemaker").create_training_job(
            **_request(name, uri, bucket, parameters, inputs, options)
        )
    except (ClientError, BotoCoreError):
        if key:
            api.client("s3").delete_object(Bucket=bucket, Key=key)
        raise
    job = watch(api, name, log=not options.quiet)
    return _report(api, job)


def _request(
    name: str, uri: str, bucket: str, parameters: dict[str, str], inputs: dict[str, str],
    options: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    request: dict[str, Any] = {
        "TrainingJobName": name,
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{DEFAULT_ROLE}",
        "AlgorithmSpecification": {"TrainingImage": uri, "TrainingInputMode": "File"},
        "HyperParameters": parameters,
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/output"},
        "ResourceConfig": {
            "InstanceType": options.instance_type, "InstanceCount": 1, "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": options.max_runtime},
    }  # fmt: skip
    if inputs:
        request["InputDataConfig"] = [
            {
                "ChannelName": channel,
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            }
            for channel, source in inputs.items()
        ]
    return request


def _report(api: Api, job: dict[str, Any]) -> int:
    name, status = job["TrainingJobName"], job["TrainingJobStatus"]
    output = f"{job['OutputDataConfig']['S3OutputPath']}/{name}/output"
    notebook = api.home.buckets / output.removeprefix("s3://") / "notebook.ipynb"
    print(f"{name}  {status}")
    if "ModelArtifacts" in job:
        print(f"  model     {job['ModelArtifacts']['S3ModelArtifacts']}")
    if notebook.exists():
        print(f"  notebook  {notebook}")
    if status != "Completed":
        print(f"  {job.get('FailureReason', 'it was stopped')}")
        return 1
    return 0


def _bucket(api: Api) -> str:
    """The bucket that SageMaker's clients use by default, made when missing."""
    name = f"sagemaker-{api.endpoint.region}-{ACCOUNT}"
    client = api.client("s3")
    try:
        client.head_bucket(Bucket=name)
    except ClientError:
        client.create_bucket(Bucket=name)
    return name


def _read(text: str) -> bytes:
    path = Path(text)
    if path.suffix != ".ipynb":
        raise StudioError(f"{text!r} is no notebook; expected a file whose name ends in .ipynb")
    try:
        return path.read_bytes()
    except OSError as error:
        raise StudioError(f"{text!r} cannot be read: {error.strerror}") from None


def _name(uri: str) -> str:
    stem = re.sub(r"[^a-zA-Z0-9]+", "-", Path(uri).stem).strip("-")[:40] or "notebook"
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(1)}"


def _pairs(given: list[str], option: str) -> dict[str, str]:
    found = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise StudioError(f"{option} {pair!r}: expected NAME=VALUE")
        found[name] = value
    return found
