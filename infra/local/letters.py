"""How a local shop confirms orders: what its stack is told, and the shop itself."""

from __future__ import annotations

import os

STYLES = ("fat", "thin")
# Known to everybody who has this file, as a local SECRET_KEY is: everything listens on loopback.
SERVICE_TOKEN = "for-this-machine-only"  # noqa: S105 - see above
SENDER = "orders@banyan.example"


class UnknownStyle(Exception):
    """CONFIRMATION names no style of event."""


def parameters() -> dict[str, str]:
    """Return the stack's parameters, as CONFIRMATION and SMTP_URL have them.

    Raises:
        UnknownStyle: CONFIRMATION is neither `fat` nor `thin`.
    """
    style = os.environ.get("CONFIRMATION", "fat")
    if style not in STYLES:
        raise UnknownStyle(f"CONFIRMATION={style!r}: expected {' or '.join(STYLES)}")
    return {
        "Sends": style,
        "SenderAddress": SENDER,
        "ServiceToken": SERVICE_TOKEN,
        "SmtpUrl": os.environ.get("SMTP_URL") or "console:",
    }
