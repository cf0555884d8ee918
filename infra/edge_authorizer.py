"""The stack of extracted_services/edge_authorizer: the keys that sign tokens, and who verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra import exports
from infra.building_blocks.service_function import ServiceCode, add_function
from infra.environments import EnvironmentStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

NAME = "edge-authorizer"
# The first one signs, all of them are believed. How to change keys: docs/runbook/tasks.
KEYS = ("edge-1",)
# A cold start asks KMS for the keys.
TIMEOUT = Duration.seconds(5)


class EdgeAuthorizer(EnvironmentStack):
    """Lets customers who hold a token of the monolith's through to the edge routes.

    Private keys never leave KMS: the monolith may have it sign, the function may only ask for the
    public ones, and so cannot make a token.
    """

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, NAME, description="Who may read at the edge?")
        keys = [self._add_key(name) for name in KEYS]
        function = add_function(
            self,
            service="edge_authorizer",
            entry_point="on_authorize",
            code=ServiceCode.asked_of(self),
            timeout=TIMEOUT,
            variables={"KEY_IDS": Fn.join(",", [key.key_id for key in keys])},
        )
        _let_verify(function, keys)
        CfnOutput(self, "Function", value=function.function_arn, export_name=exports.function(NAME))
        CfnOutput(self, "SigningKey", value=keys[0].key_id, export_name=exports.key("edge-signing"))

    def _add_key(self, name: str) -> kms.Key:
        return kms.Key(
            self,
            f"Key-{name}",
            alias=f"banyan-{name}",
            description="Signs tokens for the edge routes",
            key_spec=kms.KeySpec.RSA_2048,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            # It signs what lasts for minutes; deletion waits for at least a week anyway.
            removal_policy=RemovalPolicy.DESTROY,
        )


def _let_verify(function: lambda_.Function, keys: Sequence[kms.Key]) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(actions=["kms:GetPublicKey"], resources=[key.key_arn for key in keys])
    )
