"""``studio/model``: what there is to list and to make, and the forms for it.

Without an argument: the kinds that are built and the sections they are shown in. With
``operation=Create…``: the JSON Schema of that request and what its form begins with. With
``algorithms=1``: what can be picked in forms.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache
from typing import Any
from xml.etree import ElementTree

from jupyter_server.auth.decorator import authorized
from tornado import web

from .. import __version__, awsmodel
from ..algorithms.algorithm import Algorithm
from ..algorithms.catalogue import ALGORITHMS
from ..algorithms.hyperparameters import Hyperparameter
from ..identity.keys import ACCOUNT
from ..kinds import console
from ..kinds.instances import instance
from ..wire.jsonschema import input_schema
from . import forms
from .base import StudioAPIHandler, reaching

REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "ap-northeast-2", "ap-northeast-1", "ap-southeast-1",
    "eu-central-1", "eu-west-1",
)  # fmt: skip
REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"  # any region's means the same here


class ModelHandler(StudioAPIHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        operation = self.get_query_argument("operation", None)
        if operation is not None:
            self.send(await asyncio.to_thread(_form, operation))
        elif self.get_query_argument("algorithms", None):
            found = await asyncio.to_thread(_catalogue)
            self.send({**found, "roles": await self._roles()})
        else:
            self.send(await asyncio.to_thread(_model))

    async def _roles(self) -> list[str]:
        """ARNs of the roles that there are."""
        with reaching():
            answer = await self.upstream.ask(
                "POST",
                "/",
                service="iam",
                headers={
                    "content-type": "application/x-www-form-urlencoded",
                    "accept": "application/json",
                },
                body=b"Action=ListRoles&Version=2010-05-08",
            )
        return _role_arns(answer.body) or [forms.ROLE]


def _role_arns(body: bytes) -> list[str]:
    try:
        found = ElementTree.fromstring(body).iter()
    except ElementTree.ParseError:
        return []
    return [each.text or "" for each in found if each.tag.rpartition("}")[2] == "Arn"]


@cache
def _model() -> dict[str, Any]:
    return {
        "version": __version__,
        "account": ACCOUNT,
        "regions": REGIONS,
        "sections": console.sections(),
        "kinds": console.kinds(),
    }


def _form(operation: str) -> dict[str, Any]:
    made = {kind["operations"].get("create", "") for kind in console.kinds().values()}
    if operation not in made:
        raise web.HTTPError(
            404,
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
def _catalogue() -> dict[str, Any]:
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
