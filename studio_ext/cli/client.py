"""boto3 clients of this home's daemon, which is started when there is none."""

from __future__ import annotations

from typing import Any

from ..home import Home
from ..identity.environment import Endpoint
from ..identity.keys import Credential, Keys
from ..launch import ensure


class Api:
    """The clients of one home.

    Attributes:
        daemon: what the daemon says of itself.
    """

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home.current()
        self.daemon = ensure(self.home)
        self.credential: Credential = Keys(self.home.identity).root
        self.endpoint = endpoint(self.home, self.daemon)
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint.url,
                aws_access_key_id=self.credential.access_key,
                aws_secret_access_key=self.credential.secret_key,
                region_name=self.endpoint.region,
                config=Config(retries={"max_attempts": 8, "mode": "standard"}),
            )
        return self._clients[service]


def endpoint(home: Home, daemon: dict[str, Any]) -> Endpoint:
    """Where a daemon answers."""
    identity = home.identity
    return Endpoint(
        daemon["url"],
        tls_port=daemon["tls_port"],
        bundle=identity / "bundle.pem",
        models=identity / "models",
        sdk_settings=identity / "sagemaker-sdk.yaml",
    )


def words(error: Exception) -> str:
    """An error of ours or of botocore's in one line."""
    found: dict[str, str] = getattr(error, "response", {}).get("Error", {})
    text = f"{found['Code']}: {found['Message']}" if found else str(error)
    return " ".join(text.split("\n"))
