"""Claims on letters: one at a time, and none after the letter was sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from extracted_services.order_confirmation.inbox import (
    CLAIM_SECONDS,
    REMEMBERED_SECONDS,
    Claimed,
    Inbox,
    State,
)

NOW = 1_800_000_000
ORDER = "B100001"


@pytest.fixture
def inbox(table):
    return Inbox(table)


def test_first_claim_is_granted_and_no_other_while_it_lasts(inbox):
    assert inbox.claim(ORDER, by=uuid4(), now=NOW) is True

    with pytest.raises(Claimed, match=ORDER):
        inbox.claim(ORDER, by=uuid4(), now=NOW + CLAIM_SECONDS - 1)


def test_of_many_claims_at_once_one_is_granted(inbox):
    def claim(_):
        try:
            return inbox.claim(ORDER, by=uuid4(), now=NOW)
        except Claimed:
            return False

    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(claim, range(16)))

    assert granted.count(True) == 1


def test_claim_of_somebody_who_died_ends(inbox):
    inbox.claim(ORDER, by=uuid4(), now=NOW)

    assert inbox.claim(ORDER, by=uuid4(), now=NOW + CLAIM_SECONDS) is True


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED])
def test_closed_letter_is_never_claimed_again(inbox, state):
    event = uuid4()
    inbox.claim(ORDER, by=event, now=NOW)

    inbox.close(ORDER, state, by=event, now=NOW + 1)

    assert inbox.claim(ORDER, by=event, now=NOW + CLAIM_SECONDS + 1) is False


def test_released_letter_can_be_claimed_at_once(inbox):
    event = uuid4()
    inbox.claim(ORDER, by=event, now=NOW)

    inbox.release(ORDER, by=event, now=NOW)

    assert inbox.claim(ORDER, by=event, now=NOW) is True


def test_whoever_lost_a_claim_cannot_give_it_back(inbox):
    first, second = uuid4(), uuid4()
    inbox.claim(ORDER, by=first, now=NOW)
    inbox.claim(ORDER, by=second, now=NOW + CLAIM_SECONDS)

    inbox.release(ORDER, by=first, now=NOW + CLAIM_SECONDS)

    with pytest.raises(Claimed):
        inbox.claim(ORDER, by=first, now=NOW + CLAIM_SECONDS)


def test_letters_about_different_orders_do_not_wait_for_each_other(inbox):
    inbox.claim(ORDER, by=uuid4(), now=NOW)

    assert inbox.claim("B100002", by=uuid4(), now=NOW) is True


def test_letters_are_forgotten_when_no_event_could_send_them_any_more(inbox, table):
    inbox.claim(ORDER, by=uuid4(), now=NOW)

    item = table.find(f"letter/{ORDER}")
    assert int(item["expires_at"]["N"]) == NOW + CLAIM_SECONDS + REMEMBERED_SECONDS
