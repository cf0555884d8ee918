"""Writes down what a process has counted."""

from __future__ import annotations


def hand_in() -> list[object]:
    """Write down everything counted since the last time: a stand-in that writes nothing."""
    return []
