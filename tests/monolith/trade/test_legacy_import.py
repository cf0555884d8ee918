from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from monolith.catalogue.models import Price, Product, StockLevel
from monolith.customers.models import Customer
from monolith.ordering.models import CreditNote, Order, OrderLine
from monolith.trade.invoice_lines import WrongColumnCount
from monolith.trade.legacy_import import HistoryAlreadyLoaded, import_history
from monolith.trade.models import TakenInInvoice
from monolith.trade.periods import Period
from monolith.trade.trade_files import TruncatedFile
from tests.monolith.trade.data.made_lines import busy_days, line, text, written
from tests.monolith.trade.shop_state import events, shop_state

pytestmark = pytest.mark.django_db


def load(file, until=None):
    return import_history(file=file, period=Period(last=until))


def test_past_is_loaded_without_events(tmp_path):
    report = load(written(tmp_path, *busy_days()))

    assert report.done == {
        "products loaded": 5,
        "customers loaded": 3,
        "orders loaded": 8,
        "order lines loaded": 12,
        "credit notes loaded": 3,
        "products whose orders were counted": 5,
    }
    assert TakenInInvoice.objects.count() == 15
    assert events() == []


def test_order_keeps_its_number_instant_and_prices(tmp_path):
    load(written(tmp_path, line(), line(code="POST"), line(code="22222a")))

    order = Order.objects.get(number="1001")
    lines = OrderLine.objects.filter(order=order).order_by("position")
    assert order.placed_at == datetime(2011, 3, 1, 9, 0, tzinfo=UTC)
    assert order.dispatched_at == datetime(2011, 3, 1, 12, 0, tzinfo=UTC)
    assert [(one.product.stock_code, one.quantity, one.unit_price_pence) for one in lines] == [
        ("11111", 2, 125),
        ("22222A", 2, 125),
    ]


def test_whole_order_undone_before_its_parcel_left_is_cancelled(tmp_path):
    load(written(tmp_path, *busy_days()))

    order = Order.objects.get(number="2001")
    assert (order.status, order.cancel_reason) == ("cancelled", "cancellation C3001")
    assert not CreditNote.objects.filter(order=order).exists()


def test_goods_that_came_back_are_credited_to_the_order_they_came_from(tmp_path):
    load(written(tmp_path, *busy_days()))

    note = CreditNote.objects.get(order__number="2004")
    assert [(one.quantity, one.refund_pence) for one in note.lines.all()] == [(5, 700)]
    assert note.number == "C3005"


def test_goods_that_came_back_early_had_left_before(tmp_path):
    load(written(tmp_path, *busy_days()))

    order = Order.objects.get(number="2006")
    assert order.dispatched_at == CreditNote.objects.get(order=order).issued_at


def test_list_price_follows_the_customers(tmp_path):
    lines = [
        line(invoice=n, price=price, at=f"2011-03-0{n} 09:00:00")
        for n, price in enumerate(["1.25", "1.4", "1.4", "1.4"], start=1)
    ]

    load(written(tmp_path, *lines))

    prices = Price.objects.order_by("effective_from").values_list("amount_pence", "effective_from")
    assert [(pence, at.day) for pence, at in prices] == [(125, 1), (140, 4)]


def test_what_sold_lately_is_in_stock(tmp_path):
    load(
        written(
            tmp_path,
            line(pieces=1000, at="2010-12-01 09:00:00"),
            line(invoice=1002, pieces=700, at="2011-07-01 09:00:00"),
            line(invoice=1003, code="22222", at="2011-07-01 09:00:00"),
        )
    )

    stock = dict(StockLevel.objects.values_list("product__stock_code", "quantity"))
    assert stock == {"11111": 700, "22222": 200}


def test_stock_codes_that_differ_by_case_are_one_product(tmp_path):
    load(
        written(tmp_path, line(code="85123a"), line(code="85123A"), line(code="85123a", text="NEW"))
    )

    product = Product.objects.get()
    assert (product.stock_code, product.description) == ("85123A", "GREEN GLASS GOOSE")


def test_last_day_is_included_and_ends_at_the_shops_midnight(tmp_path):
    file = written(
        tmp_path,
        line(invoice=1, at="2011-07-31 23:59:00"),
        line(invoice=2, at="2011-08-01 00:00:00"),
    )

    report = load(file, until=date(2011, 7, 31))

    assert list(Order.objects.values_list("number", flat=True)) == ["1"]
    assert report.lines_in("after the period") == 1


def test_second_run_loads_nothing_and_says_so(tmp_path, capsys):
    file = written(tmp_path, *busy_days())
    call_command("import_online_retail", str(file))
    before = shop_state()
    capsys.readouterr()

    call_command("import_online_retail", str(file))

    assert shop_state() == before
    assert "nothing new" in capsys.readouterr().out


def test_more_past_is_refused_once_there_is_one(tmp_path):
    file = written(tmp_path, *busy_days())
    load(file, until=date(2011, 8, 1))
    before = shop_state()

    with pytest.raises(HistoryAlreadyLoaded, match="6 invoices"):
        load(file)

    assert shop_state() == before


def test_fault_in_the_file_loads_nothing(tmp_path):
    file = written(tmp_path, *busy_days(), line()[:-1])

    with pytest.raises(WrongColumnCount):
        load(file)

    assert not TakenInInvoice.objects.exists()
    assert not Customer.objects.exists()


def test_truncated_file_loads_nothing_even_after_the_period(tmp_path):
    packed = gzip.compress(text(*busy_days()).encode())
    file = tmp_path / "trade.csv.gz"
    file.write_bytes(packed[:-20])

    with pytest.raises(TruncatedFile):
        load(file, until=date(2011, 8, 1))

    assert not TakenInInvoice.objects.exists()


def test_command_writes_the_report_as_json(tmp_path):
    file, report = written(tmp_path, *busy_days()), tmp_path / "report.json"

    call_command("import_online_retail", str(file), f"--report={report}")

    told = json.loads(report.read_text())
    assert told["lines_read"] == sum(row["lines"] for row in told["placed"]) == len(busy_days())


def test_command_names_the_faulty_line(tmp_path):
    file = written(tmp_path, line(), line(at="tomorrow"))

    with pytest.raises(CommandError, match=r"^trade\.csv, line 3: InvoiceDate 'tomorrow'"):
        call_command("import_online_retail", str(file))
