"""The agreement laws: whatever happens, the monolith's answer is the projection of its events.

Real operations on real PostgreSQL on one side; on the other a service's own projection and queries,
fed with the texts that the outbox would publish, duplicated and reordered.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

import extracted_services
from event_contracts.codec import decode
from tests.agreement.copies import COPIES
from tests.agreement.delivering import (
    deliver,
    disorders,
    published,
    relaxed,
    survivors_of,
    with_duplicates,
)
from tests.agreement.shop import a_shop, commands

pytestmark = pytest.mark.django_db
of_each_service = pytest.mark.parametrize("copying", COPIES, ids=lambda copying: copying.path.name)


@of_each_service
@relaxed
@given(commands=commands, disorder=disorders)
def test_in_order_with_duplicates_the_service_answers_as_the_monolith(copying, commands, disorder):
    with a_shop(copying) as shop:
        shop.snapshot(shop.old_keys)
        shop.carry_out(commands)
        store = copying.new_store()

        for text in with_duplicates(published(), disorder):
            copying.handlers.project(decode(text), kept_in=store)

        for key in shop.list_keys():
            assert copying.service_answer(key, store) == copying.monolith_answer(key)


@of_each_service
@relaxed
@given(commands=commands, disorder=disorders)
def test_in_any_order_the_service_never_answers_what_was_never_true(copying, commands, disorder):
    with a_shop(copying) as shop:
        shop.carry_out(commands)
        store = copying.new_store()
        waiting = with_duplicates(published(), disorder)
        disorder.shuffle(waiting)

        for text in [*waiting, *waiting]:
            deliver(text, copying.handlers, store)
            for key in shop.list_keys():
                answer = copying.find_answer(key, store)
                assert answer is None or answer == shop.answers[key, answer[0].as_of]


@of_each_service
@relaxed
@given(commands=commands, disorder=disorders)
def test_a_backfill_heals_whatever_was_lost(copying, commands, disorder):
    with a_shop(copying) as shop:
        shop.carry_out(commands)
        store = copying.new_store()
        for text in survivors_of(published(), disorder):
            deliver(text, copying.handlers, store)

        backfill(shop, copying, store)

        for key in shop.list_keys():
            assert copying.service_answer(key, store) == copying.monolith_answer(key)


@of_each_service
@relaxed
@given(commands=commands)
def test_a_copy_that_was_dropped_is_rebuilt_to_the_same_rows(copying, commands):
    with a_shop(copying) as shop:
        shop.snapshot(shop.old_keys)
        shop.carry_out(commands)
        grown, rebuilt = copying.new_store(), copying.new_store()
        for text in published():
            deliver(text, copying.handlers, grown)

        backfill(shop, copying, rebuilt)

        for key in shop.list_keys():
            assert copying.kept(key, rebuilt) == copying.kept(key, grown)


def backfill(shop, copying, store):
    before = len(published())
    shop.snapshot(shop.list_keys())
    for text in published()[before:]:
        deliver(text, copying.handlers, store)


def test_every_service_that_copies_streams_is_held_to_the_laws():
    (folder,) = extracted_services.__path__
    copying = {
        handlers.parent.name
        for handlers in Path(folder).glob("*/handlers.py")
        if "ReadModelService(" in handlers.read_text()
    }

    assert {each.path.name for each in COPIES} == copying
