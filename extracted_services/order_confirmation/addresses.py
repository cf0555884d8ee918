"""Whom to write to about a customer, as their own events told: the fat style's copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.customers import Contact
from extracted_services.order_confirmation.table import number

if TYPE_CHECKING:
    from extracted_services.order_confirmation.table import Table

_UNKNOWN_OR_OLDER = "attribute_not_exists(#key) OR #version < :version"


class Addresses:
    """The latest contact of each customer."""

    def __init__(self, table: Table) -> None:
        """Keep them in this table."""
        self._table = table

    def find(self, customer_id: int) -> Contact | None:
        """Return whom to write to; None if no event ever told."""
        item = self._table.find(_key(customer_id))
        return Contact(name=item["name"]["S"], email=item["email"]["S"]) if item else None

    def keep(self, customer_id: int, contact: Contact, *, version: int) -> bool:
        """Keep a contact, unless what is kept is of a later version of the customer's stream.

        Returns whether it was kept: a repetition, or a replay of old events, changes nothing.
        """
        values = {
            "name": {"S": contact.name},
            "email": {"S": contact.email},
            "version": number(version),
        }
        return self._table.put(
            _key(customer_id), values, provided=_UNKNOWN_OR_OLDER, version=version
        )


def _key(customer_id: int) -> str:
    return f"contact/{customer_id}"
