"""Seals what nobody may see by looking into a table: values that two answers disagree about.

Fernet (AES-128-CBC with HMAC-SHA256) from `cryptography`. The application itself can open what it
sealed, so a seal protects what is stored (copies, backups, people with a database shell), not what
runs. Of several keys the first seals and all open, so keys can be exchanged one after the other.
"""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class NoSamplesKey(Exception):
    """STRANGLER_SAMPLE_KEYS is empty: nothing can be sealed."""


class SealBroken(Exception):
    """None of the present keys opens it: it was tampered with, or its key was given up."""


def can_seal() -> bool:
    """Tell whether there is a key at all."""
    return bool(settings.STRANGLER_SAMPLE_KEYS)


def seal(plain: Any) -> bytes:
    """Seal what `json` can write.

    Raises:
        NoSamplesKey: there is no key.
    """
    return _keys().encrypt(json.dumps(plain, default=repr).encode())


def unseal(sealed: bytes) -> Any:
    """Open a seal.

    Raises:
        NoSamplesKey: there is no key.
        SealBroken: no key fits.
    """
    try:
        return json.loads(_keys().decrypt(sealed))
    except InvalidToken:
        raise SealBroken("no key in STRANGLER_SAMPLE_KEYS opens this sample") from None


def _keys() -> MultiFernet:
    if not can_seal():
        raise NoSamplesKey("STRANGLER_SAMPLE_KEYS is empty")
    return MultiFernet([Fernet(key) for key in settings.STRANGLER_SAMPLE_KEYS])
