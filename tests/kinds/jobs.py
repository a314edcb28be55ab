"""A training kind without a daemon around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio_ext.bucket.folder import FolderObjects
from studio_ext.kinds.job import Surroundings
from studio_ext.store import Attempt, Resource

from ..daemon import request

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
BUCKET = "here"


def surroundings(folder: Path) -> Surroundings:
    """A bucket ``here`` with some data and a notebook, and a served folder ``root``."""
    objects = FolderObjects(folder / "s3")
    objects.create_bucket(BUCKET)
    for name, text in (("train/a.csv", "0,1\n"), ("code/own.ipynb", "{}")):
        path = folder / "s3" / BUCKET / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (folder / "root").mkdir()
    return Surroundings(
        objects=objects,
        objects_config={"root": str(objects.root)},
        bell=folder / "bell",
        environment=lambda job, attempt: {"AWS_REGION": job.region, "ATTEMPT": str(attempt.token)},
        roots=lambda: (folder / "root",),
        grace=5.0,
    )


def attempt(folder: Path, token: int = 7) -> Attempt:
    return Attempt(
        token=token, resource_id=1, number=1, directory=str(folder), claimed=0.0, pid=None,
        pid_started=None, stop_asked=None, ended=None, outcome="",
    )  # fmt: skip


def job(body: dict[str, Any], status: str = "InProgress", name: str = "a") -> Resource:
    return Resource(
        id=1, kind="TrainingJob", region="eu-west-1", key=name, name=name, arn=f"arn:{name}",
        status=status, created=0.0, modified=0.0, version=1, body=body,
    )  # fmt: skip


def own(**more: Any) -> dict[str, Any]:
    return request("a", f"s3://{BUCKET}/code/own.ipynb", BUCKET, **more)
