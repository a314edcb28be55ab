"""CloudWatch Logs over the journals of jobs: what SageMaker's clients read of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import AwsError
from ..identity.keys import ACCOUNT
from ..runs.journal import read_log
from ..wire.service import Caller, Operation
from . import patterns
from .journals import Journals, Stream

Params = dict[str, Any]

_MAX_EVENTS = 10_000
_MAX_STREAMS = 50
_MAX_PAGE = 1 << 20  # bytes of messages, each with 26 of overhead, as CloudWatch counts
_TOKEN = re.compile(r"([fb])/(\d{1,18})")


class NotFound(AwsError):
    code, status = "ResourceNotFoundException", 400


class InvalidParameter(AwsError):
    code, status = "InvalidParameterException", 400


class Logs:
    """Groups, streams and events."""

    name = "logs"

    def __init__(self, journals: Journals) -> None:
        self._journals = journals

    def operations(self) -> dict[str, Operation]:
        return {
            "DescribeLogGroups": self.describe_log_groups,
            "DescribeLogStreams": self.describe_log_streams,
            "GetLogEvents": self.get_log_events,
            "FilterLogEvents": self.filter_log_events,
        }

    def describe_log_groups(self, params: Params, caller: Caller) -> Params:
        prefix, inside = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
        names = [
            name
            for name in sorted(self._journals.groups)
            if name.startswith(prefix) and inside.lower() in name.lower()
        ]
        page, token = _page(names, params.get("limit", _MAX_STREAMS), params.get("nextToken"))
        groups = [
            {
                "logGroupName": name,
                "creationTime": 0,
                "metricFilterCount": 0,
                "arn": f"{_arn(caller, name)}:*",
                "logGroupArn": _arn(caller, name),
                "logGroupClass": "STANDARD",
                "storedBytes": 0,
            }
            for name in page
        ]
        return {"logGroups": groups, **token}

    async def describe_log_streams(self, params: Params, caller: Caller) -> Params:
        group = self._group(params)
        prefix = params.get("logStreamNamePrefix", "")
        by_time = params.get("orderBy", "LogStreamName") == "LastEventTime"
        if by_time and prefix:
            raise InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")

        def described() -> list[Params]:
            found = [
                _described(stream, group, caller)
                for stream in self._journals.streams(group, caller.region, prefix)
            ]
            order = "lastEventTimestamp" if by_time else "logStreamName"
            found.sort(key=lambda each: (each[order], each["logStreamName"]))
            return found[::-1] if params.get("descending") else found

        found = await asyncio.to_thread(described)
        page, token = _page(found, params.get("limit", _MAX_STREAMS), params.get("nextToken"))
        return {"logStreams": page, **token}

    async def get_log_events(self, params: Params, caller: Caller) -> Params:
        """One page. A token that comes back unchanged says that there is no more, for now."""
        group, name = self._group(params), params["logStreamName"]
        stream = self._journals.stream(group, caller.region, name)
        if stream is None:
            raise NotFound("The specified log stream does not exist.")
        limit = params.get("limit", _MAX_EVENTS)
        events = await asyncio.to_thread(lambda: list(_events(stream, params)))
        token = params.get("nextToken")
        match = _TOKEN.fullmatch(token) if token is not None else None
        if token is not None and match is None:
            raise InvalidParameter(f"The specified nextToken is invalid: {token[:60]!r}")
        forward = params.get("startFromHead", False) if match is None else match[1] == "f"
        if match is not None:
            place = min(int(match[2]), len(events))
        else:
            place = 0 if forward else len(events)
        if forward:
            page = list(_fitting(iter(events[place:]), limit))
            start, end = place, place + len(page)
        else:
            page = list(_fitting(reversed(events[:place]), limit))[::-1]
            start, end = place - len(page), place
        return {
            "events": page,
            "nextForwardToken": f"f/{end:018}",
            "nextBackwardToken": f"b/{start:018}",
        }

    async def filter_log_events(self, params: Params, caller: Caller) -> Params:
        group = self._group(params)
        names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix", "")
        if names and prefix:
            raise InvalidParameter("Cannot specify both logStreamNames and logStreamNamePrefix.")
        matches = patterns.compiled(params.get("filterPattern", ""))
        region = caller.region

        def chosen() -> list[Stream]:
            if names:
                found = [self._journals.stream(group, region, name) for name in names]
                if None in found:
                    raise NotFound("The specified log stream does not exist.")
                return [stream for stream in found if stream is not None]
            return list(self._journals.streams(group, region, prefix))

        def search() -> list[Params]:
            return sorted(
                (
                    {"logStreamName": stream.name, **event, "eventId": f"{stream.name}:{number}"}
                    for stream in chosen()
                    for number, event in enumerate(_events(stream, params))
                    if matches(event["message"])
                ),
                key=lambda event: event["timestamp"],
            )

        found = await asyncio.to_thread(search)
        start = int(params.get("nextToken", "0"))
        page = list(_fitting(iter(found[start:]), params.get("limit", _MAX_EVENTS)))
        more = start + len(page) < len(found)
        answer: Params = {"events": page, "searchedLogStreams": []}
        return {**answer, "nextToken": str(start + len(page))} if more else answer

    def _group(self, params: Params) -> str:
        name = params.get("logGroupName")
        identifier = params.get("logGroupIdentifier")
        if (name is None) == (identifier is None):
            raise InvalidParameter("expected one of logGroupName and logGroupIdentifier")
        group = str(name or identifier).removesuffix(":*").rpartition(":")[2]
        if group not in self._journals.groups:
            raise NotFound(
                f"The specified log group does not exist: {group}; there are "
                f"{', '.join(sorted(self._journals.groups))}"
            )
        return group


def _events(stream: Stream, params: Params) -> Iterator[Params]:
    """Events of a stream within the asked time, oldest first."""
    first, last = params.get("startTime", 0), params.get("endTime")
    for entry in read_log(stream.directory):
        stamp = int(entry["t"] * 1000)
        if stamp >= first and (last is None or stamp < last):
            yield {"timestamp": stamp, "ingestionTime": stamp, "message": entry["m"]}


def _fitting(events: Iterator[Params], limit: int) -> Iterator[Params]:
    """As many events as fit one page, and one at least."""
    size = 0
    for number, event in enumerate(itertools.islice(events, min(limit, _MAX_EVENTS))):
        size += len(event["message"].encode()) + 26
        if size > _MAX_PAGE and number:
            return
        yield event


def _described(stream: Stream, group: str, caller: Caller) -> Params:
    created = int(stream.created * 1000)
    status = stream.log.stat()
    first, last = _ends(stream)
    return {
        "logStreamName": stream.name,
        "creationTime": created,
        "firstEventTimestamp": first or created,
        "lastEventTimestamp": last or created,
        "lastIngestionTime": last or created,
        "arn": f"{_arn(caller, group)}:log-stream:{stream.name}",
        "storedBytes": status.st_size,
    }


def _ends(stream: Stream) -> tuple[int | None, int | None]:
    """Times of the first and last event, in milliseconds, without reading all between."""
    with stream.log.open("rb") as file:
        first = file.readline()
        size = file.seek(0, 2)
        file.seek(max(0, size - (600 << 10)))  # two of the longest lines
        lines = file.read().split(b"\n")
    last = next((line for line in reversed(lines[:-1]) if line), b"")
    return _stamp(first), _stamp(last)


def _stamp(line: bytes) -> int | None:
    try:
        return int(json.loads(line)["t"] * 1000)
    except (ValueError, KeyError, TypeError):
        return None


def _page(items: list[Any], limit: int, token: str | None) -> tuple[list[Any], Params]:
    start = int(token or 0)
    page = items[start : start + limit]
    return page, {"nextToken": str(start + limit)} if start + limit < len(items) else {}


def _arn(caller: Caller, group: str) -> str:
    return f"arn:aws:logs:{caller.region}:{ACCOUNT}:log-group:{group}"
