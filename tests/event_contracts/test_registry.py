"""What kind of event a type on the wire is."""

from __future__ import annotations

import pytest

from event_contracts.registry import EVENT_CLASSES, is_snapshot


@pytest.mark.parametrize(("event_type", "cls"), EVENT_CLASSES.items(), ids=EVENT_CLASSES)
def test_snapshots_are_those_whose_class_says_so(event_type, cls):
    assert is_snapshot(event_type) is cls.__name__.endswith("SnapshotTaken")


def test_snapshot_that_is_not_registered_yet_is_one_all_the_same():
    assert is_snapshot("catalogue.shelf_snapshot_taken.v12")
