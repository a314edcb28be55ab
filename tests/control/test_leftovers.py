"""Runs of deleted jobs take no room."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio_ext.control.leftovers import Leftovers
from studio_ext.store import Attempt, Resource, Store

from ..daemon import Studio, notebook, request


class House:
    """A store, a folder of runs, and jobs in both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "jobs"
        self.store = Store(f"sqlite:///{folder}/db")
        self.leftovers = Leftovers(self.store, self.folder)

    def job(self, key: str) -> tuple[Resource, Attempt, Path]:
        with self.store.write() as tx:
            row = tx.insert("Job", "here", key, name=key, arn=f"arn:{key}", body={})
            attempt = tx.claim(row, "")
        place = self.folder / "Job" / "here" / key / str(attempt.token)
        (place / "deep").mkdir(parents=True)
        (place / "deep" / "file").write_text("x")
        return row, attempt, place

    def delete(self, row: Resource) -> None:
        with self.store.write() as tx:
            tx.delete(row)


@pytest.fixture
def house(tmp_path: Path):
    house = House(tmp_path)
    yield house
    house.store.close()


def test_a_deleted_jobs_folder_goes(house: House) -> None:
    row, _, place = house.job("a")
    house.delete(row)
    assert house.leftovers.clear("Job", "here", "a") == 1
    assert not place.parent.exists()
    assert house.leftovers.clear("Job", "here", "a") == 0


def test_a_job_of_the_same_name_keeps_its_own(house: House) -> None:
    old, _, old_place = house.job("a")
    house.delete(old)
    _, _, place = house.job("a")
    assert house.leftovers.clear("Job", "here", "a") == 1
    assert not old_place.exists()
    assert (place / "deep" / "file").exists()


def test_what_an_earlier_daemon_left_goes_and_nothing_else(house: House) -> None:
    gone, _, gone_place = house.job("gone")
    _, _, place = house.job("there")
    house.delete(gone)
    (house.folder / "Job" / "here" / "link").symlink_to(place.parent)
    assert house.leftovers.clear_all() == 1
    assert not gone_place.exists()
    assert place.exists()


def test_delete_training_job_frees_the_disk(served: Studio) -> None:
    served.client("s3").create_bucket(Bucket="leftovers")
    image = served.put("leftovers", "one.ipynb", notebook("1"))
    sagemaker = served.client("sagemaker")
    sagemaker.create_training_job(**request("to-delete", image, "leftovers"))
    served.end_of("to-delete")
    place = served.home.jobs / "TrainingJob" / "us-east-1" / "to-delete"
    assert place.exists()
    sagemaker.delete_training_job(TrainingJobName="to-delete")
    for _ in range(200):
        if not place.exists():
            break
        time.sleep(0.05)
    assert not place.exists()
