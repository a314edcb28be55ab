"""What to run, with which arguments and variables."""

from __future__ import annotations

import json

import pytest

from studio_ext.frameworks.launch import Launch, LaunchError

OWN = {
    "sagemaker_program": '"train.py"',
    "sagemaker_submit_directory": '"s3://b/sourcedir.tar.gz"',
    "sagemaker_container_log_level": "10",
    "sagemaker_job_name": '"a"',
    "_tuning_objective_metric": "loss",
}


def test_the_sdks_own_are_no_arguments() -> None:
    found = Launch.of(OWN, {})
    assert (found.program, found.source, found.log_level) == (
        "train.py",
        "s3://b/sourcedir.tar.gz",
        10,
    )
    assert found.arguments == []


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("0.1", "0.1"),
        ("1e-3", "0.001"),
        ("true", "True"),
        ('"adam"', "adam"),
        ("adam", "adam"),
        ("0,1,2", "0,1,2"),
        ("[1, 2]", "[1, 2]"),
        ('{"b": 1, "a": 2}', "a=2,b=1"),
        ("", ""),
        ("null", "None"),
    ],
)
def test_values_become_arguments_as_the_toolkit_makes_them(text: str, argument: str) -> None:
    assert Launch.of({**OWN, "x-y": text}, {}).arguments == ["--x-y", argument]


def test_arguments_are_sorted_and_short_names_have_one_dash() -> None:
    found = Launch.of({**OWN, "n": "1", "lr": "2"}, {})
    assert found.arguments == ["--lr", "2", "-n", "1"]


def test_variables() -> None:
    found = Launch.of({**OWN, "batch-size": "32", "name": '"a b"'}, {}).variables()
    assert json.loads(found["SM_HPS"]) == {"batch-size": 32, "name": "a b"}
    assert (found["SM_HP_BATCH_SIZE"], found["SM_HP_NAME"]) == ("32", "a b")
    assert json.loads(found["SM_USER_ARGS"]) == ["--batch-size", "32", "--name", "a b"]
    assert (found["SM_USER_ENTRY_POINT"], found["SM_MODULE_NAME"]) == ("train.py", "train")
    assert found["SM_LOG_LEVEL"] == "10"


def test_the_program_may_stand_in_the_environment() -> None:
    found = Launch.of(
        {}, {"SAGEMAKER_PROGRAM": "a.sh", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/s.tar.gz"}
    )
    assert (found.program, found.source) == ("a.sh", "s3://b/s.tar.gz")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sagemaker_program": ""}, "sagemaker_program is missing"),
        ({"sagemaker_submit_directory": ""}, "sagemaker_submit_directory is missing"),
        ({"sagemaker_program": "../a.py"}, "expected a path inside the source"),
        ({"sagemaker_program": "/a.py"}, "expected a path inside the source"),
        ({"sagemaker_program": "train"}, "expected a .py or .sh file"),
        ({"sagemaker_submit_directory": "/opt/ml/code"}, "expected an archive in a bucket"),
        ({"sagemaker_mpi_enabled": "true"}, "sagemaker_mpi_enabled is true, but a job runs on one"),
        ({"sagemaker_parameter_server_enabled": "true"}, "leave the SDK's distribution out"),
    ],
)
def test_what_cannot_be_run_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(LaunchError, match=message):
        Launch.of({**OWN, **given}, {})


def test_what_is_switched_off_is_no_matter() -> None:
    assert Launch.of({**OWN, "sagemaker_parameter_server_enabled": "false"}, {}).arguments == []
