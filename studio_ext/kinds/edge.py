"""Edge: fleets of devices."""

from __future__ import annotations

from typing import Any

from ..store import Resource
from .kind import Record


class DeviceFleet(Record):
    """Devices that share a role and a place for their output."""

    noun = "DeviceFleet"

    def derived(self, resource: Resource) -> dict[str, Any]:
        if resource.body.get("EnableIotRoleAlias"):
            return {"IotRoleAlias": f"SageMakerEdge-{resource.name}"}
        return {}
