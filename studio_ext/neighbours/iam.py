"""IAM: roles and their policies, as far as SageMaker's clients and tutorials go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..identity.keys import ACCOUNT
from ..identity.roles import (
    InvalidInput,
    NoSuchEntity,
    Role,
    Roles,
    check_document,
    new_role,
)
from ..wire.service import Caller, Operation

_PAGE = 100
Params = dict[str, Any]


class Iam:
    """Roles are kept; policies are names and documents; every simulated action is allowed."""

    name = "iam"

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def operations(self) -> dict[str, Operation]:
        return {
            "CreateRole": self.create_role,
            "GetRole": self.get_role,
            "ListRoles": self.list_roles,
            "UpdateRole": self.update_role,
            "UpdateAssumeRolePolicy": self.update_assume_role_policy,
            "DeleteRole": self.delete_role,
            "AttachRolePolicy": self.attach_role_policy,
            "DetachRolePolicy": self.detach_role_policy,
            "ListAttachedRolePolicies": self.list_attached_role_policies,
            "PutRolePolicy": self.put_role_policy,
            "GetRolePolicy": self.get_role_policy,
            "DeleteRolePolicy": self.delete_role_policy,
            "ListRolePolicies": self.list_role_policies,
            "TagRole": self.tag_role,
            "UntagRole": self.untag_role,
            "ListRoleTags": self.list_role_tags,
            "SimulatePrincipalPolicy": self.simulate_principal_policy,
        }

    def create_role(self, params: Params, caller: Caller) -> Params:
        role = new_role(
            params["RoleName"],
            params["AssumeRolePolicyDocument"],
            path=params.get("Path", "/"),
            description=params.get("Description", ""),
            longest=params.get("MaxSessionDuration", 3600),
            tags={tag["Key"]: tag["Value"] for tag in params.get("Tags", ())},
        )
        return {"Role": _shown(self._roles.create(role))}

    def get_role(self, params: Params, caller: Caller) -> Params:
        return {"Role": _shown(self._roles.get(params["RoleName"]))}

    def list_roles(self, params: Params, caller: Caller) -> Params:
        found = self._roles.all(params.get("PathPrefix", "/"))
        return _paged(params, "Roles", found, lambda role: role.name, _shown)

    def update_role(self, params: Params, caller: Caller) -> Params:
        with self._roles.changing(params["RoleName"]) as change:
            if "Description" in params:
                change.set(description=params["Description"])
            if "MaxSessionDuration" in params:
                change.set(longest=params["MaxSessionDuration"])
        return {}

    def update_assume_role_policy(self, params: Params, caller: Caller) -> Params:
        trust = check_document(params["PolicyDocument"])
        with self._roles.changing(params["RoleName"]) as change:
            change.set(trust=trust)
        return {}

    def delete_role(self, params: Params, caller: Caller) -> Params:
        self._roles.delete(params["RoleName"])
        return {}

    def attach_role_policy(self, params: Params, caller: Caller) -> Params:
        arn = params["PolicyArn"]
        if not arn.startswith("arn:aws") or ":policy/" not in arn:
            raise InvalidInput(f"PolicyArn {arn!r}: expected the ARN of a managed policy")
        with self._roles.changing(params["RoleName"]) as change:
            change.set(attached=tuple(dict.fromkeys((*change.role.attached, arn))))
        return {}

    def detach_role_policy(self, params: Params, caller: Caller) -> Params:
        arn = params["PolicyArn"]
        with self._roles.changing(params["RoleName"]) as change:
            if arn not in change.role.attached:
                raise NoSuchEntity(f"Policy {arn} was not found on role {change.role.name}.")
            change.set(attached=tuple(each for each in change.role.attached if each != arn))
        return {}

    def list_attached_role_policies(self, params: Params, caller: Caller) -> Params:
        attached = sorted(self._roles.get(params["RoleName"]).attached)
        return _paged(
            params, "AttachedPolicies", attached, str,
            lambda arn: {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn},
        )  # fmt: skip

    def put_role_policy(self, params: Params, caller: Caller) -> Params:
        document = check_document(params["PolicyDocument"])
        with self._roles.changing(params["RoleName"]) as change:
            change.set(inline={**change.role.inline, params["PolicyName"]: document})
        return {}

    def get_role_policy(self, params: Params, caller: Caller) -> Params:
        role, name = self._roles.get(params["RoleName"]), params["PolicyName"]
        if name not in role.inline:
            raise NoSuchEntity(f"The role policy with name {name} cannot be found.")
        document = quote(role.inline[name], safe="")
        return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": document}

    def delete_role_policy(self, params: Params, caller: Caller) -> Params:
        name = params["PolicyName"]
        with self._roles.changing(params["RoleName"]) as change:
            if name not in change.role.inline:
                raise NoSuchEntity(f"The role policy with name {name} cannot be found.")
            inline = {key: text for key, text in change.role.inline.items() if key != name}
            change.set(inline=inline)
        return {}

    def list_role_policies(self, params: Params, caller: Caller) -> Params:
        names = sorted(self._roles.get(params["RoleName"]).inline)
        return _paged(params, "PolicyNames", names, str, str)

    def tag_role(self, params: Params, caller: Caller) -> Params:
        new = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        with self._roles.changing(params["RoleName"]) as change:
            change.set(tags={**change.role.tags, **new})
        return {}

    def untag_role(self, params: Params, caller: Caller) -> Params:
        gone = params["TagKeys"]
        with self._roles.changing(params["RoleName"]) as change:
            change.set(tags={k: v for k, v in change.role.tags.items() if k not in gone})
        return {}

    def list_role_tags(self, params: Params, caller: Caller) -> Params:
        tags = self._roles.get(params["RoleName"]).tags
        return _paged(params, "Tags", sorted(_tags(tags), key=_key), _key, dict)

    def simulate_principal_policy(self, params: Params, caller: Caller) -> Params:
        """Every action is allowed on every resource: there is one account, and it is yours."""
        arn = params["PolicySourceArn"]
        if f":iam::{ACCOUNT}:role/" in arn:
            self._roles.get(arn.rpartition("/")[2])
        resources = params.get("ResourceArns") or ["*"]
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": "allowed",
                "MatchedStatements": [],
                "MissingContextValues": [],
            }
            for action in params["ActionNames"]
            for resource in resources
        ]
        return _paged(
            params, "EvaluationResults", results,
            lambda each: f"{each['EvalActionName']} {each['EvalResourceName']}", dict,
        )  # fmt: skip


def _shown(role: Role) -> Params:
    return {
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "Path": role.path,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": quote(role.trust, safe=""),
        "Description": role.description,
        "MaxSessionDuration": role.longest,
        "Tags": _tags(role.tags),
    }


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _key(tag: dict[str, str]) -> str:
    return tag["Key"]


def _paged(
    params: Params, field: str, items: list[Any], place: Callable[[Any], str],
    shown: Callable[[Any], Any],
) -> Params:  # fmt: skip
    """One page of a list; the marker is the place of its last item."""
    limit, marker = params.get("MaxItems", _PAGE), params.get("Marker")
    start = 0
    if marker is not None:
        places = [place(item) for item in items]
        later = [index for index, each in enumerate(places) if each == marker]
        start = later[-1] + 1 if later else sum(each <= marker for each in places)
    page = items[start : start + limit]
    more = start + limit < len(items)
    answer = {field: [shown(item) for item in page], "IsTruncated": more}
    return {**answer, "Marker": place(page[-1])} if more and page else answer
