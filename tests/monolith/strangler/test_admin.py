from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import (
    BackfillRun,
    PathState,
    Transition,
)
from tests.factories import NOON
from tests.monolith.strangler.control_room.seeding import seed

pytestmark = pytest.mark.django_db
TABLES = ["pathstate", "transition", "backfillrun"]


@pytest.fixture
def rows(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    state = PathState.objects.create(path="shelf", stage=Stage.SERVICE, changed_at=NOON)
    run = BackfillRun.objects.create(path="shelf", started_at=NOON)
    moved = Transition.objects.create(
        path="shelf",
        version=1,
        from_stage=Stage.MONOLITH,
        to_stage=Stage.SERVICE,
        actor="dana",
        reason="reconciled",
        at=NOON,
        took_microseconds=900,
    )
    return {"pathstate": state, "transition": moved, "backfillrun": run}


@pytest.mark.parametrize("table", TABLES)
def test_admin_shows_rows(admin_client, rows, table):
    listing = admin_client.get(reverse(f"admin:strangler_{table}_changelist"))
    row = admin_client.get(reverse(f"admin:strangler_{table}_change", args=[rows[table].pk]))

    assert listing.status_code == 200
    assert b"shelf" in listing.content
    assert row.status_code == 200


@pytest.mark.parametrize("table", TABLES)
def test_admin_changes_nothing(admin_client, rows, table):
    adding = admin_client.post(reverse(f"admin:strangler_{table}_add"), {"path": "attic"})
    changing = admin_client.post(
        reverse(f"admin:strangler_{table}_change", args=[rows[table].pk]), {"path": "attic"}
    )
    deleting = admin_client.post(
        reverse(f"admin:strangler_{table}_delete", args=[rows[table].pk]), {"post": "yes"}
    )

    assert (adding.status_code, changing.status_code, deleting.status_code) == (403, 403, 403)


def test_every_table_is_shown_and_none_is_edited(admin_client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    seed(NOON)
    ours = [model for model in admin.site._registry if model._meta.app_label == "strangler"]

    for model in ours:
        name = f"admin:strangler_{model._meta.model_name}"
        adding = admin_client.get(reverse(f"{name}_add")).status_code
        assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200, name
        assert adding == 403, name
        if row := model._default_manager.first():
            page = admin_client.get(reverse(f"{name}_change", args=[row.pk]))
            assert page.status_code == 200, name
            assert b"sealed" not in page.content or model.__name__ != "Sample"
    assert len(ours) == len(list(apps.get_app_config("strangler").get_models())) - 1


def test_tallies_are_for_the_control_room_and_not_for_the_admin():
    assert not admin.site.is_registered(apps.get_model("strangler", "Tally"))
