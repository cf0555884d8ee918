"""Answers that were given, for as long as they would be given again.

What is said of days that are over does not change, and a page of reports is opened many times.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_REMEMBERED = 256


class Remembered:
    """The rows of the answers last asked for, by question and by what they were found in."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._answers: OrderedDict[object, tuple[Any, ...]] = OrderedDict()

    def rows(
        self, question: object, fingerprint: str, find: Callable[[], tuple[Any, ...]]
    ) -> tuple[Any, ...]:
        """Return the rows that answer a question; `find` them if that was another fingerprint's."""
        key = question, fingerprint
        if key not in self._answers:
            self._answers[key] = find()
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return self._answers[key]
