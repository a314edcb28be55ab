"""A real daemon in a home of its own, boto3 clients of it, and notebooks to run there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import nbformat
from botocore.config import Config
from nbformat import v4

from studio_ext.home import Home
from studio_ext.identity.environment import DEFAULT_REGION
from studio_ext.identity.keys import Credential, Keys
from studio_ext.launch import end, ensure

PATIENCE = 120.0  # seconds for anything that must happen; a noisy machine is slow, not wrong
ROLE = "arn:aws:iam::123456789012:role/StudioExecutionRole"


@dataclass
class Studio:
    """A home whose daemon runs."""

    home: Home
    url: str
    key: Credential
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, service: str, region: str = DEFAULT_REGION) -> Any:
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id=self.key.access_key,
                aws_secret_access_key=self.key.secret_key,
                config=Config(retries={"total_max_attempts": 1}, read_timeout=100),
            )
        return self._clients[service, region]

    def put(self, bucket: str, key: str, body: bytes | str) -> str:
        """Upload an object; its URI."""
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return f"s3://{bucket}/{key}"

    def until(self, name: str, *states: str, region: str = DEFAULT_REGION) -> dict[str, Any]:
        """Wait for a training job to reach one of some (secondary) statuses; its description."""
        limit = time.monotonic() + PATIENCE
        while True:
            job: dict[str, Any] = self.client("sagemaker", region).describe_training_job(
                TrainingJobName=name
            )
            if {job["TrainingJobStatus"], job["SecondaryStatus"]} & set(states):
                return job
            assert time.monotonic() < limit, f"{name} is {job['SecondaryStatus']}, not {states}"
            time.sleep(0.05)

    def end_of(self, name: str, region: str = DEFAULT_REGION) -> dict[str, Any]:
        return self.until(name, "Completed", "Failed", "Stopped", region=region)

    def log_of(self, name: str) -> list[str]:
        """What a training job has printed, line by line."""
        answer = self.client("logs").filter_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/"
        )
        return [event["message"] for event in answer["events"]]


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Studio]:
    """Run the daemon of ``folder / "home"`` until the block ends."""
    home = Home(folder / "home")
    runtime = folder / "run"
    runtime.mkdir(parents=True)
    with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(runtime), "STUDIO_CORES": "4"}):
        record = ensure(home, arguments)
        try:
            yield Studio(home, record["url"], Keys(home.identity).root)
        finally:
            end(home)


def notebook(*sources: str, parameters: str | None = None) -> str:
    """The text of a Python notebook with those cells, after one tagged ``parameters``."""
    cells = [v4.new_code_cell(source) for source in sources]
    if parameters is not None:
        tagged = v4.new_code_cell(parameters)
        tagged.metadata["tags"] = ["parameters"]
        cells.insert(0, tagged)
    return str(nbformat.writes(v4.new_notebook(cells=cells)))


def request(name: str, image: str, bucket: str, **more: Any) -> dict[str, Any]:
    """A CreateTrainingJob with what must be there, and ``more``."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }  # fmt: skip


def channel(name: str, uri: str, content_type: str | None = None) -> dict[str, Any]:
    """An entry of InputDataConfig."""
    found: dict[str, Any] = {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
    }
    return found if content_type is None else {**found, "ContentType": content_type}
