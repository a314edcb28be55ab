"""The variables that point AWS clients at Studio, for shells and for jobs.

Source of names and precedence: botocore's configuration ("AWS SDKs and Tools Reference Guide").
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import StudioError
from .keys import Credential

DEFAULT_REGION = "us-east-1"

Shell = Literal["sh", "fish", "powershell", "dotenv", "json"]
SHELLS: tuple[Shell, ...] = ("sh", "fish", "powershell", "dotenv", "json")

# What a shell may hold of another account, and what would win over ours or be mixed with it.
_IN_THE_WAY = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_SERVICE_URLS = "AWS_ENDPOINT_URL_"
_LOCAL = ("127.0.0.1", "localhost", "::1")

SITE = Path(__file__).parent / "site"
"""Goes on a job's ``PYTHONPATH``; see :mod:`studio_ext.identity.site.sitecustomize`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a Studio answers.

    Attributes:
        url: ``http://127.0.0.1:port``; one for all services. An address, not a name: with a name
            clients would put the bucket into the host.
        region: the default one.
        tls_port: where it answers on ``https://localhost``, ``None`` when it does not.
        bundle: certificate authorities to trust there.
        models: folder of the ``endpoints.json`` that leads the sagemaker SDK to that port.
        sdk_settings: the sagemaker SDK's settings file that keeps it from phoning home.
    """

    url: str
    region: str = DEFAULT_REGION
    tls_port: int | None = None
    bundle: Path | None = None
    models: Path | None = None
    sdk_settings: Path | None = None


def client_environment(
    endpoint: Endpoint, credential: Credential, *, base: Mapping[str, str] = os.environ
) -> dict[str, str | None]:
    """Variables for boto3, the AWS CLI, s3fs and pandas; ``None`` for one to be removed.

    Args:
        base: the environment that they are added to.
    """
    values: dict[str, str | None] = dict.fromkeys(_IN_THE_WAY)
    values |= dict.fromkeys(name for name in base if name.startswith(_SERVICE_URLS))
    values |= {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": credential.access_key,
        "AWS_SECRET_ACCESS_KEY": credential.secret_key,
        "AWS_DEFAULT_REGION": endpoint.region,
        "AWS_REGION": endpoint.region,
        # Without it a client that finds no key asks the network of a cloud machine, and waits.
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if credential.session_token is not None:
        values["AWS_SESSION_TOKEN"] = credential.session_token
    return values | _past_proxies(base)


def sdk_environment(endpoint: Endpoint) -> dict[str, str | None]:
    """Further variables for the sagemaker SDK, which insists on https for STS."""
    values: dict[str, str | None] = {}
    if endpoint.bundle is not None:
        values["AWS_CA_BUNDLE"] = str(endpoint.bundle)
    if endpoint.sdk_settings is not None:
        values["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(endpoint.sdk_settings)
    return values


def job_environment(
    endpoint: Endpoint, credential: Credential, *, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The whole environment of a job: ``base``, pointed at Studio with the job's own key.

    The sagemaker SDK works in it without a file in the job's home: :data:`SITE` makes botocore
    look for ``endpoints.json`` in ``endpoint.models``.
    """
    values = client_environment(endpoint, credential, base=base) | sdk_environment(endpoint)
    if endpoint.models is not None:
        values["STUDIO_AWS_MODELS"] = str(endpoint.models)
        path = [str(SITE), *filter(None, base.get("PYTHONPATH", "").split(os.pathsep))]
        values["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
    kept = {name: value for name, value in base.items() if name not in values}
    return kept | {name: value for name, value in values.items() if value is not None}


def render(values: Mapping[str, str | None], shell: Shell) -> str:
    """The variables as text that the shell, or a tool, reads.

    Raises:
        StudioError: no such shell.
    """
    given = {name: value for name, value in values.items() if value is not None}
    gone = [name for name, value in values.items() if value is None]
    match shell:
        case "sh":
            lines = [f"unset {name}" for name in gone]
            lines += [f"export {name}={shlex.quote(value)}" for name, value in given.items()]
        case "fish":
            lines = [f"set -e {name}" for name in gone]
            lines += [f"set -gx {name} {_fish(value)}" for name, value in given.items()]
        case "powershell":
            lines = [f"Remove-Item Env:{name} -ErrorAction SilentlyContinue" for name in gone]
            lines += [f"$Env:{name} = {_powershell(value)}" for name, value in given.items()]
        case "dotenv":
            lines = [f"{name}={value}" for name, value in given.items()]
        case "json":
            return json.dumps(given, indent=2) + "\n"
        case _:
            raise StudioError(f"shell {shell!r}: expected one of {', '.join(SHELLS)}")
    return "".join(f"{line}\n" for line in lines)


def _past_proxies(base: Mapping[str, str]) -> dict[str, str | None]:
    """Where a proxy is configured, clients must not ask it for this machine."""
    names = ("http_proxy", "https_proxy", "all_proxy")
    if not any(base.get(name) or base.get(name.upper()) for name in names):
        return {}
    values: dict[str, str | None] = {}
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in base.get(name, "").split(",") if host.strip()]
        values[name] = ",".join(dict.fromkeys((*hosts, *_LOCAL)))
    return values


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
