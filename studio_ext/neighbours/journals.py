"""Journals of jobs as CloudWatch names them: a group for each kind, a stream for each host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..runs import journal
from ..store import Condition, Query, Reader, Resource, Store

GROUPS: Mapping[str, str] = {
    "/aws/sagemaker/NotebookJobs": "NotebookJob",
    "/aws/sagemaker/ProcessingJobs": "ProcessingJob",
    "/aws/sagemaker/TrainingJobs": "TrainingJob",
    "/aws/sagemaker/TransformJobs": "TransformJob",
}
"""Log groups, and the kinds of job whose logs are in them."""

_STREAM = re.compile(r"(?P<job>.+)/(?P<host>algo-1)-(?P<claimed>\d+)")


@dataclass(frozen=True, slots=True)
class Stream:
    """One attempt's log.

    Attributes:
        name: ``<job>/algo-1-<epoch seconds>``.
        directory: the attempt's.
        created: epoch seconds.
    """

    name: str
    job: str
    directory: Path
    created: float

    @property
    def log(self) -> Path:
        return self.directory / journal.LOG


class Journals:
    """Finds what jobs wrote.

    Args:
        groups: names of log groups, and the kind of each.
    """

    def __init__(self, store: Store, groups: Mapping[str, str] = GROUPS) -> None:
        self._store = store
        self.groups = groups

    def streams(self, group: str, region: str, prefix: str = "") -> Iterator[Stream]:
        """Streams of a group whose names begin with ``prefix``, by name."""
        kind = self.groups[group]
        job, slash, _ = prefix.rpartition("/")
        with self._store.read() as reader:
            for resource in _jobs(
                reader, kind, region, job if slash else prefix, exact=bool(slash)
            ):
                for stream in _streams(reader, resource):
                    if stream.name.startswith(prefix):
                        yield stream

    def stream(self, group: str, region: str, name: str) -> Stream | None:
        """The stream of exactly this name."""
        match = _STREAM.fullmatch(name)
        if match is None:
            return None
        found = [each for each in self.streams(group, region, name) if each.name == name]
        return found[-1] if found else None  # two attempts in one second: the later one

    def of_job(self, kind: str, region: str, job: str) -> list[Stream]:
        """Streams of one job, oldest attempt first; ``[]`` when there is no such job."""
        with self._store.read() as reader:
            resource = reader.get(kind, region, job)
            return list(_streams(reader, resource)) if resource else []

    def jobs(self, kind: str, region: str) -> Iterator[str]:
        """Names of all jobs of a kind."""
        with self._store.read() as reader:
            for resource in _jobs(reader, kind, region, "", exact=False):
                yield resource.name


def _jobs(reader: Reader, kind: str, region: str, name: str, *, exact: bool) -> Iterator[Resource]:
    if exact:
        found = reader.get(kind, region, name)
        if found is not None:
            yield found
        return
    query = Query(kind, region, order="name", descending=False, limit=500)
    if name:
        query = query.matching(Condition("name", "prefix", name))
    while True:
        page = reader.page(query)
        yield from page.rows
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _streams(reader: Reader, resource: Resource) -> Iterator[Stream]:
    for attempt in reader.attempts(resource.id):
        directory = Path(attempt.directory)
        stream = Stream(
            f"{resource.name}/algo-1-{int(attempt.claimed)}",
            resource.name,
            directory,
            attempt.claimed,
        )
        if stream.log.exists():
            yield stream
