"""What there is to list and to make, and what forms are made from."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .. import __version__, awsmodel
from ..algorithms.algorithm import Algorithm
from ..algorithms.catalogue import ALGORITHMS
from ..algorithms.hyperparameters import Hyperparameter
from ..errors import AwsError
from ..identity.keys import ACCOUNT
from ..kinds import console
from ..kinds.instances import instance
from ..wire.jsonschema import input_schema
from . import forms

REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "ap-northeast-2", "ap-northeast-1", "ap-southeast-1",
    "eu-central-1", "eu-west-1",
)  # fmt: skip
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"  # any region's means the same here


class UnknownForm(AwsError):
    """Nothing is made by an operation of that name."""

    code, status = "ResourceNotFound", 404


@cache
def console_model() -> dict[str, Any]:
    """The kinds that are built, and the sections that they are shown in."""
    return {
        "version": __version__,
        "account": ACCOUNT,
        "regions": REGIONS,
        "sections": console.sections(),
        "kinds": console.kinds(),
    }


def form(operation: str) -> dict[str, Any]:
    """The JSON Schema of a Create request, hints for its form, and what that begins with.

    Raises:
        UnknownForm: no kind that is built is made by ``operation``.
    """
    made = {kind["operations"].get("create", "") for kind in console.kinds().values()}
    if operation not in made:
        raise UnknownForm(
            f"operation {operation[:80]!r}: expected one of {', '.join(sorted(made - {''}))}",
        )
    schema = input_schema(awsmodel.load("sagemaker").operations[operation])
    return {
        "operation": operation,
        "schema": schema,
        "ui": forms.hints(schema),
        "initial": forms.initial(operation, schema["properties"]),
    }


@cache
def catalogue() -> dict[str, Any]:
    """What can be picked in forms: algorithms with their hyperparameters, instance types."""
    types = [(name, instance(name)) for name in forms.INSTANCE_TYPES]
    return {
        "algorithms": [_algorithm(each) for each in ALGORITHMS],
        "instanceTypes": [
            {"name": name, "cores": size.cores, "memory": size.memory} for name, size in types
        ],
    }


def _algorithm(found: Algorithm) -> dict[str, Any]:
    return {
        "name": found.name,
        "words": found.title,
        "image": f"{REGISTRY}/{found.images[0]}:{_tag(found)}",
        "contentTypes": found.channels[0].content_types,
        "channels": [{"name": each.name, "required": each.required} for each in found.channels],
        "hyperparameters": [_hyperparameter(each) for each in found.hyperparameters],
        "metrics": [metric.name for metric in found.metrics],
    }


def _hyperparameter(found: Hyperparameter) -> dict[str, Any]:
    bounds = {"min": found.interval.low, "max": found.interval.high}
    told = {
        "name": found.name,
        "type": str(found.kind),
        "default": found.default,
        "enum": [*found.choices, *found.words] or None,
        "required": found.required,
        "help": found.help,
        **{name: value for name, value in bounds.items() if abs(value) != float("inf")},
    }
    return {name: value for name, value in told.items() if value is not None}


def _tag(found: Algorithm) -> str:
    """A tag that the algorithm is known by."""
    return next(tag for tag in ("3.0-5", "1.7-1", "1", "latest") if re.fullmatch(found.tags, tag))
