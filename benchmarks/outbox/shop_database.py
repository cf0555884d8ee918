"""This process as a part of the shop: Django's connection, pointed at a database of the run."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from monolith.config import environment
from monolith.outbox import waking

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Let the ORM and the outbox use another database while the block lasts."""
    before = dict(connection.settings_dict)
    _point_at(environment.database(url))
    try:
        yield
    finally:
        _point_at(before)


def _point_at(settings: dict[str, object]) -> None:
    waking.close()
    connection.close()
    connection.settings_dict.update(settings)
