"""Forms know the rules of every request."""

from __future__ import annotations

import re

import jsonschema
import pytest

from studio_ext import awsmodel
from studio_ext.wire.jsonschema import input_schema

OPERATIONS = awsmodel.load("sagemaker").operations


@pytest.mark.parametrize("name", [n for n in OPERATIONS if n.startswith(("Create", "Update"))])
def test_every_request_has_a_valid_schema(name: str) -> None:
    schema = input_schema(OPERATIONS[name])
    jsonschema.Draft7Validator.check_schema(schema)
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
    jsonschema.Draft7Validator.check_schema(schema)
    nested = {"SubExpressions": [{"SubExpressions": [{"Operator": "And"}]}]}
    validator = jsonschema.Draft7Validator(schema)
    validator.validate({"Resource": "TrainingJob", "SearchExpression": nested})
    nested["SubExpressions"][0]["SubExpressions"][0]["Operator"] = "Xor"
    assert list(validator.iter_errors({"Resource": "TrainingJob", "SearchExpression": nested}))
