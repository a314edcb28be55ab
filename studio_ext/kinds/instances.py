"""What an instance type stands for, so that a demand made in AWS's words can be met here.

Sources: AWS's pages on EC2 instance types. A vCPU is a hyperthread, half a core.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

GIB = 1 << 30

_SIZES = {"medium": 2, "large": 2, "xlarge": 4}
_NAME = re.compile(r"ml\.(?P<family>[a-z0-9-]+)\.(?P<size>(?P<times>\d+)?xlarge|large|medium)")

# GiB per vCPU by the family's letters; accelerated families have their own.
_GIB_PER_VCPU = {"c": 2, "m": 4, "t": 4, "r": 8, "x": 16, "g": 4, "inf": 2, "trn": 8, "p": 8}


@dataclass(frozen=True, slots=True)
class Instance:
    """Virtual CPUs, and memory in bytes."""

    vcpus: int
    memory: int

    @property
    def cores(self) -> int:
        return max(1, math.ceil(self.vcpus / 2))


def instance(name: str) -> Instance:
    """The size of ``ml.m5.xlarge`` and its like.

    Raises:
        ValueError: the name is not of that form.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"instance type {name!r}: expected one like ml.m5.large")
    vcpus = int(found["times"]) * 4 if found["times"] else _SIZES[found["size"]]
    letters = re.match(r"[a-z]+", found["family"])
    per_vcpu = _GIB_PER_VCPU.get(letters[0] if letters else "m", 4)
    return Instance(vcpus, vcpus * per_vcpu * GIB)
