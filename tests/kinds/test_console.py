"""Every kind that is built can be found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio_ext import awsmodel
from studio_ext.kinds import console


def listed() -> Iterator[str]:
    for section in console.sections():
        yield from section["kinds"]


def test_every_kind_is_in_one_section() -> None:
    assert sorted(listed()) == sorted(kind.noun for kind in console.BUILT)


def test_sections_name_nouns_of_the_api() -> None:
    operations = awsmodel.load("sagemaker").operations
    for nouns in console.SECTIONS.values():
        for name in nouns:
            assert f"Describe{name}" in operations, name


@pytest.mark.parametrize("kind", console.kinds().values(), ids=lambda kind: kind["noun"])
def test_what_is_told_of_a_kind_is_true(kind: dict) -> None:
    operations = awsmodel.load("sagemaker").operations
    for operation in kind["operations"].values():
        assert operation in operations
    describe = operations[kind["operations"]["describe"]]
    fields = describe.outputs[kind["nested"]].members if kind["nested"] else describe.outputs
    assert set(kind["ids"]) <= set(describe.inputs)
    for field in (kind["arn"], kind["status"]):
        assert not field or field in fields
    assert kind["listKey"] in operations[kind["operations"]["list"]].outputs


def test_kinds_have_words() -> None:
    assert console.kinds()["EndpointConfig"]["plural"] == "endpoint configurations"
    assert console.kinds()["CodeRepository"]["plural"] == "code repositories"
    assert console.section("TrainingJob") == "training"
