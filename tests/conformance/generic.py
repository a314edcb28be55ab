"""Kinds for the nouns that production has not built yet, so that the frame meets all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio_ext import awsmodel
from studio_ext.kinds.caller import Caller, Operation
from studio_ext.kinds.kind import Kind
from studio_ext.kinds.noun import plural
from studio_ext.kinds.registry import RECORDS
from studio_ext.store import Resource, Store

# What the names of these filters and sort values do not say; "" where the test kind ignores it.
PATHS: dict[str, dict[str, str]] = {
    "Cluster": {"TrainingPlanArn": ""},
    "Hub": {"AccountIdOwner": "arn"},
    "InferenceRecommendationsJob": {
        "ModelNameEquals": "InputConfig.ModelName",
        "ModelPackageVersionArnEquals": "InputConfig.ModelPackageVersionArn",
    },
    "MlflowApp": {"DefaultForDomainId": ""},
    "ModelPackage": {"ModelPackageType": ""},
    "ModelPackageGroup": {"CrossAccountFilterOption": ""},
    "MonitoringSchedule": {
        "MonitoringJobDefinitionName": "MonitoringScheduleConfig.MonitoringJobDefinitionName"
    },
    "NotebookInstance": {"AdditionalCodeRepositoryEquals": ""},
    "OptimizationJob": {"OptimizationContains": ""},
    "Pipeline": {"ManagedBy": ""},
    "TrainingJob": {
        "TrainingPlanArnEquals": "ResourceConfig.TrainingPlanArn",
        "WarmPoolStatusEquals": "WarmPoolStatus.Status",
    },
    "TrainingPlan": {"Filters": ""},
}


class Generic(Kind):
    """A noun by the rule alone: statuses come from the model and nothing is ever run."""

    def status(self, body: Mapping[str, Any]) -> str:
        return str(body.get(self.model.status) or next(iter(self.model.statuses), ""))

    def make_id(self, field: str, body: Mapping[str, Any]) -> str:
        made = super().make_id(field, body)
        return {"DomainId": f"d-{made}", "Arn": f"app-{made.upper()}"}.get(field, made)

    def arn(self, key: str, caller: Caller) -> str:
        inner = {
            "ClusterExtension": f"sagemaker-extension/sample/{key.rpartition('/')[2]}",
            "ModelCardExportJob": f"sample/export-job/{key}",
        }
        return super().arn(inner.get(self.noun, key), caller)

    def operations(self) -> dict[str, Operation]:
        found = super().operations()
        if self.noun == "AutoMLJobV2":  # its list is AutoMLJob's
            del found["ListAutoMLJobs"]
        return found

    def stop(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return self._enter(params, caller, "stop", "Stopped")

    def start(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return self._enter(params, caller, "start", "Started")

    def derived(self, resource: Resource) -> dict[str, Any]:
        """Something for what the API requires and only a built kind can know."""
        return {
            name: value
            for name in self.model.fields.required
            if (value := _nothing(self.model.fields.members[name])) is not None
            and name not in resource.body
        }

    def _enter(
        self, params: dict[str, Any], caller: Caller, verb: str, wanted: str
    ) -> dict[str, Any]:
        with self.store.write() as transaction:
            resource = self.find(transaction, params, caller, verb)
            statuses = self.model.statuses or ("",)
            status = next((s for s in statuses if s.lower() == wanted.lower()), statuses[0])
            resource = transaction.update(resource, status=status)
        return self.answer(resource, verb)


def _nothing(shape: Any) -> Any:
    match shape.type:
        case "structure":
            return {name: _nothing(shape.members[name]) for name in shape.required}
        case "list":
            return []
        case "map":
            return {}
        case "string":
            return next(iter(shape.enum), "x" * max(1, shape.traits.get("min", 0)))
        case "boolean":
            return False
        case "timestamp":
            return None
        case _:
            return 0


def regular() -> list[str]:
    """Every noun with Create, Describe and List."""
    operations = awsmodel.load("sagemaker").operations
    names = [name.removeprefix("Create") for name in operations if name.startswith("Create")]
    return [
        name
        for name in names
        if f"Describe{name}" in operations and f"List{plural(name)}" in operations
    ]


def unbuilt(store: Store, clock: Any) -> list[Kind]:
    built = {kind.noun for kind in RECORDS}
    return [
        type(name, (Generic,), {"noun": name, "paths": PATHS.get(name, {})})(store, clock=clock)
        for name in regular()
        if name not in built
    ]
