"""Admin pages that show rows and change them through operations alone, behind buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

Table = dict[str, Any]


class OperatedAdmin(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """Rows to look at. Nobody edits or deletes one: who may change them may run operations.

    A button's action asks with `ask` until its form is right, runs one operation, and ends with
    `done`. Tables below a row come from `tables_of`.
    """

    change_form_outer_after_template = "staff/tables.html"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody, unless there is an operation for it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Keep the form read-only; the buttons lead to the operations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Let those look who may look or change."""
        return any(self._may(request, verb) for verb in ("view", "change"))

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Tell who may run operations."""
        return self._may(request, "change")

    def tables_of(self, row: Any) -> list[Table]:  # noqa: ARG002
        """Return the tables to show below a row, as `staff/tables.html` takes them."""
        return []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a row with its tables."""
        row = self.get_object(request, object_id)
        context = {**(extra_context or {}), "tables": self.tables_of(row) if row else []}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def get_row(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row that a button belongs to.

        Raises:
            Http404: there is none.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"no {self.opts.verbose_name} {object_id}")
        return row

    def page_of(self, row: Model | None) -> str:
        """Return the address of a row's page; without a row, of the list."""
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{page}_change", args=[row.pk]) if row else reverse(f"{page}_changelist")

    def ask(
        self,
        request: HttpRequest,
        form: Form,
        *,
        title: str,
        button: str,
        row: Model | None = None,
        about: str = "",
        carried: Iterable[tuple[str, Any]] = (),
    ) -> HttpResponse:
        """Show the form of an operation; `carried` are hidden fields to hand on."""
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "title": title,
            "about": about,
            "button": button,
            "carried": carried,
            "back": self.page_of(row),
            "opts": self.opts,
        }
        return TemplateResponse(request, "staff/operation.html", context)

    def done(self, request: HttpRequest, row: Model, said: str) -> HttpResponse:
        """Say what was done and go back to the row."""
        messages.success(request, said)
        return redirect(self.page_of(row))

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}")
