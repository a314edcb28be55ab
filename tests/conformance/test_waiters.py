"""boto3's waiters end when the model's errors and statuses say so."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import WaiterError

from .conftest import Ledger
from .driver import Driver

QUICK = {"Delay": 0, "MaxAttempts": 2}


@pytest.mark.parametrize(
    ("name", "waiter"),
    [
        ("Endpoint", "endpoint_deleted"),
        ("NotebookInstance", "notebook_instance_deleted"),
        ("Image", "image_deleted"),
    ],
)
def test_gone(name: str, waiter: str, client: Any, ledger: Ledger) -> None:
    driver = Driver(name, client, ledger)
    request = driver.request(700)
    ids = driver.ids(driver.create(700), request)
    with pytest.raises(WaiterError):
        client.get_waiter(waiter).wait(**ids, WaiterConfig=QUICK)
    driver.call("delete", ids)
    client.get_waiter(waiter).wait(**ids, WaiterConfig=QUICK)


@pytest.mark.parametrize(
    ("name", "waiter", "verb"),
    [
        ("TrainingJob", "training_job_completed_or_stopped", "stop"),
        ("ProcessingJob", "processing_job_completed_or_stopped", "stop"),
        ("TransformJob", "transform_job_completed_or_stopped", "stop"),
        ("NotebookInstance", "notebook_instance_stopped", "stop"),
    ],
)
def test_ended(name: str, waiter: str, verb: str, client: Any, ledger: Ledger) -> None:
    driver = Driver(name, client, ledger)
    request = driver.request(800)
    ids = driver.ids(driver.create(800), request)
    driver.call(verb, ids)
    client.get_waiter(waiter).wait(**ids, WaiterConfig=QUICK)
