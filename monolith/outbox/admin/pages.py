"""Pages that show rows and lead to operations, behind a question; they work without scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

Table = dict[str, Any]
OPERATE = "outbox.change_heldstream"
"""Who may change held streams may retry, skip and replay."""


class OperatorAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """Shows rows to staff who may view or operate, and lets nobody change them by hand."""

    change_form_outer_after_template = "outbox/below.html"
    list_select_related = ()
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Keep the form read-only; the buttons lead to the operations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let those look who may look or operate."""
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Tell who may run operations."""
        return bool(request.user.has_perm(OPERATE))

    def tables_of(self, row: Any) -> list[Table]:  # noqa: ARG002
        """Return what to show below a row: `title`, `headers`, `rows`, and `empty` for none."""
        return []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a row with its tables."""
        row = self.get_object(request, unquote(object_id))
        context = {**(extra_context or {}), "tables": self.tables_of(row) if row else []}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def get_row(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row that a button belongs to.

        Raises:
            Http404: there is none, or none any more.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"no {self.opts.verbose_name} {object_id}")
        return row

    def list_page(self) -> str:
        """Return the address of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def ask(
        self,
        request: HttpRequest,
        form: Form,
        *,
        title: str,
        button: str,
        about: str = "",
        concerned: Iterable[Model] = (),
        carried: Iterable[tuple[str, Any]] = (),
    ) -> HttpResponse:
        """Show the form of an operation and the events it concerns; `carried` is handed on."""
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "title": title,
            "button": button,
            "about": about,
            "concerned": [(row, pretty(row)) for row in concerned],
            "carried": carried,
            "back": self.list_page(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "outbox/operation.html", context)


def pretty(message: Any) -> SafeString:
    """Show the payload of an event; one that is not JSON is shown as it is."""
    try:
        text = json.dumps(json.loads(message.payload), indent=2, ensure_ascii=False)
    except ValueError:
        text = message.payload
    # Said here because unfold's style sheet has only the classes that unfold uses itself.
    style = "white-space: pre-wrap; overflow-wrap: anywhere"
    return format_html('<pre class="font-mono text-xs" style="{}">{}</pre>', style, text)
