"""However a queue delivers, the answer never differs from the history that it claims to reflect."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from event_contracts.codec import decode, encode
from event_contracts.order_history import ListedOrder
from extracted_services.order_history.handlers import project
from extracted_services.order_history.projection import READS
from extracted_services.order_history.queries import answer
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import VersionGap
from tests.extracted_services.order_history.histories import (
    cancelled,
    dispatched,
    envelope,
    in_memory_histories,
    order,
    placed,
    query,
    registered,
    returned,
    snapshot,
)

Orders = dict[int, ListedOrder]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["placed", "dispatched", "cancelled", "returned"]), st.integers(0, 99)
    ),
    max_size=25,
)


def _histories(steps):
    """Play steps; give the events, and the orders as of each version from 1 on."""
    orders: Orders = {}
    events, as_of = [registered()], [dict(orders)]
    for kind, choice in steps:
        number = len(orders) + 1 if kind == "placed" or not orders else 1 + choice % len(orders)
        event, orders[number] = _play(kind, number, choice, orders.get(number))
        events.append(event)
        as_of.append(dict(orders))
    return events, as_of


def _play(kind, number, choice, before):
    if kind == "placed" or before is None:
        return placed(number), order(number)
    if kind == "dispatched":
        return dispatched(number), order(number, "dispatched", before.returned_pence)
    if kind == "cancelled":
        return cancelled(number), order(number, "cancelled", before.returned_pence)
    return returned(number, choice), order(number, before.status, choice)


def _newest_first(orders: Orders) -> tuple[ListedOrder, ...]:
    return tuple(orders[number] for number in sorted(orders, reverse=True))


def _deliver_until_accepted(store, envelopes, seed, check):
    """Deliver in any order, some twice, and again whatever came too early."""
    chance = random.Random(seed)
    waiting = [encode(each) for each in (*envelopes, *envelopes[::3])]
    while waiting:
        text = waiting.pop(chance.randrange(len(waiting)))
        try:
            project(decode(text, reads=READS), kept_in=store)
        except VersionGap:
            waiting.append(text)
        check()


@settings(deadline=None)
@given(steps=STEPS, seed=st.integers())
def test_new_customers_history_agrees_however_it_was_delivered(steps, seed):
    store = in_memory_histories()
    events, as_of = _histories(steps)
    first, *others = (envelope(version, event) for version, event in enumerate(events, start=1))
    project(first, kept_in=store)

    def check():
        page = answer(query(limit=100), store)
        assert page.orders == _newest_first(as_of[page.as_of - 1])

    _deliver_until_accepted(store, others, seed, check)

    assert answer(query(limit=100), store).as_of == len(events)


@settings(deadline=None)
@given(steps=STEPS, seed=st.integers(), choice=st.integers(0, 99))
def test_history_with_a_past_is_right_or_admits_to_be_incomplete(steps, seed, choice):
    store = in_memory_histories()
    events, as_of = _histories(steps)
    told = [envelope(version, event) for version, event in enumerate(events, start=1)][1:]
    taken_at = 1 + choice % len(events)
    taken = envelope(taken_at, snapshot(*as_of[taken_at - 1].values()))

    def check():
        try:
            page = answer(query(limit=100), store)
        except NotComplete:
            return
        assert page.orders == _newest_first(as_of[page.as_of - 1])

    _deliver_until_accepted(store, [taken, *told], seed, check)
    project(envelope(len(events), snapshot(*as_of[-1].values())), kept_in=store)

    page = answer(query(limit=100), store)
    assert (page.as_of, page.orders) == (len(events), _newest_first(as_of[-1]))
