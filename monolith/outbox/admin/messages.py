"""Events: what became of each, its neighbours, and sending some once more to one consumer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from monolith.outbox import inspecting
from monolith.outbox.admin.filters import StateFilter, TopicFilter, TypeFilter
from monolith.outbox.admin.forms import ReplayForm
from monolith.outbox.admin.pages import OperatorAdmin, pretty
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.connecting import connect
from monolith.outbox.destinations import open_destination
from monolith.outbox.models import OutboxMessage
from monolith.outbox.replaying import Replay, ReplayStopped
from monolith.outbox.selecting import Key, read_messages
from monolith.outbox.throttling import Throttle

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from monolith.outbox.admin.pages import Table
    from monolith.outbox.replaying import Report

MOST_REPLAYED = 1_000
_PER_SECOND = 500.0
_ATTEMPTS = 3
_KEYS = "keys"


@admin.register(OutboxMessage)
class OutboxMessageAdmin(OperatorAdmin):
    """Events, the latest first."""

    list_display = ("recorded_at", "event_type", "stream", "version", "state", "published_at")
    list_filter = (StateFilter, TopicFilter, TypeFilter)
    search_fields = ("stream__exact",)
    search_help_text = "the whole name of a stream, such as customer/17850"
    ordering = ("-recorded_at", "-id")
    fields = (
        ("event_type", "state"),
        ("stream", "version"),
        ("recorded_at", "published_at"),
        ("topic", "shard"),
        "event_id",
        "trace_id",
        "skipped_because",
        "addressee",
        "whole_payload",
    )
    readonly_fields = ("state", "trace_id", "whole_payload")
    actions = ("replay_selected",)

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={"pending": "info", "published": "success", "skipped": "warning"},
    )
    def state(self, message: OutboxMessage) -> str:
        """Tell what has become of it."""
        return _state(message)

    @admin.display(description="trace")
    def trace_id(self, message: OutboxMessage) -> str:
        """Show the trace's id, the second part of W3C's traceparent."""
        _, _, rest = (message.traceparent or "").partition("-")
        return rest.partition("-")[0] or "-"

    @admin.display(description="payload")
    def whole_payload(self, message: OutboxMessage) -> str:
        """Show what was recorded."""
        return pretty(message)

    def tables_of(self, row: OutboxMessage) -> list[Table]:
        """Show the events around one in its stream."""
        return [
            {
                "title": "Around it in the stream, within a day",
                "headers": ["version", "type", "recorded", "state"],
                "rows": [
                    _cells(message, is_this=message == row)
                    for message in inspecting.neighbours(row)
                ],
            }
        ]

    @admin.action(description="Replay to one consumer…", permissions=["operate"])
    def replay_selected(
        self, request: HttpRequest, chosen: QuerySet[OutboxMessage]
    ) -> HttpResponse | None:
        """Send published events once more, after asking to whom."""
        form = ReplayForm(request.POST if _KEYS in request.POST else None)
        if form.is_valid():
            self._replay(request, _read_keys(request.POST[_KEYS]), form.cleaned_data["queue"])
            return None
        keys = _keys_of(chosen)
        if not 0 < len(keys) <= MOST_REPLAYED:
            messages.error(
                request,
                f"Choose 1 to {MOST_REPLAYED:,} published events; for more there is"
                " `manage.py outbox replay`.",
            )
            return None
        return self.ask(
            request,
            form,
            title="Replay to one consumer",
            button="Replay",
            about=f"{len(keys)} published events are sent once more, in order, to one queue."
            " No other consumer gets them, and nothing changes in the outbox."
            " What is pending is left out.",
            carried=[
                ("action", "replay_selected"),
                (ACTION_CHECKBOX_NAME, keys[0].id),
                (_KEYS, _write_keys(keys)),
            ],
        )

    def _replay(self, request: HttpRequest, keys: list[Key], queue: str) -> None:
        throttle = Throttle(per_second=_PER_SECOND, burst=MAX_ENTRIES)
        replay = Replay(open_destination(queue), throttle, attempts=_ATTEMPTS)
        try:
            with connect("outbox replay") as connection:
                for _ in replay.run(read_messages(connection, keys)):
                    pass
        except ReplayStopped as stopped:
            messages.error(request, f"The replay stopped: {stopped}")
        _tell(request, replay.report, queue)
        # The instants let PostgreSQL look in their partitions only.
        period = (min(keys).recorded_at, max(keys).recorded_at)
        rows = OutboxMessage.objects.filter(recorded_at__range=period, id__in=[k.id for k in keys])
        LogEntry.objects.log_actions(
            user_id=str(request.user.pk),
            queryset=rows,
            action_flag=CHANGE,
            change_message=f"replayed to {queue}: {replay.report.sent} of {len(keys)} sent",
        )


def _tell(request: HttpRequest, report: Report, queue: str) -> None:
    tell = messages.success if report.sent else messages.warning
    tell(request, f"{report.sent} events sent to {queue}.")
    for message, reason in report.given_up:
        messages.error(request, f"Refused: {message.event_id} of {message.stream}: {reason}")
    if report.left_out:
        messages.error(request, f"{report.left_out} events behind them were left out.")


def _keys_of(chosen: QuerySet[OutboxMessage]) -> list[Key]:
    """Return the keys of what is published, one more than is allowed at most."""
    published = chosen.filter(published_at__isnull=False).order_by("id")
    rows = published.values_list("recorded_at", "id")[: MOST_REPLAYED + 1]
    return [Key(*row) for row in rows]


def _write_keys(keys: list[Key]) -> str:
    # In one field: Django takes no more than 1,000 fields.
    return json.dumps([[key.recorded_at.isoformat(), key.id] for key in keys])


def _read_keys(text: str) -> list[Key]:
    keys = [Key(datetime.fromisoformat(instant), int(id_)) for instant, id_ in json.loads(text)]
    return keys[:MOST_REPLAYED]


def _state(message: OutboxMessage) -> str:
    if message.skipped_because:
        return "skipped"
    return "published" if message.published_at else "pending"


def _cells(message: OutboxMessage, *, is_this: bool) -> list[Any]:
    page = reverse("admin:outbox_outboxmessage_change", args=[message.pk])
    type_ = message.event_type
    return [
        message.version,
        type_ if is_this else format_html('<a href="{}" class="underline">{}</a>', page, type_),
        timezone.localtime(message.recorded_at).strftime("%d %b %Y %H:%M:%S"),
        _state(message),
    ]
