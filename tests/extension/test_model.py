"""What forms and the sidebar are made from."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema

from studio_ext.algorithms.catalogue import find
from studio_ext.kinds import console

Fetch = Callable[..., Awaitable[Any]]
Refused = Callable[..., Awaitable[tuple[int, str]]]


async def test_kinds_and_sections(jp_fetch: Fetch) -> None:
    answer = json.loads((await jp_fetch("studio", "model")).body)
    assert answer["sections"] == console.sections()
    assert answer["kinds"]["TrainingJob"]["operations"]["stop"] == "StopTrainingJob"


async def test_every_form_begins_with_what_its_schema_allows(jp_fetch: Fetch) -> None:
    for kind in console.kinds().values():
        operation = kind["operations"]["create"]
        answer = await jp_fetch("studio", "model", params={"operation": operation})
        form = json.loads(answer.body)
        patterns = jsonschema.FormatChecker(())  # they are a browser's
        jsonschema.Draft7Validator.check_schema(form["schema"], format_checker=patterns)
        for name, value in form["initial"].items():
            member = {**form["schema"]["properties"][name], "required": []}
            member["definitions"] = form["schema"].get("definitions", {})
            jsonschema.validate(value, member)


async def test_operations_that_nobody_answers_have_no_form(refused: Refused) -> None:
    for operation in ("CreateEverything", "DescribeModel", "", "../x"):
        status, words = await refused("studio", "model", params={"operation": operation})
        assert status == 404
        assert "CreateTrainingJob" in words


async def test_algorithms_instance_types_and_roles(jp_fetch: Fetch) -> None:
    answer = json.loads((await jp_fetch("studio", "model", params={"algorithms": "1"})).body)
    for algorithm in answer["algorithms"]:
        assert find(algorithm["image"]).name == algorithm["name"]
        assert algorithm["channels"][0] == {"name": "train", "required": True}
        assert all(each["help"] for each in algorithm["hyperparameters"])
    assert {"name": "ml.m5.large", "cores": 1, "memory": 8 << 30} in answer["instanceTypes"]
    assert answer["roles"] == ["arn:aws:iam::123456789012:role/StudioExecutionRole"]


async def test_what_has_not_changed_is_not_sent_again(jp_fetch: Fetch) -> None:
    first = await jp_fetch("studio", "model")
    again = await jp_fetch(
        "studio", "model", headers={"If-None-Match": first.headers["ETag"]}, raise_error=False
    )
    assert (again.code, again.body) == (304, b"")
