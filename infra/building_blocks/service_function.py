"""One Lambda function of a service: a role that may what it is granted, a log, and its alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnParameter, RemovalPolicy, Size
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from infra.building_blocks.alarms import alarm_on_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration

    from infra.environments import EnvironmentStack

MEMORY_MIB = 512


@dataclass(frozen=True, slots=True)
class ServiceCode:
    """Where a service's code is: parameters, so that new code leaves the template as it is."""

    bucket: CfnParameter
    key: CfnParameter

    @classmethod
    def asked_of(cls, stack: EnvironmentStack) -> ServiceCode:
        """Ask for the code when the stack is deployed."""
        return cls(
            CfnParameter(stack, "CodeBucket", description="The bucket that holds the code"),
            CfnParameter(stack, "CodeKey", description="The zip in it: infra/local/packaging.py"),
        )


@dataclass(frozen=True, slots=True)
class ServiceImage:
    """Where a service's container image is: for what a zip cannot hold, or Lambda's runtime lacks.

    Its entry point is Lambda's own runtime client; which function it runs is its command.
    """

    repository: ecr.IRepository
    tag: CfnParameter

    @classmethod
    def asked_of(cls, stack: EnvironmentStack, name: str) -> ServiceImage:
        """Ask for the image when the stack is deployed."""
        return cls(
            ecr.Repository.from_repository_name(stack, "Repository", f"banyan/{name}"),
            CfnParameter(
                stack,
                "ImageTag",
                default="latest",
                description=f"Which image of banyan/{name}; locally the working tree is run",
            ),
        )


def add_function(
    stack: EnvironmentStack,
    *,
    service: str,
    entry_point: str,
    code: ServiceCode | ServiceImage,
    timeout: Duration,
    variables: Mapping[str, str],
    **bounds: int,
) -> lambda_.Function:
    """Add `extracted_services.<service>.handlers.<entry_point>`.

    `bounds`: `memory_mib`, `disk_mib`, and `at_once`, how many may run at the same time.
    """
    name = f"{service}-{entry_point}".replace("_", "-")
    id_ = entry_point.title().replace("_", "")
    log_group = logs.LogGroup(
        stack,
        f"{id_}Log",
        log_group_name=f"/aws/lambda/{name}",
        removal_policy=RemovalPolicy.DESTROY,
    )
    stack.keep_logs(log_group)
    function = lambda_.Function(
        stack,
        id_,
        function_name=name,
        architecture=lambda_.Architecture.ARM_64,
        **_runs(f"extracted_services.{service}.handlers.{entry_point}", code),
        **_bounded(**bounds),
        timeout=timeout,
        environment={"POWERTOOLS_SERVICE_NAME": service, **variables},
        role=_writing_to(log_group, stack, f"{id_}Role"),
        log_group=log_group,
    )
    alarm_on_trouble(stack, function, name=name)
    return function


def _bounded(
    *, memory_mib: int = MEMORY_MIB, disk_mib: int | None = None, at_once: int | None = None
) -> dict[str, Any]:
    return {
        "memory_size": memory_mib,
        "ephemeral_storage_size": None if disk_mib is None else Size.mebibytes(disk_mib),
        "reserved_concurrent_executions": at_once,
    }


def _runs(handler: str, code: ServiceCode | ServiceImage) -> dict[str, Any]:
    if isinstance(code, ServiceImage):
        image = lambda_.Code.from_ecr_image(
            code.repository, tag_or_digest=code.tag.value_as_string, cmd=[handler]
        )
        return {
            "code": image,
            "handler": lambda_.Handler.FROM_IMAGE,
            "runtime": lambda_.Runtime.FROM_IMAGE,
        }
    return {
        "code": lambda_.Code.from_cfn_parameters(
            bucket_name_param=code.bucket, object_key_param=code.key
        ),
        "handler": handler,
        "runtime": lambda_.Runtime.PYTHON_3_13,
    }


def _writing_to(log_group: logs.LogGroup, stack: Any, id_: str) -> iam.Role:
    # The managed policy that CDK would give lets a function write to every log of the account.
    role = iam.Role(stack, id_, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    return role
