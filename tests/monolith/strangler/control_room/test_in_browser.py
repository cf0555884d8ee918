"""The control room in a real browser: what refreshes, what it says, what fits."""

from __future__ import annotations

import pytest

from monolith.strangler.models import PathState
from tests import browsing
from tests.monolith.strangler.control_room.conftest import EVERY_PERMISSION

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]
ROOM = "/ops/migrations/"
PAGES = [
    "",
    "order_history/",
    "order_detail/mismatches/",
    "catalogue_search/backfill/",
    "sales_insights/reconcile/",
    "order_history/advance/",
    "order_history/roll-back/",
    "-/approvals/",
    "-/audit/",
    "-/rules/",
    "-/drills/",
    "-/explain/?path=order_history&subject=42",
]
REFRESH = "htmx.trigger('#live', 'room:refresh')"


@pytest.fixture(scope="module", autouse=True)
def _beside_an_event_loop():
    # Playwright runs one in this thread; nothing of Django's runs on it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "yes")
        yield


@pytest.fixture(scope="module")
def browser():
    yield from browsing.launch()


@pytest.fixture
def open_page(browser, live_server, seeded, signed_in):
    """Open pages as dana, who may do everything."""
    session = signed_in(*EVERY_PERMISSION).cookies["sessionid"].value
    contexts = []

    def opened(**rest):
        context = browser.new_context(base_url=live_server.url, **rest)
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def refresh(page):
    with page.expect_response("**/live/") as answered:
        page.evaluate(REFRESH)
    return answered.value.status


def test_page_refreshes_only_what_has_changed_and_speaks_of_verdicts(open_page):
    page = open_page()
    page.goto(f"{ROOM}order_history/")
    page.locator("#table-latency summary").click()

    assert [refresh(page), refresh(page), refresh(page)] == [200, 304, 304]
    assert page.locator("#spoken").inner_text() == ""

    PathState.objects.filter(path="order_history").update(hold="frozen", hold_reason="<i>leak</i>")
    assert refresh(page) == 200

    page.locator(".banner.bad").wait_for()
    assert "<i>leak</i>" in page.locator(".banner.bad").inner_text()
    page.wait_for_function("document.getElementById('spoken').textContent.includes('frozen')")
    assert page.locator("#table-latency").get_attribute("open") is not None


def test_page_that_gets_no_answers_says_since_when(open_page):
    page = open_page()
    page.goto(ROOM)
    page.route("**/live/", lambda route: route.abort())
    page.evaluate(REFRESH)

    page.locator("body.is-stale").wait_for()
    assert page.locator("#looked-at").inner_text().startswith("stale since ")
    assert page.locator(".board tbody tr").count() == 5

    page.unroute("**/live/")
    page.evaluate(REFRESH)
    page.locator("body:not(.is-stale)").wait_for()
    assert page.locator("#looked-at").inner_text().startswith("as of ")


def test_keyboard_keeps_its_place_when_the_page_refreshes(open_page):
    page = open_page()
    page.goto(ROOM)
    page.locator(".board a", has_text="order_history").focus()
    PathState.objects.filter(path="order_detail").update(hold="frozen")

    assert refresh(page) == 200

    page.locator(".chip", has_text="frozen").first.wait_for()
    assert page.evaluate("document.activeElement.tagName") == "A"


def test_every_page_fits_a_telephone(open_page):
    page = open_page(viewport={"width": 390, "height": 800})

    for address in PAGES:
        page.goto(ROOM + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_path_is_rolled_back_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    page.goto(f"{ROOM}order_history/")
    page.get_by_role("link", name="Roll back…").click()
    page.get_by_label("Down to").select_option("shadow-100")
    page.get_by_label("Reason").fill("customers complain")
    page.get_by_role("button", name="Roll back").click()

    page.wait_for_url(f"**{ROOM}order_history/")
    assert "Roll back: done" in page.locator(".notices").inner_text()
    assert PathState.objects.get(path="order_history").stage == 20
