from __future__ import annotations

import pytest
from django.urls import reverse

from monolith.strangler.models import BackfillRun, PathState, Transition
from monolith.strangler.stages import Stage
from tests.factories import NOON

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
