from __future__ import annotations

from dataclasses import replace

import pytest

from monolith.strangler import checks, registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState
from tests.factories import NOON


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "urls", "found"),
    [
        (Stage.SERVICE, {}, ["strangler.E001"]),
        (Stage.SERVICE, {"shelf": "http://127.0.0.1:9"}, []),
        (Stage.MONOLITH, {}, []),
    ],
)
def test_path_at_service_needs_an_address(settings, stage, urls, found):
    settings.STRANGLER_SERVICE_URLS = urls
    PathState.objects.create(path="shelf", stage=stage, changed_at=NOON)

    assert ids(checks.check_served_paths_have_addresses(databases=["default"])) == found


def test_addresses_are_checked_only_where_a_database_may_be_asked():
    assert checks.check_served_paths_have_addresses(databases=None) == []


@pytest.mark.parametrize(
    ("killed", "found"),
    [([], []), (["all"], []), (["order_history"], []), (["order_histroy"], ["strangler.W002"])],
)
def test_kill_switch_that_names_nothing_is_told(settings, killed, found):
    settings.STRANGLER_KILL = killed

    assert ids(checks.check_kill_switch_names_paths()) == found


@pytest.mark.parametrize(
    ("seconds", "found"), [(0.4, []), (0, ["strangler.W003"]), (30, ["strangler.W003"])]
)
def test_budget_that_nobody_would_wait_for_is_told(settings, seconds, found):
    settings.STRANGLER_TIMEOUT_SECONDS = seconds

    assert ids(checks.check_budget_is_sensible()) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "found"), [(Stage.RETIRED, []), (Stage.SERVICE, ["strangler.E004"])]
)
def test_a_path_whose_code_is_deleted_has_to_be_retired(library, monkeypatch, stage, found):
    deleted = replace(library.path(), monolith_answer=None)
    monkeypatch.setitem(registry._declared, "shelf", deleted)
    PathState.objects.create(path="shelf", stage=stage, changed_at=NOON)

    assert ids(checks.check_deleted_answers_are_retired(databases=["default"])) == found


def test_deleted_code_is_checked_only_where_a_database_may_be_asked():
    assert checks.check_deleted_answers_are_retired(databases=None) == []
