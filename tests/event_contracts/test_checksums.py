"""Two sides agree by checksum exactly when they agree place by place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.checksums import KeyDigest, checksum_of, digest_of
from event_contracts.order_history import ORDER_STATUSES, ListedOrder, OrderHistoryPage
from event_contracts.plain_values import to_plain

# Few of each, so that two histories drawn apart are often the same.
instants = st.datetimes(timezones=st.just(UTC)).map(
    lambda drawn: drawn.replace(year=2011, month=8, day=1, hour=1, minute=0, second=0)
)
orders = st.builds(
    ListedOrder,
    customer_id=st.integers(1, 2),
    order_number=st.sampled_from(["536365", "B100001"]),
    placed_at=instants,
    status=st.sampled_from(ORDER_STATUSES),
    item_count=st.integers(0, 1),
    total_pence=st.integers(0, 1),
    returned_pence=st.integers(0, 1),
)
pages = st.builds(
    OrderHistoryPage,
    customer_id=st.integers(1, 2),
    as_of=st.integers(1, 2),
    orders=st.lists(orders, max_size=2).map(tuple),
    next=st.sampled_from([None, "2011-08-01T01:00:00+00:00~B100001"]),
)
histories = st.lists(pages, min_size=1, max_size=2)


@given(ours=histories, theirs=histories)
def test_digests_are_equal_exactly_when_the_pages_are(ours, theirs):
    are_equal = [to_plain(page) for page in ours] == [to_plain(page) for page in theirs]

    assert (digest_of("1", ours) == digest_of("1", theirs)) is are_equal


@given(history=histories)
def test_digest_is_the_same_for_the_same_instant_told_elsewhere(history):
    paris = timezone(timedelta(hours=2))
    elsewhere = [
        replace(
            page,
            orders=tuple(
                replace(order, placed_at=order.placed_at.astimezone(paris)) for order in page.orders
            ),
        )
        for page in history
    ]

    assert digest_of("1", elsewhere) == digest_of("1", history)


def test_digest_belongs_to_its_key():
    assert digest_of("1", []) != digest_of("2", [])


digests = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(st.none() | st.integers(1, 2), st.sampled_from(["x", "y"])),
)


def _listed(drawn):
    return [
        KeyDigest(key=key, version=version, digest=digest)
        for key, (version, digest) in drawn.items()
    ]


def _complete(drawn):
    return {key: state for key, state in drawn.items() if state[0] is not None}


@given(ours=digests, theirs=digests)
def test_checksums_are_equal_exactly_when_the_complete_keys_are(ours, theirs):
    sums = [checksum_of(_listed(drawn)) for drawn in (ours, theirs)]

    are_equal = (sums[0].count, sums[0].hash) == (sums[1].count, sums[1].hash)

    assert are_equal is (_complete(ours) == _complete(theirs))


@given(drawn=digests, dice=st.randoms(use_true_random=False))
def test_checksum_does_not_depend_on_the_order_of_keys(drawn, dice):
    shuffled = _listed(drawn)
    dice.shuffle(shuffled)

    assert checksum_of(shuffled).hash == checksum_of(_listed(drawn)).hash


@pytest.mark.parametrize("version", [None, 3])
def test_checksum_names_the_version_of_every_key(version):
    checksum = checksum_of([KeyDigest(key="7", version=version, digest="x")])

    assert [(each.key, each.version) for each in checksum.versions] == [("7", version)]
    assert checksum.count == (0 if version is None else 1)
