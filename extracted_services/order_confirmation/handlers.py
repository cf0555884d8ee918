"""What AWS Lambda calls: the events of both styles, each from a queue of its own. Wiring only."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.observability import structured_logger, with_metrics
from extracted_services.order_confirmation import fat, table, thin
from extracted_services.order_confirmation.addresses import Addresses
from extracted_services.order_confirmation.asking import CallBackFailed, CallBackRefused, Shop
from extracted_services.order_confirmation.confirming import Desk
from extracted_services.order_confirmation.inbox import Claimed, Inbox
from extracted_services.order_confirmation.sending import NotSent, sender_for

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger

    from extracted_services.order_confirmation.asking import Answer
    from extracted_services.order_confirmation.table import Table

LOGGER = structured_logger("order_confirmation")
FAT, THIN = "fat", "thin"
EXPECTED = {
    CallBackFailed: "call_back_failed",
    CallBackRefused: "call_back_refused",
    Claimed: "claimed",
    NotSent: "not_sent",
}


def on_events(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Confirm the orders that whole events tell of; the answer names what to deliver again."""
    return fat_consumer(_table()).consume(event)


def on_announcements(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Confirm the orders that are announced; the answer names what to deliver again."""
    return thin_consumer(_table()).consume(event)


@cache
def _table() -> Table:
    return table.connect(os.environ["TABLE_NAME"])


def fat_consumer(kept_in: Table, *, logger: Logger = LOGGER) -> Consumer:
    """Return the consumer of whole events, for one batch."""
    return Consumer(
        handle=partial(fat.handle, addresses=Addresses(kept_in), desk=_desk(kept_in, FAT, logger)),
        reads=fat.READS,
        snapshots=fat.SNAPSHOTS,
        logger=logger,
        expected_failures=EXPECTED,
    )


def thin_consumer(kept_in: Table, *, logger: Logger = LOGGER) -> Consumer:
    """Return the consumer of announcements, for one batch."""
    shop = Shop(os.environ["SHOP_ORIGIN"], os.environ["SERVICE_TOKEN"])
    return Consumer(
        handle=partial(
            thin.handle,
            shop=shop,
            desk=_desk(kept_in, THIN, logger),
            note=partial(_note_call_back, logger),
        ),
        reads=thin.READS,
        snapshots=(),
        logger=logger,
        expected_failures=EXPECTED,
    )


def _desk(kept_in: Table, style: str, logger: Logger) -> Desk:
    sender = sender_for(os.environ["SMTP_URL"], sender=os.environ["SENDER"], logger=logger)
    return Desk(
        inbox=Inbox(kept_in),
        sender=sender,
        is_sending=os.environ["SENDS"] == style,
        now=partial(datetime.now, UTC),
    )


def _note_call_back(logger: Logger, answer: Answer) -> None:
    fields = {
        "order_number": answer.order.order_number,
        "call_backs": 1,
        "call_back_ms": round(answer.milliseconds, 2),
        "call_back_bytes": answer.response_bytes,
    }
    units = {"call_backs": "Count", "call_back_ms": "Milliseconds", "call_back_bytes": "Bytes"}
    logger.info("shop asked", extra=with_metrics(fields, units, by=("service",)))
