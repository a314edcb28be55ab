"""CloudWatch over the metrics that jobs printed: what SageMaker's analytics classes read of it."""

from __future__ import annotations

import asyncio
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import AwsError
from ..runs.journal import METRICS, read
from ..wire.service import Caller, Operation
from .journals import Journals

Params = dict[str, Any]
Statistic = Callable[[list[float]], float]

NAMESPACE = "/aws/sagemaker/TrainingJobs"
KIND = "TrainingJob"
DIMENSION = "TrainingJobName"

_MAX_DATAPOINTS = 1440
_MAX_METRICS = 500
_STATISTICS: Mapping[str, Statistic] = {
    "SampleCount": lambda values: float(len(values)),
    "Average": lambda values: math.fsum(values) / len(values),
    "Sum": math.fsum,
    "Minimum": min,
    "Maximum": max,
}
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


class InvalidValue(AwsError):
    code, status = "InvalidParameterValue", 400


class InvalidCombination(AwsError):
    code, status = "InvalidParameterCombination", 400


class CloudWatch:
    """Metrics of training jobs, by the job's name."""

    name = "cloudwatch"

    def __init__(self, journals: Journals) -> None:
        self._journals = journals

    def operations(self) -> dict[str, Operation]:
        return {
            "GetMetricStatistics": self.get_metric_statistics,
            "GetMetricData": self.get_metric_data,
            "ListMetrics": self.list_metrics,
        }

    async def get_metric_statistics(self, params: Params, caller: Caller) -> Params:
        plain, extended = params.get("Statistics", ()), params.get("ExtendedStatistics", ())
        if not plain and not extended:
            raise InvalidCombination("At least one of Statistics and ExtendedStatistics is needed.")
        start, end, period = params["StartTime"], params["EndTime"], params["Period"]
        _check_times(start, end, period)
        if (end - start) / period > _MAX_DATAPOINTS:
            raise InvalidCombination(
                f"You have requested up to {math.ceil((end - start) / period)} datapoints, which "
                f"exceeds the limit of {_MAX_DATAPOINTS}. Increase Period, or narrow the times."
            )
        wanted = {name: _statistic(name) for name in (*plain, *extended)}
        buckets = await self._buckets(params, caller.region, start, end, period)
        points = []
        for stamp, values in sorted(buckets.items()):
            found = {name: statistic(values) for name, statistic in wanted.items()}
            point: Params = {"Timestamp": stamp, "Unit": "None"}
            point |= {name: value for name, value in found.items() if name in _STATISTICS}
            if extended:
                point["ExtendedStatistics"] = {name: found[name] for name in extended}
            points.append(point)
        return {"Label": params["MetricName"], "Datapoints": points}

    async def get_metric_data(self, params: Params, caller: Caller) -> Params:
        start, end = params["StartTime"], params["EndTime"]
        results = []
        for query in params["MetricDataQueries"]:
            if "MetricStat" not in query:
                raise InvalidValue(
                    f"MetricDataQueries {query['Id']!r}: expressions are not offered; "
                    "expected MetricStat"
                )
            if not query.get("ReturnData", True):
                continue
            stat = query["MetricStat"]
            _check_times(start, end, stat["Period"])
            statistic = _statistic(stat["Stat"])
            buckets = await self._buckets(stat["Metric"], caller.region, start, end, stat["Period"])
            newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
            stamps = sorted(buckets, reverse=newest_first)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label", stat["Metric"].get("MetricName", "")),
                    "Timestamps": stamps,
                    "Values": [statistic(buckets[stamp]) for stamp in stamps],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    async def list_metrics(self, params: Params, caller: Caller) -> Params:
        if params.get("Namespace", NAMESPACE) != NAMESPACE:
            return {"Metrics": []}
        asked = {each["Name"]: each.get("Value") for each in params.get("Dimensions", ())}
        if set(asked) - {DIMENSION}:
            return {"Metrics": []}
        job, name = asked.get(DIMENSION), params.get("MetricName")
        start = int(params.get("NextToken", "0"))

        def collect() -> tuple[list[Params], bool]:
            found: list[Params] = []
            names = [job] if job is not None else self._journals.jobs(KIND, caller.region)
            for each in names:
                for metric in sorted(
                    {entry["name"] for entry in self._entries(each, caller.region)}
                ):
                    if name in (None, metric):
                        found.append(_metric(each, metric))
                if len(found) > start + _MAX_METRICS:
                    return found[start : start + _MAX_METRICS], True
            return found[start:], False

        found, more = await asyncio.to_thread(collect)
        return {"Metrics": found, **({"NextToken": str(start + len(found))} if more else {})}

    async def _buckets(
        self, metric: Params, region: str, start: float, end: float, period: int
    ) -> dict[float, list[float]]:
        """Values of a metric by the start of their period, in epoch seconds."""
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
        buckets: dict[float, list[float]] = defaultdict(list)
        if metric.get("Namespace") != NAMESPACE or set(dimensions) != {DIMENSION}:
            return buckets
        entries = await asyncio.to_thread(self._entries, dimensions[DIMENSION], region)
        first = start // period * period
        for entry in entries:
            if entry["name"] == metric["MetricName"] and first <= entry["t"] < end:
                buckets[entry["t"] // period * period].append(entry["value"])
        return buckets

    def _entries(self, job: str, region: str) -> list[Params]:
        streams = self._journals.of_job(KIND, region, job)
        return [entry for stream in streams for entry in read(stream.directory, METRICS)]


def _statistic(name: str) -> Statistic:
    if name in _STATISTICS:
        return _STATISTICS[name]
    match = _PERCENTILE.fullmatch(name)
    if match is None:
        raise InvalidValue(
            f"statistic {name!r}: expected one of {', '.join(_STATISTICS)}, or p0 to p100"
        )
    share = float(match[1]) / 100

    def percentile(values: list[float]) -> float:
        ordered = sorted(values)
        place = share * (len(ordered) - 1)
        below = ordered[math.floor(place)]
        return below + (ordered[math.ceil(place)] - below) * (place - math.floor(place))

    return percentile


def _check_times(start: float, end: float, period: int) -> None:
    if start >= end:
        raise InvalidValue("StartTime must be before EndTime.")
    if period not in (1, 5, 10, 20, 30) and (period < 60 or period % 60):
        raise InvalidValue(f"Period {period}: expected 1, 5, 10, 20, 30 or a multiple of 60 s")


def _metric(job: str, name: str) -> Params:
    return {
        "Namespace": NAMESPACE,
        "MetricName": name,
        "Dimensions": [{"Name": DIMENSION, "Value": job}],
    }
