from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from extracted_services.lambda_support.responding import Request
from extracted_services.sales_insights import handlers
from extracted_services.sales_insights.projection import merging
from extracted_services.sales_insights.view import LANDING
from tests.extracted_services.messages import batch, given_back, message
from tests.extracted_services.sales_insights.facts import some_trade

ROOT = Path(__file__).parents[3]
MARCH = {"first_day": "2025-03-01", "until_day": "2025-04-01"}


@pytest.fixture(autouse=True)
def _engine(engine, monkeypatch):
    monkeypatch.setattr(handlers, "_engine", lambda: engine)


def get(lake, questions, **parameters):
    request = Request(
        route="GET /insights/{questions}", path={"questions": questions}, parameters=parameters
    )
    response = handlers.answer(request, kept_in=lake)
    return response["statusCode"], json.loads(response["body"])


def test_events_taken_in_are_answered_from(lake):
    assert given_back(handlers.take_in(batch(*some_trade()), kept_in=lake)) == []

    status, answer = get(lake, "takings_by_day", **MARCH)

    assert status == 200
    (said,) = answer["said"]
    assert said["question"] == "takings_by_day"
    assert said["rows"][0] == {
        "name": "2025-03-10",
        "orders": 2,
        "placed_pence": 2400,
        "cancelled_pence": 0,
        "refunded_pence": 0,
    }
    assert answer["recorded_until"] == "2025-04-01T00:00:00+00:00"


def test_batch_is_one_object_and_the_same_one_when_it_comes_again(lake, objects):
    trade = batch(*some_trade())

    handlers.take_in(trade, kept_in=lake)
    handlers.take_in(trade, kept_in=lake)

    assert len(objects.list(LANDING, 9)) == 1


def test_message_that_is_no_event_goes_back_alone(lake, objects):
    trade = batch(*some_trade())
    trade["Records"].insert(1, message("broken", "{}", group="customer/9"))

    assert given_back(handlers.take_in(trade, kept_in=lake)) == ["broken"]
    assert len(objects.get(objects.list(LANDING, 9)[0])[0].splitlines()) == len(some_trade())


def test_batch_of_which_nothing_can_be_read_leaves_nothing(lake, objects):
    broken = {"Records": [message("broken", "{}", group="customer/9")]}

    assert given_back(handlers.take_in(broken, kept_in=lake)) == ["broken"]
    assert objects.objects == {}


def test_batch_that_could_not_be_kept_goes_back_whole(lake, objects, monkeypatch):
    def refuse(*_):
        raise ConnectionError("S3 is down")

    monkeypatch.setattr(objects, "put", refuse)

    with pytest.raises(ConnectionError):
        handlers.take_in(batch(*some_trade()), kept_in=lake)


def test_unknown_question_is_a_problem_that_names_the_parameter(lake):
    status, problem = get(lake, "weather", **MARCH)

    assert (status, problem["parameter"]) == (400, "questions")


def test_empty_lake_is_a_problem_of_its_own(lake):
    status, problem = get(lake, "cohorts", **MARCH)

    assert (status, problem["type"]) == (404, "/problems/lake-not-complete")


def test_schedule_merges_what_has_landed(lake, objects, monkeypatch):
    monkeypatch.setattr(handlers, "_lake", lambda: lake)
    handlers.take_in(batch(*some_trade()), kept_in=lake)

    handlers.on_schedule({}, None)

    assert objects.list(LANDING, 9) == []
    assert get(lake, "takings_by_day", **MARCH)[0] == 200


@pytest.mark.parametrize(("milliseconds", "left"), [(120_001, 0), (120_000, 2)])
def test_merging_goes_on_while_there_is_something_left_and_time(
    lake, objects, engine, monkeypatch, milliseconds, left
):
    monkeypatch.setattr(handlers, "_lake", lambda: lake)
    monkeypatch.setattr(handlers, "_engine", lambda: engine)
    monkeypatch.setattr(merging, "MOST_LANDED", 1)
    for each in some_trade()[:3]:
        handlers.take_in(batch(each), kept_in=lake)

    handlers.on_schedule({}, Mock(get_remaining_time_in_millis=lambda: milliseconds))

    assert len(objects.list(LANDING, 9)) == left


def test_whole_function_works_on_a_bucket(bucket, monkeypatch):
    monkeypatch.setenv("BUCKET_NAME", bucket.name)
    for made in (handlers._lake, handlers._build):
        made.cache_clear()

    assert given_back(handlers.on_events(batch(*some_trade()), None)) == []
    handlers.on_schedule({}, None)
    response = handlers.on_request(
        {
            "version": "2.0",
            "routeKey": "GET /insights/{questions}",
            "rawPath": "/insights/cohorts",
            "pathParameters": {"questions": "cohorts"},
            "queryStringParameters": MARCH,
            "requestContext": {"http": {"method": "GET"}},
        },
        None,
    )

    assert response["statusCode"] == 200
    assert response["headers"]["x-build"]
    handlers._lake.cache_clear()


def test_cold_start_of_taking_events_in_imports_neither_duckdb_nor_an_aws_client():
    code = (
        "import sys, extracted_services.sales_insights.handlers; "
        "print([name for name in ('duckdb', 'boto3') if name in sys.modules])"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert printed.stdout.strip() == "[]"
