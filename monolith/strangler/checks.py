"""Misconfiguration of the strangler stops the deployment, not the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import DatabaseError

from monolith.strangler import registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_BUDGET_SECONDS = 5


@register(Tags.database)
def check_served_paths_have_addresses(
    *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """E001: a path stands at service, and nobody said where the service is."""
    if not databases:
        return []
    try:
        served = PathState.objects.filter(stage__gte=Stage.SERVICE).order_by("path")
        paths = list(served.values_list("path", flat=True))
    except DatabaseError:
        return []  # before the first migration there is nothing to check
    return [
        Error(
            f"{path} stands at service, but no address is set: the monolith answers every read",
            hint=f"deploy the service, or run `manage.py strangler rollback {path} --reason ...`",
            id="strangler.E001",
        )
        for path in paths
        if not settings.STRANGLER_SERVICE_URLS.get(path)
    ]


@register(Tags.database)
def check_deleted_answers_are_retired(
    *, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """E004: the monolith's code is gone, but the path is not said to be retired."""
    if not databases:
        return []
    try:
        retired = PathState.objects.filter(stage=Stage.RETIRED).values_list("path", flat=True)
        deleted = [name for name in registry.names() if not registry.get_path(name).has_monolith]
        return [_not_retired(name) for name in sorted(set(deleted) - set(retired))]
    except DatabaseError:
        return []


def _not_retired(path: str) -> CheckMessage:
    return Error(
        f"{path} has no monolith answer any more, but does not stand at retired",
        hint="restore the code, or advance the path: nothing else than its service can answer",
        id="strangler.E004",
    )


@register()
def check_kill_switch_names_paths(**_options: Any) -> list[CheckMessage]:
    """W002: the kill switch names something that is not a path, so it would not work.

    No error: the commands that mend an emergency must run during it.
    """
    unknown = controls.killed_names() - {controls.EVERYTHING, *registry.names()}
    return [
        Warning(
            f"the kill switch names {name!r}, which is no read path",
            hint=f"one of: {', '.join([controls.EVERYTHING, *registry.names()])}",
            id="strangler.W002",
        )
        for name in sorted(unknown)
    ]


@register()
def check_budget_is_sensible(**_options: Any) -> list[CheckMessage]:
    """W003: customers would wait for a stopped service longer than anybody waits."""
    seconds = settings.STRANGLER_TIMEOUT_SECONDS
    if 0 < seconds <= _LONGEST_BUDGET_SECONDS:
        return []
    return [
        Warning(
            f"STRANGLER_TIMEOUT_SECONDS is {seconds}: expected more than 0, at most 5",
            hint="0.4 leaves the monolith time to answer in the service's stead",
            id="strangler.W003",
        )
    ]
