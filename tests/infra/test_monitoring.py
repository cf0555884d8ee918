"""Alerts and dashboards name metrics that exist, and whoever is woken finds a page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from monolith.outbox.relay_metrics import RelayMetrics
from monolith.outbox.table_metrics import table_registry
from monolith.strangler.metrics import strangler_registry
from tests.infra.committed import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MONITORING = ROOT / "infra" / "monitoring"
LENGTH = re.compile(r"\d+[smh]")
_SUFFIX = re.compile(r"_(bucket|sum|count)$")


@dataclass(frozen=True)
class Watched:
    """What is watched: its alerts, their tests, its dashboard, and who tells its metrics."""

    name: str
    alerts: frozenset[str]
    families: Callable[[], Iterable[Any]]

    @cached_property
    def rules(self):
        (group,) = self._yaml(f"{self.name}-alerts.yml")["groups"]
        return group["rules"]

    @cached_property
    def tests(self):
        return self._yaml(f"tests/{self.name}-alerts.test.yml")["tests"]

    @cached_property
    def dashboard(self):
        return json.loads((MONITORING / f"{self.name}-dashboard.json").read_text())

    @property
    def panels(self):
        return self.dashboard["panels"]

    def expressions(self):
        yield from ((rule["alert"], rule["expr"]) for rule in self.rules)
        for panel in self.panels:
            yield from ((panel["title"], target["expr"]) for target in panel["targets"])

    def metrics_in(self, expression):
        return set(re.findall(rf"\b{self.name}_\w+\b", expression))

    def exposed(self):
        """Every sample that a process tells, labelled ones by their family's name."""
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        families = self.families()
        return {f.name + suffix for f in families for suffix in suffixes.get(f.type, ("",))}

    def _yaml(self, path):
        return yaml.safe_load((MONITORING / path).read_text())


OUTBOX = Watched(
    "outbox",
    frozenset(
        {
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
    ),
    lambda: [*table_registry().collect(), *RelayMetrics().registry.collect()],
)
STRANGLER = Watched(
    "strangler",
    frozenset(
        {
            "StranglerRolledBack",
            "StranglerPathFrozen",
            "StranglerWrongAnswersShown",
            "StranglerOwnWritesViolated",
            "StranglerServiceFailing",
            "StranglerReadsUnanswered",
            "StranglerEventsNotArriving",
            "StranglerMismatchesUnexplained",
            "StranglerKeysDiffer",
            "StranglerReconcileStale",
            "StranglerProcessesBehind",
            "StranglerSeveralReleases",
            "StranglerWatchNotRunning",
            "StranglerSampleKeyMissing",
            "StranglerScrapeFailing",
        }
    ),
    lambda: strangler_registry().collect(),
)
RULES = [(watched, rule) for watched in (OUTBOX, STRANGLER) for rule in watched.rules]
each = pytest.mark.parametrize("watched", [OUTBOX, STRANGLER], ids=lambda watched: watched.name)


def _page_of(alert):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


@each
@pytest.mark.django_db
def test_every_metric_that_is_named_exists(watched):
    exposed = watched.exposed()
    named = {name: watched.metrics_in(expression) for name, expression in watched.expressions()}

    assert all(named.values())
    assert {name: unknown for name, found in named.items() if (unknown := found - exposed)} == {}


@each
@pytest.mark.django_db
def test_every_metric_is_shown_or_watched(watched):
    named = [watched.metrics_in(expression) for _, expression in watched.expressions()]
    shown = {_SUFFIX.sub("", metric) for found in named for metric in found}

    assert {_SUFFIX.sub("", metric) for metric in watched.exposed()} - shown == set()


@each
def test_series_of_the_rules_tests_are_those_of_the_rules(watched):
    fed = {
        metric
        for test in watched.tests
        for fed in test["input_series"]
        for metric in watched.metrics_in(fed["series"])
    }
    asked = {metric for rule in watched.rules for metric in watched.metrics_in(rule["expr"])}

    assert fed == asked


@each
def test_every_expression_closes_what_it_opens(watched):
    for name, expression in watched.expressions():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), name


@each
def test_everything_that_matters_has_an_alert(watched):
    assert {rule["alert"] for rule in watched.rules} == watched.alerts


@pytest.mark.parametrize("rule", [rule for _, rule in RULES], ids=lambda rule: rule["alert"])
def test_every_alert_says_how_bad_it_is_for_how_long_and_what_to_read(rule):
    page = f"docs/runbook/alarms/{_page_of(rule['alert'])}.md"

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert LENGTH.fullmatch(rule["for"])
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook"] == page
    assert (ROOT / page).is_file()


@each
def test_every_page_about_it_has_an_alert(watched):
    pages = (ROOT / "docs" / "runbook" / "alarms").glob(f"{watched.name}-*.md")

    assert {page.stem for page in pages} == {_page_of(rule["alert"]) for rule in watched.rules}


@each
def test_every_alert_is_seen_firing_and_quiet_by_the_tests_of_the_rules(watched):
    cases = [case for test in watched.tests for case in test["alert_rule_test"]]

    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == watched.alerts
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == watched.alerts


@each
def test_dashboard_belongs_to_no_installation(watched):
    (variable,) = watched.dashboard["templating"]["list"]
    asking = [asks for panel in watched.panels for asks in (panel, *panel["targets"])]

    assert (variable["name"], variable["type"]) == ("datasource", "datasource")
    assert {asks["datasource"]["uid"] for asks in asking} == {"${datasource}"}
    assert watched.dashboard["id"] is None


@each
def test_panels_have_units_and_do_not_overlap(watched):
    panels = watched.panels
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
