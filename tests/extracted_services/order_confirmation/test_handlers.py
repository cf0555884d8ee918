"""Batches of both styles: what is sent, what is not, and what goes back."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from event_contracts.customers import ContactSnapshotTaken
from event_contracts.ordering import CustomerOrdersSnapshotTaken, OrderHistorySnapshotTaken
from event_contracts.streams import customer_stream
from extracted_services.order_confirmation import handlers
from extracted_services.order_confirmation.confirming import OLDEST_EVENT
from extracted_services.order_confirmation.handlers import fat_consumer, thin_consumer
from extracted_services.order_confirmation.inbox import CLAIM_SECONDS, Inbox
from tests.extracted_services.messages import batch, given_back
from tests.extracted_services.order_confirmation.facts import (
    ANNA,
    CONTACT,
    GUEST,
    announced,
    envelope,
    moved,
    placed,
    registered,
    to_confirm,
)
from tests.extracted_services.order_confirmation.shop_server import GONE, shop_server

ROOT = Path(__file__).parents[3]
LONG_AGO = datetime.now(UTC) - OLDEST_EVENT - timedelta(minutes=1)


@pytest.fixture
def shop(variables):
    with shop_server() as server:
        variables("SHOP_ORIGIN", server.origin)
        yield server


@pytest.fixture
def fat(table, log, variables):
    return lambda *events: given_back(
        fat_consumer(table, logger=log.logger).consume(batch(*events))
    )


@pytest.fixture
def thin(table, log, shop, variables):
    variables("SENDS", "thin")
    return lambda *events: given_back(
        thin_consumer(table, logger=log.logger).consume(batch(*events))
    )


def outcomes(log):
    return [line["outcome"] for line in log.read() if "outcome" in line]


def receivers(mail):
    return [(letter.order_number, letter.recipient) for letter in mail.letters]


# Fat: everything comes with the events.


def test_customer_is_written_to_at_the_address_that_their_stream_told(fat, mail, log):
    assert fat(envelope(registered()), envelope(placed(), 2)) == []

    assert receivers(mail) == [("B100001", CONTACT.email)]
    assert outcomes(log) == ["kept", "sent"]


def test_the_latest_address_counts(fat, mail):
    fat(envelope(registered()), envelope(moved(GUEST), 2), envelope(placed(), 3))

    assert receivers(mail) == [("B100001", GUEST.email)]


def test_guest_is_written_to_at_the_address_in_the_order(fat, mail):
    fat(envelope(placed(customer_id=None, guest_contact=GUEST)))

    assert receivers(mail) == [("B100001", GUEST.email)]


def test_whoever_left_no_address_gets_no_letter(fat, mail, log):
    assert fat(envelope(placed(customer_id=None)), envelope(placed("B2"))) == []

    assert mail.letters == []
    assert outcomes(log) == ["nobody", "nobody"]


def test_redelivered_order_is_confirmed_once(fat, mail, log):
    known, order = envelope(registered()), envelope(placed(), 2)

    for _ in range(3):
        assert fat(known, order) == []

    assert receivers(mail) == [("B100001", CONTACT.email)]
    assert outcomes(log) == ["kept", "sent", "ignored", "repeated", "ignored", "repeated"]


def test_order_that_is_published_again_under_another_id_is_confirmed_once(fat, mail):
    fat(envelope(registered()), envelope(placed(), 2))

    fat(envelope(placed(), 2))

    assert len(mail.letters) == 1


def test_letter_whose_sender_died_is_sent_again_when_the_claim_is_over(fat, mail, log, table):
    order = envelope(placed(customer_id=None, guest_contact=GUEST))
    now = int(datetime.now(UTC).timestamp())
    Inbox(table).claim("B100001", by=order.event_id, now=now)

    assert fat(order) == ["guest-order/B100001@1"]
    Inbox(table).release("B100001", by=order.event_id, now=now - CLAIM_SECONDS)
    assert fat(order) == []

    assert len(mail.letters) == 1
    assert outcomes(log) == ["claimed", "sent"]


def test_mail_server_that_is_away_costs_no_letter(fat, mail, log):
    mail.replies["MAIL"] = "421 not now"
    known, first, second = envelope(registered()), envelope(placed(), 2), envelope(placed("B2"), 3)

    assert fat(known, first, second) == [f"customer/{ANNA}@2", f"customer/{ANNA}@3"]
    mail.replies.clear()
    assert fat(first, second) == []

    assert receivers(mail) == [("B100001", CONTACT.email), ("B2", CONTACT.email)]


def test_address_that_is_refused_for_good_holds_nobody_up(fat, mail, log):
    mail.replies["RCPT"] = "550 no such user"
    order = envelope(placed(customer_id=None, guest_contact=GUEST))

    assert fat(order) == []
    assert fat(order) == []

    assert outcomes(log) == ["refused", "repeated"]


def test_replayed_order_sends_no_letter(fat, mail, log):
    fat(envelope(registered(), recorded_at=LONG_AGO), envelope(placed(), 2, recorded_at=LONG_AGO))

    assert mail.letters == []
    assert outcomes(log) == ["kept", "too_old"]


def test_trade_that_was_entered_late_is_confirmed_all_the_same(fat, mail):
    order = envelope(placed(customer_id=None, guest_contact=GUEST))
    assert order.occurred_at < LONG_AGO

    fat(order)

    assert len(mail.letters) == 1


@pytest.mark.parametrize(
    "snapshot",
    [
        CustomerOrdersSnapshotTaken(customer_id=ANNA, orders=()),
        OrderHistorySnapshotTaken(customer_id=ANNA, orders=()),
    ],
)
def test_snapshot_sends_no_letter(fat, mail, log, snapshot):
    fat(envelope(registered()), envelope(snapshot, 1, stream=customer_stream(ANNA)))

    assert mail.letters == []
    assert outcomes(log) == ["kept", "ignored"]


def test_customer_event_of_the_first_revision_tells_no_address_and_takes_none_away(fat, mail):
    fat(envelope(registered()), envelope(moved(None), 2), envelope(placed(), 3))

    assert receivers(mail) == [("B100001", CONTACT.email)]


def test_customer_from_before_events_told_an_address_is_told_of_by_a_snapshot(fat, mail, log):
    snapshot = ContactSnapshotTaken(customer_id=ANNA, contact=CONTACT)

    fat(envelope(registered(None)), envelope(snapshot, 1), envelope(placed(), 2))

    assert receivers(mail) == [("B100001", CONTACT.email)]
    assert outcomes(log) == ["ignored", "kept", "sent"]


def test_fat_style_needs_no_shop(fat, mail, shop):
    shop.status = 503

    fat(envelope(registered()), envelope(placed(), 2))

    assert len(mail.letters) == 1
    assert shop.asked == []


# Thin: the shop is asked.


def test_announced_order_is_asked_about_and_confirmed(thin, shop, mail, log):
    shop.tells(to_confirm())

    assert thin(envelope(announced())) == []

    assert receivers(mail) == [("B100001", CONTACT.email)]
    assert shop.asked == [("/api/v1/orders/B100001/confirmation/", "Bearer a-token")]
    asked = next(line for line in log.read() if line["message"] == "shop asked")
    assert (asked["call_backs"], asked["call_back_bytes"]) == (1, len(shop.body))


def test_redelivered_announcement_is_confirmed_once(thin, shop, mail, log):
    shop.tells(to_confirm())
    order = envelope(announced())

    for _ in range(3):
        assert thin(order) == []

    assert len(mail.letters) == 1
    assert outcomes(log) == ["sent", "repeated", "repeated"]


def test_while_the_shop_is_down_letters_wait_in_the_queue_and_go_out_after(thin, shop, mail, log):
    shop.status = 503
    first, second = envelope(announced()), envelope(announced("B2"))

    assert thin(first, second) == ["announcement/B100001@1", "announcement/B2@1"]
    assert len(shop.asked) == 1
    shop.tells(to_confirm())
    assert thin(first) == []

    assert receivers(mail) == [("B100001", CONTACT.email)]
    assert outcomes(log) == ["call_back_failed", "call_back_failed", "sent"]


def test_refused_token_is_told_by_a_word_of_its_own(thin, shop, log):
    shop.status = 401

    assert thin(envelope(announced())) == ["announcement/B100001@1"]

    assert outcomes(log) == ["call_back_refused"]


def test_order_that_is_gone_is_not_asked_about_for_ever(thin, shop, mail, log):
    shop.tells(GONE, status=404)

    assert thin(envelope(announced())) == []

    assert mail.letters == []
    assert outcomes(log) == ["gone"]


def test_order_that_was_cancelled_meanwhile_is_not_confirmed(thin, shop, mail, log):
    shop.tells(to_confirm(status="cancelled"))

    thin(envelope(announced()))

    assert mail.letters == []
    assert outcomes(log) == ["cancelled"]


def test_replayed_announcement_does_not_even_ask(thin, shop, mail, log):
    thin(envelope(announced(), recorded_at=LONG_AGO))

    assert (mail.letters, shop.asked) == ([], [])
    assert outcomes(log) == ["too_old"]


# Both.


def test_only_one_style_sends_and_the_other_measures(fat, thin, shop, mail, log):
    shop.tells(to_confirm())

    fat(envelope(registered()), envelope(placed(), 2))
    thin(envelope(announced()))

    assert len(mail.letters) == 1
    assert outcomes(log) == ["kept", "measured", "sent"]


def test_change_of_style_in_the_middle_sends_no_order_twice(fat, thin, shop, mail, variables):
    shop.tells(to_confirm())
    thin(envelope(announced()))

    variables("SENDS", "fat")
    fat(envelope(registered()), envelope(placed(), 2))

    assert len(mail.letters) == 1


@pytest.mark.parametrize("reply", [{}, {"RCPT": "550 no anna@example.com"}, {"MAIL": "421 no"}])
def test_log_names_nobody(fat, thin, shop, mail, log, variables, reply):
    mail.replies |= reply
    shop.tells(to_confirm("B2"))

    variables("SENDS", "fat")
    fat(envelope(registered()), envelope(placed(), 2))
    variables("SENDS", "thin")
    thin(envelope(announced("B2")))

    text = json.dumps(log.read())
    assert "outcome" in text
    for personal in (CONTACT.name, CONTACT.email, "Archer", "HEART"):
        assert personal not in text


def test_entry_points_read_what_the_stack_tells(table, mail, variables):
    variables("TABLE_NAME", table._name)
    handlers._table.cache_clear()

    handlers.on_events(batch(envelope(placed(customer_id=None, guest_contact=GUEST))), None)
    handlers.on_announcements(batch(), None)

    assert receivers(mail) == [("B100001", GUEST.email)]
    handlers._table().close()
    handlers._table.cache_clear()


def test_importing_the_handlers_imports_no_aws_client():
    program = (
        "import sys; from extracted_services.order_confirmation import handlers; "
        "print('boto3' in sys.modules)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert ended.stdout == "False\n"
