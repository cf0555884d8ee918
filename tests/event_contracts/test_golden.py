"""The golden files are the promise to every consumer: what is written today is read for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from event_contracts.codec import decode, encode
from event_contracts.registry import EVENT_CLASSES
from event_contracts.snapshots import GOLDEN, list_revisions
from tests.event_contracts.examples import ENVELOPES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_producer_writes_exactly_the_newest_golden_text(event_type):
    golden = list_revisions(GOLDEN, event_type)[-1].read_text()

    text = encode(ENVELOPES[event_type])

    assert f"{text}\n" == golden


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_newest_golden_text_is_read_back_whole(event_type):
    golden = list_revisions(GOLDEN, event_type)[-1].read_text()

    envelope = decode(golden)

    assert envelope == ENVELOPES[event_type]


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_every_golden_file_ever_written_is_still_readable(path: Path):
    envelope = decode(path.read_text())

    assert path in list_revisions(GOLDEN, envelope.event_type)
