"""Access keys: one pair of the home's own, and temporary ones that end with their job.

Temporary credentials are kept nowhere. The session token carries what they are for, signed with
the home's master secret, and key and secret are derived from the token; so a daemon that restarts
knows the credentials of jobs that are still running.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import getpass
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import StudioError

ACCOUNT = "123456789012"
DEFAULT_ROLE = "StudioExecutionRole"
MAX_LIFETIME = 36 * 3600.0
"""Seconds; the longest session that AWS gives."""

_FILE = "keys.json"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client signs with, and who it then is."""

    access_key: str
    secret_key: str
    session_token: str | None
    arn: str


class Keys:
    """The keys of one home.

    Args:
        folder: ``$STUDIO_HOME/identity``; made with mode 0700 when absent.
        alive: whether an attempt, by its id, still runs; credentials of others are refused.
        clock: epoch seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        alive: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = _load_or_make(folder / _FILE)
        self._master = bytes.fromhex(kept["master"])
        self._alive = alive
        self._clock = clock
        self.root = Credential(
            kept["access_key"],
            kept["secret_key"],
            None,
            session_arn(DEFAULT_ROLE, session_name(_user())),
        )

    def temporary(
        self,
        *,
        role: str = DEFAULT_ROLE,
        session: str,
        attempt: str | None = None,
        lifetime: float = MAX_LIFETIME,
    ) -> Credential:
        """Credentials that end after ``lifetime`` seconds, and earlier with their attempt.

        Args:
            role: name of the role.
            session: name of the session, as it appears in the ARN; other characters become ``-``.
            attempt: id of the job's attempt that they belong to.
        """
        claims = {
            "role": role,
            "session": session_name(session),
            "expires": self._clock() + lifetime,
            "nonce": secrets.token_hex(4),
        }
        if attempt is not None:
            claims["attempt"] = attempt
        payload = json.dumps(claims, separators=(",", ":"), sort_keys=True).encode()
        return self._issue(payload)

    def lookup(self, access_key: str, session_token: str | None = None) -> Credential | None:
        """The credential of an access key; ``None`` when unknown, expired, or its job has ended."""
        if not session_token:
            if hmac.compare_digest(access_key.encode(), self.root.access_key.encode()):
                return self.root
            return None
        payload = self._payload(session_token)
        if payload is None:
            return None
        credential = self._issue(payload)
        if not hmac.compare_digest(access_key.encode(), credential.access_key.encode()):
            return None
        claims = json.loads(payload)
        if claims["expires"] <= self._clock():
            return None
        attempt = claims.get("attempt")
        if attempt is not None and self._alive is not None and not self._alive(attempt):
            return None
        return credential

    def expires(self, session_token: str) -> float | None:
        """Epoch seconds at which a session of ours ends; ``None`` when it is not ours."""
        payload = self._payload(session_token)
        return None if payload is None else float(json.loads(payload)["expires"])

    def derived(self, purpose: str) -> bytes:
        """A secret of this home for another purpose, the same at every start."""
        return self._hmac(b"derived", purpose.encode())

    def _issue(self, payload: bytes) -> Credential:
        claims = json.loads(payload)
        token = base64.urlsafe_b64encode(self._hmac(b"token", payload) + payload).decode()
        access = base64.b32encode(self._hmac(b"access", payload)).decode()[:16]
        secret = base64.b64encode(self._hmac(b"secret", payload)).decode()[:40]
        return Credential(
            f"ASIA{access}", secret, token, session_arn(claims["role"], claims["session"])
        )

    def _payload(self, token: str) -> bytes | None:
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signature, payload = raw[:32], raw[32:]
        return payload if hmac.compare_digest(signature, self._hmac(b"token", payload)) else None

    def _hmac(self, purpose: bytes, payload: bytes) -> bytes:
        return hmac.digest(self._master, purpose + b"\0" + payload, hashlib.sha256)


def session_arn(role: str, session: str) -> str:
    """The ARN of who has taken a role; SageMaker's clients accept no plain user."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"


def session_name(text: str) -> str:
    """Text as a session name: 2 to 64 of the characters that STS allows."""
    name = re.sub(r"[^A-Za-z0-9+=,.@_-]", "-", text)[:64]
    return name if len(name) > 1 else f"{name}-session"


def _load_or_make(path: Path) -> dict[str, str]:
    """Reads the file, or makes it; of two processes that make it at once, one wins for both."""
    if not path.exists():
        fresh = {
            "access_key": "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode(),
            "secret_key": base64.b64encode(secrets.token_bytes(30)).decode(),
            "master": secrets.token_hex(32),
        }
        descriptor, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(fresh, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(name, path)  # unlike a rename, never replaces the winner's
        finally:
            os.unlink(name)
    try:
        kept = json.loads(path.read_text())
        return {name: str(kept[name]) for name in ("access_key", "secret_key", "master")}
    except (ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path} holds no keys ({error}); to make new ones: rm {path}") from None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return f"uid-{os.getuid()}"
