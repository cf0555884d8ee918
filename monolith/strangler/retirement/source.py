"""The source that is searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monolith.strangler.retirement.modules import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A package and its tests as modules by name, and its templates' texts by file."""

    modules: Mapping[str, Module]
    tests: Mapping[str, Module]
    templates: Mapping[str, str]
