"""The smallest Django project that a peer needs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command


def start(url: str, app: str, **own: Any) -> None:
    """Configure Django with one app of the peer's, the database, and settings of its own."""
    parts = urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username or "",
                "PASSWORD": parts.password or "",
                "HOST": parts.hostname or "",
                "PORT": str(parts.port or ""),
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[app],
        USE_TZ=True,
        LOGGING_CONFIG=None,
        **own,
    )
    django.setup()


def make_tables() -> None:
    """Migrate."""
    call_command("migrate", verbosity=0)
