from __future__ import annotations

import signal
from datetime import date
from itertools import count
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from monolith.catalogue.models import Product
from monolith.customers.models import Customer
from monolith.ordering.models import Order
from monolith.ordering.operations import cancel_order, dispatch_order
from monolith.trade.invoice_lines import InvalidDate
from monolith.trade.legacy_import import import_history
from monolith.trade.management.commands.replay_trade import stop_on_signals
from monolith.trade.models import TakenInInvoice
from monolith.trade.pacing import SecondsPerInvoice
from monolith.trade.periods import Period
from monolith.trade.replay import Wishes, replay_trade
from tests.monolith.trade.data.made_lines import busy_days, line, written
from tests.monolith.trade.shop_state import events, shop_state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("countries")]


def replay(file, **wishes):
    return replay_trade(file=file, wishes=Wishes(**wishes))


@pytest.fixture
def file(tmp_path):
    return written(tmp_path, *busy_days())


def order_of(invoice):
    return Order.objects.get(number=TakenInInvoice.objects.get(number=invoice).order_number)


def test_trade_is_played_through_operations_that_record_events(file):
    report = replay(file)

    assert report.lines_read == len(busy_days())
    assert report.done == {
        "customers registered": 3,
        "products listed": 5,
        "orders placed": 8,
        "orders cancelled": 1,
        "deliveries of goods that had run out": 1,
        "stock corrections": 2,
        "orders dispatched": 6,
        "returns taken back": 3,
        "prices changed": 1,
    }
    assert events()


def test_every_line_is_placed_where_an_import_would_place_it(file, tmp_path):
    with transaction.atomic():
        imported = import_history(file=file, period=Period()).as_json()["placed"]
        transaction.set_rollback(True)

    assert replay(file).as_json()["placed"] == imported


def test_orders_keep_the_instants_of_the_file(file):
    replay(file)

    order = order_of("2002")
    assert (order.idempotency_key, order.customer) == ("online-retail:2002", None)
    assert order.placed_at.isoformat() == "2011-08-01T08:05:00+00:00"
    assert order.dispatched_at.isoformat() == "2011-08-01T11:05:00+00:00"


def test_customer_keeps_their_number_and_cannot_sign_in(file):
    replay(file)

    customer = Customer.objects.get(pk=501)
    assert customer.user is not None
    assert not customer.user.has_usable_password()
    assert customer.registered_at == order_of("2001").placed_at


def test_order_undone_before_its_parcel_left_is_cancelled(file):
    replay(file)

    order = order_of("2001")
    assert (order.status, order.cancel_reason) == ("cancelled", "cancellation C3001")


def test_goods_run_out_until_a_delivery_comes(file):
    replay(file)

    assert Product.objects.get(stock_code="11111").stock.quantity > 0
    assert order_of("2004").lines.get(product__stock_code="11111").quantity == 700


def test_second_run_changes_nothing(file):
    replay(file)
    before = shop_state()

    report = replay(file)

    assert shop_state() == before
    assert report.lines_in("already taken in") == len(busy_days())
    assert report.done == {}


def test_history_is_followed_by_live_trade(file):
    import_history(file=file, period=Period(last=date(2011, 8, 1)))

    report = replay(file)

    assert report.done["orders placed"] == 3
    assert report.done["returns taken back"] == 3
    assert {stream for stream, version, _ in events() if version == 1} <= {
        "customer/503",
        "product/55555",
        "online-retail:2009",
        "online-retail:2008",
        "online-retail:2010",
    }


def test_days_outside_the_period_are_left_out(file):
    report = replay(file, period=Period(date(2011, 8, 2), date(2011, 8, 2)))

    played = TakenInInvoice.objects.values_list("at", flat=True)
    assert {at.date() for at in played} == {date(2011, 8, 2)}
    assert report.lines_in("before the period") == 15
    assert report.lines_in("after the period") == 1
    assert report.lines_in("return unmatched") == 3


def test_replay_in_small_helpings_ends_like_one_in_one_go(file):
    before = transaction.savepoint()
    replay(file)
    at_once = shop_state()
    transaction.savepoint_rollback(before)

    helpings = [replay(file, limit=2).lines_in("not reached") for _ in range(9)]

    assert shop_state() == at_once
    assert helpings[-1] == 0


