"""A client of one noun: requests from the model, answers checked against it."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from botocore import xform_name

from studio_ext.awsmodel import OperationModel, Shape
from studio_ext.kinds.noun import Noun, noun
from studio_ext.kinds.registry import RECORDS

from .conftest import Ledger
from .samples import sample

SCRIPT = base64.b64encode(b"#!/bin/sh\n").decode()
BUILT = {kind.noun for kind in RECORDS}
COGNITO = {"UserPool": "us-east-1_abcdefghi", "ClientId": "abcdefghi"}


class Driver:
    """Drives one noun.

    Args:
        name: the noun.
        client: boto3's.
        ledger: told of every answer.
    """

    def __init__(self, name: str, client: Any, ledger: Ledger) -> None:
        self.noun: Noun = noun(name)
        self.name, self.client, self.ledger = name, client, ledger
        self._made: list[dict[str, Any]] = []
        ledger.kinds.add(name)

    def request(self, number: int, *, full: bool = False) -> dict[str, Any]:
        """A Create that differs by ``number``, with what only prose says about the noun."""
        model = self.noun.verbs["create"].input
        assert model is not None
        params: dict[str, Any] = sample(model, number, full=full)
        more = getattr(self, f"_{self.name}", None)
        return params | more(number) if more else params

    def create(self, number: int, *, full: bool = False) -> dict[str, Any]:
        for parent, params in self.parents(number):
            if params not in self._made:
                Driver(parent, self.client, self.ledger).call("create", params)
                self._made.append(params)
        return self.call("create", self.request(number, full=full))

    def parents(self, number: int) -> list[tuple[str, dict[str, Any]]]:
        """What has to be there first."""
        experiment = {"ExperimentName": f"parent-{number}"}
        return {
            "EndpointConfig": [("Model", {"ModelName": "parent", **self._Model(1)})],
            "Trial": [("Experiment", experiment)],
        }.get(self.name, [])

    def call(self, verb: str, params: dict[str, Any]) -> dict[str, Any]:
        answer = self.operate(self.noun.verbs[verb], params)
        self.ledger.note(verb, self.noun.verbs[verb].name)
        return answer

    def operate(self, operation: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
        """Call any operation; its required outputs must be there."""
        answer = getattr(self.client, xform_name(operation.name))(**_dated(params))
        answer.pop("ResponseMetadata")
        if operation.output is not None:
            lost = missing(operation.output, answer)
            if self.name not in BUILT:  # only a kind that is built knows what is further down
                lost = [path for path in lost if path.count(".") == 1]
            assert not lost, f"{operation.name} lacks {lost}"
        return answer

    def ids(self, created: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        return {field: request.get(field, created.get(field)) for field in self.noun.ids}

    def describe(self, ids: dict[str, Any]) -> dict[str, Any]:
        answer = self.call("describe", ids)
        return answer[self.noun.nested] if self.noun.nested else answer

    # -- what the model does not say ----------------------------------------------------------

    def _Model(self, number: int) -> dict[str, Any]:
        return {"PrimaryContainer": {"Image": "image:1"}}

    def _EndpointConfig(self, number: int) -> dict[str, Any]:
        variant = {"VariantName": "one", "ModelName": "parent", "InstanceType": "ml.m5.large"}
        return {"ProductionVariants": [{**variant, "InitialInstanceCount": 1}]}

    def _ClusterExtension(self, number: int) -> dict[str, Any]:
        return {"ClusterArn": "arn:aws:sagemaker:us-east-1:123456789012:cluster/000000000001"}

    def _ModelPackage(self, number: int) -> dict[str, Any]:
        return {"ModelPackageName": f"sample-{number}"}

    def _ModelCard(self, number: int) -> dict[str, Any]:
        return {"Content": '{"model_overview": {}}'}

    def _StudioLifecycleConfig(self, number: int) -> dict[str, Any]:
        return {"StudioLifecycleConfigContent": SCRIPT}

    def _Workforce(self, number: int) -> dict[str, Any]:
        return {"CognitoConfig": COGNITO}

    def _Workteam(self, number: int) -> dict[str, Any]:
        members = {"CognitoMemberDefinition": {**COGNITO, "UserGroup": "a"}}
        return {"MemberDefinitions": [members], "Description": "team"} | _none("WorkforceName")

    def _Trial(self, number: int) -> dict[str, Any]:
        return {"ExperimentName": f"parent-{number}"}

    def _Artifact(self, number: int) -> dict[str, Any]:
        return {"Source": {"SourceUri": f"s3://bucket/{number}"}, "ArtifactType": "DataSet"}

    def _Action(self, number: int) -> dict[str, Any]:
        return {"Source": {"SourceUri": f"s3://bucket/{number}"}}

    _Context = _Action


def _none(name: str) -> dict[str, Any]:
    return {name: None}


def _dated(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def missing(shape: Shape, answer: Any, path: str = "") -> list[str]:
    """Required members that an answer lacks, anywhere in it."""
    lost: list[str] = []
    if shape.type == "structure" and isinstance(answer, dict):
        lost = [f"{path}.{name}" for name in shape.required if name not in answer]
        for name, value in answer.items():
            if name in shape.members:
                lost += missing(shape.members[name], value, f"{path}.{name}")
    elif shape.type == "list" and isinstance(answer, list):
        for one in answer:
            lost += missing(shape.item, one, f"{path}[]")
    return lost


def seconds(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value
