"""What each record does beyond the rule, section by section."""

from __future__ import annotations

from typing import Any

import pytest

from studio_ext.errors import ConflictException, ResourceNotFound, ValidationException

from .conftest import Call

SCRIPT = "IyEvYmluL3NoCg=="
URI = {"SourceUri": "s3://bucket/key"}


# -- inference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "either PrimaryContainer or Containers"),
        ({"PrimaryContainer": {"Image": "i"}, "Containers": []}, "either PrimaryContainer or"),
        ({"PrimaryContainer": {"ModelDataUrl": "s3://b/m"}}, "neither Image nor ModelPackageName"),
    ],
)
def test_models_that_make_no_sense(call: Call, params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationException, match=said):
        call("CreateModel", ModelName="a", **params)


def test_an_endpoint_configuration_knows_its_models(call: Call) -> None:
    call("CreateModel", ModelName="m", PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}
    call("CreateEndpointConfig", EndpointConfigName="a", ProductionVariants=[variant])
    found = call("DescribeEndpointConfig", EndpointConfigName="a")["ProductionVariants"]
    assert found == [{**variant, "InitialVariantWeight": 1.0}]
    with pytest.raises(ValidationException, match="'v' is given twice"):
        call(
            "CreateEndpointConfig", EndpointConfigName="b", ProductionVariants=[variant],
            ShadowProductionVariants=[variant],
        )  # fmt: skip
    with pytest.raises(ValidationException, match="ServerlessConfig and InstanceType"):
        serverless = {**variant, "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
        call("CreateEndpointConfig", EndpointConfigName="b", ProductionVariants=[serverless])


def test_a_workload_shows_its_tags(call: Call) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    call("CreateAIWorkloadConfig", AIWorkloadConfigName="w", Tags=tags)
    assert call("DescribeAIWorkloadConfig", AIWorkloadConfigName="w")["Tags"] == tags


# -- notebooks ------------------------------------------------------------------------------------


def test_lifecycle_scripts_are_base64(call: Call) -> None:
    name = {"NotebookInstanceLifecycleConfigName": "a"}
    call("CreateNotebookInstanceLifecycleConfig", **name, OnStart=[{"Content": SCRIPT}])
    with pytest.raises(ValidationException, match=r"OnCreate.Content is '#!/bin/sh'"):
        call("UpdateNotebookInstanceLifecycleConfig", **name, OnCreate=[{"Content": "#!/bin/sh"}])
    found = call("DescribeNotebookInstanceLifecycleConfig", **name)
    assert found["OnStart"] == [{"Content": SCRIPT}]
    assert "OnCreate" not in found
    with pytest.raises(ValidationException, match="base64"):
        call(
            "CreateStudioLifecycleConfig", StudioLifecycleConfigName="a",
            StudioLifecycleConfigContent="no", StudioLifecycleConfigAppType="JupyterLab",
        )  # fmt: skip


def test_studio_scripts_are_listed_by_app(call: Call) -> None:
    for app in ("JupyterLab", "CodeEditor"):
        call(
            "CreateStudioLifecycleConfig", StudioLifecycleConfigName=app,
            StudioLifecycleConfigContent=SCRIPT, StudioLifecycleConfigAppType=app,
        )  # fmt: skip
    found = call("ListStudioLifecycleConfigs", AppTypeEquals="CodeEditor")
    names = [one["StudioLifecycleConfigName"] for one in found["StudioLifecycleConfigs"]]
    assert names == ["CodeEditor"]


def test_a_repository_keeps_its_url_when_its_secret_changes(call: Call) -> None:
    name = {"CodeRepositoryName": "a"}
    call("CreateCodeRepository", **name, GitConfig={"RepositoryUrl": "https://a/b", "Branch": "m"})
    call("UpdateCodeRepository", **name, GitConfig={"SecretArn": "arn:x"})
    found = call("DescribeCodeRepository", **name)["GitConfig"]
    assert found == {"RepositoryUrl": "https://a/b", "Branch": "m", "SecretArn": "arn:x"}


# -- monitoring, edge -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"]
)
def test_job_definitions_are_listed_by_endpoint(call: Call, kind: str) -> None:
    for endpoint in ("one", "two"):
        source = {"EndpointInput": {"EndpointName": endpoint, "LocalPath": "/opt/ml"}}
        call(
            f"Create{kind}JobDefinition",
            **{"JobDefinitionName": f"of-{endpoint}", f"{kind}JobInput": source},
        )
    found = call(f"List{kind}JobDefinitions", EndpointName="two")["JobDefinitionSummaries"]
    assert [one["MonitoringJobDefinitionName"] for one in found] == ["of-two"]
    assert found[0]["EndpointName"] == "two"


