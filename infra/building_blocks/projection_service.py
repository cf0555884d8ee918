"""An extracted service: events come in by a queue, a table keeps the answer, a route gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as api_gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda_event_sources as event_sources

from infra import exports
from infra.building_blocks.claims import let_read_claims
from infra.building_blocks.edge_route import add_edge_route, shop_only
from infra.building_blocks.event_queue import EventQueue
from infra.building_blocks.service_function import ServiceCode, add_function
from infra.environments import EnvironmentStack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aws_cdk import aws_lambda as lambda_

# A failed batch waits six times this before it comes back: short, so that a gap heals soon.
EVENTS_TIMEOUT = Duration.seconds(10)
# The monolith gives up after 0.4 s; what is left is for other callers.
REQUEST_TIMEOUT = Duration.seconds(3)
BATCH_SIZE = 10
READING = ("dynamodb:GetItem", "dynamodb:Query")
# Reconciliation asks for the keys that are kept.
LISTING = ("dynamodb:Scan",)
WRITING = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)


class ProjectionService(EnvironmentStack):
    """The stack of one service: `on_events` writes the table, `on_request` only reads it."""

    def __init__(
        self,
        scope: Any,
        *,
        service: str,
        question: str,
        stream_kinds: Sequence[str],
        snapshots: Collection[type],
        partition_key: str,
        sort_key: str,
        routes: Sequence[str],
    ) -> None:
        name = service.replace("_", "-")
        super().__init__(scope, name, description=question)
        self._service = service
        self._code = ServiceCode.asked_of(self)
        self._table = self._add_table(name, partition_key=partition_key, sort_key=sort_key)
        self.on_events = self._consume(
            EventQueue(
                self,
                consumer=name,
                stream_kinds=stream_kinds,
                snapshots=snapshots,
                function_timeout=EVENTS_TIMEOUT,
            )
        )
        self.on_request = self._answer(name, routes)

    def _add_table(self, name: str, *, partition_key: str, sort_key: str) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        table = dynamodb.Table(
            self,
            "Table",
            table_name=name,
            partition_key=dynamodb.Attribute(name=partition_key, type=text),
            sort_key=dynamodb.Attribute(name=sort_key, type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.protect(table)
        return table

    def _consume(self, events: EventQueue) -> lambda_.Function:
        function = self._add_function("on_events", EVENTS_TIMEOUT)
        self._table.grant(function, *READING, *WRITING)
        let_read_claims(self, function)
        function.add_event_source(
            event_sources.SqsEventSource(
                events.queue, batch_size=BATCH_SIZE, report_batch_item_failures=True
            )
        )
        return function

    def _answer(self, name: str, routes: Sequence[str]) -> lambda_.Function:
        function = self._add_function("on_request", REQUEST_TIMEOUT)
        self._table.grant(function, *READING, *LISTING)
        api = api_gateway.HttpApi(self, "Api", api_name=name, cors_preflight=shop_only(self))
        integration = integrations.HttpLambdaIntegration("OnRequest", function)
        for route in routes:
            api.add_routes(
                path=route,
                methods=[api_gateway.HttpMethod.GET],
                integration=integration,
                authorizer=authorizers.HttpIamAuthorizer(),
            )
        add_edge_route(self, api, integration, service=self._service)
        CfnOutput(self, "Address", value=api.api_endpoint, export_name=exports.service(name))
        return function

    def _add_function(self, entry_point: str, timeout: Duration) -> lambda_.Function:
        return add_function(
            self,
            service=self._service,
            entry_point=entry_point,
            code=self._code,
            timeout=timeout,
            variables={"TABLE_NAME": self._table.table_name},
        )
