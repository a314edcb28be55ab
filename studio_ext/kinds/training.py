"""Training jobs: an algorithm, or a notebook of the user's, run to its end on data from S3.

Source: the CreateTrainingJob and DescribeTrainingJob pages of the API reference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..bucket.uri import S3Uri
from ..control.contract import Change, Needs, Progress, Publication
from ..frameworks import catalogue as frameworks
from ..frameworks.launch import Launch
from ..runs import journal, layout
from ..runs.record import Exit
from ..runs.spec import Script, Spec
from ..store import Attempt, Resource
from . import code, secondary, training_request
from .instances import instance
from .job import Job
from .training_request import DAY


class TrainingJob(Job):
    """How a training job is checked, run and ended."""

    noun = "TrainingJob"
    paths: ClassVar = {
        "TrainingPlanArnEquals": "ResourceConfig.TrainingPlanArn",
        "WarmPoolStatusEquals": "WarmPoolStatus.Status",
    }

    # -- creation ---------------------------------------------------------------------------

    def check(self, params: Mapping[str, Any]) -> None:
        """Raises ValidationException, naming the field, for what cannot be run as asked."""
        around = self.surroundings
        training_request.check(params, around.objects, around.roots())

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """The body of a new job: the request, its defaults, and its first transition."""
        body = {name: value for name, value in params.items() if name != "Tags"}
        body["StoppingCondition"] = {
            "MaxRuntimeInSeconds": DAY,
            **(body.get("StoppingCondition") or {}),
        }
        # Clients index this key without asking, also when no key was given.
        body["OutputDataConfig"] = {"KmsKeyId": "", **body["OutputDataConfig"]}
        for flag in (
            "EnableNetworkIsolation",
            "EnableInterContainerTrafficEncryption",
            "EnableManagedSpotTraining",
        ):
            body.setdefault(flag, False)
        return secondary.enter(body, "Starting", now)

    def stops(self, resource: Resource) -> dict[str, Any]:
        return secondary.enter(resource.body, "Stopping", self.clock())

    # -- the controller's side --------------------------------------------------------------

    def needs(self, job: Resource) -> Needs:
        size = instance(job.body["ResourceConfig"]["InstanceType"])
        return Needs(size.cores, size.memory)

    def prepare(self, job: Resource, attempt: Attempt) -> tuple[Spec, dict[str, str]]:
        body, folder, around = job.body, Path(attempt.directory), self.surroundings
        image = body["AlgorithmSpecification"]["TrainingImage"]
        found = code.resolve(image, around.objects, around.roots())
        given = body.get("HyperParameters") or {}
        # A channel without a mode of its own has the algorithm's.
        mode = body["AlgorithmSpecification"]["TrainingInputMode"]
        config = [{"InputMode": mode, **each} for each in body.get("InputDataConfig") or []]
        kind = body["ResourceConfig"]["InstanceType"]
        metrics = list(body["AlgorithmSpecification"].get("MetricDefinitions") or ())
        parameters: dict[str, Any] = {}
        script: Script | None = None
        if found.is_shipped:
            parameters = {
                "hyperparameters": given,
                "channels": layout.channel_parameters(config),
                "model_dir": layout.MODEL,
                "output_dir": layout.OUTPUT_DATA,
            }
        if found.algorithm is not None:
            metrics += found.algorithm.metric_definitions()
        if found.framework is not None:
            parameters |= {"metrics": metrics, "source": layout.CODE}
            script = Script(
                source=Launch.of(given, body.get("Environment") or {}).source,
                environment=found.framework.environment.plain(),
                environments=str(around.environments),
                notices=frameworks.notices(image, found.framework),
            )
        spec = Spec(
            job=f"{self.noun}/{job.name}",
            token=attempt.token,
            notebook=found.notebook,
            bell=str(around.bell),
            objects=dict(around.objects_config),
            parameters=parameters,
            script=script,
            hyperparameters=None if found.is_shipped else given,
            channels=config,
            config=layout.configuration(given, config, kind, body.get("CheckpointConfig")),
            metrics=metrics,
            engine="inprocess" if found.is_shipped else "auto",
            kernel=None if found.is_shipped else (body.get("Environment") or {}).get(code.KERNEL),
            max_runtime=body["StoppingCondition"]["MaxRuntimeInSeconds"],
            grace=around.grace,
            checkpoints=(body.get("CheckpointConfig") or {}).get("S3Uri"),
        )
        environment = {
            **around.environment(job, attempt),
            **(body.get("Environment") or {}),
            **layout.variables(
                folder,
                hyperparameters=given,
                channels=[channel["ChannelName"] for channel in config],
                cores=self.needs(job).cores,
                instance_type=kind,
            ),
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
        }
        return spec, environment

    def waits(self, job: Resource, waited: float) -> Change | None:
        now = self.clock()
        limit = job.body["StoppingCondition"].get("MaxPendingTimeInSeconds")
        if limit is not None and waited > limit:
            reason = f"the job waited longer than MaxPendingTimeInSeconds ({limit})"
            return self._ended(job, "Failed", "Failed", reason, now)
        if job.body["SecondaryStatus"] == "Pending":
            return None
        return Change(body=secondary.enter(job.body, "Pending", now))

    def enters(self, job: Resource, phases: list[dict[str, Any]]) -> Change | None:
        body = job.body
        for phase in phases:
            if secondary.entered(body, phase["name"], phase["t"]):
                continue  # it is told again
            if job.status == self.stopping and phase["name"] != "Uploading":
                continue  # it is stopping, whatever the runner had begun
            body = secondary.enter(body, phase["name"], phase["t"], phase["message"])
            if phase["name"] == "Training":
                body = {**body, "TrainingStartTime": phase["t"]}
        return None if body is job.body else Change(body=body)

    def publications(self, job: Resource, end: Exit, folder: Path) -> list[Publication]:
        target = _output(job)
        files = dict(end.files)
        if "model" in files and job.body["OutputDataConfig"].get("CompressionType") == "NONE":
            del files["model"]
            for path in sorted((folder / layout.MODEL).rglob("*")):
                if path.is_file() and not path.is_symlink():
                    name = str(path.relative_to(folder))
                    files[name] = name
        return [
            Publication(role, folder / name, target.bucket, target.join(name).key)
            for role, name in files.items()
        ]

    def retries(self, job: Resource, end: Exit, attempts: int) -> bool:
        """As RetryStrategy says: after failures that are not the job's own."""
        wanted = (job.body.get("RetryStrategy") or {}).get("MaximumRetryAttempts", 0)
        innocent = end.outcome == "vanished" or end.reason.startswith("InternalServerError")
        return innocent and attempts <= wanted

    def settles(self, job: Resource, end: Exit, published: Mapping[str, str]) -> Change:
        now = self.clock()
        body = dict(job.body)
        if end.trained is not None:
            body["TrainingStartTime"] = body.get("TrainingStartTime", end.trained[0])
        if "TrainingStartTime" in body:
            body["TrainingEndTime"] = max(now, body["TrainingStartTime"])
            spent = body["TrainingEndTime"] - body["TrainingStartTime"]
            body["TrainingTimeInSeconds"] = body["BillableTimeInSeconds"] = max(1, round(spent))
        if "model" in published:
            body["ModelArtifacts"] = {"S3ModelArtifacts": published["model"]}
        elif any(role.startswith(f"{layout.MODEL}/") for role in published):
            body["ModelArtifacts"] = {"S3ModelArtifacts": f"{_output(job).join(layout.MODEL)}/"}
        if end.metrics:
            body["FinalMetricDataList"] = [_metric(each) for each in end.metrics]
        job = dataclasses.replace(job, body=body)
        if end.outcome == "timeout":
            return self._ended(job, "Stopped", "MaxRuntimeExceeded", "", now)
        if job.status == self.stopping or end.outcome == "stopped":
            return self._ended(job, "Stopped", "Stopped", "", now)
        if end.outcome == "completed":
            return self._ended(job, "Completed", "Completed", "", now)
        reason = end.reason
        if end.outcome == "vanished":
            reason = f"InternalServerError: {end.reason}; run it again or set RetryStrategy"
        return self._ended(job, "Failed", "Failed", reason, now)

    def _ended(self, job: Resource, status: str, second: str, reason: str, now: float) -> Change:
        body = secondary.close(job.body, second, now, reason)
        if reason:
            body["FailureReason"] = reason[:1024]
        return Change(status, body, reason)

    # -- while it runs ----------------------------------------------------------------------

    def live(self, folder: Path, progress: Progress | None) -> dict[str, Any]:
        """What Describe adds for a job that runs: metrics so far, and the cell it is at."""
        found: dict[str, Any] = {}
        metrics = journal.final_metrics(folder)
        if metrics:
            found["FinalMetricDataList"] = [_metric(each) for each in metrics.values()]
        if progress is not None:
            found["ProgressInfo"] = {
                "CurrentStep": progress.cell,
                "TotalStepCountPerEpoch": progress.of,
            }
        return found


def _output(job: Resource) -> S3Uri:
    base = S3Uri.parse(job.body["OutputDataConfig"]["S3OutputPath"])
    return base.join(job.name, "output")


def _metric(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"MetricName": entry["name"], "Value": entry["value"], "Timestamp": entry["t"]}
