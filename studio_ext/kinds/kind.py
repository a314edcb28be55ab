"""The frame of every noun: create, describe, list, update and delete on rows of the store.

A noun of the API is a short class: its name, and what differs from the rule. What the rule
needs to know of a noun (ids, ARN, status, filters, orders) the service model tells.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..awsmodel import Shape
from ..errors import (
    AwsError,
    ConflictException,
    ResourceInUse,
    ResourceNotFound,
    ValidationException,
)
from ..store import Page, Query, Reader, Resource, Store, Transaction
from ..store.store import Exists
from . import tags as tagging
from .caller import Caller, Operation, signature
from .listing import Listing, stamps, token
from .noun import Noun, noun


class Kind:
    """One noun of SageMaker's API.

    A subclass sets ``noun`` and overrides the hooks whose rule does not hold for it. Every verb
    that the API has for the noun and that the class has a method for is served: ``create``,
    ``describe``, ``list``, ``update``, ``delete`` here; ``stop`` and ``start`` where a subclass
    has them. Rows hold the request's fields, without tags, in ``body``.

    Attributes:
        noun: the name, as in ``Create<noun>``.
        paths: filters and sort values of the List operation that their names do not explain,
            to a column of the store or a dotted path into the body.
        allowed: by verb, the statuses in which it is allowed; a verb that is missing always is.

    Args:
        store: where rows are kept.
        clock: epoch seconds.
    """

    noun: ClassVar[str]
    paths: ClassVar[Mapping[str, str]] = {}
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {}

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.clock = clock
        self.model: Noun = noun(self.noun)
        if self.model.list:
            self.listing = Listing(self.model, self.model.list, self.paths)
        self._stamps: dict[int, dict[str, str]] = {}

    def operations(self) -> dict[str, Operation]:
        """What this kind answers, by the API's names."""
        return {
            operation.name: getattr(self, verb)
            for verb, operation in self.model.verbs.items()
            if hasattr(self, verb)
        }

    # -- hooks ------------------------------------------------------------------------------

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse a Create that fits the model but makes no sense.

        Raises:
            ValidationException: names the field, its value and what was expected.
        """

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The body of a new row: the request without its tags, and defaults.

        Args:
            now: epoch seconds.
        """
        return {name: value for name, value in params.items() if name != "Tags"}

    def status(self, body: Mapping[str, Any]) -> str:
        """The status of a row with that body: by rule the one that the client gave, if any."""
        return str(body.get(self.model.status) or "") if self.model.status else ""

    def name(self, body: Mapping[str, Any]) -> str:
        """What lists sort and filter by."""
        return str(body.get(self.model.title, ""))

    def make_id(self, field: str, body: Mapping[str, Any]) -> str:
        """A value for an id that the server makes."""
        return secrets.token_hex(6)

    def arn(self, key: str, caller: Caller) -> str:
        """The ARN of the resource with that key."""
        place = f"{caller.region}:{caller.account}"
        return f"arn:aws:sagemaker:{place}:{self.model.token}/{key}"

    def created(self, transaction: Transaction, resource: Resource) -> None:
        """What else a Create changes, or why it cannot be, in its transaction."""

    def changed(
        self, transaction: Transaction, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The body after an Update: given fields replace, ``<Field>ToRemove`` removes entries."""
        body = dict(resource.body)
        removals = {name for name in params if name.endswith("ToRemove")}
        for name in params.keys() - removals - set(self.model.ids):
            body[name] = params[name]
        for name in removals:
            field = name.removesuffix("ToRemove")
            if isinstance(body.get(field), dict):
                body[field] = {k: v for k, v in body[field].items() if k not in params[name]}
        return body

    def narrow(self, reader: Reader, query: Query, params: Mapping[str, Any]) -> Query | None:
        """A list's query, narrowed by filters that are about other rows; None: nothing fits."""
        return query

    def in_use(self, reader: Reader, resource: Resource) -> str:
        """Why a resource cannot be deleted: who refers to it, in words; ``""`` when nobody."""
        return ""

    def deleted(self, transaction: Transaction, resource: Resource) -> None:
        """What else a Delete changes, in its transaction."""

    def derived(self, resource: Resource) -> dict[str, Any]:
        """Fields of Describe that follow from the row, beyond ids, ARN, status and times."""
        return {}

    def summary(self, resource: Resource) -> dict[str, Any]:
        """Fields of a row in a list; what the summary does not know is dropped on the way out."""
        listed = self.model.list
        return self.fields(resource, listed.summary if listed else self.model.fields)

    # -- verbs ------------------------------------------------------------------------------

    def create(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self.check(params)
        body = self.initial(params, self.clock())
        if "CreatedBy" in self.model.fields.members:
            body["CreatedBy"] = signature(caller)
        tags = tagging.parse(params.get("Tags", ()))
        key = self.key(body)
        arn = self.arn(key, caller)
        with self.store.write() as transaction:
            try:
                resource = transaction.insert(
                    self.noun, caller.region, key,
                    name=self.name(body), arn=arn, body=body,
                    status=self.status(body), tags=tags,
                )  # fmt: skip
            except Exists:
                raise self.exists(arn, caller) from None
            self.created(transaction, resource)
        return self.answer(resource, "create")

    def describe(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.read() as reader:
            resource = self.find(reader, params, caller, "describe")
        return self.answer(resource, "describe")

    def list(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        listing = self.listing
        query = listing.query(params, self.noun, caller.region)
        with self.store.read() as reader:
            narrowed = self.narrow(reader, query, params)
            page = reader.page(narrowed) if narrowed else Page()
        found = [self.summary(resource) for resource in page.rows]
        return {listing.model.key: found, "NextToken": token(page.next)}

    def update(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.write() as transaction:
            resource = self.find(transaction, params, caller, "update")
            self.guard(resource, "update")
            body = self.changed(transaction, resource, params)
            if "LastModifiedBy" in self.model.fields.members:
                body["LastModifiedBy"] = signature(caller)
            status = self.status(body) or resource.status
            resource = transaction.update(resource, body=body, status=status)
        return self.answer(resource, "update")

    def delete(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self.store.write() as transaction:
            resource = self.find(transaction, params, caller, "delete")
            self.guard(resource, "delete")
            reason = self.in_use(transaction, resource)
            if reason:
                known = "ResourceInUse" in self.model.verbs["delete"].errors
                refusal = ResourceInUse if known else ValidationException
                raise refusal(f"Cannot delete {self.model.words} '{resource.key}': {reason}")
            transaction.delete(resource)
            self.deleted(transaction, resource)
        return self.answer(resource, "delete")

    # -- parts of verbs ---------------------------------------------------------------------

    def key(self, body: dict[str, Any]) -> str:
        """The key of a row with that body; ids that the server makes are filled in.

        An id that is an ARN is not part of the body: its key is what the server made.
        """
        parts = []
        for field in self.model.ids:
            if field.endswith("Arn") and field == self.model.arn:
                parts.append(self.make_id(field, body))
                continue
            if field not in body:
                body[field] = self.make_id(field, body)
            parts.append(str(body[field]))
        return "/".join(parts)

    def find(
        self, reader: Reader, params: Mapping[str, Any], caller: Caller, verb: str
    ) -> Resource:
        """The resource that a request names, by name or, where the API takes one, ARN.

        Raises:
            ResourceNotFound, ValidationException: there is none; whichever the model lists for
                the operation, because clients and waiters match on it.
        """
        values = [str(params.get(field, "")) for field in self.model.ids]
        arn = params.get(self.model.arn) or (values[0] if len(values) == 1 else "")
        if arn.startswith("arn:"):
            resource = reader.by_arn(arn)
            if resource and (resource.kind, resource.region) != (self.noun, caller.region):
                resource = None
        else:
            resource = reader.get(self.noun, caller.region, "/".join(values))
        if resource is None:
            raise self.missing(arn or "/".join(values), caller, verb)
        return resource

    def missing(self, key: str, caller: Caller, verb: str) -> AwsError:
        """The error for a resource that is not there."""
        arn = key if key.startswith("arn:") else self.arn(key, caller)
        known = "ResourceNotFound" in self.model.verbs[verb].errors
        error = ResourceNotFound if known else ValidationException
        return error(f'Could not find {self.model.words} "{arn}".')

    def exists(self, arn: str, caller: Caller) -> AwsError:
        """The error for a name that is taken. Clients match on both phrases of its message."""
        errors = self.model.verbs["create"].errors
        message = (
            f'Cannot create already existing {self.model.words} "{arn}": '
            f"it already exists in {caller.region}; choose another name or delete it first"
        )
        for error in (ResourceInUse, ConflictException):
            if error.code in errors:
                return error(message)
        return ValidationException(message)

    def guard(self, resource: Resource, verb: str) -> None:
        """Refuse a verb that the resource's status does not allow.

        Raises:
            ValidationException: names the status and those that allow it.
        """
        allowed = self.allowed.get(verb)
        if allowed is not None and resource.status not in allowed:
            raise ValidationException(
                f"Cannot {verb} {self.model.words} '{resource.key}' in status "
                f"{resource.status}; expected status {' or '.join(sorted(allowed))}"
            )

    def fields(self, resource: Resource, shape: Shape) -> dict[str, Any]:
        """What is known of a row, under the names that ``shape`` has for it."""
        times = self._stamps.get(id(shape))
        if times is None:
            times = self._stamps[id(shape)] = stamps(shape.members)
        found: dict[str, Any] = {name: getattr(resource, at) for name, at in times.items()}
        found |= resource.body
        found |= self.derived(resource)
        if self.model.arn:
            found[self.model.arn] = resource.arn
        if self.model.status and resource.status:
            found[self.model.status] = resource.status
        return found

    def answer(self, resource: Resource, verb: str) -> dict[str, Any]:
        """The output of a verb: the row's fields, nested where the API nests them."""
        fields = self.fields(resource, self.model.fields)
        output = self.model.verbs[verb].output
        if self.model.nested and output and self.model.nested in output.members:
            return {self.model.nested: fields}
        return fields


class Record(Kind):
    """A noun that is only kept: what a client writes is what it reads."""
