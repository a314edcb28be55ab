"""Ground Truth: the people who label, in a workforce and its teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ValidationException
from ..store import Condition, Query, Reader, Resource, Transaction
from .kind import Record


class Workforce(Record):
    """A region's one private workforce, signed in by Cognito or another identity provider."""

    noun = "Workforce"

    def check(self, params: Mapping[str, Any]) -> None:
        if ("CognitoConfig" in params) == ("OidcConfig" in params):
            raise ValidationException(
                f"Workforce '{params['WorkforceName']}' must have either CognitoConfig or "
                "OidcConfig"
            )

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        return {"SourceIpConfig": {"Cidrs": []}, **super().initial(params, now)}

    def status(self, body: Mapping[str, Any]) -> str:
        return "Active"

    def created(self, transaction: Transaction, resource: Resource) -> None:
        if transaction.count(Query(self.noun, resource.region)) > 1:
            raise ValidationException(
                f"Cannot create workforce '{resource.name}': {resource.region} has a private "
                "workforce already, and a region has one; delete it first"
            )

    def in_use(self, reader: Reader, resource: Resource) -> str:
        of_it = Condition("WorkforceName", "eq", resource.name)
        teams = reader.page(Query("Workteam", resource.region, (of_it,), limit=1)).rows
        return f"work team '{teams[0].name}' belongs to it" if teams else ""


class Workteam(Record):
    """A team of the workforce."""

    noun = "Workteam"

    def created(self, transaction: Transaction, resource: Resource) -> None:
        name = resource.body.get("WorkforceName")
        if name and transaction.get("Workforce", resource.region, name) is None:
            raise ValidationException(
                f"Could not find workforce '{name}' of work team '{resource.name}'"
            )

    def derived(self, resource: Resource) -> dict[str, Any]:
        name = resource.body.get("WorkforceName")
        if not name:
            return {}
        return {"WorkforceArn": resource.arn.rpartition(":")[0] + f":workforce/{name}"}

    def answer(self, resource: Resource, verb: str) -> dict[str, Any]:
        return {"Success": True} if verb == "delete" else super().answer(resource, verb)
