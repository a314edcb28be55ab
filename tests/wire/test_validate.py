"""Validation: what fits passes unchanged, what does not is named."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from studio_ext import awsmodel
from studio_ext.errors import ValidationException
from studio_ext.wire.faults import SerializationException
from studio_ext.wire.patterns import matches
from studio_ext.wire.protocols.json import read, write
from studio_ext.wire.validate import Validator

from ..conformance.samples import sample

SAGEMAKER = awsmodel.load("sagemaker")
VALIDATOR = Validator()


def check(operation: str, params: Any) -> dict[str, Any]:
    shape = SAGEMAKER.operations[operation].input
    assert shape is not None
    return VALIDATOR.clean(shape, params)


def good(**more: Any) -> dict[str, Any]:
    shape = SAGEMAKER.operations["CreateTrainingJob"].input
    assert shape is not None
    return {**sample(shape), **more}


def test_what_fits_passes_without_nulls() -> None:
    assert check("CreateTrainingJob", good(Environment=None)) == good()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"RoleArn": None}, "Value null at 'roleArn' failed to satisfy constraint: Member must"),
        ({"TrainingJobName": "a_b"}, "Value 'a_b' at 'trainingJobName' .* regular expression"),
        ({"TrainingJobName": "a" * 64}, "length less than or equal to 63"),
        ({"TrainingJobName": "a\n"}, "regular expression pattern"),
        ({"TrainingJobName": "../a"}, r"Value '\.\./a' at 'trainingJobName'"),
        ({"HyperParameterz": {}}, "Unknown parameter 'HyperParameterz' in the request; expected"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 31}}, "value less than or equal to 30"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 0}}, "value greater than or equal to 1"),
        ({"RetryStrategy": {"x": 1}}, "Unknown parameter 'x' in 'retryStrategy'"),
        ({"Tags": [{"Key": ""}]}, "'tags.1.member.key' .*length greater than or equal to 1"),
        (
            {"AlgorithmSpecification": {"TrainingInputMode": "Files"}},
            r"'algorithmSpecification.trainingInputMode' .*enum value set: \[Pipe, File, Fast",
        ),
    ],
)
def test_constraints_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationException, match=said):
        check("CreateTrainingJob", good(**change))


def test_all_faults_come_at_once() -> None:
    with pytest.raises(ValidationException, match=r"^2 validation errors detected: .*; "):
        check("CreateTrainingJob", good(RoleArn=None, TrainingJobName="_"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TrainingJobName": 3}, "Value '3' at 'trainingJobName' is a number; expected a string"),
        ({"EnableNetworkIsolation": 1}, "expected true or false"),
        ({"EnableNetworkIsolation": "true"}, "is a string; expected true or false"),
        ({"RetryStrategy": {"MaximumRetryAttempts": True}}, "is a boolean; expected an integer"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 2**31}}, "expected an integer from"),
        ({"RetryStrategy": {"MaximumRetryAttempts": 1.5}}, "expected an integer"),
        ({"Tags": {}}, "is an object; expected a list"),
        ({"HyperParameters": []}, "is a list; expected an object"),
        ({"HyperParameters": {"a": 1}}, "'hyperParameters.a.member' is a number; expected a str"),
        ({"HyperParameters": {"a": "\ud800"}}, "surrogate"),
        ({"HyperParameters": {"a": "\0"}}, "NUL"),
    ],
)
def test_wrong_types_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SerializationException, match=said):
        check("CreateTrainingJob", good(**change))


@pytest.mark.parametrize("top", [None, [], "x", 1, True])
def test_a_request_is_an_object(top: Any) -> None:
    with pytest.raises(SerializationException, match="expected an object"):
        check("CreateTrainingJob", top)


@pytest.mark.parametrize("when", ["2026-01-01", True, 1e300])
def test_times_are_epoch_seconds(when: Any) -> None:
    with pytest.raises(SerializationException, match="epoch seconds"):
        check("ListModels", {"CreationTimeAfter": when})
    assert check("ListModels", {"CreationTimeAfter": 5}) == {"CreationTimeAfter": 5.0}


def test_a_union_has_one_member() -> None:
    shape = SAGEMAKER.operations["CreateOptimizationJob"].input
    assert shape is not None
    params = {**sample(shape), "OptimizationConfigs": [{}]}
    with pytest.raises(ValidationException, match=r"exactly one of .* must be set, not 0"):
        check("CreateOptimizationJob", params)


def test_secrets_are_not_shown() -> None:
    secret = next(
        shape
        for name in SAGEMAKER._raw["shapes"]
        if (shape := SAGEMAKER.shape(name)).traits.get("sensitive") and shape.type == "string"
    )
    faults: list[str] = []
    wrong = "hunter2" * 10_000
    VALIDATOR.check(secret)(wrong, "x", faults)
    assert faults
    assert "hunter2" not in "".join(faults)


def test_every_pattern_of_the_model_compiles_and_matches_whole_values() -> None:
    patterns = {raw["pattern"] for raw in SAGEMAKER._raw["shapes"].values() if "pattern" in raw}
    assert len(patterns) > 200
    for pattern in patterns:
        matches(pattern, "x")  # must not raise
    assert matches("[a-z]", "a")
    assert not matches("[a-z]", "ab")
    assert not matches("a|b", "ab")
    assert matches(r"([\p{L}\p{N}_]*)${1,3}", "é")
    assert not matches(r"\d+", "１２")


def test_a_pattern_cannot_hang_the_server() -> None:
    start = time.perf_counter()
    assert not matches(r"(a+)+$b", "a" * 5000)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 100_000, b'{"a":1,"a":1}', b'{"a":NaN}', b'{"a":-Infinity}', b"\xff", b"{}x",
     b'{"a":' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        read(body)


def test_numbers_that_json_has_not_are_written_as_text() -> None:
    found = write({"a": [float("nan"), 1.5], "b": float("-inf"), "c": b"x"})
    assert json.loads(found) == {"a": ["NaN", 1.5], "b": "-Infinity", "c": "eA=="}


def test_no_body_is_no_parameters() -> None:
    assert read(b"") == {}


def test_deep_nesting_is_refused() -> None:
    # A search expression may contain search expressions.
    inner: dict[str, Any] = {"Filters": []}
    for _ in range(400):
        inner = {"SubExpressions": [inner]}
    with pytest.raises((SerializationException, ValidationException)):
        check("Search", json.loads(json.dumps({"Resource": "Model", "SearchExpression": inner})))
