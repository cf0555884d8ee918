"""Alerts and dashboard name metrics that exist, and whoever is woken finds a page."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from monolith.outbox.relay_metrics import RelayMetrics
from monolith.outbox.table_metrics import table_registry
from tests.infra.committed import ROOT

MONITORING = ROOT / "infra" / "monitoring"
(GROUP,) = yaml.safe_load((MONITORING / "outbox-alerts.yml").read_text())["groups"]
RULES = GROUP["rules"]
TESTS = yaml.safe_load((MONITORING / "tests" / "outbox-alerts.test.yml").read_text())["tests"]
DASHBOARD = json.loads((MONITORING / "outbox-dashboard.json").read_text())
PANELS = DASHBOARD["panels"]
EXPECTED_ALERTS = {
    "OutboxNotDraining",
    "OutboxStreamParked",
    "OutboxTopicDown",
    "OutboxShardWithoutOwner",
    "OutboxNoRelay",
    "OutboxPartitionMissing",
    "OutboxEventsLeftAlone",
    "OutboxScrapeFailing",
    "OutboxPublishSlow",
}
METRIC = re.compile(r"\boutbox_\w+\b")
LENGTH = re.compile(r"\d+[smh]")


def _expressions():
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)
    yield from ((panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"])


def _page_of(alert):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


@pytest.fixture
def exposed():
    """Every sample that a web process or a worker tells, labelled ones by their family's name."""
    families = [*table_registry().collect(), *RelayMetrics().registry.collect()]
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {f.name + suffix for f in families for suffix in suffixes.get(f.type, ("",))}


@pytest.mark.django_db
def test_every_metric_that_is_named_exists(exposed):
    named = {name: set(METRIC.findall(expression)) for name, expression in _expressions()}

    assert all(named.values())
    assert {name: unknown for name, found in named.items() if (unknown := found - exposed)} == {}


@pytest.mark.django_db
def test_every_metric_is_shown_or_watched(exposed):
    named = {metric for _, expression in _expressions() for metric in METRIC.findall(expression)}
    shown = {re.sub(r"_(bucket|sum|count)$", "", metric) for metric in named}

    families = {re.sub(r"_(bucket|sum|count)$", "", metric) for metric in exposed}
    assert families - shown == set()


def test_everything_that_matters_has_an_alert():
    assert {rule["alert"] for rule in RULES} == EXPECTED_ALERTS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_it_is_for_how_long_and_what_to_read(rule):
    page = f"docs/runbook/alarms/{_page_of(rule['alert'])}.md"

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert LENGTH.fullmatch(rule["for"])
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == page
    assert (ROOT / page).is_file()


def test_every_page_about_the_outbox_has_an_alert():
    pages = {path.stem for path in (ROOT / "docs" / "runbook" / "alarms").glob("outbox-*.md")}

    assert pages == {_page_of(rule["alert"]) for rule in RULES}


def test_every_alert_is_seen_firing_and_quiet_by_the_tests_of_the_rules():
    cases = [case for test in TESTS for case in test["alert_rule_test"]]

    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == EXPECTED_ALERTS
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == EXPECTED_ALERTS


def test_dashboard_belongs_to_no_installation():
    (variable,) = DASHBOARD["templating"]["list"]
    sources = {t["datasource"]["uid"] for panel in PANELS for t in [panel, *panel["targets"]]}

    assert (variable["name"], variable["type"]) == ("datasource", "datasource")
    assert sources == {"${datasource}"}
    assert DASHBOARD["id"] is None


def test_panels_have_units_and_do_not_overlap():
    cells = [
        (x, y)
        for panel in PANELS
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in PANELS)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
