"""STS: who the caller is, and credentials of a session."""

from __future__ import annotations

import re
from typing import Any

from ..errors import AccessDenied, ValidationException
from ..identity.keys import ACCOUNT, DEFAULT_ROLE, Credential, Keys, session_arn
from ..identity.roles import NoSuchEntity, Roles
from ..wire.service import Caller, Operation

_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role(?:/[\x21-\x7e]*)?/([\w+=,.@-]{1,64})")
_SESSION_SECONDS = 3600
_TOKEN_SECONDS = 43200


class Sts:
    """The operations that SageMaker's clients use."""

    name = "sts"

    def __init__(self, keys: Keys, roles: Roles) -> None:
        self._keys = keys
        self._roles = roles

    def operations(self) -> dict[str, Operation]:
        return {
            "GetCallerIdentity": self.get_caller_identity,
            "AssumeRole": self.assume_role,
            "GetSessionToken": self.get_session_token,
        }

    def get_caller_identity(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        role, session = caller.arn.split("/")[-2:]
        return {"Account": ACCOUNT, "Arn": caller.arn, "UserId": f"{self._id(role)}:{session}"}

    def assume_role(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        match = _ROLE.fullmatch(params["RoleArn"])
        if match is None or match[1] != ACCOUNT:
            raise AccessDenied(
                f"{caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                f"{params['RoleArn']}; expected a role of account {ACCOUNT}, see: "
                "aws iam list-roles",
                code="AccessDenied",
            )
        try:
            role = self._roles.get(match[2])
        except NoSuchEntity:
            raise AccessDenied(
                f"{caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                f"{params['RoleArn']}: there is no such role, see: aws iam list-roles",
                code="AccessDenied",
            ) from None
        seconds = params.get("DurationSeconds", _SESSION_SECONDS)
        if seconds > role.longest:
            raise ValidationException(
                f"DurationSeconds {seconds} exceeds the MaxSessionDuration {role.longest} "
                f"set for role {role.name}"
            )
        name = params["RoleSessionName"]
        made = self._keys.temporary(role=role.name, session=name, lifetime=seconds)
        return {
            "Credentials": self._shown(made),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.role_id}:{name}",
                "Arn": session_arn(role.name, name),
            },
            "PackedPolicySize": 0,
        }

    def get_session_token(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if caller.access_key.startswith("ASIA"):
            raise AccessDenied(
                "GetSessionToken cannot be called with session credentials", code="AccessDenied"
            )
        seconds = params.get("DurationSeconds", _TOKEN_SECONDS)
        session = caller.arn.rpartition("/")[2]
        made = self._keys.temporary(role=DEFAULT_ROLE, session=session, lifetime=seconds)
        return {"Credentials": self._shown(made)}

    def _shown(self, made: Credential) -> dict[str, Any]:
        assert made.session_token is not None
        return {
            "AccessKeyId": made.access_key,
            "SecretAccessKey": made.secret_key,
            "SessionToken": made.session_token,
            "Expiration": self._keys.expires(made.session_token),
        }

    def _id(self, role: str) -> str:
        try:
            return self._roles.get(role).role_id
        except NoSuchEntity:  # deleted while a session of it goes on
            return "AROA" + "0" * 17
