"""What SageMaker's clients call beside SageMaker: sts, iam, logs, cloudwatch and metrics."""

from __future__ import annotations

from ..identity.keys import Keys
from ..identity.roles import Roles
from ..store import Store
from ..wire.service import Service
from .cloudwatch import CloudWatch
from .iam import Iam
from .journals import Journals
from .logs import Logs
from .metrics import Metrics
from .sts import Sts

__all__ = ["CloudWatch", "Iam", "Journals", "Logs", "Metrics", "Sts", "services"]


def services(store: Store, keys: Keys) -> list[Service]:
    """The neighbours of one home."""
    roles, journals = Roles(store), Journals(store)
    return [
        Sts(keys, roles),
        Iam(roles),
        Logs(journals),
        CloudWatch(journals),
        Metrics(journals),
    ]
