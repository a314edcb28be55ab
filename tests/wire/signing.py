"""Signatures by botocore, for requests that boto3 would not send."""

from __future__ import annotations

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ..serving import KEY, REGION, Key


def signed(
    url: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    method: str = "POST",
    key: Key = KEY,
    service: str = "sagemaker",
    presigned: bool = False,
) -> dict[str, str]:
    """The headers of a signed request; of a presigned one its URL, under ``url``."""
    request = AWSRequest(method, url, data=body, headers=headers or {})
    credentials = Credentials(key.access_key, key.secret_key, key.session_token)
    if presigned:
        SigV4QueryAuth(credentials, service, REGION).add_auth(request)
        return {"url": request.url}
    SigV4Auth(credentials, service, REGION).add_auth(request)
    return dict(request.headers.items())
