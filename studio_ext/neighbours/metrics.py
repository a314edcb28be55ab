"""SageMaker Metrics: what jobs measured, by iteration, as CloudWatch's seconds cannot tell it."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ..runs.journal import METRICS, read
from ..wire.service import Caller, Operation
from .journals import Journals

Params = dict[str, Any]

KIND = "TrainingJob"

_PERIODS: Mapping[str, int] = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}
_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": lambda values: math.fsum(values) / len(values),
    "Count": lambda values: float(len(values)),
    "StdDev": statistics.pstdev,
    "Last": lambda values: values[-1],
}


class Metrics:
    """Metrics of training jobs, by the job's ARN."""

    name = "sagemaker-metrics"

    def __init__(self, journals: Journals) -> None:
        self._journals = journals

    def operations(self) -> dict[str, Operation]:
        return {"BatchGetMetrics": self.batch_get_metrics}

    async def batch_get_metrics(self, params: Params, caller: Caller) -> Params:
        """One result for each query, in their order; a bad query spoils only its own."""
        queries = params["MetricQueries"]

        def answer() -> list[Params]:
            arns = dict.fromkeys(query["ResourceArn"] for query in queries)
            entries = {arn: self._entries(arn, caller.region) for arn in arns}
            return [_result(query, entries[query["ResourceArn"]]) for query in queries]

        return {"MetricQueryResults": await asyncio.to_thread(answer)}

    def _entries(self, arn: str, region: str) -> list[Params] | None:
        """What a job measured, all attempts of it; None when the ARN is no job's."""
        kind, _, job = arn.split(":", 5)[-1].partition("/")
        if kind != "training-job" or arn.split(":")[3] != region:
            return None
        streams = self._journals.of_job(KIND, region, job)
        return [entry for stream in streams for entry in read(stream.directory, METRICS)]


def _result(query: Params, entries: list[Params] | None) -> Params:
    by_step = query["XAxisType"] == "IterationNumber"
    if entries is None:
        return _refused(f"ResourceArn {query['ResourceArn']!r}: expected a training job's")
    if by_step != (query["Period"] == "IterationNumber"):
        return _refused(
            f"Period {query['Period']} with XAxisType {query['XAxisType']}: IterationNumber goes "
            "with IterationNumber only"
        )
    start, end = query.get("Start", -math.inf), query.get("End", math.inf)
    period = _PERIODS.get(query["Period"], 1)
    values: dict[int, list[float]] = defaultdict(list)
    for entry in entries:
        place = entry["step"] if by_step else entry["t"]
        if entry["name"] == query["MetricName"] and start <= place < end:
            values[int(place // period * period)].append(entry["value"])
    statistic = _STATISTICS[query["MetricStat"]]
    return {
        "Status": "Complete",
        "XAxisValues": sorted(values),
        "MetricValues": [statistic(values[place]) for place in sorted(values)],
    }


def _refused(message: str) -> Params:
    return {"Status": "ValidationError", "Message": message, "XAxisValues": [], "MetricValues": []}
