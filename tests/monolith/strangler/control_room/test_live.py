"""Parts that refresh themselves, the same for machines, and how much is asked of the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monolith.strangler import registry
from monolith.strangler.control_room.feed import build_feed
from monolith.strangler.control_room.overview import build_overview
from monolith.strangler.control_room.path_page import build_path_page
from monolith.strangler.models import PathState, Tally
from tests.factories import NOON
from tests.monolith.strangler.control_room.seeding import climb, evaluate, serve
from tests.monolith.strangler.library import Library

pytestmark = pytest.mark.django_db
LIVE = [
    ("overview-live", []),
    ("path-live", ["order_history"]),
    ("backfill-live", ["catalogue_search"]),
]
FEED = "/ops/api/migrations.json"


def at(name, *arguments):
    return reverse(f"control_room:{name}", args=arguments)


@pytest.mark.parametrize(("name", "arguments"), LIVE)
def test_part_that_has_not_changed_is_not_sent_again(seeded, dana, name, arguments):
    first = dana.get(at(name, *arguments), headers={"HX-Request": "true"})
    again = dana.get(at(name, *arguments), headers={"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert again.status_code == 304
    assert again.content == b""


def test_part_that_has_changed_is_sent(seeded, dana):
    first = dana.get(at("overview-live"))
    PathState.objects.filter(path="order_history").update(hold="frozen")

    again = dana.get(at("overview-live"), headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


@pytest.mark.parametrize(("name", "arguments"), LIVE)
def test_part_is_a_part_and_asks_for_itself(seeded, dana, name, arguments):
    part = dana.get(at(name, *arguments)).content.decode()

    assert part.startswith('<div id="live"')
    assert f'hx-get="{at(name, *arguments)}"' in part
    assert "<html" not in part


def test_nobody_keeps_a_page(seeded, dana):
    for name in ("overview", "overview-live"):
        assert "no-cache" in dana.get(at(name))["Cache-Control"]
        assert "private" in dana.get(at(name))["Cache-Control"]


def test_part_is_not_filled_with_the_page_to_sign_in_at(seeded):
    answer = Client().get(at("overview-live"), headers={"HX-Request": "true"})

    assert answer.status_code == 401


def test_feed_has_figures_and_commands(seeded, dana):
    feed = dana.get(FEED).json()

    history = next(path for path in feed["paths"] if path["path"] == "order_history")
    assert history["rung"] == "canary-25"
    assert history["wrong_per_10k"]["text"] == "0.0"
    assert isinstance(history["wrong_per_10k"]["n"], int)
    assert history["wrong_per_10k"]["bound"]
    assert history["next"]["verdict"] == "INCONCLUSIVE"
    assert history["next_steps"][-1] == "manage.py strangler rollback order_history --reason ..."
    assert feed["config"]["is_converged"]
    assert {"tone", "path", "text"} == set(feed["attention"][0])


def test_feed_of_nothing_is_null_and_never_nought(paths, dana):
    feed = dana.get(FEED).json()

    for path in feed["paths"]:
        assert path["wrong_per_10k"] is None
        assert path["actual"] is None
        assert path["bad"] is None


def test_feed_tells_strangers_and_customers_apart(paths, signed_in):
    assert Client().get(FEED).status_code == 401
    assert signed_in().get(FEED).status_code == 403


def queries_of(act):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return len(captured)


def grow(monkeypatch, count):
    library = Library()
    for number in range(count):
        name = f"path_{number}"
        monkeypatch.setitem(registry._declared, name, library.path(name))
        climb(name, "canary-25", NOON)
        serve(name, NOON, share=0.25, service_ms=60, monolith_ms=140, epoch=7, every=240)
        evaluate(name, 7, "canary-50", [{"gate": "F1", "verdict": "PASS"}], NOON)


@pytest.mark.parametrize("build", [build_overview, build_feed])
def test_more_paths_cost_no_more_queries(paths, monkeypatch, build):
    grow(monkeypatch, 1)
    few = queries_of(lambda: build(NOON))
    grow_more = 12
    PathState.objects.all().delete()
    Tally.objects.all().delete()
    for number in range(1, grow_more):
        climb(f"path_{number}", "canary-25", NOON)
        monkeypatch.setitem(registry._declared, f"path_{number}", Library().path(f"path_{number}"))

    assert queries_of(lambda: build(NOON)) == few
    assert few <= 19


def test_path_asks_a_fixed_number_of_queries(seeded, django_user_model):
    user = django_user_model.objects.create_superuser("root", password="lanterns")

    counts = {
        path: queries_of(lambda path=path: build_path_page(path, user, NOON)) for path in seeded
    }

    assert max(counts.values()) <= 33, counts


def test_refresh_counts_only_the_last_day(seeded, dana):
    before = dana.get(FEED).json()
    Tally.objects.create(
        path="order_history", epoch=3, minute=NOON - timedelta(hours=25), series="compare",
        name="wrong", count=500,
    )  # fmt: skip

    assert dana.get(FEED).json() == before
