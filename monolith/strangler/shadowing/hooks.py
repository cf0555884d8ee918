"""Calls what a path declares; whatever it raises is counted by its name and goes no further."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = structlog.get_logger(__name__)


class HookFailed(Exception):
    """Something that a comparison called raised; `hook` names it."""

    def __init__(self, hook: str) -> None:
        super().__init__(hook)
        self.hook = hook


@contextmanager
def hook(name: str) -> Iterator[None]:
    """Name what is called inside.

    Raises:
        HookFailed: it raised. Its message is logged without values: only the kind of error.
    """
    try:
        yield
    except HookFailed:
        raise
    except Exception as error:
        logger.warning("comparison hook failed", hook=name, error=type(error).__name__)
        raise HookFailed(name) from error
