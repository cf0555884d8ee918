"""An extracted service that keeps every event in S3, merges files by the clock, and runs SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as api_gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3

from infra import exports
from infra.building_blocks.claims import let_read_claims
from infra.building_blocks.event_queue import EventQueue
from infra.building_blocks.service_function import ServiceImage, add_function
from infra.environments import EnvironmentStack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aws_cdk import aws_lambda as lambda_

EVENTS_TIMEOUT = Duration.seconds(10)
MERGE_EVERY = Duration.minutes(1)
MERGE_TIMEOUT = Duration.minutes(4)
REQUEST_TIMEOUT = Duration.seconds(30)
BATCH_SIZE = 10
# SQL gets two processors, and room for copies of the files that it reads.
SQL: Any = {"memory_mib": 3_538, "disk_mib": 8_192}
LANDING = "landing/*"


class LakeService(EnvironmentStack):
    """The stack of one service, a container image: no zip can hold the engine of its SQL."""

    def __init__(
        self,
        scope: Any,
        *,
        service: str,
        question: str,
        stream_kinds: Sequence[str],
        snapshots: Collection[type],
        routes: Sequence[str],
    ) -> None:
        name = service.replace("_", "-")
        super().__init__(scope, name, description=question)
        self._service = service
        self._bucket = self._add_bucket()
        self._image = ServiceImage.asked_of(self, name)
        self._consume(
            EventQueue(
                self,
                consumer=name,
                stream_kinds=stream_kinds,
                snapshots=snapshots,
                function_timeout=EVENTS_TIMEOUT,
            )
        )
        self._merge()
        self._answer(name, routes)

    def _add_bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Lake",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )

    def _consume(self, queue: EventQueue) -> None:
        function = self._add_function("on_events", EVENTS_TIMEOUT)
        self._let(function, "s3:PutObject", on=LANDING)
        let_read_claims(self, function)
        function.add_event_source(
            event_sources.SqsEventSource(
                queue.queue, batch_size=BATCH_SIZE, report_batch_item_failures=True
            )
        )

    def _merge(self) -> None:
        # One at a time: a second one would only find that the list of files has moved.
        function = self._add_function("on_schedule", MERGE_TIMEOUT, at_once=1, **SQL)
        self._let(function, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", on="*")
        self._let_list(function)
        events.Rule(
            self,
            "EveryMinute",
            schedule=events.Schedule.rate(MERGE_EVERY),
            targets=[targets.LambdaFunction(function, retry_attempts=0)],
        )

    def _answer(self, name: str, routes: Sequence[str]) -> None:
        function = self._add_function("on_request", REQUEST_TIMEOUT, **SQL)
        self._let(function, "s3:GetObject", on="*")
        self._let_list(function)
        api = api_gateway.HttpApi(self, "Api", api_name=name)
        for route in routes:
            api.add_routes(
                path=route,
                methods=[api_gateway.HttpMethod.GET],
                integration=integrations.HttpLambdaIntegration("OnRequest", function),
                authorizer=authorizers.HttpIamAuthorizer(),
            )
        CfnOutput(self, "Address", value=api.api_endpoint, export_name=exports.service(name))

    def _let(self, function: lambda_.Function, *actions: str, on: str) -> None:
        resources = [self._bucket.arn_for_objects(on)]
        function.add_to_role_policy(iam.PolicyStatement(actions=[*actions], resources=resources))

    def _let_list(self, function: lambda_.Function) -> None:
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn])
        )

    def _add_function(
        self,
        entry_point: str,
        timeout: Duration,
        **bounds: Any,
    ) -> lambda_.Function:
        return add_function(
            self,
            service=self._service,
            entry_point=entry_point,
            code=self._image,
            timeout=timeout,
            variables={"BUCKET_NAME": self._bucket.bucket_name},
            **bounds,
        )
