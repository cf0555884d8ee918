"""The committed templates, read the way the tests ask about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "infra" / "templates"


@dataclass(frozen=True)
class Resource:
    stack: str
    id: str
    type: str
    properties: dict[str, Any]
    definition: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.stack}: {self.id}"


def _read() -> list[Resource]:
    return [
        Resource(file.stem, id_, definition["Type"], definition.get("Properties", {}), definition)
        for file in sorted(TEMPLATES.glob("*.json"))
        for id_, definition in json.loads(file.read_text())["Resources"].items()
    ]


RESOURCES = _read()


def of_type(type_: str) -> list[Resource]:
    return [resource for resource in RESOURCES if resource.type == type_]


def one(type_: str, stack: str, **properties: Any) -> Resource:
    (found,) = (
        resource
        for resource in of_type(type_)
        if resource.stack == stack and properties.items() <= resource.properties.items()
    )
    return found


def reference_to(value: Any) -> str:
    """Return the logical id that a `Ref` or `Fn::GetAtt` names."""
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def imported(value: Any) -> str:
    return str(value["Fn::ImportValue"])


def imported_within(value: Any) -> list[str]:
    """Return the names of everything imported anywhere in a value."""
    return re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(value))


def statements_of(role: Resource) -> list[dict[str, Any]]:
    """Return everything that a role may do."""
    return [
        statement
        for policy in of_type("AWS::IAM::Policy")
        if policy.stack == role.stack and role.id in map(reference_to, policy.properties["Roles"])
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def actions_of(function: Resource, *, on: str = "") -> set[str]:
    """Return what a function may do; `on` names an export, for what it may do to that."""
    role_id = reference_to(function.properties["Role"])
    (role,) = (
        role
        for role in of_type("AWS::IAM::Role")
        if (role.stack, role.id) == (function.stack, role_id)
    )
    assert "ManagedPolicyArns" not in role.properties
    assert "Policies" not in role.properties
    statements = statements_of(role)
    return {
        action
        for statement in statements
        if on in json.dumps(statement["Resource"])
        for action in _listed(statement["Action"])
    }


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
