"""What an instance type asks of this machine."""

from __future__ import annotations

import pytest

from studio_ext import awsmodel
from studio_ext.kinds.instances import GIB, instance


@pytest.mark.parametrize(
    ("name", "vcpus", "cores", "gib"),
    [
        ("ml.m5.large", 2, 1, 8),
        ("ml.m5.xlarge", 4, 2, 16),
        ("ml.c5.9xlarge", 36, 18, 72),
        ("ml.r5.2xlarge", 8, 4, 64),
        ("ml.t3.medium", 2, 1, 8),
        ("ml.g4dn.xlarge", 4, 2, 16),
    ],
)
def test_sizes(name: str, vcpus: int, cores: int, gib: int) -> None:
    found = instance(name)
    assert (found.vcpus, found.cores, found.memory / GIB) == (vcpus, cores, gib)


def test_every_type_of_the_api_has_one() -> None:
    create = awsmodel.load("sagemaker").operations["CreateTrainingJob"]
    types = create.inputs["ResourceConfig"].members["InstanceType"].enum
    assert len(types) > 100
    assert all(instance(name).cores >= 1 for name in types)


@pytest.mark.parametrize("name", ["", "m5.large", "ml.m5", "ml.m5.huge", "ml.m5.large "])
def test_what_is_none(name: str) -> None:
    with pytest.raises(ValueError, match=r"expected one like ml\.m5\.large"):
        instance(name)
