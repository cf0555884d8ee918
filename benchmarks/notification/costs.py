"""What each style asks of the wire and of the monolith, per order of twenty lines."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from benchmarks.figures import at_most, told
from infra.local.letters import SERVICE_TOKEN

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.notification.scene import Scene

PLACED, ANNOUNCED = "ordering.order_placed.v1", "ordering.order_announced.v1"
REGISTERED = "customers.customer_registered.v1"
_WRITTEN = {"sent", "measured"}


def measure(scene: Scene) -> list[Figure]:
    """Read what `delays` left behind: the functions' logs and the outbox."""
    fat, thin = (_letters(scene, style) for style in ("fat", "thin"))
    answers = [line["call_back_bytes"] for line in scene.lines("thin") if "call_backs" in line]
    fat_wire, announced = _payload_bytes(PLACED), _payload_bytes(ANNOUNCED)
    answer = statistics.mean(answers)
    return [
        at_most("fat: call-backs per letter", _call_backs(scene, "fat") / fat, "", bar=0,
                reference=f"{fat} letters"),
        told("thin: call-backs per letter", _call_backs(scene, "thin") / thin, "",
             reference=f"{thin} letters"),
        told("fat: bytes per order", fat_wire, "bytes",
             reference=f"and {_payload_bytes(REGISTERED):.0f} once per customer"),
        told("thin: bytes per order", announced + answer, "bytes",
             reference=f"{announced:.0f} the message, {answer:.0f} the answer"),
        at_most("fat: statements of PostgreSQL per letter", 0, "", bar=0,
                reference="nobody is asked"),
        told("thin: statements of PostgreSQL per letter", _statements(scene), "",
             reference="and one event more to record and publish per order"),
    ]  # fmt: skip


def _letters(scene: Scene, style: str) -> int:
    kind = {"fat": PLACED, "thin": ANNOUNCED}[style]
    return sum(_is_letter(line, kind) for line in scene.lines(style))


def _is_letter(line: dict[str, Any], event_type: str) -> bool:
    return line.get("event_type") == event_type and line.get("outcome") in _WRITTEN


def _call_backs(scene: Scene, style: str) -> int:
    return sum(line.get("call_backs", 0) for line in scene.lines(style))


def _payload_bytes(event_type: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "select avg(octet_length(payload)) from outbox_message where event_type = %s",
            (event_type,),
        )
        return float(cursor.fetchone()[0])


def _statements(scene: Scene) -> int:
    link = reverse("api:order-to-confirm", args=[scene.place().number])
    asked = RequestFactory().get(link, headers={"authorization": f"Bearer {SERVICE_TOKEN}"})
    settings.SERVICE_TOKENS = [SERVICE_TOKEN]
    view, _, arguments = resolve(link)
    with CaptureQueriesContext(connection) as queries:
        answer = view(asked, **arguments)
    assert answer.status_code == 200, answer.data  # noqa: PLR2004, S101
    return len(queries)
