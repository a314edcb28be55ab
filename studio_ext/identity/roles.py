"""IAM roles as rows. There is one account and everything is allowed; roles are names to work under.

What AWS's clients check of a role holds: its ARN, its trust policy, its attached policies.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import AwsError
from ..store import Query, Reader, Resource, Store, Transaction
from .keys import ACCOUNT, DEFAULT_ROLE

KIND = "Role"
REGION = "aws-global"  # IAM has no regions

_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_PATH = re.compile(r"/|/[\x21-\x7e]+/")

SAGEMAKER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


class NoSuchEntity(AwsError):
    code, status = "NoSuchEntity", 404


class EntityAlreadyExists(AwsError):
    code, status = "EntityAlreadyExists", 409


class DeleteConflict(AwsError):
    code, status = "DeleteConflict", 409


class MalformedPolicy(AwsError):
    code, status = "MalformedPolicyDocument", 400


class InvalidInput(AwsError):
    code, status = "InvalidInput", 400


@dataclass(frozen=True, slots=True)
class Role:
    """A role.

    Attributes:
        trust: who may take it, a JSON document.
        created: epoch seconds.
        longest: seconds of a session.
        attached: ARNs of managed policies.
        inline: JSON documents by name.
    """

    name: str
    role_id: str
    trust: str
    path: str = "/"
    created: float = 0.0
    description: str = ""
    longest: int = 3600
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role{self.path}{self.name}"


class Roles:
    """The roles of one home. The default role is there from the start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as reader:
            missing = reader.get(KIND, REGION, DEFAULT_ROLE) is None
        if missing:
            self.create(
                Role(
                    DEFAULT_ROLE,
                    _new_id(),
                    json.dumps(SAGEMAKER_TRUST),
                    description="What Studio's jobs work under",
                    longest=43200,
                    attached=(FULL_ACCESS,),
                )
            )

    def create(self, role: Role) -> Role:
        """Raises EntityAlreadyExists, InvalidInput, MalformedPolicy."""
        _check_name(role.name)
        if not _PATH.fullmatch(role.path):
            raise InvalidInput(f"Path {role.path!r}: expected '/', or '/name/'")
        check_document(role.trust)
        with self._store.write() as transaction:
            if transaction.get(KIND, REGION, role.name) is not None:
                raise EntityAlreadyExists(f"Role with name {role.name} already exists.")
            resource = transaction.insert(
                KIND, REGION, role.name, name=role.name, arn=role.arn, body=_body(role)
            )
        return _role(resource)

    def get(self, name: str) -> Role:
        """Raises NoSuchEntity."""
        with self._store.read() as reader:
            return _role(_find(reader, name))

    def all(self, prefix: str = "/") -> list[Role]:
        """Roles whose path begins with ``prefix``, by name."""
        found: list[Role] = []
        query = Query(KIND, REGION, order="name", descending=False, limit=1000)
        with self._store.read() as reader:
            page = reader.page(query)
            found += map(_role, page.rows)
            while page.next is not None:
                query = replace(query, after=page.next)
                page = reader.page(query)
                found += map(_role, page.rows)
        return [role for role in found if role.path.startswith(prefix)]

    def delete(self, name: str) -> None:
        """Raises NoSuchEntity, DeleteConflict."""
        with self._store.write() as transaction:
            resource = _find(transaction, name)
            role = _role(resource)
            if name == DEFAULT_ROLE:
                raise DeleteConflict(f"Role {name} is Studio's own; it cannot be deleted.")
            if role.attached or role.inline:
                raise DeleteConflict(
                    f"Cannot delete role {name}: it has policies; detach them first with: "
                    f"aws iam detach-role-policy --role-name {name} --policy-arn …"
                )
            transaction.delete(resource)

    @contextmanager
    def changing(self, name: str) -> Iterator[_Change]:
        """One role to change; kept at the end of the block.

        Raises:
            NoSuchEntity: there is none.
        """
        with self._store.write() as transaction:
            resource = _find(transaction, name)
            change = _Change(_role(resource))
            yield change
            transaction.update(resource, body=_body(change.role))


@dataclass(slots=True)
class _Change:
    role: Role

    def set(self, **values: Any) -> None:
        self.role = replace(self.role, **values)


def check_document(text: str) -> str:
    """Returns a policy document when it is JSON with statements.

    Raises:
        MalformedPolicy: says what is wrong.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPolicy(f"the policy document is no JSON: {error}") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise MalformedPolicy("the policy document has no Statement")
    return text


def new_role(name: str, trust: str, **values: Any) -> Role:
    """A role with an id of its own, not yet kept."""
    return Role(name, _new_id(), trust, **values)


def _new_id() -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "AROA" + "".join(secrets.choice(letters) for _ in range(17))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"RoleName {name!r}: expected 1 to 64 letters, digits or any of +=,.@_-")


def _find(reader: Reader | Transaction, name: str) -> Resource:
    resource = reader.get(KIND, REGION, name)
    if resource is None:
        raise NoSuchEntity(
            f"The role with name {name} cannot be found; make it with: aws iam create-role"
        )
    return resource


def _body(role: Role) -> dict[str, Any]:
    return {
        "role_id": role.role_id, "trust": role.trust, "path": role.path,
        "description": role.description, "longest": role.longest,
        "attached": list(role.attached), "inline": role.inline, "tags": role.tags,
    }  # fmt: skip


def _role(resource: Resource) -> Role:
    body = dict(resource.body)
    body["attached"] = tuple(body["attached"])
    return Role(name=resource.name, created=resource.created, **body)
