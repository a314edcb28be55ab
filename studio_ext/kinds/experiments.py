"""Experiments: experiments, their trials, and the components trials are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import ResourceNotFound
from ..store import Condition, Query, Reader, Resource, Transaction
from .caller import Caller, Operation
from .kind import Record

LINK = "TrialComponentLink"  # rows that tie a component (name) to a trial (key trial/component)
MANY = 10_000  # trials of an experiment or components of a trial that one list considers


class _Displayed(Record):
    """Something with a display name, which is its name when none is given."""

    def initial(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        return {"DisplayName": params[self.model.ids[-1]], **super().initial(params, now)}


class Experiment(_Displayed):
    """A question that trials try to answer."""

    noun = "Experiment"

    def in_use(self, reader: Reader, resource: Resource) -> str:
        trials = _trials(reader, resource.region, resource.name, limit=1)
        return f"trial '{trials[0]}' belongs to it; delete its trials first" if trials else ""


class Trial(_Displayed):
    """One try within an experiment."""

    noun = "Trial"
    paths: ClassVar[Mapping[str, str]] = {"TrialComponentName": ""}

    def created(self, transaction: Transaction, resource: Resource) -> None:
        experiment = resource.body["ExperimentName"]
        if transaction.get("Experiment", resource.region, experiment) is None:
            raise ResourceNotFound(
                f"Could not find experiment '{experiment}' of trial '{resource.name}'"
            )

    def narrow(self, reader: Reader, query: Query, params: Mapping[str, Any]) -> Query | None:
        component = params.get("TrialComponentName")
        if component is None:
            return query
        links = reader.page(_links_to(component, str(query.region), MANY)).rows
        names = tuple(str(link.body["TrialName"]) for link in links)
        return query.matching(Condition("name", "in", names)) if names else None

    def in_use(self, reader: Reader, resource: Resource) -> str:
        components = _components(reader, resource.region, resource.name, limit=1)
        if not components:
            return ""
        return f"trial component '{components[0]}' is associated with it; disassociate it first"


class TrialComponent(_Displayed):
    """A step of trials: its parameters, inputs, outputs and metrics."""

    noun = "TrialComponent"
    paths: ClassVar[Mapping[str, str]] = {
        "ExperimentName": "",
        "TrialName": "",
        "SourceArn": "Source.SourceArn",
    }

    def operations(self) -> dict[str, Operation]:
        return {
            **super().operations(),
            "AssociateTrialComponent": self.associate,
            "DisassociateTrialComponent": self.disassociate,
        }

    def changed(
        self, transaction: Transaction, resource: Resource, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Given parameters and artifacts join those that are there."""
        joined = {
            name: {**resource.body.get(name, {}), **value} if isinstance(value, dict) else value
            for name, value in params.items()
            if name != "Status"
        }
        if "Status" in params:
            joined["Status"] = params["Status"]
        return super().changed(transaction, resource, joined)

    def narrow(self, reader: Reader, query: Query, params: Mapping[str, Any]) -> Query | None:
        if "TrialName" not in params and "ExperimentName" not in params:
            return query
        region = str(query.region)
        trials = [params["TrialName"]] if "TrialName" in params else None
        if "ExperimentName" in params:
            of_it = _trials(reader, region, params["ExperimentName"], MANY)
            trials = of_it if trials is None else [one for one in trials if one in of_it]
        names = {n for trial in trials or () for n in _components(reader, region, trial, MANY)}
        return query.matching(Condition("name", "in", tuple(sorted(names)))) if names else None

    def in_use(self, reader: Reader, resource: Resource) -> str:
        links = reader.page(_links_to(resource.name, resource.region, 1)).rows
        if not links:
            return ""
        trial = links[0].body["TrialName"]
        return f"it is associated with trial '{trial}'; disassociate it first"

    def associate(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """AssociateTrialComponent. Doing it twice is doing it once."""
        with self.store.write() as transaction:
            component, trial = self._pair(transaction, params, caller)
            body = {"TrialName": trial.name, "TrialComponentName": component.name}
            key = f"{trial.name}/{component.name}"
            if transaction.get(LINK, caller.region, key) is None:
                transaction.insert(LINK, caller.region, key, name=component.name, arn="", body=body)
        return {"TrialArn": trial.arn, "TrialComponentArn": component.arn}

    def disassociate(self, params: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """DisassociateTrialComponent."""
        with self.store.write() as transaction:
            component, trial = self._pair(transaction, params, caller)
            link = transaction.get(LINK, caller.region, f"{trial.name}/{component.name}")
            if link is None:
                raise ResourceNotFound(
                    f"Trial component '{component.name}' is not associated with trial "
                    f"'{trial.name}'"
                )
            transaction.delete(link)
        return {"TrialArn": trial.arn, "TrialComponentArn": component.arn}

    def _pair(
        self, reader: Reader, params: Mapping[str, Any], caller: Caller
    ) -> tuple[Resource, Resource]:
        component = self.find(reader, params, caller, "describe")
        trial = reader.get("Trial", caller.region, params["TrialName"])
        if trial is None:
            raise ResourceNotFound(f"Could not find trial '{params['TrialName']}'")
        return component, trial


def _trials(reader: Reader, region: str, experiment: str, limit: int) -> list[str]:
    of_it = Condition("ExperimentName", "eq", experiment)
    return [row.name for row in reader.page(Query("Trial", region, (of_it,), limit=limit)).rows]


def _components(reader: Reader, region: str, trial: str, limit: int) -> list[str]:
    # Keys are trial/component, and "0" follows "/": the bounds are a range of the key's index.
    of_it = (Condition("key", "gt", f"{trial}/"), Condition("key", "lt", f"{trial}0"))
    return [row.name for row in reader.page(Query(LINK, region, of_it, limit=limit)).rows]


def _links_to(component: str, region: str, limit: int) -> Query:
    return Query(LINK, region, (Condition("name", "eq", component),), order="name", limit=limit)
