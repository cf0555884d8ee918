"""Facts about customers. What identifies a person is in one class, `Contact`, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to write to: personal data, never to be logged. Only those with an e-mail have one."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRegistered:
    """Somebody opened an account: the first fact of their stream."""

    customer_id: int
    country: str
    registered_at: datetime
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetailsChanged:
    """A customer's details changed; `changed` names them. `contact` is the one from now on."""

    customer_id: int
    country: str
    changed: tuple[str, ...]
    changed_at: datetime
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSnapshotTaken:
    """Whom to write to about a customer as of the envelope's version: told to who missed it."""

    customer_id: int
    contact: Contact
