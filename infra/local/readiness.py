"""Is it there yet? One question per kind of server."""

from __future__ import annotations

import urllib.error
import urllib.request

_SECONDS = 2


def http_answers(url: str) -> bool:
    """Tell whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310
            return bool(response.status == 200)  # noqa: PLR2004
    except (OSError, urllib.error.URLError):
        return False


def postgres_answers(url: str) -> bool:
    """Tell whether a connection is accepted."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True
