"""Facts about customers. They carry no name, no address and no e-mail: no reader needs them yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRegistered:
    """Somebody opened an account: the first fact of their stream."""

    customer_id: int
    country: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetailsChanged:
    """A customer's details changed; `changed` names the details, not their values."""

    customer_id: int
    country: str
    changed: tuple[str, ...]
    changed_at: datetime
