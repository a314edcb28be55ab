"""Errors of the wire itself, by the names AWS gives them."""

from __future__ import annotations

from ..errors import AwsError


class SerializationException(AwsError):
    """The body is not what the protocol says, or a value has the wrong type."""

    code, status = "SerializationException", 400


class RequestTooLarge(AwsError):
    code, status = "RequestEntityTooLargeException", 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The request body is larger than {limit} bytes; put large data in S3 "
            "and name its URI instead"
        )


class MissingToken(AwsError):
    code, status = "MissingAuthenticationTokenException", 403

    def __init__(self) -> None:
        super().__init__(
            "Missing Authentication Token: the request is not signed; "
            'to sign with Studio\'s keys run: eval "$(studio env)"'
        )


class IncompleteSignature(AwsError):
    code, status = "IncompleteSignatureException", 400


class UnrecognizedClient(AwsError):
    code, status = "UnrecognizedClientException", 403

    def __init__(self, access_key: str) -> None:
        super().__init__(
            f"The security token included in the request is invalid: access key {access_key!r} "
            'is unknown here; to use Studio\'s keys run: eval "$(studio env)"'
        )


class InvalidSignature(AwsError):
    code, status = "InvalidSignatureException", 403


class MethodNotAllowed(AwsError):
    code, status = "MethodNotAllowedException", 405
