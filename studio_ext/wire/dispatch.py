"""From a verified request to an answer: find the operation, validate, call, project, encode."""

from __future__ import annotations

import inspect
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import awsmodel
from ..awsmodel import Model, OperationModel
from ..errors import AwsError, UnknownOperation
from . import paging
from .project import Projector
from .protocols import CborCodec, Codec, JsonCodec, QueryCodec, RestCodec, query, rest, rpc
from .service import Audit, Caller, Head, Operation, Response, Service
from .validate import Validator

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Served:
    model: Model
    operations: dict[str, Operation]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes."""

    service: str
    codec: Codec
    operation: OperationModel
    call: Operation
    token: str | None  # the member with its page token


class Dispatcher:
    """Answers requests for a set of services.

    Args:
        services: a signing scope may name several, told apart by target or path.
        audit: told of each answered operation: caller, service, operation, and ``OK`` or the
            error's code.
        token_key: seals page tokens; a new one makes old tokens invalid.
    """

    def __init__(
        self, services: Iterable[Service], audit: Audit, token_key: bytes | None = None
    ) -> None:
        self._scopes: dict[str, list[_Served]] = {}
        for service in services:
            served = _Served(awsmodel.load(service.name), dict(service.operations()))
            self._scopes.setdefault(served.model.signing_name, []).append(served)
        self._audit = audit
        self._sealer = paging.Sealer(token_key or secrets.token_bytes(32))
        self._validator, self._projector = Validator(), Projector()
        self._json = {version: JsonCodec(version) for version in ("1.0", "1.1")}
        self._routes: dict[tuple[str, str, str], Route] = {}

    async def respond(self, caller: Caller, scope: str, head: Head, body: bytes) -> Response:
        """The answer to a request whose signature was verified. Never raises."""
        request_id = new_request_id()
        codec = codec_of(head)
        service, name = scope, _asked(head)
        try:
            route = self._route(scope, head, body)
            codec, name, service = route.codec, route.operation.name, route.service
            response = await self._answer(route, caller, head, body, request_id)
            outcome = "OK"
        except AwsError as error:
            response, outcome = codec.fault(error, request_id), error.code
        except Exception:
            log.exception("%s %s failed; request id %s", service, name, request_id)
            failure = AwsError(
                f"Studio failed on this request; its log says why under request id {request_id}"
            )
            response, outcome = codec.fault(failure, request_id), failure.code
        self._audit(caller, service, name, outcome)
        return with_id(response, request_id)

    async def _answer(
        self, route: Route, caller: Caller, head: Head, body: bytes, request_id: str
    ) -> Response:
        operation = route.operation
        params: Any = route.codec.parse(operation, head, body)
        if operation.input is not None:
            params = self._validator.clean(operation.input, params)
        else:
            params = {}
        context = f"{route.service}:{operation.name}:{caller.region}"
        filters = params
        if route.token is not None and route.token in params:
            position = self._sealer.open(params[route.token], context, params)
            params = {**params, route.token: position}
        found = route.call(params, caller)
        if inspect.isawaitable(found):
            found = await found
        output: dict[str, Any] = {}
        if operation.output is not None:
            output = self._projector.project(operation.output, found or {})
            if route.token is not None and route.token in output:
                output[route.token] = self._sealer.seal(str(output[route.token]), context, filters)
        return route.codec.answer(operation, output, request_id)

    def _route(self, scope: str, head: Head, body: bytes) -> Route:
        served = self._scopes.get(scope)
        if served is None:
            known = ", ".join(sorted(self._scopes))
            raise UnknownOperation(f"service {scope!r} is not served here; expected: {known}")
        if head.headers.get("smithy-protocol") == rpc.NAME:
            _, _, rest_of_path = head.path.partition("/service/")
            prefix, _, name = rest_of_path.partition("/operation/")
            return self._named(served, scope, rpc.NAME, prefix, name)
        target = head.headers.get("x-amz-target")
        if target is not None:
            prefix, _, name = target.rpartition(".")
            return self._named(served, scope, _json_version(head), prefix, name)
        if _is_form(head) or head.query.startswith("Action=") or "&Action=" in head.query:
            fields = dict(query.form(head.query) + (query.form(body) if _is_form(head) else []))
            return self._named(served, scope, "query", None, fields.get("Action", ""))
        for one in served:
            if "rest-json" in one.model.protocols:
                operation = rest.find(one.model, head.method, head.path)
                if operation is not None:
                    return self._built(one, operation, RestCodec())
        raise UnknownOperation(
            f"{head.method} {head.path[:200]} is no operation of {scope}; expected X-Amz-Target, "
            "an Action or the path of an operation"
        )

    def _named(
        self, served: list[_Served], scope: str, protocol: str, prefix: str | None, name: str
    ) -> Route:
        """The route of a protocol that names its operation. Few of them, so remembered."""
        key = (scope, protocol, f"{prefix}.{name}")
        route = self._routes.get(key)
        if route is None:
            for one in served:
                if prefix is not None and one.model.target_prefix != prefix:
                    continue
                if prefix is None and "query" not in one.model.protocols:
                    continue
                if name in one.model.operations:
                    codec = self._codec(protocol, one.model)
                    route = self._built(one, one.model.operations[name], codec)
                    self._routes[key] = route
                    return route
            asked = f"{prefix}.{name}" if prefix else name
            raise UnknownOperation(f"{scope} has no operation {asked[:200]!r}")
        return route

    def _codec(self, protocol: str, model: Model) -> Codec:
        if protocol == "query":
            return QueryCodec(str(model.metadata.get("xmlNamespace", "")))
        return CborCodec() if protocol == rpc.NAME else self._json[protocol]

    def _built(self, served: _Served, operation: OperationModel, codec: Codec) -> Route:
        call = served.operations.get(operation.name)
        if call is None:
            raise UnknownOperation(
                f"{operation.name} of {served.model.name} is not built in this version of Studio"
            )
        token = paging.token_name(operation)
        return Route(served.model.name, codec, operation, call, token)


def codec_of(head: Head) -> Codec:
    """The codec to answer errors with when the operation is not known."""
    if head.headers.get("smithy-protocol") == rpc.NAME:
        return CborCodec()
    if "x-amz-target" in head.headers:
        return JsonCodec(_json_version(head))
    return QueryCodec("") if _is_form(head) else RestCodec()


def with_id(response: Response, request_id: str) -> Response:
    headers = {**response.headers, "x-amzn-RequestId": request_id}
    return Response(response.status, headers, response.body)


def new_request_id() -> str:
    raw = secrets.token_hex(16)
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _asked(head: Head) -> str:
    """What a request that leads nowhere asked for, as far as one can tell without its body."""
    return head.headers.get("x-amz-target", head.path).rpartition(".")[2][:80] or "Unknown"


def _json_version(head: Head) -> str:
    return "1.0" if head.headers.get("content-type", "").endswith("json-1.0") else "1.1"


def _is_form(head: Head) -> bool:
    return head.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
