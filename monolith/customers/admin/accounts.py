"""Who may sign in, and as what. Nobody is deleted: whoever leaves is not active any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from monolith.customers.queries import find_customer_for_user

if TYPE_CHECKING:
    from django.http import HttpRequest

admin.site.unregister([User, Group])
# A list of tokens would be a list of passwords.
admin.site.unregister(TokenProxy)


@admin.register(User)
class AccountAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg] # unfold has no types
    """Customers' and staff's accounts."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "last_login")
    list_select_related = ()
    ordering = ("username",)
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the name a customer signs in with as it is: it is their e-mail."""
        fields = tuple(super().get_readonly_fields(request, obj))
        is_customer = obj is not None and find_customer_for_user(obj) is not None
        return (*fields, "username", "email") if is_customer else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc] # unfold has no types
    """What groups of staff may do."""

    list_select_related = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False
