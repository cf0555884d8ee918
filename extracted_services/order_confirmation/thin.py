"""Event notification: the event only says that there is an order; the rest is asked of the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.ordering import OrderAnnounced
from extracted_services.order_confirmation.asking import OrderGone
from extracted_services.order_confirmation.confirming import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.envelope import Envelope
    from extracted_services.order_confirmation.asking import Answer, Shop
    from extracted_services.order_confirmation.confirming import Desk

READS = frozenset({"ordering"})


def handle(
    envelope: Envelope, *, shop: Shop, desk: Desk, note: Callable[[Answer], None]
) -> Outcome:
    """Ask about an order and confirm it; `note` is told what the answer cost.

    Raises:
        CallBackFailed, CallBackRefused: see `Shop.ask`.
        Claimed, NotSent: see `Desk.confirm`.
    """
    if not isinstance(envelope.data, OrderAnnounced):
        return Outcome.IGNORED
    # Before the question, which is all that it costs the shop.
    if desk.is_too_late(envelope):
        return Outcome.TOO_OLD
    try:
        answer = shop.ask(envelope.data.link)
    except OrderGone:
        return Outcome.GONE
    note(answer)
    return desk.confirm(answer.order, event_id=envelope.event_id)
