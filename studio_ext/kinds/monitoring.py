"""Monitoring: what to check of an endpoint's data, quality, bias and explanations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..store import Resource
from .kind import Record


class JobDefinition(Record):
    """One of the four definitions; they differ in name only.

    Attributes:
        source: the member of the request that says which data to check.
    """

    source: ClassVar[str]

    def summary(self, resource: Resource) -> dict[str, Any]:
        endpoint = resource.body[self.source].get("EndpointInput", {})
        return {
            "MonitoringJobDefinitionName": resource.name,
            "MonitoringJobDefinitionArn": resource.arn,
            "CreationTime": resource.created,
            "EndpointName": endpoint.get("EndpointName", ""),
        }


class DataQualityJobDefinition(JobDefinition):
    noun, source = "DataQualityJobDefinition", "DataQualityJobInput"
    paths: ClassVar[Mapping[str, str]] = {
        "EndpointName": "DataQualityJobInput.EndpointInput.EndpointName"
    }


class ModelQualityJobDefinition(JobDefinition):
    noun, source = "ModelQualityJobDefinition", "ModelQualityJobInput"
    paths: ClassVar[Mapping[str, str]] = {
        "EndpointName": "ModelQualityJobInput.EndpointInput.EndpointName"
    }


class ModelBiasJobDefinition(JobDefinition):
    noun, source = "ModelBiasJobDefinition", "ModelBiasJobInput"
    paths: ClassVar[Mapping[str, str]] = {
        "EndpointName": "ModelBiasJobInput.EndpointInput.EndpointName"
    }


class ModelExplainabilityJobDefinition(JobDefinition):
    noun, source = "ModelExplainabilityJobDefinition", "ModelExplainabilityJobInput"
    paths: ClassVar[Mapping[str, str]] = {
        "EndpointName": "ModelExplainabilityJobInput.EndpointInput.EndpointName"
    }