def test_a_fleets_role_alias(call: Call) -> None:
    output = {"S3OutputLocation": "s3://b"}
    call("CreateDeviceFleet", DeviceFleetName="f", OutputConfig=output, EnableIotRoleAlias=True)
    assert call("DescribeDeviceFleet", DeviceFleetName="f")["IotRoleAlias"] == "SageMakerEdge-f"


# -- experiments ----------------------------------------------------------------------------------


@pytest.fixture
def experiment(call: Call) -> None:
    call("CreateExperiment", ExperimentName="e")
    for trial in ("t1", "t2"):
        call("CreateTrial", TrialName=trial, ExperimentName="e")
    for component in ("c1", "c2", "c3"):
        call("CreateTrialComponent", TrialComponentName=component)
    for trial, component in (("t1", "c1"), ("t1", "c2"), ("t2", "c2")):
        call("AssociateTrialComponent", TrialName=trial, TrialComponentName=component)


def components(call: Call, **params: Any) -> list[str]:
    found = call("ListTrialComponents", SortBy="Name", SortOrder="Ascending", **params)
    return [one["TrialComponentName"] for one in found["TrialComponentSummaries"]]


def test_names_are_shown_unless_another_is_given(call: Call, experiment: None) -> None:
    assert call("DescribeExperiment", ExperimentName="e")["DisplayName"] == "e"
    call("UpdateExperiment", ExperimentName="e", DisplayName="E!")
    assert call("ListExperiments")["ExperimentSummaries"][0]["DisplayName"] == "E!"


def test_components_are_found_by_trial_and_experiment(call: Call, experiment: None) -> None:
    assert components(call) == ["c1", "c2", "c3"]
    assert components(call, TrialName="t1") == ["c1", "c2"]
    assert components(call, TrialName="t2") == ["c2"]
    assert components(call, TrialName="none") == []
    assert components(call, ExperimentName="e") == ["c1", "c2"]
    assert components(call, ExperimentName="e", TrialName="t2") == ["c2"]
    trials = call("ListTrials", TrialComponentName="c2", SortBy="Name", SortOrder="Ascending")
    assert [one["TrialName"] for one in trials["TrialSummaries"]] == ["t1", "t2"]
    assert call("ListTrials", TrialComponentName="c3")["TrialSummaries"] == []
    assert len(call("ListTrials", ExperimentName="e")["TrialSummaries"]) == 2


def test_associating_twice_is_once_and_disassociating_needs_one(
    call: Call, experiment: None
) -> None:
    call("AssociateTrialComponent", TrialName="t1", TrialComponentName="c1")
    assert components(call, TrialName="t1") == ["c1", "c2"]
    call("DisassociateTrialComponent", TrialName="t1", TrialComponentName="c1")
    with pytest.raises(ResourceNotFound, match="not associated"):
        call("DisassociateTrialComponent", TrialName="t1", TrialComponentName="c1")
    with pytest.raises(ResourceNotFound, match="'none'"):
        call("AssociateTrialComponent", TrialName="none", TrialComponentName="c1")


def test_what_is_referred_to_stays(call: Call, experiment: None) -> None:
    for verb, params, said in (
        ("DeleteExperiment", {"ExperimentName": "e"}, "delete its trials first"),
        ("DeleteTrial", {"TrialName": "t1"}, "disassociate it first"),
        ("DeleteTrialComponent", {"TrialComponentName": "c2"}, "associated with trial"),
    ):
        with pytest.raises(ValidationException, match=said):
            call(verb, **params)
    with pytest.raises(ResourceNotFound, match="experiment 'none'"):
        call("CreateTrial", TrialName="t3", ExperimentName="none")


