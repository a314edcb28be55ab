"""Every verb of every regular noun, driven by boto3 with requests made from the model."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from studio_ext.kinds.registry import RECORDS

from ..serving import ACCOUNT, REGION, Server
from .conftest import Ledger
from .driver import Driver, seconds
from .generic import PATHS, regular
from .samples import sample

COUNT, PAGE = 7, 3
ALONE = {"Workforce"}  # a region has one
UNTIMED = {"ModelCardExportJob", "ImageVersion"}
SCALARS = ("string", "integer", "long", "float", "double", "boolean", "timestamp")


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_all_nouns_are_here() -> None:
    assert len(regular()) == 67


@pytest.mark.parametrize("name", regular())
def test_noun(name: str, client: Any, server: Server, ledger: Ledger) -> None:
    driver = Driver(name, client, ledger)
    model = driver.noun
    count = 1 if name in ALONE else COUNT
    made = []
    for number in range(1, count + 1):
        request = driver.request(number, full=number == 1)
        created = driver.create(number, full=number == 1)
        made.append((request, driver.ids(created, request), created))

    # Create answers an ARN of the noun's own type.
    request, ids, created = made[0]
    arn = created.get(model.arn)
    outputs = model.verbs["create"].outputs
    if model.arn in outputs:
        assert created[model.arn].startswith(f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{model.token}/")

    # Describe says again what Create was told.
    described = driver.describe(ids)
    inputs = model.verbs["create"].inputs
    echoed = 0
    for field, value in request.items():
        shape = model.fields.members.get(field)
        if shape is None or shape.type not in SCALARS or inputs[field].type != shape.type:
            continue
        if value is not None and field != model.status:
            assert seconds(described[field]) == value, field
            echoed += 1
    assert echoed or not model.given

    # A name is taken once, and what is not there is not found, by the code the model knows.
    if set(model.ids) <= set(model.given):
        with pytest.raises(ClientError, match="already exist") as taken:
            driver.call("create", driver.request(1, full=True))
        known = model.verbs["create"].errors
        expected = [c for c in ("ResourceInUse", "ConflictException") if c in known]
        assert code_of(taken) == (expected or ["ValidationException"])[0]
    absent = driver.request(count + 90)
    gone = {field: absent.get(field) or ids[field] for field in model.ids}
    if gone != ids and model.ids[-1] != model.arn:
        with pytest.raises(ClientError, match="Could not find") as lost:
            driver.call("describe", gone)
        found = "ResourceNotFound" in model.verbs["describe"].errors
        assert code_of(lost) == ("ResourceNotFound" if found else "ValidationException")

    if name not in UNTIMED:
        check_list(driver, count)
    check_tags(driver, described, client, ledger)

    if "update" in model.verbs:
        operation = model.verbs["update"]
        change = {
            **_update(driver),
            **{f: v for f, v in ({model.arn: arn} | ids).items() if f in operation.inputs},
        }
        driver.call("update", change)
        after = driver.describe(ids)
        for field, value in change.items():
            shape = model.fields.members.get(field)
            if shape is not None and shape.type in SCALARS:
                assert seconds(after[field]) == value, field
    for verb in ("stop", "start"):
        if verb in model.verbs and model.statuses:
            shape = model.verbs[verb].input
            assert shape is not None
            driver.call(verb, {**sample(shape, 1), **ids})
            assert driver.describe(ids)[model.status] in model.statuses

    if "delete" in model.verbs:
        for request, ids, _ in made:
            inputs = model.verbs["delete"].inputs
            operation = model.verbs["delete"].input
            needed = operation.required if operation else ()
            extra = {f: request[f] for f in needed if f not in ids}
            driver.call("delete", {**{f: ids[f] for f in model.ids if f in inputs}, **extra})
            with pytest.raises(ClientError, match="Could not find"):
                driver.describe(ids)


def check_list(driver: Driver, count: int) -> None:
    """Pages, orders and filters."""
    model = driver.noun
    assert model.list is not None
    operation, inputs = model.verbs["list"], model.verbs["list"].inputs
    fixed = {f: driver.request(1)[f] for f in operation.input.required} if operation.input else {}

    def all_of(**params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        sized = {"MaxResults": PAGE} if "MaxResults" in inputs else {}
        for _ in range(50):
            answer = driver.call("list", {**fixed, **params, **sized, **token})
            page = answer[model.list.key]
            assert len(page) <= PAGE or not sized
            found += page
            if "NextToken" not in answer:
                return found
            token = {"NextToken": answer["NextToken"]}
        raise AssertionError("pages without end")

    everything = all_of()
    assert len(everything) >= count
    if "MaxResults" in inputs and count >= COUNT:
        first = driver.call("list", {**fixed, "MaxResults": PAGE})
        moved = first["NextToken"][:-2] + ("AA" if first["NextToken"][-2:] != "AA" else "BB")
        with pytest.raises(ClientError, match="Invalid NextToken"):
            driver.call("list", {**fixed, "NextToken": moved})

    for value in model.list.sort_by:
        orders = inputs["SortOrder"].enum if "SortOrder" in inputs else ()
        plain = value.replace("_", "").lower()
        names = {f.lower(): f for f in model.list.summary.members}
        field = names.get(plain) or names.get(f"{model.ids[-1]}".lower() if plain == "name" else "")
        up, down = (
            [seconds(one.get(field)) for one in all_of(SortBy=value, SortOrder=order)]
            for order in orders
        )
        assert len(up) == len(down) == len(everything)
        if field and None not in up:
            assert up == sorted(up)
            assert down == sorted(down, reverse=True)

    for name in model.list.filters:
        if name in fixed:
            continue
        shape = inputs[name]
        if name.startswith("StartTime"):
            all_of(**{name: 1_700_000_000})
        elif name.endswith(("After", "Before")):
            early, late = (all_of(**{name: 1_700_000_000}), all_of(**{name: 2_000_000_000}))
            kept, dropped = (early, late) if name.endswith("After") else (late, early)
            assert len(kept) == len(everything), name
            assert dropped == [], name
        elif shape.type == "string" and name not in {n for n, p in _paths(driver).items() if not p}:
            none_of = shape.enum[-1] if shape.enum else sample(shape, 99)
            narrowed = all_of(**{name: none_of})
            assert len(narrowed) < len(everything) or shape.enum, name
        if name in ("NameContains", f"{model.ids[-1]}Contains") and count >= COUNT:
            assert len(all_of(**{name: "PLE-3"})) == 1, name  # case is ignored


def _paths(driver: Driver) -> dict[str, str]:
    built = {kind.noun: dict(kind.paths) for kind in RECORDS}
    return built.get(driver.name, PATHS.get(driver.name, {}))


def check_tags(driver: Driver, described: dict[str, Any], client: Any, ledger: Ledger) -> None:
    arn = described.get(driver.noun.arn)
    if not arn:
        return
    before = client.list_tags(ResourceArn=arn)["Tags"]
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    added = client.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}])["Tags"]
    assert {"Key": "team", "Value": "b"} in added
    assert client.list_tags(ResourceArn=arn)["Tags"] == added
    client.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert client.list_tags(ResourceArn=arn)["Tags"] == before
    for operation in ("AddTags", "ListTags", "DeleteTags"):
        ledger.note("tags", operation)


def _update(driver: Driver) -> dict[str, Any]:
    """An Update of every scalar it takes."""
    shape = driver.noun.verbs["update"].input
    assert shape is not None
    change: dict[str, Any] = sample(shape, 55, full=True)
    if driver.name == "ModelCard":
        del change["Content"]
    if driver.name == "Workforce":
        change["SourceIpConfig"] = {"Cidrs": []}
    return change


def test_figures(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    """Not a check but the figures, once all nouns were driven."""
    operations = sum(len(found) for found in ledger.operations.values())
    with capsys.disabled():
        print(f"\n{len(ledger.kinds)} nouns, {operations} operations answered and parsed")
        for verb, found in sorted(ledger.operations.items()):
            print(f"  {verb:9} {len(found):3} operations {ledger.calls[verb]:5} calls")
    if len(ledger.kinds) == len(regular()):
        assert operations >= 300
