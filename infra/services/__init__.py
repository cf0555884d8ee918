"""One stack per extracted service: a module named after its folder, with `add(scope)`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def add_all(scope: Any) -> None:
    """Add the stack of every service there is, in the order of their names."""
    for module in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{module}").add(scope)
