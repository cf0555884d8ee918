from __future__ import annotations

from event_contracts.envelope import Envelope
from tests.monolith.outbox.events import NOON
from tests.monolith.outbox.verdicts import Delivered, Verdict, judge


def test_judge_counts_lost_reordered_and_repeated_events():
    recorded = [
        _envelope(name, version) for name, version in [("a", 1), ("b", 2), ("c", 3), ("d", 4)]
    ]
    delivered = [
        Delivered("b", "s", 2),
        Delivered("a", "s", 1),
        Delivered("c", "s", 3),
        Delivered("c", "s", 3),
    ]

    assert judge(recorded, delivered) == Verdict(lost=1, inversions=1, duplicates=1)


def test_repetition_of_an_old_event_is_no_inversion():
    recorded = [_envelope("a", 1), _envelope("b", 2)]
    delivered = [Delivered("a", "s", 1), Delivered("b", "s", 2), Delivered("a", "s", 1)]

    assert judge(recorded, delivered) == Verdict(lost=0, inversions=0, duplicates=1)


def _envelope(event_id, version) -> Envelope:
    return Envelope(
        event_id=event_id,
        event_type="any",
        stream="s",
        version=version,
        occurred_at=NOON,
        data=None,
    )
