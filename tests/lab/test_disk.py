"""What lies on the disk can be seen, and goes only after it was named."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..daemon import PATIENCE, Studio, notebook, request

MILLISECONDS = PATIENCE * 1000
BUCKET = "disk-usage"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def ended(served: Studio) -> Callable[..., str]:
    """Runs a small job to its end; returns its name."""
    served.client("s3").create_bucket(Bucket=BUCKET)
    image = served.put(BUCKET, "code/a.ipynb", notebook("1 / good", parameters="good = 1"))

    def run(**parameters: str) -> str:
        name = f"on-disk-{next(_numbers)}"
        served.client("sagemaker").create_training_job(
            **request(name, image, BUCKET, HyperParameters=parameters)
        )
        served.end_of(name)
        return name

    return run


def disk(page: Any) -> Any:
    page.evaluate("window.jupyterapp.commands.execute('studio:show-disk').then(() => null)")
    found = page.locator(".jp-StudioDisk:visible")
    found.get_by_role("heading", name="Jobs").wait_for(timeout=MILLISECONDS)
    return found


def delete(page: Any, found: Any) -> Any:
    """Asks to delete what was chosen; the dialog that names it."""
    found.get_by_role("button", name="Delete…").click()
    return page.locator(".jp-Dialog")


def test_failed_jobs_are_cleared(page: Any, served: Studio, ended: Callable[..., str]) -> None:
    good, bad = ended(), ended(good="0")
    found = disk(page)
    found.get_by_role("button", name="Look again").click()
    found.get_by_role("button", name=bad).wait_for(timeout=MILLISECONDS)
    found.get_by_role("button", name="Choose the failed").click()
    assert found.get_by_label(f"Choose {bad}").is_checked()
    assert not found.get_by_label(f"Choose {good}").is_checked()
    dialog = delete(page, found)
    dialog.get_by_text(bad).wait_for()
    assert dialog.get_by_text(good).count() == 0
    dialog.get_by_role("button", name="Delete").click()
    found.get_by_role("button", name=bad).wait_for(state="detached", timeout=MILLISECONDS)
    client = served.client("sagemaker")
    with pytest.raises(ClientError):
        client.describe_training_job(TrainingJobName=bad)
    assert client.describe_training_job(TrainingJobName=good)["TrainingJobStatus"] == "Completed"


def test_cancel_deletes_nothing(page: Any, served: Studio, ended: Callable[..., str]) -> None:
    name = ended()
    found = disk(page)
    found.get_by_role("button", name="Look again").click()
    found.get_by_label(f"Choose {name}").check(timeout=MILLISECONDS)
    delete(page, found).get_by_role("button", name="Cancel").click()
    client = served.client("sagemaker")
    assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Completed"


def test_what_is_below_a_prefix_goes_and_nothing_else(page: Any, served: Studio) -> None:
    client = served.client("s3")
    if BUCKET not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=BUCKET)
    served.put(BUCKET, "old/a.bin", b"x" * 100)
    served.put(BUCKET, "old/<b>&'.bin", b"x" * 50)
    served.put(BUCKET, "older.bin", b"x")
    found = disk(page)
    found.get_by_label("Bucket", exact=True).select_option(BUCKET)
    found.get_by_label("below").fill("old/")
    found.get_by_role("button", name="Choose these").last.click()
    found.get_by_text("2 things, 150 B, would go").wait_for(timeout=MILLISECONDS)
    dialog = delete(page, found)
    dialog.get_by_text(f"s3://{BUCKET}/old/<b>&'.bin (50 B)").wait_for()
    dialog.get_by_role("button", name="Delete").click()
    found.get_by_text("Nothing is chosen").wait_for(timeout=MILLISECONDS)
    left = [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert "older.bin" in left
    assert not [key for key in left if key.startswith("old/")]
