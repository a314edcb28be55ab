"""How a person finds the kinds: sections as in SageMaker's console, and what each kind can do."""

from __future__ import annotations

from functools import cache
from typing import Any

from .job import Job
from .kind import Kind
from .noun import noun
from .registry import RECORDS
from .training import TrainingJob

BUILT: tuple[type[Kind], ...] = (*RECORDS, TrainingJob)

# In the console's order. Nouns that are not built yet are not shown, nor are sections without one.
SECTIONS: dict[str, tuple[str, ...]] = {
    "domains": ("Domain", "UserProfile", "Space", "App", "AppImageConfig"),
    "notebook": ("NotebookInstance", "CodeRepository"),
    "processing": ("ProcessingJob",),
    "training": ("TrainingJob", "HyperParameterTuningJob", "Algorithm"),
    "autopilot": ("AutoMLJob", "AutoMLJobV2"),
    "inference": (
        "Model", "EndpointConfig", "Endpoint", "TransformJob", "InferenceExperiment",
        "CompilationJob", "AIWorkloadConfig",
    ),
    "pipelines": ("Pipeline", "Experiment", "Trial", "TrialComponent"),
    "ground-truth": ("LabelingJob", "Workforce", "Workteam"),
    "augmented-ai": ("FlowDefinition", "HumanTaskUi"),
    "governance": (
        "ModelCard", "ModelPackageGroup", "ModelPackage", "DataQualityJobDefinition",
        "ModelQualityJobDefinition", "ModelBiasJobDefinition", "ModelExplainabilityJobDefinition",
        "MonitoringSchedule", "Artifact", "Action", "Context",
    ),
    "edge": ("DeviceFleet", "Device", "EdgePackagingJob", "EdgeDeploymentPlan"),
    "images": ("Image",),
    "lifecycle-configurations": ("NotebookInstanceLifecycleConfig", "StudioLifecycleConfig"),
}  # fmt: skip


@cache
def kinds() -> dict[str, dict[str, Any]]:
    """What a client needs to list, show and make each kind that is built, by noun."""
    return {kind.noun: _described(kind) for kind in BUILT}


def sections() -> list[dict[str, Any]]:
    """Sections with something built, in order: their id and their nouns."""
    built = kinds()
    found = [
        {"id": name, "kinds": [each for each in nouns if each in built]}
        for name, nouns in SECTIONS.items()
    ]
    return [section for section in found if section["kinds"]]


def section(name: str) -> str:
    """The section of a noun.

    Raises:
        KeyError: no section has it.
    """
    for found, nouns in SECTIONS.items():
        if name in nouns:
            return found
    raise KeyError(name)


def _described(kind: type[Kind]) -> dict[str, Any]:
    model = noun(kind.noun)
    served = {verb: found.name for verb, found in model.verbs.items() if hasattr(kind, verb)}
    listed = model.list
    return {
        "noun": model.name,
        "words": model.words,
        "plural": _many(model.words),
        "section": section(model.name),
        "verbs": list(served),
        "operations": served,
        "ids": model.ids,
        "given": model.given,
        "title": model.title,
        "arn": model.arn,
        "status": model.status,
        "statuses": model.statuses,
        "nested": model.nested,
        "listKey": listed.key if listed else "",
        "filters": listed.filters if listed else (),
        "sortBy": listed.sort_by if listed else (),
        "summary": list(listed.summary.members) if listed else [],
        "runs": issubclass(kind, Job),
    }


def _many(words: str) -> str:
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"
