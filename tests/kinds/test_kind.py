"""The frame: what a short class gets, and what its hooks change."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from studio_ext.errors import ResourceInUse, ResourceNotFound, ValidationException
from studio_ext.kinds.kind import Kind
from studio_ext.kinds.listing import Listing, UnknownFilter
from studio_ext.kinds.noun import noun
from studio_ext.kinds.registry import SageMakerService, Twice
from studio_ext.store import Reader, Resource, Store

from .conftest import CALLER, ELSEWHERE, Call


class Endpoint(Kind):
    """A kind with a lifecycle, in a few lines."""

    noun = "Endpoint"
    allowed: ClassVar[dict[str, frozenset[str]]] = {"delete": frozenset({"InService"})}

    def status(self, body: Any) -> str:
        return str(body.get("EndpointStatus", "Creating"))

    def in_use(self, reader: Reader, resource: Resource) -> str:
        return "the test says so" if resource.name == "held" else ""

    def derived(self, resource: Resource) -> dict[str, Any]:
        return {"FailureReason": f"of {resource.name}"}


@pytest.fixture
def endpoints(store: Store) -> Endpoint:
    return Endpoint(store)


def create(kind: Kind, name: str, caller: Any = CALLER, **more: Any) -> dict[str, Any]:
    return kind.create({"EndpointName": name, "EndpointConfigName": "c", **more}, caller)


def test_operations_are_the_verbs_it_has(endpoints: Endpoint) -> None:
    verbs = ("Create", "Describe", "Update", "Delete")
    assert set(endpoints.operations()) == {*(f"{v}Endpoint" for v in verbs), "ListEndpoints"}


def test_describe_is_what_create_was_told_and_what_follows(endpoints: Endpoint) -> None:
    arn = create(endpoints, "a")["EndpointArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:endpoint/a"
    found = endpoints.describe({"EndpointName": "a"}, CALLER)
    assert found["EndpointArn"] == arn
    assert found["EndpointStatus"] == "Creating"
    assert found["FailureReason"] == "of a"
    assert found["CreationTime"] == found["LastModifiedTime"] >= 1_800_000_000
    assert "Tags" not in found


def test_a_guard_names_status_and_verb(endpoints: Endpoint, store: Store) -> None:
    create(endpoints, "a")
    with pytest.raises(ValidationException, match="Cannot delete endpoint 'a' in status Creating"):
        endpoints.delete({"EndpointName": "a"}, CALLER)
    with store.write() as transaction:
        row = transaction.get("Endpoint", "us-east-1", "a")
        assert row is not None
        transaction.update(row, status="InService")
    endpoints.delete({"EndpointName": "a"}, CALLER)
    with pytest.raises(ValidationException, match="Could not find endpoint"):
        endpoints.describe({"EndpointName": "a"}, CALLER)


def test_a_reference_keeps_it(endpoints: Endpoint, store: Store) -> None:
    create(endpoints, "held", EndpointStatus="InService")
    with pytest.raises(ValidationException, match="the test says so"):
        endpoints.delete({"EndpointName": "held"}, CALLER)
    endpoints.describe({"EndpointName": "held"}, CALLER)


def test_an_update_changes_its_fields_and_time(endpoints: Endpoint) -> None:
    create(endpoints, "a")
    endpoints.update({"EndpointName": "a", "EndpointConfigName": "d"}, CALLER)
    found = endpoints.describe({"EndpointName": "a"}, CALLER)
    assert found["EndpointConfigName"] == "d"
    assert found["LastModifiedTime"] > found["CreationTime"]


def test_names_are_of_a_region(endpoints: Endpoint) -> None:
    create(endpoints, "a")
    create(endpoints, "a", ELSEWHERE)
    with pytest.raises(ValidationException, match=r"already existing endpoint .* already exists"):
        create(endpoints, "a")
    assert len(endpoints.list({}, ELSEWHERE)["Endpoints"]) == 1


class Pipeline(Kind):
    noun = "Pipeline"
    paths: ClassVar[dict[str, str]] = {"ManagedBy": ""}


def test_an_arn_names_it_too_in_its_region_only(store: Store) -> None:
    pipelines = Pipeline(store)
    arn = pipelines.create({"PipelineName": "a", "RoleArn": "r"}, CALLER)["PipelineArn"]
    assert pipelines.describe({"PipelineName": arn}, CALLER)["PipelineName"] == "a"
    with pytest.raises(ResourceNotFound, match=f'"{arn}"'):
        pipelines.describe({"PipelineName": arn}, ELSEWHERE)


class UserProfile(Kind):
    noun = "UserProfile"


def test_keys_may_have_parts(store: Store) -> None:
    profiles = UserProfile(store)
    for domain in ("d-1", "d-2"):
        profiles.create({"DomainId": domain, "UserProfileName": "ann"}, CALLER)
    with pytest.raises(ResourceInUse):
        profiles.create({"DomainId": "d-1", "UserProfileName": "ann"}, CALLER)
    found = profiles.list({"DomainIdEquals": "d-1"}, CALLER)["UserProfiles"]
    assert [one["UserProfileName"] for one in found] == ["ann"]
    gone = {"DomainId": "d-1", "UserProfileName": "ann"}
    profiles.delete(gone, CALLER)
    assert profiles.describe({**gone, "DomainId": "d-2"}, CALLER)["DomainId"] == "d-2"


def test_a_filter_without_meaning_stops_the_class() -> None:
    model = noun("Pipeline").list
    assert model is not None
    with pytest.raises(UnknownFilter, match="ManagedBy"):
        Listing(noun("Pipeline"), model, {})


def test_an_operation_has_one_answerer(store: Store) -> None:
    with pytest.raises(Twice, match="CreateEndpoint"):
        SageMakerService(store, [Endpoint(store), Endpoint(store)])


def test_a_failing_create_leaves_nothing(call: Call, store: Store) -> None:
    variant = {"VariantName": "v", "ModelName": "nobody"}
    with pytest.raises(ValidationException, match="Could not find model 'nobody'"):
        call("CreateEndpointConfig", EndpointConfigName="a", ProductionVariants=[variant])
    with store.read() as reader:
        assert reader.get("EndpointConfig", "us-east-1", "a") is None
        assert reader.last_seq() == 0
