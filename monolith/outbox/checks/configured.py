"""Do the settings make sense? No database is asked."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from monolith.outbox.contracts import contracts

# The least that makes sense of each number; 0 itself does not where it would mean "never".
_NUMBERS: dict[str, tuple[float, bool]] = {
    "OUTBOX_SHARDS": (1, True),
    "OUTBOX_BATCH_SIZE": (1, True),
    "OUTBOX_PUBLISH_THREADS": (1, True),
    "OUTBOX_MAX_ATTEMPTS": (1, True),
    "OUTBOX_RETENTION_DAYS": (1, True),
    "OUTBOX_LEASE_SECONDS": (0, False),
    "OUTBOX_RETRY_SECONDS": (0, False),
    "OUTBOX_RETRY_CEILING_SECONDS": (0, False),
    "OUTBOX_OUTAGE_SECONDS": (0, False),
    "OUTBOX_OUTAGE_CEILING_SECONDS": (0, False),
    "OUTBOX_WAKER_IDLE_SECONDS": (0, True),
}
_MOST_SHARDS = 32_767
_FUNCTIONS = ("topic_of", "topics", "event_type_of", "data_of", "knows", "encode")


@checks.register("outbox")
def check_contracts(**_context: Any) -> list[checks.CheckMessage]:
    """E008: the module that OUTBOX_CONTRACTS names is there and has every function."""
    hint = "OUTBOX_CONTRACTS names a module with the functions of monolith.outbox.contracts."
    try:
        module = contracts()
    except ImportError as error:
        text = f"OUTBOX_CONTRACTS cannot be imported: {error}"
        return [checks.Error(text, hint=hint, id="outbox.E008")]
    missing = [name for name in _FUNCTIONS if not callable(getattr(module, name, None))]
    return [
        checks.Error(f"OUTBOX_CONTRACTS has no function {name!r}.", hint=hint, id="outbox.E008")
        for name in missing
    ]


@checks.register("outbox")
def check_topics(**_context: Any) -> list[checks.CheckMessage]:
    """E001, W002: every topic has an ARN, or, before the first deployment, none has."""
    if check_contracts():
        return []  # nobody knows what topics there are
    arns = getattr(settings, "OUTBOX_TOPIC_ARNS", None)
    missing = [kind for kind in contracts().topics() if kind not in (arns or {})]
    hint = "Set OUTBOX_TOPIC_ARNS: each topic of the contracts to the ARN of its FIFO topic."
    if not arns:
        return [
            checks.Warning("No topics: events wait in the outbox.", hint=hint, id="outbox.W002")
        ]
    return [
        checks.Error(f"OUTBOX_TOPIC_ARNS has no {kind!r}.", hint=hint, id="outbox.E001")
        for kind in missing
    ]


@checks.register("outbox")
def check_numbers(**_context: Any) -> list[checks.CheckMessage]:
    """E007: every number among the settings can be meant."""
    given = {name: getattr(settings, name) for name in _NUMBERS if hasattr(settings, name)}
    return [
        checks.Error(
            f"{name} is {value!r}, which makes no sense.", hint=_range_of(name), id="outbox.E007"
        )
        for name, value in given.items()
        if not _makes_sense(name, value)
    ]


def _makes_sense(name: str, value: object) -> bool:
    least, itself = _NUMBERS[name]
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    if name == "OUTBOX_SHARDS" and value > _MOST_SHARDS:
        return False
    return value >= least if itself else value > least


def _range_of(name: str) -> str:
    least, itself = _NUMBERS[name]
    return f"A number, {least:g} or more." if itself else f"A number, more than {least:g}."
