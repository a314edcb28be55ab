"""Secondary statuses: what a training job does inside its status, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What people read beside each, unless a run says something of its own.
MESSAGES = {
    "Starting": "Starting the training job",
    "Pending": "Waiting for room on this machine",
    "Downloading": "Downloading input data",
    "DownloadingTrainingImage": "Making the environment",
    "Training": "Training in progress",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds",
    "Restarting": "Restarting the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
}


def enter(body: Mapping[str, Any], name: str, at: float, message: str = "") -> dict[str, Any]:
    """The body after entering ``name``: the last transition ends, a new one starts.

    Times never run backwards, whatever the clock does.
    """
    past = [dict(each) for each in body.get("SecondaryStatusTransitions", ())]
    message = message or MESSAGES.get(name, "")
    if past and past[-1]["Status"] == name:
        past[-1]["StatusMessage"] = message
        return {**body, "SecondaryStatusTransitions": past}
    if past:
        at = max(at, past[-1]["StartTime"])
        past[-1]["EndTime"] = at
    past.append({"Status": name, "StartTime": at, "StatusMessage": message})
    return {**body, "SecondaryStatus": name, "SecondaryStatusTransitions": past}


def entered(body: Mapping[str, Any], name: str, at: float) -> bool:
    """Whether ``name`` was entered at that time, or, the clock having been set, after it."""
    past = body.get("SecondaryStatusTransitions", ())
    return any(each["Status"] == name and each["StartTime"] >= at for each in past)


def close(body: Mapping[str, Any], name: str, at: float, message: str = "") -> dict[str, Any]:
    """Enter a status that is the end: it ends as it starts."""
    ended = enter(body, name, at, message)
    last = ended["SecondaryStatusTransitions"][-1]
    last.setdefault("EndTime", max(at, last["StartTime"]))
    return ended
