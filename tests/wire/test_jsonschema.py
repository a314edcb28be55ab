"""Forms know the rules of every request."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import regex

from studio_ext import awsmodel
from studio_ext.wire.jsonschema import input_schema

from ..conformance.conftest import Ledger
from ..conformance.driver import Driver
from ..conformance.generic import regular
from ..conformance.samples import sample

OPERATIONS = awsmodel.load("sagemaker").operations


def check(schema: dict[str, Any]) -> None:
    """It is draft 7; its patterns are a browser's, which ``test_patterns`` asks about."""
    jsonschema.Draft7Validator.check_schema(schema, format_checker=jsonschema.FormatChecker(()))


@pytest.mark.parametrize("name", [n for n in OPERATIONS if n.startswith(("Create", "Update"))])
def test_every_request_has_a_valid_schema(name: str) -> None:
    schema = input_schema(OPERATIONS[name])
    check(schema)
    assert set(schema["properties"]) == set(OPERATIONS[name].inputs)


def test_rules_of_the_model_are_in_the_schema() -> None:
    schema = input_schema(OPERATIONS["CreateTrainingJob"])
    job = {
        "TrainingJobName": "a-job",
        "RoleArn": "arn:aws:iam::123456789012:role/Role",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "x"},
        "HyperParameters": {"eta": "0.3"},
    }
    validator = jsonschema.Draft7Validator(schema)
    validator.validate(job)
    wrong = (
        {"TrainingJobName": "a job"}, {"TrainingJobName": "a" * 64}, {"RoleArn": "Role"},
        {"OutputDataConfig": {}}, {"Misspelt": 1}, {"HyperParameters": {"eta": 0.3}},
        {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": -1}},
        {"AlgorithmSpecification": {"TrainingInputMode": "Tape"}},
    )  # fmt: skip
    for change in wrong:
        assert list(validator.iter_errors({**job, **change})), change
    for name in schema["required"]:
        assert list(validator.iter_errors({n: v for n, v in job.items() if n != name}))


def test_descriptions_are_plain_text_and_defaults_are_values() -> None:
    mode = input_schema(OPERATIONS["CreateTrainingJob"])["properties"]["AlgorithmSpecification"]
    text = mode["properties"]["TrainingImage"]["description"]
    assert text.startswith("The registry path of the Docker image")
    assert not re.search(r"<[a-z/]|&[a-z]+;", text)
    assert len(text) < 1300


def test_a_shape_within_itself_is_referred_to() -> None:
    schema = input_schema(OPERATIONS["Search"])
    check(schema)
    nested = {"SubExpressions": [{"SubExpressions": [{"Operator": "And"}]}]}
    validator = jsonschema.Draft7Validator(schema)
    validator.validate({"Resource": "TrainingJob", "SearchExpression": nested})
    nested["SubExpressions"][0]["SubExpressions"][0]["Operator"] = "Xor"
    assert list(validator.iter_errors({"Resource": "TrainingJob", "SearchExpression": nested}))


def pattern(validator: Any, wanted: str, value: Any, schema: Any) -> Iterator[Any]:
    """As a browser reads it: Python's own expressions do not know ``\\p{L}``."""
    if isinstance(value, str) and not regex.search(wanted, value, regex.VERSION0):
        yield jsonschema.ValidationError(f"{value!r} does not match {wanted!r}")


Browser = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": pattern})


def on_the_wire(value: Any) -> Any:
    """A request as JSON has it."""
    match value:
        case dict():
            return {name: on_the_wire(each) for name, each in value.items() if each is not None}
        case list():
            return [on_the_wire(each) for each in value]
        case bytes():
            return base64.b64encode(value).decode()
    return value


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_what_the_server_takes_the_schema_takes(name: str) -> None:
    shape = OPERATIONS[name].input
    if shape is None:
        pytest.skip("it takes nothing")
    validator = Browser(input_schema(OPERATIONS[name]))
    for number in (1, 2):
        validator.validate(on_the_wire(sample(shape, number, full=True)))


@pytest.mark.parametrize("name", regular())
def test_what_conformance_creates_the_schema_takes(name: str) -> None:
    driver = Driver(name, None, Ledger())
    schema = input_schema(driver.noun.verbs["create"])
    Browser(schema).validate(on_the_wire(driver.request(1, full=True)))


def test_a_union_has_one_member() -> None:
    schema = input_schema(OPERATIONS["CreateTrainingJob"])
    wrong: list[Any] = [{}, {"a": 1}]
    unions = [each for each in nodes(schema) if each.get("maxProperties") == 1]
    assert all(list(Browser(each).iter_errors(value)) for each in unions for value in wrong)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from nodes(each)
