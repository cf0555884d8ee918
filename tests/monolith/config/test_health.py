from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.db import connection

from infra.local.ports import free_port
from tests.factories import a_product


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_ministack/health" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@pytest.fixture(autouse=True)
def _aws(settings):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Healthy) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
        yield
        server.shutdown()


@pytest.fixture
def relayed():
    """A live relay holds every shard."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into outbox_shard (shard, token, owner, lease_until)
            select shard, 1, 'a relay', clock_timestamp() + interval '1 h'
            from generate_series(0, 15) as s (shard)
            on conflict (shard) do update
            set owner = excluded.owner, lease_until = excluded.lease_until
            """
        )


def test_living_process_says_so(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"alive\n")


@pytest.mark.django_db
@pytest.mark.usefixtures("relayed")
def test_shop_that_can_work_is_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.usefixtures("relayed")
def test_staff_sees_every_check(admin_client):
    checks = admin_client.get("/readyz").json()["checks"]

    assert checks == {"database": "ok", "relay": "ok", "aws": "ok"}


@pytest.mark.django_db
def test_shop_without_a_relay_is_not_ready(admin_client):
    response = admin_client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["relay"].startswith("no live relay")


@pytest.mark.django_db
@pytest.mark.usefixtures("relayed")
def test_shop_whose_events_wait_for_long_is_not_ready(admin_client):
    a_product()
    with connection.cursor() as cursor:
        cursor.execute("update outbox_message set recorded_at = now() - interval '90 s'")

    response = admin_client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["relay"].startswith("an event has been waiting for 9")


@pytest.mark.django_db
@pytest.mark.usefixtures("relayed")
def test_shop_without_aws_is_not_ready(admin_client, settings):
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"

    response = admin_client.get("/readyz")

    assert response.status_code == 503
    assert "refused" in response.json()["checks"]["aws"]


@pytest.mark.django_db(transaction=True)
def test_lost_database_is_not_ready_and_no_error(client, lost_database):
    client.cookies["sessionid"] = "somebody-who-was-signed-in"

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, {"ready": False})
