"""CPU of one DescribeTrainingJob: Studio's API server against moto_server.

Both servers run at once and are asked in turns, so that a busy machine slows both alike. Run it
as ``python tests/benchmarks/describe.py``.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.serving import KEY, REGION  # noqa: E402

ROUNDS, REQUESTS = 9, 200
JOB = {
    "TrainingJobName": "sample-1",
    "RoleArn": "arn:aws:iam::123456789012:role/studio",
    "AlgorithmSpecification": {
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "TrainingInputMode": "File",
    },
    "HyperParameters": {"num_round": "10", "objective": "multi:softmax"},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/train"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def serve() -> None:
    """Be the server: print its port and wait to be killed."""
    from studio_ext.kinds.registry import SageMakerService, records
    from studio_ext.store import Store
    from tests.conformance.generic import unbuilt
    from tests.serving import serving

    with tempfile.TemporaryDirectory() as home:
        store = Store(f"sqlite:///{home}/studio.db")
        groups = [*records(store), *unbuilt(store, time.time)]
        with serving([SageMakerService(store, groups)]) as server:
            print(server.port, flush=True)
            sys.stdin.read()


class Target:
    """A server process and one kept-alive connection to it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(self, operation: str, body: bytes) -> bytes:
        request = AWSRequest(
            "POST", f"http://127.0.0.1:{self.port}/", data=body,
            headers={
                "X-Amz-Target": f"SageMaker.{operation}",
                "Content-Type": "application/x-amz-json-1.1",
            },
        )  # fmt: skip
        SigV4Auth(Credentials(KEY.access_key, KEY.secret_key), "sagemaker", REGION).add_auth(
            request
        )
        self._connection.request("POST", "/", body=body, headers=dict(request.headers.items()))
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        return answer

    def cpu(self) -> float:
        """CPU seconds the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start_studio() -> Target:
    process = subprocess.Popen(
        [sys.executable, __file__, "serve"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    return Target(process, int(process.stdout.readline()))


def start_moto() -> Target:
    port = free_port()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("moto_server")), "-p", str(port)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return Target(process, port)
        except OSError:
            time.sleep(0.1)
    raise SystemExit("moto_server did not start; run: uv pip install 'moto[server]'")


def measure(target: Target, requests: int) -> tuple[float, float]:
    """CPU and median wall milliseconds of one request."""
    body = json.dumps({"TrainingJobName": JOB["TrainingJobName"]}).encode()
    before, walls = target.cpu(), []
    for _ in range(requests):
        start = time.perf_counter()
        target.call("DescribeTrainingJob", body)
        walls.append(time.perf_counter() - start)
    return (target.cpu() - before) / requests * 1e3, statistics.median(walls) * 1e3


def main() -> None:
    starts: dict[str, Callable[[], Target]] = {"studio": start_studio, "moto_server": start_moto}
    targets = {name: start() for name, start in starts.items()}
    try:
        rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in targets}
        for target in targets.values():
            target.call("CreateTrainingJob", json.dumps(JOB).encode())
            measure(target, 50)
        for _, (name, target) in itertools.product(range(ROUNDS), targets.items()):
            rounds[name].append(measure(target, REQUESTS))
        for name, found in rounds.items():
            cpu, wall = (statistics.median(column) for column in zip(*found, strict=True))
            print(f"{name:12} {cpu:6.2f} ms CPU per request, {wall:6.2f} ms wall (median)")
        ours, theirs = ([cpu for cpu, _ in rounds[name]] for name in ("studio", "moto_server"))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(f"ratio of CPU {ratio:.2f}; the aim is at most 0.33")
    finally:
        for target in targets.values():
            target.process.kill()
            target.process.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        main()
