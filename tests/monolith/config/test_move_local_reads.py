"""A new local shop: every service is filled before the first one is compared."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from monolith.config.management.commands import move_local_reads


@pytest.mark.parametrize("rung", [None, "service"])
def test_all_are_filled_then_each_is_compared_and_placed(monkeypatch, rung):
    called = []
    monkeypatch.setattr(
        move_local_reads, "call_command", lambda *words, **_options: called.append(words[1:4])
    )

    call_command("move_local_reads", "orders", "search", *(["--rung", rung] if rung else []))

    filled = [("backfill", path, "--restart") for path in ("orders", "search")]
    placed = [
        step
        for path in ("orders", "search")
        for step in (("reconcile", path), ("place", path, rung))
    ]
    assert called == filled + (placed if rung else [])
