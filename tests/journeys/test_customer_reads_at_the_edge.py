"""Once a path is retired, a customer's program reads it from the service; the shop may be shut."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from infra.local.waiting import wait_until
from tests.journeys.test_order_is_one_trace import Customer

pytestmark = [pytest.mark.platform, pytest.mark.journey]
_SPAN = "00-11111111111111111111111111111111-2222222222222222-00"
_MONOLITH_S_ANSWER = """
import json
from event_contracts.order_history import OrderHistoryQuery
from event_contracts.plain_values import to_plain
from monolith.ordering.queries import list_orders_for_customer
page = list_orders_for_customer(OrderHistoryQuery(customer_id={customer_id}, limit=20))
answer = to_plain(page)
# At the edge every row is the customer's, and says nothing of it.
for order in answer["orders"]:
    assert order.pop("customer_id") == {customer_id}
print("answer:", json.dumps(answer))
"""


@pytest.fixture(scope="module")
def retired(shop):
    """Put order_history at the last rung at once: earning it takes weeks."""
    shop.manage("strangler", "place", "order_history", "retired", "--reason=this journey")
    return shop


class Reader:
    """A customer with one order, and what they need to read it at the edge."""

    def __init__(self, shop) -> None:
        self._shop = shop
        customer = Customer(shop)
        self.order_number = customer.place_order(_SPAN)
        account, _ = customer.call("customers/me/")
        self.id = account["id"]
        self._given, _ = customer.call("edge-tokens/", {"path": "order_history"})
        self.token, self.address = self._given["token"], self._given["address"]

    def reads(self, *, token=None, query=""):
        """Return the status and the body of a read at the edge."""
        request = urllib.request.Request(
            f"{self.address}{query}", headers={"Authorization": f"Bearer {token or self.token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)

    def monolith_s_answer(self):
        printed = self._shop.manage("shell", "-c", _MONOLITH_S_ANSWER.format(customer_id=self.id))
        return json.loads(printed.stdout.partition("answer:")[2])

    def has_arrived(self):
        status, page = self.reads()
        return status == 200 and [row["order_number"] for row in page["orders"]] == [
            self.order_number
        ]


@pytest.fixture(scope="module")
def readers(retired):
    """Two customers whose orders have reached the service."""
    both = Reader(retired), Reader(retired)
    for reader in both:
        wait_until(reader.has_arrived, "the order at the edge", seconds=60, every=0.2)
    return both


@contextmanager
def web_stopped(shop):
    shop.control("stop", "web")
    try:
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(f"{shop.addresses['web']}/healthz", timeout=5)
        yield
    finally:
        shop.control("start", "web")


def test_with_the_shop_shut_a_customer_reads_what_the_monolith_would_say(retired, readers):
    alice, bob = readers

    with web_stopped(retired):
        answers = [alice.reads(), bob.reads()]

    assert answers == [(200, alice.monolith_s_answer()), (200, bob.monolith_s_answer())]
    assert answers[0][1]["customer_id"] == alice.id != bob.id


def test_a_page_of_the_shop_reads_at_the_edge_in_a_browser(page, readers):
    alice, _ = readers
    page.goto("/")

    answer = page.evaluate(
        """async ([address, token]) => {
            const headers = {Authorization: `Bearer ${token}`};
            const good = await fetch(address, {headers});
            const bad = await fetch(address, {headers: {Authorization: "Bearer nonsense"}});
            return [good.status, await good.json(), bad.status];
        }""",
        [alice.address, alice.token],
    )

    assert answer == [200, alice.reads()[1], 403]


def test_nobody_reads_what_is_somebody_else_s(readers):
    alice, bob = readers

    status, problem = alice.reads(query=f"?customer_id={bob.id}")
    grafted = ".".join([*bob.token.split(".")[:2], alice.token.split(".")[2]])

    assert (status, problem["parameter"]) == (400, "customer_id")
    assert alice.reads(token=grafted)[0] == 403
    assert alice.reads(query="?limit=5")[1]["customer_id"] == alice.id


def test_no_log_of_the_shop_holds_a_token(retired, readers):
    logs = "".join(
        path.read_text(errors="replace") for path in (retired.state_dir / "logs").iterdir()
    )

    assert "token judged" in logs
    assert not [part for reader in readers for part in reader.token.split(".")[1:] if part in logs]
