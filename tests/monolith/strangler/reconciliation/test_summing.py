"""Halving what differs: exactly the wrong keys, in few requests."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_contracts.checksums import KeyDigest, checksum_of
from monolith.strangler.reconciliation.outcomes import Outcome
from monolith.strangler.reconciliation.summing import MOST_REQUESTS, Search

KEYS = [str(number) for number in range(1, 1_001)]
CHUNKS = [KEYS[first : first + 100] for first in range(0, 1_000, 100)]
relaxed = settings(deadline=None, max_examples=50)
HALVINGS = 7  # of a hundred keys, until one is left


class Sides:
    """The same digests on both sides, but for what is planted."""

    def __init__(self):
        self.ours = {key: KeyDigest(key=key, version=3, digest="x") for key in KEYS}
        self.theirs = dict(self.ours)
        self.requests = 0

    def ask(self, keys):
        self.requests += 1
        return checksum_of(self.theirs[key] for key in keys)

    def suspects(self, keys):
        return Search(self.ours, self.ask).suspects(list(keys), self.ask(keys))

    def all_suspects(self):
        return {key for chunk in CHUNKS for key in self.suspects(chunk).keys}

    def all_behind(self):
        return {
            finding.key: finding.outcome
            for chunk in CHUNKS
            for finding in self.suspects(chunk).behind
        }


@pytest.fixture
def sides():
    return Sides()


def test_equal_chunks_take_one_request_each(sides):
    assert sides.all_suspects() == set()
    assert sides.requests == len(CHUNKS)


@relaxed
@given(planted=st.sets(st.sampled_from(KEYS), max_size=12))
def test_exactly_the_wrong_keys_are_found_in_a_bounded_number_of_requests(planted):
    sides = Sides()
    for key in planted:
        sides.theirs[key] = KeyDigest(key=key, version=3, digest="spoilt")

    assert sides.all_suspects() == planted
    assert sides.requests <= len(CHUNKS) + 2 * HALVINGS * len(planted)


@relaxed
@given(
    behind=st.sets(st.sampled_from(KEYS), max_size=300),
    missing=st.sets(st.sampled_from(KEYS), max_size=300),
)
def test_keys_at_other_versions_are_found_without_halving(behind, missing):
    sides = Sides()
    for key in behind | missing:
        version = None if key in missing else 2
        sides.theirs[key] = KeyDigest(key=key, version=version, digest="x")

    assert sides.all_behind() == {
        **dict.fromkeys(behind, Outcome.STALE),
        **dict.fromkeys(missing, Outcome.MISSING),
    }
    assert sides.requests <= 2 * len(CHUNKS)


def test_monolith_that_moved_while_it_was_read_is_a_suspect(sides):
    sides.ours["7"] = KeyDigest(key="7")

    assert sides.all_suspects() == {"7"}


def test_service_that_is_ahead_is_a_suspect(sides):
    sides.theirs["7"] = KeyDigest(key="7", version=4, digest="x")

    assert sides.all_suspects() == {"7"}


def test_chunk_that_is_wrong_all_over_is_given_up_to_the_close_look(sides):
    for key in CHUNKS[0]:
        sides.theirs[key] = KeyDigest(key=key, version=3, digest="spoilt")

    suspects = sides.suspects(CHUNKS[0])

    assert set(suspects.keys) == set(CHUNKS[0])
    assert suspects.requests <= MOST_REQUESTS
    assert suspects.is_bisected


def test_nothing_is_missed_while_both_sides_move(sides):
    dice = random.Random(3)
    planted = set(dice.sample(CHUNKS[0], 5))
    for key in planted:
        sides.theirs[key] = KeyDigest(key=key, version=3, digest="spoilt")
    ask = sides.ask

    def moving(keys):
        moved = dice.choice(CHUNKS[0])
        if moved not in planted:
            sides.theirs[moved] = KeyDigest(key=moved, version=4, digest="newer")
        return ask(keys)

    sides.ask = moving

    assert planted <= set(sides.suspects(CHUNKS[0]).keys)
