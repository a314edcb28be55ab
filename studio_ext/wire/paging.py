"""Page tokens: sealed, so that a client can neither read nor move nor make one.

A token is bound to its operation, caller's region and filters: with other filters its place in
the list would mean nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from ..awsmodel import OperationModel
from ..errors import ValidationException

NAMES = ("NextToken", "nextToken", "Marker")
SIZES = frozenset({"MaxResults", "maxResults", "MaxItems", "limit", *NAMES})
_SEAL = 16


def token_name(operation: OperationModel) -> str | None:
    """The member that carries an operation's page token both ways, if it has one."""
    if operation.input is None or operation.output is None:
        return None
    for name in NAMES:
        if name in operation.input.members and name in operation.output.members:
            return name
    return None


class Sealer:
    """Seals positions into tokens.

    Args:
        key: secret; tokens live as long as it does.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, position: str, context: str, params: Mapping[str, Any]) -> str:
        body = position.encode()
        return base64.urlsafe_b64encode(self._mark(body, context, params) + body).decode()

    def open(self, token: str, context: str, params: Mapping[str, Any]) -> str:
        """The position sealed in ``token``.

        Raises:
            ValidationException: not a token of ours, or one of another list.
        """
        try:
            raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
            mark, body = raw[:_SEAL], raw[_SEAL:]
            if hmac.compare_digest(mark, self._mark(body, context, params)):
                return body.decode()
        except (binascii.Error, ValueError):
            pass
        shown = token if len(token) <= 60 else token[:57] + "..."
        raise ValidationException(
            f"Invalid NextToken '{shown}': expected a token of an earlier page of the same list; "
            "list again from the start"
        )

    def _mark(self, body: bytes, context: str, params: Mapping[str, Any]) -> bytes:
        filters = {k: v for k, v in params.items() if k not in SIZES}
        bound = json.dumps([context, filters], sort_keys=True, default=repr).encode()
        digest = hmac.new(self._key, bound + b"\0" + body, hashlib.sha256).digest()
        return digest[:_SEAL]
