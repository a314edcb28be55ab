"""What stands on either side of the wire: who calls, and what is called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Answer = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request.

    Attributes:
        access_key: the id of the key that signed.
        arn: the identity behind it.
        account: twelve digits.
        region: from the credential scope of the signature.
    """

    access_key: str
    arn: str
    account: str
    region: str


class Credential(Protocol):
    """A key as ``credentials(access_key, session_token)`` finds it."""

    @property
    def access_key(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def session_token(self) -> str | None: ...
    @property
    def arn(self) -> str: ...


Credentials = Callable[[str, str | None], Credential | None]
Operation = Callable[[dict[str, Any], Caller], Answer | Awaitable[Answer]]
Audit = Callable[[Caller, str, str, str], object]


class Service(Protocol):
    """One AWS service, by the operations it answers.

    An operation gets parameters that fit the service's model (timestamps as epoch seconds,
    blobs as bytes, nulls dropped) and returns fields of its output; what the model does not
    know of them is dropped. It raises ``AwsError``. A ``NextToken`` it returns comes back to it
    as it was, after a journey to the client as an opaque, sealed token.
    """

    @property
    def name(self) -> str:
        """botocore's name of the service, such as ``sagemaker`` or ``logs``."""
        ...

    def operations(self) -> Mapping[str, Operation]:
        """What is built; every other operation answers ``UnknownOperationException``."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """A request before its body.

    Attributes:
        method: in capitals.
        path: as sent, still percent-encoded.
        query: as sent, without the question mark.
        headers: names in lower case; values of a repeated header joined by commas.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
