from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "11111111111111111111111111111111"
EVENT = "5b7d4b3e-0f7a-4d0e-9a53-6f0f6f3f9f10"


def a_span(span_id, parent, name, service, *, at, ms, trace_id=TRACE, **fields):
    return {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_span_id": parent,
        "name": name,
        "kind": "internal",
        "service": service,
        "started_at": f"2026-03-02T12:00:00.{at:03}000+00:00",
        "ended_at": f"2026-03-02T12:00:00.{at + ms:03}000+00:00",
        "status": "unset",
        "attributes": {},
    } | fields


REQUEST = a_span(
    "a", "cafe", "POST /orders/", "web", at=0, ms=24, attributes={"http.response.status_code": 201}
)
PUBLISH = a_span(
    "b",
    "a",
    "publish customer",
    "worker",
    at=30,
    ms=5,
    attributes={
        "messaging.message.id": EVENT,
        "outbox.stream": "customer/17850",
        "outbox.version": 7,
    },
)
FAILED = a_span(
    "c",
    "b",
    "process q.fifo",
    "order_history",
    at=41,
    ms=1,
    status="error",
    attributes={"messaging.message.id": EVENT, "outbox.outcome": "gap"},
)
PROCESS = a_span(
    "d",
    "b",
    "process q.fifo",
    "order_history",
    at=90,
    ms=12,
    attributes={"messaging.message.id": EVENT, "outbox.outcome": "applied"},
)
ELSEWHERE = a_span("e", None, f"GET /{TRACE}", "web", at=0, ms=1, trace_id=OTHER)
DRAWN = f"""\
trace {TRACE}
    0.0 ms     24.0 ms  web             POST /orders/  201
   30.0 ms      5.0 ms  worker            publish customer  customer/17850@7
   41.0 ms      1.0 ms  order_history       process q.fifo  gap ERROR
   90.0 ms     12.0 ms  order_history       process q.fifo  applied
"""


@pytest.fixture
def logs(settings, tmp_path):
    """Be the logs of a shop."""
    settings.STATE_DIR = tmp_path
    folder = tmp_path / "logs"
    folder.mkdir()
    # A relay's spans may arrive before those of the request that they follow.
    monolith = [PUBLISH, ELSEWHERE, REQUEST]
    text = "".join(f"{json.dumps(span)}\n" for span in monolith)
    (folder / "spans.jsonl").write_text(text + f'{{"trace_id":"{TRACE}","span')
    services = [
        "order-history-on-events 1a2b3c4d starting",
        f"order-history-on-events 1a2b3c4d {json.dumps({'level': 'INFO', 'span': PROCESS})}",
        f"order-history-on-events 1a2b3c4d {json.dumps({'level': 'WARNING', 'span': FAILED})}",
        f"order-history-on-events 1a2b3c4d {json.dumps({'error': f'nothing but {EVENT}'})}",
        f"no JSON but {EVENT}",
    ]
    (folder / "lambda-host.log").write_text("\n".join(services))
    return folder


def shown(wanted):
    said = io.StringIO()
    call_command("trace", wanted, stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("wanted", [TRACE, TRACE.upper(), EVENT])
def test_trace_is_drawn_as_a_tree_whichever_id_it_is_asked_by(logs, wanted):
    assert shown(wanted) == DRAWN


def test_trace_of_the_monolith_alone_is_shown_while_no_service_has_run(logs):
    (logs / "lambda-host.log").unlink()

    assert shown(EVENT) == "".join(DRAWN.splitlines(keepends=True)[:3])


def test_id_that_nobody_recorded_is_refused(logs):
    with pytest.raises(CommandError, match="no span of abc"):
        shown("abc")


def test_without_a_local_shop_it_says_who_records_traces(settings, tmp_path):
    settings.STATE_DIR = tmp_path

    with pytest.raises(CommandError, match="`make up` records traces there"):
        shown(TRACE)
