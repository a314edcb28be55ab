"""A bucket of each module's own in the daemon that all share."""

from __future__ import annotations

import pytest

from ..daemon import Studio


@pytest.fixture(scope="module")
def bucket(served: Studio, request: pytest.FixtureRequest) -> str:
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    served.client("s3").create_bucket(Bucket=name)
    return name
