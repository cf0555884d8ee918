"""The environments there are, one line each. An AWS account holds one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import (
    CfnCondition,
    CfnMapping,
    CfnParameter,
    CfnResource,
    DefaultStackSynthesizer,
    Fn,
    Stack,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What differs between environments; everything else is the same, and so are the templates."""

    name: str
    protects_data: bool
    log_retention_days: int


ENVIRONMENTS = (
    Environment(name="local", protects_data=False, log_retention_days=1),
    Environment(name="staging", protects_data=False, log_retention_days=14),
    Environment(name="production", protects_data=True, log_retention_days=90),
)


class EnvironmentStack(Stack):  # type: ignore[misc]  # its types are in .venv-cdk
    """A stack that asks for its environment when it is deployed, not when it is synthesised.

    So one template per stack is committed, and what runs locally is what is shipped.
    """

    def __init__(self, scope: Any, name: str, *, description: str) -> None:
        super().__init__(
            scope,
            name,
            stack_name=f"banyan-{name}",
            description=description,
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._choice: CfnParameter | None = None
        self._environments: CfnMapping | None = None

    def protect(self, table: Any) -> None:
        """Have a table refuse to be deleted where the environment says so."""
        protects = CfnCondition(
            self,
            "ProtectsData",
            expression=Fn.condition_equals(self._find("ProtectsData"), "true"),
        )
        choice = Fn.condition_if(protects.logical_id, True, False)  # noqa: FBT003
        _resource_of(table).add_property_override("DeletionProtectionEnabled", choice)

    def keep_logs(self, log_group: Any) -> None:
        """Have a log group forget after as many days as the environment says."""
        _resource_of(log_group).add_property_override(
            "RetentionInDays", self._find("LogRetentionDays")
        )

    def _find(self, key: str) -> str:
        if self._environments is None:
            self._environments = CfnMapping(self, "Environments", mapping=_mapping())
            self._choice = CfnParameter(
                self,
                "Environment",
                allowed_values=[environment.name for environment in ENVIRONMENTS],
                description="Which line of infra/environments.py holds",
            )
        assert self._choice is not None  # noqa: S101 - set together
        found: str = self._environments.find_in_map(self._choice.value_as_string, key)
        return found


def _mapping() -> dict[str, dict[str, str]]:
    # CloudFormation's mappings hold texts.
    return {
        environment.name: {
            "ProtectsData": str(environment.protects_data).lower(),
            "LogRetentionDays": str(environment.log_retention_days),
        }
        for environment in ENVIRONMENTS
    }


def _resource_of(construct: Any) -> CfnResource:
    return construct.node.default_child
