"""Typed readers of the environment: a wrong value stops the start, not the customer.

What the environment does not say is looked up in `.banyan/run.json`, which `make up` keeps while
the shop runs, so that `manage.py` commands find the running system without any set-up.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
STATE_DIR = Path(os.environ.get("BANYAN_STATE_DIR", ROOT / ".banyan"))


class InvalidSetting(Exception):
    """An environment variable holds something that cannot be meant."""


def text(name: str, default: str) -> str:
    """Read a text."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Read yes or no, in any of the usual spellings.

    Raises:
        InvalidSetting: it is neither.
    """
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise InvalidSetting(f"{name}={value!r}: expected yes or no")


def number(name: str, default: float, *, most: float = inf) -> float:
    """Read a number that is not negative, and not more than `most`.

    Raises:
        InvalidSetting: it is not one.
    """
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        read = float(value)
    except ValueError:
        raise InvalidSetting(f"{name}={value!r}: expected a number") from None
    if read < 0:
        raise InvalidSetting(f"{name}={value!r}: must not be negative")
    if read > most:
        raise InvalidSetting(f"{name}={value!r}: must not be more than {most:g}")
    return read


def names(name: str, default: str) -> list[str]:
    """Read a list of names, separated by commas."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def running(key: str) -> str | None:
    """Return an address of the system that `make up` runs, or None while none runs."""
    value = _state("run.json").get(key)
    return str(value) if value else None


def deployed(section: str) -> dict[str, str]:
    """Return one section of what the local deployment wrote down, such as topics.

    `BANYAN_DEPLOYED` holds the same JSON where nothing is deployed locally.
    """
    given = os.environ.get("BANYAN_DEPLOYED")
    outputs = json.loads(given) if given else _state("deployed.json")
    return dict(outputs.get(section, {}))


def take_made_up_credentials() -> None:
    """Let AWS's libraries sign with credentials that mean nothing, unless there are some.

    For local AWS, which takes any: without some, no command could call it.
    """
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")


def made_up_key(secret: str) -> str:
    """Make a key for sealing of a secret, as `cryptography.fernet.Fernet` wants it. Local only."""
    return urlsafe_b64encode(sha256(f"sealing {secret}".encode()).digest()).decode()


def database(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?option=value` into Django's form.

    Raises:
        InvalidSetting: it is another kind of address, or names no database.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise InvalidSetting("DATABASE_URL: expected postgresql://user@host:port/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


@cache
def _state(file: str) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads((STATE_DIR / file).read_text())
    except FileNotFoundError:
        return {}
    return read
