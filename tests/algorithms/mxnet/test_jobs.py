"""MXNet scripts as training jobs, as the sagemaker SDK sends them."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from studio_ext.environments.environments import Environment, Environments
from studio_ext.environments.tool import EnvironmentFailed
from studio_ext.frameworks.mxnet import ENVIRONMENT

from ...daemon import Studio, channel, request
from ..conftest import split

BUCKET = "mxnet-jobs"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/mxnet-training:1.9.0-cpu-py38"
SEEDS = (0, 1, 2)
Submit = Callable[..., str]


@pytest.fixture(scope="module")
def environment(served: Studio) -> Environment:
    """The environment of every job here, made once for all."""
    try:
        return Environments(served.home.environments).make(ENVIRONMENT, print)
    except EnvironmentFailed as error:
        pytest.skip(f"no packages: {error}; look with: pip download --no-deps mxnet==1.9.1")


@pytest.fixture(scope="module")
def submit(served: Studio, environment: Environment) -> Submit:
    """Starts a job that runs a script; its name."""
    served.client("s3").create_bucket(Bucket=BUCKET)

    def start(name: str, files: Mapping[str, str], *, image: str = IMAGE, **more: Any) -> str:
        name = f"mxnet-{name}"
        source = served.put(BUCKET, f"{name}/source/sourcedir.tar.gz", packed(files))
        given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": source}
        given |= more.pop("hyperparameters", {})
        hyperparameters = {key: json.dumps(value) for key, value in given.items()}
        served.client("sagemaker").create_training_job(
            **request(name, image, BUCKET, HyperParameters=hyperparameters, **more)
        )
        return name

    return start


def packed(files: Mapping[str, str]) -> bytes:
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return found.getvalue()


def model_of(served: Studio, job: Mapping[str, Any]) -> dict[str, bytes]:
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    body = served.client("s3").get_object(Bucket=BUCKET, Key=uri.split("/", 3)[3])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }


def test_a_net_on_digits_is_as_good_as_sklearns(
    served: Studio, submit: Submit, quality: Callable[..., None]
) -> None:
    script = Path(__file__).with_name("digits.py").read_text()
    theirs = []
    for seed in SEEDS:
        tables = split("digits", seed).tables
        for name, table in tables.items():
            text = io.StringIO()
            rows = np.column_stack([np.asarray(table.labels), table.features])
            np.savetxt(text, rows, "%g", ",")
            served.put(BUCKET, f"digits/{name}/{seed}.csv", text.getvalue())
        train, validation = tables["train"], tables["validation"]
        peer = MLPClassifier(
            (64,), batch_size=64, learning_rate_init=0.01, max_iter=8, tol=0, random_state=seed
        )
        peer.n_iter_no_change = 100
        with pytest.warns(UserWarning, match="Maximum iterations"):
            peer.fit(train.features / 16, np.asarray(train.labels))
        theirs.append(peer.score(validation.features / 16, np.asarray(validation.labels)))
    name = submit(
        "digits",
        {"train.py": script},
        hyperparameters={"epochs": 8, "hidden": 64, "lr": 0.01, "seeds": "0,1,2"},
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": "train:loss", "Regex": r"Train-loss=([0-9.]+)"},
                {"Name": "validation:accuracy", "Regex": r"Validation-accuracy=([0-9.]+)"},
            ],
        },
        InputDataConfig=[
            channel(name, f"s3://{BUCKET}/digits/{name}/") for name in ("train", "validation")
        ],
    )
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Completed", job
    log = served.log_of(name)
    assert any("the image has MXNet 1.9.0" in line for line in log)
    ours = [float(line.rpartition("=")[2]) for line in log if "Validation-accuracy" in line]
    quality("mxnet", "digits", "accuracy", ours, "sklearn MLPClassifier", theirs)
    assert min(ours) > 0.9
    final = {each["MetricName"]: each["Value"] for each in job["FinalMetricDataList"]}
    assert final["validation:accuracy"] == pytest.approx(ours[-1])
    model = model_of(served, job)
    assert set(model) == {"model-0000.params", "model-symbol.json"}
    shown = notebook_of(served, name)
    assert "image/png" in shown["learning-curves"]
    assert "train loss" in shown["learning-curves"]["text/plain"]
    assert "<table>" in shown["metrics"]["text/html"]
    assert "gluon.Trainer" in shown["script"]["text/markdown"]


def notebook_of(served: Studio, name: str) -> dict[str, Any]:
    """The last displayed output of each cell of the executed notebook."""
    key = f"out/{name}/output/notebook.ipynb"
    body = served.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    notebook = nbformat.reads(body.decode(), as_version=4)
    return {
        cell.id: cell.outputs[-1].data
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.outputs and "data" in cell.outputs[-1]
    }


ECHO = """
import json, os, sys
import helper
print(json.dumps(sys.argv[1:]))
print(json.dumps({k: v for k, v in os.environ.items() if k.startswith("SM_")}))
print(sys.executable, os.getcwd())
open("/opt/ml/model/by-path", "w").write(helper.WORDS)
open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "left"), "w").close()
"""


def test_arguments_variables_and_places(
    served: Studio, submit: Submit, environment: Environment
) -> None:
    name = submit(
        "echo",
        {"train.py": ECHO, "helper.py": "WORDS = 'as in a container'"},
        image="520713654638.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-mxnet:1.4.1-gpu-py3",
        hyperparameters={"batch-size": 32, "lr": 0.1, "flag": True, "n": 3, "layers": [1, 2]},
    )
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Completed", job
    log = served.log_of(name)
    arguments, variables = (json.loads(line) for line in log if line.startswith(("[", "{")))
    assert arguments == [
        *("--batch-size", "32"), *("--flag", "True"), *("--layers", "[1, 2]"),
        *("--lr", "0.1"), *("-n", "3"),
    ]  # fmt: skip
    assert json.loads(variables["SM_HPS"]) == {
        "batch-size": 32, "lr": 0.1, "flag": True, "n": 3, "layers": [1, 2],
    }  # fmt: skip
    assert variables["SM_HP_BATCH_SIZE"] == "32"
    assert variables["SM_USER_ENTRY_POINT"] == "train.py"
    assert not any(name.startswith("SM_HP_SAGEMAKER") for name in variables)
    assert any(line.startswith(f"{environment.python} ") for line in log)
    assert any("for GPUs" in line for line in log)
    assert model_of(served, job) == {"by-path": b"as in a container"}


def test_a_failure_is_the_scripts_own(served: Studio, submit: Submit) -> None:
    name = submit("fails", {"train.py": "print('so far')\nraise ValueError('no good rows')\n"})
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Failed"
    reason = job["FailureReason"]
    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n")
    assert "ValueError: no good rows" in reason
    assert "train.py" in reason
    assert {"so far", "ValueError: no good rows"} <= set(served.log_of(name))
    assert "ModelArtifacts" not in job or not job["ModelArtifacts"].get("S3ModelArtifacts")


def test_a_program_that_is_not_there(served: Studio, submit: Submit) -> None:
    job = served.end_of(submit("absent", {"other.py": ""}))
    assert "train.py is not in the source, which holds other.py" in job["FailureReason"]


SLOW = """
import os, signal, subprocess, sys, time
def ended(*_):
    open(os.path.join(os.environ["SM_MODEL_DIR"], "last"), "w").write("kept")
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, "begun", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", ["stopped", "too-long"])
def test_a_stop_or_the_time_limit_ends_the_script(served: Studio, submit: Submit, how: str) -> None:
    limit = {"MaxRuntimeInSeconds": 8 if how == "too-long" else 600}
    name = submit(how, {"train.py": SLOW}, StoppingCondition=limit)
    patience = time.monotonic() + 60
    while not any("begun" in line for line in served.log_of(name)):
        assert time.monotonic() < patience, served.log_of(name)
        time.sleep(0.1)
    if how == "stopped":
        served.client("sagemaker").stop_training_job(TrainingJobName=name)
    job = served.end_of(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == ("Stopped" if how == "stopped" else "MaxRuntimeExceeded")
    assert model_of(served, job) == {"last": b"kept"}
    child = next(line.split()[1] for line in served.log_of(name) if "begun" in line)
    assert not Path("/proc", child).exists()
