"""One letter per order, or a word that says why not: the same for both styles of event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from event_contracts.order_history import CANCELLED
from extracted_services.order_confirmation.inbox import State
from extracted_services.order_confirmation.letters import write_letter
from extracted_services.order_confirmation.sending import AddressRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from event_contracts.envelope import Envelope
    from event_contracts.order_confirmation import OrderToConfirm
    from extracted_services.order_confirmation.inbox import Inbox
    from extracted_services.order_confirmation.letters import Letter
    from extracted_services.order_confirmation.sending import Sender

# Of an older order the customer knows. Longer than a night's outage, shorter than any replay.
OLDEST_EVENT = timedelta(days=1)


class Outcome(StrEnum):
    """What became of an event."""

    SENT = "sent"
    MEASURED = "measured"  # written and put away: the other style sends
    REPEATED = "repeated"  # the letter was seen to before
    TOO_OLD = "too_old"  # a replay, or dead letters that were given back late
    NOBODY = "nobody"  # there is no e-mail, or none is known
    CANCELLED = "cancelled"  # meanwhile; only whoever calls back learns of it
    GONE = "gone"  # the shop knows of no such order (any more)
    REFUSED = "refused"  # the mail server takes no letter for this address, ever
    KEPT = "kept"  # an address
    IGNORED = "ignored"  # nothing that this service is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where letters are seen to; without `is_sending` they are written and put away."""

    inbox: Inbox
    sender: Sender
    is_sending: bool
    now: Callable[[], datetime]

    def is_too_late(self, envelope: Envelope) -> bool:
        """Tell whether an event was recorded so long ago that a letter would only surprise.

        What counts is when it was written down: trade may be entered long after it happened.
        """
        recorded_at = envelope.recorded_at or envelope.occurred_at
        return self.now() - recorded_at > OLDEST_EVENT

    def confirm(self, order: OrderToConfirm, *, event_id: UUID) -> Outcome:
        """Send the letter about an order that one event told of, unless it was sent before.

        Raises:
            Claimed: another delivery is just sending it.
            NotSent: the mail server did not take it; it is claimed no longer.
        """
        if order.status == CANCELLED:
            return Outcome.CANCELLED
        if order.contact is None:
            return Outcome.NOBODY
        letter = write_letter(order, to=order.contact)
        if not self.is_sending:
            return Outcome.MEASURED
        if not self.inbox.claim(letter.order_number, by=event_id, now=self._seconds()):
            return Outcome.REPEATED
        return self._send(letter, event_id)

    def _send(self, letter: Letter, event_id: UUID) -> Outcome:
        number = letter.order_number
        try:
            self.sender.send(letter, at=self.now())
        except AddressRefused:
            self.inbox.close(number, State.REFUSED, by=event_id, now=self._seconds())
            return Outcome.REFUSED
        except Exception:
            self.inbox.release(number, by=event_id, now=self._seconds())
            raise
        self.inbox.close(number, State.SENT, by=event_id, now=self._seconds())
        return Outcome.SENT

    def _seconds(self) -> int:
        return int(self.now().timestamp())
