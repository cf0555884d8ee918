"""CloudFormation stacks: read from templates, ordered by what they import, created or updated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from types_boto3_cloudformation import CloudFormationClient

PREFIX = "banyan-"
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")
# A stack whose creation failed can only be deleted.
NEVER_WAS = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"}
# Its type wants whole seconds; botocore just sleeps.
WAITING: Any = {"Delay": 0.05, "MaxAttempts": 2_000}


class DeploymentFailed(Exception):
    """A stack is not what its template says; the message names stack, resource and reason."""


@dataclass(frozen=True)
class Template:
    """One committed template."""

    name: str
    text: str

    @cached_property
    def stack_name(self) -> str:
        return f"{PREFIX}{self.name}"

    @cached_property
    def parsed(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read

    @property
    def exports(self) -> set[str]:
        outputs = self.parsed.get("Outputs", {}).values()
        return {output["Export"]["Name"] for output in outputs if "Export" in output}

    @property
    def imports(self) -> set[str]:
        return set(_imports(self.parsed))


def read_templates(folder: Path) -> list[Template]:
    """Return the templates of a folder, each after those whose exports it imports."""
    templates = [Template(path.stem, path.read_text()) for path in sorted(folder.glob("*.json"))]
    exporter = {name: template for template in templates for name in template.exports}
    needs = {
        template: {exporter[name] for name in template.imports if name in exporter}
        for template in templates
    }
    return list(TopologicalSorter(needs).static_order())


def put_stack(client: CloudFormationClient, template: Template, values: Mapping[str, str]) -> str:
    """Create a stack or bring it up to date; return `created`, `updated` or `unchanged`.

    `values` may hold parameters that this template does not have.

    Raises:
        DeploymentFailed: CloudFormation refused, or rolled back.
    """
    try:
        return _create_or_update(client, template, _parameters(template, values))
    except (ClientError, WaiterError) as error:
        raise DeploymentFailed(_why(client, template.stack_name, error)) from error


def _create_or_update(
    client: CloudFormationClient, template: Template, parameters: list[Any]
) -> str:
    name = template.stack_name
    request: Any = {
        "StackName": name,
        "TemplateBody": template.text,
        "Parameters": parameters,
        "Capabilities": CAPABILITIES,
    }
    status = _status(client, name)
    if status in NEVER_WAS:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=WAITING)
        status = None
    if status is None:
        client.create_stack(**request)
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAITING)
        return "created"
    if not _update(client, request):
        return "unchanged"
    client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=WAITING)
    return "updated"


def _update(client: CloudFormationClient, request: Any) -> bool:
    try:
        client.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise
    return True


def _status(client: CloudFormationClient, name: str) -> str | None:
    try:
        return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _parameters(template: Template, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"ParameterKey": name, "ParameterValue": values[name]}
        for name in template.parsed.get("Parameters", {})
        if name in values
    ]


def _why(client: CloudFormationClient, name: str, error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"{name}: {error.response['Error'].get('Message', error)}"
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
        for event in client.describe_stack_events(StackName=name)["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    # Newest first: the first failure is what set off the others.
    return f"{name}: {failed[-1] if failed else error}"


def _imports(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Fn::ImportValue" and isinstance(value, str):
                yield value
        yield from _imports_of_all(node.values())
    elif isinstance(node, list):
        yield from _imports_of_all(node)


def _imports_of_all(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        yield from _imports(node)
