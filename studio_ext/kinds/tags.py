"""Tags: on any resource with an ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ResourceLimitExceeded, ValidationException
from ..store import Reader, Resource, Store, Transaction
from .caller import Caller, Operation

LIMIT = 50  # tags of one resource


def parse(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags as the API writes them, as a mapping.

    Raises:
        ValidationException: a key twice, or one of AWS's own.
    """
    found: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key in found:
            raise ValidationException(f"Tag key '{key}' is given twice; expected each key once")
        if key.lower().startswith("aws:"):
            raise ValidationException(f"Tag key '{key}' starts with aws:, which is reserved")
        found[key] = tag["Value"]
    if len(found) > LIMIT:
        raise ResourceLimitExceeded(f"{len(found)} tags; a resource has at most {LIMIT}")
    return found


def written(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping of tags as the API writes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Tags:
    """AddTags, ListTags and DeleteTags."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> dict[str, Operation]:
        return {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.remove}

    def add(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        new = parse(params["Tags"])
        with self._store.write() as transaction:
            resource = _find(transaction, params["ResourceArn"], caller)
            tags = {**transaction.tags(resource.arn), **new}
            if len(tags) > LIMIT:
                raise ResourceLimitExceeded(
                    f"{resource.arn} would have {len(tags)} tags; a resource has at most {LIMIT}"
                )
            transaction.set_tags(resource.arn, new)
        return {"Tags": written(tags)}

    def list(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self._store.read() as reader:
            tags = reader.tags(_find(reader, params["ResourceArn"], caller).arn)
        # A resource has 50 tags at most and the smallest page is 50, so there is one page.
        return {"Tags": written(tags)}

    def remove(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        with self._store.write() as transaction:
            resource = _find(transaction, params["ResourceArn"], caller)
            transaction.remove_tags(resource.arn, params["TagKeys"])
        return {}


def _find(reader: Reader | Transaction, arn: str, caller: Caller) -> Resource:
    resource = reader.by_arn(arn)
    if resource is None or resource.region != caller.region:
        raise ValidationException(f"Could not find a resource with ARN '{arn}' in {caller.region}")
    return resource