def test_told_to_stop_it_ends_between_two_invoices(file):
    stopping, played = Event(), count(1)

    def stop_after_two(_):
        if next(played) == 2:
            stopping.set()

    report = replay_trade(file=file, wishes=Wishes(stopping=stopping), on_played=stop_after_two)

    assert TakenInInvoice.objects.count() == 2
    assert report.lines_in("not reached") > 0


def test_told_to_stop_it_does_not_wait_for_the_next_invoice(file):
    stopping = Event()
    wishes = Wishes(stopping=stopping, pace=SecondsPerInvoice(3600))

    replay_trade(file=file, wishes=wishes, on_played=lambda _: stopping.set())

    assert TakenInInvoice.objects.count() == 1


@pytest.fixture
def usual():
    """Give Ctrl-C its usual meaning: a shell has it ignored by what it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_first_signal_stops_gently_and_the_second_as_usual(usual):
    with stop_on_signals() as stopping:
        signal.raise_signal(signal.SIGINT)

        assert stopping.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is usual


def test_orders_that_staff_dispatched_or_cancelled_are_left_to_them(file):
    replay(file, limit=3)
    dispatch_order(order_number=order_of("2001").number, dispatched_at=order_of("2001").placed_at)
    cancel_order(
        order_number=order_of("2002").number,
        cancelled_at=order_of("2002").placed_at,
        reason="no answer",
    )

    report = replay(file)

    assert order_of("2001").status == "dispatched"
    assert order_of("2001").credit_notes.count() == 1
    assert order_of("2002").status == "cancelled"
    assert report.done["orders that staff had dispatched or cancelled"] == 2


def test_return_that_the_shop_refuses_is_named(file):
    replay(file, limit=6)
    order = order_of("2004")
    cancel_order(order_number=order.number, cancelled_at=order.placed_at, reason="no answer")

    report = replay(file)

    assert ("refused by the shop", "return, OrderNotDispatched") in placed(report)


def test_order_that_the_shop_refuses_is_named_and_not_tried_again(tmp_path):
    file = written(tmp_path, line(country="Atlantis"), line(country="Atlantis", code="POST"))

    report = replay(file)

    assert ("refused by the shop", "order, UnknownCountry") in placed(report)
    assert report.lines_in("charge, not goods") == 1
    assert not Order.objects.exists()
    assert replay(file).lines_in("already taken in") == 2


def test_product_that_the_shop_withdrew_cannot_be_ordered(file):
    replay(file, limit=12)
    Product.objects.filter(stock_code="55555").update(withdrawn_at=order_of("2001").placed_at)

    later = written(
        file.parent, *busy_days(), line(invoice=2099, code="55555", at="2011-08-04 09:00:00")
    )
    report = replay(later)

    assert ("refused by the shop", "order, ProductNotFound") in placed(report)


def test_fault_in_the_middle_keeps_what_was_played_before_it(file):
    faulty = written(file.parent, *busy_days()[:12], line(at="tomorrow"))

    with pytest.raises(InvalidDate, match="line 14"):
        replay(faulty)

    assert TakenInInvoice.objects.count() == 4


def test_command_plays_and_reports(file, tmp_path, capsys):
    report = tmp_path / "report.json"

    call_command(
        "replay_trade",
        str(file),
        "--speed=max",
        "--from=2011-08-01",
        "--limit=4",
        f"--report={report}",
    )

    assert TakenInInvoice.objects.count() == 4
    assert "lines read, every one of them placed above" in capsys.readouterr().out
    assert '"orders placed": 3' in report.read_text()


@pytest.mark.parametrize(
    "wrong", ["--speed=0", "--speed=fast", "--pace=-1", "--limit=0", "--from=soon"]
)
def test_command_refuses_what_makes_no_sense(file, wrong):
    with pytest.raises(CommandError):
        call_command("replay_trade", str(file), wrong)


def test_command_names_the_faulty_line(tmp_path):
    with pytest.raises(CommandError, match=r"^trade\.csv, line 2: "):
        call_command("replay_trade", str(written(tmp_path, line(price="free"))))


def placed(report):
    return {(row["category"], row["reason"]) for row in report.as_json()["placed"]}
