"""Governance: model cards and their versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import ValidationException
from ..store import Condition, Query, Reader, Resource, Transaction
from .caller import Caller, Operation
from .kind import Record
from .listing import Listing, token
from .noun import list_model

VERSION = "ModelCardVersion"  # rows of past and present versions, keyed card/number


class ModelCard(Record):
    """A model's documentation. Each change of its content is a new version; all are kept."""

    noun = "ModelCard"

    def operations(self) -> dict[str, Operation]:
        return {**super().operations(), "ListModelCardVersions": self.versions}

    def check(self, params: Mapping[str, Any]) -> None:
        check_content(params["Content"])
        if params.get("SecurityConfig", {}).get("KmsKeyId"):
            raise ValidationException(
                f"SecurityConfig.KmsKeyId is '{params['SecurityConfig']['KmsKeyId']}'; Studio "
                "does not encrypt model cards with keys of yours, leave SecurityConfig out"
            )

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        return {**super().initial(params, now), "ModelCardVersion": 1}

    def created(self, transaction: Transaction, resource: Resource) -> None:
        _keep(transaction, resource)

    def changed(
        self, transaction: Transaction, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        body = super().changed(transaction, resource, params)
        if "Content" not in params:
            version = transaction.get(VERSION, resource.region, _version_key(resource.body))
            if version is not None:
                transaction.update(version, body=body, status=self.status(body))
            return body
        if "ModelCardStatus" in params:
            raise ValidationException(
                "Content and ModelCardStatus are both given; expected one of them in one update"
            )
        if resource.status == "Archived":
            raise ValidationException(
                f"Model card '{resource.name}' is Archived; change its status before its content"
            )
        check_content(params["Content"])
        body["ModelCardVersion"] = resource.body["ModelCardVersion"] + 1
        _keep(transaction, resource, body)
        return body

    def deleted(self, transaction: Transaction, resource: Resource) -> None:
        while rows := transaction.page(_versions_of(resource)).rows:
            for row in rows:
                transaction.delete(row)

    def describe(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.read() as reader:
            resource = self.find(reader, params, caller, "describe")
            asked = params.get("ModelCardVersion")
            if asked is not None:
                resource = self._version(reader, resource, asked, caller)
        fields = self.answer(resource, "describe")
        if params.get("IncludedData") == "MetadataOnly":
            fields["Content"] = ""
        return fields

    def versions(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """ListModelCardVersions."""
        model = list_model(self.model.verbs["list"].sibling("ListModelCardVersions"))
        listing = Listing(self.model, model, {"ModelCardName": "", "Version": "created"})
        with self.store.read() as reader:
            card = self.find(reader, params, caller, "describe")
            of_it = Condition("name", "eq", card.name)
            page = reader.page(listing.query(params, VERSION, caller.region).matching(of_it))
        found = [{**self.fields(row, model.summary), "ModelCardArn": card.arn} for row in page.rows]
        return {model.key: found, "NextToken": token(page.next)}

    def _version(self, reader: Reader, card: Resource, asked: int, caller: Caller) -> Resource:
        found = reader.get(VERSION, caller.region, f"{card.name}/{asked}")
        if found is None:
            raise self.missing(f"{card.key}/version/{asked}", caller, "describe")
        return found


def check_content(content: str) -> None:
    """Refuse what is no model card.

    Raises:
        ValidationException: not a JSON object.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValidationException(f"Content is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValidationException(f"Content is '{content[:40]}'; expected a JSON object")


def _keep(transaction: Transaction, card: Resource, body: Mapping[str, Any] | None = None) -> None:
    """Record the version that ``body``, or the card itself, is."""
    body = card.body if body is None else body
    key = _version_key(body)
    transaction.insert(
        VERSION, card.region, key,
        name=card.name, arn=card.arn + f"/version/{body['ModelCardVersion']}",
        body=body, status=str(body["ModelCardStatus"]),
    )  # fmt: skip


def _version_key(body: Mapping[str, Any]) -> str:
    return f"{body['ModelCardName']}/{body['ModelCardVersion']}"


def _versions_of(card: Resource) -> Query:
    return Query(VERSION, card.region, (Condition("name", "eq", card.name),), limit=500)
