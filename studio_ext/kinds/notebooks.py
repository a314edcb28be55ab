"""Notebooks: lifecycle configurations of instances and Studio, images, Git repositories."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import ValidationException
from ..store import Resource, Transaction
from .kind import Record


def check_script(content: str, field: str) -> None:
    """Refuse a script that is not base64.

    Raises:
        ValidationException: names the field.
    """
    try:
        b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise ValidationException(
            f"{field} is '{content[:40]}'; expected the script encoded in base64 "
            "(base64 -w0 script.sh)"
        ) from None


class NotebookInstanceLifecycleConfig(Record):
    """Shell scripts for a notebook instance's creation and starts."""

    noun = "NotebookInstanceLifecycleConfig"

    def check(self, params: Mapping[str, Any]) -> None:
        for field in ("OnCreate", "OnStart"):
            for hook in params.get(field, ()):
                if "Content" in hook:
                    check_script(hook["Content"], f"{field}.Content")

    def changed(
        self, transaction: Transaction, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        self.check(params)
        return super().changed(transaction, resource, params)


class StudioLifecycleConfig(Record):
    """A shell script that an app runs when it starts."""

    noun = "StudioLifecycleConfig"
    paths: ClassVar[Mapping[str, str]] = {"AppTypeEquals": "StudioLifecycleConfigAppType"}

    def check(self, params: Mapping[str, Any]) -> None:
        check_script(params["StudioLifecycleConfigContent"], "StudioLifecycleConfigContent")


class AppImageConfig(Record):
    """How an image runs as an app: kernels, user, home."""

    noun = "AppImageConfig"


class CodeRepository(Record):
    """A Git repository that notebooks can open."""

    noun = "CodeRepository"

    def changed(
        self, transaction: Transaction, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        git = {**resource.body["GitConfig"], **params.get("GitConfig", {})}
        return {**resource.body, "GitConfig": git}
