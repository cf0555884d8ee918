"""Streams that wait behind a failed event: try them again, or give the event up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.shortcuts import redirect
from django.template.defaultfilters import truncatechars
from django.utils.timesince import timesince
from unfold.decorators import action, display

from monolith.outbox import inspecting, operations
from monolith.outbox.admin.filters import ParkedFilter
from monolith.outbox.admin.forms import RetryForm, SkipForm
from monolith.outbox.admin.pages import OperatorAdmin, pretty
from monolith.outbox.models import HeldStream, OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

_EXPECTED = "expected"
_MOST_SKIPPED = 20
_REFUSALS = (
    operations.AnotherEventHolds,
    operations.ReasonMissing,
    operations.StreamNotHeld,
)
_LONGEST_ERROR = 40


@admin.register(HeldStream)
class HeldStreamAdmin(OperatorAdmin):
    """Held streams, those that have waited longest first."""

    list_display = ("stream", "standing", "attempts", "age", "retry_at", "error")
    list_filter = (ParkedFilter,)
    list_filter_submit = False
    search_fields = ("stream__exact",)
    search_help_text = "the whole name of a stream, such as customer/17850"
    ordering = ("held_since", "stream")
    fields = (
        ("stream", "standing"),
        ("attempts", "retry_at"),
        ("held_since", "shard"),
        "last_error",
        "failed_event",
        "payload",
    )
    readonly_fields = ("standing", "failed_event", "payload")
    actions = ("retry_selected", "skip_selected")
    actions_detail = ("retry", "skip")

    @display(  # type: ignore[untyped-decorator]
        description="standing", ordering="retry_at", label={"parked": "danger", "held": "warning"}
    )
    def standing(self, held: HeldStream) -> str:
        """Tell parked from held."""
        return "held" if held.retry_at else "parked"

    @admin.display(description="held for", ordering="held_since")
    def age(self, held: HeldStream) -> str:
        """Tell how long it has been waiting."""
        return timesince(held.held_since, depth=1)

    @admin.display(description="last error")
    def error(self, held: HeldStream) -> str:
        """Show the beginning of the error."""
        return truncatechars(held.last_error, _LONGEST_ERROR)

    @admin.display(description="event")
    def failed_event(self, held: HeldStream) -> str:
        """Name the event that holds the stream."""
        head = inspecting.head_of(held)
        return f"{head}, {head.event_id}" if head else "published meanwhile"

    @admin.display(description="payload")
    def payload(self, held: HeldStream) -> str:
        """Show the event that holds the stream."""
        head = inspecting.head_of(held)
        return pretty(head) if head else "-"

    @admin.action(description="Retry now", permissions=["operate"])
    def retry_selected(self, request: HttpRequest, streams: QuerySet[HeldStream]) -> None:
        """Try them again."""
        self._retry(request, streams)

    @admin.action(description="Skip the failed event…", permissions=["operate"])
    def skip_selected(
        self, request: HttpRequest, streams: QuerySet[HeldStream]
    ) -> HttpResponse | None:
        """Give events up, after showing them and asking why."""
        chosen = list(streams[: _MOST_SKIPPED + 1])
        if len(chosen) > _MOST_SKIPPED:
            messages.error(request, f"Give up {_MOST_SKIPPED} events at a time at most.")
            return None
        carried = [(ACTION_CHECKBOX_NAME, held.pk) for held in chosen]
        return self._ask_or_skip(request, chosen, [("action", "skip_selected"), *carried])

    @action(description="Retry now", icon="replay", url_path="retry", permissions=["operate"])  # type: ignore[untyped-decorator]
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try one again, after one more click."""
        held = self.get_row(request, object_id)
        if request.method == "POST":
            self._retry(request, [held])
            return redirect(self.list_page())
        about = "Its event is sent again at once; its attempts are counted from 0."
        return self.ask(
            request, RetryForm(), title=f"Retry {held.stream}", button="Retry now", about=about
        )

    @action(  # type: ignore[untyped-decorator]
        description="Skip the failed event…",
        icon="skip_next",
        url_path="skip",
        permissions=["operate"],
    )
    def skip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give one event up, after showing it and asking why."""
        answer = self._ask_or_skip(request, [self.get_row(request, object_id)], [])
        return answer or redirect(self.list_page())

    def _ask_or_skip(
        self, request: HttpRequest, chosen: list[HeldStream], carried: list[tuple[str, Any]]
    ) -> HttpResponse | None:
        form = SkipForm(request.POST if _EXPECTED in request.POST else None)
        if form.is_valid():
            self._skip(request, form.cleaned_data["reason"])
            return None
        heads = [head for held in chosen if (head := inspecting.head_of(held))]
        if not heads:
            messages.warning(request, "Nothing to skip: what held them has been published.")
            return None
        return self.ask(
            request,
            form,
            title="Skip the failed event"
            if len(heads) == 1
            else f"Skip {len(heads)} failed events",
            button="Skip",
            about="Consumers get a notice in its place, of the same version, and go on. "
            "The event stays in the outbox with your reason. This cannot be undone.",
            concerned=heads,
            carried=[*carried, *((_EXPECTED, f"{head.event_id} {head.stream}") for head in heads)],
        )

    def _skip(self, request: HttpRequest, reason: str) -> None:
        """Skip exactly the events that were shown."""
        for expected in request.POST.getlist(_EXPECTED):
            event_id, _, stream = expected.partition(" ")
            try:
                skipped = operations.skip_message(
                    stream, reason=reason, by=request.user.get_username(), event_id=event_id
                )
            except _REFUSALS as refusal:
                messages.error(request, f"Not skipped: {refusal}.")
            else:
                self._log_skip(request, stream, skipped, reason)

    def _log_skip(
        self, request: HttpRequest, stream: str, skipped: operations.Skipped, reason: str
    ) -> None:
        message = OutboxMessage(
            id=skipped.id,
            event_type=skipped.event_type,
            stream=stream,
            version=skipped.version,
        )
        self.log_change(request, message, f"skipped: {reason}")
        messages.success(request, f"Skipped: {message}.")

    def _retry(self, request: HttpRequest, streams: Iterable[HeldStream]) -> None:
        for held in streams:
            try:
                operations.retry_stream(held.stream, by=request.user.get_username())
            except operations.StreamNotHeld as refusal:
                messages.warning(request, f"Not retried: {refusal}.")
            else:
                self.log_change(request, held, "retried")
                messages.success(request, f"{held.stream} is tried again.")
