"""Inference: models, endpoint configurations and the workloads to benchmark them with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ValidationException
from ..store import Resource, Transaction
from .caller import Caller
from .kind import Record
from .tags import written


class Model(Record):
    """One container, or an inference pipeline of up to fifteen."""

    noun = "Model"

    def check(self, params: Mapping[str, Any]) -> None:
        if ("PrimaryContainer" in params) == ("Containers" in params):
            raise ValidationException(
                f"Model '{params['ModelName']}' must have either PrimaryContainer or Containers"
            )
        for container in containers(params):
            if "Image" not in container and "ModelPackageName" not in container:
                raise ValidationException(
                    f"A container of model '{params['ModelName']}' has neither Image nor "
                    "ModelPackageName; expected one of them"
                )


def containers(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The containers of a model, whichever way it gives them."""
    if "PrimaryContainer" in model:
        return [model["PrimaryContainer"]]
    return list(model.get("Containers", ()))


class EndpointConfig(Record):
    """Which models an endpoint serves, on what."""

    noun = "EndpointConfig"

    def check(self, params: Mapping[str, Any]) -> None:
        names: set[str] = set()
        for variant in variants(params):
            name = variant["VariantName"]
            if name in names:
                raise ValidationException(
                    f"VariantName '{name}' is given twice; expected a name of its own per variant"
                )
            names.add(name)
            if "ServerlessConfig" in variant and "InstanceType" in variant:
                raise ValidationException(
                    f"Variant '{name}' has ServerlessConfig and InstanceType; expected one of them"
                )

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        body = super().initial(params, now)
        for field in ("ProductionVariants", "ShadowProductionVariants"):
            if field in body:
                body[field] = [{"InitialVariantWeight": 1.0, **one} for one in body[field]]
        return body

    def created(self, transaction: Transaction, resource: Resource) -> None:
        for variant in variants(resource.body):
            model = variant.get("ModelName")
            if model and transaction.get("Model", resource.region, model) is None:
                raise ValidationException(
                    f"Could not find model '{model}' of variant '{variant['VariantName']}' "
                    f"in {resource.region}"
                )


def variants(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The variants of an endpoint configuration, production first."""
    yield from config["ProductionVariants"]
    yield from config.get("ShadowProductionVariants", ())


class AIWorkloadConfig(Record):
    """A workload to benchmark endpoints with. Describe shows its tags too."""

    noun = "AIWorkloadConfig"

    def describe(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.read() as reader:
            resource = self.find(reader, params, caller, "describe")
            tags = reader.tags(resource.arn)
        return {**self.answer(resource, "describe"), "Tags": written(tags)}
