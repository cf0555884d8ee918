"""The stack of extracted_services/order_confirmation: both styles of event, one that sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnParameter, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from event_contracts.customers import ContactSnapshotTaken
from event_contracts.streams import ANNOUNCEMENT, CUSTOMER, GUEST_ORDER
from infra.building_blocks.claims import let_read_claims
from infra.building_blocks.event_queue import EventQueue
from infra.building_blocks.service_function import ServiceCode, add_function
from infra.environments import EnvironmentStack

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

NAME = "order-confirmation"
SERVICE = "order_confirmation"
STYLES = ("fat", "thin")
# Ten letters by a slow mail server, or ten call-backs. A claim on a letter lasts ten seconds longer
# (inbox.py), and the queue waits six times this: whoever holds a claim then is dead.
TIMEOUT = Duration.seconds(30)
BATCH_SIZE = 10
KEEPING = ("dynamodb:GetItem", "dynamodb:PutItem")


def add(scope: Any) -> OrderConfirmation:
    """Add the service that tells customers that their order arrived."""
    return OrderConfirmation(scope)


class OrderConfirmation(EnvironmentStack):
    """Two consumers with a queue each, and one table that both keep their letters in."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, NAME, description="Has the customer been told of the order?")
        self._code = ServiceCode.asked_of(self)
        self._table = self._add_table()
        self._variables = {"TABLE_NAME": self._table.table_name, **self._ask_how_to_send()}
        fat = self._consume(
            "on_events",
            EventQueue(
                self,
                consumer=NAME,
                stream_kinds=(CUSTOMER, GUEST_ORDER),
                snapshots=(ContactSnapshotTaken,),
                function_timeout=TIMEOUT,
            ),
        )
        let_read_claims(self, fat)
        self._consume(
            "on_announcements",
            EventQueue(
                Construct(self, "Thin"),
                consumer=f"{NAME}-thin",
                stream_kinds=(ANNOUNCEMENT,),
                snapshots=(),
                function_timeout=TIMEOUT,
            ),
        )

    def _add_table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            table_name=NAME,
            partition_key=dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            # Letters are forgotten, contacts are not.
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.protect(table)
        return table

    def _ask_how_to_send(self) -> dict[str, str]:
        asked = {
            "SENDS": CfnParameter(
                self,
                "Sends",
                default="fat",
                allowed_values=list(STYLES),
                description="Which style of event sends letters; the other one only measures",
            ),
            "SENDER": CfnParameter(
                self, "SenderAddress", description="Whom letters come from: orders@shop.example"
            ),
            "SHOP_ORIGIN": CfnParameter(
                self,
                "ShopOrigin",
                description="Where the shop is called back: https://shop.example",
            ),
            "SMTP_URL": CfnParameter(
                self, "SmtpUrl", no_echo=True, description="smtps://user:password@host:port"
            ),
            "SERVICE_TOKEN": CfnParameter(
                self, "ServiceToken", no_echo=True, description="One of the shop's SERVICE_TOKENS"
            ),
        }
        return {name: parameter.value_as_string for name, parameter in asked.items()}

    def _consume(self, entry_point: str, events: EventQueue) -> lambda_.Function:
        function = add_function(
            self,
            service=SERVICE,
            entry_point=entry_point,
            code=self._code,
            timeout=TIMEOUT,
            variables=self._variables,
        )
        self._table.grant(function, *KEEPING)
        function.add_event_source(
            event_sources.SqsEventSource(
                events.queue, batch_size=BATCH_SIZE, report_batch_item_failures=True
            )
        )
        return function
