"""Lineage: actions, artifacts and contexts, and what led to what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import AwsError, ResourceNotFound, ValidationException
from ..store import Condition, Query, Reader, Resource, Store
from ..store.store import Exists
from .caller import Caller, Operation, signature
from .kind import Record
from .listing import Listing, token
from .noun import list_model, noun

EDGE = "Association"  # rows keyed source|destination, named by their source's ARN


class Entity(Record):
    """A point of the graph. It cannot go while an association holds it."""

    paths: ClassVar[Mapping[str, str]] = {"SourceUri": "Source.SourceUri"}

    def in_use(self, reader: Reader, resource: Resource) -> str:
        for field in ("name", "DestinationArn"):
            touches = Condition(field, "eq", resource.arn)
            edges = reader.page(Query(EDGE, resource.region, (touches,), limit=1)).rows
            if edges:
                body = edges[0].body
                return (
                    f"{body['SourceArn']} is associated with {body['DestinationArn']}; "
                    "delete the association first"
                )
        return ""


class Action(Entity):
    """Something done: a training, a deployment."""

    noun = "Action"


class Context(Entity):
    """Something that groups others: an endpoint, a project."""

    noun = "Context"


class Artifact(Entity):
    """Something addressed by a URI: a data set, a model. One source is one artifact."""

    noun = "Artifact"

    def make_id(self, field: str, body: Mapping[str, Any]) -> str:
        return source_id(body["Source"])

    def find(
        self, reader: Reader, params: Mapping[str, Any], caller: Caller, verb: str
    ) -> Resource:
        if verb == "delete" and ("ArtifactArn" in params) == ("Source" in params):
            raise ValidationException("expected either ArtifactArn or Source")
        if "Source" in params:
            arn = self.arn(source_id(params["Source"]), caller)
            return super().find(reader, {"ArtifactArn": arn}, caller, verb)
        return super().find(reader, params, caller, verb)


def source_id(source: Mapping[str, Any]) -> str:
    """The id of the artifact with that source: the same for the same URI and source types."""
    types = sorted((one["SourceIdType"], one["Value"]) for one in source.get("SourceTypes", ()))
    return hashlib.md5(
        json.dumps([source["SourceUri"], types]).encode(), usedforsecurity=False
    ).hexdigest()


class Associations:
    """AddAssociation, DeleteAssociation and ListAssociations."""

    # What a point of the graph is called in an association, by its noun.
    _types: ClassVar[Mapping[str, str]] = {
        "Action": "ActionType",
        "Artifact": "ArtifactType",
        "Context": "ContextType",
    }

    def __init__(self, store: Store) -> None:
        self._store = store
        model = noun("Action").verbs["list"].sibling("ListAssociations")
        self._model = list_model(model)
        paths = {
            "SourceArn": "name", "DestinationArn": "DestinationArn", "SourceType": "SourceType",
            "DestinationType": "DestinationType", "AssociationType": "AssociationType",
        }  # fmt: skip
        self._listing = Listing(noun("Action"), self._model, paths)

    def operations(self) -> dict[str, Operation]:
        return {
            "AddAssociation": self.add,
            "DeleteAssociation": self.remove,
            "ListAssociations": self.list,
        }

    def add(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        source, destination = params["SourceArn"], params["DestinationArn"]
        if source == destination:
            raise ValidationException(f"'{source}' cannot be associated with itself")
        with self._store.write() as transaction:
            body = {"AssociationType": "AssociatedWith", **params, "CreatedBy": signature(caller)}
            for end, arn in (("Source", source), ("Destination", destination)):
                entity = transaction.by_arn(arn)
                if entity is None or entity.region != caller.region:
                    raise _missing(f"{end}Arn '{arn}'")
                body[f"{end}Name"] = entity.name
                body[f"{end}Type"] = entity.body.get(self._types.get(entity.kind, ""), entity.kind)
            try:
                transaction.insert(
                    EDGE, caller.region, f"{source}|{destination}", name=source, arn="", body=body
                )
            except Exists:
                raise ValidationException(
                    f"'{source}' is already associated with '{destination}'"
                ) from None
        return {"SourceArn": source, "DestinationArn": destination}

    def remove(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        source, destination = params["SourceArn"], params["DestinationArn"]
        with self._store.write() as transaction:
            edge = transaction.get(EDGE, caller.region, f"{source}|{destination}")
            if edge is None:
                raise _missing(f"an association of '{source}' with '{destination}'")
            transaction.delete(edge)
        return {"SourceArn": source, "DestinationArn": destination}

    def list(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        query = self._listing.query(params, EDGE, caller.region)
        with self._store.read() as reader:
            page = reader.page(query)
        found = [{**edge.body, "CreationTime": edge.created} for edge in page.rows]
        return {self._model.key: found, "NextToken": token(page.next)}


def _missing(what: str) -> AwsError:
    return ResourceNotFound(f"Could not find {what}")
