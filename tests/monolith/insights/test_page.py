from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from event_contracts.plain_values import from_plain
from event_contracts.sales_insights import Answer
from extracted_services.lambda_support.responding import Request
from extracted_services.sales_insights import handlers, projection
from extracted_services.sales_insights.store import ObjectLake
from extracted_services.sales_insights.view import landing_of
from monolith.insights.migration_paths import sales_insights, service_request
from monolith.ordering import operations as ordering
from monolith.strangler import routing
from monolith.strangler.calling import clients
from monolith.strangler.deciding.decision import Source
from monolith.strangler.routing.request_reads import Answered
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects
from tests.factories import a_customer, a_key, delivery, recorded
from tests.monolith.insights.trade import march, three_days_of_trade

pytestmark = pytest.mark.django_db

PAGE = "/ops/insights/"
THREE_DAYS = {"first_day": "2025-03-10", "last_day": "2025-03-12"}


@pytest.fixture
def dana(client, staff):
    client.force_login(staff("ordering.view_order"))
    return client


def text_of(response):
    return " ".join(response.content.decode().split())


def test_page_answers_every_question(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE, THREE_DAYS))

    assert "Revenue by day: £19.50" in page
    for title in (
        "Revenue by country",
        "Revenue by product",
        "Who comes back",
        "What a change of price did",
        "From order to dispatch",
    ):
        assert title in page
    assert "£2.00 → £2.50" in page
    assert "half of them within 27 h" in page


def test_page_tells_what_a_product_was_and_what_nobody_can_tell(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE, THREE_DAYS | {"stock_code": " heart "}))

    assert "As it was at the end of 12 Mar 2025" in page
    assert "the tables cannot tell" in page
    assert "What the tables cannot tell" in page
    assert "it does not answer just now" in page


def test_page_begins_with_days_that_are_over(dana):
    three_days_of_trade()

    page = text_of(dana.get(PAGE))

    assert 'value="2025-03-11"' in page
    assert "no data" not in text_of(dana.get(PAGE)).split("What a change")[0]


def test_shop_without_trade_has_a_page(dana):
    page = dana.get(PAGE)

    assert page.status_code == 200
    assert "no data in these days" in text_of(page)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"first_day": "2025-03-13"}, "The first day must come before the last"),
        ({"first_day": "1999-01-01"}, "by ten years at most"),
        ({"first_day": "yesterday"}, "Enter a valid date"),
        ({"last_day": f"{datetime.now(UTC):%Y-%m-%d}"}, "This day is not over yet"),
    ],
)
def test_days_that_cannot_be_answered_are_refused_in_words(dana, changes, complaint):
    page = dana.get(PAGE, THREE_DAYS | changes)

    assert page.status_code == 400
    assert complaint in text_of(page)


def test_stranger_is_asked_to_sign_in_and_a_customer_is_sent_away(client):
    assert client.get(PAGE).status_code == 302

    client.force_login(a_customer().user)

    assert client.get(PAGE).status_code == 403


@pytest.fixture
def lake(tmp_path):
    return ObjectLake(InMemoryObjects(), tmp_path)


@pytest.fixture
def service(lake, monkeypatch):
    """The service itself, asked without a network."""

    class Service:
        def get(self, path, parameters, *, answer_class, deadline):  # noqa: ARG002
            request = Request(
                route="GET /insights/{questions}",
                path={"questions": path.rpartition("/")[2]},
                parameters=dict(parameters),
            )
            response = handlers.answer(request, kept_in=lake)
            if response["statusCode"] != 200:
                raise clients.ServiceRefused(response["statusCode"], "refused")
            return from_plain(answer_class, json.loads(response["body"]))

    answering = Service()
    monkeypatch.setattr(clients, "client_for", lambda _name: answering)
    return answering


def told(lake):
    rows = [row for each in recorded() for row in projection.facts_of(each)]
    lake.land(*landing_of(rows))


def test_page_tells_of_baskets_what_only_events_can_tell(dana, lake, service):
    three_days_of_trade()
    kept, given_up = uuid4(), uuid4()
    for token in (kept, given_up):
        ordering.add_to_basket(
            basket_token=token,
            customer_id=None,
            stock_code="HEART",
            quantity=2,
            added_at=march(11),
        )
    ordering.set_basket_quantity(
        basket_token=given_up, stock_code="HEART", quantity=0, changed_at=march(11, 13)
    )
    ordering.check_out(
        basket_token=kept,
        customer_id=None,
        delivery=delivery(),
        placed_at=march(12),
        idempotency_key=a_key(),
    )
    told(lake)

    page = text_of(dana.get(PAGE, THREE_DAYS | {"stock_code": "HEART"}))

    assert "Baskets given up: 50.0 %" in page
    assert "Taken out before check-out" in page
    assert "from events, recorded until" in page
    assert '<td class="num">yes</td>' in page


def test_service_that_refuses_leaves_the_rest_of_the_page(dana, service):
    three_days_of_trade()

    page = text_of(dana.get(PAGE, THREE_DAYS))

    assert "Revenue by day: £19.50" in page
    assert "it does not answer just now" in page


def test_page_says_who_answered(dana, lake, service, monkeypatch):
    three_days_of_trade()
    told(lake)
    told_by_tables = text_of(dana.get(PAGE, THREE_DAYS))

    def from_service(_path, report):
        request = service_request(report)
        answer = service.get(request.path, request.parameters, answer_class=Answer, deadline=0)
        assert answer.as_of >= sales_insights.least_version(report)
        return Answered(
            path="sales_insights",
            value=answer,
            source=Source.SERVICE,
            reason="stage",
            as_of=answer.as_of,
            milliseconds=1,
        )

    monkeypatch.setattr(routing.answering, "answer", from_service)
    told_by_events = text_of(dana.get(PAGE, THREE_DAYS))

    assert "from the tables" in told_by_tables
    assert "from the tables" not in told_by_events
    assert told_by_events.replace("from events", "from the tables").count("£") == (
        told_by_tables.count("£")
    )
