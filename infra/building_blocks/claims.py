"""Who may read the data of events too large for a message (decision 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra import exports

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_


def let_read_claims(stack: Any, function: lambda_.Function) -> None:
    """Let a consumer fetch what its events refer to."""
    claims = s3.Bucket.from_bucket_name(stack, "Claims", Fn.import_value(exports.CLAIMS))
    # To whoever may not list a bucket, S3 says of what is missing that it is forbidden.
    for action, resource in (
        ("s3:GetObject", claims.arn_for_objects("events/*")),
        ("s3:ListBucket", claims.bucket_arn),
    ):
        function.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