def test_a_component_gathers_parameters_and_lets_go_of_some(call: Call) -> None:
    name = {"TrialComponentName": "c"}
    call("CreateTrialComponent", **name, Parameters={"a": {"NumberValue": 1}})
    call(
        "UpdateTrialComponent", **name, Status={"PrimaryStatus": "Completed"},
        Parameters={"b": {"StringValue": "x"}, "c": {"NumberValue": 2}}, ParametersToRemove=["a"],
    )  # fmt: skip
    found = call("DescribeTrialComponent", **name)
    assert set(found["Parameters"]) == {"b", "c"}
    assert found["Status"] == {"PrimaryStatus": "Completed"}
    assert found["LastModifiedBy"]["IamIdentity"]["Arn"] == found["CreatedBy"]["IamIdentity"]["Arn"]


# -- lineage --------------------------------------------------------------------------------------


def test_properties_are_overwritten(call: Call) -> None:
    name = {"ActionName": "a"}
    call("CreateAction", **name, ActionType="t", Source=URI, Properties={"a": "1", "b": "2"})
    call("UpdateAction", **name, PropertiesToRemove=["a"], Status="Completed")
    found = call("DescribeAction", **name)
    assert (found["Properties"], found["Status"]) == ({"b": "2"}, "Completed")
    call("UpdateAction", **name, Properties={"c": "3"})
    assert call("DescribeAction", **name)["Properties"] == {"c": "3"}


def test_one_source_is_one_artifact(call: Call) -> None:
    arn = call("CreateArtifact", ArtifactName="n", ArtifactType="DataSet", Source=URI)[
        "ArtifactArn"
    ]
    with pytest.raises(ValidationException, match="already exists"):
        call("CreateArtifact", ArtifactType="DataSet", Source=URI)
    typed = {**URI, "SourceTypes": [{"SourceIdType": "MD5Hash", "Value": "x"}]}
    other = call("CreateArtifact", ArtifactType="DataSet", Source=typed)["ArtifactArn"]
    assert other != arn
    found = call("ListArtifacts", SourceUri=URI["SourceUri"], ArtifactType="DataSet")
    assert {one["ArtifactArn"] for one in found["ArtifactSummaries"]} == {arn, other}
    with pytest.raises(ValidationException, match="either ArtifactArn or Source"):
        call("DeleteArtifact", ArtifactArn=arn, Source=URI)
    assert call("DeleteArtifact", Source=URI)["ArtifactArn"] == arn
    with pytest.raises(ResourceNotFound):
        call("DescribeArtifact", ArtifactArn=arn)


def test_associations(call: Call) -> None:
    action = call("CreateAction", ActionName="a", ActionType="Train", Source=URI)["ActionArn"]
    artifact = call("CreateArtifact", ArtifactType="Model", Source=URI)["ArtifactArn"]
    ends = {"SourceArn": action, "DestinationArn": artifact}
    assert call("AddAssociation", **ends, AssociationType="Produced") == ends
    with pytest.raises(ValidationException, match="already associated"):
        call("AddAssociation", **ends)
    with pytest.raises(ValidationException, match="itself"):
        call("AddAssociation", SourceArn=action, DestinationArn=action)
    with pytest.raises(ResourceNotFound, match="DestinationArn 'arn:none'"):
        call("AddAssociation", SourceArn=action, DestinationArn="arn:none")
    for filters in (
        {"SourceArn": action}, {"DestinationArn": artifact}, {"SourceType": "Train"},
        {"DestinationType": "Model"}, {"AssociationType": "Produced"},
    ):  # fmt: skip
        found = call("ListAssociations", **filters)["AssociationSummaries"]
        assert [edge["SourceName"] for edge in found] == ["a"], filters
        wrong = {name: value + "x" for name, value in filters.items()}
        assert call("ListAssociations", **wrong)["AssociationSummaries"] == []
    for verb, params in (
        ("DeleteAction", {"ActionName": "a"}), ("DeleteArtifact", {"ArtifactArn": artifact})
    ):  # fmt: skip
        with pytest.raises(ValidationException, match="delete the association first"):
            call(verb, **params)
    assert call("DeleteAssociation", **ends) == ends
    with pytest.raises(ResourceNotFound):
        call("DeleteAssociation", **ends)
    call("DeleteAction", ActionName="a")


# -- governance -----------------------------------------------------------------------------------

CARD = {"ModelCardName": "c"}


@pytest.fixture
def card(call: Call) -> str:
    made = call("CreateModelCard", **CARD, Content='{"v": 1}', ModelCardStatus="Draft")
    return str(made["ModelCardArn"])


