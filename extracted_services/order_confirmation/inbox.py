"""Which letters were sent: one per order, however often, and by whichever event, it is told of.

Claimed before it is sent and closed after. A process that dies in between leaves a claim that ends,
and the letter is sent again: at least once, and twice only if it died after the mail server had
taken it (docs/decisions/0027-event-styles.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from extracted_services.order_confirmation.table import number

if TYPE_CHECKING:
    from uuid import UUID

    from extracted_services.order_confirmation.table import Table

# Longer than the function may run (infra/services/order_confirmation.py): whoever still holds an
# older claim is dead. Shorter than the queue waits, so that the redelivery finds it over.
CLAIM_SECONDS = 40
# Events older than a day send no letter (confirming.py), so a longer memory is never asked.
REMEMBERED_SECONDS = 7 * 86_400
_FREE = "attribute_not_exists(#key) OR (#state = :claimed AND #claimed_until <= :now)"
_MINE = "#state = :claimed AND #claimed_by = :me"


class State(StrEnum):
    """How far the letter about an order is."""

    CLAIMED = "claimed"
    SENT = "sent"
    REFUSED = "refused"  # the receiver's mail server takes none for this address


class Claimed(Exception):
    """Somebody is sending this letter just now, or died doing so: ask again later."""


class Inbox:
    """Remembers letters by the number of their order."""

    def __init__(self, table: Table) -> None:
        """Remember them in this table."""
        self._table = table

    def claim(self, order_number: str, *, by: UUID, now: int) -> bool:
        """Claim a letter for an event, `now` in seconds since 1970; False: it was seen to before.

        Raises:
            Claimed: another delivery has it, and may yet fail.
        """
        is_free = self._put(
            order_number, State.CLAIMED, by, until=now + CLAIM_SECONDS, provided=_FREE, now=now
        )
        if not is_free and not self._is_closed(order_number):
            raise Claimed(f"the letter about order {order_number} is claimed")
        return is_free

    def close(self, order_number: str, state: State, *, by: UUID, now: int) -> None:
        """Note what became of a letter that this event claimed; nobody sends it again."""
        # If it is not ours any more, whoever has it now writes down what becomes of it.
        self._put(order_number, state, by, until=now, provided=_MINE, me=str(by))

    def release(self, order_number: str, *, by: UUID, now: int) -> None:
        """Give a claim back at once, for a letter that is certainly not sent."""
        self._put(order_number, State.CLAIMED, by, until=now, provided=_MINE, me=str(by))

    def _put(
        self,
        order_number: str,
        state: State,
        by: UUID,
        *,
        until: int,
        provided: str,
        **compared: int | str,
    ) -> bool:
        values = {
            "state": {"S": state},
            "claimed_by": {"S": str(by)},
            "claimed_until": number(until),
            "expires_at": number(until + REMEMBERED_SECONDS),
        }
        return self._table.put(
            _key(order_number), values, provided=provided, claimed=State.CLAIMED.value, **compared
        )

    def _is_closed(self, order_number: str) -> bool:
        item = self._table.find(_key(order_number))
        return item is not None and item["state"]["S"] != State.CLAIMED


def _key(order_number: str) -> str:
    return f"letter/{order_number}"
