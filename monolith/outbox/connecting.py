"""Connections of the outbox's own: autocommit, and none of Django's per thread."""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

# A vanished server is noticed after about 15 seconds; PostgreSQL's own default is two hours.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2}
_OF_DJANGO = ("context", "cursor_factory", "prepare_threshold")


def connect(purpose: str, **session: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection named after its purpose, with PostgreSQL settings for the session.

    LISTEN needs a direct one: behind a pooler in transaction mode, OUTBOX_DATABASE_ALIAS names a
    database entry that goes round it.

    Raises:
        psycopg.OperationalError: the server cannot be reached.
    """
    alias = getattr(settings, "OUTBOX_DATABASE_ALIAS", DEFAULT_DB_ALIAS)
    parameters = connections[alias].get_connection_params()
    for name in _OF_DJANGO:
        parameters.pop(name, None)
    options = " ".join(
        [parameters.pop("options", ""), *(f"-c {key}={value}" for key, value in session.items())]
    )
    return psycopg.connect(
        **{"connect_timeout": 5, **_KEEPALIVE, **parameters},
        autocommit=True,
        application_name=f"banyan {purpose}",
        options=options.strip(),
        prepare_threshold=0,
    )