def test_content_makes_versions_and_status_does_not(call: Call, card: str) -> None:
    call("UpdateModelCard", **CARD, ModelCardStatus="PendingReview")
    call("UpdateModelCard", **CARD, Content='{"v": 2}')
    now = call("DescribeModelCard", **CARD)
    assert (now["ModelCardVersion"], now["Content"]) == (2, '{"v": 2}')
    first = call("DescribeModelCard", **CARD, ModelCardVersion=1)
    assert (first["Content"], first["ModelCardStatus"]) == ('{"v": 1}', "PendingReview")
    found = call("ListModelCardVersions", **CARD, SortOrder="Ascending")
    versions = found["ModelCardVersionSummaryList"]
    assert [one["ModelCardVersion"] for one in versions] == [1, 2]
    assert {one["ModelCardArn"] for one in versions} == {card}
    with pytest.raises(ResourceNotFound, match="version/3"):
        call("DescribeModelCard", **CARD, ModelCardVersion=3)
    assert call("DescribeModelCard", **CARD, IncludedData="MetadataOnly")["Content"] == ""


def test_versions_go_with_their_card(call: Call, card: str) -> None:
    call("UpdateModelCard", **CARD, Content='{"v": 2}')
    call("DeleteModelCard", **CARD)
    with pytest.raises(ResourceNotFound):
        call("ListModelCardVersions", **CARD)
    call("CreateModelCard", **CARD, Content="{}", ModelCardStatus="Draft")
    assert len(call("ListModelCardVersions", **CARD)["ModelCardVersionSummaryList"]) == 1


def test_cards_that_make_no_sense(call: Call, card: str) -> None:
    with pytest.raises(ConflictException, match="already exists"):
        call("CreateModelCard", **CARD, Content="{}", ModelCardStatus="Draft")
    for content in ("no json", "[]", "[" * 10_000):
        with pytest.raises(ValidationException, match="Content is"):
            call("UpdateModelCard", **CARD, Content=content)
    with pytest.raises(ValidationException, match="both given"):
        call("UpdateModelCard", **CARD, Content="{}", ModelCardStatus="Draft")
    call("UpdateModelCard", **CARD, ModelCardStatus="Archived")
    with pytest.raises(ValidationException, match="Archived"):
        call("UpdateModelCard", **CARD, Content="{}")
    key = {"KmsKeyId": "alias/mine"}
    with pytest.raises(ValidationException, match="alias/mine"):
        call(
            "CreateModelCard", ModelCardName="d", Content="{}", ModelCardStatus="Draft",
            SecurityConfig=key,
        )  # fmt: skip


# -- workforce ------------------------------------------------------------------------------------

COGNITO = {"UserPool": "p_1", "ClientId": "c"}


def test_a_region_has_one_workforce(call: Call) -> None:
    with pytest.raises(ValidationException, match="either CognitoConfig or OidcConfig"):
        call("CreateWorkforce", WorkforceName="w")
    call("CreateWorkforce", WorkforceName="w", CognitoConfig=COGNITO)
    with pytest.raises(ValidationException, match="a region has one"):
        call("CreateWorkforce", WorkforceName="x", CognitoConfig=COGNITO)
    found = call("DescribeWorkforce", WorkforceName="w")["Workforce"]
    assert (found["Status"], found["SourceIpConfig"]) == ("Active", {"Cidrs": []})


def test_teams_belong_to_it(call: Call) -> None:
    call("CreateWorkforce", WorkforceName="w", CognitoConfig=COGNITO)
    team = {"WorkteamName": "t", "MemberDefinitions": [], "Description": "d"}
    with pytest.raises(ValidationException, match="Could not find workforce 'none'"):
        call("CreateWorkteam", **team, WorkforceName="none")
    call("CreateWorkteam", **team, WorkforceName="w")
    found = call("DescribeWorkteam", WorkteamName="t")["Workteam"]
    assert found["WorkforceArn"].endswith(":workforce/w")
    assert (
        call("UpdateWorkteam", WorkteamName="t", Description="e")["Workteam"]["Description"] == "e"
    )
    with pytest.raises(ValidationException, match="work team 't' belongs to it"):
        call("DeleteWorkforce", WorkforceName="w")
    assert call("DeleteWorkteam", WorkteamName="t") == {"Success": True}
    call("DeleteWorkforce", WorkforceName="w")
