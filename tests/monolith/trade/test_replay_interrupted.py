from __future__ import annotations

from itertools import count

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from monolith.customers.legacy import load_countries
from monolith.ordering.models import Order
from monolith.trade.patience import ReplayAlreadyRunning
from monolith.trade.replay import Wishes, replay_trade
from tests.monolith.trade.data.made_lines import busy_days, written
from tests.monolith.trade.shop_state import shop_state

CUTS = 45


class PowerCut(Exception):
    """The process is gone."""


@pytest.fixture
def file(tmp_path):
    return written(tmp_path, *busy_days())


def replay(file, on_played=lambda _: None):
    return replay_trade(file=file, wishes=Wishes(), on_played=on_played)


def failing_at(statement, error):
    """Return an execute wrapper that lets statements pass but for one."""
    passed = count(1)

    def execute(run, *arguments):
        if next(passed) == statement:
            raise error
        return run(*arguments)

    return execute


@pytest.fixture
def uninterrupted(file, countries):
    """What an uninterrupted replay leaves, and how many statements it takes."""
    statements = []

    def execute(run, *arguments):
        statements.append(arguments[0])
        return run(*arguments)

    with transaction.atomic():
        with connection.execute_wrapper(execute):
            replay(file)
        state = shop_state()
        transaction.set_rollback(True)
    return state, len(statements)


def test_replay_cut_at_any_statement_ends_like_an_uninterrupted_one(file, uninterrupted):
    state, statements = uninterrupted

    for statement in range(1, statements, statements // CUTS):
        with transaction.atomic():
            with (
                connection.execute_wrapper(failing_at(statement, PowerCut())),
                pytest.raises(PowerCut),
            ):
                replay(file)
            replay(file)
            assert shop_state() == state, f"cut at statement {statement} of {statements}"
            transaction.set_rollback(True)


def test_replay_cut_after_any_invoice_ends_like_an_uninterrupted_one(file, uninterrupted):
    state, _ = uninterrupted
    invoices = len(state["taken in"])

    for cut in range(1, invoices + 1):
        played = count(1)

        def pull_the_plug(_, played=played, cut=cut):
            if next(played) == cut:
                raise PowerCut

        with transaction.atomic():
            with pytest.raises(PowerCut):
                replay(file, pull_the_plug)
            replay(file)
            assert shop_state() == state, f"cut after invoice {cut}"
            transaction.set_rollback(True)


def test_statement_that_fails_for_want_of_a_database_is_tried_again(file, uninterrupted):
    state, statements = uninterrupted
    away = failing_at(statements // 2, OperationalError("the server is away"))

    with connection.execute_wrapper(away):
        replay(file)

    assert shop_state() == state


@pytest.mark.django_db(transaction=True)
def test_replay_outlives_its_connection(file):
    load_countries(["United Kingdom"])
    played = count(1)

    def cut_the_connection(_):
        if next(played) in {3, 9}:
            _end_connections_of_the_shop()

    replay(file, cut_the_connection)

    assert Order.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_two_replays_do_not_run_at_once(file):
    load_countries(["United Kingdom"])
    with psycopg.connect(_address(), autocommit=True) as other:
        other.execute("select pg_advisory_lock(20101201)")

        with pytest.raises(ReplayAlreadyRunning):
            replay(file)

    replay(file)

    assert Order.objects.count() == 8


def _address():
    given = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    return psycopg.conninfo.make_conninfo(
        host=given["HOST"], port=given["PORT"], user=given["USER"], dbname=name
    )


def _end_connections_of_the_shop():
    ends = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = %s and pid <> pg_backend_pid()
    """
    with psycopg.connect(_address(), autocommit=True) as other:
        other.execute(ends, [connection.settings_dict["NAME"]])
