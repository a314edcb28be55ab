"""What a create form begins with, and which of its fields are picked instead of typed."""

from __future__ import annotations

import time
from typing import Any

from ..identity.keys import ACCOUNT, DEFAULT_ROLE
from ..kinds.noun import noun

Json = dict[str, Any]

ROLE = f"arn:aws:iam::{ACCOUNT}:role/{DEFAULT_ROLE}"
INSTANCE_TYPES = (
    "ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge", "ml.c5.xlarge",
    "ml.c5.2xlarge", "ml.r5.large", "ml.r5.xlarge", "ml.r5.2xlarge",
)  # fmt: skip

_TRAINING: Json = {
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
_BEGINNINGS: dict[str, Json] = {"TrainingJob": _TRAINING}

# How fields are picked, by what their names end with; names that end so and are not, are named.
_PICKED = {
    "S3Uri": "s3uri", "S3OutputPath": "s3uri", "S3OutputLocation": "s3uri", "ModelDataUrl": "s3uri",
    "RoleArn": "role", "TrainingImage": "image", "InstanceType": "instance-type",
}  # fmt: skip
_LONG = ("Description", "Content", "ScriptContent")


def initial(create: str, properties: Json) -> Json:
    """The request that the form of ``Create…`` begins with: what has one sensible value."""
    name = create.removeprefix("Create")
    found = dict(_BEGINNINGS.get(name, {}))
    model = noun(name)
    if model.title in properties:
        found[model.title] = f"{model.token}-{time.strftime('%Y%m%d-%H%M%S')}"
    found |= {field: ROLE for field in properties if field in ("RoleArn", "ExecutionRoleArn")}
    if "OutputDataConfig" in properties and name == "TrainingJob":
        found["OutputDataConfig"] = {"S3OutputPath": f"s3://sagemaker-us-east-1-{ACCOUNT}/output"}
    return found


def hints(schema: Json) -> Json:
    """The form's uiSchema: the order of fields, pickers, text areas.

    ``studio`` names a picker (``s3uri``, ``role``, ``image``, ``instance-type``).
    """
    found: Json = {}
    properties = schema.get("properties", {})
    if properties:
        required = [name for name in properties if name in schema.get("required", ())]
        found["ui:order"] = [*required, "*"]
    for name, member in properties.items():
        hint = _hint(name, member)
        if hint:
            found[name] = hint
    return found


def _hint(name: str, schema: Json) -> Json:
    if schema.get("type") == "object":
        return hints(schema)
    if schema.get("type") == "array":
        inner = _hint(name, schema["items"])
        return {"items": inner} if inner else {}
    if schema.get("type") != "string":
        return {}
    picker = next((kind for end, kind in _PICKED.items() if name.endswith(end)), None)
    if picker:
        return {"studio": picker}
    if name.endswith(_LONG) and schema.get("maxLength", 0) > 200:
        return {"ui:widget": "textarea"}
    return {}
